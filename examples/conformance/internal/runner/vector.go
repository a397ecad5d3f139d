package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Format is the version of the vector files that Load reads.
const Format = 1

// ErrVectors is what the errors of [Load] wrap: the vectors are not what their
// README says.
var ErrVectors = errors.New("bad vectors")

// topics are the topics in the order in which they are asked and reported. A
// topic that is not among them comes after them.
var topics = []string{
	"trigger", "ttl", "decision", "location", "retry", "diff", "outbox", "report", "workflow", "site", "wire", "applicability",
}

// idForm is the form of a vector's id: the rule, a slash, and words.
var idForm = regexp.MustCompile(`^([A-Z]+-[0-9]+)/[a-z0-9]+(-[a-z0-9]+)*$`)

// Vector is one test vector.
type Vector struct {
	ID    string          `json:"id"`
	Rule  string          `json:"rule"`
	Side  string          `json:"side"`
	Op    string          `json:"op"`
	In    json.RawMessage `json:"in"`
	Want  json.RawMessage `json:"want"`
	Note  string          `json:"note"`
	Flags []string        `json:"flags"`

	// Topic and File say where the vector was found.
	Topic string `json:"-"`
	File  string `json:"-"`
}

// vectorFile is the form of a file of vectors. Keys that are not known are
// skipped, as the README asks of every reader.
type vectorFile struct {
	Format  int      `json:"format"`
	Topic   string   `json:"topic"`
	Vectors []Vector `json:"vectors"`
}

// Topics returns the known topics in the order in which they are asked.
func Topics() []string { return slices.Clone(topics) }

// Load reads all vectors of core/*.json and generated/*.json, ordered by topic
// and then as in their files, the core first. When there is neither folder it
// reads *.json.
//
// The error wraps [ErrVectors] and names the file and the vector: for another
// format, an id that occurs twice or does not begin with its rule, a file that
// is not named after its topic, a value that is missing or is not JSON, and
// when there is no vector at all.
func Load(dir fs.FS) ([]Vector, error) {
	var files []string
	for _, pattern := range []string{"core/*.json", "generated/*.json", "*.json"} {
		found, err := fs.Glob(dir, pattern)
		if err != nil {
			return nil, fmt.Errorf("runner: %w", err)
		}
		if pattern == "*.json" && len(files) > 0 {
			break
		}
		files = append(files, found...)
	}
	var all []Vector
	for _, name := range files {
		vs, err := loadFile(dir, name)
		if err != nil {
			return nil, err
		}
		all = append(all, vs...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("runner: %w: no file of vectors in core or generated", ErrVectors)
	}
	seen := make(map[string]string, len(all))
	for _, v := range all {
		if first, ok := seen[v.ID]; ok {
			return nil, fmt.Errorf("runner: %w: %s: id %s is also in %s", ErrVectors, v.File, v.ID, first)
		}
		seen[v.ID] = v.File
	}
	slices.SortStableFunc(all, func(a, b Vector) int { return compareTopics(a.Topic, b.Topic) })
	return all, nil
}

// loadFile reads one file of vectors.
func loadFile(dir fs.FS, name string) ([]Vector, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("runner: %w: %s: %w", ErrVectors, name, fmt.Errorf(format, args...))
	}
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	if _, err := parseValue(data); err != nil {
		return nil, bad("%w", err)
	}
	var f vectorFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, bad("%w", err)
	}
	if f.Format != Format {
		return nil, bad("format %d, want %d", f.Format, Format)
	}
	if want := strings.TrimSuffix(path.Base(name), ".json"); f.Topic != want {
		return nil, bad("topic %q, want %q as the file is named", f.Topic, want)
	}
	for i := range f.Vectors {
		v := &f.Vectors[i]
		v.Topic, v.File = f.Topic, name
		m := idForm.FindStringSubmatch(v.ID)
		if m == nil {
			return nil, bad("vector %d: id %q, want a rule, a slash and words", i, v.ID)
		}
		if m[1] != v.Rule {
			return nil, bad("vector %s: rule %q, want %q as its id begins", v.ID, v.Rule, m[1])
		}
		if v.Op == "" || len(v.In) == 0 || len(v.Want) == 0 {
			return nil, bad("vector %s: want op, in and want", v.ID)
		}
	}
	return f.Vectors, nil
}

// compareTopics orders topics as they are asked.
func compareTopics(a, b string) int {
	place := func(t string) int {
		if i := slices.Index(topics, t); i >= 0 {
			return i
		}
		return len(topics)
	}
	if d := place(a) - place(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}
