package ops

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf16"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// Library returns the answers of the library.
func Library() *Answers {
	var l library
	return &Answers{ops: map[string]handler{
		"trigger.info":           answer(l.triggerInfo),
		"trigger.list":           answer(l.triggerList),
		"trigger.by_schedule":    answer(l.triggerBySchedule),
		"type.of":                answer(l.typeOf),
		"type.parse":             answer(l.typeParse),
		"request.check":          answer(l.requestCheck),
		"ttl.check":              answer(l.ttlCheck),
		"ttl.history":            answer(l.ttlHistory),
		"decide":                 answer(l.decide),
		"location.order":         answer(l.locationOrder),
		"policy.for":             answer(l.policyFor),
		"retry.next":             answer(l.retryNext),
		"retry.table":            answer(l.retryTable),
		"diff":                   answer(l.diff),
		"diff.apply":             answer(l.diffApply),
		"diff.messages":          answer(l.diffMessages),
		"summary":                answer(l.summary),
		"outbox.run":             answer(l.outboxRun),
		"cycle.run":              answer(l.cycleRun),
		"report.encode":          answer(l.reportEncode),
		"report.bytes":           answer(l.reportBytes),
		"report.decode":          answer(l.reportDecode),
		"workflow.run":           answer(l.workflowRun),
		"site.run":               answer(l.siteRun),
		"wire.run":               answer(l.wireRun),
		"applicability.evaluate": answer(l.evaluate),
	}}
}

// library asks the library.
type library struct{}

func (library) triggerInfo(in triggerIn) (triggerOut, error) {
	t, err := scan.ParseTrigger(in.Trigger)
	if errors.Is(err, scan.ErrUnknownTrigger) {
		return triggerOut{}, refuse("unknown_trigger")
	}
	out := triggerOut{Type: t.Type().String(), Online: t.Type().Online(), Forced: t.Type().Forced(), NamesUpdates: t.NamesUpdates()}
	if id, ok := t.ScheduleID(); ok {
		out.ScheduleID = &id
	}
	return out, err
}

func (library) triggerList(nothingIn) (triggersOut, error) {
	var out triggersOut
	for t := range scan.Triggers() {
		out.Triggers = append(out.Triggers, t.String())
	}
	return out, nil
}

func (library) triggerBySchedule(in scheduleIn) (scheduleOut, error) {
	t, err := scan.TriggerBySchedule(in.ScheduleID)
	if errors.Is(err, scan.ErrUnknownTrigger) {
		return scheduleOut{}, refuse("unknown_trigger")
	}
	return scheduleOut{Trigger: t.String()}, err
}

func (library) typeOf(in axes) (typeText, error) {
	t, err := scan.TypeOf(in.Online, in.Forced)
	if errors.Is(err, scan.ErrUnknownType) {
		return typeText{}, refuse("unknown_type")
	}
	return typeText{Type: t.String()}, err
}

func (library) typeParse(in typeText) (axes, error) {
	t, err := scan.ParseType(in.Type)
	if errors.Is(err, scan.ErrUnknownType) {
		return axes{}, refuse("unknown_type")
	}
	return axes{Online: t.Online(), Forced: t.Forced()}, err
}

func (library) requestCheck(in requestIn) (okOut, error) {
	t, err := scan.ParseTrigger(in.Trigger)
	if errors.Is(err, scan.ErrUnknownTrigger) {
		return okOut{}, refuse("unknown_trigger")
	}
	if err == nil {
		err = scan.Request{Trigger: t, Updates: in.Updates}.Validate()
	}
	if errors.Is(err, scan.ErrBadRequest) {
		return okOut{}, refuse("bad_request")
	}
	return okOut{OK: err == nil}, err
}

func (library) ttlCheck(in checkIn) (freshness, error) {
	p, err := policyIn(in.TTL, in.Tolerance)
	if in.TTL != nil && *in.TTL <= 0 {
		// The library takes 0 as the default: a program that gets the number
		// from its user refuses it before.
		return freshness{}, refuse("bad_policy")
	}
	if err != nil {
		return freshness{}, err
	}
	v := p.Check(stampIn(in.Stamp), in.Required, in.Now.Time)
	return freshnessOut(v, v.Fresh()), nil
}

func (library) ttlHistory(in historyIn) (historyOut, error) {
	p, err := policyIn(in.TTL, in.Tolerance)
	if err != nil {
		return historyOut{}, err
	}
	cache, err := ttl.NewCache(ttl.CacheConfig{Store: new(ttl.MemStore), Policy: p})
	if err != nil {
		return historyOut{}, err
	}
	return in.happen(libraryHistory{cache})
}

