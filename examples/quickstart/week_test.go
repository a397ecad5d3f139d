package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sampleBaseline is what the sample's catalogue says of its machine after the
// week. KB990109 reads a licence value that the machine document does not
// tell, so it is Unknown and never reported; KB990101 was replaced.
var sampleBaseline = map[string]string{
	"9c4b7e20-0102-4d1f-a5c3-000000990102": "required",     // mshtml.dll is 7.0.6001.18000, wanted 18148
	"9c4b7e20-0103-4d1f-a5c3-000000990103": "installed",    // on Thursday
	"9c4b7e20-0104-4d1f-a5c3-000000990104": "not_required", // for x86
	"9c4b7e20-0105-4d1f-a5c3-000000990105": "installed",    // the patch is applied
	"9c4b7e20-0106-4d1f-a5c3-000000990106": "required",     // a bundle; its English member is missing
	"9c4b7e20-0107-4d1f-a5c3-000000990107": "installed",    // DstRulesRevision is 2008
	"9c4b7e20-0108-4d1f-a5c3-000000990108": "not_required", // no .NET Framework 3.5
	"9c4b7e20-0110-4d1f-a5c3-000000000211": "required",     // BIOS 2.04, wanted 2.11
	"9c4b7e20-0111-4d1f-a5c3-000000990111": "required",     // the viewer is 8.1.0.0, wanted 8.1.2.0
}

// replaced is the update that the second catalogue supersedes.
const replaced = "9c4b7e20-0101-4d1f-a5c3-000000990101"

// deployed is the update that is installed on Thursday.
const deployed = "9c4b7e20-0103-4d1f-a5c3-000000990103"

func TestWeekScans(t *testing.T) {
	t.Parallel()
	l := runJSON(t)
	initial := l.triggered("initial_scan")
	if len(initial) != 1 || !initial[0].Time.Equal(l.one(t, "enabled").Due) {
		t.Fatalf("initial scans: %v, want one when it is due", initial)
	}
	first := initial[0].Scan
	if l.one(t, "cleared").Scan != first || l.one(t, "decided", first).Freshness != "absent" {
		t.Errorf("the initial scan does not clear the history and connect because of that")
	}
	counts := func(e event) [4]int { return [4]int{e.Required, e.Installed, e.NotRequired, e.Unknown} }
	if got := counts(l.one(t, "finished", first)); got != [4]int{5, 2, 2, 1} {
		t.Errorf("initial scan: states %v, want 5 Required, 2 Installed, 2 Not Required, 1 Unknown", got)
	}
	if s := l.one(t, "summary"); counts(s) != [4]int{4, 3, 2, 1} || s.Total != 10 || s.Percent != 50 || s.Files != 21 || s.UnsupportedRules != 0 || s.Waiting != 0 {
		t.Errorf("summary: %+v, want 4 Required, 3 Installed, 2 Not Required, 1 Unknown of 10, 50 %%, 21 files", s)
	}
	verdicts := make(map[string]int)
	for _, e := range l.triggered("scan_schedule") {
		d := l.of("decided", e.Scan)[0]
		verdicts[d.Action+" "+d.Freshness]++
	}
	if verdicts["use_local within_ttl"] < 3 || verdicts["connect expired"] < 3 || len(verdicts) != 2 {
		t.Errorf("scheduled scans: %v, want several inside and several outside the TTL", verdicts)
	}
	for _, e := range l.triggered("software_updates_scan_cycle") {
		if d := l.one(t, "decided", e.Scan); d.Reason != "forced_to_connect" || d.Freshness != "within_ttl" || len(l.of("connected", e.Scan)) != 1 {
			t.Errorf("user action at %v: %+v, want a connection though the metadata is fresh", e.Time, d)
		}
	}
	if n := len(l.triggered("software_updates_scan_cycle")); n != 2 {
		t.Errorf("%d user actions, want 2", n)
	}
	for _, e := range l.of("finished") {
		if e.Connected != (len(l.of("connected", e.Scan)) == 1 && e.Outcome != "pending_retry") || (e.Type == "forced_offline" && e.Connected) {
			t.Errorf("scan %d: connected %v, type %s", e.Scan, e.Connected, e.Type)
		}
	}
}

