package applicability

import (
	"fmt"
	"iter"

	"github.com/updatescan/updatescan/compliance"
)

// GUID is the code of a product, a patch or a component of Windows Installer.
// Codes are compared without regard to case and braces.
type GUID compliance.UpdateID

// ParseGUID reads a GUID with or without braces, in any case.
func ParseGUID(s string) (GUID, error) {
	id, err := compliance.ParseUpdateID(s)
	if err != nil {
		return GUID{}, fmt.Errorf("applicability: guid %.64q: not of the form {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}", s)
	}
	return GUID(id), nil
}

// String is the GUID in lower case with braces.
func (g GUID) String() string { return "{" + compliance.UpdateID(g).String() + "}" }

// InstallState is the state of a product, a feature or a component. The zero
// InstallState is invalid.
type InstallState uint8

// The states, after the INSTALLSTATE constants of Windows Installer.
const (
	// StateAbsent means: registered, but not installed.
	StateAbsent InstallState = 1 + iota
	// StateAdvertised means: installed on first use.
	StateAdvertised
	// StateLocal means: installed on the machine.
	StateLocal
	// StateSource means: installed to run from its source.
	StateSource
	// StateDefault means: installed, local or source as its author chose.
	StateDefault
	// StateBroken means: damaged.
	StateBroken
)

// Installed reports whether the state counts as installed: local, source or
// default (observed).
func (s InstallState) Installed() bool {
	return s == StateLocal || s == StateSource || s == StateDefault
}

func (s InstallState) token() string {
	switch s {
	case StateAbsent:
		return "absent"
	case StateAdvertised:
		return "advertised"
	case StateLocal:
		return "local"
	case StateSource:
		return "source"
	case StateDefault:
		return "default"
	case StateBroken:
		return "broken"
	}
	return ""
}

// String is the token, such as "local".
func (s InstallState) String() string { return enumString("InstallState", s.token(), uint8(s)) }

// AppendText appends the token; an invalid state is an error.
func (s InstallState) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "InstallState", s.token(), uint8(s))
}

// MarshalText is the token; an invalid state is an error.
func (s InstallState) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// UnmarshalText reads a token. On error the receiver is unchanged.
func (s *InstallState) UnmarshalText(text []byte) error {
	w, err := ParseInstallState(string(text))
	if err == nil {
		*s = w
	}
	return err
}

// ParseInstallState reads a token exactly as String writes it.
func ParseInstallState(s string) (InstallState, error) {
	return enumParse("InstallState", s, StateBroken, InstallState.token)
}

// InstallStates iterates over the states.
func InstallStates() iter.Seq[InstallState] {
	return func(yield func(InstallState) bool) {
		for s := StateAbsent; s <= StateBroken; s++ {
			if !yield(s) {
				return
			}
		}
	}
}

// Product is a product of Windows Installer. A field that is Absent is known
// to be missing, one that is Unavailable was not recorded.
type Product struct {
	State       InstallState
	Version     Fact[Version]
	Language    Fact[int32]
	UpgradeCode Fact[GUID]
}

// Patch is a patch registered for a product.
type Patch struct {
	Code GUID
	// Applied is true for a patch in force, false for one that is
	// registered but superseded or obsoleted by another.
	Applied bool
	// Obsoletes lists the patches this one makes obsolete.
	Obsoletes []GUID
	// Sequences is the patch's place in its patch families.
	Sequences []PatchSequence
}

// PatchSequence is the place of a patch in a patch family.
type PatchSequence struct {
	Family   string
	Sequence Version
	// Supersedes is true when the patch supersedes all earlier ones of the
	// family.
	Supersedes bool
}
