package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/internal/testdata"
)

// write makes a file in a new folder.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sampleFile is a file of the sample.
func sampleFile(t *testing.T, name string) string {
	t.Helper()
	data, err := sample.ReadFile("sample/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// copySample writes files of the sample to a new folder, all if none is named.
func copySample(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	if len(names) == 0 {
		sub, err := fs.Sub(sample, "sample/catalog-1")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "catalog"), sub); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, "catalog")
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(sampleFile(t, "catalog-1/"+name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	zipText := write(t, "broken.zip", "PK\x03\x04 but no more")
	twice := copySample(t, "fabrikam-bios.sdp")
	other := strings.Replace(sampleFile(t, "catalog-1/fabrikam-bios.sdp"), "Fabrikam Desk 320 System BIOS 2.11", "Another title", 1)
	if err := os.WriteFile(filepath.Join(twice, "other.sdp"), []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "report.xml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	machine := sampleFile(t, "machine.json")
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"unknown flag", []string{"-nope"}, []string{"-nope"}},
		{"argument", []string{"extra"}, []string{`"extra"`}},
		{"days no number", []string{"-days", "x"}, []string{`"x"`, "-days"}},
		{"days 0", []string{"-days", "0"}, []string{"-days 0", "1 to 366"}},
		{"days 367", []string{"-days", "367"}, []string{"-days 367", "1 to 366"}},
		{"ttl 0", []string{"-ttl", "0s"}, []string{"-ttl 0s", "positive"}},
		{"ttl negative", []string{"-ttl", "-1h"}, []string{"-ttl -1h", "positive"}},
		{"ttl without unit", []string{"-ttl", "24"}, []string{`"24"`, "-ttl"}},
		{"seed", []string{"-seed", "-1"}, []string{`"-1"`, "-seed"}},
		{"new line in a flag", []string{"-a\nb"}, []string{"-a b"}},
		{"no catalogue", []string{"-catalog", "nowhere/at all"}, []string{"-catalog", "nowhere/at all"}},
		{"empty folder", []string{"-catalog", t.TempDir()}, []string{"-catalog", "no update metadata"}},
		{"no XML", []string{"-catalog", write(t, "a.xml", "hello")}, []string{"-catalog", "a.xml:1:1: "}},
		{"cut short", []string{"-catalog", write(t, "b.sdp", sampleFile(t, "catalog-1/fabrikam-bios.sdp")[:900])}, []string{"b.sdp:9:"}},
		{"empty file", []string{"-catalog", write(t, "c.xml", "")}, []string{"c.xml"}},
		{"file among others", []string{"-catalog", filepath.Dir(write(t, "d.xml", "<Update>\n<x"))}, []string{"d.xml:2:"}},
		{"two of one id", []string{"-catalog", twice}, []string{"-catalog", "9c4b7e20-0110-4d1f-a5c3-000000000211", "other.sdp"}},
		{"broken zip", []string{"-catalog", zipText}, []string{"broken.zip: not a zip archive"}},
		{"no facts", []string{"-facts", "nowhere.json"}, []string{"-facts", "nowhere.json"}},
		{"facts a folder", []string{"-facts", t.TempDir()}, []string{"-facts", "directory"}},
		{"facts cut short", []string{"-facts", write(t, "m.json", machine[:300])}, []string{"m.json", "16:15: "}},
		{"facts with a misspelt field", []string{"-facts", write(t, "m.json", strings.Replace(machine, `"windows"`, `"widows"`, 1))}, []string{"m.json", "4:13", "widows"}},
		{"facts with a bad name", []string{"-facts", write(t, "m.json", strings.Replace(machine, "DESK-0042", strings.Repeat("D", 257), 1))}, []string{"m.json", "name"}},
		{"explain unknown id", []string{"-explain", "9c4b7e20-0103-4d1f-a5c3-000000990199"}, []string{"-explain", "9c4b7e20-0103-4d1f-a5c3-000000990199"}},
		{"explain unknown KB", []string{"-explain", "KB1"}, []string{"-explain", `"KB1"`}},
		{"reports a file", []string{"-reports", write(t, "r", "")}, []string{"-reports"}},
		{"reports not empty", []string{"-reports", full}, []string{"-reports", "report.xml", "new or empty"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			reports := filepath.Join(t.TempDir(), "reports")
			args := tt.args
			if args[0] != "-reports" {
				args = append([]string{"-reports", reports}, args...)
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), args, &stdout, &stderr)
			if code != 2 || stdout.Len() != 0 {
				t.Errorf("run(%q) = %d, stdout %q, want 2 and nothing", args, code, stdout.String())
			}
			text := stderr.String()
			if !strings.HasPrefix(text, "quickstart: ") || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
				t.Errorf("run(%q): stderr %q, want one line", args, text)
			}
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("run(%q): stderr %q, want %q in it", args, text, want)
				}
			}
			if _, err := os.Stat(reports); err == nil {
				t.Errorf("run(%q) made the folder for the reports", args)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"-h", "-help", "--help"} {
		text := runOK(t, flag)
		for _, want := range []string{"Usage: ", "-catalog PATH", "-wsus URL", "-facts FILE", "-seed N", "-ttl DURATION", "-days N", "-json", "-reports DIR", "-explain UPDATE"} {
			if !strings.Contains(text, want) {
				t.Errorf("run(%s) lacks %q:\n%s", flag, want, text)
			}
		}
	}
}

