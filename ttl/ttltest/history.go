package ttltest

import (
	"time"

	"github.com/updatescan/updatescan/ttl"
)

// History is the second half of the rules: what moves the stamp (TTL-4,
// TTL-5, TTL-6). It is told what happens to a client and keeps the stamp and
// nothing else. The zero History is a new client under the default policy.
// It is not safe for concurrent use.
type History struct {
	// Mistake is as in [Model].
	Mistake string
	// Policy is the freshness rule's configuration.
	Policy ttl.Policy

	stamp ttl.Stamp
}

// Retrieved is told that an online scan that retrieved metadata of version v
// completed. Only this moves the stamp (TTL-4), and when it began makes no
// difference.
func (h *History) Retrieved(started, completed time.Time, v ttl.Version) {
	if h.Mistake == "ttl-stamp-keeps-phase" && h.Check(0, completed).Reason == ttl.WithinTTL {
		return
	}
	if h.Mistake == "ttl-stamp-at-start" {
		completed = started
	}
	h.stamp = ttl.NewStamp(completed, v) // TTL-4
}

// AnsweredLocally is told that a scan that used local metadata completed. It
// moves nothing (TTL-5).
func (h *History) AnsweredLocally(at time.Time) {
	if h.Mistake == "ttl-sliding" {
		h.move(at)
	}
}

// Failed is told that an online scan failed. It moves nothing (TTL-6).
func (h *History) Failed(at time.Time) {
	if h.Mistake == "ttl-failure-counts" {
		h.move(at)
	}
	if h.Mistake == "ttl-failure-clears" {
		h.Cleared()
	}
}

// Cancelled is told that an online scan was cancelled. It moves nothing
// (TTL-6).
func (h *History) Cancelled(at time.Time) {
	if h.Mistake == "ttl-cancel-counts" {
		h.move(at)
	}
}

// Cleared is told that the scan history was cleared: the metadata is absent
// (TTL-3).
func (h *History) Cleared() { h.stamp = ttl.Stamp{} }

// Stamp is the stamp in force, absent before the first Retrieved and after
// Cleared.
func (h *History) Stamp() ttl.Stamp { return h.stamp }

// Check is the freshness rule for the stamp in force.
func (h *History) Check(required ttl.Version, now time.Time) ttl.Verdict {
	return Model{Mistake: h.Mistake}.Check(h.Policy, h.stamp, required, now)
}

// move is the mistake of counting what does not count: the stamp, if there is
// one, is now that of another time.
func (h *History) move(at time.Time) {
	if h.stamp.Present() {
		h.stamp = ttl.NewStamp(at, h.stamp.Version())
	}
}
