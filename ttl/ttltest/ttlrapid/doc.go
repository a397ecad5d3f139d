// Package ttlrapid draws what tests of a time to live need: policies, times
// and stamps near every boundary of the rules, versions around the required
// one, clocks that jump, and whole histories of a client.
//
// Half of what is drawn lies within two nanoseconds or two seconds of a
// boundary. Times drawn evenly miss a planted >= nearly always: of all the
// moments of a day only one is exactly a day old.
//
// Importing the package registers the flags of rapid, so that only tests
// should.
package ttlrapid
