package scantest

import "github.com/updatescan/updatescan/internal/contract"

// ClauseError says that a clause of a contract is broken: which one, what it
// says, and what was seen instead.
type ClauseError = contract.Error
