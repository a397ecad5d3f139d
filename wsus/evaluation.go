package wsus

import (
	"context"

	"github.com/updatescan/updatescan/compliance"
)

// Evaluation is what one scan found on the machine.
type Evaluation struct {
	// Snapshot has one record for every update that is reported. A record
	// whose state is Unknown says that the update could not be evaluated
	// (DIFF-5).
	Snapshot *compliance.Snapshot
	// Problems say why, for each Unknown record, in the order of the update
	// ids.
	Problems []Problem
	// Unsupported counts every rule of the catalogue that could not be
	// evaluated, whether or not an update is Unknown because of it: by its
	// name when this evaluator does not know the rule, by its name and
	// " (invalid)" when the rule is written wrongly, by its name and " (WQL)"
	// when the syntax of its query is not known and the machine did not answer
	// the query either. It is nil when there were none.
	Unsupported map[string]int
}

// Problem is why an update could not be evaluated.
type Problem struct {
	// ID is the update.
	ID compliance.UpdateID
	// Reason is text for a person to read, without the id.
	Reason string
}

// Evaluator decides compliance from metadata and the machine. It never
// connects: an offline scan is answered by it alone (DEC-3).
//
// Evaluate may block until ctx is done and must then return promptly with an
// error that is ctx's. It must be a function of the catalogue and the
// machine alone, and must really look at the machine each time it is called:
// a forced scan means done again (DEC-8). An update that cannot be evaluated
// is an Unknown record and a [Problem], not an error; an error means that
// nothing could be evaluated, and then the Evaluation is zero. An empty or
// nil catalogue gives an empty Evaluation. The caller owns what is returned,
// and the catalogue must not be modified.
//
// It is called by one goroutine at a time for one machine.
type Evaluator interface {
	Evaluate(ctx context.Context, c *Catalog) (Evaluation, error)
}
