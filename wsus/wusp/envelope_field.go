package wusp

import (
	"math"
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// field is an element of a message: how it is read, and how it is written. A
// list of fields is the sequence of a type of the WSDL: its order is that of
// the elements written, and what it marks as required has cardinality 1..1.
// Elements are read in any order.
type field[T any] struct {
	name  string
	read  func(*reader, *T) error
	write func(*writer, *T)
}

// readFields reads the children of the current element. What is not listed
// is passed over, and so is an element with xsi:nil.
func readFields[T any](r *reader, m *T, fields []field[T]) error {
	next := 0
	for {
		ok, err := r.next()
		if err != nil || !ok {
			return err
		}
		i := find(fields, r.tok.Local(), next)
		if i < 0 || r.isNil() {
			err = r.skip()
		} else {
			next = i + 1
			err = fields[i].read(r, m)
		}
		if err != nil {
			return err
		}
	}
}

// find returns the index of the field with the name, -1 when there is none.
// The field is most likely the next one.
func find[T any](fields []field[T], local []byte, next int) int {
	for i := next; i < len(fields); i++ {
		if fields[i].name == string(local) {
			return i
		}
	}
	for i := range next {
		if fields[i].name == string(local) {
			return i
		}
	}
	for i := range fields {
		// The specification itself writes Win32HResult in two ways.
		if strings.EqualFold(fields[i].name, string(local)) {
			return i
		}
	}
	return -1
}

func writeFields[T any](w *writer, m *T, fields []field[T]) {
	for i := range fields {
		fields[i].write(w, m)
	}
}

// text is a string that may be missing; textAlways one that may not.
func text[T any](name string, at func(*T) *string) field[T] {
	return field[T]{
		name: name,
		read: readText(at),
		write: func(w *writer, m *T) {
			if s := *at(m); s != "" {
				w.text(name, s)
			}
		},
	}
}

func textAlways[T any](name string, at func(*T) *string) field[T] {
	return field[T]{name: name, read: readText(at), write: func(w *writer, m *T) { w.text(name, *at(m)) }}
}

func readText[T any](at func(*T) *string) func(*reader, *T) error {
	return func(r *reader, m *T) error {
		b, err := r.text()
		if err == nil {
			*at(m) = r.share(b)
		}
		return err
	}
}

// fragment is a string that holds XML, as bytes.
func fragment[T any](name string, at func(*T) *[]byte) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			b, err := r.text()
			if err == nil && len(b) > 0 {
				*at(m) = r.keep(b)
			}
			return err
		},
		write: func(w *writer, m *T) {
			if b := *at(m); len(b) > 0 {
				w.open(name)
				w.b = appendEscaped(w.b, b)
				w.close(name)
			}
		},
	}
}

// date is a point in time that must be there, dateIf one that need not.
func date[T any](name string, at func(*T) *DateTime) field[T] {
	return field[T]{name: name, read: readDate(at), write: func(w *writer, m *T) {
		if *at(m) == "" {
			w.text(name, string(noDateTime))
			return
		}
		w.text(name, string(*at(m)))
	}}
}

func readDate[T any](at func(*T) *DateTime) func(*reader, *T) error {
	return func(r *reader, m *T) error {
		b, err := r.word()
		if err == nil {
			*at(m) = DateTime(r.share(b))
		}
		return err
	}
}

func dateIf[T any](name string, at func(*T) *DateTime) field[T] {
	return field[T]{name: name, read: readDate(at), write: func(w *writer, m *T) {
		if s := *at(m); s != "" {
			w.text(name, string(s))
		}
	}}
}

// flag is a boolean that must be there, flagIf one that is written only when
// it is true, flagPtr one that is written when it is known.
func flag[T any](name string, at func(*T) *bool) field[T] {
	return field[T]{name: name, read: readFlag(at), write: func(w *writer, m *T) { w.flag(name, *at(m)) }}
}

func flagIf[T any](name string, at func(*T) *bool) field[T] {
	return field[T]{name: name, read: readFlag(at), write: func(w *writer, m *T) {
		if *at(m) {
			w.flag(name, true)
		}
	}}
}

func flagPtr[T any](name string, at func(*T) **bool) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			v, err := r.boolean()
			if err == nil {
				*at(m) = &v
			}
			return err
		},
		write: func(w *writer, m *T) {
			if v := *at(m); v != nil {
				w.flag(name, *v)
			}
		},
	}
}

