package site

import (
	"math"
	"slices"
	"time"
)

// Bounds of what a site keeps of a client besides its rows.
const (
	// MaxRanges is the most missing ranges of a client. When there is one more,
	// the two that lie nearest to one another become one (SITE-3).
	MaxRanges = 32
	// MaxBatches is how many of the last batches of a client are remembered.
	MaxBatches = 3
	// MaxTextBytes is how much of the texts of a report's header is kept, in
	// bytes of UTF-8.
	MaxTextBytes = 32
	// MaxClientBytes bounds the stored form of a client.
	MaxClientBytes = 1024
)

// Client is what a site knows of a client besides its rows. It is a value of at
// most MaxClientBytes in its stored form, however many reports there were. The
// zero value is a client that the site does not know.
//
// Times are those of the site's clock unless said otherwise, in UTC and whole
// seconds. A copy shares Missing and Batches with the original; nothing in this
// package modifies them in place.
type Client struct {
	// ID is the client's id as NormalID gives it.
	ID string `json:"id"`
	// Off says that the owner of the site has switched the feature off for the
	// client, as far as the site was told (SITE-6).
	Off bool `json:"off,omitzero"`

	// Version and NetBIOSName are those of the newest report, by its date, cut to
	// MaxTextBytes.
	Version     string `json:"version,omitzero"`
	NetBIOSName string `json:"netbios_name,omitzero"`

	// Life counts how often the client began its serials, from 1; 0 before its
	// first report. Each reset adds 1 (SITE-5).
	Life uint32 `json:"life"`
	// LifeDate is the date, by the client's clock, of the report that revealed
	// the last reset, and LifeSince when it came; zero without a reset.
	LifeDate  time.Time `json:"life_date,omitzero"`
	LifeSince time.Time `json:"life_since,omitzero"`
	// Highest is the highest serial of this life that has arrived; 0 for none.
	Highest uint64 `json:"highest"`
	// Missing are the serials below Highest that have not arrived, ascending
	// and apart from one another (SITE-3).
	Missing []Range `json:"missing,omitempty"`
	// Batches are the last reports with serials that were taken in, the newest
	// last.
	Batches []Batch `json:"batches,omitempty"`
	// FirstDate is the date, by the client's clock, of the report that brought the
	// serial 1 of this life; zero if none did.
	FirstDate time.Time `json:"first_date,omitzero"`
	// LastDate is the latest date, by the client's clock, of a report with
	// serials in this life; zero for none.
	LastDate time.Time `json:"last_date,omitzero"`

	// Refresh is the refresh that has not all arrived; zero for none (SITE-9).
	Refresh Refresh `json:"refresh,omitzero"`
	// RefreshedFrom is the highest first serial of a refresh of this life that has
	// all arrived; 0 for none. What was below it is replaced.
	RefreshedFrom uint64 `json:"refreshed_from,omitzero"`
	// Resync is the last resync asked for (SITE-4, SITE-5).
	Resync Resync `json:"resync,omitzero"`

	// FirstHeard and LastHeard are when the first and the last report came; zero
	// if none did.
	FirstHeard time.Time `json:"first_heard,omitzero"`
	LastHeard  time.Time `json:"last_heard,omitzero"`
	Counts     Counts    `json:"counts,omitzero"`
}

// Range is a range of serials that are missing (SITE-3).
type Range struct {
	From  uint64    `json:"from"`  // the first that is missing
	To    uint64    `json:"to"`    // the last that is missing
	Since time.Time `json:"since"` // when it was first seen that they are
}

// Batch is one report with serials, as far as it is needed to know it again
// (MSG-6).
type Batch struct {
	First uint64    `json:"first"` // its lowest serial
	Count int       `json:"count"` // how many messages with serials it has
	Date  time.Time `json:"date"`  // by the client's clock; microseconds
	Life  uint32    `json:"life"`  // the life in which it was taken in
}

// Refresh is a full refresh whose marker has arrived (SITE-9): the client's whole
// knowledge is in the serials From to Marker.
type Refresh struct {
	From    uint64 `json:"from"`
	Marker  uint64 `json:"marker"`
	Request uint64 `json:"request"` // the request it answers; 0 = none
}

