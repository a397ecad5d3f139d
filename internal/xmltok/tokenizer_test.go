package xmltok_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/internal/xmltok"
)

func TestNextTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		doc       string
		lim       xmltok.Limits
		fragments bool
		want      []string
	}{
		{"one element", `<a/>`, xmltok.Limits{}, false, []string{"+a", "-a"}},
		{"open and closed", `<a></a >`, xmltok.Limits{}, false, []string{"+a", "-a"}},
		{"attributes", `<a x="1" y = '2'` + "\n\tz\n=\n\"3\" />", xmltok.Limits{}, false, []string{`+a x="1" y="2" z="3"`, "-a"}},
		{"other quote in a value", `<a x="it's it's it's" y='"' z="a'"/>`, xmltok.Limits{}, false, []string{`+a x="it's it's it's" y="\"" z="a'"`, "-a"}},
		{"greater than in a value", `<a x="a>b"/>`, xmltok.Limits{}, false, []string{`+a x="a>b"`, "-a"}},
		{"text", `<a> b </a>`, xmltok.Limits{}, false, []string{"+a", `=" b "`, "-a"}},
		{
			"references", `<a b="&lt;&gt;&amp;&quot;&apos;&#65;&#x4a;">&lt;&gt;&amp;&quot;&apos;&#x1F600;&#0000000000065;</a>`,
			xmltok.Limits{},
			false,
			[]string{`+a b="<>&\"'AJ"`, `="<>&\"'😀A"`, "-a"},
		},
		{"reference at the end of the text", `<a>x&lt;</a>`, xmltok.Limits{}, false, []string{"+a", `="x<"`, "-a"}},
		{"a reference is not read twice", `<a>&amp;lt;</a>`, xmltok.Limits{}, false, []string{"+a", `="&lt;"`, "-a"}},
		{"line ends in text", "<a>1\r\n2\r3\n4\r\r\n&#13;</a>", xmltok.Limits{}, false, []string{"+a", `="1\n2\n3\n4\n\n\r"`, "-a"}},
		{"white space in a value", "<a b='1\r\n2\r3\n4\t5&#9;&#10;&#13;'/>", xmltok.Limits{}, false, []string{`+a b="1 2 3 4 5\t\n\r"`, "-a"}},
		{"line ends in CDATA", "<a><![CDATA[1\r\n2\r3&lt;<b>]] ]>]]></a>", xmltok.Limits{}, false, []string{"+a", `="1\n2\n3&lt;<b>]] ]>"`, "-a"}},
		{"empty CDATA", "<a><![CDATA[]]></a>", xmltok.Limits{}, false, []string{"+a", "-a"}},
		{"brackets in text", "<a>]] > ]>]]&gt;]</a>", xmltok.Limits{}, false, []string{"+a", `="]] > ]>]]>]"`, "-a"}},
		{"comment and instruction", "<!-- - --><?p?><?q a ?b>?><a>1<!----><?p ?>2</a><!--x-->\n", xmltok.Limits{}, false, []string{"+a", `="12"`, "-a"}},
		{"declaration", `<?xml version="1.0"?><a/>`, xmltok.Limits{}, false, []string{"+a", "-a"}},
		{"declaration, all of it", "\xEF\xBB\xBF<?xml version = '1.0'\n encoding='uTf-8' standalone='yes' ?>\n<a/>", xmltok.Limits{}, false, []string{"+a", "-a"}},
		{"declaration of converted text", `<?xml version="1.0" encoding="utf-16"?><a/>`, xmltok.Limits{FromUTF16: true}, false, []string{"+a", "-a"}},
		{"mark only", "\xEF\xBB\xBF<a/>", xmltok.Limits{}, false, []string{"+a", "-a"}},
		{"names beyond ASCII", `<größe é·="1"/>`, xmltok.Limits{}, false, []string{`+größe é·="1"`, "-größe"}},
		{
			"characters beyond ASCII", "<a b='é\U0001F600'>\u0085\uFFFD\uFEFF\U0010FFFF</a>",
			xmltok.Limits{},
			false,
			[]string{`+a b="é😀"`, "=\"\\u0085\uFFFD\\ufeff\\U0010ffff\"", "-a"},
		},
		{"delete is a character", "<a>\x7F</a>", xmltok.Limits{}, false, []string{"+a", `="\x7f"`, "-a"}},
		{
			"namespaces", `<a xmlns="u" xmlns:p="v"><p:b c="1" p:c="2"/><d xmlns=""/><e/></a>`,
			xmltok.Limits{},
			false,
			[]string{"+{u}a", `+{v}b c="1" {v}c="2"`, "-{v}b", "+d", "-d", "+{u}e", "-{u}e", "-{u}a"},
		},
		{"declared after use", `<p:a p:b="1" xmlns:p="u"/>`, xmltok.Limits{}, false, []string{`+{u}a {u}b="1"`, "-{u}a"}},
		{
			"hidden and back", `<p:a xmlns:p="u"><p:b xmlns:p="v"></p:b><p:c/></p:a>`,
			xmltok.Limits{},
			false,
			[]string{"+{u}a", "+{v}b", "-{v}b", "+{u}c", "-{u}c", "-{u}a"},
		},
		{
			"space with a reference", `<a xmlns:p="u&amp;&#x41;" b="&lt;" p:b="&gt;"><p:b c="&amp;"/></a>`,
			xmltok.Limits{},
			false,
			[]string{`+a b="<" {u&A}b=">"`, `+{u&A}b c="&"`, "-{u&A}b", "-a"},
		},
		{"prefix xml", `<a xml:lang="en"/>`, xmltok.Limits{}, false, []string{`+a {http://www.w3.org/XML/1998/namespace}lang="en"`, "-a"}},
		{
			"prefix xml declared", `<xml:a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`,
			xmltok.Limits{},
			false,
			[]string{`+{http://www.w3.org/XML/1998/namespace}a`, "-{http://www.w3.org/XML/1998/namespace}a"},
		},
		{
			"one name, two namespaces", `<a xmlns:p="u" xmlns:q="v" b="1" p:b="2" q:b="3"/>`,
			xmltok.Limits{},
			false,
			[]string{`+a b="1" {u}b="2" {v}b="3"`, "-a"},
		},
		{"names that begin with xmlns", `<xmlnsa xmlnsb="1" xml="2" x="3"/>`, xmltok.Limits{}, false, []string{`+xmlnsa xmlnsb="1" xml="2" x="3"`, "-xmlnsa"}},
		{
			"fragments", "\n<a/>\t<b.RegSz Key='HKEY_LOCAL_MACHINE'/><c type=\"cmd:X\">1</c>\r\n",
			xmltok.Limits{},
			true,
			[]string{"+a", "-a", `+b.RegSz Key="HKEY_LOCAL_MACHINE"`, "-b.RegSz", `+c type="cmd:X"`, `="1"`, "-c"},
		},
		{"no fragments", "", xmltok.Limits{}, true, nil},
		{"lax prefixes", `<p:a q:b="1" r:b="2"></p:a>`, xmltok.Limits{LaxPrefixes: true}, false, []string{`+a b="1" b="2"`, "-a"}},
		{"depth at the limit", `<a><b/></a>`, xmltok.Limits{MaxDepth: 2}, false, []string{"+a", "+b", "-b", "-a"}},
		{"attributes at the limit", `<a b="1" xmlns="u"/>`, xmltok.Limits{MaxAttrs: 2}, false, []string{`+{u}a b="1"`, "-{u}a"}},
		{"bytes at the limit", `<a/>`, xmltok.Limits{MaxBytes: 4}, false, []string{"+a", "-a"}},
		{
			"namespaces at the limit", `<a xmlns="u"><b xmlns="v"/><b xmlns="v"/></a>`,
			xmltok.Limits{MaxNamespaces: 2},
			false,
			[]string{"+{u}a", "+{v}b", "-{v}b", "+{v}b", "-{v}b", "-{u}a"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := eventsOf([]byte(tt.doc), tt.lim, tt.fragments)
			if err != nil {
				t.Fatalf("eventsOf(%q) = %v", tt.doc, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("eventsOf(%q) (-want +got):\n%s", tt.doc, diff)
			}
		})
	}
}

