package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// runOK runs the program and expects it to go well.
func runOK(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, &stdout, &stderr); code != 0 || stderr.Len() != 0 {
		t.Fatalf("run(%q) = %d, stderr %q, want 0 and no word", args, code, stderr.String())
	}
	return stdout.String()
}

// event is one line of -json.
type event struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`

	Text         string         `json:"text"`
	Scan         uint64         `json:"scan"`
	Attempt      int            `json:"attempt"`
	Trigger      string         `json:"trigger"`
	Type         string         `json:"type"`
	Due          time.Time      `json:"due"`
	RetryAt      time.Time      `json:"retry_at"`
	Count        int            `json:"count"`
	Action       string         `json:"action"`
	Reason       string         `json:"reason"`
	Freshness    string         `json:"freshness"`
	Outcome      string         `json:"outcome"`
	Code         string         `json:"code"`
	Connected    bool           `json:"connected"`
	Changes      int            `json:"changes"`
	Update       string         `json:"update"`
	Kind         string         `json:"kind"`
	From         string         `json:"from"`
	To           string         `json:"to"`
	Found        string         `json:"found"`
	Messages     int            `json:"messages"`
	FirstSerial  uint64         `json:"first_serial"`
	LastSerial   uint64         `json:"last_serial"`
	Again        bool           `json:"again"`
	Topics       map[string]int `json:"topics"`
	Acknowledged bool           `json:"acknowledged"`

	Required         int     `json:"required"`
	Installed        int     `json:"installed"`
	NotRequired      int     `json:"not_required"`
	Unknown          int     `json:"unknown"`
	Total            int     `json:"total"`
	Percent          float64 `json:"compliant_percent"`
	Files            int     `json:"files"`
	UnsupportedRules int     `json:"unsupported_rules"`
	Waiting          int     `json:"waiting"`
	Reports          int     `json:"reports"`
}

// timeline is what -json prints.
type timeline []event

// runJSON runs the program with -json. Every line has to be one JSON object
// with a time and an event, in the order of time.
func runJSON(t *testing.T, args ...string) timeline {
	t.Helper()
	var all timeline
	for i, line := range strings.Split(strings.TrimSuffix(runOK(t, append(args, "-json")...), "\n"), "\n") {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("line %d: %v: %s", i+1, err, line)
		}
		if e.Time.IsZero() || e.Event == "" {
			t.Fatalf("line %d: time or event is missing: %s", i+1, line)
		}
		if i > 0 && e.Time.Before(all[i-1].Time) {
			t.Errorf("line %d: time goes back from %v: %s", i+1, all[i-1].Time, line)
		}
		all = append(all, e)
	}
	return all
}

// of returns the events of a kind, and of a scan if one is named.
func (l timeline) of(kind string, scan ...uint64) timeline {
	var out timeline
	for _, e := range l {
		if e.Event == kind && (len(scan) == 0 || e.Scan == scan[0]) {
			out = append(out, e)
		}
	}
	return out
}

// one returns the only event of a kind of a scan.
func (l timeline) one(t *testing.T, kind string, scan ...uint64) event {
	t.Helper()
	found := l.of(kind, scan...)
	if len(found) != 1 {
		t.Fatalf("%d events %q of scan %v, want 1", len(found), kind, scan)
	}
	return found[0]
}

// triggered returns the scans that a trigger started.
func (l timeline) triggered(trigger string) timeline {
	var out timeline
	for _, e := range l.of("triggered") {
		if e.Trigger == trigger {
			out = append(out, e)
		}
	}
	return out
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"-json"}} {
		first := runOK(t, args...)
		if again := runOK(t, args...); again != first {
			t.Errorf("run(%q) twice gives two outputs", args)
		}
		if same := runOK(t, append(args, "-seed", "42")...); same != first {
			t.Errorf("run(%q): the default seed is not 42", args)
		}
		if other := runOK(t, append(args, "-seed", "43")...); other == first {
			t.Errorf("run(%q): seed 43 gives the output of seed 42", args)
		}
	}
}

func TestSeedMovesInitialScan(t *testing.T) {
	t.Parallel()
	seen := make(map[time.Time]bool)
	for _, seed := range []string{"0", "1", "2", "3", "18446744073709551615"} {
		l := runJSON(t, "-seed", seed, "-days", "1")
		due := l.one(t, "enabled").Due
		if due.Before(monday) || due.After(monday.Add(2*time.Hour)) {
			t.Errorf("seed %s: initial scan due at %v, want within 2 h of %v", seed, due, monday)
		}
		if at := l.triggered("initial_scan"); len(at) != 1 || !at[0].Time.Equal(due) {
			t.Errorf("seed %s: initial scans %v, want one at %v", seed, at, due)
		}
		seen[due] = true
	}
	if len(seen) != 5 {
		t.Errorf("5 seeds gave %d different times", len(seen))
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	middle := func(l timeline) timeline { return l[1 : len(l)-1] }
	week := middle(runJSON(t))
	for _, days := range []string{"1", "2", "5"} {
		l := runJSON(t, "-days", days)
		n, _ := time.ParseDuration(days + "h")
		end := monday.Add(24 * n)
		if last := l[len(l)-1]; last.Event != "summary" || !last.Time.Equal(end) {
			t.Errorf("-days %s ends with %q at %v, want the summary at %v", days, last.Event, last.Time, end)
		}
		part := middle(l)
		if len(part) >= len(week) {
			t.Fatalf("-days %s: %d events, a week has %d", days, len(part), len(week))
		}
		for i, e := range part {
			if e.Time != week[i].Time || e.Event != week[i].Event || e.Scan != week[i].Scan {
				t.Fatalf("-days %s: event %d is %q at %v, in a week %q at %v", days, i, e.Event, e.Time, week[i].Event, week[i].Time)
			}
		}
	}
	if text := runOK(t, "-days", "1"); !strings.Contains(text, "after 1 day,") || strings.Contains(text, "1 days") {
		t.Error("-days 1 writes its plural wrongly")
	}
	month := runJSON(t, "-days", "30")
	if got := len(month.triggered("scan_schedule")); got < 40 {
		t.Errorf("-days 30: %d scans of the schedule, want one each 15 h", got)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	interrupted := func(ctx context.Context, out *bytes.Buffer, w interface{ Write([]byte) (int, error) }) {
		var stderr bytes.Buffer
		if code := run(ctx, nil, w, &stderr); code != 1 || stderr.String() != "quickstart: interrupted\n" {
			t.Errorf("run, interrupted = %d, stderr %q, want 1 and one line", code, stderr.String())
		}
		if strings.Contains(out.String(), "Total") {
			t.Error("run, interrupted: printed the table of a week that was not lived")
		}
	}
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out bytes.Buffer
		interrupted(ctx, &out, &out)
		if out.Len() != 0 {
			t.Errorf("printed %q, want nothing", out.String())
		}
	})
	for _, at := range []string{"machine policy", "history", "decide", "locate", "connect", "changed", "send", "not sent", "the computer restarts"} {
		t.Run("at "+at, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out bytes.Buffer
			interrupted(ctx, &out, writeFunc(func(p []byte) (int, error) {
				if bytes.Contains(p, []byte(at)) {
					cancel()
				}
				return out.Write(p)
			}))
			if _, after, ok := strings.Cut(out.String(), at); !ok || strings.Count(after, "\n") > 25 {
				t.Errorf("%d lines after the interrupt, want it to end soon", strings.Count(after, "\n"))
			}
		})
	}
}

type writeFunc func([]byte) (int, error)

func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

func TestOutputFails(t *testing.T) {
	t.Parallel()
	left := 1000
	var stderr bytes.Buffer
	code := run(t.Context(), nil, writeFunc(func(p []byte) (int, error) {
		if left -= len(p); left < 0 {
			return 0, context.DeadlineExceeded
		}
		return len(p), nil
	}), &stderr)
	if want := "quickstart: standard output: context deadline exceeded\n"; code != 1 || stderr.String() != want {
		t.Errorf("run, output fails = %d, %q, want 1, %q", code, stderr.String(), want)
	}
}
