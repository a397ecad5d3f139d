package ops

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// siteRun lets the steps happen to the reference model of a site.
func (m model) siteRun(in siteIn) (stepsOut, error) {
	policy, err := in.Config.policy()
	if err != nil {
		return stepsOut{}, fmt.Errorf("config: %w", err)
	}
	return in.happen(&modelSite{Server: sitetest.Server{Model: sitetest.Model{Mistake: m.mistake, Policy: policy}}})
}

// modelSite is the reference model of a site.
type modelSite struct {
	sitetest.Server
}

// refusedSite turns the refusals of the model into those of the vectors.
func refusedSite(err error) error {
	if errors.Is(err, sitetest.ErrClient) {
		return errSiteClient
	}
	if errors.Is(err, sitetest.ErrStore) {
		return errSiteStore
	}
	return err
}

func (s *modelSite) receive(at time.Time, r *statemsg.Report, storeFails bool) error {
	return refusedSite(s.ReceiveOrFail(at, r, storeFails))
}

func (s *modelSite) reject(at time.Time, client string) error {
	s.RejectFrom(at, client)
	return nil
}

func (s *modelSite) register(at time.Time, client string, enabled bool) error {
	return refusedSite(s.RegisterAt(at, client, enabled))
}

func (s *modelSite) check(at time.Time) ([]siteAsked, error) {
	var asked []siteAsked
	for _, id := range s.CheckAt(at) {
		c, _ := s.Client(id)
		asked = append(asked, siteAsked{id, c.Resync.Number})
	}
	return asked, nil
}

func (s *modelSite) restart() error {
	s.Restart()
	return nil
}

func (s *modelSite) client(id string) (site.Client, bool) { return s.Client(id) }

func (s *modelSite) clients() int { return len(s.Clients()) }

func (s *modelSite) rows(id string) []site.Row { return s.Rows(id) }

func (s *modelSite) states(update string) []siteState {
	var list []siteState
	for _, id := range s.Clients() {
		state, why := s.State(id, update)
		list = append(list, stateFor(id, state, why))
	}
	return list
}

func (s *modelSite) summaries(updates []string) []siteSummary {
	if len(updates) == 0 {
		updates = s.Updates()
	}
	updates = slices.Compact(slices.Sorted(slices.Values(updates)))
	var list []siteSummary
	for _, update := range updates {
		n := s.SummaryNow(update)
		list = append(list, siteSummary{update, summaryOut{
			Required: n.Required, NotRequired: n.NotRequired, Installed: n.Installed, Unknown: n.Unknown,
			Total: n.Required + n.NotRequired + n.Installed + n.Unknown, Compliant: n.Installed + n.NotRequired,
		}})
	}
	return list
}

func (s *modelSite) kept() (list []site.Kept, total int) {
	list = s.Kept()
	return list, len(list)
}

func (s *modelSite) asOf(asked time.Time) time.Time { return s.AsOf(asked) }
