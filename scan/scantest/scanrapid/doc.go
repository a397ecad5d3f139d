// Package scanrapid draws what tests of a whole client need, for property tests
// with pgregory.net/rapid: triggers, scan types, requests, schedules, events,
// clocks that jump, outages of storages, configurations, and whole
// workflows, which a client of your own goes through beside the reference
// model. What has a boundary is drawn near it half of the time.
//
// Importing rapid registers flags, so this package is apart from scantest and
// only tests import it.
package scanrapid