func TestWeekRetries(t *testing.T) {
	t.Parallel()
	l := runJSON(t)
	down := l.triggered("deployment_evaluation_cycle")
	if len(down) != 1 {
		t.Fatalf("%d scans while WSUS is down, want 1", len(down))
	}
	attempts := l.of("finished", down[0].Scan)
	if len(attempts) < 3 {
		t.Fatalf("%d attempts while WSUS is down, want retries", len(attempts))
	}
	for i, e := range attempts {
		if i == len(attempts)-1 {
			if e.Outcome != "completed_with_errors" || !e.Connected {
				t.Errorf("last attempt: %+v, want it to connect", e)
			}
			break
		}
		if e.Outcome != "pending_retry" || e.Code != "0x80072EFD" || !e.RetryAt.Equal(e.Time.Add(30*time.Minute)) {
			t.Errorf("attempt %d: %+v, want a retry after 30 min", i+1, e)
		}
		if next := attempts[i+1].Time; next.After(e.RetryAt) {
			t.Errorf("attempt %d at %v, want at most %v", i+2, next, e.RetryAt)
		}
	}
}

func TestWeekInstallation(t *testing.T) {
	t.Parallel()
	l := runJSON(t)
	for _, trigger := range []string{"before_download", "before_installation", "after_installation", "after_restart"} {
		scans := l.triggered(trigger)
		if len(scans) != 1 {
			t.Fatalf("%s: %d scans, want 1", trigger, len(scans))
		}
		want := "still_required"
		if trigger == "after_restart" {
			want = "no_longer_required"
		}
		check := l.one(t, "check", scans[0].Scan)
		if check.Update != deployed || check.Found != want {
			t.Errorf("%s: %s %s, want %s %s", trigger, check.Update, check.Found, deployed, want)
		}
		done := l.one(t, "finished", scans[0].Scan)
		if done.Connected || (done.Changes != 0) != (trigger == "after_restart") {
			t.Errorf("%s: connected %v, %d changes", trigger, done.Connected, done.Changes)
		}
		if trigger == "after_restart" {
			c := l.one(t, "change", scans[0].Scan)
			if c.Update != deployed || c.From != "required" || c.To != "installed" {
				t.Errorf("%s: change %+v, want Required to Installed", trigger, c)
			}
			flushed(t, l, done.Time)
		}
	}
	if e := l.one(t, "restart_pending"); e.Count != 1 {
		t.Errorf("%d updates wait for a restart, want 1", e.Count)
	} else {
		flushed(t, l, e.Time)
	}
}

// flushed expects messages to leave at most two minutes after.
func flushed(t *testing.T, l timeline, at time.Time) {
	t.Helper()
	for _, e := range l.of("send") {
		if !e.Time.Before(at) && !e.Time.After(at.Add(2*time.Minute)) {
			return
		}
	}
	t.Errorf("nothing was sent in the two minutes after %v", at)
}

func TestWeekSends(t *testing.T) {
	t.Parallel()
	l := runJSON(t)
	next, refused, inFlight := uint64(1), 0, false
	acked := l.of("send_ended")
	for i, e := range l.of("send") {
		if e.Again != inFlight {
			t.Errorf("send at %v: again %v, want %v", e.Time, e.Again, inFlight)
		}
		if e.FirstSerial != next || e.LastSerial != next+uint64(e.Messages)-1 {
			t.Errorf("send at %v: serials %d to %d of %d messages, want them from %d", e.Time, e.FirstSerial, e.LastSerial, e.Messages, next)
		}
		if inFlight = !acked[i].Acknowledged; inFlight {
			refused++
		} else {
			next = e.LastSerial + 1
		}
	}
	if refused < 2 || inFlight {
		t.Errorf("%d sends were refused and the last one %v, want some, and all well at the end", refused, inFlight)
	}
	if first := l.of("send")[0]; !cmp.Equal(first.Topics, map[string]int{"500": 9, "501": 1}) || first.Time.Sub(l.of("finished")[0].Time) > 15*time.Minute {
		t.Errorf("first bulk: %+v, want 9 states and the scan within 15 min", first)
	}
}

