package site

import "fmt"

// QueryError tells which field of a query is refused and why.
type QueryError struct {
	Field  string
	Reason string
}

// Error implements error.
func (e *QueryError) Error() string { return "site: query: " + e.Field + ": " + e.Reason }

// PageLimit is the number of entries that a limit stands for, for implementations
// of [Reader]: DefaultLimit for 0, and a *[QueryError] for what is below 0 or above
// MaxLimit.
func PageLimit(limit int) (int, error) {
	if limit < 0 || limit > MaxLimit {
		return 0, &QueryError{"Limit", fmt.Sprintf("%d is not from 0 to %d", limit, MaxLimit)}
	}
	if limit == 0 {
		return DefaultLimit, nil
	}
	return limit, nil
}

// Validate reports the first field that is refused, as a *[QueryError].
func (q *SummaryQuery) Validate() error {
	if len(q.Updates) > MaxLimit {
		return &QueryError{"Updates", fmt.Sprintf("%d of them, at most %d", len(q.Updates), MaxLimit)}
	}
	_, err := PageLimit(q.Limit)
	return err
}

// Validate reports the first field that is refused, as a *[QueryError].
func (q *ClientQuery) Validate() error {
	if _, err := PageLimit(q.Limit); err != nil {
		return err
	}
	if len(q.States) > 0 && q.Update == "" {
		return &QueryError{"States", "given without an update"}
	}
	for _, st := range q.States {
		if _, err := st.MarshalText(); err != nil {
			return &QueryError{"States", st.String() + " is no state"}
		}
	}
	return nil
}
