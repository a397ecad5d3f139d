package xmltok_test

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// refusal is a document that is refused, and what is said then. The mark
// "§" stands for the place; it is taken out of the document.
type refusal struct {
	name string
	doc  string
	want string
}

var refusals = []refusal{
	{"empty", "§", "no root element"},
	{"white space only", " \n§", "no root element"},
	{"comment only", "<!-- -->§", "no root element"},
	{"text before the root", "\n§x<a/>", "text outside of the root element"},
	{"text after the root", "<a/>\n§x", "text outside of the root element"},
	{"reference after the root", "<a/>§&lt;", "text outside of the root element"},
	{"mark after the root", "<a/>§\uFEFF", "text outside of the root element"},
	{"CDATA after the root", "<a/>§<![CDATA[x]]>", "CDATA section outside of the root element"},
	{"second root", "<a/>\n§<b/>", "second root element <b>"},
	{"end tag first", "§</a>", "end tag </a> closes nothing"},
	{"end tag too many", "<a/>§</a>", "end tag </a> closes nothing"},
	{"wrong end tag", "<a>\n  <b>§</a></b>", "end tag </a> closes <b>"},
	{"end tag of another case", "<a>§</A>", "end tag </A> closes <a>"},
	{"end tag longer", "<a>§</ab>", "end tag </ab> closes <a>"},
	{"end tag shorter", "<ab>§</a>", "end tag </a> closes <ab>"},
	{"end tag with another prefix", "<p:a xmlns:p='u' xmlns:q='u'>§</q:a>", "end tag </q:a> closes <p:a>"},
	{"end tag with an attribute", "<a></a §b='1'>", "unexpected 'b' in an end tag"},
	{"end tag with a slash", "<a></a§/>", "unexpected '/' in an end tag"},
	{"end tag with a space first", "<a></§ a>", "expected a name, got ' '"},
	{"no end tag", "<a><b></b>§", "end of the document in element <a>"},
	{"no end tag, text", "<a>x§", "end of the document in element <a>"},
	{"no end tag, unescaped text", "<a>x&lt;§", "end of the document in element <a>"},
	{"cut after <", "<a><§", "end of the document in markup"},
	{"cut in a name", "<ab§", "end of the document in start tag"},
	{"cut before an attribute", "<ab §", "end of the document in start tag"},
	{"cut in an attribute", "<a bc§", "end of the document in start tag"},
	{"cut after =", "<a b=§", "end of the document in start tag"},
	{"cut after a quote", "<a b=\"§", "end of the document in attribute value"},
	{"cut in a value", "<a b=\"cdefghijklmnop§", "end of the document in attribute value"},
	{"cut after a value", "<a b=\"c\"§", "end of the document in start tag"},
	{"cut after a slash", "<a/§", "end of the document in start tag"},
	{"cut in an end tag", "<a></a§", "end of the document in end tag"},
	{"cut in an end tag's name", "<ab></§", "end of the document in name"},
	{"cut in a reference", "<a>&am§", "end of the document in reference"},
	{"cut in a number", "<a>&#12§", "end of the document in reference"},
	{"cut in a comment", "<a><!-- -§", "end of the document in comment"},
	{"cut at a comment's end", "<a><!-- --§", "end of the document in comment"},
	{"cut in CDATA", "<a><![CDATA[x]]§", "end of the document in CDATA section"},
	{"cut before CDATA", "<a><![CDA§", "end of the document in markup"},
	{"cut in an instruction", "<?pq r?§", "end of the document in processing instruction"},
	{"cut in an instruction's name", "<?pq§", "end of the document in processing instruction"},
	{"cut in the declaration", "<?xml version='1.0'§", "end of the document in XML declaration"},
	{"space before a name", "<§ a/>", "expected a name, got ' '"},
	{"digit first in a name", "<§1a/>", "expected a name, got '1'"},
	{"hyphen first in a name", "<§-a/>", "expected a name, got '-'"},
	{"name with a sign", "<a§$/>", "unexpected '$' after the name of an element"},
	{"name with a bad character", "<a§×/>", "'×' in a name"},
	{"name begins with an accent", "<§\u0300a/>", "'\u0300' in a name"},
	{"slash alone", "<a §/ >", `"/" in a start tag, not followed by ">"`},
	{"tag in a tag", "<a §<b/>", "expected a name, got '<'"},
	{"attribute without a value", "<a b§/>", `expected "=" after the name of an attribute, got '/'`},
	{"attribute without quotes", "<a b=§c/>", "expected a quoted value, got 'c'"},
	{"attribute begins with a digit", "<a §1='1'/>", "expected a name, got '1'"},
	{"attributes without space", "<a b='1'§c='2'/>", "white space is missing before an attribute"},
	{"less than in a value", "<a b='1' c='x§<y'/>", `"<" in an attribute value`},
	{"less than in a long value", "<a b='0123456789abcdef§<y'/>", `"<" in an attribute value`},
	{"attribute twice", "<a b='1' c='2' §b='1'/>", "attribute b is given twice"},
	{"attribute twice with a prefix", "<a xmlns:p='u' p:b='1' §p:b='1'/>", "attribute p:b is given twice"},
	{"attribute twice with two prefixes", "<a xmlns:p='u' xmlns:q='u' b='0' p:b='1' §q:b='1'/>", "attribute b is given twice, with two prefixes"},
	{"attribute twice, one prefix declared outside", "<a xmlns:p='u'><a p:b='1' §q:b='1' xmlns:q='u'/></a>", "attribute b is given twice, with two prefixes"},
	{"declaration of a prefix twice", "<a xmlns:p='u' §xmlns:p='v'/>", "attribute xmlns:p is given twice"},
	{"declaration of the default twice", "<a xmlns='u' §xmlns='u'/>", "attribute xmlns is given twice"},
	{"prefix of an element", "<a><§p:b/></a>", "prefix p is not declared"},
	{"prefix of an attribute", "<a §p:b='1'/>", "prefix p is not declared"},
	{"prefix out of scope", "<a><p:b xmlns:p='u'/><§p:b/></a>", "prefix p is not declared"},
	{"prefix of a child only", "<§p:a><b xmlns:p='u'/></p:a>", "prefix p is not declared"},
	{"prefix xmlns of an element", "<§xmlns:a/>", "prefix xmlns in the name of an element"},
	{"prefix xmlns declared", "<a §xmlns:xmlns='u'/>", "prefix xmlns cannot be declared"},
	{"prefix xml to another", "<a §xmlns:xml='u'/>", "prefix xml and its namespace cannot be bound otherwise"},
	{"another prefix to xml", "<a §xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "prefix xml and its namespace cannot be bound otherwise"},
	{"default to xmlns", "<a §xmlns='http://www.w3.org/2000/xmlns/'/>", "the namespace of xmlns cannot be bound"},
	{"prefix to nothing", "<a §xmlns:p=''/>", "prefix bound to an empty namespace name"},
	{"two colons", "<a:b§:c xmlns:a='u'/>", "second colon in a name"},
	{"colon first", "<§:a/>", "expected a name, got ':'"},
	{"colon last", "<a:§ b='1'/>", "expected a name, got ' '"},
	{"digit after a colon", "<a:§1 xmlns:a='u'/>", "expected a name, got '1'"},
	{"ampersand alone", "<a>x §& y</a>", `"&" that does not begin a reference`},
	{"ampersand in a value", "<a b='x§&y'/>", `"&" that does not begin a reference`},
	{"reference without an end", "<a>§&lt </a>", `"&" that does not begin a reference`},
	{"reference without a name", "<a>§&;</a>", `"&" that does not begin a reference`},
	{"entity", "<a>1&lt;2§&nbsp;</a>", "entity &nbsp; is not allowed"},
	{"entity in a value", "<a b='§&nbsp;'/>", "entity &nbsp; is not allowed"},
	{"entity of another case", "<a>§&LT;</a>", "entity &LT; is not allowed"},
	{"number without digits", "<a>§&#;</a>", "malformed character reference"},
	{"number without hexadecimal digits", "<a>§&#x;</a>", "malformed character reference"},
	{"number with a capital X", "<a>§&#X41;</a>", "malformed character reference"},
	{"number with a wrong digit", "<a>§&#4A;</a>", "malformed character reference"},
	{"number of NUL", "<a>§&#0;</a>", "reference to a character that is not allowed"},
	{"number of a control character", "<a>§&#x1F;</a>", "reference to a character that is not allowed"},
	{"number of a surrogate", "<a>§&#xD800;</a>", "reference to a character that is not allowed"},
	{"number of U+FFFE", "<a>§&#xFFFE;</a>", "reference to a character that is not allowed"},
	{"number too great", "<a>§&#x110000;</a>", "reference to a character that is not allowed"},
	{"number that overflows", "<a>§&#x1000000000000000041;</a>", "reference to a character that is not allowed"},
	{"end of CDATA in text", "<a>x§]]>y</a>", `"]]>" outside of a CDATA section`},
	{"end of CDATA after three brackets", "<a>]§]]>y</a>", `"]]>" outside of a CDATA section`},
	{"end of CDATA after a reference", "<a>&lt;x]§]]>y</a>", `"]]>" outside of a CDATA section`},
	{"hyphens in a comment", "<a><!-- x §-- y --></a>", `"--" in a comment`},
	{"three hyphens end a comment", "<a><!-- x §---></a>", `"--" in a comment`},
	{"comment too short", "<a><!-->§", "end of the document in comment"},
	{"markup that is not known", "<a>§<!ELEMENT b></a>", `markup "<!" that is neither a comment nor a CDATA section`},
	{"CDATA in small letters", "<a>§<![cdata[x]]></a>", `markup "<!" that is neither a comment nor a CDATA section`},
	{"declaration late", "<a>§<?xml version='1.0'?></a>", "XML declaration that is not at the start"},
	{"declaration after white space", "\n§<?xml version='1.0'?><a/>", "XML declaration that is not at the start"},
	{"declaration in capitals", "§<?XML version='1.0'?><a/>", "XML declaration that is not at the start"},
	{"declaration without a version", "§<?xml encoding='UTF-8'?><a/>", "XML declaration without a version"},
	{"declaration of XML 1.1", "§<?xml version='1.1'?><a/>", `XML version "1.1"; only 1.0 is supported`},
	{"declaration of Latin-1", "§<?xml version='1.0' encoding='ISO-8859-1'?><a/>", `encoding "ISO-8859-1"; the document is UTF-8`},
	{"declaration of UTF-16", "§<?xml version='1.0' encoding='UTF-16'?><a/>", `encoding "UTF-16"; the document is UTF-8`},
	{"declaration with a wrong standalone", "§<?xml version='1.0' standalone='maybe'?><a/>", `standalone "maybe", neither yes nor no`},
	{"declaration with something else", "<?xml version='1.0' §x='1'?><a/>", "unexpected 'x' in an XML declaration"},
	{"declaration in the wrong order", "<?xml version='1.0' standalone='no' §encoding='UTF-8'?><a/>", "unexpected 'e' in an XML declaration"},
	{"declaration without space", "<?xml version='1.0'§encoding='UTF-8'?><a/>", "unexpected 'e' in an XML declaration"},
	{"instruction without a name", "<?§ p?><a/>", "expected a name, got ' '"},
	{"instruction with a colon", "<?§p:q?><a/>", "colon in the name of a processing instruction"},
	{"instruction with a sign", "<?p§+?><a/>", "unexpected '+' after the name of a processing instruction"},
	{"NUL in text", "<a>x§\x00</a>", "character U+0000 is not allowed"},
	{"control character in text", "<a>0123456789abcdef0123456789abcdefxyz§\x1B</a>", "character U+001B is not allowed"},
	{"control character in a name", "<a§\x01/>", "character U+0001 is not allowed"},
	{"control character in a value", "<a b='§\x08'/>", "character U+0008 is not allowed"},
	{"control character in a comment", "<!-- §\x02 --><a/>", "character U+0002 is not allowed"},
	{"control character in CDATA", "<a><![CDATA[§\x03]]></a>", "character U+0003 is not allowed"},
	{"control character in an instruction", "<?p §\x0B?><a/>", "character U+000B is not allowed"},
	{"control character in the declaration", "<?xml §\x0B version='1.0'?><a/>", "character U+000B is not allowed"},
	{"control character in a reference", "<a>&a§\x0C;</a>", "character U+000C is not allowed"},
	{"control character after the root", "<a/>\n§\x00", "character U+0000 is not allowed"},
	{"control character in front", "§\x00<a/>", "character U+0000 is not allowed"},
	{"noncharacter", "<a>§\uFFFE</a>", "character U+FFFE is not allowed"},
	{"other noncharacter", "<a>§\uFFFF</a>", "character U+FFFF is not allowed"},
	{"malformed UTF-8", "<a>é§\xE9</a>", "malformed UTF-8"},
	{"overlong UTF-8", "<a>§\xC0\xBC</a>", "malformed UTF-8"},
	{"surrogate in UTF-8", "<a>§\xED\xA0\x80</a>", "malformed UTF-8"},
	{"cut UTF-8", "<a>§\xE2\x82", "malformed UTF-8"},
	{"UTF-16 not converted", "§\xFF\xFE<\x00a\x00/\x00>\x00", "malformed UTF-8"},
	{"the first problem counts", "<a>§&x;\x00</a>", "entity &x; is not allowed"},
	{"long names are cut short", "<" + strings.Repeat("a", 100) + ">§</b>", "end tag </b> closes <" + strings.Repeat("a", 64) + "...>"},
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, tt, xmltok.Limits{}, false)
		})
	}
}

