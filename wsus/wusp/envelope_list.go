package wusp

import (
	"bytes"
	"math"

	"github.com/updatescan/updatescan/compliance"
)

// ints, texts, guids and binaries are arrays of simple values; an empty one
// is not written.
func ints[T any](name string, at func(*T) *[]int32) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error { return r.ints(at(m)) },
		write: func(w *writer, m *T) {
			if list := *at(m); len(list) > 0 {
				w.ints(name, list)
			}
		},
	}
}

// ints reads an array of numbers. Requests hold thousands of them, so the
// common way to write one is taken without tokens.
func (r *reader) ints(list *[]int32) error {
	const open, shut = "<int>", "</int>"
	for {
		ahead := r.tok.Ahead()
		if len(ahead) > len(open) && string(ahead[:len(open)]) == open {
			rest := ahead[len(open):]
			end := bytes.IndexByte(rest, '<')
			if end > 0 && len(rest) >= end+len(shut) && string(rest[end:end+len(shut)]) == shut {
				if n, ok := parseShort(rest[:end]); ok {
					*list = append(*list, int32(n))
					r.tok.Advance(len(open) + end + len(shut))
					continue
				}
			}
		}
		ok, err := r.next()
		if err != nil || !ok {
			return err
		}
		n, err := r.integer(math.MinInt32, math.MaxInt32)
		if err != nil {
			return err
		}
		*list = append(*list, int32(n))
	}
}

func texts[T any](name, item string, at func(*T) *[]string) field[T] {
	return values(name, at, func(r *reader) (string, error) {
		b, err := r.text()
		return r.share(b), err
	}, func(w *writer, s string) { w.text(item, s) })
}

func guids[T any](name string, at func(*T) *[]compliance.UpdateID) field[T] {
	return values(name, at, (*reader).guid, func(w *writer, id compliance.UpdateID) { w.guid("guid", id) })
}

func binaries[T any](name string, at func(*T) *[][]byte) field[T] {
	return values(name, at, (*reader).binary, func(w *writer, b []byte) { w.binary("base64Binary", b) })
}

// values is an array of simple values; the elements in it may have any name.
func values[T, V any](name string, at func(*T) *[]V, read func(*reader) (V, error), write func(*writer, V)) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			for {
				ok, err := r.next()
				if err != nil || !ok {
					return err
				}
				v, err := read(r)
				if err != nil {
					return err
				}
				*at(m) = append(*at(m), v)
			}
		},
		write: func(w *writer, m *T) {
			if list := *at(m); len(list) > 0 {
				w.open(name)
				for _, v := range list {
					write(w, v)
				}
				w.close(name)
			}
		},
	}
}

// list is an array of objects; an empty one is not written.
func list[T, S any](name, item string, at func(*T) *[]S, fields []field[S]) field[T] {
	return field[T]{
		name: name,
		read: func(r *reader, m *T) error {
			for {
				ok, err := r.next()
				if err != nil || !ok {
					return err
				}
				if r.isNil() {
					if err := r.skip(); err != nil {
						return err
					}
					continue
				}
				l := at(m)
				*l = append(*l, *new(S))
				if err := readFields(r, &(*l)[len(*l)-1], fields); err != nil {
					return err
				}
			}
		},
		write: func(w *writer, m *T) {
			if l := *at(m); len(l) > 0 {
				w.open(name)
				for i := range l {
					w.open(item)
					writeFields(w, &l[i], fields)
					w.close(item)
				}
				w.close(name)
			}
		},
	}
}
