package metadata_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

const identity = `<UpdateIdentity UpdateID="0badcafe-0000-4000-8000-000000000001" RevisionNumber="200"/>`

func TestRefusals(t *testing.T) {
	t.Parallel()
	const props = `<Properties UpdateType="Software"/>`
	tests := []struct {
		name   string
		text   string
		line   int
		column int
		msg    string // part of the message
		kind   error
	}{
		{"empty", "", 1, 1, "no root element", nil},
		{"text", "hello", 1, 1, "text outside", nil},
		{"other root", "\n<html/>", 2, 1, `root element "html"`, metadata.ErrForm},
		{"extended alone", "<ExtendedProperties/>", 1, 1, "does not say which update", metadata.ErrForm},
		{"server's wrapping", "<UpdateServicesPackage/>", 1, 1, "give it the package", metadata.ErrForm},
		{"cabinet", "MSCF\x00\x00\x00\x00rest", 0, 0, "cabinet", metadata.ErrCabinet},
		{"no identity", "<Update>" + props + "</Update>", 1, 1, "no UpdateIdentity", nil},
		{"no type", "<Update>" + identity + "</Update>", 1, 1, "no UpdateType", nil},
		{"second root", "<Update>" + identity + props + "</Update>\n<Update/>", 2, 1, "second root", nil},
		{"cut off", "<Update>" + identity, 1, 8 + len(identity) + 1, "end of the document", nil},
		{"second identity", "<Update>" + identity + "\n " + identity + props + "</Update>", 2, 2, `a second "UpdateIdentity"`, nil},
		{"second rules", "<Update>" + identity + props + "<ApplicabilityRules/>\n<ApplicabilityRules/></Update>", 2, 1, `a second "ApplicabilityRules"`, nil},
		{"bad id", "<Update>\n\t<UpdateIdentity UpdateID='12' RevisionNumber='1'/></Update>", 2, 2, `UpdateID "12"`, nil},
		{"long bad id", "<Update>\n<UpdateIdentity UpdateID='" + strings.Repeat("z", 99) + "' RevisionNumber='1'/></Update>", 2, 1, strings.Repeat("z", 64) + `"...`, nil},
		{"no id", "<Update>\n<UpdateIdentity RevisionNumber='1'/></Update>", 2, 1, "no UpdateID", nil},
		{"no revision", "<Update>\n<UpdateIdentity UpdateID='" + ids(1) + "'/></Update>", 2, 1, "no RevisionNumber", nil},
		{"negative revision", "<Update>\n<UpdateIdentity UpdateID='" + ids(1) + "' RevisionNumber='-1'/></Update>", 2, 1, `RevisionNumber "-1"`, nil},
		{"revision too high", "<Update>\n<UpdateIdentity UpdateID='" + ids(1) + "' RevisionNumber='2147483648'/></Update>", 2, 1, "RevisionNumber", nil},
		{"bad type", "<Update>" + identity + "\n<Properties UpdateType='Game'/></Update>", 2, 1, `UpdateType "Game"`, nil},
		{"bad date", "<Update>" + identity + "\n<Properties UpdateType='Software' CreationDate='yesterday'/></Update>", 2, 1, `CreationDate "yesterday"`, nil},
		{"empty clause", "<Update>" + identity + props + "<Relationships><Prerequisites>\n<AtLeastOne/></Prerequisites></Relationships></Update>", 2, 1, "names no update", nil},
		{"empty bundle clause", "<Update>" + identity + props + "<Relationships><BundledUpdates>\n<AtLeastOne></AtLeastOne></BundledUpdates></Relationships></Update>", 2, 1, "names no update", nil},
		{"doctype", "<!DOCTYPE x><Update/>", 1, 1, "", nil},
		{"entity", "<Update>" + identity + "<Properties UpdateType='&soft;'/></Update>", 1, 0, "", nil},
		{"undeclared prefix", "<u:Update/>", 1, 0, "prefix", nil},
		{"half a unit", "\xFF\xFE<", 0, 0, "UTF-16", nil},
		{"no properties", "<SoftwareDistributionPackage/>", 1, 1, "no Properties", nil},
		{"no package id", "<SoftwareDistributionPackage>\n<Properties/></SoftwareDistributionPackage>", 2, 1, "no PackageID", nil},
		{"bad package id", "<SoftwareDistributionPackage>\n<Properties PackageID='x'/></SoftwareDistributionPackage>", 2, 13, `PackageID "x"`, nil},
		{"category package", "<SoftwareDistributionPackage>\n<Properties PackageID='" + ids(1) + "' UpdateType='Category'/></SoftwareDistributionPackage>", 2, 0, `UpdateType "Category"`, nil},
		{"bad superseded", strings.ReplaceAll(pack("<SupersededPackages><PackageID>no</PackageID></SupersededPackages>"), "\n", ""), 1, 0, `PackageID "no"`, nil},
		{"no alternatives", pack("<Prerequisites><AtLeastOne/></Prerequisites>"), 6, 16, "names no package", nil},
		{"second properties", pack("<Properties PackageID='" + ids(2) + "'/>"), 6, 1, `a second "Properties"`, nil},
		{"bad item", pack("<InstallableItem ID='7'/>"), 6, 1, `InstallableItem ID "7"`, nil},
		{"items without id", pack("<InstallableItem/>", "<InstallableItem/>"), 6, 1, "has no ID", nil},
		{"item with the package's id", pack(packItem(2, ""), packItem(1, "")), 8, 1, "package's own id", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := metadata.Parse([]byte(tt.text), metadata.Options{Origin: "a.xml"})
			e, ok := errors.AsType[*metadata.Error](err)
			if got != nil || !ok {
				t.Fatalf("Parse(%q) = %v, %v, want an *Error", tt.text, got, err)
			}
			if e.File != "a.xml" || e.Line != tt.line || tt.column != 0 && e.Column != tt.column || !strings.Contains(e.Msg, tt.msg) {
				t.Errorf("Parse(%q): %+v, want line %d, column %d, %q", tt.text, e, tt.line, tt.column, tt.msg)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) || tt.kind == nil && errors.Is(err, metadata.ErrForm) {
				t.Errorf("Parse(%q): error %v is %v, want %v", tt.text, err, e.Err, tt.kind)
			}
		})
	}
}

