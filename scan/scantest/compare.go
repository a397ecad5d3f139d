package scantest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
)

// DiffEffects compares the effects of a step with those that are wanted and
// tells of the first difference, with the rule that it concerns, or the empty
// string. Of a commit, which may be missing where it leaves the metadata as it
// is, only what becomes of the metadata is compared: what has to be committed
// is for an implementation to know. Failures are compared by their code.
func DiffEffects(got, want []scan.Effect) string {
	gotCommit, got := splitCommit(got)
	wantCommit, want := splitCommit(want)
	for i, w := range want {
		if i >= len(got) {
			return fmt.Sprintf("%s: nothing, want %s", ruleOf(w), brief(w))
		}
		if d := diffEffect(got[i], w); d != "" {
			return d
		}
	}
	if len(got) > len(want) {
		e := got[len(want)]
		return fmt.Sprintf("%s: %s, want nothing", ruleOf(e), brief(e))
	}
	if gotCommit.Metadata != wantCommit.Metadata {
		about := wantCommit
		if about.Metadata == scan.KeepMetadata {
			about = gotCommit
		}
		return fmt.Sprintf("%s: commit does %d to the metadata, want %d", ruleOf(about), gotCommit.Metadata, wantCommit.Metadata)
	}
	same := gotCommit.Run == wantCommit.Run && gotCommit.Stamp == wantCommit.Stamp && gotCommit.Source == wantCommit.Source
	if gotCommit.Metadata == scan.StoreMetadata && !same {
		return fmt.Sprintf("TTL-4:\n got  %s\n want %s", brief(gotCommit), brief(wantCommit))
	}
	return ""
}

// splitCommit takes the commit off the front of effects.
func splitCommit(effects []scan.Effect) (scan.Commit, []scan.Effect) {
	if len(effects) > 0 {
		if c, ok := effects[0].(scan.Commit); ok {
			return c, effects[1:]
		}
	}
	return scan.Commit{}, effects
}

// ruleOf is the rule that an effect which is there or not tells of.
func ruleOf(e scan.Effect) string {
	switch e := e.(type) {
	case scan.Commit:
		if e.Metadata == scan.StoreMetadata {
			return "TTL-4"
		}
		return "WF-2"
	case scan.Locate, scan.ReadPolicy, scan.WritePolicy:
		return "WF-3"
	case scan.Retrieve:
		return "DEC-2"
	case scan.Evaluate:
		return "DEC-3"
	case scan.Send:
		return "MSG-3"
	case scan.Finished:
		return "WF-9"
	case scan.Notice:
		return noticeRules()[e.Kind]
	}
	return "WF"
}

// noticeRules are the rules that the kinds of notices tell of.
func noticeRules() map[scan.NoticeKind]string {
	return map[scan.NoticeKind]string{
		scan.NoticeEnabled: "WF-1", scan.NoticeDormant: "WF-14", scan.NoticeResumed: "WF-14",
		scan.NoticeTriggered: "WF-11", scan.NoticeJoined: "WF-11", scan.NoticeRefused: "TRG-7",
		scan.NoticeCleared: "WF-2", scan.NoticeDecided: "DEC-6", scan.NoticeLocated: "WF-6",
		scan.NoticeConnected: "WF-3", scan.NoticeInterrupted: "WF-10", scan.NoticeMetadataLost: "TTL-3",
		scan.NoticeRefreshed: "DIFF-8", scan.NoticeRestartPending: "WF-12",
	}
}

// diffEffect compares two effects.
func diffEffect(got, want scan.Effect) string {
	same := false
	switch w := want.(type) {
	case scan.Notice:
		g, ok := got.(scan.Notice)
		g.Failure = scan.Failure{Code: g.Failure.Code}
		w.Failure = scan.Failure{Code: w.Failure.Code}
		same = ok && g == w
	case scan.Send:
		if g, ok := got.(scan.Send); ok {
			return diffBatches(g.Batch, w.Batch)
		}
	case scan.Finished:
		if g, ok := got.(scan.Finished); ok {
			return diffResults(g.Result, w.Result)
		}
	default:
		same = got == want
	}
	if same {
		return ""
	}
	return fmt.Sprintf("%s:\n got  %s\n want %s", ruleOf(want), brief(got), brief(want))
}

// diffBatches compares two batches, message by message.
func diffBatches(got, want statemsg.Batch) string {
	if got.ID != want.ID || !got.Date.Equal(want.Date) {
		return fmt.Sprintf("MSG-5: batch\n got  %s\n want %s", brief(got), brief(want))
	}
	if len(got.Messages) != len(want.Messages) {
		return fmt.Sprintf("MSG-10: batch\n got  %s\n want %s", brief(got), brief(want))
	}
	for i, g := range got.Messages {
		if !SameMessage(g, want.Messages[i]) {
			return fmt.Sprintf("MSG-6: message %d\n got  %s\n want %s", i, brief(g), brief(want.Messages[i]))
		}
	}
	return ""
}

// SameMessage reports whether two messages are the same in everything, their
// serials and times too.
func SameMessage(a, b statemsg.Message) bool {
	return a.TopicType == b.TopicType && a.TopicID == b.TopicID && a.IDType == b.IDType && a.StateID == b.StateID &&
		a.Criticality == b.Criticality && a.Details == b.Details && a.Serial == b.Serial &&
		a.Time.Equal(b.Time) && slices.Equal(a.Params, b.Params)
}