// zipped packs a folder's files into an archive, in folders of its own.
func zipped(t *testing.T, dir, name string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create("packages/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, name, b.String())
}

func TestCatalogForms(t *testing.T) {
	t.Parallel()
	dir := copySample(t)
	for _, path := range []string{dir, zipped(t, dir, "catalog.zip"), zipped(t, dir, "archive-without-ending")} {
		s := runJSON(t, "-catalog", path).one(t, "summary")
		// KB990101 is not replaced here; all else is as in the sample.
		if s.Files != 19 || s.Required != 4 || s.Installed != 3 || s.NotRequired != 2 || s.Unknown != 1 {
			t.Errorf("-catalog %s: %+v, want 19 files and 4, 3, 2, 1", path, s)
		}
	}
	one := filepath.Join(dir, "fabrikam-bios.sdp")
	l := runJSON(t, "-catalog", one)
	if s := l.one(t, "summary"); s.Files != 1 || s.Total != 1 || s.Installed != 1 || s.Percent != 100 {
		t.Errorf("-catalog %s: %+v, want one update, installed on Thursday", one, s)
	}
	if text := runOK(t, "-catalog", one, "-days", "1"); !strings.Contains(text, "1 metadata file read.") || !strings.Contains(text, "name the facts of another with -facts") {
		t.Errorf("-catalog %s says:\n%s", one, text)
	}
}

func TestOtherMachine(t *testing.T) {
	t.Parallel()
	facts := write(t, "m.json", strings.NewReplacer("DESK-0042", "LAB-7", `"architecture": 9`, `"architecture": 0`).Replace(sampleFile(t, "machine.json")))
	text := runOK(t, "-facts", facts)
	for _, want := range []string{"LAB-7 (" + facts + ") and the sample catalogue", "The catalogue is the sample's", "LAB-7 after 7 days", "Required       Security Update for the Document Viewer 8"} {
		if !strings.Contains(text, want) {
			t.Errorf("-facts lacks %q:\n%s", want, text)
		}
	}
	empty := runJSON(t, "-facts", write(t, "m.json", `{"format": "updatescan-machine-1"}`))
	if s := empty.one(t, "summary"); s.Unknown == 0 || s.Required != 0 || s.Installed != 0 {
		t.Errorf("a machine without facts: %+v, want Unknown and nothing Required or Installed", s)
	}
}

func TestNoRestart(t *testing.T) {
	t.Parallel()
	dir := copySample(t, "kb990101.xml", "product-windows-vista.xml", "classification-security.xml", "detectoid-x64.xml")
	l := runJSON(t, "-catalog", dir)
	after := l.triggered("after_installation")
	if len(after) != 1 || len(l.of("restart_pending")) != 0 {
		t.Fatalf("%d scans after the installation, %d restarts pending, want 1 and 0", len(after), len(l.of("restart_pending")))
	}
	if c := l.one(t, "change", after[0].Scan); c.Update != replaced || c.To != "installed" {
		t.Errorf("after the installation: %+v, want it Installed", c)
	}
	if text := runOK(t, "-catalog", dir); !strings.Contains(text, "no restart is needed") || strings.Contains(text, "must restart") {
		t.Error("the text says that an update that never restarts needs a restart")
	}
}

func TestNothingToDo(t *testing.T) {
	t.Parallel()
	text := runOK(t, "-catalog", copySample(t, "kb990104.xml"))
	if !strings.Contains(text, "nothing is required, so nothing is deployed") || strings.Contains(text, "deadline") {
		t.Errorf("nothing is required:\n%s", text)
	}
	if text := runOK(t, "-catalog", copySample(t, "detectoid-x64.xml")); !strings.Contains(text, "Total                0\n") || strings.Contains(text, "NaN") {
		t.Errorf("no update at all:\n%s", text)
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	title := "Colour\x1b[31m &#x1F600; " + strings.Repeat("long ", 100) + "(KB1)"
	plain := strings.ReplaceAll(title, "\x1b", "\u009b") // a control character that XML allows
	path := write(t, "a.sdp", strings.Replace(sampleFile(t, "catalog-1/fabrikam-bios.sdp"), "Fabrikam Desk 320 System BIOS 2.11", plain, 1))
	for _, line := range strings.Split(runOK(t, "-catalog", path), "\n") {
		if len([]rune(line)) > 180 || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == '\u009b' }) {
			t.Errorf("line %q", line)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	byID := runOK(t, "-explain", "9c4b7e20-0106-4d1f-a5c3-000000990106")
	for _, want := range []string{"Update for Help Content in Windows Vista (KB990106)", "Required", "bundle", "Help Content, de"} {
		if !strings.Contains(byID, want) {
			t.Errorf("-explain lacks %q:\n%s", want, byID)
		}
	}
	for _, name := range []string{"KB990106", "kb990106", "990106", "{9C4B7E20-0106-4D1F-A5C3-000000990106}"} {
		if got := runOK(t, "-explain", name); got != byID {
			t.Errorf("-explain %s differs from the explanation by id:\n%s", name, got)
		}
	}
	// Brought by the second catalogue only, and one of the first that it replaces.
	for _, name := range []string{"KB990102", "KB990101", "FB-211"} {
		runOK(t, "-explain", name)
	}
	text := runOK(t, "-explain", "KB990106", "-json")
	if !json.Valid([]byte(text)) || strings.Count(text, "\n") != 1 {
		t.Errorf("-explain -json: %q, want one JSON object on one line", text)
	}
	if dir := filepath.Join(t.TempDir(), "r"); runOK(t, "-explain", "KB990106", "-reports", dir) != byID {
		t.Error("-explain with -reports differs")
	} else if _, err := os.Stat(dir); err == nil {
		t.Error("-explain made the folder for the reports")
	}
}

func TestExplainAmbiguous(t *testing.T) {
	t.Parallel()
	dir := copySample(t, "fabrikam-bios.sdp")
	text := strings.ReplaceAll(sampleFile(t, "catalog-1/fabrikam-bios.sdp"), "9c4b7e20-0110-", "9c4b7e20-0112-")
	if err := os.WriteFile(filepath.Join(dir, "b.sdp"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"-catalog", dir, "-explain", "FB-211"}, &stdout, &stderr)
	want := `quickstart: -explain: KB article "FB-211" has 2 updates, name one by its id: ` +
		"9c4b7e20-0110-4d1f-a5c3-000000000211, 9c4b7e20-0112-4d1f-a5c3-000000000211\n"
	if code != 2 || stdout.Len() != 0 || stderr.String() != want {
		t.Errorf("run = %d, %q, %q, want 2 and %q", code, stdout.String(), stderr.String(), want)
	}
	runOK(t, "-catalog", dir, "-explain", "9c4b7e20-0112-4d1f-a5c3-000000000211")
}

func TestGenuine(t *testing.T) {
	t.Parallel()
	for name, packages := range map[string]int{
		"hp-2021-sdp.zip":                          1829,
		"0e6cf4ac-2853-48aa-825b-8fe28206575f.sdp": 1,
		"dc718411-a5f1-4b15-966a-63a77cbb156e.sdp": 1,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if packages > 1 && testing.Short() {
				t.Skip("reads and serves 1,829 packages twice")
			}
			path := testdata.Dir(t, "vendor-catalogue", name)
			l := runJSON(t, "-catalog", path, "-days", "2")
			s := l.one(t, "summary")
			if s.Files != packages || s.Total != packages || s.UnsupportedRules != 0 {
				t.Errorf("-catalog %s: %d files, %d updates, %d rules not supported, want %d, %d, 0", name, s.Files, s.Total, s.UnsupportedRules, packages, packages)
			}
			if got := len(l.of("change")); got < packages-s.Unknown {
				t.Errorf("-catalog %s: %d changes, want a first report of all but %d", name, got, s.Unknown)
			}
			text := runOK(t, "-catalog", path, "-days", "1")
			for _, want := range []string{number(packages) + " metadata file", "Rules that are not supported and could not be evaluated: 0\n"} {
				if !strings.Contains(text, want) {
					t.Errorf("-catalog %s lacks %q", name, want)
				}
			}
			if n := strings.Count(text, "\n"); n > 60 {
				t.Errorf("-catalog %s prints %d lines", name, n)
			}
		})
	}
}
