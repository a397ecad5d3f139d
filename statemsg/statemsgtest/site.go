package statemsgtest

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/updatescan/updatescan/statemsg"
)

// Site is a transport that stands for everything behind it: it applies what
// arrives as a site does (SITE-2), so that a test can tell whether the effect of
// a delivery was exactly once. Per client and serial a message takes effect
// once; of a topic the highest serial wins, whatever the order of arrival. A
// message without serial takes effect whenever it comes, and is older than all
// with one.
//
// It knows no gaps and client resets, and asks for a resync only when it is told
// to; then it is a [statemsg.Resyncer]. A refresh adds to what it holds and
// replaces nothing. The zero value is ready. Safe for concurrent use; Resync is
// for a single sender.
type Site struct {
	mu         sync.Mutex
	seen       map[siteSerial]statemsg.Message
	states     map[siteTopic]statemsg.Message
	applied    int
	duplicates int
	conflicts  []statemsg.Message
	ask        map[string]uint64 // of a client
	asked      uint64            // in the last answer
}

type siteSerial struct {
	client string
	serial uint64
}

type siteTopic struct {
	client string
	topic  statemsg.TopicType
	id     string
}

// AskResync makes the site ask a client for the resync of this number with each
// report of it that it acknowledges from now on; 0 for none. A real site stops
// when a [statemsg.RefreshMarker] has arrived.
func (s *Site) AskResync(client string, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ask == nil {
		s.ask = make(map[string]uint64)
	}
	s.ask[statemsg.Client{ID: client}.Normal().ID] = number
}

// Resync implements [statemsg.Resyncer].
func (s *Site) Resync() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Send applies the report. It fails when ctx has ended, and then nothing
// happens.
func (s *Site) Send(ctx context.Context, r *statemsg.Report) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = make(map[siteSerial]statemsg.Message)
		s.states = make(map[siteTopic]statemsg.Message)
	}
	for _, m := range r.Clone().Messages {
		s.apply(r.Client.Normal().ID, m)
	}
	s.asked = s.ask[r.Client.Normal().ID]
	return nil
}

// apply is SITE-2.
func (s *Site) apply(client string, m statemsg.Message) {
	serial := siteSerial{client, m.Serial}
	if old, ok := s.seen[serial]; ok && m.Serial != 0 {
		s.duplicates++
		if !reflect.DeepEqual(old, m) {
			s.conflicts = append(s.conflicts, m)
		}
		return
	}
	s.seen[serial] = m
	s.applied++
	topic := siteTopic{client, m.TopicType, m.TopicID}
	if old, ok := s.states[topic]; !ok || m.Serial > old.Serial || m.Serial == 0 && old.Serial == 0 {
		s.states[topic] = m
	}
}

// State is what the site holds for a topic of a client.
func (s *Site) State(client string, t statemsg.TopicType, id string) (statemsg.Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.states[siteTopic{statemsg.Client{ID: client}.Normal().ID, t, id}]
	return m, ok
}

// States is all that the site holds for a client, by topic type and topic id.
func (s *Site) States(client string) []statemsg.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []statemsg.Message
	for topic, m := range s.states {
		if topic.client == (statemsg.Client{ID: client}).Normal().ID {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b statemsg.Message) int {
		return cmp.Or(cmp.Compare(a.TopicType, b.TopicType), cmp.Compare(a.TopicID, b.TopicID))
	})
	return all
}

// Serials is the highest serial of a client that has arrived, and which below
// it have not.
func (s *Site) Serials(client string) (last uint64, missing []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	client = statemsg.Client{ID: client}.Normal().ID
	for k := range s.seen {
		if k.client == client {
			last = max(last, k.serial)
		}
	}
	for n := uint64(1); n < last; n++ {
		if _, ok := s.seen[siteSerial{client, n}]; !ok {
			missing = append(missing, n)
		}
	}
	return last, missing
}

// Applied is how many messages have taken effect, each client's serial once.
func (s *Site) Applied() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.applied
}

// Duplicates is how many messages came again and had no effect.
func (s *Site) Duplicates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.duplicates
}

// Conflicts are the duplicates whose content was another: serials that were
// used twice, which never happens to an outbox that is right (MSG-5, MSG-6).
func (s *Site) Conflicts() []statemsg.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.conflicts)
}
