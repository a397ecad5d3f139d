package site

import (
	"fmt"
	"strings"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// Ingest takes a report in: it returns what the report changes, and changes
// nothing itself. The same arguments always give the same plan.
//
// c is what the site knows of the report's client, the zero Client if it knows
// nothing; now is the site's time; look returns the row with a key, as it is
// before the report, and nil means that there are none. look is asked only about
// the keys that [Needs] returns, so the usual report, whose serials are all new,
// needs no row. r must not be modified as long as the plan is in use. p must be
// valid.
//
// A message counts as seen when its serial is not above the highest of the
// client's present life and not in a missing range. What happens is, in this
// order:
//
//  1. The report is counted, and the client's name and version are kept if no
//     report with serials had a later date.
//  2. Each record is judged by itself; see [RecordFault]. A bad one is set apart;
//     the others go on (SITE-7). Those with serials are taken in the order of
//     their serials, and those without by time and before them. A serial that
//     occurs twice in the report counts the first time; the second is a duplicate
//     if it says the same, else a bad record.
//  3. If a batch is remembered that has the same lowest serial, number of serials
//     and date, the report is a retry (MSG-6): all its messages are duplicates and
//     nothing else happens (SITE-2).
//  4. If the client was reset, it is less than MinResyncPeriod ago, the report is
//     dated before the one that revealed it, and does not go on with the next
//     serial, then it belongs to an earlier life: nothing of it is taken in
//     (SITE-5). The resync asked for at the reset brings what is true.
//  5. If it shows that the client was reset, the client's life is one more, its
//     serials begin again, and a resync is asked for (SITE-5); see below.
//  6. A serial above the highest that has arrived is new: it becomes a row, and the
//     serials between them are missing since now (SITE-3).
//  7. A serial that is missing is not missing any more (SITE-3). It becomes a row
//     unless the row of its topic has a higher life and serial (SITE-2).
//  8. A serial that was seen is a duplicate (SITE-2).
//  9. A bad record counts as arrived, and is kept for inspection; unless its serial
//     was seen, for then it was kept before (SITE-7).
//  10. A message without serial becomes a row if there is none, or if there is one
//     that came without serial too and has an earlier time; else it is a duplicate.
//  11. A refresh marker that was taken in is remembered, unless one with a higher
//     serial is already. It answers the open resync request if it names it (SITE-4).
//  12. When no serial from the refresh's first to its marker is missing, the refresh
//     replaces what was there: every row before its first serial is removed and
//     every missing range below it is forgotten, and an open request that is older
//     than the marker is answered, and none is wanted (SITE-9).
//
// The report shows a reset (SITE-5) if
//
//	a. a batch of this life is remembered with the same lowest serial and another
//	   date or number of serials: a retry would have the same (MSG-6);
//	b. it has the serial 1, which was seen, and another date than the report that
//	   brought it: a restart from 1;
//	c. it has a serial that was seen, and is dated after all reports of this life:
//	   the report that brought the serial before was another;
//	d. it has a serial that was seen, not below the last complete refresh, and the
//	   row of its topic has this serial and another content, or is missing, or has a
//	   lower life or serial: it was used for another topic.
//
// A reset asks for a resync, at most one in MinResyncPeriod; one that must wait is
// remembered as wanted (SITE-4).
//
// A report that no client could send is refused with an error: an id that is none
// or another than c's, or more than [statemsg.MaxReportMessages].
func Ingest(p Policy, c Client, r *statemsg.Report, now time.Time, look func(RowKey) (Row, bool)) (Plan, error) {
	id, err := NormalID(r.Client.ID)
	if err != nil {
		return Plan{}, fmt.Errorf("site: report: %w", err)
	}
	if len(r.Messages) > statemsg.MaxReportMessages {
		return Plan{}, fmt.Errorf("site: %w: %d messages", statemsg.ErrReportSize, len(r.Messages))
	}
	known := c.Known()
	if !known {
		c.ID = strings.Clone(id)
	}
	if c.ID != id {
		return Plan{}, fmt.Errorf("site: report of client %s given for client %s", id, c.ID)
	}
	in := intake{policy: p.WithDefaults(), now: seconds(now), date: wireDate(r.Date), look: look, c: c, known: known}
	in.hear(r)
	in.sort(r.Messages)
	in.take()
	return Plan{At: in.now, Client: in.c, Put: in.put, RemoveBelow: in.remove, Bad: in.kept, Events: in.events}, nil
}

// intake is one report being taken in.
type intake struct {
	policy Policy
	now    time.Time
	date   time.Time // of the report, by the client's clock
	look   func(RowKey) (Row, bool)
	c      Client // as it becomes
	known  bool   // before the report

	loose    []statemsg.Message // without serials, ascending by time
	numbered []statemsg.Message // ascending by serial
	bad      []string           // what is wrong with each of numbered; nil when nothing is
	twice    int                // how many of the report's were there twice
	markers  bool               // there is a refresh marker among numbered

	ownMissing bool // c.Missing is not shared
	put        []statemsg.Message
	remove     Mark
	kept       []Kept
	events     []Event
}

func (in *intake) event(e Event) { in.events = append(in.events, e) }

// hear is step 1.
func (in *intake) hear(r *statemsg.Report) {
	c := &in.c
	if !c.Heard() {
		c.FirstHeard = in.now
		c.Life = max(c.Life, 1)
		in.event(Event{Kind: FirstReport})
	}
	c.LastHeard = in.now
	c.Counts.Reports++
	if in.date.Before(c.LastDate) {
		return
	}
	// Cloned, because the report's texts share memory with all of it.
	if v := cut(r.Client.Version); v != c.Version {
		c.Version = strings.Clone(v)
	}
	if v := cut(r.Client.NetBIOSName); v != c.NetBIOSName {
		c.NetBIOSName = strings.Clone(v)
	}
}

// take is what follows after the records are in order.
func (in *intake) take() {
	c := &in.c
	if len(in.numbered) > 0 {
		if in.retry() { // SITE-2, MSG-6
			in.duplicates(len(in.numbered) + len(in.loose) + in.twice)
			return
		}
		if in.stale() { // SITE-5
			n := len(in.numbered) + len(in.loose) + in.twice
			c.Counts.Stale = add(c.Counts.Stale, n)
			in.event(Event{Kind: StaleReport, Number: uint64(n)})
			return
		}
		if serial, reason := in.resetBy(); reason != "" { // SITE-5
			in.reset(serial, reason)
		}
		in.remember()
	}
	dups := in.takeLoose() + in.takeNumbered() + in.twice
	in.duplicates(dups)
	in.complete()
}

// duplicates counts messages that had come before (SITE-2).
func (in *intake) duplicates(n int) {
	if n == 0 {
		return
	}
	in.c.Counts.Duplicates = add(in.c.Counts.Duplicates, n)
	in.event(Event{Kind: Duplicates, Number: uint64(n)})
}

// remember notes the batch and its date.
func (in *intake) remember() {
	c := &in.c
	b := Batch{First: in.numbered[0].Serial, Count: len(in.numbered), Date: in.date, Life: c.Life}
	keep := c.Batches[max(0, len(c.Batches)-MaxBatches+1):]
	c.Batches = append(append(make([]Batch, 0, MaxBatches), keep...), b)
	if in.date.After(c.LastDate) {
		c.LastDate = in.date
	}
	if b.First == 1 && !c.seen(1) {
		c.FirstDate = in.date
	}
}

// takeLoose takes in the messages without serial (step 10) and returns how many
// changed nothing.
func (in *intake) takeLoose() (dups int) {
	if len(in.loose) == 0 {
		return 0
	}
	put := make(map[RowKey]time.Time) // by this report
	for i := range in.loose {
		m := &in.loose[i]
		key := RowKey{in.c.ID, m.TopicType, m.TopicID}
		last, ok := put[key]
		if !ok {
			var row Row
			row, ok = in.row(m)
			if ok && row.Message.Serial != 0 {
				dups++
				continue
			}
			last = row.Message.Time
		}
		if ok && !m.Time.After(last) {
			dups++
			continue
		}
		put[key] = m.Time
		in.put = append(in.put, *m)
		in.c.Counts.Messages++
	}
	return dups
}

// takeNumbered takes in the messages with serials (steps 6 to 9) and returns how
// many had come before.
func (in *intake) takeNumbered() (dups int) {
	c := &in.c
	n := len(in.numbered)
	if n == 0 {
		return 0
	}
	first, last := in.numbered[0].Serial, in.numbered[n-1].Serial
	if first > c.Highest && last-first == uint64(n-1) && in.bad == nil && len(in.put) == 0 {
		// All new and without a gap among them: the usual report.
		in.arrive(first)
		c.Highest = last
		c.Counts.Messages = add(c.Counts.Messages, n)
		in.put = in.numbered
		in.mark(in.numbered)
		return 0
	}
	from := len(in.put)
	for i := range in.numbered {
		m := &in.numbered[i]
		fresh := m.Serial > c.Highest
		if !fresh && !in.close(m.Serial) {
			dups++ // SITE-2
			continue
		}
		if in.bad != nil && in.bad[i] != "" { // SITE-7
			if fresh {
				in.arrive(m.Serial)
			}
			in.keep(m, in.bad[i])
			continue
		}
		if fresh {
			in.arrive(m.Serial)
		} else if row, ok := in.row(m); ok {
			order := row.Mark().Compare(Mark{c.Life, m.Serial})
			if order == 0 { // it had arrived; merging made it missing again
				dups++
				continue
			}
			if order > 0 { // SITE-2: a higher serial has won
				c.Counts.Messages++
				in.mark(in.numbered[i : i+1])
				continue
			}
		}
		c.Counts.Messages++
		in.put = append(in.put, *m)
	}
	in.mark(in.put[from:])
	return dups
}

// row is the row of the message's topic before the report.
func (in *intake) row(m *statemsg.Message) (Row, bool) {
	if in.look == nil || !in.known {
		return Row{}, false
	}
	return in.look(RowKey{in.c.ID, m.TopicType, m.TopicID})
}

// Needs returns the keys of the rows that [Ingest] may look up for a report of the
// client, some perhaps more than once; nil for the usual report.
func Needs(c Client, r *statemsg.Report) []RowKey {
	if !c.Known() {
		return nil // a client that is not known has no rows
	}
	var keys []RowKey
	for i := range r.Messages {
		m := &r.Messages[i]
		if m.Serial > c.Highest {
			continue
		}
		if keys == nil {
			if c.retryOf(r) {
				return nil
			}
			keys = make([]RowKey, 0, len(r.Messages)-i)
		}
		keys = append(keys, RowKey{c.ID, m.TopicType, m.TopicID})
	}
	return keys
}

// retryOf says whether the report is surely a retry: without sorting it.
func (c *Client) retryOf(r *statemsg.Report) bool {
	for _, b := range c.Batches {
		if len(r.Messages) == b.Count && r.Messages[0].Serial == b.First && wireDate(r.Date).Equal(b.Date) && ascending(r.Messages) {
			return true
		}
	}
	return false
}

// ascending says whether all messages have serials, each above the one before.
func ascending(messages []statemsg.Message) bool {
	before := uint64(0)
	for i := range messages {
		if messages[i].Serial <= before {
			return false
		}
		before = messages[i].Serial
	}
	return true
}