// libraryHistory is a client's metadata. Only what retrieves and what clears
// has a method to call: nothing else moves the stamp.
type libraryHistory struct{ cache *ttl.Cache }

func (h libraryHistory) retrieved(_, completed time.Time, v ttl.Version) error {
	return h.cache.Complete(context.Background(), completed, ttl.Retrieved{Version: v, Data: []byte("metadata")})
}

func (h libraryHistory) answeredLocally(time.Time) {}

func (h libraryHistory) failed(time.Time) {}

func (h libraryHistory) cancelled(time.Time) {}

func (h libraryHistory) cleared() error { return h.cache.Clear(context.Background()) }

func (h libraryHistory) stamp() ttl.Stamp {
	e, err := h.cache.Get()
	if err != nil {
		return ttl.Stamp{} // TTL-3
	}
	return e.Stamp
}

func (h libraryHistory) check(required ttl.Version, now time.Time) freshness {
	v := h.cache.Check(required, now)
	return freshnessOut(v, v.Fresh())
}

func (library) decide(in decideIn) (*decision, error) {
	t, err := scan.ParseType(in.Type)
	if errors.Is(err, scan.ErrUnknownType) {
		return nil, refuse("unknown_type")
	}
	p, perr := policyIn(in.TTL, in.Tolerance)
	if err := errors.Join(err, perr); err != nil {
		return nil, err
	}
	return decisionOut(scan.Decide(t, p, stampIn(in.Stamp), in.Required, in.Now.Time), ttl.Verdict.Fresh), nil
}

func (library) locationOrder(in orderIn) (orderOut, error) {
	order, err := wsus.Order(locationsIn(in.Locations), in.requirement())
	if err == nil {
		return orderOut{URLs: urlsOut(order)}, nil
	}
	for kind, name := range map[error]string{
		wsus.ErrNoLocation: "no_location", wsus.ErrBadLocation: "bad_location", wsus.ErrNotSSL: "not_ssl",
		wsus.ErrNoFit: "no_fit", wsus.ErrNoVersion: "no_version", wsus.ErrAllFailed: "all_failed",
	} {
		if errors.Is(err, kind) {
			return orderOut{}, &refusal{name: name, code: wsus.CodeOf(err).String()}
		}
	}
	return orderOut{}, err
}

func (library) policyFor(in policyForIn) (policyForOut, error) {
	p, write, err := wsus.PolicyFor(wsus.Location{URL: in.URL}, wsus.Policy(in.Effective))
	if errors.Is(err, wsus.ErrPolicyConflict) {
		return policyForOut{}, &refusal{name: "policy_conflict", code: wsus.CodeOf(err).String()}
	}
	return policyForOut{Policy: policy(p), Write: write}, err
}

// retryTableIn returns the table of a retry policy.
func (library) retryTableIn(p retryPolicy) (wsus.RetryTable, error) {
	name, codes, err := p.table()
	if err != nil {
		return wsus.RetryTable{}, err
	}
	switch name {
	case "":
		return wsus.NewRetryTable(codes...), nil
	case "documented":
		return wsus.DocumentedRetryCodes(), nil
	case "wider":
		return wsus.WiderRetryCodes(), nil
	}
	return wsus.RetryTable{}, fmt.Errorf("unknown table %q", name)
}

func (l library) retryNext(in retryIn) (retryOut, error) {
	p, err := in.in()
	if err != nil {
		return retryOut{}, err
	}
	if p.Codes, err = l.retryTableIn(in.retryPolicy); err != nil {
		return retryOut{}, err
	}
	d := p.Next(wsus.Failure{Code: in.Code, Retries: in.Retries, Others: in.Others})
	return retryOut{Action: d.Action.String(), Reason: d.Reason.String(), DelayS: secondsOf(d.Delay)}, nil
}

func (l library) retryTable(in tableIn) (codesOut, error) {
	table, err := l.retryTableIn(retryPolicy{Table: fmt.Appendf(nil, "%q", in.Table)})
	out := codesOut{Codes: []string{}}
	for c := range table.All() {
		out.Codes = append(out.Codes, c.String())
	}
	return out, err
}