// TestRefusalsMSG9 holds the refusals that a report's decoder promises.
func TestRefusalsMSG9(t *testing.T) {
	t.Parallel()
	const laughs = "<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;'>]><lolz>&lol2;</lolz>"
	tests := []struct {
		refusal
		lim xmltok.Limits
	}{
		{refusal{"document type", "§<!DOCTYPE a><a/>", "a document type declaration is not allowed"}, xmltok.Limits{}},
		{refusal{"document type after the declaration", "<?xml version='1.0'?>\n§<!DOCTYPE a SYSTEM 'x'><a/>", "a document type declaration is not allowed"}, xmltok.Limits{}},
		{refusal{"document type inside", "<a>§<!DOCTYPE a></a>", "a document type declaration is not allowed"}, xmltok.Limits{}},
		{refusal{"document type in small letters", "§<!doctype a><a/>", `markup "<!" that is neither a comment nor a CDATA section`}, xmltok.Limits{}},
		{refusal{"billion laughs", "§" + laughs, "a document type declaration is not allowed"}, xmltok.Limits{}},
		{refusal{"external entity", "§<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hosts'>]><a>&x;</a>", "a document type declaration is not allowed"}, xmltok.Limits{}},
		{refusal{"entity", "<lolz>§&lol9;</lolz>", "entity &lol9; is not allowed"}, xmltok.Limits{}},
		{refusal{"depth", "<a><b>§<c/></b></a>", "elements nested deeper than 2"}, xmltok.Limits{MaxDepth: 2}},
		{refusal{"attributes", "<a b='1' c='2' §d='3'/>", "more than 2 attributes"}, xmltok.Limits{MaxAttrs: 2}},
		{refusal{"attributes with declarations", "<a xmlns:b='1' c='2' §xmlns='3'/>", "more than 2 attributes"}, xmltok.Limits{MaxAttrs: 2}},
		{refusal{"bytes", "<a b§='1'/>", "document of 10 bytes; at most 4 are allowed"}, xmltok.Limits{MaxBytes: 4}},
		{refusal{"namespaces", "<a xmlns='u'><b §xmlns:p='v'/></a>", "more than 1 namespace declarations in scope"}, xmltok.Limits{MaxNamespaces: 1}},
		{refusal{"declared encoding of converted text", "§<?xml version='1.0' encoding='UTF-8'?><a/>", `encoding "UTF-8"; the document is UTF-16`}, xmltok.Limits{FromUTF16: true}},
		{refusal{"default depth", strings.Repeat("<a>", xmltok.DefaultMaxDepth) + "§<a>", "elements nested deeper than 64"}, xmltok.Limits{}},
		{refusal{"default attributes", "<a" + attributes(xmltok.DefaultMaxAttrs) + " §z='1'>", "more than 64 attributes"}, xmltok.Limits{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", "MSG-9")
			refuse(t, tt.refusal, tt.lim, false)
		})
	}
}

