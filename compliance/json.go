package compliance

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// jsonRecordSize is about what one record takes in the JSON form, in bytes.
const jsonRecordSize = 96

// MarshalJSON returns the JSON form of the snapshot, which the package
// comment specifies: sorted by id, without spaces. The error is always nil. It
// implements [json.Marshaler] on the pointer: to marshal a snapshot inside
// another value, hold it there by pointer.
func (s *Snapshot) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, (s.Len()+1)*jsonRecordSize)
	b = append(b, `{"updates":[`...)
	for i := range s.Len() {
		r := s.At(i)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":"`...)
		b, _ = r.ID.AppendText(b)
		b = append(b, `","revision":`...)
		b = strconv.AppendUint(b, uint64(r.Revision), 10)
		b = append(b, `,"state":"`...)
		b = append(b, r.State.token()...)
		b = append(b, `"}`...)
	}
	return append(b, `]}`...), nil
}

// UnmarshalJSON replaces the contents of s by those of the JSON form data,
// whose updates may be in any order. It refuses, with a [*DecodeError] of kind
// [ErrCorrupt] that says what and where: anything that is not JSON, and
// anything behind it; members that are unknown, missing or given twice, names
// being compared exactly; an id, revision or state that does not exist; and an
// update that occurs twice, whose [*DuplicateError] is the cause. On error s
// is untouched. As is the custom, JSON null changes nothing. It implements
// [json.Unmarshaler].
func (s *Snapshot) UnmarshalJSON(data []byte) error {
	if string(bytes.TrimSpace(data)) == "null" {
		return nil
	}
	r := jsonReader{dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	records, err := r.snapshot()
	if err == nil {
		var v *Snapshot
		if v, err = NewSnapshot(nil, records); err == nil {
			*s = *v
			return nil
		}
		err = r.because(err, "refused")
	}
	return err
}

// jsonReader reads the JSON form token by token, because decoding into a
// struct lets pass what a strict reader must not: names in another case, and
// members given twice.
type jsonReader struct {
	dec *json.Decoder
}

// snapshot reads the whole document.
func (r *jsonReader) snapshot() ([]Record, error) {
	var records []Record
	seen := false
	err := r.object(func(name string) error {
		if name != "updates" {
			return r.fault("unknown member " + quote(name))
		}
		if seen {
			return r.fault(`member "updates" given twice`)
		}
		seen = true
		var err error
		records, err = r.records()
		return err
	})
	if err != nil {
		return nil, err
	}
	if !seen {
		return nil, r.fault(`member "updates" is missing`)
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, r.fault("more data behind the snapshot")
	}
	return records, nil
}

// records reads the array of updates.
func (r *jsonReader) records() ([]Record, error) {
	if err := r.delim('['); err != nil {
		return nil, err
	}
	var records []Record
	for r.dec.More() {
		if len(records) == MaxRecords {
			return nil, r.because(&CountError{Count: MaxRecords + 1}, "too long")
		}
		rec, err := r.record()
		if err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return records, r.delim(']')
}

// record reads one update.
func (r *jsonReader) record() (Record, error) {
	var rec Record
	var id, revision, state bool
	err := r.object(func(name string) error {
		given := &id
		if name == "revision" {
			given = &revision
		} else if name == "state" {
			given = &state
		} else if name != "id" {
			return r.fault("unknown member " + quote(name))
		}
		if *given {
			return r.fault("member " + quote(name) + " given twice")
		}
		*given = true
		return r.member(&rec, name)
	})
	if err != nil {
		return Record{}, err
	}
	if !id || !revision || !state {
		return Record{}, r.fault(`update needs "id", "revision" and "state"`)
	}
	return rec, nil
}

// member reads the value of one member of an update into rec.
func (r *jsonReader) member(rec *Record, name string) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	if name == "revision" {
		number, ok := token.(json.Number)
		if !ok {
			return r.fault("revision is not a number")
		}
		v, err := strconv.ParseUint(number.String(), 10, 32)
		if err != nil || Revision(v) > MaxRevision {
			return r.fault("revision " + quote(number.String()) + " is not a whole number in range")
		}
		rec.Revision = Revision(v)
		return nil
	}
	text, ok := token.(string)
	if !ok {
		return r.fault(name + " is not a string")
	}
	if name == "id" {
		rec.ID, err = ParseUpdateID(text)
	} else {
		rec.State, err = ParseState(text)
	}
	if err != nil {
		return r.because(err, "refused")
	}
	return nil
}

// object reads an object and calls member for each name; member reads the
// value.
func (r *jsonReader) object(member func(name string) error) error {
	if err := r.delim('{'); err != nil {
		return err
	}
	for r.dec.More() {
		token, err := r.token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return r.fault("member name is not a string")
		}
		if err := member(name); err != nil {
			return err
		}
	}
	return r.delim('}')
}

// delim reads one bracket or brace.
func (r *jsonReader) delim(want json.Delim) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	if token != want {
		return r.fault("want " + strconv.QuoteRune(rune(want)))
	}
	return nil
}

// token reads the next token, of which there must be one.
func (r *jsonReader) token() (json.Token, error) {
	token, err := r.dec.Token()
	if errors.Is(err, io.EOF) {
		return nil, r.fault("truncated")
	}
	if err != nil {
		return nil, r.because(err, "not JSON")
	}
	return token, nil
}

// fault is an error at the reader's place.
func (r *jsonReader) fault(what string) error { return r.because(nil, what) }

// because is an error at the reader's place with a cause.
func (r *jsonReader) because(cause error, what string) error {
	return &DecodeError{Offset: int(r.dec.InputOffset()), Fault: what, Kind: ErrCorrupt, Cause: cause}
}
