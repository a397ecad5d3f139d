package ttl

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrNotLoaded is what [Cache.Fault] tells of a cache that has not read its
// store yet.
var ErrNotLoaded = errors.New("ttl: the store is not loaded yet")

// CacheConfig is what [NewCache] needs.
type CacheConfig struct {
	// Store keeps the entry. It is required, and nothing else should save to
	// it.
	Store Store
	// Policy is the freshness rule. The zero Policy is the default; what
	// [Policy.Validate] refuses is refused.
	Policy Policy
}

// ConfigError says which field of a [CacheConfig] is refused.
type ConfigError struct {
	// Field is "Store" or "Policy".
	Field string
	// Err says why, a [*PolicyError] for the policy. It is nil for a field
	// that is required and missing.
	Err error
}

// Error names the field and why it is refused.
func (e *ConfigError) Error() string {
	if e.Err == nil {
		return "ttl: config: " + e.Field + ": is required"
	}
	return "ttl: config: " + e.Field + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *ConfigError) Unwrap() error { return e.Err }

// AbsentError says that there is no metadata, and why. It matches both
// [ErrAbsent] and Why.
type AbsentError struct {
	// Why is not nil. It is what [Cache.Fault] returns.
	Why error
}

// Error is that metadata is absent, and why.
func (e *AbsentError) Error() string { return ErrAbsent.Error() + ": " + e.Why.Error() }

// Unwrap returns [ErrAbsent] and Why.
func (e *AbsentError) Unwrap() []error { return []error{ErrAbsent, e.Why} }

// Retrieved is what an online scan retrieved.
type Retrieved struct {
	// Version is the content version of the metadata; zero is not known.
	Version Version
	// Source names the server it came from, at most [MaxSourceBytes].
	Source string
	// Data is the metadata, at most [MaxDataBytes].
	Data []byte
}

// Cache keeps the metadata last retrieved, with its stamp, in memory and in a
// [Store]. What moves the stamp is listed in the package comment; reading
// never does (TTL-5).
//
// It is safe for concurrent use. Check, Get and Fault take no lock and never
// wait, not even for a Complete that is being stored. Load, Complete and
// Clear wait for each other, or until their context is done. The zero Cache
// is invalid; use [NewCache].
type Cache struct {
	store  Store
	policy Policy
	// writing holds one token while a Load, Complete or Clear runs. It is a
	// channel because waiting for it ends with a context.
	writing chan struct{}
	// state is never nil and what it points to never changes.
	state atomic.Pointer[cacheState]
}

// cacheState is what is in force: an entry, or none and perhaps a fault.
type cacheState struct {
	entry  Entry
	fault  error // why entry is absent, if for more than that nothing is stored
	loaded bool  // the store's contents are known
	// completions counts the calls of Complete that took effect. It tells a
	// call that had to wait whether another overtook it.
	completions uint64
}

// NewCache returns a cache over the configured store. It does not touch the
// store: until [Cache.Load] or [Cache.Complete] the metadata is absent. The
// error is a [*ConfigError].
func NewCache(cfg CacheConfig) (*Cache, error) {
	if cfg.Store == nil {
		return nil, &ConfigError{Field: "Store"}
	}
	if err := cfg.Policy.Validate(); err != nil {
		return nil, &ConfigError{Field: "Policy", Err: err} // TTL-1
	}
	c := &Cache{store: cfg.Store, policy: cfg.Policy, writing: make(chan struct{}, 1)}
	c.state.Store(&cacheState{fault: ErrNotLoaded})
	return c, nil
}

// Check tells whether the metadata in force may serve, at now, a request that
// requires the given version (zero: none). It is [Policy.Check] on the stamp
// in force. It changes nothing (TTL-5) and does not allocate.
//
// The entry may change between a Check and a Get. Who must have both of the
// same moment calls Get and applies the policy to the entry's stamp.
func (c *Cache) Check(required Version, now time.Time) (v Verdict) {
	c.policy.CheckInto(&v, c.state.Load().entry.Stamp, required, now)
	return v
}

// Get returns the metadata in force, whatever its age. Its Data is shared and
// must not be modified.
//
// When there is none the error matches [ErrAbsent] (TTL-3). If that is for
// another reason than that nothing was stored, it is an [*AbsentError] and
// matches that reason too, such as [ErrDamaged].
func (c *Cache) Get() (Entry, error) {
	state := c.state.Load()
	if state.entry.Stamp.Present() {
		return state.entry, nil
	}
	if state.fault != nil {
		return Entry{}, &AbsentError{Why: state.fault}
	}
	return Entry{}, ErrAbsent
}

// Fault tells why the metadata is absent, if it is for another reason than
// that nothing was ever stored or that it was cleared: a [*StoredError] for a
// store that is damaged or foreign, the store's error if it could not be
// read, [ErrNotLoaded] before the first Load. It is nil while metadata is in
// force. The next Complete mends every fault.
func (c *Cache) Fault() error { return c.state.Load().fault }

