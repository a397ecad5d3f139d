package scan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/ttl"
)

var (
	// ErrNotEnabled is the error of a request on a client whose machine
	// policy has not enabled software updates, or has disabled it again
	// (WF-14).
	ErrNotEnabled = errors.New("software updates is not enabled by machine policy")
	// ErrBadRequest is what the error of a request with a fault wraps.
	ErrBadRequest = errors.New("bad request")
)

// MaxRequestUpdates is the most updates that one request may name.
const MaxRequestUpdates = 10_000

// Request asks for a scan.
type Request struct {
	// Trigger is what starts the scan; it implies the scan type (TRG-3).
	Trigger Trigger
	// Updates are the updates that the request is about: at least one before
	// download and before installation, at most [MaxRequestUpdates]. The
	// result tells for each whether it is still Required (TRG-7).
	Updates []compliance.UpdateID
	// Required is the lowest content version of the metadata that can answer
	// the request, 0 for any (TTL-8). A forced offline scan uses what is
	// stored whatever its version (DEC-3).
	Required ttl.Version
}

// Validate returns an error that wraps [ErrBadRequest] for a request with a
// fault, and says which.
func (r Request) Validate() error {
	if !r.Trigger.Valid() {
		return fmt.Errorf("scan: %w: %w %d", ErrBadRequest, ErrUnknownTrigger, uint8(r.Trigger))
	}
	if r.Trigger.NamesUpdates() && len(r.Updates) == 0 { // TRG-7
		return fmt.Errorf("scan: %w: trigger %v names no updates, want at least one", ErrBadRequest, r.Trigger)
	}
	if len(r.Updates) > MaxRequestUpdates {
		return fmt.Errorf("scan: %w: %d updates named, want at most %d", ErrBadRequest, len(r.Updates), MaxRequestUpdates)
	}
	return nil
}

// addIDs returns the sorted union of two sets of update ids; both are left as
// they are and the first is sorted.
func addIDs(set, more []compliance.UpdateID) []compliance.UpdateID {
	if len(more) == 0 {
		return set
	}
	all := make([]compliance.UpdateID, 0, len(set)+len(more))
	all = append(append(all, set...), more...)
	slices.SortFunc(all, compliance.UpdateID.Compare)
	return slices.Compact(all)
}
