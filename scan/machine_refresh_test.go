package scan_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
)

// marks are the markers among messages: from, request and serial of each.
func marks(tb testing.TB, msgs []statemsg.Message) (all [][3]uint64) {
	tb.Helper()
	for _, m := range msgs {
		if !m.IsRefreshMarker() {
			continue
		}
		from, request, err := statemsg.ParseRefreshMarker(&m)
		if err != nil {
			tb.Error(err)
		}
		all = append(all, [3]uint64{from, request, m.Serial})
	}
	return all
}

// wantMarks drains the client and compares the markers.
func (d *driver) wantMarks(want ...[3]uint64) {
	d.t.Helper()
	if diff := cmp.Diff(want, marks(d.t, d.drain())); diff != "" {
		d.t.Errorf("markers: from, request, serial (-want +got)\n%s", diff)
	}
}

// sends steps the client until it sends, and returns the batch.
func (d *driver) sends() statemsg.Batch {
	d.t.Helper()
	for range 100 {
		if e, ok := find[scan.Send](d); ok {
			return e.Batch
		}
		d.after(time.Minute, scan.Tick{})
	}
	d.t.Fatal("messages never leave")
	return statemsg.Batch{}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	t.Attr("rule", "MSG-6")
	d := enabledDriver(t, nil)
	before := d.m.Status().LastSerial
	d.after(time.Hour, scan.RefreshAsked{})
	asked := d.now
	msgs := d.drain()
	for n, want := range map[byte]statemsg.StateID{1: 2, 2: 3} {
		if got := state(msgs, statemsg.UpdateDetection, update(n).String()); got != want {
			t.Errorf("refresh: update %d has state %d, want %d", n, got, want)
		}
	}
	for i, m := range msgs {
		want := june
		if i == len(msgs)-1 {
			want = asked
		}
		if m.Serial <= before || !m.Time.Equal(want) || m.IsRefreshMarker() != (i == len(msgs)-1) {
			t.Errorf("refreshed message %+v, want a new serial, the old time, and the marker last", m)
		}
	}
	if diff := cmp.Diff([][3]uint64{{before + 1, 0, before + 4}}, marks(t, msgs)); diff != "" {
		t.Errorf("markers: from, request, serial (-want +got)\n%s", diff)
	}
}

// TestRefreshOverlaps refreshes again before the marker of the refresh before has
// left, while it is in flight, and when it has been acknowledged.
func TestRefreshOverlaps(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	d := enabledDriver(t, nil) // serials 1 to 3
	d.step(scan.RefreshAsked{})
	d.step(scan.RefreshAsked{})
	d.wantMarks([3]uint64{4, 0, 7})
	d.step(scan.RefreshAsked{})
	b := d.sends() // 8 to 11
	d.step(scan.RefreshAsked{})
	if diff := cmp.Diff([][3]uint64{{8, 0, 11}}, marks(t, b.Messages)); diff != "" {
		t.Errorf("markers: from, request, serial (-want +got)\n%s", diff)
	}
	d.step(scan.SendEnded{Batch: b.ID})
	d.wantMarks([3]uint64{12, 0, 15})
	d.step(scan.RefreshAsked{})
	d.wantMarks([3]uint64{16, 0, 19})
}

// TestRefreshOfNothing is a client that knows nothing: the marker alone says so.
func TestRefreshOfNothing(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	d := newDriver(t, nil)
	d.step(scan.RefreshAsked{})
	if n := must[scan.Notice](d); n.Kind != scan.NoticeRefreshed || n.Count != 0 {
		t.Errorf("notice %+v, want that 0 messages were recorded again", n)
	}
	if got := d.m.Status().Waiting; got != 1 {
		t.Errorf("%d messages wait, want the marker", got)
	}
	d.wantMarks([3]uint64{1, 0, 1})
}

