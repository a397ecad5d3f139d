package sitetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// Agent is a client that does what a client must do for its site, and knows what
// the site should hold of it in the end: an outbox, and the refresh that answers a
// resync (DIFF-8, SITE-9). Not safe for concurrent use.
type Agent struct {
	// Client is the header of its reports.
	Client statemsg.Client

	outbox   *statemsg.Outbox
	answered uint64
	topics   map[topic]bool
}

type topic struct {
	topicType statemsg.TopicType
	id        string
}

// Saved is an agent's memory at some moment: what a backup holds.
type Saved struct {
	outbox   []byte
	answered uint64
	topics   map[topic]bool
}

// AgentID is the client id of the agent with a number.
func AgentID(n int) string { return fmt.Sprintf("GUID:5B0A7C1E-93D4-4F60-8E25-%012X", n) }

// NewAgent returns a client that has nothing to report yet.
func NewAgent(n int) *Agent {
	return &Agent{
		Client: statemsg.Client{ID: AgentID(n), Version: "4.00.6487.2000", NetBIOSName: fmt.Sprintf("LAB-PC-%02d", n), CodePage: 437, LCID: 1033},
		outbox: new(statemsg.Outbox),
		topics: make(map[topic]bool),
	}
}

// Record records any message. An invalid one is an error of the test.
func (a *Agent) Record(m statemsg.Message) {
	if err := a.outbox.Record(m); err != nil {
		panic(err)
	}
	a.topics[topic{m.TopicType, m.TopicID}] = true
}

// Set records the state of an update.
func (a *Agent) Set(at time.Time, update string, st compliance.State) {
	a.Record(statemsg.Message{
		TopicType: statemsg.UpdateDetection, TopicID: update, IDType: statemsg.IDTypeUpdate,
		StateID: statemsg.StateID(st), Params: []string{"102"}, Time: at,
	})
}

// Scan records the state of the scan.
func (a *Agent) Scan(at time.Time, st statemsg.StateID) {
	a.Record(statemsg.Message{TopicType: statemsg.UpdateSourceScan, TopicID: "{5B6A2F7D-0C11-4E0B-9A53-C1D7B1E5A001}", StateID: st, Time: at})
}

// Forget forgets an update: it is gone from the results and no message says so
// (DIFF-6).
func (a *Agent) Forget(update string) {
	a.outbox.Forget(statemsg.UpdateDetection, update)
	delete(a.topics, topic{statemsg.UpdateDetection, update})
}

// Refresh records all that the agent knows again, and the marker (SITE-9).
func (a *Agent) Refresh(at time.Time, request uint64) {
	from := a.outbox.LastSerial() + 1
	a.outbox.Forget(statemsg.Resync, statemsg.RefreshTopicID)
	a.outbox.Refresh()
	a.Record(statemsg.RefreshMarker(from, request, at))
}

// Answer does what the site's answer asks for: a refresh, if the number is neither 0
// nor the one answered last. It says whether it did.
func (a *Agent) Answer(at time.Time, resync uint64) bool {
	if resync == 0 || resync == a.answered {
		return false
	}
	a.answered = resync
	a.Refresh(at, resync)
	return true
}

// Report makes the next report of at most so many messages and takes it for
// acknowledged; nil when there is nothing to report. Whoever has it must see to it
// that it arrives.
func (a *Agent) Report(now time.Time, most int) *statemsg.Report {
	b, ok := a.outbox.Batch(now, most)
	if !ok {
		return nil
	}
	a.outbox.Acknowledge(b.ID)
	r := statemsg.NewReport(a.Client, b).Clone()
	return &r
}

// Reports makes reports until there is nothing to report, a second apart.
func (a *Agent) Reports(now time.Time, most int) []*statemsg.Report {
	var all []*statemsg.Report
	for r := a.Report(now, most); r != nil; r = a.Report(now, most) {
		all = append(all, r)
		now = now.Add(time.Second)
	}
	return all
}

// LastSerial is the last serial the agent has used.
func (a *Agent) LastSerial() uint64 { return a.outbox.LastSerial() }

// Baseline are the last messages of all topics that the agent knows, by topic type
// and id: what the site should hold of it.
func (a *Agent) Baseline() []statemsg.Message {
	var all []statemsg.Message
	for t := range a.topics {
		m, _, _ := a.outbox.Last(t.topicType, t.id)
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b statemsg.Message) int {
		if a.TopicType != b.TopicType {
			return int(a.TopicType) - int(b.TopicType)
		}
		return strings.Compare(a.TopicID, b.TopicID)
	})
	return all
}

// Save makes a backup of the agent's memory.
func (a *Agent) Save() Saved {
	data, _ := a.outbox.AppendBinary(nil) // its error is always nil
	return Saved{outbox: data, answered: a.answered, topics: maps.Clone(a.topics)}
}

// Restore makes the agent remember what a backup holds and nothing else. Restoring
// the zero Saved is installing the client again: with its id, and without memory.
func (a *Agent) Restore(s Saved) {
	a.outbox, a.answered, a.topics = new(statemsg.Outbox), s.answered, make(map[topic]bool)
	maps.Copy(a.topics, s.topics)
	if s.outbox == nil {
		return
	}
	o, err := statemsg.DecodeOutbox(s.outbox)
	if err != nil {
		panic(err) // it was made by Save
	}
	a.outbox = o
}

// Clone returns another computer with the same id and the same memory.
func (a *Agent) Clone() *Agent {
	b := &Agent{Client: a.Client}
	b.Restore(a.Save())
	return b
}