func TestRefusalsOfFragments(t *testing.T) {
	t.Parallel()
	for _, tt := range []refusal{
		{"text between", "<a/> §x <b/>", "text outside of the root element"},
		{"text first", "§x<b/>", "text outside of the root element"},
		{"prefix", "<a/><§b:RegSz/>", "prefix b is not declared"},
		{"prefix declared before", "<a xmlns:b='u'/><§b:RegSz/>", "prefix b is not declared"},
		{"not closed", "<a/><b>§", "end of the document in element <b>"},
		{"declaration between", "<a/>§<?xml version='1.0'?><b/>", "XML declaration that is not at the start"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, tt, xmltok.Limits{}, true)
		})
	}
}

func TestRefusalsOfLaxPrefixes(t *testing.T) {
	t.Parallel()
	for _, tt := range []refusal{
		{"twice", "<a p:b='1' §p:b='2'/>", "attribute p:b is given twice"},
		{"xmlns", "<§xmlns:a/>", "prefix xmlns in the name of an element"},
		{"declared", "<a xmlns:p='u' xmlns:q='u' r:b='0' p:b='1' §q:b='1'/>", "attribute b is given twice, with two prefixes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			refuse(t, tt, xmltok.Limits{LaxPrefixes: true}, false)
		})
	}
}

