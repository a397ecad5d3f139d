//go:build !race

package sitestore_test

// raceEnabled says that the race detector is on.
const raceEnabled = false
