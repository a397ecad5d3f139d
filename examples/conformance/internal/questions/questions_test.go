package questions_test

import (
	"bytes"
	"io/fs"
	"sync"
	"testing"

	"github.com/updatescan/updatescan/examples/conformance/internal/questions"
	"github.com/updatescan/updatescan/scan/scantest/vectors"
)

// generated are the files, generated once for all tests.
var generated = sync.OnceValues(questions.Files)

// TestFiles holds the files on disk to what is generated.
func TestFiles(t *testing.T) {
	t.Parallel()
	files, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := "generated/" + f.Topic + ".json"
		data, err := fs.ReadFile(vectors.FS(), name)
		if err != nil || !bytes.Equal(data, f.Data) {
			t.Errorf("%s (%v) is not what is generated: run\n\tgo run ./examples/conformance/generate -vectors", name, err)
		}
		if f.Vectors < 45 {
			t.Errorf("%s has %d vectors, want 45 or more", name, f.Vectors)
		}
	}
}

// TestFilesAgain generates twice: the bytes are the same.
func TestFilesAgain(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("generates everything once more")
	}
	first, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	second, err := questions.Files()
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range first {
		if !bytes.Equal(f.Data, second[i].Data) {
			t.Errorf("%s differs between two runs", f.Topic)
		}
	}
}
