package wsustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
)

// SourceSubject is a [wsus.Source] to check, with what the check needs to ask
// it.
type SourceSubject struct {
	Source wsus.Source
	// Location is where a server answers; http or https.
	Location wsus.Location
	// Change changes the catalogue of the server, to one that is not equal to
	// any it had before. Nil: what needs it is not checked.
	Change func()
}

// CheckSource checks the contract of [wsus.Source] and returns all breaches,
// joined, each a [*ClauseError]. newSource returns a Source and a location
// whose server answers and, but for Change, serves the same all the time.
//
// If the context ends its error is returned. A call that hangs although its
// context is done is given up after 20 s, and its goroutine is left behind.
//
// Green does not prove that nothing is sent before a call is refused, that
// redirections to http are not followed (WF-4), that a call in the middle of
// its work notices the end of its context, that errors carry codes (WF-9), nor
// that the Source is safe for concurrent use.
func CheckSource(ctx context.Context, newSource func() SourceSubject) error {
	return contract.Check(ctx, "wsustest", sourceClauses(), newSource)
}

// RunSource is [CheckSource] with one subtest a clause, named by its id, so
// that one can be left out with -skip.
func RunSource(t *testing.T, newSource func(*testing.T) SourceSubject) {
	t.Helper()
	contract.Run(t, "wsustest", sourceClauses(), newSource)
}

// sourceClauses are the sentences of the comment of [wsus.Source] that can be
// checked.
func sourceClauses() []contract.Clause[SourceSubject] {
	return []contract.Clause[SourceSubject]{
		{ID: "retrieve/answer", Rule: "", Says: "Retrieve returns the catalogue, never nil, or an error and nil", Check: retrieveAnswers},
		{ID: "retrieve/ssl-only", Rule: "WF-4", Says: "with SSLOnly an http location is refused with the error of Check", Check: retrieveSSLOnly},
		{ID: "retrieve/bad-location", Rule: "WF-4", Says: "a location that is not usable is refused with the error of Check", Check: retrieveBadLocation},
		{ID: "retrieve/complete", Rule: "", Says: "the answer is complete in itself, whatever Previous holds", Check: retrieveComplete},
		{ID: "retrieve/previous-kept", Rule: "", Says: "Retrieve leaves req.Previous as it is", Check: retrievePreviousKept},
		{ID: "retrieve/really-done", Rule: "DEC-8", Says: "each call retrieves what the server has then", Check: retrieveReallyDone},
		{ID: "retrieve/cancelled", Rule: "WF-10", Says: "Retrieve returns soon when its context is done, with an error that is the context's, and nil", Check: retrieveCancelled},
	}
}

// get retrieves with a previous catalogue.
func (s SourceSubject) get(ctx context.Context, previous *wsus.Catalog) (*wsus.Catalog, error) {
	req := wsus.RetrieveRequest{Location: s.Location, Previous: previous}
	if at, err := s.Location.Endpoint(); err == nil {
		req.SSLOnly = at.SSL()
	}
	c, err := s.Source.Retrieve(ctx, req)
	if err != nil && c != nil {
		return nil, fmt.Errorf("a catalogue and an error: %w", err)
	}
	if err == nil && c == nil {
		return nil, errNilAnswer
	}
	return c, err
}

// foreign is a catalogue that no server has.
func foreign() *wsus.Catalog {
	one, two := Simple(65_001, false, true), Simple(65_002, true, false)
	two.Supersedes = []compliance.UpdateID{one.ID}
	return Catalog(1<<32-1, one, two)
}

func retrieveAnswers(ctx context.Context, newSource func() SourceSubject) error {
	for _, previous := range []*wsus.Catalog{nil, Catalog(0), foreign()} {
		if _, err := newSource().get(ctx, previous); err != nil {
			return fmt.Errorf("with %d updates as Previous: %w", previous.Len(), err)
		}
	}
	return nil
}

func retrieveSSLOnly(ctx context.Context, newSource func() SourceSubject) error {
	s := newSource()
	at, err := s.Location.Endpoint()
	if err != nil {
		return err
	}
	at.Scheme = "http"
	return s.refuses(ctx, wsus.RetrieveRequest{Location: wsus.Location{URL: at.String()}, SSLOnly: true}, wsus.ErrNotSSL)
}

