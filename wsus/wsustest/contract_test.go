package wsustest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// brokenIsCaught checks for each clause that what breaks it is caught under
// its name, and under no other but those named with it.
func brokenIsCaught(t *testing.T, check func(clause string) error, clauses map[string][]string) {
	t.Helper()
	for clause, others := range clauses {
		t.Run(strings.ReplaceAll(clause, "/", " "), func(t *testing.T) {
			t.Parallel()
			want := slices.Sorted(slices.Values(append([]string{clause}, others...)))
			err := check(clause)
			if got := contract.Breaches(err); !slices.Equal(got, want) {
				t.Errorf("broken %s: breaches %v, want %v\n%v", clause, got, want, err)
			}
		})
	}
}

var errPanic = errors.New("panic")

// panics reports whether f panics.
func panics(f func()) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	f()
	return nil
}

func locators(*testing.T) wsus.Locator {
	return wsus.StaticLocator{{URL: "http://a:8530"}, {URL: "https://b"}}
}

func TestLocatorContract(t *testing.T) {
	t.Parallel()
	t.Run("StaticLocator", func(t *testing.T) { t.Parallel(); wsustest.RunLocator(t, locators) })
	t.Run("zero", func(t *testing.T) {
		t.Parallel()
		wsustest.RunLocator(t, func(*testing.T) wsus.Locator { return &wsustest.Locator{} })
	})
	brokenIsCaught(t, func(clause string) error {
		return wsustest.CheckLocator(t.Context(), func() wsus.Locator { return wsustest.BrokenLocator(clause, locators(t)) })
	}, map[string][]string{"locate/answer": nil, "locate/owned": nil, "locate/cancelled": nil})
	if panics(func() { wsustest.BrokenLocator("x", nil) }) == nil {
		t.Error("BrokenLocator of no clause does not panic")
	}
}

// A locator that hangs for ever is given up.
func TestHangingIsCaught(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf := wsustest.Slow(release)
		err := wsustest.CheckLocator(t.Context(), func() wsus.Locator {
			return &wsustest.Locator{Fault: func(ctx context.Context, call int) error {
				if ctx.Err() == nil {
					return nil
				}
				return deaf(context.WithoutCancel(ctx), call)
			}}
		})
		if got := contract.Breaches(err); !slices.Equal(got, []string{"locate/cancelled"}) || !strings.Contains(err.Error(), "has not returned") {
			t.Errorf("breaches %v, want locate/cancelled\n%v", got, err)
		}
		close(release)
	})
}

func domainPolicy(*testing.T) wsus.LocalPolicy {
	var p wsus.MemPolicy
	p.SetDomain(wsus.Policy{Server: "http://domain:8530", StatusServer: "http://domain:8530", Use: true})
	return &p
}

func TestLocalPolicyContract(t *testing.T) {
	t.Parallel()
	t.Run("MemPolicy", func(t *testing.T) {
		t.Parallel()
		wsustest.RunLocalPolicy(t, func(*testing.T) wsus.LocalPolicy { return &wsus.MemPolicy{} })
	})
	t.Run("MemPolicy in a domain", func(t *testing.T) { t.Parallel(); wsustest.RunLocalPolicy(t, domainPolicy) })
	t.Run("zero", func(t *testing.T) {
		t.Parallel()
		wsustest.RunLocalPolicy(t, func(*testing.T) wsus.LocalPolicy { return &wsustest.LocalPolicy{} })
	})
	brokenIsCaught(t, func(clause string) error {
		return wsustest.CheckLocalPolicy(t.Context(), func() wsus.LocalPolicy {
			if clause == "set/under-higher" {
				return wsustest.BrokenLocalPolicy(clause, domainPolicy(t))
			}
			return wsustest.BrokenLocalPolicy(clause, &wsus.MemPolicy{})
		})
	}, map[string][]string{
		"set/in-force": nil, "set/not-higher": nil, "set/under-higher": nil, "set/error": nil, "set/cancelled": nil,
		"effective/cancelled": nil,
	})
}

// memSource is a Source whose catalogue grows with each change.
func memSource(wrap func(wsus.Source) wsus.Source) wsustest.SourceSubject {
	var s wsus.MemSource
	n := 1
	s.Serve(wsustest.Catalog(1, wsustest.Simple(1, false, true)))
	return wsustest.SourceSubject{
		Source: wrap(&s), Location: wsus.Location{URL: "http://wsus:8530"},
		Change: func() {
			n++
			s.Serve(wsustest.Catalog(uint32(n), wsustest.Simple(n, false, true)))
		},
	}
}

func TestSourceContract(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(wsus.Source) wsus.Source{
		"MemSource": func(s wsus.Source) wsus.Source { return s },
		"recorder":  func(s wsus.Source) wsus.Source { return &wsustest.Source{Next: s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wsustest.RunSource(t, func(*testing.T) wsustest.SourceSubject { return memSource(wrap) })
		})
	}
	t.Run("SUP", func(t *testing.T) {
		t.Parallel()
		wsustest.RunSource(t, func(*testing.T) wsustest.SourceSubject {
			return wsustest.SourceSubject{Source: &wsustest.SUP{}, Location: wsus.Location{URL: "https://wsus:8531"}}
		})
	})
	brokenIsCaught(t, func(clause string) error {
		return wsustest.CheckSource(t.Context(), func() wsustest.SourceSubject {
			return memSource(func(s wsus.Source) wsus.Source { return wsustest.BrokenSource(clause, s) })
		})
	}, map[string][]string{
		// Without an answer hardly anything else can be checked.
		"retrieve/answer":   {"retrieve/complete", "retrieve/previous-kept", "retrieve/really-done"},
		"retrieve/ssl-only": nil, "retrieve/bad-location": nil,
		// What is answered from Previous is not the server's, either.
		"retrieve/complete":      {"retrieve/really-done"},
		"retrieve/previous-kept": nil,
		"retrieve/really-done":   nil,
		"retrieve/cancelled":     nil,
	})
}

