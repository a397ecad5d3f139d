// Package statemsgrapid draws state messages, reports, scripts of outboxes and
// timetables, and plans of faults, for properties with rapid. What has a bound
// is drawn near it half of the time.
//
// Importing rapid registers flags, so this package is apart from statemsgtest
// and only tests import it.
package statemsgrapid
