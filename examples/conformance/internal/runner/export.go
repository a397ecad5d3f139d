package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNotEmpty is what the error of [Export] wraps for a folder that holds
// something already.
var ErrNotEmpty = errors.New("the folder is not empty")

// Export writes each vector's request, as a subject is sent it, to
// DIR/TOPIC/RULE/WORDS.request.json, and the answer that is wanted beside it,
// to WORDS.answer.json. Each is one line. DIR is a new folder or an empty one;
// an error leaves what was written until then.
func Export(dir string, vectors []Vector) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("export: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("export: %s: %w", dir, ErrNotEmpty)
	}
	for i, v := range vectors {
		rule, words, _ := strings.Cut(v.ID, "/")
		folder := filepath.Join(dir, v.Topic, rule)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		for name, data := range map[string][]byte{
			words + ".request.json": requestLine(i+1, v.Op, v.In),
			words + ".answer.json":  answerLine(i+1, v.Want),
		} {
			if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
				return fmt.Errorf("export: %w", err)
			}
		}
	}
	return nil
}
