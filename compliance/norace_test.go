//go:build !race

package compliance_test

// raceEnabled says that the race detector runs, under which growing a slice
// allocates twice.
const raceEnabled = false