// Load reads the store and makes what it holds the metadata in force. It is
// meant to be called once, at the start, and may be called again to follow
// what another process saved, or after an error.
//
// It returns nil when the store holds an entry or nothing. It returns an
// error that wraps a [*StoredError] when the store is damaged or foreign: the
// metadata is then absent, the cache is usable, and the store is left as it
// is. If the store could not be read, or the context was done while Load
// waited for its turn, it returns that error, and an entry that was in force
// stays in force.
func (c *Cache) Load(ctx context.Context) error {
	if err := c.lock(ctx); err != nil {
		return fmt.Errorf("ttl: load: %w", err)
	}
	defer c.unlock()
	if err := c.load(ctx); err != nil {
		return fmt.Errorf("ttl: load: %w", err)
	}
	return nil
}

// load is Load for who holds the lock.
func (c *Cache) load(ctx context.Context) error {
	next := cacheState{loaded: true, completions: c.state.Load().completions}
	blob, err := c.store.Load(ctx)
	if err == nil {
		next.entry, next.fault = DecodeEntry(blob)
		if errors.Is(next.fault, ErrAbsent) {
			next.fault = nil // TTL-3: an empty blob
		}
	} else if !errors.Is(err, ErrAbsent) {
		c.unreadable(err)
		return err
	}
	c.state.Store(&next)
	return next.fault
}

// unreadable notes that the store gave an error instead of its contents. What
// is in force stays (TTL-6); if nothing is, the error is why.
func (c *Cache) unreadable(err error) {
	state := *c.state.Load()
	if state.entry.Stamp.Present() || state.loaded {
		return
	}
	state.fault = err
	c.state.Store(&state)
}

// Complete stores what an online scan retrieved, stamped with the time at
// which the scan completed, and then makes it the metadata in force. Call it
// when, and only when, an online scan that retrieved metadata has completed
// (TTL-4): not for a scan that was answered from local metadata (TTL-5), nor
// for one that failed or was cancelled (TTL-6).
//
// It happens whole or not at all: if the store fails, or the context is done
// before Complete's turn comes, the entry that was in force stays in force,
// with its stamp, and the error is returned (TTL-6). Data that is too large
// is a [*SizeError]. The data is copied.
//
// A completion time before the stamp in force is taken too: scans run one at
// a time, so it means that the clock was moved back. Only when another
// Complete with a later time overtook this one while it waited, that one
// stays, and nil is returned. A time outside the years 1678 to 2261, such as
// the zero time, is stored, but never fresh.
func (c *Cache) Complete(ctx context.Context, completed time.Time, got Retrieved) error {
	entry := Entry{
		Stamp:  NewStamp(completed, got.Version), // TTL-4
		Source: got.Source,
		Data:   got.Data,
	}
	if err := entry.Validate(); err != nil {
		return fmt.Errorf("ttl: complete: %w", err)
	}
	before := c.state.Load().completions
	if err := c.lock(ctx); err != nil {
		return fmt.Errorf("ttl: complete: %w", err) // TTL-6
	}
	defer c.unlock()
	current := c.state.Load()
	if current.completions != before && current.entry.Stamp.at > entry.Stamp.at && current.entry.Stamp.Present() {
		return nil
	}

	blob := AppendEntry(make([]byte, 0, entryHeader+len(got.Source)+len(got.Data)+entryTrailer), entry)
	if err := c.store.Save(ctx, blob); err != nil {
		return fmt.Errorf("ttl: complete: %w", err) // TTL-6
	}
	// The caller keeps its data; ours is in the blob.
	entry.Data = nil
	if sum := len(blob) - entryTrailer; len(got.Data) > 0 {
		entry.Data = blob[sum-len(got.Data) : sum : sum]
	}
	c.state.Store(&cacheState{entry: entry, loaded: true, completions: current.completions + 1})
	return nil
}

// Clear forgets the metadata and its stamp, as clearing the scan history does
// (TTL-3): it saves an empty blob. If that fails, everything stays as it was
// and the error is returned.
//
// A cache that is absent already saves nothing. So a damaged or foreign store
// stays as it is, and so does its fault. A cache that is not loaded is loaded
// first.
func (c *Cache) Clear(ctx context.Context) error {
	if err := c.lock(ctx); err != nil {
		return fmt.Errorf("ttl: clear: %w", err)
	}
	defer c.unlock()
	if !c.state.Load().loaded {
		err := c.load(ctx)
		if err != nil && !c.state.Load().loaded {
			return fmt.Errorf("ttl: clear: %w", err)
		}
	}
	state := c.state.Load()
	if !state.entry.Stamp.Present() {
		return nil
	}
	if err := c.store.Save(ctx, nil); err != nil {
		return fmt.Errorf("ttl: clear: %w", err)
	}
	c.state.Store(&cacheState{loaded: true, completions: state.completions})
	return nil
}

// lock waits for the turn to change what is in force. A context that is done
// never gets it.
func (c *Cache) lock(ctx context.Context) error {
	select {
	case c.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	// Where both were ready, the choice was random.
	if err := ctx.Err(); err != nil {
		c.unlock()
		return err
	}
	return nil
}

func (c *Cache) unlock() { <-c.writing }
