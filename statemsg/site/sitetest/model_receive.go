package sitetest

import (
	"slices"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// record is a record of a report, and whether it is bad.
type record struct {
	statemsg.Message
	bad bool
}

// Receive takes a report in and returns the number of the resync that is open; 0
// for none.
func (m *Model) Receive(now time.Time, r *statemsg.Report) (resync uint64) {
	c, now := m.get(r.Client.ID), whole(now)
	date := r.Date.UTC().Truncate(time.Microsecond)
	if c.counts.Reports == 0 {
		c.firstHeard, c.life = now, 1
	}
	c.lastHeard = now
	c.counts.Reports++
	if !date.Before(c.lastDate) {
		c.version, c.name = short(r.Client.Version), short(r.Client.NetBIOSName)
	}
	numbered, loose, repeated := m.sort(c, r, now)
	if len(numbered) > 0 {
		all := uint64(len(numbered) + len(loose) + repeated)
		batch := site.Batch{First: numbered[0].Serial, Count: len(numbered), Date: date}
		if c.remembers(batch) {
			m.repeat(c, all)
			return c.asks()
		}
		if c.earlierLife(batch, now, m.policy().MinResyncPeriod) {
			c.counts.Stale += all
			return c.asks()
		}
		if m.isReset(c, batch, numbered) {
			m.reset(c, now, date)
		}
		batch.Life = c.life
		c.batches = append(c.batches, batch)
		if date.After(c.lastDate) {
			c.lastDate = date
		}
		if batch.First == 1 && !c.has(1) {
			c.firstDate = date
		}
	}
	m.repeat(c, uint64(repeated))
	for _, msg := range loose {
		old, ok := m.row(c, msg.TopicType, msg.TopicID)
		if ok && (old.Message.Serial > 0 || !msg.Time.After(old.Message.Time)) {
			m.repeat(c, 1)
			continue
		}
		m.effect(c, now, msg.Message)
	}
	m.number(c, now, numbered)
	m.finish(c)
	return c.asks()
}

func short(s string) string {
	for len(s) > site.MaxTextBytes {
		runes := []rune(s)
		s = string(runes[:len(runes)-1])
	}
	return s
}

func (c *client) asks() uint64 {
	if c.resync.Open {
		return c.resync.Number
	}
	return 0
}

func (m *Model) repeat(c *client, n uint64) {
	if m.wrong("site-repeat-counts") {
		c.counts.Messages += n
		return
	}
	c.counts.Duplicates += n
}

// sort judges the records and puts those with serials in their order.
func (m *Model) sort(c *client, r *statemsg.Report, now time.Time) (numbered, loose []record, repeated int) {
	var all []record
	for _, msg := range r.Messages {
		rec := record{msg, isBad(msg)}
		rec.Time = msg.Time.UTC().Truncate(time.Microsecond)
		if rec.bad && (msg.Serial == 0 || msg.Serial > statemsg.MaxSerial) {
			rec.Serial = 0
			m.keep(c, rec, now)
			continue
		}
		if rec.bad && m.wrong("site-bad-stops") {
			m.keep(c, rec, now)
			break
		}
		all = append(all, rec)
	}
	for len(all) > 0 { // the least is taken out until nothing is left
		least := 0
		for i := range all {
			a, b := all[i], all[least]
			if a.Serial < b.Serial || a.Serial == 0 && b.Serial == 0 && a.Time.Before(b.Time) {
				least = i
			}
		}
		rec := all[least]
		all = slices.Delete(all, least, least+1)
		if rec.Serial == 0 {
			loose = append(loose, rec)
			continue
		}
		if n := len(numbered); n > 0 && numbered[n-1].Serial == rec.Serial {
			if equal(numbered[n-1].Message, rec.Message) {
				repeated++
			} else {
				m.keep(c, rec, now)
			}
			continue
		}
		numbered = append(numbered, rec)
	}
	return numbered, loose, repeated
}

// isBad says whether a record is bad (SITE-7).
func isBad(m statemsg.Message) bool {
	if m.Validate() != nil || m.TopicType == 500 && m.StateID > 3 {
		return true
	}
	if m.TopicType != 700 || m.TopicID != "refresh" {
		return false
	}
	if m.StateID != 1 || len(m.Params) != 2 {
		return true
	}
	from, err1 := strconv.ParseUint(m.Params[0], 10, 63)
	request, err2 := strconv.ParseUint(m.Params[1], 10, 63)
	if err1 != nil || err2 != nil || from < 1 || from > m.Serial {
		return true
	}
	return strconv.FormatUint(from, 10) != m.Params[0] || strconv.FormatUint(request, 10) != m.Params[1]
}

// equal says whether two messages say the same.
func equal(a, b statemsg.Message) bool {
	same := a.TopicType == b.TopicType && a.TopicID == b.TopicID && a.IDType == b.IDType && a.StateID == b.StateID
	same = same && a.Criticality == b.Criticality && a.Details == b.Details && a.Time.Equal(b.Time)
	return same && slices.Equal(a.Params, b.Params)
}

func (m *Model) keep(c *client, rec record, now time.Time) {
	c.counts.Bad++
	if m.wrong("site-bad-not-kept") {
		return
	}
	m.kept = append(m.kept, site.Kept{Client: c.id, Received: now, TopicType: rec.TopicType, TopicID: rec.TopicID, Serial: rec.Serial})
}

// has says whether a serial has arrived in this life, or was replaced.
func (c *client) has(serial uint64) bool {
	_, missing := c.missing[serial]
	return serial <= c.highest && !missing
}

// last are the batches that are remembered.
func (c *client) last() []site.Batch {
	return c.batches[max(0, len(c.batches)-site.MaxBatches):]
}

func (c *client) remembers(b site.Batch) bool {
	return slices.ContainsFunc(c.last(), func(o site.Batch) bool {
		return o.First == b.First && o.Count == b.Count && o.Date.Equal(b.Date)
	})
}

func (c *client) earlierLife(b site.Batch, now time.Time, period time.Duration) bool {
	return c.life > 1 && b.Date.Before(c.lifeDate) && now.Before(c.lifeSince.Add(period)) && b.First != c.highest+1
}

// effect lets a message take effect.
func (m *Model) effect(c *client, now time.Time, msg statemsg.Message) {
	c.counts.Messages++
	c.take(site.Row{Client: c.id, Life: c.life, Received: now, Message: msg})
}

// number takes in the messages with serials, ascending.
func (m *Model) number(c *client, now time.Time, numbered []record) {
	for _, rec := range numbered {
		n := rec.Serial
		if c.has(n) {
			m.repeat(c, 1)
			if m.wrong("site-last-arrival-wins") {
				c.take(site.Row{Client: c.id, Life: c.life, Received: now, Message: rec.Message})
			}
			continue
		}
		m.arrive(c, now, n, rec.bad)
		if rec.bad {
			m.keep(c, rec, now)
			continue
		}
		old, ok := m.row(c, rec.TopicType, rec.TopicID)
		if ok && old.Life == c.life && old.Message.Serial == n { // it had arrived, and merging made it missing again
			m.repeat(c, 1)
			continue
		}
		m.effect(c, now, rec.Message)
		m.marker(c, rec.Message)
	}
}

// arrive notes that a serial is there, and which below it are missing (SITE-3).
func (m *Model) arrive(c *client, now time.Time, serial uint64, bad bool) {
	if m.wrong("site-bad-missing") && bad && serial < c.highest {
		return
	}
	if since, late := c.missing[serial]; late && !m.wrong("site-gap-never-closed") {
		delete(c.missing, serial)
		for step := range []int{0, 1} { // its neighbours, down and up
			for n := serial; ; {
				n = n - 1 + 2*uint64(step)
				if _, ok := c.missing[n]; !ok {
					break
				}
				if m.wrong("site-gap-closed-whole") {
					delete(c.missing, n)
				} else if m.wrong("site-gap-renewed") {
					c.missing[n] = now
				} else {
					c.missing[n] = since
				}
			}
		}
	}
	first := c.highest == 0 && m.wrong("site-first-gap-ignored")
	for n := c.highest + 1; n < serial && !first && !m.wrong("site-gap-ignored"); n++ {
		c.missing[n] = now
	}
	c.highest = max(c.highest, serial)
	if m.wrong("site-bad-missing") && bad {
		c.missing[serial] = now
	}
	for len(c.ranges()) > site.MaxRanges {
		c.merge()
	}
}

// merge makes one range of the two that are nearest to one another.
func (c *client) merge() {
	all := c.ranges()
	var from, to uint64
	var since time.Time
	nearest := uint64(0)
	for i := 1; i < len(all); i++ {
		if d := all[i].From - all[i-1].To; nearest == 0 || d < nearest {
			nearest, from, to, since = d, all[i-1].From, all[i].To, all[i-1].Since
			if all[i].Since.Before(since) {
				since = all[i].Since
			}
		}
	}
	for n := from; n <= to; n++ {
		c.missing[n] = since
	}
}
