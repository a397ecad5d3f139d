package applicability

import "strings"

// comparison is a comparison of a rule, scalar or of strings.
type comparison uint8

const (
	cmpLess comparison = 1 + iota
	cmpLessOrEqual
	cmpEqual
	cmpGreaterOrEqual
	cmpGreater
	cmpBeginsWith
	cmpContains
	cmpEndsWith
)

// parseScalar reads a scalar comparison. Specified with capitals; real
// metadata has it in lower case too (observed), so case does not matter.
func parseScalar(s string) (comparison, bool) {
	switch fold(s) {
	case "lessthan":
		return cmpLess, true
	case "lessthanorequalto":
		return cmpLessOrEqual, true
	case "equalto":
		return cmpEqual, true
	case "greaterthanorequalto":
		return cmpGreaterOrEqual, true
	case "greaterthan":
		return cmpGreater, true
	}
	return 0, false
}

// parseText reads a comparison of strings, in any case.
func parseText(s string) (comparison, bool) {
	switch fold(s) {
	case "equalto":
		return cmpEqual, true
	case "beginswith":
		return cmpBeginsWith, true
	case "contains":
		return cmpContains, true
	case "endswith":
		return cmpEndsWith, true
	}
	return 0, false
}

// holds applies a scalar comparison to an order: negative, 0 or positive.
func (c comparison) holds(order int) bool {
	switch c {
	case cmpLess:
		return order < 0
	case cmpLessOrEqual:
		return order <= 0
	case cmpEqual:
		return order == 0
	case cmpGreaterOrEqual:
		return order >= 0
	case cmpGreater:
		return order > 0
	case cmpBeginsWith, cmpContains, cmpEndsWith:
		return false
	}
	return false
}

// holdsText applies a comparison of strings to folded strings.
func (c comparison) holdsText(got, want string) bool {
	switch c {
	case cmpBeginsWith:
		return strings.HasPrefix(got, want)
	case cmpContains:
		return strings.Contains(got, want)
	case cmpEndsWith:
		return strings.HasSuffix(got, want)
	case cmpLess, cmpLessOrEqual, cmpEqual, cmpGreaterOrEqual, cmpGreater:
		return got == want
	}
	return false
}

// loopLogic is the TrueIf of a RegKeyLoop.
type loopLogic uint8

const (
	loopAny loopLogic = 1 + iota
	loopAll
	loopNone
)

func parseLoop(s string) (loopLogic, bool) {
	switch fold(s) {
	case "any":
		return loopAny, true
	case "all":
		return loopAll, true
	case "none":
		return loopNone, true
	}
	return 0, false
}

// fold is the form in which names, paths and strings are compared: lower
// case, code point by code point. Comparing strings without regard to case
// follows the registry's convention (our reading).
func fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || ('A' <= c && c <= 'Z') {
			return strings.ToLower(s)
		}
	}
	return s
}

// foldsTo reports whether fold(s) is folded, a text of lower-case ASCII
// letters.
func foldsTo(s, folded string) bool {
	if !isASCII(s) {
		return fold(s) == folded
	}
	return len(s) == len(folded) && strings.EqualFold(s, folded)
}
