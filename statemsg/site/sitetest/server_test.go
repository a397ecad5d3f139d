package sitetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// noon is when the tests of the Server begin.
var noon = time.Date(2008, 6, 3, 12, 0, 0, 0, time.UTC)

// report is a report of a client with one message: an update's state.
func report(client string, date time.Time, serial uint64, update string, state statemsg.StateID) *statemsg.Report {
	return &statemsg.Report{Client: statemsg.Client{ID: client}, Date: date, Messages: []statemsg.Message{
		{TopicType: statemsg.UpdateDetection, TopicID: update, StateID: state, Time: date, Serial: serial},
	}}
}

const (
	clientA = "GUID:0000000A-0000-0000-0000-000000000000"
	clientB = "GUID:0000000B-0000-0000-0000-000000000000"
	clientC = "GUID:0000000C-0000-0000-0000-000000000000"
)

// told is what a Server tells at the end of a story.
type told struct {
	Refused      bool
	Summaries    []compliance.Summary
	AsOf         time.Time
	States       []compliance.State
	Reasons      []site.UnknownReason
	Missing      []int
	BadReports   uint64
	TakenAgain   uint64
	UnknownAsOf0 bool
}

// tell lets a story happen to a Server that makes a mistake.
func tell(t *testing.T, mistake string) told {
	t.Helper()
	s := &sitetest.Server{Model: sitetest.Model{Mistake: mistake}}
	var out told
	out.UnknownAsOf0 = s.AsOf(noon).IsZero()
	out.Refused = errors.Is(s.ReceiveOrFail(noon, report("somebody", noon, 1, "a", 2), false), sitetest.ErrClient)
	lost := report(clientA, noon, 1, "a", 2)
	if err := s.ReceiveOrFail(noon, lost, true); !errors.Is(err, sitetest.ErrStore) {
		t.Fatalf("ReceiveOrFail() of a store that fails = %v", err)
	}
	for _, r := range []*statemsg.Report{lost, report(clientB, noon, 3, "a", 3)} {
		if err := s.ReceiveOrFail(noon, r, false); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := s.Client(clientA)
	out.TakenAgain = c.Counts.Messages
	out.Summaries = append(out.Summaries, s.SummaryNow("a"))
	scan := report(clientA, noon.Add(time.Minute), 2, "source", 5)
	scan.Messages[0].TopicType = statemsg.UpdateSourceScan
	if err := s.ReceiveOrFail(noon.Add(time.Minute), scan, false); err != nil {
		t.Fatal(err)
	}
	if err := s.RegisterAt(noon.Add(time.Hour), clientC, true); err != nil {
		t.Fatal(err)
	}
	note := func() {
		for _, id := range s.Clients() {
			for _, update := range []string{"a", "b"} {
				state, why := s.State(id, update)
				out.States = append(out.States, state)
				out.Reasons = append(out.Reasons, why)
			}
			c, _ := s.Client(id)
			out.Missing = append(out.Missing, len(c.Missing))
		}
	}
	note()
	s.Restart()
	if err := s.RegisterAt(noon.Add(time.Hour), clientA, false); err != nil {
		t.Fatal(err)
	}
	s.RejectFrom(noon.Add(2*time.Hour), clientB)
	note()
	c, _ = s.Client(clientB)
	out.BadReports = c.Counts.BadReports
	out.Summaries = append(out.Summaries, s.SummaryNow("a"))
	out.AsOf = s.AsOf(noon.Add(3 * time.Hour))
	return out
}

// TestServer says what the story tells without a mistake.
func TestServer(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	t.Attr("rule", "SITE-6")
	t.Attr("rule", "SITE-10")
	const (
		unknown, required, installed = compliance.Unknown, compliance.Required, compliance.Installed
	)
	want := told{
		Refused: true, UnknownAsOf0: true, TakenAgain: 1, BadReports: 1, AsOf: noon.Add(2 * time.Hour),
		Summaries: []compliance.Summary{{Required: 1, Installed: 1}, {Required: 1, Installed: 1, Unknown: 1}},
		States:    []compliance.State{required, unknown, installed, unknown, unknown, unknown, required, unknown, installed, unknown, unknown, unknown},
		Reasons: []site.UnknownReason{
			0, site.ScanFailed, 0, site.MessageLost, site.NeverHeard, site.NeverHeard,
			0, site.FeatureOff, 0, site.MessageBad, site.NeverHeard, site.NeverHeard,
		},
		Missing: []int{0, 1, 0, 0, 1, 0},
	}
	if diff := cmp.Diff(want, tell(t, "")); diff != "" {
		t.Errorf("the story (-want +got)\n%s", diff)
	}
}

// TestServerMistakes has the Server make each of its mistakes: the story is
// another.
func TestServerMistakes(t *testing.T) {
	t.Parallel()
	right := tell(t, "")
	for id, wrong := range sitetest.ServerMistakes() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			if cmp.Equal(right, tell(t, id)) {
				t.Errorf("nothing shows that %s", wrong)
			}
		})
	}
}
