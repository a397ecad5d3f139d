package runner

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrExpect is what the errors of [ReadExpected] wrap.
var ErrExpect = errors.New("bad list of expected failures")

// ReadExpected reads the ids of vectors that are expected to fail, one a line.
// What follows a # is a comment; empty lines are skipped. An id that no vector
// has, or that is listed twice, is an error that wraps [ErrExpect] and names
// the line: such a list says less than its author believes.
func ReadExpected(r io.Reader, vectors []Vector) ([]string, error) {
	known := make(map[string]bool, len(vectors))
	for _, v := range vectors {
		known[v.ID] = true
	}
	var ids []string
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		text, _, _ := strings.Cut(sc.Text(), "#")
		id := strings.TrimSpace(text)
		if id == "" {
			continue
		}
		if !known[id] {
			return nil, fmt.Errorf("%w: line %d: no vector has the id %q", ErrExpect, n, id)
		}
		if slices.Contains(ids, id) {
			return nil, fmt.Errorf("%w: line %d: %s is listed twice", ErrExpect, n, id)
		}
		ids = append(ids, id)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrExpect, err)
	}
	return ids, nil
}
