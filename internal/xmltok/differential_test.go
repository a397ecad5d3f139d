package xmltok_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// agree compares the tokenizer with encoding/xml: what the one accepts the
// other accepts too, and finds the same in. It is one way only; encoding/xml
// also accepts what the package comment rules out: document types, duplicate
// attributes, several roots or none, text outside of them, unbound prefixes,
// missing space between attributes, late declarations, control characters in
// comments.
//
// There are two exceptions. Names may hold the characters that the fifth
// edition of XML allows, where encoding/xml keeps to the fourth. And
// encoding/xml does not put an element named xmlns into a default namespace.
func agree(doc []byte, fragments bool) error {
	got, err := eventsOf(doc, xmltok.Limits{}, fragments)
	if err != nil {
		return nil //nolint:nilerr // what is refused need not agree
	}
	plain := bytes.TrimPrefix(doc, []byte("\xEF\xBB\xBF"))
	want, err := referenceOf(plain)
	if err != nil {
		ascii := !slices.ContainsFunc(doc, func(c byte) bool { return c >= utf8.RuneSelf })
		if !ascii && strings.Contains(err.Error(), "invalid XML name") {
			return nil
		}
		return fmt.Errorf("accepted, but not by encoding/xml: %w", err)
	}
	if bytes.Contains(doc, []byte("<xmlns")) {
		return nil
	}
	if diff := cmp.Diff(flatten(want), flatten(got)); diff != "" {
		return fmt.Errorf("(-encoding/xml +got):\n%s", diff)
	}
	return nil
}

// walk reads doc to its end and checks what holds for every document: the
// tokenizer moves on, tokens do not overlap, tags match, and it stops.
func walk(doc []byte, lim xmltok.Limits, fragments bool) error {
	var t xmltok.Tokenizer
	t.Reset(doc, lim, fragments)
	var open []string
	end := 0
	for range 2*len(doc) + 2 {
		kind, err := t.Next()
		if err != nil {
			e, ok := errors.AsType[*xmltok.Error](err)
			if !ok || e.Offset < 0 || e.Offset > len(doc) || e.Line < 1 || e.Column < 1 || e.Msg == "" || kind != 0 {
				return fmt.Errorf("bad error %T %w with %v", err, err, kind)
			}
			return nil
		}
		if t.Offset() < end && kind != xmltok.End || t.EndOffset() < t.Offset() || t.EndOffset() > len(doc) {
			return fmt.Errorf("%v at [%d, %d) after %d", kind, t.Offset(), t.EndOffset(), end)
		}
		end = t.EndOffset()
		name := string(t.Prefix()) + ":" + string(t.Local())
		switch kind {
		case xmltok.Start:
			open = append(open, name)
			if len(t.Attrs()) > xmltok.DefaultMaxAttrs || len(open) > xmltok.DefaultMaxDepth {
				return fmt.Errorf("%d attributes, depth %d", len(t.Attrs()), len(open))
			}
		case xmltok.End:
			if len(open) == 0 || open[len(open)-1] != name {
				return fmt.Errorf("end of %s in %q", name, open)
			}
			open = open[:len(open)-1]
		case xmltok.Text:
			if len(t.Text()) == 0 || !utf8.Valid(t.Text()) {
				return fmt.Errorf("text %q", t.Text())
			}
		case xmltok.EOF:
			if len(open) > 0 || end != len(doc) {
				return fmt.Errorf("end at %d of %d in %q", end, len(doc), open)
			}
			return nil
		}
		if t.Depth() != len(open) {
			return fmt.Errorf("Depth() = %d, want %d", t.Depth(), len(open))
		}
	}
	return errors.New("does not stop")
}

// Generators of documents, most of them well-formed.
var (
	nameGen  = rapid.SampledFrom([]string{"a", "b", "xml", "xm", "b.RegSz", "Topic", "long-name_0", "é", "p:a", "q:b", "xml:lang"})
	spaceGen = rapid.SampledFrom([]string{" ", " ", " ", "  ", "\n", "\r\n\t"})
	pieceGen = rapid.OneOf(
		rapid.SampledFrom([]string{
			"&lt;", "&gt;", "&amp;", "&quot;", "&apos;", "&#65;", "&#x1F600;", "&#13;", "&#10;", "\r", "\n", "\r\n", "\t",
			"]", "]]", "'", `"`, "é", "😀", ">", "-", "--", "?", "/", "=", "x", "value", "0123456789abcdef",
		}),
		rapid.StringOfN(rapid.RuneFrom([]rune("abc XYZ019.:/-]\n")), 0, 20, -1),
	)
	piecesGen = rapid.Map(rapid.SliceOfN(pieceGen, 0, 6), func(list []string) string { return strings.Join(list, "") })
)

// drawText draws character data without an unescaped end of CDATA.
func drawText(t *rapid.T) string {
	return strings.ReplaceAll(piecesGen.Draw(t, "text"), "]>", "]&gt;")
}

// drawMisc draws a comment or a processing instruction.
func drawMisc(t *rapid.T) string {
	return rapid.SampledFrom([]string{"<!-- -->", "<!---->", "<!-- <a> & -->", "<?p?>", "<?xml-style a='<b>'?>"}).Draw(t, "misc")
}

