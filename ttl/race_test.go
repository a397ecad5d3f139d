//go:build race

package ttl_test

import "testing"

// hugeData gives nothing: the race detector keeps several bytes for each that
// is allocated.
func hugeData(*testing.T) []byte { return nil }