// TestWalk checks every accessor at every token of one document, twice with
// one tokenizer.
func TestWalk(t *testing.T) {
	t.Parallel()
	const doc = "<p:a xmlns:p='u'>\n <b c='1' p:c='2'/>x</p:a>"
	type step struct {
		Kind                      string
		Local, Prefix, Space      string
		Text                      string
		Depth, Offset, End, Attrs int
	}
	want := []step{
		{"start", "a", "p", "u", "", 1, 0, 17, 0},
		{"text", "", "", "", "\n ", 1, 17, 19, 0},
		{"start", "b", "", "", "", 2, 19, 37, 2},
		{"end", "b", "", "", "", 1, 35, 37, 0},
		{"text", "", "", "", "x", 1, 37, 38, 0},
		{"end", "a", "p", "u", "", 0, 38, 44, 0},
		{"eof", "", "", "", "", 0, 44, 44, 0},
		{"eof", "", "", "", "", 0, 44, 44, 0},
	}
	var tok xmltok.Tokenizer
	for round := range 2 {
		tok.Reset([]byte(doc), xmltok.Limits{}, false)
		var got []step
		for range want {
			kind, err := tok.Next()
			if err != nil {
				t.Fatalf("Next() = %v, round %d", err, round)
			}
			got = append(got, step{
				kind.String(), string(tok.Local()), string(tok.Prefix()), string(tok.Space()),
				string(tok.Text()), tok.Depth(), tok.Offset(), tok.EndOffset(), len(tok.Attrs()),
			})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d (-want +got):\n%s", round, diff)
		}
	}
}

