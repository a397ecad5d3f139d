package sitetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// Act is what happens in a [Step].
type Act uint8

// The acts. What a step's other fields mean depends on the act.
const (
	// Set records the State of the update N; Forget forgets it.
	Set Act = iota
	Forget
	// Scan records the scan state N.
	Scan
	// Refresh records everything again.
	Refresh
	// Answer does what the site's open request asks for.
	Answer
	// Report makes a report of at most N+1 messages; it is under way from now on.
	Report
	// Deliver lets the report under way with the number N arrive; with Again it
	// stays under way and can arrive once more.
	Deliver
	// Lose loses the report under way with the number N for good.
	Lose
	// Wait lets the time For pass; Again: and then checks.
	Wait
	// Check checks for missing messages.
	Check
	// Save makes a backup of the agent, Restore brings it back.
	Save
	Restore
	// Register makes the agent known, Again: with the feature on.
	Register
	// Reject keeps a bad report of the agent.
	Reject
	// Forge lets Forged arrive as a report of the agent; its date is For from now.
	Forge
	// ForgetClient makes the site forget the agent, which goes on.
	ForgetClient
)

// Step is one thing that happens in a [World]. Agent and N are taken modulo what
// there is, so every step makes sense.
type Step struct {
	Do     Act
	Agent  int
	N      int
	State  compliance.State
	Again  bool
	For    time.Duration
	Forged []statemsg.Message
}

// World is a site, its model, clients and the reports under way between them.
type World struct {
	Site   Direct
	Model  Model
	Now    time.Time
	Agents []*Agent

	saved []Saved
	under []*statemsg.Report
}

// NewWorld returns a world of so many agents at the beginning of a day in 2008. A
// nil store means one in memory.
func NewWorld(store Keeper, agents int) *World {
	w := &World{Site: Direct{Store: store}, Now: time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)}
	for i := range agents {
		w.Agents = append(w.Agents, NewAgent(i))
		w.saved = append(w.saved, Saved{})
	}
	return w
}

// Update is the topic id of the update with a number.
func Update(n int) string { return fmt.Sprintf("5d7e1f0a-93c4-4b1d-8a52-%012x", n) }

// updates is how many updates there are in a world.
const updates = 8

// reaches reports whether a step may change what the site knows. The others befall
// clients, what is under way and the clock.
func (s Step) reaches() bool {
	switch s.Do {
	case Deliver, Check, Register, Reject, Forge, ForgetClient:
		return true
	case Wait:
		return s.Again
	case Set, Forget, Scan, Refresh, Answer, Report, Lose, Save, Restore:
	}
	return false
}

// Play lets the steps happen, and compares the site with the model after each one
// that reaches the site. It returns the first difference.
func (w *World) Play(ctx context.Context, steps []Step) error {
	for i, s := range steps {
		err := w.step(ctx, s)
		if err == nil && s.reaches() {
			err = Compare(ctx, w.Site.Keeper(), &w.Model)
		}
		if err != nil {
			return fmt.Errorf("step %d, %+v: %w", i, s, err)
		}
	}
	return nil
}

// Arrive lets a report arrive at the site and at the model.
func (w *World) Arrive(ctx context.Context, r *statemsg.Report) error {
	p, err := w.Site.Receive(ctx, w.Now, r)
	if err != nil {
		return err
	}
	if got, want := p.Client.Asks(), w.Model.Receive(w.Now, r); got != want {
		return fmt.Errorf("the answer asks for resync %d, want %d", got, want)
	}
	return nil
}

func (w *World) step(ctx context.Context, s Step) error {
	i := s.Agent % len(w.Agents)
	a := w.Agents[i]
	switch s.Do {
	case Set:
		a.Set(w.Now, Update(s.N%updates), s.State)
	case Forget:
		a.Forget(Update(s.N % updates))
	case Scan:
		a.Scan(w.Now, statemsg.StateID(s.N%7))
	case Refresh:
		a.Refresh(w.Now, 0)
	case Answer:
		c, _ := w.Model.Client(a.Client.ID)
		a.Answer(w.Now, c.Asks())
	case Report:
		if r := a.Report(w.Now, s.N+1); r != nil {
			w.under = append(w.under, r)
		}
	case Deliver, Lose:
		if len(w.under) == 0 {
			return nil
		}
		n := s.N % len(w.under)
		r := w.under[n]
		if !s.Again || s.Do == Lose {
			w.under = slices.Delete(w.under, n, n+1)
		}
		if s.Do == Deliver {
			return w.Arrive(ctx, r)
		}
	case Wait:
		w.Now = w.Now.Add(s.For)
		if s.Again {
			return w.step(ctx, Step{Do: Check})
		}
	case Save:
		w.saved[i] = a.Save()
	case Restore:
		a.Restore(w.saved[i])
	case Check, Register, Reject, Forge, ForgetClient:
		return w.other(ctx, s, a)
	}
	return nil
}

// other are the steps that no client takes.
func (w *World) other(ctx context.Context, s Step, a *Agent) error {
	if s.Do == Check {
		got, err := w.Site.Check(ctx, w.Now)
		if err != nil {
			return err
		}
		if want := w.Model.Check(w.Now); !slices.Equal(got, want) {
			return fmt.Errorf("the check asks %v, want %v", got, want)
		}
	}
	if s.Do == Register {
		w.Model.Register(a.Client.ID, s.Again)
		return w.Site.Register(ctx, w.Now, a.Client.ID, s.Again)
	}
	if s.Do == Reject {
		w.Model.Reject(a.Client.ID, w.Now)
		return w.Site.Reject(ctx, w.Now, a.Client.ID, []byte("<Report>"), "cut short")
	}
	if s.Do == ForgetClient {
		w.Model.Forget(a.Client.ID)
		return w.Site.Forget(ctx, w.Now, a.Client.ID)
	}
	if s.Do == Forge && len(s.Forged) > 0 {
		return w.Arrive(ctx, &statemsg.Report{Client: a.Client, Date: w.Now.Add(s.For), Messages: slices.Clone(s.Forged)})
	}
	return nil
}

// Settle lets everything arrive that is under way, and then answers and delivers
// until nothing happens any more. Whatever befell the clients before, each of them
// must be settled then; see [Settled].
func (w *World) Settle(ctx context.Context) error {
	for _, r := range w.under {
		if err := w.Arrive(ctx, r); err != nil {
			return err
		}
	}
	w.under = nil
	for range 4 {
		w.Now = w.Now.Add(73 * time.Hour)
		if err := w.step(ctx, Step{Do: Check}); err != nil {
			return err
		}
		for _, a := range w.Agents {
			c, _ := w.Model.Client(a.Client.ID)
			a.Answer(w.Now, c.Asks())
			for _, r := range a.Reports(w.Now, 5) {
				if err := w.Arrive(ctx, r); err != nil {
					return err
				}
			}
		}
	}
	return Compare(ctx, w.Site.Keeper(), &w.Model)
}
