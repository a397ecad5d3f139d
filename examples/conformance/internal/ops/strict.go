package ops

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// decode reads a JSON value into v, a pointer. It refuses what encoding/json
// lets pass: keys that are unknown, in another case, given twice or missing,
// and null. A field is tagged in:"optional" when its key may be missing, and
// in:"null" when it may be null; in:"optional,null" is both.
func decode(raw json.RawMessage, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more data behind the value")
	}
	return check(raw, reflect.TypeOf(v).Elem(), "in")
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// check walks a value beside the type that it was read into.
func check(raw json.RawMessage, t reflect.Type, path string) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if string(bytes.TrimSpace(raw)) == "null" {
		return fmt.Errorf("%s is null", path)
	}
	if t == reflect.TypeFor[json.RawMessage]() || t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler) {
		return nil
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for i, item := range list {
			if err := check(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	}
	if t.Kind() == reflect.Struct {
		return checkObject(raw, t, path)
	}
	return nil
}

// checkObject walks an object beside its struct type.
func checkObject(raw json.RawMessage, t reflect.Type, path string) error {
	members, err := membersOf(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue // its fields follow
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		value, there := members[name]
		delete(members, name)
		how := f.Tag.Get("in")
		if !there {
			if !strings.Contains(how, "optional") {
				return fmt.Errorf("%s has no key %q", path, name)
			}
			continue
		}
		if strings.Contains(how, "null") && string(value) == "null" {
			continue
		}
		if err := check(value, f.Type, path+"."+name); err != nil {
			return err
		}
	}
	for name := range members {
		return fmt.Errorf("%s has an unknown key %q", path, name)
	}
	return nil
}

// membersOf returns the members of an object, and refuses a key that is given
// twice.
func membersOf(raw json.RawMessage) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("%v is no key", key)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("key %q is given twice", name)
		}
		members[name] = value
	}
	return members, nil
}
