package wsus

import (
	"fmt"
	"slices"
)

// MaxLocations is how many locations [Order] accepts in one list.
const MaxLocations = 256

// Requirement is what a client needs of a location.
type Requirement struct {
	// SSLOnly says that the client connects by SSL only, as one attached to a
	// native-mode site does (WF-4).
	SSLOnly bool
	// Internet says that the client is on the internet. Such a client
	// connects by SSL only, whatever SSLOnly says (WF-4).
	Internet bool
	// Version is the wanted content version; 0 means any. A location that
	// offers a lower one does not fit (WF-6).
	Version uint32
	// LastGood is the URL of the location that last answered: it comes
	// first (affinity, WF-9). Empty, or a URL that is not in the list, means
	// that none is preferred.
	LastGood string
	// Failed are the URLs given up on in this round: they are left out
	// (WF-9). A URL that is not in the list has no effect.
	Failed []string
}

// NeedsSSL reports whether the client connects by SSL only: because it is
// told to, or because it is on the internet (WF-4).
func (r Requirement) NeedsSSL() bool { return r.SSLOnly || r.Internet }

// Choose picks the location to use: the first of [Order], with its errors.
// It is pure.
func Choose(locations []Location, r Requirement) (Location, error) {
	order, err := Order(locations, r)
	if err != nil {
		return Location{}, err
	}
	return order[0], nil
}

// Order returns the locations that the client may use, in the order in which
// they are to be tried; it is pure. At least one is returned, or an error.
//
// Locations are left out in steps; when a step leaves none, the error is a
// [*LocationError] of that step's kind:
//
//  1. an empty list: [ErrNoLocation] (WF-6);
//  2. URLs that [ParseEndpoint] refuses: [ErrBadLocation], naming the first;
//     so are lists of more than [MaxLocations];
//  3. http, when the client connects by SSL only: [ErrNotSSL], naming the
//     first (WF-4);
//  4. those that do not accept the client's network: [ErrNoFit];
//  5. those that offer less than the wanted version: [ErrNoVersion] (WF-6);
//  6. those given up on: [ErrAllFailed] (WF-9).
//
// What remains is ordered: the last good one first, then those in the
// client's forest, then the others, otherwise as given. Locations are
// compared by scheme, host and port; one that repeats an earlier one is left
// out, and it is the first that counts.
func Order(locations []Location, r Requirement) ([]Location, error) {
	if len(locations) == 0 { // WF-6
		return nil, &LocationError{Kind: ErrNoLocation}
	}
	if len(locations) > MaxLocations {
		return nil, &LocationError{Kind: ErrBadLocation, Detail: fmt.Sprintf("%d locations, at most %d", len(locations), MaxLocations)}
	}
	list, err := parseAll(locations)
	if err != nil {
		return nil, err
	}
	if r.NeedsSSL() { // WF-4: before anything else is looked at
		first := list[0].URL
		if list = keep(list, func(c *candidate) bool { return c.at.SSL() }); len(list) == 0 {
			return nil, &LocationError{URL: first, Kind: ErrNotSSL, Detail: "the client connects by SSL only"}
		}
	}
	if list = keep(list, func(c *candidate) bool { return c.Accepts(r.Internet) }); len(list) == 0 {
		side := "intranet"
		if r.Internet {
			side = "internet"
		}
		return nil, &LocationError{Kind: ErrNoFit, Detail: "none accepts clients on the " + side}
	}
	var best uint32
	for i := range list {
		best = max(best, list[i].Version)
	}
	if list = keep(list, func(c *candidate) bool { return c.Version >= r.Version }); len(list) == 0 { // WF-6
		return nil, &LocationError{Kind: ErrNoVersion, Detail: fmt.Sprintf("wanted %d, the highest offered is %d", r.Version, best)}
	}
	tried := len(list)
	failed := endpoints(r.Failed)
	if list = keep(list, func(c *candidate) bool { return !slices.Contains(failed, c.at) }); len(list) == 0 { // WF-9
		return nil, &LocationError{Kind: ErrAllFailed, Detail: fmt.Sprintf("gave up on %d", tried)}
	}
	return ranked(list, r.LastGood), nil
}

// candidate is a location with its endpoint.
type candidate struct {
	Location
	at Endpoint
}

// parseAll returns the well-formed locations, each endpoint once.
func parseAll(locations []Location) ([]candidate, error) {
	list := make([]candidate, 0, len(locations))
	seen := make(map[Endpoint]bool, len(locations))
	var fault error
	for _, l := range locations {
		at, err := l.Endpoint()
		if err != nil {
			if fault == nil {
				fault = err
			}
			continue
		}
		if !seen[at] {
			seen[at] = true
			list = append(list, candidate{l, at})
		}
	}
	if len(list) == 0 {
		return nil, fault
	}
	return list, nil
}

// keep returns the candidates for which ok holds, in place.
func keep(list []candidate, ok func(*candidate) bool) []candidate {
	return slices.DeleteFunc(list, func(c candidate) bool { return !ok(&c) })
}

// endpoints returns the endpoints of the URLs that have one.
func endpoints(urls []string) []Endpoint {
	var list []Endpoint
	for _, u := range urls {
		if at, err := ParseEndpoint(u); err == nil {
			list = append(list, at)
		}
	}
	return list
}

// ranked returns the locations by affinity, then forest, then as given.
func ranked(list []candidate, lastGood string) []Location {
	good, err := ParseEndpoint(lastGood)
	rank := func(c *candidate) int {
		if err == nil && c.at == good { // WF-9: stays there after a success
			return 0
		}
		if c.SameForest {
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return rank(&a) - rank(&b) })
	order := make([]Location, len(list))
	for i := range list {
		order[i] = list[i].Location
	}
	return order
}
