package metadata_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// openGenuine opens a file of the genuine data.
func openGenuine(tb testing.TB, elem ...string) (*os.File, int64) {
	tb.Helper()
	f, err := os.Open(testdata.Dir(tb, elem...))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	return f, info.Size()
}

func TestGenuineVendorCatalogue(t *testing.T) {
	t.Parallel()
	f, size := openGenuine(t, "vendor-catalogue", "hp-2021-sdp.zip")
	result, err := metadata.ReadZip(f, size, metadata.Options{Origin: "hp-2021-sdp.zip"})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Updates) != 1829 || result.Files != 1829 {
		t.Errorf("ReadZip: %d updates of %d files, want 1829 of 1829", len(result.Updates), result.Files)
	}
	if diff := cmp.Diff([]string{"update_manifest.json"}, result.Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	counts := map[string]int{}
	superseding, classified := 0, 0
	for _, u := range result.Updates {
		countRules(counts, u.Rules.IsInstalled, u.Rules.IsSuperseded, u.Rules.IsInstallable)
		if len(u.Supersedes) > 0 {
			superseding++
		}
		if u.Classification != mustID("00000000-0000-0000-0000-000000000000") {
			classified++
		}
		if u.Title == "" || u.Vendor == "" || u.Created.IsZero() || !strings.HasPrefix(u.Origin, "hp-2021-sdp.zip/") {
			t.Fatalf("%s: title %q, vendor %q, created %v, origin %q", u.Identity, u.Title, u.Vendor, u.Created, u.Origin)
		}
	}
	want := map[string]int{
		"And": 18183, "WindowsVersion": 14525, "Processor": 12696, "WmiQuery": 8295, "FileVersion": 5934,
		"RegSz": 5123, "Or": 2636,
	}
	for name, n := range want {
		if counts[name] != n {
			t.Errorf("%d rules %s, want %d", counts[name], name, n)
		}
	}
	if superseding != 1433 {
		t.Errorf("%d updates supersede others, want 1433", superseding)
	}
	if classified != 1829 {
		t.Errorf("%d updates have a classification, want 1829", classified)
	}
	catalog, err := result.Catalog(7)
	if err != nil || catalog.Len() != 1829 || catalog.Version() != 7 {
		t.Errorf("Catalog(7): %v, %d updates, want 1829", err, catalog.Len())
	}
}

