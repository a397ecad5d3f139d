package wsustest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// Outage is a time during which a server does not serve: from From until,
// and not including, Until.
type Outage struct {
	// URL is the server; empty means all of them.
	URL string
	// From and Until are its ends; a zero Until never comes.
	From, Until time.Time
	// Code is what a scan fails with; 0 means [wsus.CodeCannotConnect].
	Code wsus.Code
}

// SUP is a software update point, or several with the same content, whose
// outages are planned. It is a [wsus.Source] that serves a catalogue at every
// location, and has no clock: which time it is, and so which outages there
// are, is what [SUP.SetNow] says. The zero SUP serves an empty catalogue and
// has no outages. It is safe for concurrent use and must not be copied after
// first use.
type SUP struct {
	mu      sync.Mutex
	outages []Outage
	now     time.Time
	served  wsus.MemSource
}

// Serve replaces the catalogue that is served; nil means an empty one.
func (s *SUP) Serve(c *wsus.Catalog) { s.served.Serve(c) }

// SetNow says what time it is.
func (s *SUP) SetNow(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Plan adds outages. One with a URL that is not usable, or that ends before
// it begins, is refused, and then none is added. Where outages overlap the one
// planned first gives the code.
func (s *SUP) Plan(outages ...Outage) error {
	for _, o := range outages {
		if o.URL != "" {
			if _, err := wsus.ParseEndpoint(o.URL); err != nil {
				return fmt.Errorf("wsustest: outage: %w", err)
			}
		}
		if !o.Until.IsZero() && o.Until.Before(o.From) {
			return fmt.Errorf("wsustest: outage until %v, before it begins at %v", o.Until, o.From)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outages = append(s.outages, slices.Clone(outages)...)
	return nil
}

// Down is the code that a scan against the URL fails with at the time, 0 when
// it is served.
func (s *SUP) Down(url string, now time.Time) wsus.Code {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.outages {
		if o.URL != "" && !sameURL(o.URL, url) || now.Before(o.From) || !o.Until.IsZero() && !now.Before(o.Until) {
			continue
		}
		if o.Code == 0 {
			return wsus.CodeCannotConnect
		}
		return o.Code
	}
	return 0
}

// Retrieve serves as [wsus.MemSource.Retrieve] does, and fails during an
// outage.
func (s *SUP) Retrieve(ctx context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	s.mu.Lock()
	now := s.now
	s.mu.Unlock()
	c, err := s.served.Retrieve(ctx, req)
	if err != nil {
		return nil, err
	}
	if code := s.Down(req.Location.URL, now); code != 0 {
		return nil, &wsus.Error{Op: "retrieve", Code: code}
	}
	return c, nil
}

// Connections is how often a connection was made, those during an outage
// included.
func (s *SUP) Connections() int { return s.served.Connections() }

// ConnectionsTo is how often one was made to the server of a URL.
func (s *SUP) ConnectionsTo(url string) int { return s.served.ConnectionsTo(url) }

var _ wsus.Source = (*SUP)(nil)
