package statemsg_test

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// topicTable is every known topic type.
var topicTable = []struct {
	t           statemsg.TopicType
	token, name string
	states      []string
}{
	{300, "assignment_compliance", "SUM_ASSIGNMENT_COMPLIANCE", []string{"Unknown", "Compliant", "Non-compliant", "Conflict detected"}},
	{301, "assignment_enforcement", "SUM_ASSIGNMENT_ENFORCEMENT", []string{
		"Unknown", "Installing", "Waiting for restart", "Waiting for another installation", "Installed", "Pending system restart",
		"Failed to install", "Downloading", "Downloaded", "Failed to download", "Waiting for maintenance window",
	}},
	{302, "assignment_evaluation", "SUM_ASSIGNMENT_EVALUATION", []string{"Unknown", "Evaluation activated", "Evaluation succeeded", "Evaluation failed"}},
	{400, "item_detection", "SUM_CI_DETECTION", []string{"Unknown", "Not required", "Not detected", "Detected"}},
	{401, "item_compliance", "SUM_CI_COMPLIANCE", []string{
		"Unknown", "Compliant", "Non-compliant", "Conflict", "Error", "Not applicable", "Not detected", "Enforced",
	}},
	{402, "update_enforcement", "SUM_CI_ENFORCEMENT", []string{
		"Unknown", "Started", "Waiting for content", "Waiting for another installation", "Waiting for window", "Restart required before installing",
		"General failure", "Pending installation", "Installing", "Pending system restart", "Installed", "Failed", "Downloading", "Downloaded", "Download failed",
	}},
	{500, "update_detection", "SUM_UPDATE_DETECTION", []string{"Unknown", "Not Required", "Required", "Installed"}},
	{501, "update_source_scan", "SUM_UPDATE_SOURCE_SCAN", []string{
		"Scan state unknown", "Scan is waiting for catalog location", "Scan is running", "Scan completed", "Scan is pending retry",
		"Scan failed", "Scan completed with errors",
	}},
	{700, "resync", "RESYNC_STATE_MSG", nil},
}

func TestTopicTypes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-1")
	known := make(map[statemsg.TopicType]int)
	var want []statemsg.TopicType
	for i, row := range topicTable {
		known[row.t] = i
		want = append(want, row.t)
	}
	if got := slices.Collect(statemsg.TopicTypes()); !slices.Equal(got, want) {
		t.Errorf("TopicTypes() = %v, want %v", got, want)
	}
	for i := range math.MaxUint16 + 1 {
		v := statemsg.TopicType(i)
		text, err := v.MarshalText()
		if (err == nil) != (i != 0) {
			t.Fatalf("TopicType(%d).MarshalText() = %q, %v", i, text, err)
		}
		if err != nil {
			continue
		}
		wantText, wantString, wantName := strconv.Itoa(i), "TopicType("+strconv.Itoa(i)+")", ""
		row, ok := known[v]
		if ok {
			wantText, wantString, wantName = topicTable[row].token, topicTable[row].token, topicTable[row].name
		}
		name, named := v.Name()
		if string(text) != wantText || v.String() != wantString || name != wantName || named != ok {
			t.Errorf("TopicType(%d) = %q, %q, %q, %v", i, text, v.String(), name, named)
		}
		var back statemsg.TopicType
		if err := back.UnmarshalText(text); err != nil || back != v {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v", text, back, err, v)
		}
		if back, err := statemsg.ParseTopicType(strconv.Itoa(i)); err != nil || back != v {
			t.Errorf("ParseTopicType(%d) = %v, %v, want %v", i, back, err, v)
		}
	}
	if got, want := statemsg.TopicType(0).String(), "TopicType(0)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	for _, bad := range []string{"", "0", "0500", "+500", "65536", "-1", "Update_Detection", "update_detection ", "TopicType(9)"} {
		v := statemsg.UpdateDetection
		if err := v.UnmarshalText([]byte(bad)); !errors.Is(err, statemsg.ErrUnknownText) || v != statemsg.UpdateDetection {
			t.Errorf("UnmarshalText(%q) = %v, %v, want ErrUnknownText and no change", bad, v, err)
		}
	}
}

