package scantest

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// brief writes a value in one line for a person: fields that are zero are left
// out, and what has a text form is written in it.
func brief(v any) string {
	if v == nil {
		return "nothing"
	}
	var b strings.Builder
	writeBrief(&b, reflect.ValueOf(v), true)
	return b.String()
}

// writeBrief is brief for a part of a value; named says to write the name of
// its type.
func writeBrief(b *strings.Builder, v reflect.Value, named bool) {
	if !v.IsValid() {
		b.WriteString("nil")
		return
	}
	if v.CanInterface() && writeText(b, v.Interface()) {
		return
	}
	switch v.Kind() { //nolint:exhaustive // the others are written as fmt does
	case reflect.Struct:
		if named {
			b.WriteString(v.Type().Name())
		}
		writeFields(b, v)
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(' ')
			}
			writeBrief(b, v.Index(i), false)
		}
		b.WriteByte(']')
	case reflect.Pointer, reflect.Interface:
		writeBrief(b, v.Elem(), named)
	default:
		fmt.Fprint(b, v)
	}
}

func writeFields(b *strings.Builder, v reflect.Value) {
	b.WriteByte('{')
	first := true
	for i := range v.NumField() {
		if v.Field(i).IsZero() || !v.Type().Field(i).IsExported() {
			continue
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		b.WriteString(v.Type().Field(i).Name + ":")
		writeBrief(b, v.Field(i), false)
	}
	b.WriteByte('}')
}

// writeText writes what has a text form of its own.
func writeText(b *strings.Builder, v any) bool {
	switch v := v.(type) {
	case time.Time:
		b.WriteString(v.Format(time.RFC3339Nano))
	case *compliance.Snapshot:
		b.WriteByte('[')
		for rec := range v.All() {
			fmt.Fprintf(b, " %s r%d %v", rec.ID.String()[:4], rec.Revision, rec.State)
		}
		b.WriteString(" ]")
	case string:
		fmt.Fprintf(b, "%q", v)
	case fmt.Stringer:
		b.WriteString(v.String())
	default:
		return false
	}
	return true
}
