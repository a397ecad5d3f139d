// Package testdata finds the genuine captures and metadata that tests may
// read but that are not part of the project.
package testdata

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Dir returns the folder of genuine data, joined with the given path
// elements. It is taken from the environment variable UPDATESCAN_DATA, or
// else is shared/data beside the repository's root. When the folder or the
// file is not there, the test is skipped and says so.
func Dir(tb testing.TB, elem ...string) string {
	tb.Helper()
	root := os.Getenv("UPDATESCAN_DATA")
	if root == "" {
		_, file, _, ok := runtime.Caller(0)
		if !ok {
			tb.Skip("SKIPPED: genuine data not found: the source path is not known; set UPDATESCAN_DATA")
		}
		root = filepath.Join(filepath.Dir(file), "..", "..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("SKIPPED: genuine data not found: %v; set UPDATESCAN_DATA to the folder that holds it", err)
	}
	return path
}