// The zero id is refused wherever an id stands, at its place.
func TestZeroIDRefused(t *testing.T) {
	t.Parallel()
	const zero = "00000000-0000-0000-0000-000000000000"
	const other = "\n<UpdateIdentity UpdateID='" + zero + "'/>"
	const head = "<Update>" + identity + "<Properties UpdateType='Software'/><Relationships>"
	const foot = "</Relationships></Update>"
	tests := []struct{ name, text, want string }{
		{"update", "<Update>\n<UpdateIdentity UpdateID='" + zero + "' RevisionNumber='1'/></Update>", "a.xml:2:1: UpdateID"},
		{"braces", "<Update>\n<UpdateIdentity UpdateID='{" + zero + "}' RevisionNumber='1'/></Update>", "a.xml:2:1: UpdateID"},
		{"fragment", "\n<UpdateIdentity UpdateID='" + zero + "' RevisionNumber='1'/>", "a.xml:2:1: UpdateID"},
		{"superseded", head + "<SupersededUpdates>" + other + "</SupersededUpdates>" + foot, "a.xml:2:1: UpdateID"},
		{"prerequisite", head + "<Prerequisites>" + other + "</Prerequisites>" + foot, "a.xml:2:1: UpdateID"},
		{"alternative", head + "<Prerequisites><AtLeastOne>" + other + "</AtLeastOne></Prerequisites>" + foot, "a.xml:2:1: UpdateID"},
		{"bundle member", head + "<BundledUpdates>" + other + "</BundledUpdates>" + foot, "a.xml:2:1: UpdateID"},
		{"package", "<SoftwareDistributionPackage>\n<Properties PackageID='" + zero + "'/></SoftwareDistributionPackage>", "a.xml:2:13: PackageID"},
		{"superseded package", pack("<SupersededPackages><PackageID>" + zero + "</PackageID></SupersededPackages>"), "a.xml:6:21: PackageID"},
		{"bundled package", pack("<BundledPackages><PackageID>" + zero + "</PackageID></BundledPackages>"), "a.xml:6:18: PackageID"},
		{"item", pack("<InstallableItem ID='" + zero + "'/>"), "a.xml:6:1: InstallableItem ID"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := metadata.Parse([]byte(tt.text), metadata.Options{Origin: "a.xml"})
			if got != nil || err == nil || !strings.HasPrefix(err.Error(), "metadata: "+tt.want) || !strings.HasSuffix(err.Error(), `" is the zero id, which is that of no update`) {
				t.Errorf("Parse(%q) = %v, %v, want an error at %s", tt.text, got, err, tt.want)
			}
		})
	}
}

