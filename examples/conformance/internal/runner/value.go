package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep the values of an answer may be nested.
const maxDepth = 1000

// parseValue reads exactly one JSON value: maps, slices, strings, booleans, nil
// and [json.Number], which loses no digit. Text that is not UTF-8, a key that
// occurs twice in an object and anything behind the value are errors.
func parseValue(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := readValue(dec, 0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("not JSON at byte %d: %w", dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one JSON value, at byte %d", dec.InputOffset())
	}
	return v, nil
}

// readValue reads the next value of a decoder.
func readValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if tok == json.Delim('{') {
		return readObject(dec, depth)
	}
	if tok == json.Delim('[') {
		list := []any{}
		for dec.More() {
			v, err := readValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return tok, nil
}

// readObject reads the rest of an object.
func readObject(dec *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, ok := tok.(string)
		if !ok {
			return nil, fmt.Errorf("key %v is not a string", tok)
		}
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("key %q occurs twice", key)
		}
		if object[key], err = readValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return object, err
}

// sameNumber compares two JSON numbers by their exact values: 1, 1.0 and 10e-1
// are the same, 9007199254740993 and 9007199254740992 are not.
func sameNumber(a, b json.Number) bool { return numberForm(string(a)) == numberForm(string(b)) }

// numberForm returns a text that equal numbers share: the sign, the digits
// without zeros at either end, and the power of ten of the last of them. It
// never expands an exponent, so that 1e999999999 costs nothing.
func numberForm(s string) string {
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	power := new(big.Int)
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		power.SetString(strings.TrimPrefix(s[i+1:], "+"), 10)
		s = s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := whole + fraction
	power.Sub(power, big.NewInt(int64(len(fraction))))
	trimmed := strings.TrimRight(digits, "0")
	power.Add(power, big.NewInt(int64(len(digits)-len(trimmed))))
	trimmed = strings.TrimLeft(trimmed, "0")
	if trimmed == "" {
		return "0"
	}
	return sign + trimmed + "e" + power.String()
}

// formatValue writes a value as compact JSON.
func formatValue(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return json.RawMessage(fmt.Sprintf("%q", fmt.Sprint(v)))
	}
	return bytes.TrimSpace(b.Bytes())
}
