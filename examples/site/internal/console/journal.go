package console

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/updatescan/updatescan/statemsg/site"
)

// MaxEntries is how many entries a Journal holds; the oldest are dropped.
const MaxEntries = 500

// Entry is something that happened at the site.
type Entry struct {
	At           time.Time
	Client, Name string
	Text         string
}

// Journal keeps what happened at the site. The zero value is empty and ready. Safe
// for concurrent use.
type Journal struct {
	mu      sync.Mutex
	entries []Entry
}

// Observe takes in what a plan did. It is for the Observe of a site.Config.
func (j *Journal) Observe(p *site.Plan) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range p.Events {
		text := describe(e)
		if text == "" {
			continue
		}
		if len(j.entries) == MaxEntries {
			j.entries = slices.Delete(j.entries, 0, 1)
		}
		j.entries = append(j.entries, Entry{At: p.At, Client: p.Client.ID, Name: nameOf(&p.Client), Text: text})
	}
}

// Newest returns the entries, the newest first.
func (j *Journal) Newest() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	entries := slices.Clone(j.entries)
	slices.Reverse(entries)
	return entries
}

// describe says in words what happened; empty for what is not worth it.
func describe(e site.Event) string {
	switch e.Kind {
	case site.GapOpened:
		return "missing since now: " + serials(e.From, e.To)
	case site.GapNarrowed:
		return "late, and no longer missing: " + serials(e.From, e.To)
	case site.GapClosed:
		return "no longer missing, the last of their range: " + serials(e.From, e.To)
	case site.GapReplaced:
		return "missing, and replaced by a full refresh: " + serials(e.From, e.To)
	case site.GapsMerged:
		return "too many missing ranges: two were made one, with " + serials(e.From, e.To)
	case site.Duplicates:
		return count(int(min(e.Number, math.MaxInt)), "message", "messages") + " came again and changed nothing"
	case site.StaleReport:
		return count(int(min(e.Number, math.MaxInt)), "message", "messages") + " of an earlier life of the client came too late"
	case site.ClientReset:
		return fmt.Sprintf("the client began its serials again, seen at serial %d: %s", e.From, e.Reason)
	case site.ResyncAsked:
		return fmt.Sprintf("resync %d is asked for: %s", e.Number, e.Reason)
	case site.ResyncAnswered:
		return fmt.Sprintf("resync %d is answered", e.Number)
	case site.RefreshArriving:
		return fmt.Sprintf("a full refresh arrives, %s; %d are missing still", serials(e.From, e.To), e.Number)
	case site.RefreshComplete:
		return "a full refresh has replaced what was there: " + serials(e.From, e.To)
	case site.BadRecord:
		return fmt.Sprintf("bad record with serial %d: %s", e.From, e.Reason)
	case site.FirstReport: // all clients have one
	}
	return ""
}

// serials is a range of serials in words.
func serials(from, to uint64) string {
	if from == to {
		return fmt.Sprintf("serial %d", from)
	}
	return fmt.Sprintf("serials %d to %d", from, to)
}

// nameOf is what a client is called.
func nameOf(c *site.Client) string {
	if c.NetBIOSName != "" {
		return c.NetBIOSName
	}
	return c.ID
}
