package metadata_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

func mustIDs(texts ...string) []compliance.UpdateID {
	var out []compliance.UpdateID
	for _, s := range texts {
		out = append(out, mustID(s))
	}
	return out
}

func bytesReader(data []byte) io.ReaderAt { return bytes.NewReader(data) }

func zipBytes(tb testing.TB, name, text string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	out, err := w.Create(name)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := out.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// madeDocuments are updates of our own making, as large as real ones.
func madeDocuments(write func(wsus.Update) string) [][]byte {
	u := sample()
	alternatives := []wsus.Rule{}
	for i := range 8 {
		alternatives = append(alternatives, wsus.Rule{Name: "And", Children: []wsus.Rule{
			rule("RegSz", "Key", "HKEY_LOCAL_MACHINE", "Subkey", `SOFTWARE\Contoso\Editor`, "Value", "Edition",
				"Comparison", "EqualTo", "Data", ids(i)),
			rule("FileVersion", "Csidl", "38", "Path", `Contoso\Editor\core.dll`, "Comparison", "GreaterThanOrEqualTo", "Version", "3.1.0.0"),
		}})
	}
	u.Rules.IsInstalled = []wsus.Rule{{Name: "Or", Children: alternatives}}
	u.Rules.IsInstallable = []wsus.Rule{{Name: "Not", Children: alternatives[:1]}}
	var out [][]byte
	for i := range 100 {
		u.ID = mustID(ids(1000 + i))
		out = append(out, []byte(write(u)))
	}
	return out
}

// genuineFragments are the captured Core fragments.
func genuineFragments(b *testing.B) [][]byte {
	b.Helper()
	names, err := filepath.Glob(filepath.Join(testdata.Dir(b, "wsus-captures"), "*", "*core*.xml"))
	if err != nil {
		b.Fatal(err)
	}
	var out [][]byte
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// genuinePackages are every n-th of the vendor's packages.
func genuinePackages(b *testing.B, n int) [][]byte {
	b.Helper()
	f, size := openGenuine(b, "vendor-catalogue", "hp-2021-sdp.zip")
	z, err := zip.NewReader(f, size)
	if err != nil {
		b.Fatal(err)
	}
	var out [][]byte
	for i := 0; i < len(z.File); i += n {
		if !strings.HasSuffix(z.File[i].Name, ".sdp") {
			continue
		}
		in, err := z.File[i].Open()
		if err != nil {
			b.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

func total(documents [][]byte) int64 { return int64(len(slices.Concat(documents...))) }

func benchOurs(b *testing.B, documents [][]byte) {
	b.Helper()
	b.SetBytes(total(documents))
	b.ReportAllocs()
	for b.Loop() {
		r, err := metadata.NewReader(metadata.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for _, data := range documents {
			if _, err := r.Parse(data); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(documents)), "ns/update")
}

func benchPeer[T any](b *testing.B, documents [][]byte, read func([]byte) (T, error)) {
	b.Helper()
	b.SetBytes(total(documents))
	b.ReportAllocs()
	for b.Loop() {
		for _, data := range documents {
			if _, err := read(data); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(documents)), "ns/update")
}

func BenchmarkFragments(b *testing.B) {
	made := madeDocuments(style{fragment: true}.core)
	b.Run("made/reader", func(b *testing.B) { benchOurs(b, made) })
	b.Run("made/encoding-xml", func(b *testing.B) { benchPeer(b, made, peerFragment) })
	b.Run("genuine/reader", func(b *testing.B) { benchOurs(b, genuineFragments(b)) })
	b.Run("genuine/encoding-xml", func(b *testing.B) { benchPeer(b, genuineFragments(b), peerFragment) })
}

func BenchmarkDocuments(b *testing.B) {
	made := madeDocuments(style{}.document)
	b.Run("made/reader", func(b *testing.B) { benchOurs(b, made) })
	b.Run("made/encoding-xml", func(b *testing.B) { benchPeer(b, made, peerDocument) })
}

func BenchmarkPackages(b *testing.B) {
	b.Run("genuine/reader", func(b *testing.B) { benchOurs(b, genuinePackages(b, 10)) })
	b.Run("genuine/encoding-xml", func(b *testing.B) { benchPeer(b, genuinePackages(b, 10), peerPackage) })
}

// BenchmarkReadZip reads the vendor's whole archive, unpacking included.
func BenchmarkReadZip(b *testing.B) {
	f, size := openGenuine(b, "vendor-catalogue", "hp-2021-sdp.zip")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := metadata.ReadZip(f, size, metadata.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
