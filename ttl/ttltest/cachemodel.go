package ttltest

import (
	"time"

	"github.com/updatescan/updatescan/ttl"
)

// CacheModel is [ttl.Cache] again, without concurrency and bytes: what is in
// force, what is stored, and why nothing is in force. The zero CacheModel is
// a cache that did not load yet, over an empty store; begin with Restart. It
// is not safe for concurrent use.
type CacheModel struct {
	// InForce is the entry in force, absent if there is none.
	InForce ttl.Entry
	// Why is why nothing is in force, as [ttl.Cache.Fault] tells it: nil when
	// something is, or when nothing was ever stored.
	Why error
	// Loaded says that the store was read, or written, since the start.
	Loaded bool

	// Stored is what the store holds.
	Stored ttl.Entry
	// Damaged says that somebody altered what it holds.
	Damaged bool
}

// Restart begins anew over what is stored.
func (m *CacheModel) Restart() {
	m.InForce, m.Why, m.Loaded = ttl.Entry{}, ttl.ErrNotLoaded, false
}

// Load is [ttl.Cache.Load] of a store that fails with an error, or that does
// not, for nil. It returns the error that Load is to match.
func (m *CacheModel) Load(fails error) error {
	if fails != nil {
		if !m.Loaded {
			m.Why = fails
		}
		return fails // TTL-6: what is in force stays
	}
	m.InForce, m.Why, m.Loaded = m.Stored, nil, true
	if m.Damaged {
		m.InForce, m.Why = ttl.Entry{}, ttl.ErrDamaged // TTL-3
	}
	return m.Why
}

// Complete is [ttl.Cache.Complete]: got was retrieved by a scan that completed
// at a time. It returns the error that Complete is to match.
func (m *CacheModel) Complete(completed time.Time, got ttl.Retrieved, fails error) error {
	if fails != nil {
		return fails // TTL-6
	}
	m.save(ttl.Entry{Stamp: ttl.NewStamp(completed, got.Version), Source: got.Source, Data: got.Data}) // TTL-4
	return nil
}

// Clear is [ttl.Cache.Clear]. What fails is its one call to save; Saves tells
// whether it makes it.
func (m *CacheModel) Clear(fails error) error {
	if !m.Loaded {
		_ = m.Load(nil)
	}
	if !m.Saves() {
		return nil
	}
	if fails != nil {
		return fails // TTL-6
	}
	m.save(ttl.Entry{}) // TTL-3
	return nil
}

// Saves reports whether a Clear now has anything to clear.
func (m *CacheModel) Saves() bool { return m.InForce.Stamp.Present() }

// Damage is that somebody alters what the store holds.
func (m *CacheModel) Damage() { m.Damaged = true }

// save makes the entry the one stored and in force.
func (m *CacheModel) save(e ttl.Entry) {
	m.InForce, m.Stored = e, e
	m.Why, m.Loaded, m.Damaged = nil, true, false
}