// Resync is a resync that the site asks of a client, and what became of it
// (SITE-4, SITE-5). The zero value says that none was ever asked for.
type Resync struct {
	// Number is the number of the last request; they count from 1.
	Number uint64 `json:"number"`
	// Asked is when it was asked for.
	Asked time.Time `json:"asked,omitzero"`
	// Open says that the client has not answered it yet.
	Open bool `json:"open,omitzero"`
	// Wanted says that there is a reason for one more, which must wait because
	// the last is too recent (SITE-4).
	Wanted bool `json:"wanted,omitzero"`
	// Highest is the highest serial that had arrived when it was asked for. A
	// refresh recorded later answers it too.
	Highest uint64 `json:"highest,omitzero"`
}

// Counts count what has come from a client.
type Counts struct {
	Reports    uint64 `json:"reports,omitzero"`     // reports taken in, repeated ones too
	Messages   uint64 `json:"messages,omitzero"`    // messages that were neither repeated nor bad
	Duplicates uint64 `json:"duplicates,omitzero"`  // messages that had come before (SITE-2)
	Stale      uint64 `json:"stale,omitzero"`       // messages of an earlier life, not taken in
	Bad        uint64 `json:"bad,omitzero"`         // bad records, not taken in (SITE-7)
	BadReports uint64 `json:"bad_reports,omitzero"` // bad reports (SITE-7)
}

// Known says whether the site knows the client at all.
func (c *Client) Known() bool { return c.ID != "" }

// Heard says whether a report of the client was ever taken in.
func (c *Client) Heard() bool { return !c.FirstHeard.IsZero() }

// Asks is the number of the resync request that is open, 0 for none: what the
// answer to a report carries.
func (c *Client) Asks() uint64 {
	if !c.Resync.Open {
		return 0
	}
	return c.Resync.Number
}

// Resets is how often the client was reset (SITE-5).
func (c *Client) Resets() int { return int(max(c.Life, 1) - 1) }

// MissingSerials is how many serials are missing.
func (c *Client) MissingSerials() uint64 {
	n := uint64(0)
	for _, r := range c.Missing {
		n += r.To - r.From + 1
	}
	return n
}

// MissingSince is when the range that is missing the longest was first seen; zero
// when nothing is missing.
func (c *Client) MissingSince() time.Time {
	var oldest time.Time
	for _, r := range c.Missing {
		if oldest.IsZero() || r.Since.Before(oldest) {
			oldest = r.Since
		}
	}
	return oldest
}

// Clone returns a client that shares nothing with c but texts.
func (c *Client) Clone() Client {
	d := *c
	d.Missing = slices.Clone(c.Missing)
	d.Batches = slices.Clone(c.Batches)
	return d
}

// seconds is t as the site keeps its own times.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// wireDate is the date of a report as the wire carries it.
func wireDate(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// add is a+b without wrapping around.
func add(a uint64, b int) uint64 {
	if b < 0 || uint64(b) > math.MaxInt64-min(a, math.MaxInt64) {
		return math.MaxInt64
	}
	return a + uint64(b)
}

// seen says whether a serial of this life has arrived, or was replaced by a
// refresh.
func (c *Client) seen(serial uint64) bool {
	if serial > c.Highest {
		return false
	}
	_, missing := c.missing(serial)
	return !missing
}

// missing is the place of the range that holds a serial, or where one would be.
func (c *Client) missing(serial uint64) (int, bool) {
	if len(c.Missing) == 0 {
		return 0, false
	}
	i, _ := slices.BinarySearchFunc(c.Missing, serial, func(r Range, n uint64) int {
		if r.To < n {
			return -1
		}
		return 1
	})
	return i, i < len(c.Missing) && c.Missing[i].From <= serial
}

// cut is s up to MaxTextBytes, between characters.
func cut(s string) string {
	if len(s) <= MaxTextBytes {
		return s
	}
	n := MaxTextBytes
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
