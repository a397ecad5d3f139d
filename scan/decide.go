package scan

import (
	"fmt"
	"time"

	"github.com/updatescan/updatescan/ttl"
)

// Action is what a scan does about metadata. The zero value is invalid.
type Action uint8

const (
	// Connect retrieves metadata from WSUS before the machine is evaluated.
	Connect Action = 1 + iota
	// UseLocal evaluates the machine with the metadata stored on the client
	// and connects to nothing.
	UseLocal
	// Fail ends the scan at once: it must not connect and there is nothing
	// stored to use.
	Fail
)

func (a Action) token() string {
	switch a {
	case Connect:
		return "connect"
	case UseLocal:
		return "use_local"
	case Fail:
		return "fail"
	}
	return ""
}

// String returns the text form, or "Action(9)" for an invalid action.
func (a Action) String() string { return enumString(a, "Action") }

// AppendText appends the text form; an invalid action is an error.
func (a Action) AppendText(b []byte) ([]byte, error) { return enumAppend(b, a, "action") }

// MarshalText returns the text form as [Action.AppendText] does.
func (a Action) MarshalText() ([]byte, error) { return a.AppendText(nil) }

// UnmarshalText parses the text form, exactly.
func (a *Action) UnmarshalText(text []byte) error {
	v, err := ParseAction(string(text))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

// ParseAction parses an action's text form, exactly.
func ParseAction(s string) (Action, error) { return enumParse(s, Fail, "action") }

// Reason is the rule that a [Decision] rests on. The zero value is invalid.
type Reason uint8

const (
	// ForcedToConnect is a forced online scan, which always connects (DEC-1).
	ForcedToConnect Reason = 1 + iota
	// MetadataNotFresh is a non-forced online scan that connects because the
	// stored metadata is not fresh; the verdict says why (DEC-2).
	MetadataNotFresh
	// MetadataFresh is a non-forced online scan that uses fresh metadata
	// (DEC-2).
	MetadataFresh
	// ForcedOfflineScan is a forced offline scan, which uses what is stored,
	// whatever its age (DEC-3).
	ForcedOfflineScan
	// NoOfflineHistory is a forced offline scan without stored metadata, which
	// fails (DEC-4).
	NoOfflineHistory
	// InvalidType is a scan type that is not one of the three; nothing is done.
	InvalidType
)

func (r Reason) token() string {
	switch r {
	case ForcedToConnect:
		return "forced_to_connect"
	case MetadataNotFresh:
		return "metadata_not_fresh"
	case MetadataFresh:
		return "metadata_fresh"
	case ForcedOfflineScan:
		return "forced_offline_scan"
	case NoOfflineHistory:
		return "no_offline_history"
	case InvalidType:
		return "invalid_type"
	}
	return ""
}

// String returns the text form, or "Reason(9)" for an invalid reason.
func (r Reason) String() string { return enumString(r, "Reason") }

// AppendText appends the text form; an invalid reason is an error.
func (r Reason) AppendText(b []byte) ([]byte, error) { return enumAppend(b, r, "reason") }

// MarshalText returns the text form as [Reason.AppendText] does.
func (r Reason) MarshalText() ([]byte, error) { return r.AppendText(nil) }

// UnmarshalText parses the text form, exactly.
func (r *Reason) UnmarshalText(text []byte) error {
	v, err := ParseReason(string(text))
	if err != nil {
		return err
	}
	*r = v
	return nil
}

// ParseReason parses a reason's text form, exactly.
func ParseReason(s string) (Reason, error) { return enumParse(s, InvalidType, "reason") }

// Decision says what a scan does about metadata and why (DEC-6). It is a
// plain value: comparable, and safe to copy.
type Decision struct {
	// Type is the scan type that was decided for.
	Type Type `json:"type,omitzero"`
	// Action is what to do.
	Action Action `json:"action,omitzero"`
	// Reason is the rule that decided.
	Reason Reason `json:"reason,omitzero"`
	// Verdict is the freshness of the stored metadata, with the numbers it
	// rests on. It is stated for every decision, also for those that it did
	// not influence.
	Verdict ttl.Verdict `json:"verdict"`
}

// Decide says what a scan of the given type does about metadata: connect to
// WSUS, use what is stored on the client, or fail (DEC-1 to DEC-4). It is a
// pure function of its arguments (DEC-6): the freshness policy, the stamp of
// the stored metadata, the content version that the request requires (0 for
// none), and the time.
//
// Nothing but the arguments can answer a forced scan: no checksum and no
// earlier result (DEC-8). For an invalid type the decision is to fail, with
// the reason [InvalidType].
func Decide(t Type, p ttl.Policy, s ttl.Stamp, required ttl.Version, now time.Time) (d Decision) {
	decide(&d, t, p, s, required, now)
	return d
}

// decide writes the decision in place, which saves copying it.
func decide(d *Decision, t Type, p ttl.Policy, s ttl.Stamp, required ttl.Version, now time.Time) {
	d.Type = t
	p.CheckInto(&d.Verdict, s, required, now)
	if t == ForcedOnline { // DEC-1, DEC-8
		d.Action, d.Reason = Connect, ForcedToConnect
		return
	}
	if t == NonForcedOnline {
		if d.Verdict.Reason == ttl.WithinTTL { // DEC-2
			d.Action, d.Reason = UseLocal, MetadataFresh
			return
		}
		d.Action, d.Reason = Connect, MetadataNotFresh // DEC-2
		return
	}
	if t == ForcedOffline {
		if !s.Present() { // DEC-4: absent is a failure, never a connection
			d.Action, d.Reason = Fail, NoOfflineHistory
			return
		}
		d.Action, d.Reason = UseLocal, ForcedOfflineScan // DEC-3
		return
	}
	d.Action, d.Reason = Fail, InvalidType
}

// String is one line for a person, such as "connect: non-forced online scan
// and the stored metadata is not fresh (expired: 25h0m0s old, TTL 24h0m0s)".
func (d Decision) String() string {
	switch d.Reason {
	case ForcedToConnect:
		return "connect: a forced online scan always connects"
	case MetadataNotFresh:
		return fmt.Sprintf("connect: non-forced online scan and the stored metadata is not fresh (%v)", d.Verdict)
	case MetadataFresh:
		return fmt.Sprintf("use local metadata: non-forced online scan and the stored metadata is fresh (%v)", d.Verdict)
	case ForcedOfflineScan:
		return fmt.Sprintf("use local metadata: a forced offline scan never connects (%v)", d.Verdict)
	case NoOfflineHistory:
		return "fail: a forced offline scan never connects and no metadata is stored"
	case InvalidType:
		return fmt.Sprintf("fail: %v is not a scan type", d.Type)
	}
	return fmt.Sprintf("%v: %v", d.Action, d.Reason)
}