func readFlag[T any](at func(*T) *bool) func(*reader, *T) error {
	return func(r *reader, m *T) error {
		v, err := r.boolean()
		if err == nil {
			*at(m) = v
		}
		return err
	}
}

// long is a number of 64 bits, number one of 32, short one of 16, octet one
// of 8 without sign; they must be there. octetIf need not.
func long[T any](name string, at func(*T) *int64) field[T] {
	return integer(name, math.MinInt64, math.MaxInt64, func(m *T) int64 { return *at(m) }, func(m *T, n int64) { *at(m) = n })
}

func number[T any](name string, at func(*T) *int32) field[T] {
	return integer(name, math.MinInt32, math.MaxInt32, func(m *T) int64 { return int64(*at(m)) }, func(m *T, n int64) { *at(m) = int32(n) })
}

// short reads what others write without sign too: 0 to 65535.
func short[T any](name string, at func(*T) *int16) field[T] {
	return integer(name, math.MinInt16, math.MaxUint16, func(m *T) int64 { return int64(*at(m)) }, func(m *T, n int64) { *at(m) = int16(n) })
}

func octet[T any](name string, at func(*T) *uint8) field[T] {
	return integer(name, 0, math.MaxUint8, func(m *T) int64 { return int64(*at(m)) }, func(m *T, n int64) { *at(m) = uint8(n) })
}

func octetIf[T any](name string, at func(*T) *uint8) field[T] {
	f := octet(name, at)
	write := f.write
	f.write = func(w *writer, m *T) {
		if *at(m) != 0 {
			write(w, m)
		}
	}
	return f
}

func integer[T any](name string, lowest, highest int64, get func(*T) int64, set func(*T, int64)) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			n, err := r.integer(lowest, highest)
			if err == nil {
				set(m, n)
			}
			return err
		},
		write: func(w *writer, m *T) { w.number(name, get(m)) },
	}
}

// guid is an id that must be there, guidIf one that is missing when zero.
func guid[T any](name string, at func(*T) *compliance.UpdateID) field[T] {
	return field[T]{name: name, read: readGUID(at), write: func(w *writer, m *T) { w.guid(name, *at(m)) }}
}

func guidIf[T any](name string, at func(*T) *compliance.UpdateID) field[T] {
	return field[T]{name: name, read: readGUID(at), write: func(w *writer, m *T) {
		if id := *at(m); !id.IsZero() {
			w.guid(name, id)
		}
	}}
}

func readGUID[T any](at func(*T) *compliance.UpdateID) func(*reader, *T) error {
	return func(r *reader, m *T) error {
		id, err := r.guid()
		if err == nil {
			*at(m) = id
		}
		return err
	}
}

// octets is bytes in base64 that may be missing.
func octets[T any](name string, at func(*T) *[]byte) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			b, err := r.binary()
			if err == nil {
				*at(m) = b
			}
			return err
		},
		write: func(w *writer, m *T) {
			if b := *at(m); len(b) > 0 {
				w.binary(name, b)
			}
		},
	}
}

// object is a part that must be there, objectPtr one that need not.
func object[T, S any](name string, at func(*T) *S, fields []field[S]) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error { return readFields(r, at(m), fields) },
		write: func(w *writer, m *T) {
			w.open(name)
			writeFields(w, at(m), fields)
			w.close(name)
		},
	}
}

func objectPtr[T, S any](name string, at func(*T) **S, fields []field[S]) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			p := new(S)
			if err := readFields(r, p, fields); err != nil {
				return err
			}
			*at(m) = p
			return nil
		},
		write: func(w *writer, m *T) {
			if p := *at(m); p != nil {
				w.open(name)
				writeFields(w, p, fields)
				w.close(name)
			}
		},
	}
}

// action is a deployment action in the spelling of the wire.
func action[T any](name string, at func(*T) *wsus.Action) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			b, err := r.word()
			if err != nil {
				return err
			}
			a, ok := ParseActionName(string(b))
			if !ok {
				return r.fault("%s is no deployment action", quote(b))
			}
			*at(m) = a
			return nil
		},
		write: func(w *writer, m *T) { w.text(name, ActionName(*at(m))) },
	}
}
