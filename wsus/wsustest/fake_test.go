package wsustest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	codes := func(f wsustest.Fault, calls int) []wsus.Code {
		var list []wsus.Code
		for n := range calls {
			list = append(list, wsus.CodeOf(f(t.Context(), n+1)))
		}
		return list
	}
	const busy = wsus.CodeServerBusy
	for name, c := range map[string]struct {
		fault wsustest.Fault
		want  []wsus.Code
	}{
		"at":     {wsustest.FailAt(busy, 1, 3), []wsus.Code{busy, 0, busy, 0}},
		"always": {wsustest.FailAt(busy), []wsus.Code{busy, busy, busy, busy}},
		"first":  {wsustest.FailFirst(2, busy), []wsus.Code{busy, busy, 0, 0}},
		"both":   {wsustest.Faults(nil, wsustest.FailAt(1<<31, 4), wsustest.FailFirst(1, busy)), []wsus.Code{busy, 0, 0, 1 << 31}},
	} {
		if got := codes(c.fault, 4); !slices.Equal(got, c.want) {
			t.Errorf("%s: codes %v, want %v", name, got, c.want)
		}
	}
}

func TestHangingAndSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := wsustest.Source{Fault: wsustest.HangAt(2)}
		req := wsus.RetrieveRequest{Location: wsus.Location{URL: "http://a"}}
		if _, err := source.Retrieve(t.Context(), req); err != nil {
			t.Errorf("first call: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := source.Retrieve(ctx, req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("second call: %v, want the context's error", err)
		}
		release := make(chan struct{})
		slow := wsustest.Evaluator{Fault: wsustest.Slow(release)}
		done := make(chan error)
		go func() {
			_, err := slow.Evaluate(t.Context(), nil)
			done <- err
		}()
		synctest.Wait()
		select {
		case err := <-done:
			t.Errorf("the slow call has returned: %v", err)
		default:
		}
		release <- struct{}{}
		if err := <-done; err != nil {
			t.Errorf("slow call: %v", err)
		}
		if _, err := slow.Evaluate(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("slow call with a context that is done: %v", err)
		}
		if len(slow.Catalogs()) != 2 {
			t.Errorf("%d calls, want 2", len(slow.Catalogs()))
		}
	})
}

func TestRecorders(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	policy := wsustest.LocalPolicy{
		EffectiveFault: wsustest.FailAt(wsus.CodeUnspecified, 2), SetFault: wsustest.FailFirst(1, wsus.CodeUnspecified),
	}
	written := wsus.Policy{Server: "http://a:80", StatusServer: "http://a:80", Use: true}
	if err := policy.Set(ctx, written); wsus.CodeOf(err) != wsus.CodeUnspecified {
		t.Errorf("first Set: %v", err)
	}
	if got, err := policy.Effective(ctx); got != (wsus.Policy{}) || err != nil {
		t.Errorf("Effective() = %+v, %v, want none", got, err)
	}
	if err := policy.Set(ctx, written); err != nil {
		t.Errorf("second Set: %v", err)
	}
	if _, err := policy.Effective(ctx); wsus.CodeOf(err) != wsus.CodeUnspecified {
		t.Errorf("second Effective: %v", err)
	}
	if got, err := policy.Effective(ctx); got != written || err != nil {
		t.Errorf("Effective() = %+v, %v, want %+v", got, err, written)
	}
	if policy.Reads() != 3 || !slices.Equal(policy.Written(), []wsus.Policy{written, written}) {
		t.Errorf("%d reads, written %+v", policy.Reads(), policy.Written())
	}

	source := wsustest.Source{Fault: wsustest.FailAt(wsus.CodeServerBusy, 1)}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, c := range []struct {
		ctx  context.Context //nolint:containedctx // a table
		url  string
		want wsus.Code
	}{
		{ctx, "http://a", wsus.CodeInvalidLocation},
		{cancelled, "https://a", wsus.CodeCancelled},
		{ctx, "https://a", wsus.CodeServerBusy},
		{ctx, "https://a", 0},
	} {
		_, err := source.Retrieve(c.ctx, wsus.RetrieveRequest{Location: wsus.Location{URL: c.url}, SSLOnly: true})
		if wsus.CodeOf(err) != c.want {
			t.Errorf("Retrieve(%s): %v, want %v", c.url, err, c.want)
		}
	}
	if len(source.Requests()) != 4 || !slices.Equal(source.Connections(), []string{"https://a", "https://a"}) {
		t.Errorf("%d requests, connections %v, want 4 and two", len(source.Requests()), source.Connections())
	}

	evaluator := wsustest.Evaluator{Fault: wsustest.FailAt(wsus.CodeScanTimedOut, 2)}
	c := wsustest.Catalog(1, wsustest.Simple(1, true, false))
	got, err := evaluator.Evaluate(ctx, c)
	if err != nil || got.Snapshot.Len() != 1 || got.Snapshot.At(0).State != compliance.NotRequired {
		t.Errorf("Evaluate() = %+v, %v", got, err)
	}
	if _, err := evaluator.Evaluate(ctx, c); wsus.CodeOf(err) != wsus.CodeScanTimedOut {
		t.Errorf("second Evaluate: %v", err)
	}
}