// snapshots returns base and next, and refuses an update that occurs twice.
func (library) snapshots(base, next []record) (a, b *compliance.Snapshot, err error) {
	a, err = compliance.NewSnapshot(nil, recordsIn(base))
	if err == nil {
		b, err = compliance.NewSnapshot(a, recordsIn(next))
	}
	var twice *compliance.DuplicateError
	if errors.As(err, &twice) {
		return nil, nil, refuse("duplicate_update")
	}
	return a, b, err
}

func (l library) diff(in diffIn) (diffOut, error) {
	base, next, err := l.snapshots(in.Base, in.Next)
	if err != nil {
		return diffOut{}, err
	}
	return diffOut{Changes: changesOut(compliance.Diff(base, next))}, nil
}

func (l library) diffApply(in diffIn) (recordsAfter, error) {
	base, next, err := l.snapshots(in.Base, in.Next)
	if err != nil {
		return recordsAfter{}, err
	}
	after, err := compliance.Apply(base, compliance.Diff(base, next))
	return recordsAfter{Records: snapshotOut(after)}, err
}

func (l library) diffMessages(in diffMessagesIn) (messagesAfter, error) {
	base, next, err := l.snapshots(in.Base, in.Next)
	if err != nil {
		return messagesAfter{}, err
	}
	return messagesAfter{Messages: messagesOut(statemsg.FromChanges(nil, in.At.Time, compliance.Diff(base, next), in.ReportRemoved))}, nil
}

func (library) summary(in summaryIn) (summaryOut, error) {
	var s compliance.Summary
	for _, st := range in.States {
		s.Add(st)
	}
	return summaryOf(s), nil
}

// summaryOf is the form of the library's summary.
func summaryOf(s compliance.Summary) summaryOut {
	out := summaryOut{Required: s.Required, NotRequired: s.NotRequired, Installed: s.Installed, Unknown: s.Unknown, Total: s.Total()}
	if percent, ok := s.Percent(); ok {
		out.Compliant = int(math.Round(percent / 100 * float64(s.Total())))
	}
	return out
}

func (library) reportEncode(in reportIn) (xmlOut, error) {
	data, err := libraryReport(in)
	if err != nil {
		return xmlOut{}, err
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 { // behind the byte-order mark
		units = append(units, uint16(data[i])|uint16(data[i+1])<<8)
	}
	return xmlOut{XML: string(utf16.Decode(units))}, nil
}

func (library) reportBytes(in reportIn) (base64Out, error) {
	data, err := libraryReport(in)
	return base64Out{Base64: base64.StdEncoding.EncodeToString(data)}, err
}

// libraryReport writes a report.
func libraryReport(in reportIn) ([]byte, error) {
	data, err := statemsg.AppendReport(nil, in.report())
	for kind, name := range map[error]string{
		statemsg.ErrNoMessages: "no_messages", statemsg.ErrInvalidClient: "invalid_client", statemsg.ErrInvalidMessage: "invalid_message",
	} {
		if errors.Is(err, kind) {
			return nil, refuse(name)
		}
	}
	return data, err
}

func (library) reportDecode(in base64In) (reportOut, error) {
	r, err := statemsg.DecodeReport(in.Base64)
	if errors.Is(err, statemsg.ErrReport) {
		return reportOut{}, refuse("bad_report")
	}
	if err != nil {
		return reportOut{}, err
	}
	return reportAnswer(r), nil
}

// updatesIn reads update documents.
func updatesIn(documents []string) ([]wsus.Update, error) {
	var updates []wsus.Update
	for i, text := range documents {
		more, err := metadata.Parse([]byte(text), metadata.Options{})
		if err != nil {
			return nil, fmt.Errorf("update %d: %w", i, err)
		}
		updates = append(updates, more...)
	}
	return updates, nil
}

func (library) evaluate(in evaluateIn) (evaluateOut, error) {
	updates, err := updatesIn(in.Updates)
	if err != nil {
		return evaluateOut{}, err
	}
	machine, err := applicability.ParseDocument(in.Machine)
	if err != nil {
		return evaluateOut{}, err
	}
	catalog, err := wsus.NewCatalog(0, updates)
	if err != nil {
		return evaluateOut{}, err
	}
	evaluator, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		return evaluateOut{}, err
	}
	ev, err := evaluator.Evaluate(context.Background(), catalog)
	if err != nil {
		return evaluateOut{}, err
	}
	out := evaluateOut{Records: snapshotOut(ev.Snapshot), Unsupported: ev.Unsupported}
	if out.Unsupported == nil {
		out.Unsupported = map[string]int{}
	}
	return out, nil
}
