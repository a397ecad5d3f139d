//go:build !race

package scan_test

// raceEnabled says that the race detector is on.
const raceEnabled = false
