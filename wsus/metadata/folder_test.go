package metadata_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// simple is the text of a small package.
func simple(n int) string {
	return strings.Replace(pack(appData, pkgRules), ids(1), ids(n), 1)
}

type file struct{ name, text string }

// archiveOf returns a zip archive of files.
func archiveOf(t *testing.T, files ...file) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		out, err := w.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

func folderOf(files ...file) fs.FS {
	out := fstest.MapFS{}
	for _, f := range files {
		out[f.name] = &fstest.MapFile{Data: []byte(f.text)}
	}
	return out
}

// sameText reports whether two errors say the same, or neither is one.
func sameText(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}

// both reads the files as a folder and as an archive, and demands the same.
func both(t *testing.T, opt metadata.Options, files ...file) (*metadata.Result, error) {
	t.Helper()
	result, err := metadata.ReadFS(folderOf(files...), opt)
	archive := archiveOf(t, files...)
	zipped, zerr := metadata.ReadZip(archive, archive.Size(), opt)
	if (err == nil) != (zerr == nil) || err != nil && err.Error() != zerr.Error() {
		t.Fatalf("ReadFS: %v; ReadZip: %v", err, zerr)
	}
	if diff := cmp.Diff(result, zipped, cmp.Comparer(sameText)); diff != "" {
		t.Fatalf("folder and archive differ (-folder +archive):\n%s", diff)
	}
	return result, err
}

func TestFolderAndArchive(t *testing.T) {
	t.Parallel()
	result, err := both(
		t, metadata.Options{Origin: "here"},
		file{"z/2.SDP", "\xEF\xBB\xBF" + simple(2)}, file{"a.xml", "<Update>" + identity + `<Properties UpdateType="Detectoid"/></Update>`},
		file{"readme.txt", "x"}, file{"b/other.xml", "<catalog/>"}, file{"z/1.sdp", simple(3)},
	)
	if err != nil {
		t.Fatal(err)
	}
	var origins []string
	for _, u := range result.Updates {
		origins = append(origins, u.Origin)
	}
	if diff := cmp.Diff([]string{"here/a.xml", "here/z/1.sdp", "here/z/2.SDP"}, origins); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b/other.xml", "readme.txt"}, result.Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	if result.Files != 3 || result.Errors != nil {
		t.Errorf("files %d, errors %v", result.Files, result.Errors)
	}
	catalog, err := result.Catalog(4)
	if err != nil || catalog.Len() != 3 || catalog.Version() != 4 {
		t.Errorf("Catalog: %v", err)
	}
	if result, err := both(t, metadata.Options{}); err != nil || len(result.Updates) != 0 {
		t.Errorf("an empty folder: %v, %v", result, err)
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	files := []file{
		{"1.sdp", simple(1)},
		{"2.sdp", strings.Replace(simple(2), ids(2), "two", 1)},
		{"3.cab", "MSCF"},
		{"4.sdp", "<html/>"},
		{"5.xml", "<Update>"},
		{"6.sdp", simple(6)},
	}
	result, err := both(t, metadata.Options{}, files...)
	e, ok := errors.AsType[*metadata.Error](err)
	if result != nil || !ok || e.File != "2.sdp" || e.Line != 2 || e.Column != 15 {
		t.Errorf("strict: %v, %v, want an *Error at 2.sdp:2:15", result, err)
	}
	result, err = both(t, metadata.Options{KeepGoing: true, Origin: "d"}, files...)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Updates) != 2 || result.Files != 2 || len(result.Errors) != 4 {
		t.Fatalf("%d updates of %d files, %d errors; want 2, 2, 4", len(result.Updates), result.Files, len(result.Errors))
	}
	kinds := []error{nil, metadata.ErrCabinet, metadata.ErrForm, nil}
	for i, e := range result.Errors {
		if !strings.HasPrefix(e.File, "d/"+files[[]int{1, 2, 3, 4}[i]].name) || kinds[i] != nil && !errors.Is(e, kinds[i]) {
			t.Errorf("error %d: %v, want %v", i, e, kinds[i])
		}
	}
}

