package site

import (
	"cmp"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// RowKey identifies a row: a client's topic.
type RowKey struct {
	Client    string // as NormalID gives it
	TopicType statemsg.TopicType
	TopicID   string
}

// Row is what the site holds for a topic of a client: the last message, by life
// and serial (SITE-2).
type Row struct {
	Client   string    // as NormalID gives it
	Life     uint32    // the client's life the message belongs to
	Received time.Time // when it was taken in; UTC, whole seconds
	// Message is the message. Its serial is 0 if it came without one.
	Message statemsg.Message
}

// Key returns the row's key.
func (r *Row) Key() RowKey { return RowKey{r.Client, r.Message.TopicType, r.Message.TopicID} }

// Mark returns the row's place among all messages of its client.
func (r *Row) Mark() Mark { return Mark{r.Life, r.Message.Serial} }

// Mark is a place among all messages of a client: first by life, then by serial.
// The zero Mark is before all of them.
type Mark struct {
	Life   uint32
	Serial uint64
}

// Compare returns -1, 0 or 1 as m is before, at or after o.
func (m Mark) Compare(o Mark) int {
	return cmp.Or(cmp.Compare(m.Life, o.Life), cmp.Compare(m.Serial, o.Serial))
}

// Plan is what one report, or another event, changes in a store. Plans are values
// that the pure functions of this package return; a [Store] carries them out
// exactly, in order, and decides nothing.
//
// Carrying out a plan is, in this order:
//
//  1. The client with the id Client.ID is now Client.
//  2. Each message of Put replaces the row of its topic, or becomes its first, in
//     their order. No comparison is needed: the plan has made it. The row's
//     life is Client.Life and its time of receipt At. A topic may occur twice.
//  3. If RemoveBelow is not zero, every row of the client whose mark is before it
//     is removed, those of earlier lives and those without serial included
//     (SITE-9).
//  4. Bad is kept for inspection, as the Kept of a commit is.
//
// A plan of no report (one of Check or Register) has neither Put nor Bad.
type Plan struct {
	// At is the time of the plan: UTC, whole seconds.
	At time.Time
	// Client is the client after the plan.
	Client Client
	// Put are the messages that become rows. It may share memory with the report
	// and must not be modified.
	Put []statemsg.Message
	// RemoveBelow is the mark before which all rows go; zero for none.
	RemoveBelow Mark
	// Bad are the bad records of the report (SITE-7).
	Bad []Kept
	// Events are what happened, for logs and people. A store ignores them.
	Events []Event
}

// Row returns the row that message i of Put becomes.
func (p *Plan) Row(i int) Row {
	return Row{Client: p.Client.ID, Life: p.Client.Life, Received: p.At, Message: p.Put[i]}
}

// Bounds of what is kept for inspection (SITE-7).
const (
	// MaxKept is how many bad records and reports a site keeps. When there are
	// more, the oldest are dropped.
	MaxKept = 1000
	// MaxKeptBytes is how much is kept of the body of each.
	MaxKeptBytes = 16 << 10
	// MaxReasonBytes is how much is kept of the reason of each.
	MaxReasonBytes = 512
)

// Kept is a bad record or a bad report that is kept for inspection (SITE-7). Its
// texts may hold anything; they are valid UTF-8, and Body need not be.
type Kept struct {
	// Client is the client's id as NormalID gives it; empty when it is not known
	// who sent a bad report.
	Client string `json:"client,omitzero"`
	// Received is when it came; UTC, whole seconds.
	Received time.Time `json:"received"`
	// Report says that a whole report was bad; else it was one record of it.
	Report bool `json:"report,omitzero"`
	// TopicType, TopicID and Serial are those of a bad record, as far as they make
	// sense; zero for a report.
	TopicType statemsg.TopicType `json:"topic_type,omitzero"`
	TopicID   string             `json:"topic_id,omitzero"`
	Serial    uint64             `json:"serial,omitzero"`
	// Reason says what is wrong, in at most MaxReasonBytes.
	Reason string `json:"reason"`
	// Body is the report, or the record as JSON, cut to MaxKeptBytes.
	Body []byte `json:"body,omitempty"`
	// Bytes is how long the body was before it was cut.
	Bytes int `json:"bytes"`
}