// drawElement draws an element with all that may be in it. Prefixes p and q
// are declared at the root.
func drawElement(t *rapid.T, depth int, more string) string {
	var b strings.Builder
	name := nameGen.Draw(t, "element")
	b.WriteString("<" + name + more)
	attrs := rapid.SliceOfNDistinct(nameGen, 0, 4, rapid.ID[string]).Draw(t, "attributes")
	for _, attr := range attrs {
		quote := rapid.SampledFrom([]string{"'", `"`}).Draw(t, "quote")
		eq := rapid.SampledFrom([]string{"=", "=", "=", " =", "=\n", " = "}).Draw(t, "eq")
		b.WriteString(spaceGen.Draw(t, "space") + attr + eq + quote + strings.ReplaceAll(piecesGen.Draw(t, "value"), quote, "") + quote)
	}
	if rapid.IntRange(0, 9).Draw(t, "declare") == 0 {
		b.WriteString(rapid.SampledFrom([]string{" xmlns='w'", " xmlns=''", " xmlns:p='w'", " xmlns:q='w&amp;'"}).Draw(t, "declaration"))
	}
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "shape") == 0 {
		b.WriteString(rapid.SampledFrom([]string{"/>", " />", "\n/>"}).Draw(t, "close"))
		return b.String()
	}
	b.WriteString(">")
	for range rapid.IntRange(0, 4).Draw(t, "children") {
		switch rapid.IntRange(0, 4).Draw(t, "child") {
		case 0, 1:
			b.WriteString(drawElement(t, depth-1, ""))
		case 2:
			b.WriteString(drawText(t))
		case 3:
			b.WriteString("<![CDATA[" + strings.ReplaceAll(piecesGen.Draw(t, "cdata"), "]]>", "") + "]]>")
		case 4:
			b.WriteString(drawMisc(t))
		}
	}
	b.WriteString("</" + name + rapid.SampledFrom([]string{">", " >"}).Draw(t, "end"))
	return b.String()
}

// drawDocument draws a well-formed document.
func drawDocument(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "\xEF\xBB\xBF", "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n", "\n<!-- -->"}).Draw(t, "prolog") +
		drawElement(t, 4, " xmlns:p='u' xmlns:q='v'") +
		rapid.SampledFrom([]string{"", "\n", "<!--x-->\n<?p?>"}).Draw(t, "epilog")
}

// TestAgree draws well-formed documents: both read them, and alike.
func TestAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := []byte(drawDocument(t))
		twice := bytes.Contains(doc, []byte("xmlns:p='w'")) || bytes.Contains(doc, []byte("xmlns:q='w&amp;'"))
		if _, err := eventsOf(doc, xmltok.Limits{}, false); err != nil && !twice {
			t.Fatalf("%q: %v", doc, err)
		}
		if _, err := referenceOf(bytes.TrimPrefix(doc, []byte("\xEF\xBB\xBF"))); err != nil {
			t.Fatalf("%q: encoding/xml: %v", doc, err)
		}
		if err := errors.Join(agree(doc, false), walk(doc, xmltok.Limits{}, false)); err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
	})
}

// TestAgreeBroken breaks documents at one to three places.
func TestAgreeBroken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := drawDocument(t)
		for range rapid.IntRange(1, 3).Draw(t, "breaks") {
			from := rapid.IntRange(0, len(doc)).Draw(t, "from")
			to := min(len(doc), from+rapid.IntRange(0, 3).Draw(t, "length"))
			doc = doc[:from] + rapid.SampledFrom([]string{
				"", "", "<", ">", "&", "/", "]]>", "--", "<!", "<?", "?>", "</a>", "<a>", "<a/>", "<b.RegSz/>", "=", "'", `"`, " ", ":", "\x00", "\x01",
				"\xC3", "é", "&#0;", "&#xD800;", "&#x110000;", "&x;", "<![CDATA[", "]]", "<!DOCTYPE a>", " a='1'", " xmlns='z'", "1", "\r", "-->", "\uFFFE",
			}).Draw(t, "what") + doc[to:]
		}
		for _, fragments := range []bool{false, true} {
			if err := errors.Join(agree([]byte(doc), fragments), walk([]byte(doc), xmltok.Limits{}, fragments)); err != nil {
				t.Fatalf("%q: %v", doc, err)
			}
		}
	})
}

// FuzzTokenizer looks for documents that stop the tokenizer from moving on,
// or on which it and encoding/xml differ.
func FuzzTokenizer(f *testing.F) {
	for _, tt := range refusals {
		f.Add([]byte(strings.Replace(tt.doc, "§", "", 1)), false, false)
	}
	f.Add(reportOf(1), false, false)
	f.Add(metadataOf(1), false, true)
	f.Add([]byte("<a/><b.RegSz x='cmd:X'/>\n<p:c/>"), true, true)
	f.Fuzz(func(t *testing.T, doc []byte, fragments, lax bool) {
		if err := walk(doc, xmltok.Limits{LaxPrefixes: lax}, fragments); err != nil {
			t.Errorf("%q: %v", doc, err)
		}
		if err := agree(doc, fragments); err != nil {
			t.Errorf("%q: %v", doc, err)
		}
	})
}
