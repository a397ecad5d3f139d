package applicability

import (
	"iter"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// Supersedence is what a scan does with superseded updates. The zero
// Supersedence prunes.
type Supersedence uint8

const (
	// Prune leaves a superseded update out of the results, as the client
	// does (documented), when an update that supersedes it is itself required
	// or installed on this machine (our choice: one that does not apply
	// replaces nothing), is not expired, and is not a service pack or a
	// definition update (observed). Updates that supersede each other in a
	// circle do not prune each other (our choice).
	Prune Supersedence = iota
	// KeepSuperseded reports superseded updates like any others.
	KeepSuperseded
)

func (s Supersedence) token() string {
	switch s {
	case Prune:
		return "prune"
	case KeepSuperseded:
		return "keep"
	}
	return ""
}

// String is the token "prune" or "keep".
func (s Supersedence) String() string { return enumString("Supersedence", s.token(), uint8(s)) }

// AppendText appends the token; a number outside the enumeration is an error.
func (s Supersedence) AppendText(b []byte) ([]byte, error) {
	return enumAppend(b, "Supersedence", s.token(), uint8(s))
}

// MarshalText is the token; a number outside the enumeration is an error.
func (s Supersedence) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// UnmarshalText reads a token. On error the receiver is unchanged.
func (s *Supersedence) UnmarshalText(text []byte) error {
	w, err := ParseSupersedence(string(text))
	if err == nil {
		*s = w
	}
	return err
}

// ParseSupersedence reads a token exactly as String writes it.
func ParseSupersedence(s string) (Supersedence, error) {
	return enumParse("Supersedence", s, KeepSuperseded, Supersedence.token)
}

// Supersedences iterates over the policies.
func Supersedences() iter.Seq[Supersedence] {
	return func(yield func(Supersedence) bool) {
		for s := Prune; s <= KeepSuperseded; s++ {
			if !yield(s) {
				return
			}
		}
	}
}

// The classifications whose updates do not prune what they supersede.
const (
	classServicePacks = "68c5b0a3-d1a6-4553-ae49-01d3a7827828"
	classDefinitions  = "e0789628-ce08-4437-be74-2495b842f43b"
)

// prunes reports whether updates of u's classification prune what they
// supersede.
func prunes(u *wsus.Update) bool {
	if u.Expired {
		return false
	}
	if u.Classification == (compliance.UpdateID{}) {
		return true
	}
	id := u.Classification.String()
	return id != classServicePacks && id != classDefinitions
}

// prunedBy finds the update that prunes update i from the results, or -1:
// of several the one with the lowest id.
func (r *run) prunedBy(i int32) int32 {
	for _, by := range r.prog.updates[i].superseder {
		if r.prog.circles[by] == r.prog.circles[i] || !prunes(r.prog.catalog.At(int(by))) {
			continue
		}
		if s := r.verdicts[by].State; s == compliance.Required || s == compliance.Installed {
			return by
		}
	}
	return -1
}
