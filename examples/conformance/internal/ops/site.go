package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// The question of site.run and its steps.
type (
	siteIn struct {
		Config siteConfig        `json:"config"`
		Steps  []json.RawMessage `json:"steps"`
	}
	siteConfig struct {
		MinMissingAge   *seconds `json:"min_missing_age_s" in:"optional"`
		MinResyncPeriod *seconds `json:"min_resync_period_s" in:"optional"`
	}
	siteStep struct {
		At moment `json:"at"`
		Do string `json:"do"`
	}
	siteReportStep struct {
		siteStep
		Client     client    `json:"client"`
		Date       moment    `json:"date"`
		Messages   []message `json:"messages"`
		StoreFails bool      `json:"store_fails" in:"optional"`
	}
	siteClientStep struct {
		siteStep
		Client string `json:"client"`
	}
	siteRegisterStep struct {
		siteStep
		Client  string `json:"client"`
		Enabled bool   `json:"enabled"`
	}
	siteStatesStep struct {
		siteStep
		Update string `json:"update"`
	}
	siteSummaryStep struct {
		siteStep
		Updates []string `json:"updates" in:"optional"`
	}
)

// policy returns the policy with every field set.
func (c siteConfig) policy() (site.Policy, error) {
	p := site.Policy{MinMissingAge: given(c.MinMissingAge, 2880*60), MinResyncPeriod: given(c.MinResyncPeriod, 72*60*60)}
	return p, errors.Join(positive("min_missing_age_s", p.MinMissingAge), positive("min_resync_period_s", p.MinResyncPeriod), p.Validate())
}

// report is the report of a step.
func (s siteReportStep) report() *statemsg.Report {
	return &statemsg.Report{Client: statemsg.Client(s.Client), Date: s.Date.Time, Messages: messagesIn(s.Messages)}
}

// siteServer is what the steps of site.run happen to. What it returns of types
// of package site are values alone: it has worked them out itself.
type siteServer interface {
	// receive takes a report in, or, if the store is to fail, does not.
	receive(at time.Time, r *statemsg.Report, storeFails bool) error
	reject(at time.Time, client string) error
	register(at time.Time, client string, enabled bool) error
	check(at time.Time) ([]siteAsked, error)
	restart() error

	client(id string) (site.Client, bool)
	clients() int
	rows(id string) []site.Row
	states(update string) []siteState
	summaries(updates []string) []siteSummary
	kept() (list []site.Kept, total int) // the oldest first
	asOf(asked time.Time) time.Time
}

// The refusals of site.run.
var (
	errSiteClient = refuse("invalid_client")
	errSiteStore  = refuse("not_stored")
)

// happen lets the steps happen to a site and returns their answers.
func (in siteIn) happen(s siteServer) (stepsOut, error) {
	out := stepsOut{Steps: []any{}}
	for i, raw := range in.Steps {
		after, err := siteStepOf(raw, s)
		var no *refusal
		if errors.As(err, &no) {
			after, err = no, nil
		}
		if err != nil {
			return out, fmt.Errorf("step %d: %w", i, err)
		}
		out.Steps = append(out.Steps, after)
	}
	return out, nil
}

// siteStepOf lets one step happen.
func siteStepOf(raw json.RawMessage, s siteServer) (any, error) {
	var kind siteStep
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	switch kind.Do {
	case "report":
		return read(raw, func(in siteReportStep) (any, error) { return siteReport(in, s) })
	case "bad_report":
		return read(raw, func(in siteClientStep) (any, error) {
			err := s.reject(in.At.Time, in.Client)
			_, total := s.kept()
			return siteKeptCount{total}, err
		})
	case "register":
		return read(raw, func(in siteRegisterStep) (any, error) {
			err := s.register(in.At.Time, in.Client, in.Enabled)
			return siteClients{s.clients()}, err
		})
	case "check":
		return read(raw, func(in siteStep) (any, error) {
			asked, err := s.check(in.At.Time)
			return siteAskedOut{empty(asked)}, err
		})
	case "restart":
		return read(raw, func(siteStep) (any, error) {
			err := s.restart()
			return siteClients{s.clients()}, err
		})
	case "client":
		return read(raw, func(in siteClientStep) (any, error) { return siteClientOut{clientAfter(s.client(in.Client))}, nil })
	case "rows":
		return read(raw, func(in siteClientStep) (any, error) { return siteRowsOut{rowsOut(s.rows(in.Client))}, nil })
	case "states":
		return read(raw, func(in siteStatesStep) (any, error) {
			return siteStatesOut{momentOf(s.asOf(in.At.Time)), empty(s.states(in.Update))}, nil
		})
	case "summary":
		return read(raw, func(in siteSummaryStep) (any, error) {
			return siteSummaryOut{momentOf(s.asOf(in.At.Time)), s.clients(), empty(s.summaries(in.Updates))}, nil
		})
	case "kept":
		return read(raw, func(siteStep) (any, error) {
			list, total := s.kept()
			return siteKeptOut{total, keptOut(list)}, nil
		})
	}
	return nil, fmt.Errorf("unknown step %q", kind.Do)
}

// siteReport lets a report arrive. What it changed is told by what the site
// knows of its client before and after.
func siteReport(in siteReportStep, s siteServer) (any, error) {
	if len(in.Messages) == 0 {
		return nil, errors.New("a report without messages")
	}
	before, _ := s.client(in.Client.ID)
	if err := s.receive(in.At.Time, in.report(), in.StoreFails); err != nil {
		return nil, err
	}
	after, _ := s.client(in.Client.ID)
	out := siteReportOut{
		Taken:      after.Counts.Messages - before.Counts.Messages,
		Duplicates: after.Counts.Duplicates - before.Counts.Duplicates,
		Stale:      after.Counts.Stale - before.Counts.Stale,
		Bad:        after.Counts.Bad - before.Counts.Bad,
		Tracking:   trackingOut(after),
	}
	if after.Resync.Open {
		out.Resync = after.Resync.Number
	}
	return out, nil
}

// siteAsked is a client that was asked for a resync.
type siteAsked struct {
	Client string `json:"client"`
	Number uint64 `json:"number"`
}

// siteState is the state of an update on a client.
type siteState struct {
	Client string           `json:"client"`
	State  compliance.State `json:"state"`
	Reason *string          `json:"reason"`
}

// stateFor returns the form of a state; why is 0 where it is known.
func stateFor(id string, state compliance.State, why site.UnknownReason) siteState {
	out := siteState{Client: id, State: state}
	if why != 0 {
		text := why.String()
		out.Reason = &text
	}
	return out
}

// siteSummary is the summary of an update.
type siteSummary struct {
	Update string `json:"update"`
	summaryOut
}