// TestBadCharacters puts what is not allowed at every place of a long text,
// for the text is checked several bytes at a time.
func TestBadCharacters(t *testing.T) {
	t.Parallel()
	for place := range 100 {
		for _, bad := range []string{"\x00", "\x08", "\x0B", "\x1F", "\uFFFE", "\uFFFF", "\x80", "\xC3", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"} {
			doc := "<a>" + strings.Repeat("x", place) + bad + strings.Repeat("y", 100-place) + "</a>"
			_, err := eventsOf([]byte(doc), xmltok.Limits{}, false)
			if e, ok := errors.AsType[*xmltok.Error](err); !ok || e.Offset != 3+place {
				t.Errorf("%q at %d = %v, want a refusal at offset %d", bad, place, err, 3+place)
			}
		}
		for _, good := range []string{"\t", "\n", "\x7F", "é", "\uFFFD", "\U0010FFFF"} {
			text := strings.Repeat("x", place) + good + strings.Repeat("y", 100-place)
			tok := started(t, "<a>"+text+"</a>")
			if got, err := tok.TextOf(); err != nil || string(got) != text {
				t.Errorf("%q at %d = %q, %v", good, place, got, err)
			}
		}
	}
}

// TestManyAttributes has more attributes than the duplicate filter has bits.
func TestManyAttributes(t *testing.T) {
	t.Parallel()
	lim := xmltok.Limits{MaxAttrs: 700}
	if _, err := eventsOf([]byte("<a"+attributes(600)+"/>"), lim, false); err != nil {
		t.Errorf("600 attributes: %v", err)
	}
	refuse(t, refusal{doc: "<a" + attributes(600) + " §a17='1'/>", want: "attribute a17 is given twice"}, lim, false)
}

