package site

import (
	"context"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// Store keeps what a site knows. The [Server] is its only writer and calls one
// method at a time; a store that is a [Reader] too must allow readers beside it.
//
// A store that belongs to one Server holds the state of one site. Ids of clients
// are given and returned as [NormalID] gives them. What a method is given must
// neither be modified nor be kept after it has returned, but texts may be kept;
// what it returns belongs to the caller, who does not modify the parameters of
// messages.
//
// When ctx ends a method returns soon, with an error. After any error of a method
// the caller may call again.
type Store interface {
	// Clients returns those of the clients that are known, in any order. An id
	// that is given twice may be returned twice. Given no ids it returns none, and
	// an error if the store cannot be reached.
	Clients(ctx context.Context, ids []string) ([]Client, error)
	// Rows returns those of the rows that exist, in any order.
	Rows(ctx context.Context, keys []RowKey) ([]Row, error)
	// Due returns up to limit clients, in ascending order of id and each id above
	// after, that have a missing range first seen before since or whose
	// Resync.Wanted is set. It may return others besides.
	Due(ctx context.Context, since time.Time, after string, limit int) ([]Client, error)
	// Commit carries out the plans in their order, as [Plan] says, and keeps what
	// is to be kept after the Bad of the plans: all of it or, with an error,
	// nothing (SITE-1). A nil error means that it is durable. When ctx ends before
	// it is, Commit must make certain that nothing is changed; if it cannot, as
	// when a connection is lost while the transaction ends, it returns an error
	// all the same, and both outcomes are right.
	//
	// Of the things kept the store holds the newest MaxKept, in the order in which
	// they were kept, and counts all it ever kept.
	Commit(ctx context.Context, plans []Plan, kept []Kept) error
}

// Forgetter is a [Store] that can forget clients, for [Server.Forget]. It is called
// as a Store is: one method at a time.
type Forgetter interface {
	// Forget removes the client with the id, if it is known, and every row of it:
	// from then on the store answers as if they had never been, but that the time
	// of its answers is at, if that is later than what was committed before. Other
	// clients and what was kept for inspection stay. A client that is not known is
	// no error and changes nothing. A client whose record is damaged can be
	// forgotten. Forget is whole and durable, and keeps to ctx, as Commit is and
	// does.
	Forget(ctx context.Context, id string, at time.Time) (known bool, err error)
}

// Reader answers questions about what a site knows, with clients in ascending
// order of id and topics in ascending order of type and id. It is safe for
// concurrent use, also beside the writer.
//
// Each answer is taken in one piece: it holds all of some commits and nothing of
// those after, and says as of when (SITE-10): AsOf is the latest At or Received
// that was committed, the zero time when nothing was. So a summary that has the AsOf
// of a list of rows, with no commit between them, equals it.
//
// Lists come in pages. A page holds up to Limit entries above After; More says that
// there are others after its last. A limit of 0 means DefaultLimit; one below 0 or
// above MaxLimit is an *[QueryError]. A page taken later may be of a later AsOf.
//
// A client or an update that is not known is no error: nothing is known of it.
type Reader interface {
	// Summaries counts the states of updates over all clients that are known
	// (SITE-8).
	Summaries(ctx context.Context, q SummaryQuery) (Summaries, error)
	// States returns a client and its rows.
	States(ctx context.Context, q StateQuery) (States, error)
	// Search returns the clients that the query describes, and what is needed to
	// tell the state of an update on them.
	Search(ctx context.Context, q ClientQuery) (Found, error)
	// Inspect returns what was kept of bad records and reports (SITE-7), the
	// newest first.
	Inspect(ctx context.Context, q KeptQuery) (KeptPage, error)
}

// Bounds of a page.
const (
	DefaultLimit = 1000
	MaxLimit     = 10_000
)

// SummaryQuery asks for the summaries of updates: of those that any client has a
// row of topic type 500 for.
type SummaryQuery struct {
	// Updates are the topic ids wanted, at most MaxLimit, in any order; each is in
	// the answer once, and one without rows is Unknown everywhere. Empty means all
	// that have rows, page by page; After and Limit are ignored if it is not.
	Updates []string
	// After is the topic id that the page begins above.
	After string
	Limit int
}

// Summaries are the counts of updates, in ascending order of their topic ids.
type Summaries struct {
	AsOf time.Time
	// Clients is the number of clients known, which is the total of each summary.
	Clients int
	Updates []UpdateSummary
	More    bool
}

// UpdateSummary is the summary of an update (SITE-8): one state for each client
// that is known. A client without a row for it counts as Unknown (SITE-6).
type UpdateSummary struct {
	Update  string // the topic id
	Summary compliance.Summary
}

// StateQuery asks for the rows of a client.
type StateQuery struct {
	Client string
	// TopicType is the topic type wanted; 0 means all.
	TopicType statemsg.TopicType
	// AfterType and AfterID are the topic that the page begins above.
	AfterType statemsg.TopicType
	AfterID   string
	Limit     int
}

// States are a client and rows of it, in ascending order of topic type and id.
type States struct {
	AsOf   time.Time
	Client Client // zero when it is not known
	Rows   []Row
	More   bool
}

// ClientQuery asks for clients. A client is found when all that is set applies to
// it; the zero query finds all.
type ClientQuery struct {
	// Update is the topic id of the update whose state is wanted; empty means that
	// Facts hold no Detection and no Bad.
	Update string
	// States are the states of the update to find; empty means all. They are
	// refused without an Update.
	States []compliance.State
	// NotHeardSince finds the clients that were not heard of at or after that time,
	// those never heard of included; zero means all.
	NotHeardSince time.Time
	// Missing finds the clients that have a missing range.
	Missing bool
	// Resync finds the clients whose resync is open.
	Resync bool
	// After is the id that the page begins above.
	After string
	Limit int
}

// Found are the clients of a query, in ascending order of id.
type Found struct {
	AsOf    time.Time
	Clients []Facts
	More    bool
}

// KeptQuery asks for what was kept.
type KeptQuery struct {
	// Client finds what was kept of one client; empty means of all.
	Client string
	// Before is the number that the page begins below; 0 means from the newest.
	Before uint64
	Limit  int
}

// KeptPage is what was kept, the newest first.
type KeptPage struct {
	AsOf time.Time
	// Total is how many were ever kept, those that were dropped since included.
	Total uint64
	Kept  []NumberedKept
	More  bool
}

// NumberedKept is something kept, with its number: the first that a site ever kept
// is 1, and each one more.
type NumberedKept struct {
	Number uint64
	Kept
}
