package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/benbjohnson/clock"
)

const (
	// DefaultMaxRestarts is how often in a row a subject is started again
	// within a topic.
	DefaultMaxRestarts = 20
	// maxBadStarts is how many starts in a row may go wrong before the run
	// is given up.
	maxBadStarts = 3
)

// ErrNotRun is what the errors of [Run] wrap.
var ErrNotRun = errors.New("could not run")

// Config says what to run.
type Config struct {
	// Vectors are asked in this order; those of a topic are next to each
	// other.
	Vectors []Vector
	// Launch starts the subject.
	Launch Launch
	// ExpectFail are the ids of vectors that are expected to fail. One that
	// passes is a failure.
	ExpectFail []string
	// MaxRestarts is how often in a row the subject is started again within
	// a topic, before the topic is given up. Zero means
	// [DefaultMaxRestarts].
	MaxRestarts int
	// Clock measures how long answers take; nil means the system clock.
	Clock clock.Clock
}

// Run asks a subject all vectors of the topics that it implements. What the
// subject does wrong is in the report. The error wraps [ErrNotRun] and is for
// a subject that cannot be started or whose handshake is wrong, for one that
// implements none of the topics, and for a context that is done.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.MaxRestarts == 0 {
		cfg.MaxRestarts = DefaultMaxRestarts
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	session, err := cfg.Launch(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	r := &run{cfg: cfg, session: session, fresh: true, prev: -1, report: &Report{Subject: session.Hello()}}
	r.check()
	if !slices.ContainsFunc(cfg.Vectors, r.implemented) {
		session.End()
		return nil, fmt.Errorf("%w: the subject implements none of the topics that are asked for", ErrNotRun)
	}
	for _, v := range cfg.Vectors {
		r.vector(ctx, v)
		if ctx.Err() != nil {
			break
		}
	}
	if r.session != nil {
		r.fault(r.session.End()...)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRun, context.Cause(ctx))
	}
	r.report.settle(cfg.ExpectFail)
	return r.report, nil
}

// run is the state of a run.
type run struct {
	cfg     Config
	session Session // nil after a misdeed, until it is needed again
	fresh   bool    // the session has answered nothing yet
	prev    int     // the result of the session's last question, -1 for none

	topic     string
	restarts  int    // in a row, in this topic
	badStarts int    // in a row
	givenUp   string // why the topic, or all that is left, is not asked

	report *Report
}

// check warns of what is probably an oversight in the subject's handshake.
func (r *run) check() {
	h := r.report.Subject
	for _, t := range h.Topics {
		if !slices.Contains(topics, t) && !slices.ContainsFunc(r.cfg.Vectors, func(v Vector) bool { return v.Topic == t }) {
			r.report.Warnings = append(r.report.Warnings, fmt.Sprintf("the subject names topic %q, which there is not", t))
		}
	}
	for _, rule := range h.Differs {
		if !slices.ContainsFunc(r.cfg.Vectors, func(v Vector) bool { return slices.Contains(v.Flags, rule) }) {
			r.report.Warnings = append(r.report.Warnings, fmt.Sprintf("the subject differs in %q, which no vector here is flagged with", rule))
		}
	}
}

// implemented reports whether the subject is asked about a vector.
func (r *run) implemented(v Vector) bool { return slices.Contains(r.report.Subject.Topics, v.Topic) }

// vector asks one vector, with a new session when one is needed.
func (r *run) vector(ctx context.Context, v Vector) {
	if v.Topic != r.topic {
		r.topic, r.restarts = v.Topic, 0
		if r.badStarts < maxBadStarts {
			r.givenUp = ""
		}
	}
	i := len(r.report.Results)
	r.report.Results = append(r.report.Results, Result{Vector: v})
	if !r.implemented(v) {
		r.report.Results[i].notAsked("the subject leaves the topic out")
		return
	}
	for ctx.Err() == nil {
		if r.givenUp == "" && r.session == nil {
			r.restart(ctx)
		}
		if r.givenUp != "" {
			r.report.Results[i].notAsked(r.givenUp)
			return
		}
		if r.session != nil && r.ask(i) {
			return
		}
	}
}

// restart starts the subject again, or counts that it could not be.
func (r *run) restart(ctx context.Context) {
	if r.restarts >= r.cfg.MaxRestarts {
		r.giveUp("topic %s is given up: the subject was started again %d times in a row", r.topic, r.restarts)
		return
	}
	r.restarts++
	s, err := r.cfg.Launch(ctx)
	if err == nil && !s.Hello().same(r.report.Subject) {
		s.End()
		err = &SubjectError{Kind: BadHandshake, Detail: "it says of itself something else than at its first start"}
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		e := asSubjectError(err)
		if e == nil {
			e = &SubjectError{Kind: NotStarted, Detail: err.Error()}
		}
		r.fault(e)
		if r.badStarts++; r.badStarts >= maxBadStarts {
			r.giveUp("the run is given up: the subject could not be started again %d times in a row", r.badStarts)
		}
		return
	}
	r.session, r.fresh, r.prev, r.badStarts = s, true, -1, 0
}

// giveUp stops asking and says why.
func (r *run) giveUp(format string, args ...any) {
	r.givenUp = fmt.Sprintf(format, args...)
	r.report.GivenUp = append(r.report.GivenUp, r.givenUp)
}

// ask asks the vector of a result. It is false when the subject misbehaved
// before it came to that.
func (r *run) ask(i int) bool {
	res := &r.report.Results[i]
	begin := r.cfg.Clock.Now()
	got, diffs, err := ask(r.session, res.Vector)
	elapsed := r.cfg.Clock.Now().Sub(begin)
	e := asSubjectError(err)
	if e != nil {
		r.session = nil
	}
	if e != nil && e.Earlier {
		if r.prev < 0 {
			r.fault(e)
		} else {
			r.report.Results[r.prev].Misdeed = e
		}
		return false
	}
	*res = Result{Vector: res.Vector, Asked: true, Got: got, Differences: diffs, Misdeed: e, Elapsed: max(elapsed, time.Duration(0))}
	if e == nil && err != nil {
		res.Failure = err.Error()
	}
	if e == nil && !r.fresh {
		r.restarts = 0
	}
	r.fresh, r.prev = false, i
	return true
}

// fault takes down misdeeds that belong to no question, or to the end of the
// subject, with the last vector that was asked.
func (r *run) fault(all ...*SubjectError) {
	last := ""
	for _, res := range slices.Backward(r.report.Results) {
		if res.Asked {
			last = res.Vector.ID
			break
		}
	}
	for _, e := range all {
		r.report.Faults = append(r.report.Faults, Fault{Misdeed: e, Last: last})
	}
}
