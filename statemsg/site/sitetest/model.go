package sitetest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Model is the reference model of a site (SITE-2 to SITE-10): everything that ever
// came is kept in lists, every serial by itself, and every answer is worked out from
// the beginning. It shares the types of package site with it and no code that
// decides.
//
// It is laxer in one point: it keeps a note of each missing serial, so it is no use
// for gaps of more than some ten thousand.
//
// The zero value is empty and ready. Not safe for concurrent use.
type Model struct {
	// Mistake plants one of the mistakes that [Mistakes] lists by its id; empty for
	// none; an id that is not there has no effect.
	Mistake string
	// Policy is the site's; the zero value means the defaults.
	Policy site.Policy

	clients map[string]*client
	kept    []site.Kept
}

// client is all that the model knows of a client.
type client struct {
	id, version, name     string
	off                   bool
	life                  uint32
	firstHeard, lastHeard time.Time
	lifeSince, lifeDate   time.Time
	firstDate, lastDate   time.Time
	highest               uint64
	missing               map[uint64]time.Time // serial -> since when it is missing
	batches               []site.Batch         // all that ever came
	refresh               site.Refresh
	refreshedFrom         uint64
	resync                site.Resync
	counts                site.Counts
	taken                 []site.Row // all messages that took effect and were not replaced

	// What Rows found last, and when taken had changed so often and was so long.
	// Tests ask for it again and again.
	rows            []site.Row
	changes         int
	rowsAt, rowsLen int
}

// take adds a row to those taken.
func (c *client) take(r site.Row) {
	c.taken = append(c.taken, r)
	c.changes++
}

// Mistakes are the mistakes that a [Model] can make, by id, with what is done wrong.
func Mistakes() map[string]string {
	return map[string]string{
		"site-repeat-counts":           "SITE-2: a repeated message counts as a new one",
		"site-last-arrival-wins":       "SITE-2: the message that comes last wins, whatever its serial",
		"site-newest-time-wins":        "SITE-2: the message with the later time wins, whatever its serial",
		"site-life-forgotten":          "SITE-5: a row of an earlier life wins if its serial is higher",
		"site-gap-ignored":             "SITE-3: gaps are not kept",
		"site-gap-never-closed":        "SITE-3: a late arrival closes nothing",
		"site-gap-closed-whole":        "SITE-3: a late arrival closes the whole range",
		"site-gap-renewed":             "SITE-3: a late arrival renews the time of what is left of the range",
		"site-first-gap-ignored":       "SITE-3: what is missing before a client's first serial is not kept",
		"site-missing-age-inclusive":   "SITE-4: exactly 2880 minutes are too long",
		"site-resync-every-check":      "SITE-4: a resync is asked for at every check",
		"site-resync-period-exclusive": "SITE-4: exactly 72 hours are too soon",
		"site-resync-number-kept":      "SITE-4: a new request has the number of the last",
		"site-reset-ignored":           "SITE-5: a serial with other content is a repeat",
		"site-restart-ignored":         "SITE-5: a restart from 1 is not noticed",
		"site-other-topic-ignored":     "SITE-5: a serial that another topic had is a repeat",
		"site-reset-without-resync":    "SITE-5: a reset asks for nothing",
		"site-reset-keeps-highest":     "SITE-5: serials go on after a reset",
		"site-reset-drops-rows":        "SITE-5: a reset removes the rows at once",
		"site-reset-forgets-wish":      "SITE-5: a resync that must wait is forgotten",
		"site-refresh-merges":          "SITE-9: a refresh removes nothing",
		"site-refresh-at-marker":       "SITE-9: the marker replaces the rows although parts of the refresh are missing",
		"site-refresh-inclusive":       "SITE-9: the first message of the refresh is removed too",
		"site-refresh-keeps-gaps":      "SITE-9: missing ranges before the refresh stay",
		"site-old-refresh-counts":      "SITE-9: of two refreshes that are arriving the one whose marker comes last counts",
		"site-bad-stops":               "SITE-7: a bad record stops the rest of its report",
		"site-bad-missing":             "SITE-7: the serial of a bad record stays missing",
		"site-bad-not-kept":            "SITE-7: a bad record is not kept",
		"site-unheard-left-out":        "SITE-8: a client that was never heard of does not count",
		"site-reported-unknown-left":   "SITE-8: a client that reports 500/0 does not count",
	}
}

