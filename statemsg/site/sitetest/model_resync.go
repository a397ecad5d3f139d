package sitetest

import (
	"strconv"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

func (m *Model) policy() site.Policy {
	p := m.Policy
	if p.MinMissingAge == 0 {
		p.MinMissingAge = 2880 * time.Minute
	}
	if p.MinResyncPeriod == 0 {
		p.MinResyncPeriod = 72 * time.Hour
	}
	return p
}

// isReset says whether a report shows that the client has begun again (SITE-5).
func (m *Model) isReset(c *client, b site.Batch, numbered []record) bool {
	if m.wrong("site-reset-ignored") {
		return false
	}
	for _, o := range c.last() {
		if o.Life == c.life && o.First == b.First { // it is no retry
			return !m.wrong("site-restart-ignored") || b.First != 1
		}
	}
	for _, rec := range numbered {
		if !c.has(rec.Serial) {
			continue
		}
		if rec.Serial == 1 && m.wrong("site-restart-ignored") {
			return false
		}
		if rec.Serial == 1 && !c.firstDate.IsZero() && !b.Date.Equal(c.firstDate) {
			return true
		}
		if !c.lastDate.IsZero() && b.Date.After(c.lastDate) {
			return true
		}
		if rec.Serial < c.refreshedFrom || rec.bad {
			continue
		}
		row, ok := m.row(c, rec.TopicType, rec.TopicID)
		if !ok || row.Life < c.life || row.Message.Serial < rec.Serial {
			if !m.wrong("site-other-topic-ignored") {
				return true
			}
			continue
		}
		if row.Message.Serial == rec.Serial && !equal(row.Message, rec.Message) {
			return true
		}
	}
	return false
}

// reset begins again (SITE-5).
func (m *Model) reset(c *client, now, date time.Time) {
	c.life++
	c.lifeDate, c.lifeSince = date, now
	c.firstDate, c.lastDate = time.Time{}, time.Time{}
	if !m.wrong("site-reset-keeps-highest") {
		c.highest = 0
	}
	c.missing = make(map[uint64]time.Time)
	c.refresh, c.refreshedFrom = site.Refresh{}, 0
	c.resync.Highest = 0
	if m.wrong("site-reset-drops-rows") {
		c.taken = nil
		c.changes++
	}
	if !m.wrong("site-reset-without-resync") {
		if !m.ask(c, now) && !m.wrong("site-reset-forgets-wish") {
			c.resync.Wanted = true
		}
	}
}

// ask asks for a resync if it may (SITE-4).
func (m *Model) ask(c *client, now time.Time) bool {
	again := c.resync.Asked.Add(m.policy().MinResyncPeriod)
	tooSoon := now.Before(again)
	if m.wrong("site-resync-period-exclusive") {
		tooSoon = !now.After(again)
	}
	if c.resync.Number > 0 && tooSoon && !now.Before(c.resync.Asked) && !m.wrong("site-resync-every-check") {
		return false
	}
	number := c.resync.Number + 1
	if m.wrong("site-resync-number-kept") {
		number = max(c.resync.Number, 1)
	}
	c.resync = site.Resync{Number: number, Asked: now, Open: true, Highest: c.highest}
	return true
}

// Check asks for the resyncs that are due and returns of which clients.
func (m *Model) Check(now time.Time) (asked []string) {
	now = whole(now)
	for _, id := range m.Clients() {
		c := m.clients[id]
		due := c.resync.Wanted
		for _, since := range c.missing {
			limit := since.Add(m.policy().MinMissingAge)
			if now.After(limit) || now.Equal(limit) && m.wrong("site-missing-age-inclusive") {
				due = true
			}
		}
		if due && m.ask(c, now) {
			asked = append(asked, id)
		}
	}
	return asked
}

// marker notes a refresh whose marker has come (SITE-9).
func (m *Model) marker(c *client, msg statemsg.Message) {
	if msg.TopicType != 700 || msg.TopicID != "refresh" {
		return
	}
	from, _ := strconv.ParseUint(msg.Params[0], 10, 64)
	request, _ := strconv.ParseUint(msg.Params[1], 10, 64)
	if c.resync.Open && c.resync.Number == request {
		c.resync.Open = false
	}
	if msg.Serial > c.refresh.Marker || m.wrong("site-old-refresh-counts") {
		c.refresh = site.Refresh{From: from, Marker: msg.Serial, Request: request}
	}
}

// finish lets a refresh that has all arrived replace what was there (SITE-9).
func (m *Model) finish(c *client) {
	f := c.refresh
	if f.Marker == 0 {
		return
	}
	for n := f.From; n <= f.Marker; n++ {
		if !c.has(n) && !m.wrong("site-refresh-at-marker") {
			return
		}
	}
	var left []site.Row
	for _, r := range c.taken {
		before := r.Life < c.life || r.Message.Serial < f.From
		if m.wrong("site-refresh-inclusive") {
			before = before || r.Message.Serial == f.From
		}
		if !before || m.wrong("site-refresh-merges") {
			left = append(left, r)
		}
	}
	c.taken = left
	c.changes++
	for n := range c.missing {
		if n < f.From && !m.wrong("site-refresh-keeps-gaps") {
			delete(c.missing, n)
		}
	}
	c.refresh, c.refreshedFrom = site.Refresh{}, max(c.refreshedFrom, f.From)
	if c.resync.Open && f.Marker > c.resync.Highest {
		c.resync.Open = false
	}
	c.resync.Wanted = false
}
