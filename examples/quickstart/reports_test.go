package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// readReports decodes the reports of a folder in the order of their names.
func readReports(t *testing.T, dir string) []*statemsg.Report {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []*statemsg.Report
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		r, err := statemsg.DecodeReport(data)
		if err != nil {
			t.Fatalf("DecodeReport(%s): %v", e.Name(), err)
		}
		all = append(all, r)
	}
	return all
}

func TestReports(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "there yet")
	l := runJSON(t, "-reports", dir)
	reports := readReports(t, dir)
	if s := l.one(t, "summary"); s.Reports != len(reports) || len(reports) < 10 {
		t.Errorf("%d reports in the folder, the summary says %d", len(reports), s.Reports)
	}
	got, next := make(map[string]string), uint64(1)
	var scan statemsg.StateID
	for _, r := range reports {
		if r.Client.NetBIOSName != "DESK-0042" {
			t.Errorf("client %q, want DESK-0042", r.Client.NetBIOSName)
		}
		for _, m := range r.Messages {
			if m.Serial != next {
				t.Errorf("serial %d, want %d: none is left out or used twice", m.Serial, next)
			}
			next++
			if m.TopicType == statemsg.UpdateDetection {
				id, err := compliance.ParseUpdateID(m.TopicID)
				if err != nil {
					t.Errorf("topic id: %v", err)
				}
				got[id.String()] = compliance.State(m.StateID).String()
			}
			if m.TopicType == statemsg.UpdateSourceScan {
				scan = m.StateID
			}
		}
	}
	// Nothing is sent for an update that is gone (DIFF-6): the site keeps it.
	if got[replaced] != "required" {
		t.Errorf("the site has %q of the replaced update, want the last report", got[replaced])
	}
	delete(got, replaced)
	if diff := cmp.Diff(sampleBaseline, got); diff != "" {
		t.Errorf("states replayed from the reports (-want +got):\n%s", diff)
	}
	if scan != 6 {
		t.Errorf("last state of the scan is %d, want 6: completed with errors", scan)
	}
	if text := runOK(t, "-reports", filepath.Join(t.TempDir(), "x")); !strings.Contains(text, "20 reports sent, the last serial number is 35. They are in ") {
		t.Errorf("the end does not tell of the reports:\n%s", text[len(text)-300:])
	}
}

func TestReportsEmptyFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runOK(t, "-reports", dir, "-days", "1")
	if got := len(readReports(t, dir)); got != 2 {
		t.Errorf("-days 1: %d reports, want 2: of the initial scan and of the next", got)
	}
}
