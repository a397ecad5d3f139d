package sitetest

import (
	"errors"
	"regexp"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Server is a [Model] as a site server would have it: it refuses what is no client,
// its store can fail, it can be restarted, and its answers say of when they are
// (SITE-1, SITE-6, SITE-10). Besides the mistakes of its Model it can make those
// of [ServerMistakes].
//
// The zero value is empty and ready. Not safe for concurrent use.
type Server struct {
	Model

	asOf time.Time
	told map[string]compliance.Summary // for a planted mistake alone
}

// The refusals of a [Server].
var (
	// ErrClient says that a text is not the id of a client.
	ErrClient = errors.New("sitetest: no client")
	// ErrStore says that the store failed, as it was to.
	ErrStore = errors.New("sitetest: the store failed")
)

// ServerMistakes are the mistakes that a [Server] can make besides those of its
// [Model], by id, with what is done wrong.
func ServerMistakes() map[string]string {
	return map[string]string{
		"site-failed-store-counts":     "SITE-1: the serials of a report that was not stored count as arrived",
		"site-restart-forgets-ranges":  "SITE-1: missing ranges are forgotten when the site restarts",
		"site-no-row-not-required":     "SITE-6: an update of which nothing came is Not Required",
		"site-off-hides-state":         "SITE-6: a client that is switched off has no state",
		"site-reason-without-ranges":   "SITE-6: the reason does not look for missing ranges",
		"site-reason-without-failures": "SITE-6: after a failed scan the reason is that nothing was received",
		"site-bad-report-not-counted":  "SITE-7: a bad report is not counted for its client",
		"site-summary-kept":            "SITE-10: a summary is worked out once and told again",
		"site-as-of-question":          "SITE-10: a summary says it is of when it was asked for",
	}
}

// clientForm is the form of a client's id, with or without prefix.
var clientForm = regexp.MustCompile(`^(GUID:)?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// changed notes that something changed.
func (s *Server) changed(now time.Time) {
	if now = whole(now); now.After(s.asOf) {
		s.asOf = now
	}
}

// ReceiveOrFail takes a report in and returns ErrClient or nil; or, when the store
// fails, ErrStore, and nothing has changed (SITE-1).
func (s *Server) ReceiveOrFail(now time.Time, r *statemsg.Report, storeFails bool) error {
	if !clientForm.MatchString(r.Client.ID) {
		return ErrClient
	}
	if !storeFails {
		s.changed(now)
		s.Receive(now, r)
		return nil
	}
	if s.wrong("site-failed-store-counts") {
		c := s.get(r.Client.ID)
		taken, kept := len(c.taken), len(s.kept)
		s.Receive(now, r)
		c.taken, s.kept = c.taken[:min(taken, len(c.taken))], s.kept[:kept]
	}
	return ErrStore
}

// RejectFrom keeps a bad report of whoever sent it, be it a client or not (SITE-7).
func (s *Server) RejectFrom(now time.Time, id string) {
	s.changed(now)
	if !clientForm.MatchString(id) {
		s.kept = append(s.kept, site.Kept{Report: true, Received: whole(now)})
		return
	}
	s.Reject(id, now)
	if c := s.clients[normal(id)]; c != nil && s.wrong("site-bad-report-not-counted") {
		c.counts.BadReports--
	}
}

// RegisterAt makes a client known, or returns ErrClient.
func (s *Server) RegisterAt(now time.Time, id string, enabled bool) error {
	if !clientForm.MatchString(id) {
		return ErrClient
	}
	s.changed(now)
	s.Register(id, enabled)
	return nil
}

// CheckAt asks for the resyncs that are due and returns of which clients.
func (s *Server) CheckAt(now time.Time) []string {
	asked := s.Check(now)
	if len(asked) > 0 {
		s.changed(now)
	}
	return asked
}

// Restart ends the site's process and begins another (SITE-1): a model remembers.
func (s *Server) Restart() {
	if s.wrong("site-restart-forgets-ranges") {
		for _, c := range s.clients {
			clear(c.missing)
		}
	}
}

// AsOf is of when the answers are: the latest time at which something changed
// (SITE-10).
func (s *Server) AsOf(asked time.Time) time.Time {
	if s.wrong("site-as-of-question") {
		return whole(asked)
	}
	return s.asOf
}

// State is the state of an update on a client, and why it is Unknown; 0 when it
// is not (SITE-6).
func (s *Server) State(id, update string) (compliance.State, site.UnknownReason) {
	state, why := compliance.Unknown, s.Why(id, update)
	for _, row := range s.Rows(id) {
		if row.Message.TopicType == 500 && row.Message.TopicID == update {
			state = [...]compliance.State{compliance.Unknown, compliance.NotRequired, compliance.Required, compliance.Installed}[row.Message.StateID]
		}
	}
	c := s.clients[normal(id)]
	if s.wrong("site-off-hides-state") && c.off {
		return compliance.Unknown, site.FeatureOff
	}
	if s.wrong("site-no-row-not-required") && why != 0 && why != site.ReportedUnknown {
		return compliance.NotRequired, 0
	}
	if s.wrong("site-reason-without-failures") && why == site.ScanFailed {
		return state, site.NothingReceived
	}
	if s.wrong("site-reason-without-ranges") && why == site.MessageLost {
		missing := c.missing
		c.missing = nil
		why = s.Why(id, update)
		c.missing = missing
	}
	return state, why
}

// SummaryNow is the summary of an update (SITE-8, SITE-10).
func (s *Server) SummaryNow(update string) compliance.Summary {
	if !s.wrong("site-summary-kept") {
		return s.Summary(update)
	}
	if s.told == nil {
		s.told = make(map[string]compliance.Summary)
	}
	if _, ok := s.told[update]; !ok {
		s.told[update] = s.Summary(update)
	}
	return s.told[update]
}
