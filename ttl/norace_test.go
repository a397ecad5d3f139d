//go:build !race

package ttl_test

import (
	"testing"

	"github.com/updatescan/updatescan/ttl"
)

// hugeData is one byte more than an entry may have. It is never touched, so
// the memory is hardly there.
func hugeData(*testing.T) []byte { return make([]byte, ttl.MaxDataBytes+1) }
