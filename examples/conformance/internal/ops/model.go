package ops

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// Model returns the answers of the reference models. They make the mistake of
// mutants.json that is named; none for "".
func Model(mistake string) *Answers {
	m := model{mistake: mistake}
	return &Answers{ops: map[string]handler{
		"trigger.info":           answer(m.triggerInfo),
		"trigger.list":           answer(m.triggerList),
		"trigger.by_schedule":    answer(m.triggerBySchedule),
		"type.of":                answer(m.typeOf),
		"type.parse":             answer(m.typeParse),
		"request.check":          answer(m.requestCheck),
		"ttl.check":              answer(m.ttlCheck),
		"ttl.history":            answer(m.ttlHistory),
		"decide":                 answer(m.decide),
		"location.order":         answer(m.locationOrder),
		"policy.for":             answer(m.policyFor),
		"retry.next":             answer(m.retryNext),
		"retry.table":            answer(m.retryTable),
		"diff":                   answer(m.diff),
		"diff.apply":             answer(m.diffApply),
		"diff.messages":          answer(m.diffMessages),
		"summary":                answer(m.summary),
		"outbox.run":             answer(m.outboxRun),
		"cycle.run":              answer(m.cycleRun),
		"report.encode":          answer(m.reportEncode),
		"report.bytes":           answer(m.reportBytes),
		"report.decode":          answer(m.reportDecode),
		"workflow.run":           answer(m.workflowRun),
		"site.run":               answer(m.siteRun),
		"wire.run":               answer(m.wireRun),
		"applicability.evaluate": answer(m.evaluate),
	}}
}

// model asks the reference models.
type model struct{ mistake string }

func (m model) scan() scantest.Model         { return scantest.Model{Mistake: m.mistake} }
func (m model) ttl() ttltest.Model           { return ttltest.Model{Mistake: m.mistake} }
func (m model) states() compliancetest.Model { return compliancetest.Model{Mistake: m.mistake} }
func (m model) messages() statemsgtest.Model { return statemsgtest.Model{Mistake: m.mistake} }
func (m model) wsus() wsustest.Model         { return wsustest.Model{Mistake: m.mistake} }

func (m model) triggerInfo(in triggerIn) (triggerOut, error) {
	t, err := m.scan().ParseTrigger(in.Trigger)
	if err != nil {
		return triggerOut{}, refuse("unknown_trigger")
	}
	typ := m.scan().TypeOf(t)
	out := triggerOut{Type: m.scan().TypeText(typ), NamesUpdates: m.scan().NamesUpdates(t)}
	out.Online, out.Forced, _ = m.scan().TypeAxes(typ)
	if id, ok := m.scan().ScheduleID(t); ok {
		out.ScheduleID = &id
	}
	return out, nil
}

func (m model) triggerList(nothingIn) (triggersOut, error) {
	out := triggersOut{Triggers: []string{}}
	for _, t := range m.scan().Triggers() {
		out.Triggers = append(out.Triggers, m.scan().TriggerText(t))
	}
	return out, nil
}

func (m model) triggerBySchedule(in scheduleIn) (scheduleOut, error) {
	t, err := m.scan().BySchedule(in.ScheduleID)
	if err != nil {
		return scheduleOut{}, refuse("unknown_trigger")
	}
	return scheduleOut{Trigger: m.scan().TriggerText(t)}, nil
}

func (m model) typeOf(in axes) (typeText, error) {
	t, err := m.scan().Axes(in.Online, in.Forced)
	if err != nil {
		return typeText{}, refuse("unknown_type")
	}
	return typeText{Type: m.scan().TypeText(t)}, nil
}

func (m model) typeParse(in typeText) (axes, error) {
	t, err := m.scan().ParseType(in.Type)
	if err != nil {
		return axes{}, refuse("unknown_type")
	}
	var out axes
	out.Online, out.Forced, _ = m.scan().TypeAxes(t)
	return out, nil
}

func (m model) requestCheck(in requestIn) (okOut, error) {
	err := m.scan().CheckRequest(in.Trigger, in.Updates)
	if errors.Is(err, scan.ErrUnknownTrigger) {
		return okOut{}, refuse("unknown_trigger")
	}
	if errors.Is(err, scan.ErrBadRequest) {
		return okOut{}, refuse("bad_request")
	}
	return okOut{OK: err == nil}, err
}

