package statemsg_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
)

// marks are the markers among the messages of the reports from one on: from and
// request, and their serials.
func marks(tb testing.TB, reports []statemsg.Report) (all [][3]uint64) {
	tb.Helper()
	for _, r := range reports {
		for _, m := range r.Messages {
			if !m.IsRefreshMarker() {
				continue
			}
			from, request, err := statemsg.ParseRefreshMarker(&m)
			if err != nil {
				tb.Error(err)
			}
			all = append(all, [3]uint64{from, request, m.Serial})
		}
	}
	return all
}

// TestSenderResync lets a site ask for resyncs, again and again, over restarts
// and failures of all kinds: each number in a row is answered once.
func TestSenderResync(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	t.Attr("rule", "SITE-4")
	clk := clock.NewMock()
	clk.Set(at(0))
	st := new(store)
	down := true
	site := &statemsg.MemTransport{Fail: func(int, *statemsg.Report) error {
		if down {
			return errDown
		}
		return nil
	}}
	withClock := func(c *statemsg.SenderConfig) { c.Clock = clk }
	s := st.start(t, site, withClock)
	send := func(want ...[3]uint64) {
		t.Helper()
		before := len(site.Reports())
		clk.Add(time.Second)
		if err := s.SendNow(t.Context()); err != nil {
			t.Errorf("SendNow = %v", err)
		}
		if err := s.SendNow(t.Context()); err != nil { // what the answers have caused
			t.Errorf("SendNow = %v", err)
		}
		if diff := cmp.Diff(want, marks(t, site.Reports()[before:])); diff != "" {
			t.Errorf("markers: from, request, serial (-want +got)\n%s", diff)
		}
	}
	bySender(t, s, update(1, 2, 0), update(2, 2, 0))
	site.AskResync(5)
	if err := s.SendNow(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("SendNow = %v, want %v", err, errDown)
	}
	if got := s.Pending(); got != 2 {
		t.Errorf("Pending after a failed send = %d, want 2", got)
	}
	down = false
	send([3]uint64{3, 5, 5})
	bySender(t, s, update(3, 2, 0))
	send() // the number again
	s = st.start(t, site, withClock)
	bySender(t, s, update(3, 3, 0))
	send() // and after a restart
	site.AskResync(4)
	bySender(t, s, update(3, 2, 0))
	send([3]uint64{9, 4, 12}) // another, lower or not
	site.AskResync(0)
	if n, err := s.Refresh(t.Context()); n != 3 || err != nil {
		t.Errorf("Refresh = %d, %v, want 3", n, err)
	}
	send([3]uint64{13, 0, 16})
	site.AskResync(4)
	bySender(t, s, update(3, 3, 0))
	send() // this sender has answered it
	site.AskResync(statemsg.MaxSerial + 1)
	bySender(t, s, update(3, 2, 0))
	send() // no number
	st.fail = func(int) error { return errDown }
	site.AskResync(6)
	if err := s.Record(t.Context(), update(3, 3, 0)); !errors.Is(err, errDown) {
		t.Errorf("Record = %v, want %v", err, errDown)
	}
	st.fail = nil
	send([3]uint64{20, 6, 23})
}

// TestSenderResyncSave loses the process after the answer and before it was
// saved: the report is sent again, and the site asks again.
func TestSenderResyncSave(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-8")
	st, site := new(store), new(statemsg.MemTransport)
	site.AskResync(1)
	s := st.start(t, site, nil)
	bySender(t, s, update(1, 2, 0))
	st.fail = func(save int) error {
		if save == 3 { // of the acknowledgement
			return errDown
		}
		return nil
	}
	if err := s.SendNow(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("SendNow = %v, want %v", err, errDown)
	}
	s = st.start(t, site, nil)
	for range 2 {
		if err := s.SendNow(context.Background()); err != nil {
			t.Errorf("SendNow = %v", err)
		}
	}
	if diff := cmp.Diff([][3]uint64{{2, 1, 3}}, marks(t, site.Reports())); diff != "" {
		t.Errorf("markers: from, request, serial (-want +got)\n%s", diff)
	}
}
