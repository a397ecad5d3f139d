package scan_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/scan"
)

func TestTriggerText(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TRG-5")
	valid := make(map[scan.Trigger]bool)
	for v := range scan.Triggers() {
		valid[v] = true
	}
	if len(valid) != 9 {
		t.Fatalf("Triggers() has %d triggers, want 9", len(valid))
	}
	for i := range math.MaxUint8 + 1 {
		v := scan.Trigger(i)
		text, err := v.MarshalText()
		if valid[v] != (err == nil) || valid[v] != v.Valid() {
			t.Fatalf("Trigger(%d).MarshalText() = %q, %v", i, text, err)
		}
		got, perr := scan.ParseTrigger(v.String())
		if valid[v] && (got != v || perr != nil || v.String() != string(text)) {
			t.Errorf("ParseTrigger(%q) = %v, %v, want %v", v, got, perr, v)
		}
		if !valid[v] && (perr == nil || !errors.Is(perr, scan.ErrUnknownTrigger) || v.Type() != 0) {
			t.Errorf("ParseTrigger(%q) = %v, %v, want ErrUnknownTrigger", v, got, perr)
		}
	}
	var v scan.Trigger
	if err := v.UnmarshalText([]byte("Scan_Schedule")); err == nil || v != 0 {
		t.Errorf("UnmarshalText of another case: %v, %v, want an error and 0", v, err)
	}
}

// TestTriggerTypes is the table of the source page.
func TestTriggerTypes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TRG-1")
	t.Attr("rule", "TRG-3")
	t.Attr("rule", "TRG-4")
	want := map[string]string{
		"initial_scan":                "non_forced_online",
		"scan_schedule":               "non_forced_online",
		"deployment_reevaluation":     "non_forced_online",
		"before_download":             "non_forced_online",
		"before_installation":         "non_forced_online",
		"software_updates_scan_cycle": "forced_online",
		"deployment_evaluation_cycle": "forced_online",
		"after_installation":          "forced_offline",
		"after_restart":               "forced_offline",
	}
	got := make(map[string]string)
	for v := range scan.Triggers() {
		got[v.String()] = v.Type().String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types of triggers (-want +got):\n%s", diff)
	}
}

func TestTriggerBySchedule(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TRG-6")
	const prefix = "00000000-0000-0000-0000-000000000"
	for _, tt := range []struct {
		id   string
		want scan.Trigger
	}{
		{"{" + prefix + "113}", scan.ScanCycle},
		{prefix + "113", scan.ScanCycle},
		{"{" + prefix + "108}", scan.DeploymentEvaluationCycle},
		{"{" + prefix + "114}", 0},
		{"{" + prefix + "111}", 0},
		{"", 0},
		{"113", 0},
	} {
		got, err := scan.TriggerBySchedule(tt.id)
		if got != tt.want || (err == nil) != (tt.want != 0) {
			t.Errorf("TriggerBySchedule(%q) = %v, %v, want %v", tt.id, got, err, tt.want)
		}
		if err != nil && !errors.Is(err, scan.ErrUnknownTrigger) {
			t.Errorf("TriggerBySchedule(%q): error %v is not ErrUnknownTrigger", tt.id, err)
		}
	}
	ids := 0
	for v := range scan.Triggers() {
		if id, ok := v.ScheduleID(); ok {
			ids++
			if got, err := scan.TriggerBySchedule(id); got != v || err != nil {
				t.Errorf("TriggerBySchedule(%q) = %v, %v, want %v", id, got, err, v)
			}
		}
	}
	if ids != 2 {
		t.Errorf("%d triggers have a schedule id, want 2", ids)
	}
}

func TestTypeText(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TRG-2")
	t.Attr("rule", "TRG-5")
	all := slices.Collect(scan.Types())
	for i := range math.MaxUint8 + 1 {
		v := scan.Type(i)
		valid := slices.Contains(all, v)
		text, err := v.MarshalText()
		if valid != (err == nil) || valid != v.Valid() {
			t.Fatalf("Type(%d).MarshalText() = %q, %v", i, text, err)
		}
		got, perr := scan.ParseType(v.String())
		if valid && (got != v || perr != nil) {
			t.Errorf("ParseType(%q) = %v, %v, want %v", v, got, perr, v)
		}
		if !valid && (!errors.Is(perr, scan.ErrUnknownType) || v.Online() || v.Forced()) {
			t.Errorf("ParseType(%q) = %v, %v, want ErrUnknownType", v, got, perr)
		}
	}
	for _, tt := range []struct {
		online, forced bool
		want           scan.Type
	}{
		{true, false, scan.NonForcedOnline},
		{true, true, scan.ForcedOnline},
		{false, true, scan.ForcedOffline},
		{false, false, 0},
	} {
		got, err := scan.TypeOf(tt.online, tt.forced)
		if got != tt.want || errors.Is(err, scan.ErrUnknownType) != (tt.want == 0) {
			t.Errorf("TypeOf(%t, %t) = %v, %v, want %v", tt.online, tt.forced, got, err, tt.want)
		}
		if tt.want != 0 && (got.Online() != tt.online || got.Forced() != tt.forced) {
			t.Errorf("%v: Online %t, Forced %t, want %t, %t", got, got.Online(), got.Forced(), tt.online, tt.forced)
		}
	}
	if v, err := scan.ParseType("non_forced_offline"); err == nil {
		t.Errorf("ParseType of non-forced offline = %v, want an error", v)
	}
}

// TestTokens round-trips the text of the other enumerations over their whole
// range.
func TestTokens(t *testing.T) {
	t.Parallel()
	check := func(name string, count int, marshal func(uint8) ([]byte, error), parse func(string) (uint8, error)) {
		valid := 0
		for i := range math.MaxUint8 + 1 {
			text, err := marshal(uint8(i))
			if err != nil {
				continue
			}
			valid++
			if got, err := parse(string(text)); err != nil || int(got) != i {
				t.Errorf("%s(%d): %q parses as %d, %v", name, i, text, got, err)
			}
		}
		if valid != count {
			t.Errorf("%s: %d valid values, want %d", name, valid, count)
		}
		if _, err := parse("nonsense"); err == nil {
			t.Errorf("%s: parses nonsense", name)
		}
	}
	check("Action", 3, func(i uint8) ([]byte, error) { return scan.Action(i).MarshalText() },
		func(s string) (uint8, error) { v, err := scan.ParseAction(s); return uint8(v), err })
	check("Reason", 6, func(i uint8) ([]byte, error) { return scan.Reason(i).MarshalText() },
		func(s string) (uint8, error) { v, err := scan.ParseReason(s); return uint8(v), err })
	check("Outcome", 5, func(i uint8) ([]byte, error) { return scan.Outcome(i).MarshalText() },
		func(s string) (uint8, error) { v, err := scan.ParseOutcome(s); return uint8(v), err })
	check("Part", 4, func(i uint8) ([]byte, error) { return scan.Part(i).MarshalText() },
		func(s string) (uint8, error) { v, err := scan.ParsePart(s); return uint8(v), err })
	check("NoticeKind", 14, func(i uint8) ([]byte, error) { return scan.NoticeKind(i).MarshalText() },
		func(s string) (uint8, error) { v, err := scan.ParseNoticeKind(s); return uint8(v), err })
}