// TestDeepNesting refuses 5,000,000 start tags at the depth that is too much.
func TestDeepNesting(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	doc := bytes.Repeat([]byte("<a>"), 5_000_000)
	begin := time.Now()
	var tok xmltok.Tokenizer
	tok.Reset(doc, xmltok.Limits{}, false)
	for starts := 0; ; starts++ {
		_, err := tok.Next()
		if err == nil && starts < 64 {
			continue
		}
		if e, ok := errors.AsType[*xmltok.Error](err); !ok || starts != 64 || e.Offset != 64*3 {
			t.Errorf("start tag %d: %v, want a refusal of number 64 at offset %d", starts, err, 64*3)
		}
		break
	}
	t.Logf("refused after %v", time.Since(begin))
}

func TestErrorf(t *testing.T) {
	t.Parallel()
	tok := started(t, "<!--\n--> <a b='1'/>")
	got := tok.Errorf("no attribute %s", "x")
	want := &xmltok.Error{Line: 2, Column: 5, Offset: 9, Msg: "no attribute x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Errorf (-want +got):\n%s", diff)
	}
	if got.Error() != "line 2, column 5: no attribute x" {
		t.Errorf("Error() = %q", got.Error())
	}
	at := tok.ErrorfAt(tok.Attrs()[0].Offset, "x")
	if diff := cmp.Diff(&xmltok.Error{Line: 2, Column: 8, Offset: 12, Msg: "x"}, at); diff != "" {
		t.Errorf("ErrorfAt (-want +got):\n%s", diff)
	}
	if kind, err := tok.Next(); kind != xmltok.End || err != nil {
		t.Errorf("Next() after Errorf = %v, %v, want end", kind, err)
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	var tok xmltok.Tokenizer
	tok.Reset([]byte("ab\r\nc\n\ne"), xmltok.Limits{}, false)
	for offset, want := range map[int][2]int{-1: {1, 1}, 0: {1, 1}, 2: {1, 3}, 3: {1, 4}, 4: {2, 1}, 5: {2, 2}, 6: {3, 1}, 7: {4, 1}, 8: {4, 2}, 9: {4, 2}} {
		if line, column := tok.Position(offset); line != want[0] || column != want[1] {
			t.Errorf("Position(%d) = %d, %d, want %v", offset, line, column, want)
		}
	}
}