func TestWeekStates(t *testing.T) {
	t.Parallel()
	got := make(map[string]string)
	kinds := make(map[string]int)
	for _, c := range runJSON(t).of("change") {
		kinds[c.Kind]++
		if c.Kind == "removed" {
			delete(got, c.Update)
		} else {
			got[c.Update] = c.To
		}
	}
	if diff := cmp.Diff(sampleBaseline, got); diff != "" {
		t.Errorf("states after the week (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"first": 10, "changed": 1, "removed": 1, "revised": 1}, kinds); diff != "" {
		t.Errorf("kinds of change (-want +got):\n%s", diff)
	}
}

func TestWeekText(t *testing.T) {
	t.Parallel()
	text := runOK(t)
	pos := 0
	for _, want := range []string{
		"DESK-0042 (the sample machine) and the sample catalogue in 21 metadata files",
		"machine policy arrives", "initial scan at 09:42:54, drawn at random within 2 h",
		"Initial scan: scan 1, non-forced online", "connect: there is no local metadata", "Required      first report",
		"10 state messages, serials 1 to 10: 9 x update state (500), 1 x scan state (501)",
		"use local metadata: it is 15h old and the TTL is 24h", "no state changed",
		"connect: the local metadata is 30h old and the TTL is 24h",
		"a user starts Software Updates Scan Cycle", "connect: a forced online scan always connects",
		"the WSUS service on sup01 stops", "pending retry: 0x80072EFD WININET_E_CANNOT_CONNECT; next attempt at 06:40:00",
		"joins scan 5", "the WSUS service is back", "metadata retrieved from http://sup01.example.test:8530",
		"a mandatory deployment arrives: Security Update for the Windows Vista Kernel for x64-based Systems (KB990103)",
		"still required: ", "1 update waits for a restart and stays Required", "a forced offline scan never connects",
		"the computer restarts", "no longer required: ", "Installed     was Required",
		"the software update point has synchronized", "new metadata, version 2", "removed   Required      no message",
		"for x64-based Systems (KB990102)", "revised   Installed     no message",
		"the management point cannot be reached", "not sent  0x80072EFD", "send      again 1 state message, serial 31", "the management point is back",
	} {
		i := strings.Index(text[pos:], want)
		if i < 0 {
			t.Fatalf("the timeline lacks, after %q, %q:\n%s", text[max(0, pos-80):pos], want, text)
		}
		pos += i
	}
	const table = `
DESK-0042 after 7 days, Mon, 09 Jun 2008 08:00:00 UTC

  State          Updates
  -----          -------
  Required             4
  Installed            3
  Not Required         2
  Unknown              1
  Total               10   50.0 % compliant: (Installed + Not Required) / Total

  Required       Cumulative Security Update for the Browser o... for x64-based Systems (KB990102)
  Required       Update for Help Content in Windows Vista (KB990106)
  Required       Fabrikam Desk 320 System BIOS 2.11
  Required       Security Update for the Document Viewer 8 (KB990111)
  Installed      Security Update for the Windows Vista Kernel for x64-based Systems (KB990103)
  Installed      Update for the 2007 Office Suite (KB990105)
  Installed      Critical Update for Time Zones in Windows Vista (KB990107)
  Not Required   Security Update for the Windows Vista Kernel for x86-based Systems (KB990104)
  Not Required   Security Update for the .NET Framework 3.5 on Windows Vista (KB990108)
  Unknown        Update for Media Centre Licensing in Windows Vista (KB990109)

  Why Unknown:
    Update for Media Centre Licensing in Windows Vista (KB990109): `
	if !strings.Contains(text[pos:], table) {
		t.Errorf("the end is\n%s\nwant in it\n%s", text[pos:], table)
	}
	for _, line := range strings.Split(text, "\n") {
		if len(line) > 180 || strings.TrimRight(line, " ") != line {
			t.Errorf("line is too long or ends in space: %q", line)
		}
	}
}

func TestTTL(t *testing.T) {
	t.Parallel()
	connects := make(map[string]int)
	for _, ttl := range []string{"1h", "24h", "1000h", "2500000h", "1ms"} {
		l := runJSON(t, "-ttl", ttl)
		connects[ttl] = len(l.of("connected"))
		for _, d := range l.of("decided") {
			if d.Action == "connect" && d.Freshness != "absent" && d.Reason != "forced_to_connect" && strings.HasSuffix(ttl, "00h") {
				t.Errorf("-ttl %s: scan %d connects (%s)", ttl, d.Scan, d.Freshness)
			}
		}
	}
	// The initial scan and the three of users.
	if connects["1000h"] != 4 || connects["2500000h"] != 4 {
		t.Errorf("connections with a very long TTL: %v, want 4", connects)
	}
	if connects["1ms"] < connects["1h"] || connects["1h"] <= connects["24h"] || connects["24h"] <= connects["1000h"] {
		t.Errorf("connections by TTL: %v, want fewer with a longer TTL", connects)
	}
}
