// Package compliancetest is a kit for testing code that compares compliance
// states and reports the changes: of package compliance, or of your own.
//
// # What it holds
//
//   - [Model] is the comparison again, slow and obvious: Diff, Apply, Settle and
//     the counts of a summary. It can be given a mistake, to see whether a
//     test finds it.
//   - [CheckDiff] and [RunDiff] check a diff function, [CheckApply] and [RunApply]
//     one that makes its changes, and name the rule that is broken.
//   - [ID], [Required], [Installed], [NotRequired], [Unknown], [Revised] and
//     [Build] make records and snapshots whose ids can be read, and [Describe]
//     tells changes in one line.
//
// Package compliance has no interface to implement, so there is nothing to
// fake. Generators for property tests are in package compliancerapid, which
// imports rapid.
//
// # What green proves
//
// That a function did right for every way in which one update can differ,
// alone and in company of many others, and for the orders that were tried. It
// does not prove that it is fast, safe for concurrent use, or right for a
// combination of changes that was not tried. A check raises no false alarm:
// what it reports is against a rule, which it names. Clauses may be added in
// a minor version.
package compliancetest