func retrieveBadLocation(ctx context.Context, newSource func() SourceSubject) error {
	s := newSource()
	return one(
		s.refuses(ctx, wsus.RetrieveRequest{}, wsus.ErrBadLocation),
		s.refuses(ctx, wsus.RetrieveRequest{Location: wsus.Location{URL: s.Location.URL + "/path"}}, wsus.ErrBadLocation),
		s.refuses(ctx, wsus.RetrieveRequest{Location: wsus.Location{URL: "ftp://wsus.example.test"}, SSLOnly: true}, wsus.ErrBadLocation),
	)
}

// refuses checks that a request is refused with an error that is want, and
// nothing beside it.
func (s SourceSubject) refuses(ctx context.Context, req wsus.RetrieveRequest, want error) error {
	c, err := s.Source.Retrieve(ctx, req)
	if !errors.Is(err, want) || c != nil {
		return fmt.Errorf("Retrieve from %q, SSLOnly %t: catalogue %t, error %s, want %w", req.Location.URL, req.SSLOnly, c != nil, shown(err), want)
	}
	return nil
}

func retrieveComplete(ctx context.Context, newSource func() SourceSubject) error {
	s := newSource()
	want, err := s.get(ctx, nil)
	if err != nil {
		return err
	}
	for what, previous := range map[string]*wsus.Catalog{
		"the answer before": want, "an empty catalogue": Catalog(0), "a catalogue of something else": foreign(),
	} {
		got, err := s.get(ctx, previous)
		if err != nil {
			return err
		}
		again, err := s.get(ctx, nil)
		if err != nil {
			return err
		}
		if again.Equal(want) && !got.Equal(want) { // else the server has changed
			return fmt.Errorf("with %s as Previous the answer is %d updates of version %d, without %d of version %d",
				what, got.Len(), got.Version(), want.Len(), want.Version())
		}
	}
	return nil
}

// stored is the stored form of a catalogue, to compare it with later.
func stored(c *wsus.Catalog) []byte {
	data, err := c.AppendBinary(nil)
	if err != nil {
		return nil // the error is always nil
	}
	return data
}

func retrievePreviousKept(ctx context.Context, newSource func() SourceSubject) error {
	s := newSource()
	own, err := s.get(ctx, nil)
	if err != nil {
		return err
	}
	for _, previous := range []*wsus.Catalog{foreign(), own} {
		before := stored(previous)
		if _, err := s.get(ctx, previous); err != nil {
			return err
		}
		if !bytes.Equal(before, stored(previous)) {
			return errors.New("the previous catalogue was modified")
		}
		at := wsus.Location{URL: "bad"}
		if _, err := s.Source.Retrieve(ctx, wsus.RetrieveRequest{Location: at, Previous: previous}); err != nil && !bytes.Equal(before, stored(previous)) {
			return errors.New("the previous catalogue was modified by a call that failed")
		}
	}
	return nil
}

func retrieveReallyDone(ctx context.Context, newSource func() SourceSubject) error {
	s := newSource()
	if s.Change == nil {
		return fmt.Errorf("%w: no way to change the server's catalogue was given", contract.ErrNotAsked)
	}
	before, err := s.get(ctx, nil)
	if err != nil {
		return err
	}
	var previous *wsus.Catalog
	for range 2 {
		s.Change()
		after, err := s.get(ctx, previous)
		if err != nil {
			return err
		}
		if after.Equal(before) {
			return errors.New("after a change the answer is what it was before")
		}
		before, previous = after, after
	}
	return nil
}

func retrieveCancelled(ctx context.Context, newSource func() SourceSubject) error {
	return obeysContext(ctx, func() func(context.Context) (string, error) {
		s := newSource()
		return func(ctx context.Context) (string, error) {
			c, err := s.Source.Retrieve(ctx, wsus.RetrieveRequest{Location: s.Location})
			if c != nil {
				return "a catalogue beside the error", err
			}
			return "", err
		}
	})
}
