// Package filestore is a [ttl.Store] in one file: the stored metadata with its
// stamp.
//
// The file holds the stored form of the entry and nothing else. That form
// carries a checksum, so the file has none of its own: what the medium has
// damaged is found by [ttl.DecodeEntry].
//
// Save writes a temporary file in the same folder, readable by its owner only,
// makes it durable, renames it to the file's name, and makes the folder durable.
// So the file is replaced whole or not at all, and a crash at any moment leaves
// the old blob or the new one; when Save has returned nil it is the new one, as
// far as the system keeps its word (TTL-6). On Windows a folder cannot be made
// durable without calls that the standard library does not have: there too the
// file is whole, but a power failure soon after a Save may bring the old blob
// back.
//
// What a crash has left of a temporary file is removed by the next [New]. Its
// name is that of the file, a dot, digits and ".tmp".
//
// One process should use a file at a time. Nothing holds a second one off, and
// it does no harm to the file: each Save is whole, the last one wins, and a New
// beside the Save of another process may make that one fail. On Windows a file
// that another process reads at that moment cannot be replaced, and Save fails.
package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/updatescan/updatescan/ttl"
)

var (
	// ErrNotFile means that the path is that of a directory or of something
	// else that is no regular file; a symbolic link is none, since Save would
	// replace it and not what it points to.
	ErrNotFile = errors.New("not a regular file")
	// ErrTooLarge means that a blob is longer than [MaxBytes].
	ErrTooLarge = errors.New("too large")
)

// MaxBytes is the longest blob, in bytes: that of the largest entry.
const MaxBytes = ttl.MaxDataBytes + ttl.MaxSourceBytes + 64

// suffix is that of temporary files.
const suffix = ".tmp"

// Store is a [ttl.Store] in a file. Use [New]: the zero Store fails. It is safe
// for concurrent use, and must not be copied after first use.
type Store struct {
	dir, name string
	turn      chan struct{} // holds one value, which the one at work has
}

var _ ttl.Store = (*Store)(nil)

// New returns the store in the file of a path, whose folder must exist; the file
// need not. It removes what a crash has left of temporary files. A path at which
// there is something other than a file is refused with [ErrNotFile].
func New(path string) (*Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("ttl/filestore: %w", err)
	}
	dir, name := filepath.Split(abs)
	s := &Store{dir: dir, name: name, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	if path == "" || name == "" || strings.HasSuffix(filepath.ToSlash(path), "/") {
		return nil, fmt.Errorf("ttl/filestore: %q: %w", path, ErrNotFile)
	}
	if err := s.check(); err != nil && !errors.Is(err, ttl.ErrAbsent) {
		return nil, fmt.Errorf("ttl/filestore: %w", err)
	}
	if err := s.clean(); err != nil {
		return nil, fmt.Errorf("ttl/filestore: %w", err)
	}
	return s, nil
}

// path is the file.
func (s *Store) path() string { return filepath.Join(s.dir, s.name) }

// check returns [ttl.ErrAbsent] when there is no file in a folder that is there,
// and an error when there is something else or nobody can tell.
func (s *Store) check() error {
	info, err := os.Lstat(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		// Where the folder is gone, nobody knows what was in it (TTL-6).
		if _, err := os.ReadDir(s.dir); err != nil {
			return err
		}
		return ttl.ErrAbsent // TTL-3
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w: %v", s.path(), ErrNotFile, info.Mode().Type())
	}
	return nil
}

// clean removes temporary files that a crash has left.
func (s *Store) clean() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), s.name+".")
		digits, temporary := strings.CutSuffix(rest, suffix)
		if !ours || !temporary || digits == "" || strings.Trim(digits, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// errZero is the error of a store that was not made by New.
var errZero = errors.New("ttl/filestore: the store was not made by New")

// take waits for the store's turn.
func (s *Store) take(ctx context.Context) error {
	if s == nil || s.turn == nil {
		return errZero
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Load implements [ttl.Store]: [ttl.ErrAbsent] when there is no file, and another
// error when it cannot be read, when something other than a file is in its
// place ([ErrNotFile]), or when the folder is gone.
func (s *Store) Load(ctx context.Context) ([]byte, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer func() { s.turn <- struct{}{} }()
	data, err := s.read()
	if err != nil {
		return nil, fmt.Errorf("ttl/filestore: load: %w", err)
	}
	return data, nil
}

func (s *Store) read() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	f, err := os.Open(s.path())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxBytes {
		return nil, fmt.Errorf("%s: %w: %d bytes, at most %d", s.path(), ErrTooLarge, info.Size(), MaxBytes)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", s.path(), err)
	}
	return data, nil
}

// Save implements [ttl.Store]; see the package comment for what it guarantees.
// An error of the last step, which makes the folder durable, leaves the new blob
// in place; after any other the old one is. When the context ends before the
// blob is in place it is not put there.
func (s *Store) Save(ctx context.Context, data []byte) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer func() { s.turn <- struct{}{} }()
	if err := s.write(ctx, data); err != nil {
		return fmt.Errorf("ttl/filestore: save: %w", err)
	}
	return nil
}

func (s *Store) write(ctx context.Context, data []byte) error {
	if len(data) > MaxBytes {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), MaxBytes)
	}
	// Not every system refuses to replace what is no file.
	if err := s.check(); err != nil && !errors.Is(err, ttl.ErrAbsent) {
		return err
	}
	f, err := os.CreateTemp(s.dir, s.name+".*"+suffix) // mode 0600
	if err != nil {
		return err
	}
	err = fill(ctx, f, data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), s.path())
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return s.syncDir()
}

// chunk is how much is written between two looks at the context.
const chunk = 1 << 20

// fill writes a file and makes its content durable.
func fill(ctx context.Context, f *os.File, data []byte) error {
	for len(data) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(data), chunk)
		if _, err := f.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return ctx.Err()
}

// syncDir makes the names in the folder durable.
func (s *Store) syncDir() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