// fakeTB notes that a test failed.
type fakeTB struct {
	testing.TB

	failed int
}

func (f *fakeTB) Helper()               {}
func (f *fakeTB) Errorf(string, ...any) { f.failed++ }

func TestForbiddenSource(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-3")
	tb := &fakeTB{TB: t}
	s := wsustest.NewForbiddenSource(tb)
	if c, err := s.Retrieve(t.Context(), wsus.RetrieveRequest{}); err == nil || c != nil || tb.failed != 1 {
		t.Errorf("Retrieve = %v, %v, failures %d, want an error and one failure", c, err, tb.failed)
	}
}

func TestSUP(t *testing.T) {
	t.Parallel()
	start := time.Date(2008, 6, 1, 12, 0, 0, 0, time.UTC)
	var s wsustest.SUP
	if err := s.Plan(
		wsustest.Outage{URL: "http://a:8530", From: start, Until: start.Add(time.Hour)},
		wsustest.Outage{From: start.Add(30 * time.Minute), Code: wsus.CodeServerBusy},
	); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []wsustest.Outage{{URL: "a"}, {From: start, Until: start.Add(-1)}} {
		if err := s.Plan(wsustest.Outage{From: start.Add(-time.Hour)}, bad); err == nil {
			t.Errorf("Plan(%+v) = nil, want an error", bad)
		}
	}
	for _, c := range []struct {
		url   string
		after time.Duration
		want  wsus.Code
	}{
		{"http://A:8530/", -1, 0},
		{"http://A:8530/", 0, wsus.CodeCannotConnect},
		{"http://b", 0, 0},
		{"http://b", 30 * time.Minute, wsus.CodeServerBusy},
		{"http://a:8530", time.Hour - 1, wsus.CodeCannotConnect},
		{"http://a:8530", time.Hour, wsus.CodeServerBusy},
	} {
		s.SetNow(start.Add(c.after))
		got, err := s.Retrieve(t.Context(), wsus.RetrieveRequest{Location: wsus.Location{URL: c.url}})
		if wsus.CodeOf(err) != c.want || (got == nil) != (c.want != 0) {
			t.Errorf("Retrieve(%s) after %v = %v, %v, want %v", c.url, c.after, got, err, c.want)
		}
	}
	if s.Connections() != 6 || s.ConnectionsTo("http://b") != 2 {
		t.Errorf("%d connections, %d to b, want 6 and 2", s.Connections(), s.ConnectionsTo("http://b"))
	}
}

func TestStatesReportsUnknown(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-5")
	var s wsustest.States
	s.Set(compliance.Unknown, wsustest.ID(1), wsustest.ID(2))
	got, err := s.Evaluate(t.Context(), wsustest.Catalog(1, wsustest.Simple(1, true, true), wsustest.Simple(3, true, true)))
	if err != nil || got.Snapshot.Len() != 2 || len(got.Problems) != 1 || got.Problems[0].ID != wsustest.ID(1) {
		t.Errorf("Evaluate() = %+v, %v, want two records and the problem of update 1", got, err)
	}
}
