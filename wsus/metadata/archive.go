package metadata

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// ReadZip reads a zip archive as ReadFS reads a folder, its entries in the
// order of their names; a backslash in a name counts as a slash. An entry
// whose name leaves the archive or occurs twice, or that is encrypted or
// damaged, is refused with ErrEntry. Entries are unpacked one at a time, in
// memory. A nil archive is an error that wraps [fs.ErrInvalid].
func ReadZip(archive io.ReaderAt, size int64, opt Options) (*Result, error) {
	c, err := newCollector(opt)
	if err != nil {
		return nil, err
	}
	if archive == nil {
		return nil, missing(c.reader.origin, "the archive")
	}
	c.zipped = true
	z, err := zip.NewReader(archive, size)
	if err != nil && (z == nil || !errors.Is(err, zip.ErrInsecurePath)) {
		return nil, &Error{File: c.reader.opt.Origin, Msg: err.Error(), Err: err}
	}
	entries := make([]zipEntry, len(z.File))
	for i, f := range z.File {
		entries[i] = zipEntry{name: strings.TrimSuffix(strings.ReplaceAll(f.Name, `\`, "/"), "/"), file: f}
	}
	slices.SortStableFunc(entries, func(a, b zipEntry) int { return strings.Compare(a.name, b.name) })
	for i, e := range entries {
		if err := c.entry(e, i > 0 && e.name == entries[i-1].name); err != nil {
			return nil, err
		}
	}
	return &c.result, nil
}

// zipEntry is an entry of an archive and its name with slashes.
type zipEntry struct {
	name string
	file *zip.File
}

// entry reads one entry of an archive; again says that the one before has the
// same name.
func (c *collector) entry(e zipEntry, again bool) error {
	f := e.file
	if !fs.ValidPath(e.name) {
		return c.refuse(f.Name, &Error{Msg: "the entry's name is no path inside the archive", Err: ErrEntry})
	}
	if again {
		return c.refuse(e.name, &Error{Msg: "two entries have this name", Err: ErrEntry})
	}
	if strings.HasSuffix(f.Name, "/") || strings.HasSuffix(f.Name, `\`) {
		return c.count(e.name)
	}
	return c.file(e.name, func() (io.ReadCloser, error) {
		if f.Flags&1 != 0 {
			return nil, &Error{Msg: "the entry is encrypted", Err: ErrEntry}
		}
		if f.UncompressedSize64 > uint64(c.reader.opt.MaxFileBytes) {
			return nil, c.reader.tooLarge()
		}
		return f.Open()
	})
}