// TestResync answers what the site asks for with a report: each number in a row
// once, in the commit of the acknowledgement, also across a restart.
func TestResync(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	t.Attr("rule", "DIFF-9")
	d := enabledDriver(t, nil) // serials 1 to 3
	ends := func(e scan.SendEnded) {
		t.Helper()
		e.Batch = d.sends().ID
		d.step(e)
	}
	d.step(scan.RefreshAsked{}) // 4 to 7
	ends(scan.SendEnded{Resync: 5, Failure: scan.Failure{Code: 0x80072EE2}})
	if got := d.m.Status().Waiting; got != 0 {
		t.Errorf("%d messages wait after a send that failed, want none", got)
	}
	ends(scan.SendEnded{Resync: 5})
	if c := must[scan.Commit](d); !slices.Contains(c.Parts, scan.PartMachine) || !slices.Contains(c.Parts, scan.PartOutbox) {
		t.Errorf("%+v is committed, want workflow and outbox", c)
	}
	if n := must[scan.Notice](d); n.Kind != scan.NoticeRefreshed || n.Count != 3 {
		t.Errorf("notice %+v, want that 3 messages were recorded again", n)
	}
	if got := d.m.Status(); got.Waiting != 4 || got.InFlight != 0 {
		t.Errorf("%d wait, %d in flight, want 4 and none", got.Waiting, got.InFlight)
	}
	d.m, _ = restore(t, saved(t, d.m))
	d.step(scan.Resumed{})
	b := d.sends() // 8 to 11
	if diff := cmp.Diff([][3]uint64{{8, 5, 11}}, marks(t, b.Messages)); diff != "" {
		t.Errorf("markers: from, request, serial (-want +got)\n%s", diff)
	}
	for _, number := range []uint64{5, 0, statemsg.MaxSerial + 1} {
		d.step(scan.SendEnded{Batch: b.ID, Resync: number})
		if got := d.m.Status().Waiting; got != 0 {
			t.Errorf("%d messages wait after an answer with resync %d, want none", got, number)
		}
		d.step(scan.RefreshAsked{})
		b = d.sends()
	}
	d.step(scan.SendEnded{Batch: b.ID, Resync: 4})
	d.wantMarks([3]uint64{24, 4, 27})
}

// TestResyncAfterLoss: a client whose outbox was lost may have lost the marker
// too, and answers the number again. What it had recorded is a first report when
// it is found again (DIFF-2); until then it knows nothing.
func TestResyncAfterLoss(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	t.Attr("rule", "MSG-5")
	d := enabledDriver(t, nil)
	d.step(scan.RefreshAsked{})
	d.step(scan.SendEnded{Batch: d.sends().ID, Resync: 1})
	blobs := slices.DeleteFunc(saved(t, d.m), func(b scan.Blob) bool { return b.Part == scan.PartOutbox })
	m, faults := restore(t, blobs)
	if len(faults) != 1 {
		t.Errorf("faults %v, want one", faults)
	}
	d.m = m
	d.step(scan.Resumed{})
	d.step(scan.RefreshAsked{}) // 8
	d.step(scan.SendEnded{Batch: d.sends().ID, Resync: 1})
	d.wantMarks([3]uint64{9, 1, 9})
}

// TestOldState: a workflow that was stored before there were resyncs has answered
// none, and is stored as it was.
func TestOldState(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	d := enabledDriver(t, nil)
	if blob := saved(t, d.m)[0]; bytes.Contains(blob.Data, []byte("resync")) {
		t.Errorf("a client that has answered no resync is stored as %s", blob.Data)
	}
}

// TestAgentResync lets the site ask a whole client for a resync.
func TestAgentResync(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	t.Attr("rule", "SITE-4")
	r, err := scantest.NewRig(scantest.RigConfig{})
	if err != nil {
		t.Fatal(err)
	}
	pass := func() {
		t.Helper()
		if err := r.Pass(t.Context(), 30*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Enable(t.Context()); err != nil {
		t.Fatal(err)
	}
	const client = "GUID:00000000-0000-4000-8000-000000000001"
	r.Site.AskResync(client, 1)
	pass()
	last, _ := r.Site.Serials(client)
	var msgs []statemsg.Message
	for _, rep := range r.Receiver.Sent() {
		msgs = append(msgs, rep.Messages...)
	}
	if diff := cmp.Diff([][3]uint64{{5, 1, last}}, marks(t, msgs)); diff != "" {
		t.Errorf("markers: from, request, serial (-want +got)\n%s", diff)
	}
	if s, ok := r.Reported(scantest.ID(1)); !ok || s != compliance.Required {
		t.Errorf("the site holds %v, %v, want required", s, ok)
	}
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Agent.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	pass()
	pass()
	if again, missing := r.Site.Serials(client); again != last+5 || len(missing) > 0 {
		t.Errorf("last serial %d, missing %v, want %d and none: the number was answered", again, missing, last+5)
	}
}
