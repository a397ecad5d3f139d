// Command generate writes what is generated in the folder of the vectors.
//
//	go run ./examples/conformance/generate -spec
//
// writes the specification, scan/scantest/vectors/SPEC.md, from the registry of
// rules, the library's enumerations, the vectors and the texts in spec_template.
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
var errNothing = errors.New("generate: nothing asked for: use -spec")

// run does what the arguments ask for.
func run(args []string, usage io.Writer) error {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(usage)
	dir := flags.String("dir", filepath.Join("scan", "scantest", "vectors"), "the folder of the vectors")
	withSpec := flags.Bool("spec", false, "write the specification")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !*withSpec {
		return errNothing
	}
	text, err := spec(os.DirFS(*dir))
	if err != nil {
		return err
	}
	name := filepath.Join(*dir, specName)
	if err := os.WriteFile(name, text, 0o644); err != nil { //nolint:gosec // a file of the repository, for everybody to read
		return fmt.Errorf("generate: %w", err)
	}
	return nil
}