func TestStateNames(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-8")
	t.Attr("rule", "DIFF-1")
	known := make(map[statemsg.TopicType][]string)
	for _, row := range topicTable {
		known[row.t] = row.states
		n := 0
		for s, name := range statemsg.States(row.t) {
			if int(s) != n || name != row.states[n] {
				t.Errorf("States(%v) yields %d, %q at %d", row.t, s, name, n)
			}
			n++
		}
		if n != len(row.states) {
			t.Errorf("States(%v) yields %d states, want %d", row.t, n, len(row.states))
		}
	}
	for i := range 1100 {
		for s := range statemsg.StateID(300) {
			states := known[statemsg.TopicType(i)]
			want, wantOK := "", int(s) < len(states)
			if wantOK {
				want = states[s]
			}
			if got, ok := statemsg.StateName(statemsg.TopicType(i), s); got != want || ok != wantOK {
				t.Errorf("StateName(%d, %d) = %q, %v, want %q, %v", i, s, got, ok, want, wantOK)
			}
		}
	}
	if name, ok := statemsg.StateName(statemsg.UpdateSourceScan, math.MaxUint16); ok {
		t.Errorf("StateName(501, 65535) = %q, want none", name)
	}
	for s := compliance.Unknown; s <= compliance.Installed; s++ {
		if got, _ := statemsg.StateName(statemsg.UpdateDetection, statemsg.StateID(s)); got != s.Name() {
			t.Errorf("StateName(500, %d) = %q, want %q as the compliance state", s, got, s.Name())
		}
	}
}

func TestStateNumbers(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-8")
	t.Attr("rule", "WF-12")
	for _, c := range []struct {
		t    statemsg.TopicType
		s    statemsg.StateID
		want string
	}{
		{statemsg.UpdateSourceScan, statemsg.ScanWaitingForLocation, "1 Scan is waiting for catalog location"},
		{statemsg.UpdateSourceScan, statemsg.ScanRunning, "2 Scan is running"},
		{statemsg.UpdateSourceScan, statemsg.ScanCompleted, "3 Scan completed"},
		{statemsg.UpdateSourceScan, statemsg.ScanPendingRetry, "4 Scan is pending retry"},
		{statemsg.UpdateSourceScan, statemsg.ScanFailed, "5 Scan failed"},
		{statemsg.UpdateSourceScan, statemsg.ScanCompletedWithErrors, "6 Scan completed with errors"},
		{statemsg.AssignmentEnforcement, statemsg.AssignmentInstalled, "4 Installed"},
		{statemsg.AssignmentEnforcement, statemsg.AssignmentPendingRestart, "5 Pending system restart"},
		{statemsg.UpdateEnforcement, statemsg.UpdatePendingRestart, "9 Pending system restart"},
		{statemsg.UpdateEnforcement, statemsg.UpdateInstalled, "10 Installed"},
		{statemsg.UpdateDetection, statemsg.DetectionRequired, "2 Required"},
	} {
		name, _ := statemsg.StateName(c.t, c.s)
		if got := strconv.Itoa(int(c.s)) + " " + name; got != c.want {
			t.Errorf("%v state %s, want %s", c.t, got, c.want)
		}
	}
}

func TestPlaceString(t *testing.T) {
	t.Parallel()
	want := map[statemsg.Place]string{
		statemsg.PlaceWaiting: "waiting", statemsg.PlaceInFlight: "in_flight", statemsg.PlaceSent: "sent",
	}
	for i := range math.MaxUint8 + 1 {
		p := statemsg.Place(i)
		text := want[p]
		if text == "" {
			text = "Place(" + strconv.Itoa(i) + ")"
		}
		if got := p.String(); got != text {
			t.Errorf("Place(%d).String() = %q, want %q", i, got, text)
		}
	}
}
