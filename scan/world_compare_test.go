package scan_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
)

// diffEffects compares what the machine asked for with what the model
// expected. Commits that leave the metadata as it is are left out: what has to
// be committed is checked against the stored form.
func diffEffects(got []scan.Effect, want []any) string {
	var commit scan.Commit
	if len(got) > 0 {
		if c, ok := got[0].(scan.Commit); ok {
			commit, got = c, got[1:]
		}
	}
	var wantCommit scan.Commit
	n := 0
	for _, w := range want {
		if c, ok := w.(scan.Commit); ok {
			wantCommit = c // a later one of the same step wins
			continue
		}
		if n >= len(got) {
			return fmt.Sprintf("nothing, want %T %+v", w, w)
		}
		if d := diffEffect(got[n], w); d != "" {
			return d
		}
		n++
	}
	if n < len(got) {
		return fmt.Sprintf("%T %+v, want nothing", got[n], got[n])
	}
	if commit.Metadata != wantCommit.Metadata {
		return fmt.Sprintf("commit does %d to the metadata, want %d", commit.Metadata, wantCommit.Metadata)
	}
	same := commit.Run == wantCommit.Run && commit.Stamp == wantCommit.Stamp && commit.Source == wantCommit.Source
	if commit.Metadata == scan.StoreMetadata && !same {
		return fmt.Sprintf("commit %+v, want %+v", commit, wantCommit)
	}
	return ""
}

// diffEffect compares two effects.
func diffEffect(got scan.Effect, want any) string {
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
	case refResult:
		if g, ok := got.(scan.Finished); ok {
			return diffResults(g.Result, w)
		}
	default:
		same = got == want
	}
	if same {
		return ""
	}
	return fmt.Sprintf("\n got  %T %+v\n want %T %+v", got, got, want, want)
}

// diffBatches compares two batches, message by message.
func diffBatches(got, want statemsg.Batch) string {
	if got.ID != want.ID || !got.Date.Equal(want.Date) || len(got.Messages) != len(want.Messages) {
		return fmt.Sprintf("\n got  batch %+v\n want batch %+v", got, want)
	}
	for i, g := range got.Messages {
		if !sameMessage(g, want.Messages[i]) {
			return fmt.Sprintf("message %d\n got  %+v\n want %+v", i, g, want.Messages[i])
		}
	}
	return ""
}

func sameMessage(a, b statemsg.Message) bool {
	return a.TopicType == b.TopicType && a.TopicID == b.TopicID && a.IDType == b.IDType && a.StateID == b.StateID &&
		a.Criticality == b.Criticality && a.Details == b.Details && a.Serial == b.Serial &&
		a.Time.Equal(b.Time) && slices.Equal(a.Params, b.Params)
}

// diffResults compares two results (DEC-7), except for the words of the
// failure: there must be some.
func diffResults(got scan.Result, want refResult) string {
	differs := func(field string, g, w any) string {
		return fmt.Sprintf("result: %s\n got  %+v\n want %+v", field, g, w)
	}
	for _, f := range []struct {
		name string
		got  any
		want any
	}{
		{"Run", got.Run, want.Run},
		{"Type", got.Type, want.Type},
		{"Outcome", got.Outcome, want.Outcome},
		{"Code", got.Failure.Code, want.Failure.Code},
		{"Decision", got.Decision, want.Decision},
		{"Connected", got.Connected, want.Connected},
		{"Server", got.Server, want.Server},
		{"Stamp", got.Stamp, want.Stamp},
		{"FreshUntil", got.FreshUntil, want.FreshUntil},
		{"Started", got.Started, want.Started},
		{"Finished", got.Finished, want.Finished},
		{"RetryAt", got.RetryAt, want.RetryAt},
	} {
		if f.got != f.want {
			return differs(f.name, f.got, f.want)
		}
	}
	if !slices.Equal(got.Triggers, want.Triggers) {
		return differs("Triggers", got.Triggers, want.Triggers)
	}
	if !slices.Equal(got.Tokens, want.Tokens) {
		return differs("Tokens", got.Tokens, want.Tokens)
	}
	if !slices.Equal(got.Changes, want.Changes) {
		return differs("Changes", got.Changes, want.Changes)
	}
	if !slices.Equal(got.Checks, want.Checks) {
		return differs("Checks", got.Checks, want.Checks)
	}
	if !slices.Equal(got.Problems, want.Problems) || !maps.Equal(got.Unsupported, want.Unsupported) {
		return differs("Problems", got.Problems, want.Problems)
	}
	if (got.Snapshot == nil) != (want.records == nil) || got.Snapshot.Len() != len(want.records) {
		return differs("Snapshot", got.Snapshot, want.records)
	}
	for rec := range got.Snapshot.All() {
		if rec != want.records[rec.ID] {
			return differs("Snapshot", rec, want.records[rec.ID])
		}
	}
	return diffErrors(got)
}