// refuse checks that the document is refused as said, for good, and that the
// tokenizer is good for another document then.
func refuse(t *testing.T, tt refusal, lim xmltok.Limits, fragments bool) {
	t.Helper()
	before, after, ok := strings.Cut(tt.doc, "§")
	if !ok {
		t.Fatal("no mark in the document")
	}
	want := &xmltok.Error{
		Line:   strings.Count(before, "\n") + 1,
		Column: len(before) - strings.LastIndex(before, "\n"),
		Offset: len(before),
		Msg:    tt.want,
	}
	var tok xmltok.Tokenizer
	tok.Reset([]byte(before+after), lim, fragments)
	var err error
	for kind := xmltok.Kind(0); err == nil; {
		if kind == xmltok.EOF {
			t.Fatalf("%q is accepted, want %v", tt.doc, want)
		}
		kind, err = tok.Next()
	}
	got, _ := errors.AsType[*xmltok.Error](err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q (-want +got):\n%s", tt.doc, diff)
	}
	if kind, again := tok.Next(); kind != 0 || !errors.Is(again, err) {
		t.Errorf("Next() again = %v, %v, want 0, %v", kind, again, err)
	}
	tok.Reset([]byte("<a/>"), xmltok.Limits{}, false)
	for _, want := range []xmltok.Kind{xmltok.Start, xmltok.End, xmltok.EOF} {
		if kind, err := tok.Next(); kind != want || err != nil {
			t.Errorf("Next() after Reset = %v, %v, want %v", kind, err, want)
		}
	}
}

// attributes writes n attributes with different names.
func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a")
		b.WriteString(strconv.Itoa(i))
		b.WriteString("='1'")
	}
	return b.String()
}