func TestFolderBounds(t *testing.T) {
	t.Parallel()
	a, b := simple(1), simple(2)
	files := []file{{"a.sdp", a}, {"b.sdp", b}, {"c.txt", "text"}}
	tests := []struct {
		name string
		opt  metadata.Options
		file string // "" when all is well
	}{
		{"file at the bound", metadata.Options{MaxFileBytes: len(a)}, ""},
		{"file over the bound", metadata.Options{MaxFileBytes: len(a) - 1}, "a.sdp"},
		{"total at the bound", metadata.Options{MaxTotalBytes: int64(len(a) + len(b))}, ""},
		{"total over the bound", metadata.Options{MaxTotalBytes: int64(len(a)+len(b)) - 1}, "b.sdp"},
		{"total over the bound, lenient", metadata.Options{MaxTotalBytes: int64(len(a)+len(b)) - 1, KeepGoing: true}, "b.sdp"},
		{"count at the bound", metadata.Options{MaxFiles: 3}, ""},
		{"count over the bound", metadata.Options{MaxFiles: 2, KeepGoing: true}, "c.txt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := both(t, tt.opt, files...)
			if tt.file == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e, ok := errors.AsType[*metadata.Error](err); !ok || e.File != tt.file || !errors.Is(err, metadata.ErrLimit) {
				t.Errorf("%v, want ErrLimit at %s", err, tt.file)
			}
		})
	}
	result, err := both(t, metadata.Options{MaxFileBytes: len(a) - 1, KeepGoing: true}, append(files, file{"d.sdp", "<a/>"})...)
	if err != nil || len(result.Errors) != 3 || !errors.Is(result.Errors[0], metadata.ErrLimit) {
		t.Errorf("lenient: %v, %v, want 3 errors", result, err)
	}
	// Folders count as entries, or a tree of empty ones would have no bound.
	tree := fstest.MapFS{"x": {Mode: fs.ModeDir}, "x/y": {Mode: fs.ModeDir}, "x/y/z": {Mode: fs.ModeDir}}
	if _, err := metadata.ReadFS(tree, metadata.Options{MaxFiles: 3}); err != nil {
		t.Errorf("3 folders, MaxFiles 3: %v", err)
	}
	if _, err := metadata.ReadFS(tree, metadata.Options{MaxFiles: 2}); !errors.Is(err, metadata.ErrLimit) {
		t.Errorf("3 folders, MaxFiles 2: %v, want ErrLimit", err)
	}
}