// policy leaves what is not given to the models, whose default it is.
func (m model) policy(life, tolerance *seconds) ttl.Policy {
	var p ttl.Policy
	if life != nil {
		p.TTL = life.duration()
	}
	if tolerance != nil {
		p.Tolerance = tolerance.duration()
	}
	return p
}

// modelFresh says which reason is that of fresh metadata.
func modelFresh(v ttl.Verdict) bool { return v.Reason == ttl.WithinTTL }

func (m model) ttlCheck(in checkIn) (freshness, error) {
	p := m.policy(in.TTL, in.Tolerance)
	if in.TTL != nil && !m.ttl().Accepts(p.TTL) {
		return freshness{}, refuse("bad_policy")
	}
	v := m.ttl().Check(p, stampIn(in.Stamp), in.Required, in.Now.Time)
	return freshnessOut(v, modelFresh(v)), nil
}

func (m model) ttlHistory(in historyIn) (historyOut, error) {
	return in.happen(modelHistory{&ttltest.History{Mistake: m.mistake, Policy: m.policy(in.TTL, in.Tolerance)}})
}

// modelHistory is told everything that happens to a client.
type modelHistory struct{ h *ttltest.History }

func (h modelHistory) retrieved(started, completed time.Time, v ttl.Version) error {
	h.h.Retrieved(started, completed, v)
	return nil
}

func (h modelHistory) answeredLocally(at time.Time) { h.h.AnsweredLocally(at) }

func (h modelHistory) failed(at time.Time) { h.h.Failed(at) }

func (h modelHistory) cancelled(at time.Time) { h.h.Cancelled(at) }

func (h modelHistory) cleared() error {
	h.h.Cleared()
	return nil
}

func (h modelHistory) stamp() ttl.Stamp { return h.h.Stamp() }

func (h modelHistory) check(required ttl.Version, now time.Time) freshness {
	v := h.h.Check(required, now)
	return freshnessOut(v, modelFresh(v))
}

func (m model) decide(in decideIn) (*decision, error) {
	t, err := m.scan().ParseType(in.Type)
	if err != nil {
		return nil, refuse("unknown_type")
	}
	d := m.scan().Decide(t, m.policy(in.TTL, in.Tolerance), stampIn(in.Stamp), in.Required, in.Now.Time)
	return decisionOut(d, modelFresh), nil
}

func (m model) locationOrder(in orderIn) (orderOut, error) {
	order, err := m.wsus().Order(locationsIn(in.Locations), in.requirement())
	if err == nil {
		return orderOut{URLs: urlsOut(order)}, nil
	}
	for _, r := range []struct {
		kind error
		name string
		code wsus.Code
	}{
		{wsus.ErrNoLocation, "no_location", 0x87D00691},
		{wsus.ErrBadLocation, "bad_location", 0x87D00628},
		{wsus.ErrNotSSL, "not_ssl", 0x87D00628},
		{wsus.ErrNoFit, "no_fit", 0x87D00691},
		{wsus.ErrNoVersion, "no_version", 0x87D00691},
		{wsus.ErrAllFailed, "all_failed", 0x87D00630},
	} {
		if !errors.Is(err, r.kind) {
			continue
		}
		if e, ok := errors.AsType[*wsus.Error](err); ok {
			r.code = e.Code
		}
		return orderOut{}, &refusal{name: r.name, code: r.code.String()}
	}
	return orderOut{}, err
}

func (m model) policyFor(in policyForIn) (policyForOut, error) {
	p, write, err := m.wsus().PolicyFor(wsus.Location{URL: in.URL}, wsus.Policy(in.Effective))
	if e, ok := errors.AsType[*wsus.Error](err); ok {
		return policyForOut{}, &refusal{name: "policy_conflict", code: e.Code.String()}
	}
	return policyForOut{Policy: policy(p), Write: write}, err
}

// retryTableIn returns the table of a retry policy; the zero table is the
// documented one, which the models know by themselves.
func (m model) retryTableIn(p retryPolicy) (wsus.RetryTable, error) {
	name, codes, err := p.table()
	if err != nil {
		return wsus.RetryTable{}, err
	}
	switch name {
	case "":
		return wsus.NewRetryTable(codes...), nil
	case "documented":
		return wsus.RetryTable{}, nil
	case "wider":
		return wsus.NewRetryTable(m.wsus().RetryCodes(true)...), nil
	}
	return wsus.RetryTable{}, fmt.Errorf("unknown table %q", name)
}

