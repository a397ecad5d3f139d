package xmltok_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/internal/xmltok"
)

// orders are the two byte orders with their marks.
var orders = []struct {
	name  string
	mark  string
	order binary.AppendByteOrder
}{
	{"little", "\xFF\xFE", binary.LittleEndian},
	{"big", "\xFE\xFF", binary.BigEndian},
}

// modelEncode is the obvious encoder.
func modelEncode(order binary.AppendByteOrder, s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func TestDecodeUTF16(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "a", "abc", "abcd", "abcdefghi", "é", "abcé", "abcdé", "é😀x", "日本語", "\u007F\u0080\u07FF\u0800\uFFFF\U00010000\U0010FFFF", "\x00a", "\uFEFF",
		strings.Repeat("<a b='1'/>", 100) + "日" + strings.Repeat("x", 33), strings.Repeat("日本", 100),
	}
	for _, order := range orders {
		for _, text := range texts {
			src := append([]byte(order.mark), modelEncode(order.order, text)...)
			got, err := xmltok.DecodeUTF16([]byte("x"), src)
			if err != nil || string(got) != "x"+text {
				t.Errorf("DecodeUTF16(x, %s %q) = %q, %v, want %q", order.name, text, got, err, "x"+text)
			}
		}
	}
}

func TestDecodeUTF16Refusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, src string
		offset    int
		msg       string
	}{
		{"empty", "", 0, "no byte order mark"},
		{"one byte", "\xFF", 0, "no byte order mark"},
		{"no mark", "<\x00a\x00", 0, "no byte order mark"},
		{"UTF-8 mark", "\xEF\xBB\xBF<", 0, "no byte order mark"},
		{"odd", "\xFF\xFEa\x00b", 4, "half a unit at the end"},
		{"odd, big", "\xFE\xFF\x00a\x00b\x00c\x00d\x00", 10, "half a unit at the end"},
		{"only half a unit", "\xFF\xFE\xD8", 2, "half a unit at the end"},
		{"high alone at the end", "\xFF\xFEa\x00\x00\xD8", 4, "lone surrogate U+D800"},
		{"high and half a unit", "\xFF\xFEa\x00\x00\xD8\x00", 4, "lone surrogate U+D800"},
		{"high before a letter", "\xFE\xFF\xDB\xFF\x00a", 2, "lone surrogate U+DBFF"},
		{"two highs", "\xFE\xFF\xD8\x00\xD8\x00\xDC\x00", 2, "lone surrogate U+D800"},
		{"low alone", "\xFE\xFF\x00a\xDC\x00\x00a", 4, "lone surrogate U+DC00"},
		{"last low alone", "\xFF\xFE\xFF\xDF", 2, "lone surrogate U+DFFF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := xmltok.DecodeUTF16([]byte("x"), []byte(tt.src))
			e, ok := errors.AsType[*xmltok.EncodingError](err)
			if !ok || string(got) != "x" {
				t.Fatalf("DecodeUTF16(%q) = %q, %v, want x and an error", tt.src, got, err)
			}
			if diff := cmp.Diff(&xmltok.EncodingError{Offset: tt.offset, Msg: tt.msg}, e); diff != "" {
				t.Errorf("DecodeUTF16(%q) (-want +got):\n%s", tt.src, diff)
			}
		})
	}
}

// TestUTF16Model compares with the obvious encoder.
func TestUTF16Model(t *testing.T) {
	t.Parallel()
	runes := rapid.OneOf(
		rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz<>&'\"0123456789")),
		rapid.SampledFrom([]rune{0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF}),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.StringOfN(runes, 0, 8, -1), rapid.Just("0123456789abcdef")), 0, 6).Draw(t, "text"), "")
		for _, order := range orders {
			src := append([]byte(order.mark), modelEncode(order.order, text)...)
			if got, err := xmltok.DecodeUTF16(nil, src); err != nil || string(got) != text {
				t.Fatalf("DecodeUTF16(%s %q) = %q, %v", order.name, text, got, err)
			}
		}
	})
}

// FuzzUTF16 decodes anything; the obvious decoder says whether it is
// well-formed, and what it is.
func FuzzUTF16(f *testing.F) {
	for _, order := range orders {
		f.Add(append([]byte(order.mark), modelEncode(order.order, "<a>日本😀 and more</a>")...))
	}
	f.Add([]byte("\xFF\xFEa\x00\x00\xD8"))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := xmltok.DecodeUTF16(nil, src)
		var units []uint16
		for i := 2; i+1 < len(src); i += 2 {
			u := binary.LittleEndian.Uint16(src[i:])
			if src[0] == 0xFE {
				u = binary.BigEndian.Uint16(src[i:])
			}
			units = append(units, u)
		}
		valid := len(src) >= 2 && len(src)%2 == 0 && (string(src[:2]) == "\xFF\xFE" || string(src[:2]) == "\xFE\xFF")
		if valid = valid && !hasLone(units); valid != (err == nil) {
			t.Fatalf("DecodeUTF16(%x) = %q, %v, want valid %v", src, got, err, valid)
		}
		if err != nil {
			if e, ok := errors.AsType[*xmltok.EncodingError](err); !ok || e.Offset < 0 || e.Offset > len(src) {
				t.Fatalf("DecodeUTF16(%x): bad error %#v", src, err)
			}
			return
		}
		if want := string(utf16.Decode(units)); string(got) != want {
			t.Fatalf("DecodeUTF16(%x) = %q, want %q", src, got, want)
		}
	})
}

// hasLone reports whether a surrogate in units has no other half.
func hasLone(units []uint16) bool {
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if !utf16.IsSurrogate(r) {
			continue
		}
		if i+1 == len(units) || utf16.DecodeRune(r, rune(units[i+1])) == utf8.RuneError {
			return true
		}
		i++
	}
	return false
}