// diffResults compares two results (DEC-7), except for the words of the
// failure: there must be some.
func diffResults(got, want scan.Result) string {
	differs := func(rule, field string, g, w any) string {
		return fmt.Sprintf("%s: result: %s\n got  %s\n want %s", rule, field, brief(g), brief(w))
	}
	for _, f := range []struct {
		rule string
		name string
		got  any
		want any
	}{
		{"WF-11", "Run", got.Run, want.Run},
		{"TRG-3", "Type", got.Type, want.Type},
		{"WF-9", "Outcome", got.Outcome, want.Outcome},
		{"WF-9", "Code", got.Failure.Code, want.Failure.Code},
		{"DEC-6", "Decision", got.Decision, want.Decision},
		{"DEC-7", "Connected", got.Connected, want.Connected},
		{"DEC-7", "Server", got.Server, want.Server},
		{"DEC-7", "Stamp", got.Stamp, want.Stamp},
		{"DEC-7", "FreshUntil", got.FreshUntil, want.FreshUntil},
		{"DEC-7", "Started", got.Started, want.Started},
		{"DEC-7", "Finished", got.Finished, want.Finished},
		{"WF-9", "RetryAt", got.RetryAt, want.RetryAt},
	} {
		if f.got != f.want {
			return differs(f.rule, f.name, f.got, f.want)
		}
	}
	if !slices.Equal(got.Triggers, want.Triggers) {
		return differs("WF-11", "Triggers", got.Triggers, want.Triggers)
	}
	if !slices.Equal(got.Tokens, want.Tokens) {
		return differs("WF-11", "Tokens", got.Tokens, want.Tokens)
	}
	if !slices.Equal(got.Changes, want.Changes) {
		return differs("DIFF-2", "Changes", got.Changes, want.Changes)
	}
	if !slices.Equal(got.Checks, want.Checks) {
		return differs("TRG-7", "Checks", got.Checks, want.Checks)
	}
	if !slices.Equal(got.Problems, want.Problems) || !maps.Equal(got.Unsupported, want.Unsupported) {
		return differs("DIFF-5", "Problems", got.Problems, want.Problems)
	}
	if (got.Snapshot == nil) != (want.Snapshot == nil) || !sameRecords(got.Snapshot, slices.Collect(want.Snapshot.All())) {
		return differs("WF-7", "Snapshot", slices.Collect(got.Snapshot.All()), slices.Collect(want.Snapshot.All()))
	}
	return diffErrors(got)
}

// sameRecords compares a snapshot with records in the order of ids.
func sameRecords(s *compliance.Snapshot, records []compliance.Record) bool {
	if s.Len() != len(records) {
		return false
	}
	i := 0
	for rec := range s.All() {
		if rec != records[i] {
			return false
		}
		i++
	}
	return true
}

// diffErrors checks that a result's error says what its outcome says.
func diffErrors(r scan.Result) string {
	err := r.Err()
	done := r.Outcome == scan.Completed || r.Outcome == scan.CompletedWithErrors
	if done != (err == nil) {
		return fmt.Sprintf("WF-9: Err() of %v = %v", r.Outcome, err)
	}
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*scan.Error](err)
	if !ok || e.Outcome != r.Outcome || e.Code() != r.Failure.Code || e.Code() == 0 {
		return fmt.Sprintf("WF-9: Err() of %v, %v = %#v", r.Outcome, r.Failure, err)
	}
	return ""
}

// diffStates compares what can be seen of a client with the workflow.
func diffStates(c Client, w *Workflow) string {
	differs := func(what string, g, w any) string {
		return fmt.Sprintf("%s\n got  %s\n want %s", what, brief(g), brief(w))
	}
	next, ok := c.Next()
	if t, wantOK := w.Next(); ok != wantOK || !next.Equal(t) {
		return differs(w.nextRule(t)+": Next()", fmt.Sprint(next, ok), fmt.Sprint(t, wantOK))
	}
	s, seen := c.(Stater)
	if !seen {
		return ""
	}
	if got, want := s.Status(), w.Status(); got != want {
		return differs(statusRule(got, want)+": Status()", got, want)
	}
	if base := s.Baseline(); !sameRecords(base, w.baseline) {
		return differs("DIFF-3: Baseline()", slices.Collect(base.All()), w.baseline)
	}
	return ""
}

// nextRule is the rule by which the workflow wants to be stepped at a time.
func (w *Workflow) nextRule(t time.Time) string {
	if t.Equal(w.initial) && !w.initialDone {
		return "WF-1"
	}
	if t.Equal(w.nextScan) || t.Equal(w.nextReevaluation) {
		return "WF-13"
	}
	for _, j := range w.jobs {
		if t.Equal(j.notBefore) {
			return "WF-9"
		}
	}
	return "MSG-3"
}

// statusRule is the rule that the first difference of two states concerns.
func statusRule(got, want scan.Status) string {
	if got.Stamp != want.Stamp || got.Source != want.Source {
		return "TTL-4"
	}
	if got.Running != want.Running || got.Queued != want.Queued {
		return "WF-11"
	}
	if got.InitialScan != want.InitialScan {
		return "WF-1"
	}
	if got.NextScan != want.NextScan || got.NextReevaluation != want.NextReevaluation {
		return "WF-13"
	}
	if got.PendingRestart != want.PendingRestart {
		return "WF-12"
	}
	if got.LastSerial != want.LastSerial {
		return "MSG-5"
	}
	if got.Enabled != want.Enabled {
		return "WF-14"
	}
	return "MSG-7"
}