// An archive of a few bytes that unpacks to far more than is allowed.
func TestZipBomb(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat(" ", 8<<20)
	archive := archiveOf(t, file{"a.xml", "<a>" + huge + "</a>"})
	if archive.Size() > 1<<20 {
		t.Fatalf("the bomb has %d bytes", archive.Size())
	}
	_, err := metadata.ReadZip(archive, archive.Size(), metadata.Options{MaxFileBytes: 1 << 20})
	if !errors.Is(err, metadata.ErrLimit) {
		t.Errorf("ReadZip = %v, want ErrLimit", err)
	}
	// The same, lying about its size.
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	packed := archiveData(t, archive)
	out, err := w.CreateRaw(&zip.FileHeader{
		Name: "a.xml", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte("<a/>")),
		CompressedSize64: uint64(len(packed)), UncompressedSize64: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = metadata.ReadZip(bytes.NewReader(b.Bytes()), int64(b.Len()), metadata.Options{MaxFileBytes: 1 << 20})
	if !errors.Is(err, metadata.ErrLimit) && !errors.Is(err, metadata.ErrEntry) {
		t.Errorf("ReadZip of a lie = %v, want ErrLimit or ErrEntry", err)
	}
}

// archiveData returns the packed bytes of the only entry.
func archiveData(t *testing.T, archive *bytes.Reader) []byte {
	t.Helper()
	z, err := zip.NewReader(archive, archive.Size())
	if err != nil {
		t.Fatal(err)
	}
	in, err := z.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(in); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchiveEntries(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../a.sdp", "/a.sdp", `..\a.sdp`, "a//b.sdp", "a/../b.sdp", "./a.sdp", ""} {
		archive := archiveOf(t, file{name, simple(1)})
		_, err := metadata.ReadZip(archive, archive.Size(), metadata.Options{})
		if !errors.Is(err, metadata.ErrEntry) {
			t.Errorf("entry %q: %v, want ErrEntry", name, err)
		}
	}
	archive := archiveOf(t, file{`sub\a.sdp`, simple(1)}, file{`sub\`, ""}, file{"sub2/", ""})
	result, err := metadata.ReadZip(archive, archive.Size(), metadata.Options{})
	if err != nil || len(result.Updates) != 1 || result.Updates[0].Origin != "sub/a.sdp" {
		t.Errorf("entry with a backslash: %v, %v", result, err)
	}
	archive = archiveOf(t, file{"b/a.sdp", simple(1)}, file{`b\a.sdp`, simple(2)})
	if _, err := metadata.ReadZip(archive, archive.Size(), metadata.Options{}); !errors.Is(err, metadata.ErrEntry) {
		t.Errorf("one name twice: %v, want ErrEntry", err)
	}
}

func TestDamagedArchives(t *testing.T) {
	t.Parallel()
	archive := archiveOf(t, file{"a.sdp", simple(1)}, file{"b.sdp", simple(2)})
	whole := make([]byte, archive.Size())
	if _, err := archive.ReadAt(whole, 0); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		cut := bytes.NewReader(whole[:n])
		if _, err := metadata.ReadZip(cut, cut.Size(), metadata.Options{Origin: "z"}); err == nil {
			t.Errorf("an archive cut at %d of %d bytes is accepted", n, len(whole))
		}
	}
	// Damage inside the first entry's data.
	bad := bytes.Clone(whole)
	bad[60] ^= 0xFF
	result, err := metadata.ReadZip(bytes.NewReader(bad), int64(len(bad)), metadata.Options{KeepGoing: true})
	if err != nil || len(result.Updates) != 1 || len(result.Errors) != 1 || !errors.Is(result.Errors[0], metadata.ErrEntry) {
		t.Errorf("damaged entry: %+v, %v, want one update and one ErrEntry", result, err)
	}
	// The encryption flag of the first entry, in its directory record.
	locked := bytes.Clone(whole)
	locked[bytes.Index(locked, []byte("PK\x01\x02"))+8] |= 1
	_, err = metadata.ReadZip(bytes.NewReader(locked), int64(len(locked)), metadata.Options{})
	if !errors.Is(err, metadata.ErrEntry) || !strings.Contains(err.Error(), "encrypted") {
		t.Errorf("encrypted entry: %v, want ErrEntry", err)
	}
}

// brokenFS fails when a file is opened.
type brokenFS struct{ fstest.MapFS }

var errBroken = errors.New("disk on fire")

func (f brokenFS) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".sdp") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errBroken}
	}
	return f.MapFS.Open(name)
}

func TestBrokenFolder(t *testing.T) {
	t.Parallel()
	fsys := brokenFS{fstest.MapFS{"a.sdp": {Data: []byte(simple(1))}, "p.xml": {Mode: fs.ModeNamedPipe}}}
	_, err := metadata.ReadFS(fsys, metadata.Options{})
	e, ok := errors.AsType[*metadata.Error](err)
	if !ok || e.File != "a.sdp" || !errors.Is(err, errBroken) {
		t.Errorf("ReadFS = %v, want an *Error that wraps the cause", err)
	}
	result, err := metadata.ReadFS(fsys, metadata.Options{KeepGoing: true})
	if err != nil || len(result.Errors) != 1 || cmp.Diff([]string{"p.xml"}, result.Skipped) != "" {
		t.Errorf("ReadFS = %+v, %v, want one error and the pipe skipped", result, err)
	}
	if _, err := metadata.ReadFS(fstest.MapFS{}, metadata.Options{MaxFiles: -1}); !errors.Is(err, metadata.ErrLimit) {
		t.Errorf("ReadFS with a negative bound: %v", err)
	}
}

func TestDuplicatePackagesInCatalog(t *testing.T) {
	t.Parallel()
	result, err := both(t, metadata.Options{}, file{"a.sdp", simple(1)}, file{"b.sdp", strings.Replace(simple(1), "3.1", "3.2", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := result.Catalog(1); !errors.Is(err, wsus.ErrDuplicate) {
		t.Errorf("Catalog = %v, want ErrDuplicate", err)
	}
}
