package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/updatescan/updatescan/examples/conformance/internal/questions"
)

// generatedDir is the folder of the generated vectors in that of the vectors.
const generatedDir = "generated"

// writeVectors writes the generated vectors, a file for each topic.
func writeVectors(dir string, log io.Writer) error {
	files, err := questions.Files()
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	total := 0
	for _, f := range files {
		name := filepath.Join(dir, generatedDir, f.Topic+".json")
		if err := os.WriteFile(name, f.Data, 0o644); err != nil { //nolint:gosec // a file of the repository, for everybody to read
			return fmt.Errorf("generate: %w", err)
		}
		fmt.Fprintf(log, "%s: %d vectors\n", name, f.Vectors)
		total += f.Vectors
	}
	fmt.Fprintf(log, "%d vectors\n", total)
	return nil
}
