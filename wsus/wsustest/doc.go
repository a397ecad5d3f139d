// Package wsustest is a kit for testing what implements, replaces or uses
// package wsus: access to WSUS, the update agent's policy, the choice of a
// location, retries, and the evaluation of update metadata. It needs no
// network, no Windows and no clock.
//
// # What it holds
//
// Contract checks, for the four interfaces and three functions behind which a
// scan meets the outside world. Each is there twice: [CheckSource] returns all
// breaches as one error, [RunSource] makes each clause a subtest; likewise for
// Locator, LocalPolicy, Evaluator, Order, PolicyFor and Retry. A check takes a
// constructor and raises no false alarm for what keeps the comments of the
// interface. BrokenSource and its like break one clause each.
//
// Fakes: [Locator], [LocalPolicy], [Source] and [Evaluator] record calls and,
// by a [Fault], make them fail, hang or wait; [States] is a machine of which
// only the states of the updates are known, [SUP] a server whose outages are
// planned, [ForbiddenSource] one that must not be touched. Their zero values
// are of use.
//
// The reference: [Model] decides everything a second time, slowly and
// obviously, from locations to whole catalogues on a machine, and can make
// planted mistakes.
//
// Package wsusrapid draws inputs near the edges of the rules.
//
// # What green proves
//
// A check that passes has tried each clause that it names on the cases it
// makes, and found no breach. Each says what it does not prove; none proves
// the absence of data races (run it under the race detector), that nothing is
// sent before a call is refused, or that a call in the middle of its work
// notices the end of its context. A program that agrees with the model on what
// wsusrapid draws is right there if the model is; the model agrees with this
// library, which was written apart from it.
package wsustest