func TestAttrs(t *testing.T) {
	t.Parallel()
	tok := started(t, `<a xmlns:p="u" p:ID="0" ID="1&amp;2" Type="&lt;"/>`)
	want := []xmltok.Attr{
		{Prefix: []byte("p"), Local: []byte("ID"), Value: []byte("0"), Offset: 15},
		{Local: []byte("ID"), Value: []byte("1&2"), Offset: 24},
		{Local: []byte("Type"), Value: []byte("<"), Offset: 37},
	}
	if diff := cmp.Diff(want, tok.Attrs()); diff != "" {
		t.Errorf("Attrs() (-want +got):\n%s", diff)
	}
	if got, ok := tok.Attr("ID"); !ok || string(got) != "0" {
		t.Errorf("Attr(ID) = %q, %v, want 0, true", got, ok)
	}
	if got, ok := tok.Attr("Type"); !ok || string(got) != "<" {
		t.Errorf("Attr(Type) = %q, %v, want <, true", got, ok)
	}
	if got, ok := tok.Attr("id"); ok || got != nil {
		t.Errorf("Attr(id) = %q, %v, want nil, false", got, ok)
	}
	if _, err := tok.Next(); err != nil {
		t.Fatal(err)
	}
	if got, ok := tok.Attr("ID"); ok || got != nil {
		t.Errorf("Attr(ID) at the end tag = %q, %v, want nil, false", got, ok)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	tok := started(t, `<a xmlns="d" xmlns:p="u"><b xmlns=""/></a>`)
	tests := []struct {
		prefix, space string
		ok            bool
	}{
		{"", "d", true},
		{"p", "u", true},
		{"xml", "http://www.w3.org/XML/1998/namespace", true},
		{"q", "", false},
	}
	for _, tt := range tests {
		if space, ok := tok.Lookup([]byte(tt.prefix)); string(space) != tt.space || ok != tt.ok {
			t.Errorf("Lookup(%q) = %q, %v, want %q, %v", tt.prefix, space, ok, tt.space, tt.ok)
		}
	}
	if _, err := tok.Next(); err != nil {
		t.Fatal(err)
	}
	if space, ok := tok.Lookup(nil); space != nil || ok {
		t.Errorf("Lookup() after xmlns=\"\" = %q, %v, want nil, false", space, ok)
	}
}

func TestTextOf(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, doc, want, err string }{
		{"empty", `<a/>`, "", ""},
		{"open and empty", `<a></a>`, "", ""},
		{"one run", `<a> 200 </a>`, " 200 ", ""},
		{"unescaped", `<a>1&lt;2</a>`, "1<2", ""},
		{"two runs", `<a>1<!-- -->2</a>`, "12", ""},
		{"runs in the scratch buffer", "<a>&lt;1<!-- -->&gt;2<?p?>3<![CDATA[4\r\n]]>&amp;</a>", "<1>234\n&", ""},
		{
			"long runs in the scratch buffer", "<a>&lt;" + strings.Repeat("x", 300) + "<!-- -->&gt;" + strings.Repeat("y", 900) + "</a>",
			"<" + strings.Repeat("x", 300) + ">" + strings.Repeat("y", 900), "",
		},
		{"child", `<a>1<b/></a>`, "", "line 1, column 5: element <b> in <a>, which holds text only"},
		{"refused", `<a>1&x;</a>`, "", "line 1, column 5: entity &x; is not allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tok := started(t, tt.doc)
			got, err := tok.TextOf()
			if string(got) != tt.want || message(err) != tt.err {
				t.Fatalf("TextOf() = %q, %v, want %q, %q", got, err, tt.want, tt.err)
			}
			if err != nil {
				return
			}
			if local := string(tok.Local()); local != "a" || tok.Depth() != 0 || tok.Text() != nil {
				t.Errorf("after TextOf: local %q, depth %d, text %q, want a, 0, nil", local, tok.Depth(), tok.Text())
			}
			if _, err := tok.TextOf(); err == nil {
				t.Error("TextOf() at an end tag = nil, want an error")
			}
			if kind, err := tok.Next(); kind != xmltok.EOF || err != nil {
				t.Errorf("Next() = %v, %v, want eof", kind, err)
			}
		})
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	tok := started(t, `<a><b><c/>text<b/></b><d/></a>`)
	if kind, err := tok.Next(); kind != xmltok.Start || err != nil {
		t.Fatalf("Next() = %v, %v, want start", kind, err)
	}
	if err := tok.Skip(); err != nil || string(tok.Local()) != "b" || tok.Depth() != 1 {
		t.Fatalf("Skip() = %v, at %s, depth %d, want nil, b, 1", err, tok.Local(), tok.Depth())
	}
	if err := tok.Skip(); err == nil {
		t.Error("Skip() at an end tag = nil, want an error")
	}
	if kind, err := tok.Next(); kind != xmltok.Start || err != nil || string(tok.Local()) != "d" {
		t.Fatalf("Next() = %v, %v at %s, want start of d", kind, err, tok.Local())
	}
	if err := tok.Skip(); err != nil || string(tok.Local()) != "d" {
		t.Errorf("Skip() of an element that closes itself = %v at %s, want nil at d", err, tok.Local())
	}
	bad := started(t, `<a><b></a></a>`)
	if got := message(bad.Skip()); got != "line 1, column 7: end tag </a> closes <b>" {
		t.Errorf("Skip() of a bad element = %q", got)
	}
}

