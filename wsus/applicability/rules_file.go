package applicability

import (
	"strings"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// fileRule compiles the ten rules about files.
func fileRule(r *wsus.Rule, a *attrs) leaf {
	name, prepend := strings.CutSuffix(r.Name, "PrependRegSz")
	switch name {
	case "FileExists":
		return newFileExists(a, a.filePath(prepend))
	case "FileVersion":
		want, cmp, path := a.version("Version"), a.scalar(), a.filePath(prepend)
		return &fileTest{path: path, holds: func(f File) outcome {
			return testPart(f.Version, func(v Version) bool { return cmp.holds(v.Compare(want)) })
		}}
	case "FileCreated":
		want, cmp, path := a.date("Created"), a.scalar(), a.filePath(prepend)
		return &fileTest{path: path, holds: func(f File) outcome {
			return testPart(f.Created, func(t time.Time) bool { return cmp.holds(t.Compare(want)) })
		}}
	case "FileModified":
		want, cmp, path := a.date("Modified"), a.scalar(), a.filePath(prepend)
		return &fileTest{path: path, holds: func(f File) outcome {
			return testPart(f.Modified, func(t time.Time) bool { return cmp.holds(t.Compare(want)) })
		}}
	case "FileSize":
		want, cmp, path := a.unsigned("Size", 63), a.scalar(), a.filePath(prepend)
		return &fileTest{path: path, holds: func(f File) outcome {
			return testPart(f.Size, func(n int64) bool { return cmp.holds(compareUint(uint64(n), want)) })
		}}
	}
	return nil
}

// filePath reads Path and what stands before it.
func (a *attrs) filePath(prepend bool) filePath {
	p := filePath{path: a.need("Path")}
	if prepend {
		p.kind = pathRegistry
		p.name = a.needAny("Value")
		p.folded = fold(p.name)
		p.key = a.key()
		return p
	}
	if a.has("Csidl") {
		p.kind = pathFolder
		p.csidl = int(a.signed("Csidl"))
		return p
	}
	p.path = cleanPath(p.path)
	return p
}

type pathKind uint8

const (
	pathAbsolute pathKind = iota
	pathFolder
	pathRegistry
)

// filePath is the path of a file rule: absolute, below a known folder, or
// below the folder that a REG_SZ names. Environment variables in it are not
// expanded.
type filePath struct {
	kind  pathKind
	path  string
	csidl int

	key          keyRef
	name, folded string
}

// resolve finds the absolute path; the outcome is meant for when ok is
// false. A folder or registry value that is missing makes the rule false.
func (p *filePath) resolve(m *machine) (path string, ok bool, o outcome) {
	switch p.kind {
	case pathAbsolute:
		return p.path, true, outcome{}
	case pathFolder:
		f := m.readFolder(p.csidl)
		note(m, f, showText, "known folder %d", p.csidl)
		if f.Presence != Present {
			return "", false, missing(f.Presence)
		}
		return joinPath(f.Value, p.path), true, outcome{}
	case pathRegistry:
		text, ok, o := m.text(p.key, p.name, p.folded)
		if !ok {
			return "", false, o
		}
		return joinPath(text, p.path), true, outcome{}
	}
	return "", false, outcome{}
}

// fileTest compares one property of a file. A missing file is false for
// every comparison (specified), and so is a file without a version resource
// (our reading; what the agent does is not known).
type fileTest struct {
	path  filePath
	holds func(File) outcome
}

func (t *fileTest) test(m *machine) outcome {
	path, ok, o := t.path.resolve(m)
	if !ok {
		return o
	}
	f := m.file(path)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return t.holds(f.Value)
}

// testPart applies a test to a part of a file that may not be there.
func testPart[T any](f Fact[T], holds func(T) bool) outcome {
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(holds(f.Value))
}

// newFileExists compiles FileExists: the file or directory is there, and
// each attribute that is given matches exactly (specified).
func newFileExists(a *attrs, path filePath) leaf {
	var parts []func(File) outcome
	if a.has("Version") {
		want := a.version("Version")
		parts = append(parts, func(f File) outcome {
			return testPart(f.Version, func(v Version) bool { return v == want })
		})
	}
	if a.has("Created") {
		want := a.date("Created")
		parts = append(parts, func(f File) outcome { return testPart(f.Created, want.Equal) })
	}
	if a.has("Modified") {
		want := a.date("Modified")
		parts = append(parts, func(f File) outcome { return testPart(f.Modified, want.Equal) })
	}
	if a.has("Size") {
		want := a.unsigned("Size", 63)
		parts = append(parts, func(f File) outcome {
			return testPart(f.Size, func(n int64) bool { return uint64(n) == want })
		})
	}
	if a.has("Language") {
		want := a.unsigned("Language", 16)
		parts = append(parts, func(f File) outcome {
			return testPart(f.Language, func(n uint16) bool { return uint64(n) == want })
		})
	}
	return &fileTest{path: path, holds: func(f File) outcome {
		result := outcome{True, CauseDecided}
		for _, part := range parts {
			o := part(f)
			if o.value == False {
				return o
			}
			if o.value == Unknown {
				result = o
			}
		}
		return result
	}}
}