// evaluatorOf is a machine whose folder of updates changes.
func evaluatorOf(t *testing.T, wrap func(wsus.Evaluator) wsus.Evaluator) wsustest.EvaluatorSubject {
	t.Helper()
	doc := &applicability.Document{}
	if err := doc.CoverRegistry(); err != nil {
		t.Fatal(err)
	}
	e, err := applicability.New(applicability.Config{Facts: doc.Facts()})
	if err != nil {
		t.Fatal(err)
	}
	update := wsustest.Simple(1, false, true)
	update.Rules.IsInstalled = []wsus.Rule{{Name: "RegDword", Attrs: []wsus.Attr{
		{Name: "Key", Value: "HKEY_LOCAL_MACHINE"},
		{Name: "Subkey", Value: "SOFTWARE"},
		{Name: "Value", Value: "N"},
		{Name: "Comparison", Value: "EqualTo"},
		{Name: "Data", Value: "1"},
	}}}
	strange := wsustest.Simple(2, false, false)
	strange.Rules.IsInstalled = []wsus.Rule{{Name: "Camera"}}
	n := uint32(0)
	return wsustest.EvaluatorSubject{
		Evaluator: wrap(e), Catalog: wsustest.Catalog(1, update, strange),
		Change: func() {
			n++
			if err := doc.SetRegistry(`HKLM\SOFTWARE`, "N", applicability.DWord(n%2)); err != nil {
				t.Error(err)
			}
		},
	}
}

func TestEvaluatorContract(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(wsus.Evaluator) wsus.Evaluator{
		"applicability": func(e wsus.Evaluator) wsus.Evaluator { return e },
		"recorder":      func(e wsus.Evaluator) wsus.Evaluator { return &wsustest.Evaluator{Next: e} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wsustest.RunEvaluator(t, func(t *testing.T) wsustest.EvaluatorSubject { t.Helper(); return evaluatorOf(t, wrap) })
		})
	}
	t.Run("States", func(t *testing.T) {
		t.Parallel()
		wsustest.RunEvaluator(t, func(*testing.T) wsustest.EvaluatorSubject {
			s := &wsustest.States{}
			n := 0
			return wsustest.EvaluatorSubject{Evaluator: s, Change: func() {
				n++
				s.Set([]compliance.State{compliance.Required, compliance.Unknown}[n%2], wsustest.ID(64_001))
			}}
		})
	})
	brokenIsCaught(t, func(clause string) error {
		return wsustest.CheckEvaluator(t.Context(), func() wsustest.EvaluatorSubject {
			return evaluatorOf(t, func(e wsus.Evaluator) wsus.Evaluator { return wsustest.BrokenEvaluator(clause, e) })
		})
	}, map[string][]string{
		"evaluate/records": nil, "evaluate/unknown": nil, "evaluate/unsupported": nil, "evaluate/function": nil,
		"evaluate/really-done": nil, "evaluate/owned": nil, "evaluate/catalogue-kept": nil, "evaluate/empty": nil,
		"evaluate/cancelled": nil,
	})
}

func TestFunctionChecks(t *testing.T) {
	t.Parallel()
	wsustest.RunOrder(t, wsus.Order)
	wsustest.RunPolicyFor(t, wsus.PolicyFor)
	wsustest.RunRetry(t, wsus.RetryPolicy.Next)
	for mistake, want := range map[string]string{
		"wf-internet-http": "order/WF-4", "wf-native-http": "order/WF-4",
		"wf-lower-version-used": "order/WF-6", "wf-no-location-unreachable": "order/WF-6",
		"wf-forgets-good-location": "order/WF-9",
		"wf-policy-without-port":   "policy/WF-3",
		"wf-conflict-overwritten":  "policy/WF-5", "wf-conflict-ignores-port": "policy/WF-5",
		"wf-five-retries": "retry/WF-9", "wf-timeout-retried": "retry/WF-9", "wf-final-switches": "retry/WF-9",
		"wf-switch-at-once": "retry/WF-9", "wf-cancel-fails": "retry/WF-10",
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			m := wsustest.Model{Mistake: mistake}
			function, _, _ := strings.Cut(want, "/")
			err := map[string]func() error{
				"order":  func() error { return wsustest.CheckOrder(t.Context(), m.Order) },
				"policy": func() error { return wsustest.CheckPolicyFor(t.Context(), m.PolicyFor) },
				"retry":  func() error { return wsustest.CheckRetry(t.Context(), m.Next) },
			}[function]()
			if got := contract.Breaches(err); !slices.Equal(got, []string{want}) {
				t.Errorf("breaches %v, want %v\n%v", got, want, err)
			}
		})
	}
	if err := wsustest.CheckRetry(t.Context(), wsustest.Model{Mistake: "ttl-default-off"}.Next); err != nil {
		t.Errorf("with a mistake that does not concern it: %v", err)
	}
}

func TestChecksEndWithTheirContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"CheckLocator":     wsustest.CheckLocator(ctx, func() wsus.Locator { return locators(t) }),
		"CheckLocalPolicy": wsustest.CheckLocalPolicy(ctx, func() wsus.LocalPolicy { return &wsus.MemPolicy{} }),
		"CheckOrder":       wsustest.CheckOrder(ctx, wsus.Order),
	} {
		if !errors.Is(err, context.Canceled) || len(contract.Breaches(err)) != 0 {
			t.Errorf("%s with a cancelled context = %v, want its error", name, err)
		}
	}
}