// What is nil is an error, not a panic.
func TestNilArguments(t *testing.T) {
	t.Parallel()
	opt := metadata.Options{Origin: "here"}
	_, fsErr := metadata.ReadFS(nil, opt)
	_, zipErr := metadata.ReadZip(nil, 7, opt)
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"ReadFS", fsErr, "metadata: here: the file system is nil"},
		{"ReadZip", zipErr, "metadata: here: the archive is nil"},
		{"AddExtended", metadata.AddExtended(nil, []byte("<ExtendedProperties/>"), opt), "metadata: here: the update is nil"},
		{"AddLocalized", metadata.AddLocalized(nil, [][]byte{[]byte(localizedFragment("en", "a", "b"))}, opt), "metadata: here: the update is nil"},
	}
	for _, tt := range tests {
		if _, ok := errors.AsType[*metadata.Error](tt.err); !ok || tt.err.Error() != tt.want || !errors.Is(tt.err, fs.ErrInvalid) {
			t.Errorf("%s of nil = %v, want %s", tt.name, tt.err, tt.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  metadata.Error
		want string
	}{
		{metadata.Error{File: "a.sdp", Line: 3, Column: 7, Msg: "no"}, "metadata: a.sdp:3:7: no"},
		{metadata.Error{File: "a.sdp", Msg: "no"}, "metadata: a.sdp: no"},
		{metadata.Error{Line: 3, Column: 7, Msg: "no"}, "metadata: line 3:7: no"},
		{metadata.Error{Msg: "no"}, "metadata: no"},
		{metadata.Error{File: "a\x1b[2J", Msg: "no"}, `metadata: "a\x1b[2J": no`},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error() = %q, want %q", got, tt.want)
		}
	}
}

