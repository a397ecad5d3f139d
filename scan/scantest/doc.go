// Package scantest is the kit for testers of a whole client: of package scan, of
// what you plug into its agent, and of a client of your own in Go.
//
//   - [CheckMachine] runs random workflows on a [Client] of yours beside the
//     reference model and tells of the first difference: the rule, a log that
//     was made short, and which planted mistake it looks like. A [World] is one
//     such workflow, for those who choose what happens.
//   - [Workflow] is the reference model of the whole client, [Model] that of
//     triggers, types, requests and decisions.
//   - Contract checks: [CheckStorage] and [RunStorage] for a [scan.Storage],
//     [CheckObserver] and [RunObserver], [CheckRand] and [RunRand], [CheckDecide]
//     and [RunDecide] for a function that decides. They take a constructor and
//     name the clause that is broken.
//   - Fakes: [Storage] counts, fails, hangs and loses its power by a plan;
//     [BrokenStorage] breaks its contract; [Observer] keeps what it is told;
//     [Clock] stands still until it is set; [Records] is an evaluator that finds
//     what it was told to.
//   - [Rig] is a whole client with all of these around it, in virtual time.
//   - Generators for rapid are in the package scanrapid, test vectors for programs
//     in any language in the package vectors.
//
// # The models
//
// A [Workflow] is put together from the models of the other kits, and what is
// left is worked out in it, from the rules and not from the machine: the queue,
// schedules, and the order of everything. It shares the types of events and
// effects with package scan and no code. Its Mistake plants one of the mistakes
// that scan/scantest/vectors/mutants.json lists; [Mistakes] reads that list.
//
// # What green proves
//
// A client that CheckMachine finds no fault with did in so many workflows what
// the rules say, in the order in which they say it: every effect, every field of
// every result, when it wants to be called next, and what it remembers after a
// power cut. Each mistake of the list that a workflow can show is found within
// 400 workflows of the seed that is tested.
//
// It does not prove that what surrounds the client is right: that a shell
// commits before it acts, waits as long as it should, and reads a clock well.
// For the agent of package scan the tests there prove that, with the fakes of
// this package. A green contract check proves what its clauses say.
package scantest