func TestGenuinePackagesMatchSecondReader(t *testing.T) {
	t.Parallel()
	f, size := openGenuine(t, "vendor-catalogue", "hp-2021-sdp.zip")
	z, err := zip.NewReader(f, size)
	if err != nil {
		t.Fatal(err)
	}
	r, err := metadata.NewReader(metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	step := 64 // encoding/xml is slow
	if testing.Short() {
		step = 256
	}
	for i := 0; i < len(z.File); i += step {
		if !strings.HasSuffix(z.File[i].Name, ".sdp") {
			continue
		}
		in, err := z.File[i].Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		comparePackage(t, r, z.File[i].Name, data)
	}
	for _, name := range []string{
		"0e6cf4ac-2853-48aa-825b-8fe28206575f.sdp", "dc718411-a5f1-4b15-966a-63a77cbb156e.sdp",
	} {
		data, err := os.ReadFile(testdata.Dir(t, "vendor-catalogue", name))
		if err != nil {
			t.Fatal(err)
		}
		comparePackage(t, r, name, data)
	}
}

func comparePackage(t *testing.T, r *metadata.Reader, name string, data []byte) {
	t.Helper()
	got, err := r.Parse(data)
	if err != nil {
		t.Fatalf("Parse(%s): %v", name, err)
	}
	x, err := peerPackage(data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	want := x.updates()
	if reflect.DeepEqual(want, got) {
		return // many times faster than cmp.Diff
	}
	t.Errorf("Parse(%s) (-want +got):\n%s", name, cmp.Diff(want, got))
}

func TestGenuineFragments(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join(testdata.Dir(t, "wsus-captures"), "*", "*core*.xml"))
	if err != nil || len(names) < 9 {
		t.Fatalf("%d Core fragments: %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := metadata.ParseFragment(data, metadata.Options{})
		if err != nil {
			t.Errorf("ParseFragment(%s): %v", filepath.Base(name), err)
			continue
		}
		x, err := peerFragment(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x.update(), got); diff != "" {
			t.Errorf("ParseFragment(%s) (-want +got):\n%s", filepath.Base(name), diff)
		}
		all, err := metadata.Parse(data, metadata.Options{})
		if err != nil || len(all) != 1 || cmp.Diff(got, all[0]) != "" {
			t.Errorf("Parse(%s) differs from ParseFragment: %v", filepath.Base(name), err)
		}
	}
}

func TestGenuineDocuments(t *testing.T) {
	t.Parallel()
	names, _ := filepath.Glob(filepath.Join(testdata.Dir(t, "wsus-captures", "catalog-documents"), "*.xml"))
	more, _ := filepath.Glob(filepath.Join(testdata.Dir(t, "ms-wusp", "examples"), "wsusss-*.xml"))
	names = append(names, more...)
	if len(names) < 3 {
		t.Fatalf("%d documents", len(names))
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := metadata.Parse(data, metadata.Options{})
		if err != nil {
			t.Errorf("Parse(%s): %v", filepath.Base(name), err)
			continue
		}
		x, err := peerDocument(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]wsus.Update{x.update()}, got); diff != "" {
			t.Errorf("Parse(%s) (-want +got):\n%s", filepath.Base(name), diff)
		}
	}
}

// The fragments and the document of one update describe the same update.
func TestGenuineFragmentsAndDocumentAgree(t *testing.T) {
	t.Parallel()
	read := func(elem ...string) []byte {
		data, err := os.ReadFile(testdata.Dir(t, elem...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const name = "ff36f0b5-dded-4780-8664-cd78af8b62c1-r200"
	document, err := metadata.Parse(read("wsus-captures", "catalog-documents", name+".xml"), metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	u, err := metadata.ParseFragment(read("wsus-captures", "core-fragments", name+".core.xml"), metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	extended := read("wsus-captures", "core-fragments", name+".extended.xml")
	if err := metadata.AddExtended(&u, extended, metadata.Options{}); err != nil {
		t.Fatal(err)
	}
	// Fragments have no date, and this update came without Localized ones.
	u.Created, u.Title = document[0].Created, document[0].Title
	if diff := cmp.Diff(document[0], u); diff != "" {
		t.Errorf("document and fragments (-document +fragments):\n%s", diff)
	}
	if len(u.Rules.IsInstalled) == 0 || len(u.Rules.IsInstallable) == 0 || u.Handler != "CommandLineInstallation" {
		t.Errorf("the update lacks rules or handler: %q", u.Handler)
	}

	const parent = "a2fef9b0-7951-4c2c-a42b-9e351dd1c1fe-r200"
	u, err = metadata.ParseFragment(read("wsus-captures", "core-fragments", parent+".core.xml"), metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := metadata.AddExtended(&u, read("wsus-captures", "core-fragments", parent+".extended.xml"), metadata.Options{}); err != nil {
		t.Fatal(err)
	}
	localized := read("wsus-captures", "core-fragments", parent+".localized-en.xml")
	if err := metadata.AddLocalized(&u, [][]byte{localized}, metadata.Options{}); err != nil {
		t.Fatal(err)
	}
	if len(u.KBArticles) != 1 || !strings.Contains(u.Title, "KB"+u.KBArticles[0]) || u.Description == "" {
		t.Errorf("KB %v, title %q", u.KBArticles, u.Title)
	}
	if got := []int{len(u.Bundled), len(u.Supersedes), len(u.Products)}; cmp.Diff([]int{4, 10, 1}, got) != "" {
		t.Errorf("bundle clauses, superseded, products: %d, want 4, 10, 1", got)
	}
	if got := metadata.ClassificationName(u.Classification); got != "Definition Updates" {
		t.Errorf("classification %q, want Definition Updates", got)
	}
}

// A folder read from disk gives what the archive of the same files gives.
func TestGenuineFolder(t *testing.T) {
	t.Parallel()
	folder := os.DirFS(testdata.Dir(t, "wsus-captures"))
	result, err := metadata.ReadFS(folder, metadata.Options{KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Updates) < 10 {
		t.Errorf("ReadFS: %d updates, want at least 10", len(result.Updates))
	}
	for _, e := range result.Errors {
		t.Errorf("refused: %v", e)
	}
}

// countRules counts the rules of trees by name.
func countRules(counts map[string]int, trees ...[]wsus.Rule) {
	for _, rules := range trees {
		for _, r := range rules {
			counts[r.Name]++
			countRules(counts, r.Children)
		}
	}
}