func TestRuleBounds(t *testing.T) {
	t.Parallel()
	deep := func(n int) string {
		return identity + `<Properties UpdateType="Software"/><ApplicabilityRules><IsInstalled>` + strings.Repeat("<And>", n) +
			strings.Repeat("</And>", n) + `</IsInstalled></ApplicabilityRules>`
	}
	most := metadata.MaxDepth - 2
	u, err := metadata.ParseFragment([]byte(deep(most)), metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Rules.IsInstalled[0].Depth(1000); got != most {
		t.Errorf("depth %d, want %d", got, most)
	}
	if _, err := wsus.NewCatalog(1, []wsus.Update{u}); err != nil {
		t.Errorf("a catalogue refuses what is read: %v", err)
	}
	if _, err := metadata.ParseFragment([]byte(deep(most+1)), metadata.Options{}); err == nil {
		t.Errorf("depth %d is accepted", most+1)
	}

	attrs := strings.Repeat("x", metadata.MaxAttrs+1)
	wide := `<And`
	for i := range attrs {
		wide += " a" + ids(i)[30:] + "=''"
	}
	text := identity + `<Properties UpdateType="Software"/><ApplicabilityRules><IsInstalled>` + wide + `/></IsInstalled></ApplicabilityRules>`
	if _, err := metadata.ParseFragment([]byte(text), metadata.Options{}); err == nil {
		t.Errorf("%d attributes are accepted", metadata.MaxAttrs+1)
	}

	many := identity + `<Properties UpdateType="Software"/><ApplicabilityRules><Metadata>` + strings.Repeat("<a/>", metadata.MaxRules+1) +
		`</Metadata></ApplicabilityRules>`
	r, err := metadata.NewReader(metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.ParseFragment([]byte(many)); err == nil || !strings.Contains(err.Error(), "rule elements") {
		t.Errorf("%d rules: %v", metadata.MaxRules+1, err)
	}
	// The bound is that of a document, not of a reader.
	if _, err = r.ParseFragment([]byte(deep(1))); err != nil {
		t.Errorf("a small document after a large one: %v", err)
	}
}

func TestSizeBound(t *testing.T) {
	t.Parallel()
	text := style{}.document(wsus.Update{Identity: wsus.Identity{ID: mustID(ids(1))}, Kind: wsus.KindSoftware})
	for extra, want := range map[int]bool{-1: false, 0: true, 1: true} {
		_, err := metadata.Parse([]byte(text), metadata.Options{MaxFileBytes: len(text) + extra})
		if (err == nil) != want || !want && !errors.Is(err, metadata.ErrLimit) {
			t.Errorf("%d bytes at a bound of %d: %v", len(text), len(text)+extra, err)
		}
	}
	for _, opt := range []metadata.Options{
		{MaxFileBytes: -1}, {MaxTotalBytes: -1}, {MaxFiles: -1}, {MaxFileBytes: metadata.HighestMaxFileBytes + 1},
	} {
		if _, err := metadata.Parse([]byte(text), opt); !errors.Is(err, metadata.ErrLimit) {
			t.Errorf("Parse with %+v: %v, want ErrLimit", opt, err)
		}
	}
}

// Adding a fragment that is refused leaves the update as it was.
func TestAddRefusals(t *testing.T) {
	t.Parallel()
	u, err := metadata.ParseFragment([]byte(identity+`<Properties UpdateType="Software"/>`), metadata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	u.Title, u.KBArticles = "as it was", []string{"1"}
	before := u
	for _, text := range []string{
		"", "<Files/>", "<ExtendedProperties", "<ExtendedProperties MsrcSeverity='x'/><ExtendedProperties/>",
		"<ExtendedProperties MsrcSeverity='x'/><a>", "<ExtendedProperties UpdateType='Driver' Handler='x'/>",
	} {
		err := metadata.AddExtended(&u, []byte(text), metadata.Options{Origin: "x"})
		if _, ok := errors.AsType[*metadata.Error](err); !ok {
			t.Errorf("AddExtended(%q) = %v, want an *Error", text, err)
		}
	}
	good := []byte(localizedFragment("en", "title", ""))
	for _, text := range []string{"", "<Eula/>", "<LocalizedProperties><Title>x</Title>"} {
		if err := metadata.AddLocalized(&u, [][]byte{good, []byte(text)}, metadata.Options{}); err == nil {
			t.Errorf("AddLocalized(%q) is accepted", text)
		}
	}
	if err := metadata.AddLocalized(&u, nil, metadata.Options{}); err != nil {
		t.Errorf("AddLocalized of nothing: %v", err)
	}
	if diff := cmp.Diff(before, u); diff != "" {
		t.Errorf("the update has changed (-before +after):\n%s", diff)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	many, zeros := "2026-11-20T10:30:00."+strings.Repeat("987", 99)+"+02:00", "2026-11-20T10:30:00."+strings.Repeat("0", 999)
	tests := map[string]string{
		many:                             "2026-11-20 08:30:00.987987987 +0000 UTC",
		zeros:                            "2026-11-20 10:30:00 +0000 UTC",
		"2026-11-20T10:30:00Z":           "2026-11-20 10:30:00 +0000 UTC",
		"2026-11-20T10:30:00":            "2026-11-20 10:30:00 +0000 UTC",
		"2026-11-20T10:30:00.5":          "2026-11-20 10:30:00.5 +0000 UTC",
		"2026-11-20T10:30:00.1234567Z":   "2026-11-20 10:30:00.1234567 +0000 UTC",
		"2026-11-20T10:30:00-05:00":      "2026-11-20 15:30:00 +0000 UTC",
		"2026-11-20T00:30:00.25+02:00":   "2026-11-19 22:30:00.25 +0000 UTC",
		"2026-11-20":                     "2026-11-20 00:00:00 +0000 UTC",
		"2026-11-20Z":                    "2026-11-20 00:00:00 +0000 UTC",
		"2026-11-20+05:30":               "2026-11-19 18:30:00 +0000 UTC",
		" 2026-11-20-05:00\n":            "2026-11-20 05:00:00 +0000 UTC",
		"2026-11-20T10:30:00.":           "",
		"2026-11-20T10:30:00.Z":          "",
		"2026-11-20T10:30:00,5Z":         "",
		"2026-11-20T1:30:00Z":            "",
		"2026-11-20T1:30:00.5Z":          "",
		"2026-11-20T24:00:00":            "",
		"2026-11-20T10:30:00.5.5":        "",
		"2026-11-20 10:30:00":            "",
		"2026-11-20+5:30":                "",
		"2026-11-20.5":                   "",
		"2026-11-2":                      "",
		"2026-11-31":                     "",
		"2026-11-20T":                    "",
		"2026-11-20T10:30":               "",
		"2026-11-20T10:30:00ZZ":          "",
		"2026-11-20T10:30:00" + "Z00000": "",
		"":                               "",
		strings.Repeat("2026-11-20", 9):  "",
	}
	for text, want := range tests {
		updates, err := metadata.Parse([]byte("<Update>"+identity+"<Properties UpdateType='Software' CreationDate='"+text+"'/></Update>"), metadata.Options{})
		if (err == nil) != (want != "") || err == nil && updates[0].Created.String() != want {
			t.Errorf("CreationDate %q: %v, %v, want %q", text, updates, err, want)
		}
	}
}