// diffErrors checks that a result's error says what its outcome says.
func diffErrors(r scan.Result) string {
	err := r.Err()
	done := r.Outcome == scan.Completed || r.Outcome == scan.CompletedWithErrors
	if done != (err == nil) {
		return fmt.Sprintf("Err() of %v = %v", r.Outcome, err)
	}
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*scan.Error](err)
	if !ok || e.Outcome != r.Outcome || e.Code() != r.Failure.Code || e.Code() == 0 {
		return fmt.Sprintf("Err() of %v, %v = %#v", r.Outcome, r.Failure, err)
	}
	return ""
}

// diffStates compares what can be seen of the machine with the model.
func diffStates(m *scan.Machine, ref *refModel) string {
	differs := func(what string, g, w any) string { return fmt.Sprintf("%s = %+v, want %+v", what, g, w) }
	next, ok := m.Next()
	if t, wantOK := ref.next(); ok != wantOK || !next.Equal(t) {
		return differs("Next()", fmt.Sprint(next, ok), fmt.Sprint(t, wantOK))
	}
	if got, want := m.Status(), wantStatus(ref); got != want {
		return differs("Status()", got, want)
	}
	base := m.Baseline()
	if base.Len() != len(ref.baseline) {
		return differs("Baseline()", slices.Collect(base.All()), ref.stateOf())
	}
	for rec := range base.All() {
		if rec != ref.baseline[rec.ID] || rec.State == compliance.Unknown {
			return differs("Baseline()", rec, ref.baseline[rec.ID])
		}
	}
	return ""
}

// wantStatus is the model's status.
func wantStatus(m *refModel) scan.Status {
	s := scan.Status{
		Enabled: m.policy.Enabled, Queued: len(m.jobs), NextScan: m.nextScan, NextReevaluation: m.nextReevaluation,
		Stamp: m.stamp.value(), Source: m.stamp.server, PendingRestart: len(m.waiting),
		Waiting: len(m.out.queue), InFlight: len(m.out.flight), LastSerial: m.out.last,
	}
	if m.known && !m.initialDone {
		s.InitialScan = m.initial
	}
	if m.running != nil {
		s.Running = m.running.run()
		s.Queued--
	}
	s.InFlight = len(m.out.flight)
	s.SendFailures = m.cycle.failures
	if t, ok := m.nextSend(); ok && !m.sending {
		s.NextSend = t
	}
	return s
}

// diffOutbox compares the machine's outbox, read from its stored form, with
// the model's (MSG-8).
func diffOutbox(data []byte, ref *refModel) string {
	o, err := statemsg.DecodeOutbox(data)
	if err != nil {
		return err.Error()
	}
	if o.Topics() != ref.out.topics() || o.Waiting() != len(ref.out.queue) || o.LastSerial() != ref.out.last {
		return fmt.Sprintf("outbox: %d topics, %d waiting, serial %d, want %d, %d, %d",
			o.Topics(), o.Waiting(), o.LastSerial(), ref.out.topics(), len(ref.out.queue), ref.out.last)
	}
	check := func(want statemsg.Message, place statemsg.Place) string {
		if got, p, ok := o.Last(want.TopicType, want.TopicID); !ok || p != place || !sameMessage(got, want) {
			return fmt.Sprintf("outbox: %v %+v, want %v %+v", p, got, place, want)
		}
		return ""
	}
	for _, m := range ref.out.queue {
		if d := check(m, statemsg.PlaceWaiting); d != "" {
			return d
		}
	}
	for _, m := range ref.out.sent {
		if d := check(m, statemsg.PlaceSent); d != "" {
			return d
		}
	}
	b, flying := o.InFlight()
	if flying != (len(ref.out.flight) > 0) || len(b.Messages) != len(ref.out.flight) {
		return fmt.Sprintf("outbox: in flight %+v, want %+v", b, ref.out.flight)
	}
	for i, f := range ref.out.flight {
		if !sameMessage(b.Messages[i], f.Message) || !b.Date.Equal(ref.out.date) {
			return fmt.Sprintf("outbox: in flight %+v, want %+v", b.Messages[i], f.Message)
		}
	}
	return ""
}
