// Package ops answers the operations of the test vectors, which
// scan/scantest/vectors/README.md specifies.
//
// It does so twice: [Library] asks the library, [Model] the reference models
// of the test kits, which can be told to make a mistake. The two share the
// JSON forms of questions and answers and the values of the library's types;
// what a rule decides is worked out by each on its own.
//
// A question is read strictly: a key that the page does not name, or names in
// another case, a key twice, a key missing that has no default, and null where
// the page does not say null are refused. An answer has every key.
package ops
