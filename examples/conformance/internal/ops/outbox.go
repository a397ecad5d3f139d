package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// The steps of outbox.run and their answers.
type (
	stepsIn struct {
		Steps []json.RawMessage `json:"steps"`
	}
	stepsOut struct {
		Steps []any `json:"steps"`
	}
	recordStep struct {
		Do      string  `json:"do"`
		Message message `json:"message"`
	}
	forgetStep struct {
		Do        string `json:"do"`
		TopicType uint16 `json:"topic_type"`
		TopicID   string `json:"topic_id"`
	}
	batchStep struct {
		Do  string `json:"do"`
		Now moment `json:"now"`
		Max int    `json:"max"`
	}
	acknowledgeStep struct {
		Do    string `json:"do"`
		Batch uint64 `json:"batch"`
	}
	doStep struct {
		Do string `json:"do"`
	}
	countsOut struct {
		Waiting int `json:"waiting"`
		Topics  int `json:"topics"`
	}
	batchAfter struct {
		Batch *batch `json:"batch"`
	}
	acknowledgedOut struct {
		Acknowledged bool `json:"acknowledged"`
	}
	countOut struct {
		Count int `json:"count"`
	}
)

// outbox is what the steps of outbox.run happen to.
type outbox interface {
	Record(m statemsg.Message) error
	Forget(t statemsg.TopicType, id string)
	Batch(now time.Time, most int) (statemsg.Batch, bool)
	Acknowledge(id uint64) bool
	refresh() int
	restart() error
	Waiting() int
	Topics() int
}

// happen lets the steps happen to the outbox and returns their answers.
func (in stepsIn) happen(o outbox) (stepsOut, error) {
	out := stepsOut{Steps: []any{}}
	for i, raw := range in.Steps {
		after, err := outboxStep(raw, o)
		if err != nil {
			return out, fmt.Errorf("step %d: %w", i, err)
		}
		out.Steps = append(out.Steps, after)
	}
	return out, nil
}

// outboxStep lets one step happen.
func outboxStep(raw json.RawMessage, o outbox) (any, error) {
	var kind struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	counts := func() countsOut { return countsOut{Waiting: o.Waiting(), Topics: o.Topics()} }
	switch kind.Do {
	case "record":
		return read(raw, func(s recordStep) (any, error) {
			err := o.Record(s.Message.in())
			if errors.Is(err, statemsg.ErrInvalidMessage) {
				return refuse("invalid_message"), nil
			}
			return counts(), err
		})
	case "forget":
		return read(raw, func(s forgetStep) (any, error) {
			o.Forget(statemsg.TopicType(s.TopicType), s.TopicID)
			return counts(), nil
		})
	case "batch":
		return read(raw, func(s batchStep) (any, error) {
			if s.Max < 1 {
				return nil, fmt.Errorf("max is %d, want 1 or more", s.Max)
			}
			b, ok := o.Batch(s.Now.Time, s.Max)
			if !ok {
				return batchAfter{}, nil
			}
			form := batchOut(b)
			return batchAfter{Batch: &form}, nil
		})
	case "acknowledge":
		return read(raw, func(s acknowledgeStep) (any, error) {
			return acknowledgedOut{Acknowledged: o.Acknowledge(s.Batch)}, nil
		})
	case "refresh":
		return read(raw, func(doStep) (any, error) { return countOut{Count: o.refresh()}, nil })
	case "restart":
		return read(raw, func(doStep) (any, error) {
			err := o.restart()
			return counts(), err
		})
	}
	return nil, fmt.Errorf("unknown step %q", kind.Do)
}

// read reads a value and passes it on.
func read[In, Out any](raw json.RawMessage, f func(In) (Out, error)) (Out, error) {
	var in In
	if err := decode(raw, &in); err != nil {
		var none Out
		return none, err
	}
	return f(in)
}

// The question and the answer of cycle.run.
type (
	cyclePolicy struct {
		Interval      *seconds `json:"interval_s" in:"optional"`
		FlushWithin   *seconds `json:"flush_within_s" in:"optional"`
		BatchMessages *int     `json:"batch_messages" in:"optional"`
		DrainGap      *seconds `json:"drain_gap_s" in:"optional"`
		BackoffMin    *seconds `json:"backoff_min_s" in:"optional"`
		BackoffMax    *seconds `json:"backoff_max_s" in:"optional"`
	}
	cycleIn struct {
		Policy cyclePolicy  `json:"policy"`
		Events []cycleEvent `json:"events"`
		Sends  []cycleSend  `json:"sends"`
		UntilS int64        `json:"until_s"`
	}
	cycleEvent struct {
		AtS    int64 `json:"at_s"`
		Record int   `json:"record" in:"optional"`
		Flush  bool  `json:"flush" in:"optional"`
	}
	cycleSend struct {
		TakesS      int64   `json:"takes_s"`
		Fails       bool    `json:"fails"`
		RetryAfterS seconds `json:"retry_after_s"`
	}
	cycleOut struct {
		Sends []sentOut `json:"sends"`
	}
	sentOut struct {
		AtS      int64 `json:"at_s"`
		Messages int   `json:"messages"`
	}
)

// in returns the policy with every field set.
func (p cyclePolicy) in() (statemsg.CyclePolicy, error) {
	out := statemsg.CyclePolicy{
		Interval: given(p.Interval, 900), FlushWithin: given(p.FlushWithin, 120), BatchMessages: 1000,
		DrainGap: given(p.DrainGap, 10), BackoffMin: given(p.BackoffMin, 60), BackoffMax: given(p.BackoffMax, 900),
	}
	if p.BatchMessages != nil {
		out.BatchMessages = *p.BatchMessages
	}
	if out.BatchMessages <= 0 {
		return out, fmt.Errorf("batch_messages is %d, want 1 or more", out.BatchMessages)
	}
	return out, errors.Join(
		positive("interval_s", out.Interval), positive("flush_within_s", out.FlushWithin), positive("drain_gap_s", out.DrainGap),
		positive("backoff_min_s", out.BackoffMin), positive("backoff_max_s", out.BackoffMax), out.Validate())
}

// maxUntil bounds a timetable: a week.
const maxUntil = 7 * 24 * 60 * 60

// check refuses what the page does not allow.
func (in cycleIn) check() error {
	if in.UntilS < 0 || in.UntilS > maxUntil {
		return fmt.Errorf("until_s is %d, want 0 to %d", in.UntilS, maxUntil)
	}
	last := int64(0)
	for i, e := range in.Events {
		if e.AtS < last || e.Record < 0 {
			return fmt.Errorf("event %d is before the one before it, or records less than nothing", i)
		}
		last = e.AtS
	}
	for i, s := range in.Sends {
		if s.TakesS < 1 || s.RetryAfterS < 0 {
			return fmt.Errorf("send %d takes less than a second, or asks for less than nothing", i)
		}
	}
	return nil
}

// send says how the n-th send goes, counted from 0.
func (in cycleIn) send(n int) (takes int64, fails bool, retryAfter time.Duration) {
	if n >= len(in.Sends) {
		return 1, false, 0
	}
	s := in.Sends[n]
	return s.TakesS, s.Fails, s.RetryAfterS.duration()
}
