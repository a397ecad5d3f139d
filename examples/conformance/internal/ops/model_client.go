package ops

import (
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/scantest"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

func (m model) outboxRun(in stepsIn) (stepsOut, error) {
	return in.happen(modelOutbox{&statemsgtest.Outbox{Mistake: m.mistake}})
}

// modelOutbox is the reference model of an outbox.
type modelOutbox struct{ *statemsgtest.Outbox }

// refresh says no time: what a refresh repeats keeps its own.
func (o modelOutbox) refresh() int { return o.Refresh(time.Unix(0, 0)) }

func (o modelOutbox) restart() error {
	o.Restart()
	return nil
}

func (m model) cycleRun(in cycleIn) (cycleOut, error) {
	policy, err := in.Policy.in()
	if err := errors.Join(err, in.check()); err != nil {
		return cycleOut{}, err
	}
	script := statemsgtest.Script{Policy: policy, Until: int(in.UntilS)}
	for _, e := range in.Events {
		script.Events = append(script.Events, statemsgtest.Event{At: int(e.AtS), Record: e.Record, Flush: e.Flush})
	}
	for i := range in.Sends {
		takes, fails, retryAfter := in.send(i)
		script.Sends = append(script.Sends, statemsgtest.Send{Takes: int(takes), Fails: fails, RetryAfter: int(retryAfter / time.Second)})
	}
	out := cycleOut{Sends: []sentOut{}}
	for _, s := range m.messages().Timetable(script) {
		out.Sends = append(out.Sends, sentOut{AtS: int64(s.At), Messages: s.Messages})
	}
	return out, nil
}

// workflowRun lets the events happen to the reference model of the workflow.
func (m model) workflowRun(in workflowIn) (workflowOut, error) {
	cfg, err := m.workflowConfig(in.Config)
	if err != nil {
		return workflowOut{}, err
	}
	w := scantest.NewWorkflow(cfg)
	out := workflowOut{Steps: []stepOut{}}
	for i, s := range in.Steps {
		step, err := m.step(w, s)
		if err != nil {
			return workflowOut{}, fmt.Errorf("step %d: %w", i, err)
		}
		out.Steps = append(out.Steps, step)
	}
	st, source := w.Stamp()
	out.End = endOut{
		Baseline: recordsOut(w.Baseline()), Stamp: stampOut(st), Source: source,
		Waiting: w.Waiting(), InFlight: w.InFlight(), LastSerial: w.LastSerial(),
	}
	return out, nil
}

// workflowConfig returns the configuration for the model, to which the
// defaults of the freshness policy are left.
func (m model) workflowConfig(in workflowConfig) (scantest.WorkflowConfig, error) {
	cfg, err := in.in()
	if err != nil {
		return scantest.WorkflowConfig{}, err
	}
	if cfg.Retry.Codes, err = m.retryTableIn(in.Retry); err != nil {
		return scantest.WorkflowConfig{}, err
	}
	numbers, err := randomNumbers(in.Random)
	return scantest.WorkflowConfig{
		TTL: m.policy(in.TTL, in.Tolerance), Retry: cfg.Retry, Cycle: cfg.Cycle,
		ScanSchedule: cfg.ScanSchedule, Reevaluation: cfg.Reevaluation, InitialWindow: cfg.InitialWindow,
		UpdateSource: cfg.UpdateSource, SiteCode: cfg.SiteCode, ReportRemoved: cfg.ReportRemoved,
		Random: numbers, Mistake: m.mistake,
	}, err
}

func (m model) step(w *scantest.Workflow, s workflowStep) (stepOut, error) {
	out := stepOut{Effects: []any{}}
	form, err := eventIn(s.Event)
	if err != nil {
		return out, err
	}
	if form == (plainEvent{Type: powerOff}) {
		w.PowerOff()
		return out, nil
	}
	ev, err := eventOf(form)
	if err != nil {
		return out, err
	}
	var asked string
	if r, ok := form.(requested); ok {
		asked = r.Trigger
		t, err := m.scan().ParseTrigger(asked)
		if err != nil {
			t = scan.Trigger(0)
		}
		ev = withTrigger(ev, t)
	}
	for _, e := range w.Step(s.At.Time, ev) {
		if form, ok := effectOut(e, asked, modelFresh); ok {
			out.Effects = append(out.Effects, form)
		}
	}
	if next, ok := w.Next(); ok {
		out.Next = &moment{next}
	}
	return out, nil
}
