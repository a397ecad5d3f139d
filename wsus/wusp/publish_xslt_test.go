package wusp_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus/metadata"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// TestStylesheet: a package means what Microsoft's own stylesheet makes of it, one
// vendor package in forty, where there is an XSLT processor. The stylesheet
// wants the package in a frame, and the conditions of the package already
// combined with those of its item, which the test does.
func TestStylesheet(t *testing.T) {
	t.Parallel()
	sheet := testdata.Dir(t, "vendor-catalogue", "schemas", "TranslateSdpToSus.xslt")
	processor, err := exec.LookPath("xsltproc")
	if err != nil {
		t.Skip("SKIPPED: no xsltproc")
	}
	docs := vendorPackages(t)
	for i := 0; i < len(docs); i += 40 {
		file := filepath.Join(t.TempDir(), "package.xml")
		if err := os.WriteFile(file, framed(t, docs[i]), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), processor, "--nonet", sheet, file)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		theirs, err := cmd.Output()
		if err != nil {
			t.Fatalf("xsltproc: %v: %s", err, &stderr)
		}
		want, err := metadata.Parse(theirs, metadata.Options{})
		if err != nil {
			t.Fatalf("the stylesheet's: %v", err)
		}
		ours, err := wusp.PackageDocuments(docs[i])
		if err != nil || len(ours) != 1 {
			t.Fatalf("PackageDocuments = %d documents, %v", len(ours), err)
		}
		got, err := metadata.Parse(ours[0], metadata.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("package %d (-stylesheet +ours):\n%s", i, diff)
		}
	}
}

// framed is a package in the frame in which publishing hands it to the
// stylesheet.
func framed(t *testing.T, doc []byte) []byte {
	t.Helper()
	head, content, found := strings.Cut(strings.TrimPrefix(string(doc), "\ufeff"), ">")
	attributes, isPackage := strings.CutPrefix(head, "<sdp:SoftwareDistributionPackage")
	content, _, ended := strings.Cut(content, "</sdp:SoftwareDistributionPackage>")
	own, item, one := strings.Cut(content, "<sdp:InstallableItem")
	if !found || !isPackage || !ended || !one || strings.Contains(item, "<sdp:InstallableItem") {
		t.Fatalf("not a package of one item: %.200s", doc)
	}
	for _, section := range []string{"sdp:IsInstalled", "sdp:IsInstallable"} {
		before, rest, has := strings.Cut(own, "<"+section+">")
		rules, after, _ := strings.Cut(rest, "</"+section+">")
		if !has {
			continue
		}
		own = before + after
		first, rest, has := strings.Cut(item, "<"+section+">")
		if !has {
			t.Fatalf("an item without %s, of a package that has it", section)
		}
		itsRules, last, _ := strings.Cut(rest, "</"+section+">")
		item = first + "<" + section + "><lar:And>" + rules + itsRules + "</lar:And></" + section + ">" + last
	}
	return []byte(`<usp:UpdateServicesPackage xmlns:usp="http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/UpdateServicesPackage.xsd">` +
		`<usp:UpdateServicesProperties RevisionNumber="1" /><usp:SoftwareDistributionPackage` + attributes + ">" + own + "<sdp:InstallableItem" + item +
		`</usp:SoftwareDistributionPackage></usp:UpdateServicesPackage>`)
}
