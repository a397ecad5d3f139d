package wsustest

// Model is the reference: the rules of package wsus and of the evaluator,
// written a second time, slowly and obviously, with nothing of the library but
// its types. Two programs that are written apart and answer alike are rarely
// wrong alike; see [CheckOrder] and [CheckRetry] for how to hold your own
// program against it.
//
// The zero Model is right and ready to use. Its methods are pure.
type Model struct {
	// Mistake plants one of the mistakes of scan/scantest/vectors/mutants.json
	// by its id; empty for none; an id that does not concern the model has no
	// effect.
	Mistake string
}