func (m model) retryNext(in retryIn) (retryOut, error) {
	p, err := in.in()
	if err != nil {
		return retryOut{}, err
	}
	if p.Codes, err = m.retryTableIn(in.retryPolicy); err != nil {
		return retryOut{}, err
	}
	d := m.wsus().Next(p, wsus.Failure{Code: in.Code, Retries: in.Retries, Others: in.Others})
	return retryOut{Action: d.Action.String(), Reason: d.Reason.String(), DelayS: secondsOf(d.Delay)}, nil
}

func (m model) retryTable(in tableIn) (codesOut, error) {
	return codesOut{Codes: tokens(m.wsus().RetryCodes(in.Table == "wider"))}, nil
}

// duplicates refuses an update that occurs twice.
func duplicates(lists ...[]record) error {
	for _, list := range lists {
		if _, twice := compliancetest.Duplicate(recordsIn(list)); twice {
			return refuse("duplicate_update")
		}
	}
	return nil
}

func (m model) diff(in diffIn) (diffOut, error) {
	if err := duplicates(in.Base, in.Next); err != nil {
		return diffOut{}, err
	}
	return diffOut{Changes: changesOut(m.states().Diff(recordsIn(in.Base), recordsIn(in.Next)))}, nil
}

func (m model) diffApply(in diffIn) (recordsAfter, error) {
	if err := duplicates(in.Base, in.Next); err != nil {
		return recordsAfter{}, err
	}
	base := recordsIn(in.Base)
	return recordsAfter{Records: recordsOut(m.states().Apply(base, m.states().Diff(base, recordsIn(in.Next))))}, nil
}

func (m model) diffMessages(in diffMessagesIn) (messagesAfter, error) {
	if err := duplicates(in.Base, in.Next); err != nil {
		return messagesAfter{}, err
	}
	next := recordsIn(in.Next)
	changes := m.states().Diff(recordsIn(in.Base), next)
	return messagesAfter{Messages: messagesOut(m.messages().Messages(in.At.Time, changes, in.ReportRemoved, next...))}, nil
}

func (m model) summary(in summaryIn) (summaryOut, error) {
	s := m.states().Summary(in.States)
	return summaryOut{
		Required: s.Required, NotRequired: s.NotRequired, Installed: s.Installed, Unknown: s.Unknown,
		Total: m.states().Total(in.States), Compliant: m.states().Compliant(in.States),
	}, nil
}

func (m model) reportEncode(in reportIn) (xmlOut, error) {
	text, err := m.messages().EncodeReport(in.report())
	if err != nil {
		return xmlOut{}, m.refuseReport(err)
	}
	return xmlOut{XML: text}, nil
}

func (m model) reportBytes(in reportIn) (base64Out, error) {
	data, err := m.messages().EncodeBytes(in.report())
	if err != nil {
		return base64Out{}, m.refuseReport(err)
	}
	return base64Out{Base64: base64.StdEncoding.EncodeToString(data)}, nil
}

// refuseReport names what a report was refused for.
func (model) refuseReport(err error) error {
	if errors.Is(err, statemsg.ErrNoMessages) {
		return refuse("no_messages")
	}
	if errors.Is(err, statemsg.ErrInvalidClient) {
		return refuse("invalid_client")
	}
	if errors.Is(err, statemsg.ErrInvalidMessage) {
		return refuse("invalid_message")
	}
	return err
}

func (m model) reportDecode(in base64In) (reportOut, error) {
	r, err := m.messages().DecodeReport(in.Base64)
	if err != nil {
		return reportOut{}, refuse("bad_report")
	}
	return reportAnswer(r), nil
}

func (m model) evaluate(in evaluateIn) (evaluateOut, error) {
	updates, err := updatesIn(in.Updates)
	if err != nil {
		return evaluateOut{}, err
	}
	machine, err := applicability.ParseDocument(in.Machine)
	if err != nil {
		return evaluateOut{}, err
	}
	records, unsupported, err := m.wsus().Evaluate(updates, machine)
	if err != nil {
		return evaluateOut{}, err
	}
	out := evaluateOut{Records: recordsOut(records), Unsupported: unsupported}
	if out.Unsupported == nil {
		out.Unsupported = map[string]int{}
	}
	return out, nil
}
