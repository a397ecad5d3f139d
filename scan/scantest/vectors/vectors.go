// Package vectors holds the test vectors of the scan for software updates
// compliance, with their schema, the planted mistakes that they catch, and the
// specification, as files:
//
//	README.md             how the vectors are written and a subject is driven
//	SPEC.md               the specification
//	core/TOPIC.json       the hard cases, written by hand
//	generated/TOPIC.json  many more, written by a program
//	schema.json           JSON Schema of both, and of mutants.json
//	mutants.json          planted mistakes that the vectors catch
//
// The vectors are for programs in any language. So this package has no types
// for them and decodes nothing: README.md says what a file holds, in full. To
// run them use examples/conformance.
package vectors

import (
	"embed"
	"io/fs"
)

//go:embed README.md SPEC.md schema.json mutants.json core/*.json generated/*.json
var files embed.FS

// FS returns the files. They are part of the program and cannot be changed; it
// is safe for concurrent use.
func FS() fs.FS { return files }
