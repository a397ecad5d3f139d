package compliance

// Summary counts states: of one update over clients, as the site shows it
// (SITE-8), or of one client over updates. Its zero value is the summary of
// nothing. It is comparable. Not safe for concurrent use while [Summary.Add]
// runs.
type Summary struct { //nolint:recvcheck // Add counts in place; the others are called on results, as in s.Summary().Of(st)
	// Required is the number of states that are [Required].
	Required int
	// NotRequired is the number of states that are [NotRequired].
	NotRequired int
	// Installed is the number of states that are [Installed].
	Installed int
	// Unknown is the number of states that are [Unknown].
	Unknown int
}

// Total is the number of states counted. Unknown ones count too (SITE-8).
func (s Summary) Total() int {
	return s.Required + s.NotRequired + s.Installed + s.Unknown
}

// Add counts one more state. A number that is no state counts as [Unknown]:
// nothing is known from it.
func (s *Summary) Add(st State) {
	switch st {
	case Required:
		s.Required++
		return
	case NotRequired:
		s.NotRequired++
		return
	case Installed:
		s.Installed++
		return
	case Unknown:
	}
	s.Unknown++
}

// Of returns the count of one state, 0 for a number that is no state.
func (s Summary) Of(st State) int {
	switch st {
	case Unknown:
		return s.Unknown
	case NotRequired:
		return s.NotRequired
	case Required:
		return s.Required
	case Installed:
		return s.Installed
	}
	return 0
}

// Percent is the compliant share in percent, from 0 to 100: Installed and
// NotRequired of Total, where Unknown counts in the total (SITE-8). It is not
// rounded. Of nothing there is no share: ok is false and percent 0 when Total
// is 0.
func (s Summary) Percent() (percent float64, ok bool) {
	total := s.Total()
	if total == 0 {
		return 0, false
	}
	// SITE-8: multiplied first, so that a whole percentage stays whole.
	return 100 * float64(s.Installed+s.NotRequired) / float64(total), true
}
