package wusp

import (
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"github.com/updatescan/updatescan/compliance"
)

// writer appends elements to one buffer.
type writer struct{ b []byte }

func (w *writer) open(name string) {
	w.b = append(w.b, '<')
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

func (w *writer) close(name string) {
	w.b = append(w.b, '<', '/')
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

func (w *writer) text(name, s string) {
	w.open(name)
	w.b = appendEscaped(w.b, s)
	w.close(name)
}

func (w *writer) flag(name string, v bool) {
	w.open(name)
	w.b = strconv.AppendBool(w.b, v)
	w.close(name)
}

func (w *writer) number(name string, n int64) {
	w.open(name)
	w.b = strconv.AppendInt(w.b, n, 10)
	w.close(name)
}

func (w *writer) guid(name string, id compliance.UpdateID) {
	w.open(name)
	w.b, _ = id.AppendText(w.b)
	w.close(name)
}

func (w *writer) binary(name string, b []byte) {
	w.open(name)
	w.b = base64.StdEncoding.AppendEncode(w.b, b)
	w.close(name)
}

func (w *writer) ints(name string, list []int32) {
	w.open(name)
	for _, n := range list {
		w.b = append(w.b, "<int>"...)
		w.b = strconv.AppendInt(w.b, int64(n), 10)
		w.b = append(w.b, "</int>"...)
	}
	w.close(name)
}

// appendEscaped appends s as character data. A carriage return is written by
// number, so that it is read back; a character that XML does not allow, and
// what is not UTF-8, becomes U+FFFD.
func appendEscaped[T string | []byte](b []byte, s T) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			with := escapes[c]
			if with == "" {
				i++
				continue
			}
			b = append(b, s[from:i]...)
			b = append(b, with...)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			b = append(b, s[from:i]...)
			b = append(b, "\uFFFD"...)
			from = i + size
		}
		i += size
	}
	return append(b, s[from:]...)
}

// escapes are the characters below 128 that are not written as they are.
var escapes = func() (t [utf8.RuneSelf]string) {
	for c := range 0x20 {
		t[c] = "\uFFFD"
	}
	t['\t'], t['\n'] = "", ""
	t['\r'], t['<'], t['>'], t['&'] = "&#xD;", "&lt;", "&gt;", "&amp;"
	return t
}()