func (m *Model) wrong(id string) bool { return m.Mistake == id }

// get returns a client that is known from now on.
func (m *Model) get(id string) *client {
	id = normal(id)
	if m.clients == nil {
		m.clients = make(map[string]*client)
	}
	if m.clients[id] == nil {
		m.clients[id] = &client{id: id, missing: make(map[uint64]time.Time)}
	}
	return m.clients[id]
}

// normal is the id as a site keeps it.
func normal(id string) string {
	return "GUID:" + strings.ToUpper(strings.TrimPrefix(id, "GUID:"))
}

// Forget forgets a client; what was kept of it stays.
func (m *Model) Forget(id string) { delete(m.clients, normal(id)) }

// Register makes a client known.
func (m *Model) Register(id string, enabled bool) { m.get(id).off = !enabled }

// Reject counts a bad report, and notes that it is kept (SITE-7).
func (m *Model) Reject(id string, now time.Time) {
	id = normal(id)
	if c := m.clients[id]; c != nil {
		c.counts.BadReports++
	}
	m.kept = append(m.kept, site.Kept{Client: id, Report: true, Received: whole(now)})
}

// whole is a time of the site: UTC, whole seconds.
func whole(t time.Time) time.Time { return time.Unix(t.Unix(), 0).UTC() }

// Client is what the site knows of a client; ok is false when it knows nothing.
func (m *Model) Client(id string) (c site.Client, ok bool) {
	k := m.clients[normal(id)]
	if k == nil {
		return site.Client{}, false
	}
	c = site.Client{
		ID: k.id, Off: k.off, Version: k.version, NetBIOSName: k.name,
		Life: k.life, LifeDate: k.lifeDate, LifeSince: k.lifeSince, Highest: k.highest, Missing: k.ranges(),
		FirstDate: k.firstDate, LastDate: k.lastDate, Refresh: k.refresh, RefreshedFrom: k.refreshedFrom, Resync: k.resync,
		FirstHeard: k.firstHeard, LastHeard: k.lastHeard, Counts: k.counts,
	}
	c.Batches = slices.Clone(k.batches[max(0, len(k.batches)-site.MaxBatches):])
	return c, true
}

// ranges are the missing serials in ranges.
func (c *client) ranges() []site.Range {
	var all []site.Range
	for _, n := range slices.Sorted(maps.Keys(c.missing)) {
		if k := len(all); k > 0 && all[k-1].To+1 == n {
			all[k-1].To = n
			continue
		}
		all = append(all, site.Range{From: n, To: n, Since: c.missing[n]})
	}
	return all
}

// Clients are the ids of the clients known, in ascending order.
func (m *Model) Clients() []string { return slices.Sorted(maps.Keys(m.clients)) }

// Rows are the rows of a client, by topic type and id.
func (m *Model) Rows(id string) []site.Row {
	c := m.clients[normal(id)]
	if c == nil {
		return nil
	}
	if c.rowsAt != c.changes || c.rowsLen != len(c.taken) {
		c.rows, c.rowsAt, c.rowsLen = m.work(c), c.changes, len(c.taken)
	}
	return slices.Clone(c.rows)
}

// work works the rows of a client out.
func (m *Model) work(c *client) []site.Row {
	var rows []site.Row
	for _, row := range c.taken {
		i := slices.IndexFunc(rows, func(r site.Row) bool {
			return r.Message.TopicType == row.Message.TopicType && r.Message.TopicID == row.Message.TopicID
		})
		if i < 0 {
			rows = append(rows, row)
		} else if m.wins(row, rows[i]) {
			rows[i] = row
		}
	}
	slices.SortFunc(rows, func(a, b site.Row) int {
		if a.Message.TopicType != b.Message.TopicType {
			return int(a.Message.TopicType) - int(b.Message.TopicType)
		}
		return strings.Compare(a.Message.TopicID, b.Message.TopicID)
	})
	return rows
}

