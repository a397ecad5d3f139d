package filestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/filestore"
	"github.com/updatescan/updatescan/ttl/ttltest"
)

// open returns the store of a path.
func open(tb testing.TB, path string) *filestore.Store {
	tb.Helper()
	s, err := filestore.New(path)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-3")
	t.Attr("rule", "TTL-6")
	ttltest.RunStore(t, func(t *testing.T) ttl.Store {
		t.Helper()
		return open(t, filepath.Join(t.TempDir(), "metadata"))
	})
}

func TestReopened(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	err := ttltest.CheckReopened(t.Context(), func() func() ttl.Store {
		path := filepath.Join(t.TempDir(), "metadata")
		return func() ttl.Store { return open(t, path) }
	})
	if err != nil {
		t.Error(err)
	}
}

// TestUnreadable reads where something is and cannot be read.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	for _, tt := range []struct {
		name  string
		spoil func(path string) error
	}{
		{"a directory in its place", func(path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}},
		{"the folder is gone", func(path string) error { return os.RemoveAll(filepath.Dir(path)) }},
		{"the folder is a file", func(path string) error {
			return errors.Join(os.RemoveAll(filepath.Dir(path)), os.WriteFile(filepath.Dir(path), nil, 0o600))
		}},
		{"a link to nothing", func(path string) error {
			return errors.Join(os.Remove(path), os.Symlink("nowhere", path))
		}},
		{"no permission", func(path string) error {
			if os.Geteuid() <= 0 {
				return errors.New("root reads everything, and Windows has no modes")
			}
			return os.Chmod(path, 0)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "folder", "metadata")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			s := open(t, path)
			if err := s.Save(t.Context(), []byte("something")); err != nil {
				t.Fatal(err)
			}
			if err := tt.spoil(path); err != nil {
				t.Skipf("SKIPPED: %v", err)
			}
			if err := ttltest.CheckUnreadable(t.Context(), func() ttl.Store { return s }); err != nil {
				t.Error(err)
			}
			if err := s.Save(t.Context(), []byte("else")); err == nil && tt.name != "no permission" {
				t.Error("Save = nil")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"", dir, dir + "/", filepath.Join(dir, "x") + "/"} {
		if _, err := filestore.New(path); !errors.Is(err, filestore.ErrNotFile) {
			t.Errorf("New(%q) = %v, want ErrNotFile", path, err)
		}
	}
	if _, err := filestore.New(filepath.Join(dir, "none", "x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("New in a folder that is not there = %v", err)
	}
	var zero filestore.Store
	if _, err := zero.Load(t.Context()); err == nil || errors.Is(err, ttl.ErrAbsent) {
		t.Errorf("Load of the zero store = %v", err)
	}
	if err := zero.Save(t.Context(), nil); err == nil {
		t.Error("Save to the zero store = nil")
	}
}

// TestLeftovers removes what a crash has left, and nothing else.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := []string{"metadata", "metadata.tmp", "metadata.1a.tmp", "metadata.12", "other.12.tmp", "xmetadata.12.tmp"}
	for _, name := range append([]string{"metadata.12.tmp", "metadata.3456.tmp"}, kept...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, filepath.Join(dir, "metadata"))
	if got := names(t, dir); !slices.Equal(got, slices.Sorted(slices.Values(kept))) {
		t.Errorf("left are %q, want %q", got, kept)
	}
	if data, err := s.Load(t.Context()); err != nil || string(data) != "metadata" {
		t.Errorf("Load = %q, %v", data, err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestFile looks at what Save leaves in the folder: one file, for its owner,
// with exactly the blob.
func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "metadata")
	if err := os.WriteFile(path, []byte("of everybody"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Save(ended, make([]byte, 5<<20)); !errors.Is(err, context.Canceled) {
		t.Errorf("Save = %v", err)
	}
	if err := s.Save(t.Context(), []byte("mine")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"metadata"}) {
		t.Errorf("the folder holds %q", got)
	}
	data, err := os.ReadFile(path)
	if err != nil || string(data) != "mine" {
		t.Errorf("the file holds %q, %v", data, err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestTooLarge refuses a file that no entry fills, without reading it.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "metadata")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, filestore.MaxBytes+1); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	if _, err := open(t, path).Load(t.Context()); !errors.Is(err, filestore.ErrTooLarge) {
		t.Errorf("Load = %v, want ErrTooLarge", err)
	}
}

// TestCache keeps a stamp over the end of a process, and notices damage.
func TestCache(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-4")
	t.Attr("rule", "TTL-6")
	path := filepath.Join(t.TempDir(), "metadata")
	at := time.Date(2008, 6, 1, 9, 0, 0, 0, time.UTC)
	entry := ttl.AppendEntry(nil, ttl.Entry{Stamp: ttl.NewStamp(at, 7), Source: "http://wsus.example.test", Data: []byte("data")})
	if err := open(t, path).Save(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	data, err := open(t, path).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e, err := ttl.DecodeEntry(data); err != nil || e.Stamp != ttl.NewStamp(at, 7) {
		t.Errorf("DecodeEntry = %v, %v", e, err)
	}
	for i := range data { // a byte of the file is damaged
		data[i] ^= 0x10
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		data[i] ^= 0x10
		got, err := open(t, path).Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ttl.DecodeEntry(got); err == nil || errors.Is(err, ttl.ErrAbsent) {
			t.Errorf("byte %d: DecodeEntry = %v", i, err)
		}
	}
	if strings.Contains(strings.Join(names(t, filepath.Dir(path)), " "), ".tmp") {
		t.Error("a temporary file is left")
	}
}
