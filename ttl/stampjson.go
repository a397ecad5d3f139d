package ttl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"
)

// maxStampTimeBytes is the longest time of a stamp's JSON form: that with
// nine digits of a second.
const maxStampTimeBytes = len("2006-01-02T15:04:05.999999999Z")

// maxStampTextBytes is how much of a refused text a [StampError] quotes.
const maxStampTextBytes = 64

// StampError says what is wrong with the JSON form of a stamp, and where.
type StampError struct {
	// Offset is the byte up to which the form was read when the fault was
	// seen.
	Offset int
	// Detail says what was seen there.
	Detail string
}

// Error names the byte and the detail.
func (e *StampError) Error() string {
	return "ttl: stamp: JSON: at byte " + strconv.Itoa(e.Offset) + ": " + e.Detail
}

// MarshalJSON returns the JSON form of the stamp, which the package comment
// specifies: null for an absent stamp, else an object such as
// {"time":"2008-06-01T12:00:00Z","version":38}. The error is always nil.
func (s Stamp) MarshalJSON() ([]byte, error) {
	at, ok := s.Time()
	if !ok {
		return []byte("null"), nil // TTL-3
	}
	b := append(make([]byte, 0, 64), `{"time":"`...)
	b = at.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","version":`...)
	b = strconv.AppendUint(b, uint64(s.version), 10)
	return append(b, '}'), nil
}

// UnmarshalJSON sets the stamp from its JSON form, as the package comment
// specifies it; null makes it absent. Refused, with a [*StampError], is what
// is not JSON, and anything behind it; members that are unknown, missing or
// given twice, names being compared exactly; a time that is not in the form
// described, or outside of what a stamp holds; and a version that is not a
// whole number in range. On error the stamp is as it was.
func (s *Stamp) UnmarshalJSON(data []byte) error {
	r := stampReader{dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	v, err := r.stamp()
	if err != nil {
		return err
	}
	*s = v
	return nil
}

// stampReader reads the JSON form token by token: decoding into a struct
// would let pass names in another case, and members given twice.
type stampReader struct {
	dec *json.Decoder
}

// stamp reads the whole form.
func (r *stampReader) stamp() (Stamp, error) {
	first, err := r.token()
	if err != nil {
		return Stamp{}, err
	}
	var s Stamp // TTL-3: null
	if first != nil {
		if first != json.Delim('{') {
			return Stamp{}, r.fault("want an object or null")
		}
		if s, err = r.members(); err != nil {
			return Stamp{}, err
		}
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return Stamp{}, r.fault("more data behind the stamp")
	}
	return s, nil
}

// members reads the object from behind its brace to its end.
func (r *stampReader) members() (Stamp, error) {
	var n int64
	var version Version
	var hasTime, hasVersion bool
	for r.dec.More() {
		name, err := r.token()
		if err != nil {
			return Stamp{}, err
		}
		given, read := &hasTime, func() error { return r.time(&n) }
		if name == "version" {
			given, read = &hasVersion, func() error { return r.version(&version) }
		} else if name != "time" {
			text, _ := name.(string)
			return Stamp{}, r.fault("unknown member " + quoteStart(text))
		}
		if *given {
			return Stamp{}, r.fault("a member is given twice")
		}
		*given = true
		if err := read(); err != nil {
			return Stamp{}, err
		}
	}
	if _, err := r.token(); err != nil { // the closing brace
		return Stamp{}, err
	}
	if !hasTime || !hasVersion {
		return Stamp{}, r.fault(`a stamp needs "time" and "version"`)
	}
	return stampAt(n, version), nil
}

// time reads the value of the member "time".
func (r *stampReader) time(n *int64) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	text, ok := token.(string)
	if !ok {
		return r.fault("the time is not a string")
	}
	at, ok := parseStampTime(text)
	if !ok {
		return r.fault("the time " + quoteStart(text) + " is not RFC 3339 in UTC with at most nine digits of a second")
	}
	// Only the two edges stand for what is outside.
	v, inside := wallNanos(at)
	if !inside {
		edge := NewStamp(at, 0)
		if t, _ := edge.Time(); !t.Equal(at) {
			return r.fault("the time " + quoteStart(text) + " is outside the years 1678 to 2261")
		}
		v = edge.at
	}
	*n = v
	return nil
}

// parseStampTime parses the time of the JSON form. Package time alone would
// also accept an hour of one digit, and a comma.
func parseStampTime(text string) (t time.Time, ok bool) {
	const seconds = "2006-01-02T15:04:05"
	if len(text) <= len(seconds) || len(text) > maxStampTimeBytes || text[len(text)-1] != 'Z' {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if next := text[len(seconds)]; err != nil || next != '.' && next != 'Z' {
		return time.Time{}, false
	}
	return t, text[:len(seconds)] == t.Format(seconds)
}

// version reads the value of the member "version".
func (r *stampReader) version(v *Version) error {
	token, err := r.token()
	if err != nil {
		return err
	}
	number, ok := token.(json.Number)
	if !ok {
		return r.fault("the version is not a number")
	}
	n, err := strconv.ParseUint(number.String(), 10, 32)
	if err != nil {
		return r.fault("the version " + quoteStart(number.String()) + " is not a whole number from 0 to 4294967295")
	}
	*v = Version(n)
	return nil
}

// token reads the next token, of which there must be one.
func (r *stampReader) token() (json.Token, error) {
	token, err := r.dec.Token()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, r.fault("it ends early")
	}
	if err != nil {
		return nil, r.fault("not JSON: " + err.Error())
	}
	return token, nil
}

// fault is an error at the reader's place.
func (r *stampReader) fault(detail string) error {
	return &StampError{Offset: int(r.dec.InputOffset()), Detail: detail}
}

// quoteStart quotes a text, of a long one the beginning.
func quoteStart(text string) string {
	if len(text) > maxStampTextBytes {
		return strconv.Quote(text[:maxStampTextBytes]) + "..."
	}
	return strconv.Quote(text)
}
