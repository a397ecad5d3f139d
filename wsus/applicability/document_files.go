package applicability

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"time"
)

// documentFiles is the files section.
type documentFiles struct {
	coverage
	entries map[string]documentFile // by folded path
	dirs    map[string]int          // folded paths of the folders above entries: how many are below
}

type documentFile struct {
	path string
	file File
}

func (s *documentFiles) clone() *documentFiles {
	if s == nil {
		return nil
	}
	return &documentFiles{s.coverage.clone(), maps.Clone(s.entries), maps.Clone(s.dirs)}
}

func (s *documentFiles) set(path string, f File) {
	folded := fold(path)
	_, known := s.entries[folded]
	s.entries[folded] = documentFile{path, f}
	if known {
		return
	}
	for up, ok := above(folded); ok; up, ok = above(up) {
		s.dirs[up]++
	}
}

func (s *documentFiles) remove(folded string) {
	if _, known := s.entries[folded]; !known {
		return
	}
	delete(s.entries, folded)
	for up, ok := above(folded); ok; up, ok = above(up) {
		if s.dirs[up]--; s.dirs[up] == 0 {
			delete(s.dirs, up)
		}
	}
}

// above is the path of the folder that holds the path, if there is one.
func above(path string) (string, bool) {
	i := strings.LastIndexByte(path, '\\')
	if i <= 0 || path[:i] == `\` {
		return "", false
	}
	return path[:i], true
}

// folder is what is known of a folder because a file in it is listed.
func folder() File {
	return File{Directory: true, Version: NoFact[Version](), Language: NoFact[uint16]()}
}

// File implements [Files]. A folder that holds a listed file is there too.
func (d *Document) File(path string) Fact[File] {
	if d.files == nil {
		return Fact[File]{}
	}
	folded := fold(cleanPath(path))
	if e, ok := d.files.entries[folded]; ok {
		return FactOf(e.file)
	}
	if d.files.dirs[folded] > 0 {
		return FactOf(folder())
	}
	return Fact[File]{Presence: d.files.absent(folded)}
}

// defaultFolder is the path of a machine's known folder on a standard Windows
// installation (Vista or later); "" when there is no default.
func defaultFolder(csidl int) string {
	switch csidl {
	case 20:
		return `C:\Windows\Fonts`
	case 22:
		return `C:\ProgramData\Microsoft\Windows\Start Menu`
	case 23:
		return `C:\ProgramData\Microsoft\Windows\Start Menu\Programs`
	case 24:
		return `C:\ProgramData\Microsoft\Windows\Start Menu\Programs\Startup`
	case 25:
		return `C:\Users\Public\Desktop`
	case 35:
		return `C:\ProgramData`
	case 36:
		return `C:\Windows`
	case 37:
		return `C:\Windows\System32`
	case 38:
		return `C:\Program Files`
	case 41:
		return `C:\Windows\SysWOW64`
	case 42:
		return `C:\Program Files (x86)`
	case 43:
		return `C:\Program Files\Common Files`
	case 44:
		return `C:\Program Files (x86)\Common Files`
	case 45:
		return `C:\ProgramData\Microsoft\Windows\Templates`
	case 46:
		return `C:\Users\Public\Documents`
	}
	return ""
}

// Folder implements [Folders]: what the document says, or else the default.
// On 32-bit Windows 41, 42 and 44 are 37, 38 and 43. The folders of a user,
// which have no default, are unavailable.
func (d *Document) Folder(csidl int) Fact[string] {
	if path, ok := d.folders[csidl]; ok {
		return FactOf(path)
	}
	if !d.is64Bit() {
		switch csidl {
		case 41:
			return d.Folder(37)
		case 42:
			return d.Folder(38)
		case 44:
			return d.Folder(43)
		}
	}
	if path := defaultFolder(csidl); path != "" {
		return FactOf(path)
	}
	return Fact[string]{}
}

// readFiles reads the files section.
func (d *jsonReader) readFiles(n *jsonNode) *documentFiles {
	f := d.object(n, "complete", "covers", "entries")
	s := &documentFiles{entries: map[string]documentFile{}, dirs: map[string]int{}}
	s.coverage = d.coverage(f, func(n *jsonNode) string {
		return d.filePath(n, d.text(n, "a path"))
	})
	if f["entries"] == nil {
		return s
	}
	for _, item := range d.members(f["entries"], "an object of file paths") {
		path := d.filePath(item, item.key)
		if old, ok := s.entries[fold(path)]; ok {
			d.fail(item, "the same file as %q, written differently", old.path)
		}
		s.set(path, d.file(item))
	}
	return s
}

// filePath checks that a path is absolute and canonicalises it.
func (d *jsonReader) filePath(n *jsonNode, path string) string {
	clean, err := checkPath(path)
	if err != nil {
		d.fail(n, `found %s, want an absolute path such as "C:\\Windows\\notepad.exe"`, quoteShort(path))
	}
	return clean
}

func checkPath(path string) (string, error) {
	if len(path) <= maxPathLength {
		clean := cleanPath(path)
		drive := len(clean) >= 2 && clean[1] == ':' && (clean[0]|0x20) >= 'a' && (clean[0]|0x20) <= 'z'
		if strings.HasPrefix(clean, `\\`) || (drive && (len(clean) == 2 || clean[2] == '\\')) {
			return clean, nil
		}
	}
	return "", fmt.Errorf("applicability: path %s: want an absolute path of at most %d bytes", quoteShort(path), maxPathLength)
}

func (d *jsonReader) file(n *jsonNode) File {
	f := d.object(n, "directory", "version", "created", "modified", "size", "language")
	file := File{
		Version:  maybe(f, "version", d.version),
		Created:  maybe(f, "created", d.time),
		Modified: maybe(f, "modified", d.time),
		Size:     maybe(f, "size", func(n *jsonNode) int64 { return int64(d.unsigned(n, 1<<63-1)) }),
		Language: maybe(f, "language", func(n *jsonNode) uint16 { return uint16(d.unsigned(n, 1<<16-1)) }),
	}
	if f["directory"] != nil && d.flag(f["directory"]) {
		file.Directory = true
		file.Version, file.Language = NoFact[Version](), NoFact[uint16]()
	}
	return file
}

// NewFile is a file with a version and a modification time; its creation time
// is the same, its size and language are unavailable.
func NewFile(version Version, modified time.Time) File {
	t := modified.UTC()
	return File{Version: FactOf(version), Created: FactOf(t), Modified: FactOf(t)}
}

// SetFile adds or replaces a file. A path that is not absolute is an error,
// and so are a negative size and a time that is not in the years 0000 to 9999
// of UTC. A directory has no version and no language, whatever f says. A
// document without a files section gets one that covers nothing.
func (d *Document) SetFile(path string, f File) error {
	clean, err := checkPath(validText(path))
	if err != nil {
		return err
	}
	if f, err = f.clean(); err != nil {
		return fmt.Errorf("applicability: file %s: %w", quoteShort(clean), err)
	}
	d.fileSection().set(clean, f)
	return nil
}

// clean is the file as a document holds it.
func (f File) clean() (File, error) {
	c := File{
		Directory: f.Directory, Version: f.Version.clean(), Language: f.Language.clean(),
		Created: f.Created.clean(), Modified: f.Modified.clean(), Size: f.Size.clean(),
	}
	if c.Directory {
		c.Version, c.Language = NoFact[Version](), NoFact[uint16]()
	}
	if c.Size.Value < 0 {
		return File{}, fmt.Errorf("size %d is negative", c.Size.Value)
	}
	for _, t := range [...]*Fact[time.Time]{&c.Created, &c.Modified} {
		if t.Presence != Present {
			continue
		}
		if !hasYear(t.Value) {
			return File{}, fmt.Errorf("time of the year %d, want 0 to 9999", t.Value.UTC().Year())
		}
		t.Value = t.Value.UTC()
	}
	return c, nil
}

// DeleteFile removes a file. Whether it is absent afterwards or unavailable
// depends on what the section covers. The folder it was in stays.
func (d *Document) DeleteFile(path string) error {
	clean, err := checkPath(validText(path))
	if err != nil || d.files == nil {
		return err
	}
	old, ok := d.files.entries[fold(clean)]
	if !ok {
		return nil
	}
	if up, ok := above(old.path); ok {
		if _, listed := d.files.entries[fold(up)]; !listed {
			d.files.set(up, folder())
		}
	}
	d.files.remove(fold(clean))
	return nil
}

// CoverFiles says that the files are completely listed at and below the
// folders, or everywhere when none is given. What was covered stays so. A path
// that is not absolute, and more than 1,024 folders in all, are an error.
func (d *Document) CoverFiles(roots ...string) error {
	paths := make([]string, 0, len(roots))
	for _, root := range roots {
		clean, err := checkPath(validText(root))
		if err != nil {
			return err
		}
		paths = append(paths, clean)
	}
	var c coverage
	if d.files != nil {
		c = d.files.coverage
	}
	if err := c.extend(paths); err != nil {
		return err
	}
	d.fileSection().coverage = c
	return nil
}

// SetFolder sets the path of a known folder. A path that is not absolute is
// an error, and so is a CSIDL number that is not from 0 to 32,767.
func (d *Document) SetFolder(csidl int, path string) error {
	clean, err := checkPath(validText(path))
	if err != nil {
		return err
	}
	if csidl < 0 || csidl > math.MaxInt16 {
		return fmt.Errorf("applicability: folder %d: want a CSIDL number from 0 to %d", csidl, math.MaxInt16)
	}
	if d.folders == nil {
		d.folders = map[int]string{}
	}
	d.folders[csidl] = clean
	return nil
}

func (d *Document) fileSection() *documentFiles {
	if d.files == nil {
		d.files = &documentFiles{entries: map[string]documentFile{}, dirs: map[string]int{}}
	}
	return d.files
}