func TestKindString(t *testing.T) {
	t.Parallel()
	for kind, want := range map[xmltok.Kind]string{
		0: "Kind(0)", xmltok.Start: "start", xmltok.End: "end", xmltok.Text: "text", xmltok.EOF: "eof", 5: "Kind(5)", 255: "Kind(255)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("Kind(%d).String() = %q, want %q", uint8(kind), got, want)
		}
	}
}

// TestGenuine reads every XML document and fragment of the genuine data as
// encoding/xml does.
func TestGenuine(t *testing.T) {
	t.Parallel()
	dir := testdata.Dir(t)
	count := 0
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))), []byte("<")) || filepath.Ext(path) == ".html" {
			return nil
		}
		fragments := strings.Contains(path, "fragments") || strings.Contains(path, "cbs")
		want, wantErr := referenceOf(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")))
		got, gotErr := eventsOf(data, xmltok.Limits{}, fragments)
		name := strings.TrimPrefix(path, dir)
		if wantErr == nil && len(want) == 0 {
			if gotErr == nil {
				t.Errorf("%s: accepted without a root element", name)
			}
			return nil
		}
		if gotErr != nil || wantErr != nil {
			t.Errorf("%s: %v; encoding/xml: %v", name, gotErr, wantErr)
			return nil
		}
		if diff := cmp.Diff(flatten(want), flatten(got)); diff != "" {
			t.Errorf("%s (-encoding/xml +got):\n%.2000s", name, diff)
		}
		count++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 20 {
		t.Errorf("read %d documents, want at least 20", count)
	}
}

func TestNoAllocations(t *testing.T) {
	// Not parallel: AllocsPerRun counts for the whole program.
	docs := map[string][]byte{"report": reportOf(20), "metadata": metadataOf(5)}
	for name, doc := range docs {
		var tok xmltok.Tokenizer
		run := func() {
			tok.Reset(doc, xmltok.Limits{}, false)
			for {
				kind, err := tok.Next()
				if err != nil {
					t.Fatal(err)
				}
				if kind == xmltok.EOF {
					return
				}
				tok.Space()
				tok.Attr("ID")
				if kind == xmltok.Start && string(tok.Local()) == "Param" {
					if _, err := tok.TextOf(); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		run()
		if got := testing.AllocsPerRun(50, run); got != 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
}

// started is a tokenizer at the first start tag of doc.
func started(t *testing.T, doc string) *xmltok.Tokenizer {
	t.Helper()
	var tok xmltok.Tokenizer
	tok.Reset([]byte(doc), xmltok.Limits{}, false)
	if kind, err := tok.Next(); kind != xmltok.Start || err != nil {
		t.Fatalf("Next() = %v, %v, want start", kind, err)
	}
	return &tok
}

// message is the text of err, empty for nil.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
