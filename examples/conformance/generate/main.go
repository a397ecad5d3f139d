// Command generate writes what is generated in the folder of the vectors.
//
//	go run ./examples/conformance/generate -vectors -spec
//
// With -vectors it writes the generated vectors, from the tables of package
// internal/questions: what the reference models answer, confirmed by the library.
// With -spec it writes the specification, scan/scantest/vectors/SPEC.md, from the
// registry of rules, the library's enumerations, the vectors and the texts in
// spec_template.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errNothing is the error of a call that asks for nothing.
var errNothing = errors.New("generate: nothing asked for: use -vectors or -spec")

// run does what the arguments ask for.
func run(args []string, usage io.Writer) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(usage)
	dir := flags.String("dir", filepath.Join("scan", "scantest", "vectors"), "the folder of the vectors")
	withVectors := flags.Bool("vectors", false, "write the generated vectors")
	withSpec := flags.Bool("spec", false, "write the specification")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !*withSpec && !*withVectors {
		return errNothing
	}
	if *withVectors {
		if err := writeVectors(*dir, usage); err != nil {
			return err
		}
	}
	if *withSpec {
		return writeSpec(*dir)
	}
	return nil
}

// writeSpec writes the specification.
func writeSpec(dir string) error {
	text, err := spec(os.DirFS(dir))
	if err != nil {
		return err
	}
	name := filepath.Join(dir, specName)
	if err := os.WriteFile(name, text, 0o644); err != nil { //nolint:gosec // a file of the repository, for everybody to read
		return fmt.Errorf("generate: %w", err)
	}
	return nil
}
