package questions_test

import (
	"testing"

	"github.com/updatescan/updatescan/examples/conformance/internal/questions"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	files, err := questions.Files()
	if err != nil {
		t.Error(err)
	}
	for _, f := range files {
		t.Logf("%s: %d vectors, %d bytes", f.Topic, f.Vectors, len(f.Data))
	}
}