// wins says whether row, which came later than old, is the one to keep (SITE-2).
func (m *Model) wins(row, old site.Row) bool {
	a, b := row.Message, old.Message
	if m.wrong("site-last-arrival-wins") {
		return true
	}
	if m.wrong("site-newest-time-wins") && !a.Time.Equal(b.Time) {
		return a.Time.After(b.Time)
	}
	if a.Serial == 0 || b.Serial == 0 {
		if a.Serial == 0 && b.Serial == 0 {
			return a.Time.After(b.Time)
		}
		return b.Serial == 0
	}
	if row.Life != old.Life && !m.wrong("site-life-forgotten") {
		return row.Life > old.Life
	}
	return a.Serial > b.Serial
}

// row is the row of a topic.
func (m *Model) row(c *client, t statemsg.TopicType, id string) (site.Row, bool) {
	for _, r := range m.Rows(c.id) {
		if r.Message.TopicType == t && r.Message.TopicID == id {
			return r, true
		}
	}
	return site.Row{}, false
}

// Kept are the bad records and reports that are kept, the oldest first: only who,
// when, topic and serial.
func (m *Model) Kept() []site.Kept {
	return slices.Clone(m.kept[max(0, len(m.kept)-site.MaxKept):])
}

// Facts are what the site has about a client and an update.
func (m *Model) Facts(id, update string) site.Facts {
	var f site.Facts
	f.Client, _ = m.Client(id)
	for _, r := range m.Rows(id) {
		if r.Message.TopicType == statemsg.UpdateDetection && r.Message.TopicID == update {
			f.Detection = &r
		}
		if r.Message.TopicType == statemsg.UpdateSourceScan && (f.Scan == nil || r.Mark().Compare(f.Scan.Mark()) >= 0) {
			f.Scan = &r
		}
	}
	for _, k := range m.Kept() {
		if k.Client == f.Client.ID && (k.Report || k.TopicType == statemsg.UpdateDetection && k.TopicID == update) {
			f.Bad = true
		}
	}
	return f
}

// Why is why the state of the update on the client is Unknown; 0 when it is not
// (SITE-6).
func (m *Model) Why(id, update string) site.UnknownReason {
	f := m.Facts(id, update)
	c := f.Client
	reasons := []struct {
		is  bool
		why site.UnknownReason
	}{
		{f.Detection != nil && f.Detection.Message.StateID != 0, 0},
		{f.Detection != nil, site.ReportedUnknown},
		{c.Off, site.FeatureOff},
		{f.Bad, site.MessageBad},
		{c.Counts.Reports == 0, site.NeverHeard},
		{len(c.Missing) != 0 || c.Refresh.Marker != 0 || c.Resync.Open || c.Resync.Wanted, site.MessageLost},
		{f.Scan == nil, site.NeverScanned},
		{f.Scan != nil && slices.Contains([]statemsg.StateID{1, 2}, f.Scan.Message.StateID), site.ScanRunning},
		{f.Scan != nil && slices.Contains([]statemsg.StateID{4, 5}, f.Scan.Message.StateID), site.ScanFailed},
	}
	for _, r := range reasons {
		if r.is {
			return r.why
		}
	}
	return site.NothingReceived
}

// Summary counts the states of an update over all clients (SITE-8).
func (m *Model) Summary(update string) compliance.Summary {
	var s compliance.Summary
	for _, id := range m.Clients() {
		if m.wrong("site-unheard-left-out") && m.clients[id].counts.Reports == 0 {
			continue
		}
		row, ok := m.row(m.clients[id], statemsg.UpdateDetection, update)
		if m.wrong("site-reported-unknown-left") && ok && row.Message.StateID == 0 {
			continue
		}
		switch {
		case ok && row.Message.StateID == 1:
			s.NotRequired++
		case ok && row.Message.StateID == 2:
			s.Required++
		case ok && row.Message.StateID == 3:
			s.Installed++
		default:
			s.Unknown++
		}
	}
	return s
}

// Updates are the updates that any client has a row for.
func (m *Model) Updates() []string {
	set := make(map[string]bool)
	for id := range m.clients {
		for _, r := range m.Rows(id) {
			if r.Message.TopicType == statemsg.UpdateDetection {
				set[r.Message.TopicID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}
