package wsustest

import (
	"errors"

	"github.com/updatescan/updatescan/wsus"
)

// Model is the reference: the rules of package wsus and of the evaluator,
// written a second time, slowly and obviously, with nothing of the library but
// its types. Two programs that are written apart and answer alike are rarely
// wrong alike; see [CheckOrder] and [CheckRetry] for how to hold your own
// program against it.
//
// The zero Model is right and ready to use. Its methods are pure.
type Model struct {
	// Mistake plants one of the mistakes of scan/scantest/vectors/mutants.json
	// by its id; empty for none; an id that does not concern the model has no
	// effect.
	Mistake string
}

// maxLocations is how many locations a list has at most.
const maxLocations = 256

// Order is the reference of [wsus.Order]: the locations that the client may
// use, in the order in which they are tried (WF-4, WF-6, WF-9). An error is a
// [*wsus.LocationError] with its Kind, and for ErrBadLocation and ErrNotSSL the
// URL; its Detail is empty.
//
// Each location is judged alone and gets the step at which it is left out. The
// error is that of the last step that any of them reached, and the order is
// picked one by one.
func (m Model) Order(locations []wsus.Location, r wsus.Requirement) ([]wsus.Location, error) {
	if len(locations) == 0 { // WF-6
		if m.Mistake == "wf-no-location-unreachable" {
			return nil, &wsus.Error{Op: "locate", Code: 0x80072EFD, Err: &wsus.LocationError{Kind: wsus.ErrAllFailed}}
		}
		return nil, &wsus.LocationError{Kind: wsus.ErrNoLocation}
	}
	if len(locations) > maxLocations {
		return nil, &wsus.LocationError{Kind: wsus.ErrBadLocation}
	}
	kinds := []error{wsus.ErrBadLocation, wsus.ErrNotSSL, wsus.ErrNoFit, wsus.ErrNoVersion, wsus.ErrAllFailed}
	last := 0
	var left []wsus.Location
	for i, l := range locations {
		if repeats(locations[:i], l.URL) {
			continue
		}
		step := m.leftOutAt(l, r)
		last = max(last, step)
		if step == len(kinds) {
			left = append(left, l)
		}
	}
	if len(left) > 0 {
		return m.inOrder(left, r.LastGood), nil
	}
	kind := kinds[last]
	if errors.Is(kind, wsus.ErrNoVersion) && m.Mistake == "wf-lower-version-used" {
		r.Version = 0
		return m.Order(locations, r)
	}
	refused := &wsus.LocationError{Kind: kind}
	if errors.Is(kind, wsus.ErrBadLocation) {
		refused.URL = locations[0].URL // all of them are bad
	}
	if errors.Is(kind, wsus.ErrNotSSL) {
		for _, l := range locations { // the first that is well-formed
			if _, ok := readURL(l.URL); ok {
				refused.URL = l.URL
				break
			}
		}
	}
	return nil, refused
}

// leftOutAt is the number of the step at which a location is left out, in the
// order of the kinds in Order; 5 when it is not.
func (m Model) leftOutAt(l wsus.Location, r wsus.Requirement) int {
	at, ok := readURL(l.URL)
	if !ok {
		return 0
	}
	ssl := r.SSLOnly || r.Internet // WF-4
	if m.Mistake == "wf-internet-http" {
		ssl = r.SSLOnly
	}
	if m.Mistake == "wf-native-http" {
		ssl = r.Internet
	}
	if ssl && at.scheme == "http" {
		return 1
	}
	said := l.Internet || l.Intranet
	if said && r.Internet && !l.Internet {
		return 2
	}
	if said && !r.Internet && !l.Intranet {
		return 2
	}
	if l.Version < r.Version { // WF-6
		return 3
	}
	for _, url := range r.Failed { // WF-9
		if sameURL(url, l.URL) {
			return 4
		}
	}
	return 5
}

// repeats reports whether an earlier location is the same server.
func repeats(earlier []wsus.Location, url string) bool {
	for _, e := range earlier {
		if sameURL(e.URL, url) {
			return true
		}
	}
	return false
}

// inOrder picks one location after the other: the last good one, else the
// first in the client's forest, else the first (WF-9).
func (m Model) inOrder(left []wsus.Location, lastGood string) []wsus.Location {
	var order []wsus.Location
	take := func(wanted func(wsus.Location) bool) {
		var rest []wsus.Location
		for _, l := range left {
			if wanted(l) {
				order = append(order, l)
			} else {
				rest = append(rest, l)
			}
		}
		left = rest
	}
	if m.Mistake != "wf-forgets-good-location" {
		take(func(l wsus.Location) bool { return sameURL(l.URL, lastGood) })
	}
	take(func(l wsus.Location) bool { return l.SameForest })
	take(func(wsus.Location) bool { return true })
	return order
}
