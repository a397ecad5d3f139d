// Package questions holds the vectors that are generated: for each topic a table
// of questions around the boundaries of its rules. What is wanted is what the
// reference models answer, confirmed by the library.
//
// The result is the same bytes each time.
package questions
