package scantest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/ttl"
)

// DecideFunc decides what a scan does about metadata, as [scan.Decide] does.
type DecideFunc = func(t scan.Type, p ttl.Policy, s ttl.Stamp, required ttl.Version, now time.Time) scan.Decision

// CheckDecide compares a function with [Model.Decide] near every boundary of
// the rules and returns all breaches, joined, each a [*ClauseError] whose
// clause is the rule. If the context ends its error is returned.
//
// Green does not prove anything of times outside the years 1678 to 2261, and of
// policies only what those that are tried show.
func CheckDecide(ctx context.Context, decide DecideFunc) error {
	return contract.Check(ctx, "scantest", decideClauses(), func() DecideFunc { return decide })
}

// RunDecide is [CheckDecide] with one subtest a clause, named by its rule.
func RunDecide(t *testing.T, decide DecideFunc) {
	t.Helper()
	contract.Run(t, "scantest", decideClauses(), func(*testing.T) DecideFunc { return decide })
}

// question is what a decision is asked about.
type question struct {
	typ      scan.Type
	policy   ttl.Policy
	stamp    ttl.Stamp
	required ttl.Version
	now      time.Time
}

func decideClauses() []contract.Clause[DecideFunc] {
	var list []contract.Clause[DecideFunc]
	for _, c := range []struct {
		rule, says string
		about      func(q question) bool
	}{
		{"DEC-1", "forced online connects, always", func(q question) bool { return q.typ == scan.ForcedOnline }},
		{"DEC-2", "non-forced online connects exactly when the metadata is not fresh", func(q question) bool { return q.typ == scan.NonForcedOnline }},
		{"DEC-3", "forced offline uses what is stored, whatever its age", func(q question) bool { return q.typ == scan.ForcedOffline && q.stamp.Present() }},
		{"DEC-4", "forced offline without metadata fails", func(q question) bool { return q.typ == scan.ForcedOffline && !q.stamp.Present() }},
		{"TRG-5", "an unknown type is never a default", func(q question) bool { return q.typ < 1 || q.typ > scan.ForcedOffline }},
	} {
		list = append(list, contract.Clause[DecideFunc]{ID: c.rule, Rule: c.rule, Says: c.says, Check: func(_ context.Context, newDecide func() DecideFunc) error {
			decide := newDecide()
			for _, q := range questions() {
				if !c.about(q) {
					continue
				}
				got := decide(q.typ, q.policy, q.stamp, q.required, q.now)
				if want := (Model{}).Decide(q.typ, q.policy, q.stamp, q.required, q.now); got != want {
					return fmt.Errorf("a decision about %s:\n got  %v, %+v\n want %v, %+v", brief(q.stamp), got, got.Verdict, want, want.Verdict)
				}
			}
			return nil
		}})
	}
	return list
}

// questions are all combinations of what makes a difference, with times on and
// next to every boundary.
func questions() []question {
	var list []question
	at := Start()
	for _, p := range []ttl.Policy{{}, {TTL: time.Hour, Tolerance: time.Second}, {TTL: 36 * time.Hour}} {
		full := WorkflowConfig{TTL: p}.Defaults().TTL
		for _, edge := range []time.Duration{0, full.TTL, -full.Tolerance, time.Minute, time.Hour, 12 * time.Hour, 400 * 24 * time.Hour, -48 * time.Hour} {
			for _, nudge := range []time.Duration{-time.Second, -1, 0, 1, time.Second} {
				for version := ttl.Version(4); version <= 6; version++ {
					for _, typ := range []scan.Type{0, scan.NonForcedOnline, scan.ForcedOnline, scan.ForcedOffline, 4, 255} {
						list = append(list,
							question{typ, p, ttl.NewStamp(at, version), 0, at.Add(edge + nudge)},
							question{typ, p, ttl.NewStamp(at, version), 5, at.Add(edge + nudge)},
							question{typ, p, ttl.Stamp{}, version, at.Add(edge + nudge)})
					}
				}
			}
		}
	}
	return list
}
