//go:build race

package scantest_test

// raceEnabled says that the race detector is on.
const raceEnabled = true
