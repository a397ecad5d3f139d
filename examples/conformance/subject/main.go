// Subject is this library's own program for the conformance runner: it answers
// the requests of scan/scantest/vectors/README.md over standard input and
// output.
//
//	go run ./examples/conformance -- go run ./examples/conformance/subject
//
// With -model it answers with the reference models of the test kits, and with
// -mistake ID those make one of the mistakes of mutants.json, which shows what
// the runner reports then.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/updatescan/updatescan/examples/conformance/internal/ops"
	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "subject:", err)
		os.Exit(2)
	}
}

// run is the program.
func run(args []string, in io.Reader, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("subject", flag.ContinueOnError)
	flags.SetOutput(stderr)
	model := flags.Bool("model", false, "answer with the reference models")
	mistake := flags.String("mistake", "", "make the mistake with this `ID` of mutants.json; implies -model")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no argument: there are none", flags.Arg(0))
	}
	if err := known(*mistake); err != nil {
		return err
	}
	name, answers := "updatescan", ops.Library()
	if *model || *mistake != "" {
		name, answers = "updatescan reference models", ops.Model(*mistake)
	}
	return serve(name, answers, in, out)
}

// known returns an error for a mistake that mutants.json does not list.
func known(mistake string) error {
	if mistake == "" {
		return nil
	}
	data, err := fs.ReadFile(vectors.FS(), "mutants.json")
	if err != nil {
		return err
	}
	var file struct {
		Mutants []struct {
			ID string `json:"id"`
		} `json:"mutants"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("mutants.json: %w", err)
	}
	for _, m := range file.Mutants {
		if m.ID == mistake {
			return nil
		}
	}
	return fmt.Errorf("%q is no mistake of mutants.json", mistake)
}
