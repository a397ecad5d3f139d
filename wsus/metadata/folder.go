package metadata

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// Result is what a folder or an archive held.
type Result struct {
	// Updates are the updates in the order of the file names, and within a
	// file in document order.
	Updates []wsus.Update
	// Skipped names what is no update metadata, in order: files with another
	// extension than .sdp and .xml, and XML documents of another kind.
	Skipped []string
	// Errors are the files that were refused, in order; only with
	// Options.KeepGoing.
	Errors []*Error
	// Files is the number of files that updates were read from.
	Files int
}

// Catalog returns a catalogue of the updates with the given content version;
// see [wsus.NewCatalog] for what is refused.
func (r *Result) Catalog(version uint32) (*wsus.Catalog, error) {
	return wsus.NewCatalog(version, r.Updates)
}

// ReadFS reads all *.sdp and *.xml files of a file system, sub-folders
// included, in the order of their names. A folder on disk is os.DirFS(name).
// Files of other kinds are skipped and named in the result; cabinets are
// refused with ErrCabinet. A file that is refused ends the reading with an
// *Error that says where, unless Options.KeepGoing is set. What is over a
// bound for all files together always ends it, with ErrLimit. A nil file system
// is an error that wraps [fs.ErrInvalid].
func ReadFS(fsys fs.FS, opt Options) (*Result, error) {
	c, err := newCollector(opt)
	if err != nil {
		return nil, err
	}
	if fsys == nil {
		return nil, missing(c.reader.origin, "the file system")
	}
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return c.refuse(name, err)
		}
		if entry.IsDir() && name == "." {
			return nil
		}
		if entry.IsDir() {
			return c.count(name)
		}
		if !entry.Type().IsRegular() && entry.Type() != fs.ModeSymlink {
			// A device or a pipe could block for ever.
			c.result.Skipped = append(c.result.Skipped, name)
			return c.count(name)
		}
		return c.file(name, func() (io.ReadCloser, error) { return fsys.Open(name) })
	})
	if err != nil {
		return nil, err
	}
	return &c.result, nil
}

// collector reads the files of a folder or archive one after the other.
type collector struct {
	reader *Reader
	result Result
	zipped bool
	files  int   // entries met
	total  int64 // bytes read
	buffer []byte
}

func newCollector(opt Options) (*collector, error) {
	r, err := NewReader(opt)
	if err != nil {
		return nil, err
	}
	return &collector{reader: r}, nil
}

// count counts an entry.
func (c *collector) count(name string) error {
	c.files++
	if c.files > c.reader.opt.MaxFiles {
		msg := fmt.Sprintf("more than %d entries", c.reader.opt.MaxFiles)
		return &Error{File: c.label(name), Msg: msg, Err: ErrLimit}
	}
	return nil
}

// file reads one file.
func (c *collector) file(name string, open func() (io.ReadCloser, error)) error {
	if err := c.count(name); err != nil {
		return err
	}
	kind := strings.ToLower(path.Ext(name))
	if kind == ".cab" {
		return c.refuse(name, &Error{Msg: "this is a cabinet file: expand it first", Err: ErrCabinet})
	}
	if kind != ".sdp" && kind != ".xml" {
		c.result.Skipped = append(c.result.Skipped, name)
		return nil
	}
	updates, err := c.parse(name, open)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && kind == ".xml" && errors.Is(e.Err, ErrForm) {
			c.result.Skipped = append(c.result.Skipped, name)
			return nil
		}
		if errors.Is(err, errTotal) {
			return &Error{File: c.label(name), Msg: err.Error(), Err: ErrLimit}
		}
		return c.refuse(name, err)
	}
	c.result.Updates = append(c.result.Updates, updates...)
	c.result.Files++
	return nil
}

// errTotal is the bound of all files together.
var errTotal = errors.New("the files together are larger than the bound")

// parse opens, reads and parses one file.
func (c *collector) parse(name string, open func() (io.ReadCloser, error)) ([]wsus.Update, error) {
	if err := c.read(open); err != nil {
		if _, ours := errors.AsType[*Error](err); c.zipped && !ours && !errors.Is(err, errTotal) {
			err = &Error{Msg: err.Error(), Err: errors.Join(ErrEntry, err)}
		}
		return nil, err
	}
	c.reader.origin = c.label(name)
	return c.reader.parse(c.buffer)
}

// read opens a file, reads it into the buffer and closes it.
func (c *collector) read(open func() (io.ReadCloser, error)) error {
	f, err := open()
	if err != nil {
		return err
	}
	err = c.load(f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// load reads a file into the buffer, and no more than the bounds allow.
func (c *collector) load(f io.Reader) error {
	limit := int64(c.reader.opt.MaxFileBytes)
	rest := c.reader.opt.MaxTotalBytes - c.total
	source := io.LimitReader(f, min(limit, rest)+1)
	c.buffer = c.buffer[:0]
	for {
		if len(c.buffer) == cap(c.buffer) {
			c.buffer = slices.Grow(c.buffer, max(len(c.buffer), 64<<10))
		}
		n, err := source.Read(c.buffer[len(c.buffer):cap(c.buffer)])
		c.buffer = c.buffer[:len(c.buffer)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	size := int64(len(c.buffer))
	c.total += size
	if size > limit {
		return c.reader.tooLarge()
	}
	if size > rest {
		return errTotal
	}
	return nil
}

// refuse makes a refused file the end of the reading, or one of the errors.
func (c *collector) refuse(name string, err error) error {
	e := located(c.label(name), err)
	if !c.reader.opt.KeepGoing {
		return e
	}
	c.result.Errors = append(c.result.Errors, e)
	return nil
}

// label is the name of a file in errors and origins.
func (c *collector) label(name string) string {
	if c.reader.opt.Origin == "" {
		return name
	}
	return c.reader.opt.Origin + "/" + name
}
