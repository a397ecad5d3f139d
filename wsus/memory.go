package wsus

import (
	"context"
	"slices"
	"sync"
)

// StaticLocator is a [Locator] with fixed locations, for a client that has
// no management point. It answers every request with all of them, in order;
// [Choose] leaves out what does not fit. The zero StaticLocator has none. It
// is safe for concurrent use as long as it is not modified.
type StaticLocator []Location

// Locate returns a copy of the locations, or ctx's error if it is done.
func (l StaticLocator) Locate(ctx context.Context, _ LocateRequest) ([]Location, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return slices.Clone(l), nil
}

// MemPolicy is a [LocalPolicy] in memory: a local policy, and the policy of a
// domain over it if there is one. It is what a client that is not a Windows
// machine keeps for its own agent, and a stand-in for the registry
// elsewhere. The zero MemPolicy has neither. It is safe for concurrent use;
// it must not be copied after its first use.
type MemPolicy struct {
	mu     sync.Mutex
	local  Policy
	domain *Policy
	writes int
}

// Effective returns the domain's policy, with HigherAuthority set, if there
// is one, else the local policy; or ctx's error if it is done.
func (m *MemPolicy) Effective(ctx context.Context) (Policy, error) {
	if err := ctx.Err(); err != nil {
		return Policy{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.domain != nil {
		return *m.domain, nil
	}
	return m.local, nil
}

// Set replaces the local policy; a domain's policy stays in force over it.
// HigherAuthority is not stored. When ctx is done it returns ctx's error and
// changes nothing.
func (m *MemPolicy) Set(ctx context.Context, p Policy) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p.HigherAuthority = false
	m.local = p
	m.writes++
	return nil
}

// SetDomain puts a domain's policy in force, as Group Policy does.
func (m *MemPolicy) SetDomain(p Policy) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.HigherAuthority = true
	m.domain = &p
}

// ClearDomain removes the domain's policy; the local one is in force again.
func (m *MemPolicy) ClearDomain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.domain = nil
}

// Local returns the local policy, whether it is in force or not.
func (m *MemPolicy) Local() Policy {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.local
}

// Writes returns how often Set has stored a policy.
func (m *MemPolicy) Writes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// MemSource is a [Source] that serves a catalogue from memory: for a client
// that is given its metadata by other means, for simulations and for tests.
// It serves the same catalogue at every location, as the software update
// points of one site do; each location, or all of them, can be taken down
// with a result code. The zero MemSource serves an empty catalogue of version
// 0. It is safe for concurrent use; it must not be copied after its first
// use.
type MemSource struct {
	mu      sync.Mutex
	catalog *Catalog
	down    Code
	downAt  map[Endpoint]Code
	calls   int
	served  map[Endpoint]int // connections made, by location
}

// Retrieve returns the catalogue that is served now, never nil. In this
// order: it counts the call; it returns ctx's error if that is done; it
// returns the error of [RetrieveRequest.Check], which keeps WF-4; it counts a
// connection; and when the location is down it returns an [*Error] with the
// code that was set. When the catalogue that is served is the one of
// req.Previous, that same pointer is returned.
func (m *MemSource) Retrieve(ctx context.Context, req RetrieveRequest) (*Catalog, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := req.Check(); err != nil { // WF-4
		return nil, err
	}
	at, err := req.Location.Endpoint()
	if err != nil {
		return nil, err
	}
	if m.served == nil {
		m.served = map[Endpoint]int{}
	}
	m.served[at]++
	code := m.down
	if c, ok := m.downAt[at]; ok && code == 0 {
		code = c
	}
	if code != 0 {
		return nil, &Error{Op: "retrieve", Code: code}
	}
	if m.catalog == nil {
		m.catalog = &Catalog{}
	}
	return m.catalog, nil
}

// Serve replaces the catalogue that is served; nil means an empty one. A
// call of Retrieve sees the old one or the new one, never a mixture.
func (m *MemSource) Serve(c *Catalog) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.catalog = c
}

// SetDown makes every location fail with the code; 0 brings them up again,
// except those that [MemSource.SetDownAt] took down.
func (m *MemSource) SetDown(code Code) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = code
}

// SetDownAt makes one location fail with the code, or brings it up again
// with 0. The URL must be one that [ParseEndpoint] accepts.
func (m *MemSource) SetDownAt(url string, code Code) error {
	at, err := ParseEndpoint(url)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if code == 0 {
		delete(m.downAt, at)
		return nil
	}
	if m.downAt == nil {
		m.downAt = map[Endpoint]Code{}
	}
	m.downAt[at] = code
	return nil
}

// Calls returns how often Retrieve was called, with whatever result.
func (m *MemSource) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// Connections returns how often a connection was made: the calls that were
// not refused or cancelled beforehand, those to a location that is down
// included.
func (m *MemSource) Connections() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, k := range m.served {
		n += k
	}
	return n
}

// ConnectionsTo returns how often a connection was made to one location; 0
// for a URL that is not usable.
func (m *MemSource) ConnectionsTo(url string) int {
	at, err := ParseEndpoint(url)
	if err != nil {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.served[at]
}

// The implementations in memory keep the contracts.
var (
	_ Locator     = StaticLocator(nil)
	_ LocalPolicy = (*MemPolicy)(nil)
	_ Source      = (*MemSource)(nil)
)
