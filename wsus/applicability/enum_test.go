package applicability_test

import (
	"encoding"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/wsus/applicability"
)

// enum is what every enumeration of the package does.
type enum interface {
	~uint8
	fmt.Stringer
	encoding.TextMarshaler
	encoding.TextAppender
}

// checkEnum checks an enumeration over all numbers of a byte.
func checkEnum[T enum](t *testing.T, name string, values iter.Seq[T], parse func(string) (T, error), unmarshal func(*T, []byte) error) {
	t.Helper()
	valid := map[T]bool{}
	for v := range values {
		valid[v] = true
	}
	if len(valid) < 2 {
		t.Errorf("%s has %d values", name, len(valid))
	}
	for i := range math.MaxUint8 + 1 {
		v := T(i)
		text, err := v.MarshalText()
		if valid[v] != (err == nil) {
			t.Errorf("%s(%d).MarshalText() = %q, %v, want valid %v", name, i, text, err, valid[v])
		}
		if err != nil {
			if want := fmt.Sprintf("%s(%d)", name, i); v.String() != want {
				t.Errorf("%s(%d).String() = %q, want %q", name, i, v.String(), want)
			}
			continue
		}
		if v.String() != string(text) {
			t.Errorf("%s(%d).String() = %q, want %q", name, i, v.String(), text)
		}
		if appended, err := v.AppendText([]byte("x")); err != nil || string(appended) != "x"+string(text) {
			t.Errorf("%s(%d).AppendText() = %q, %v", name, i, appended, err)
		}
		if got, err := parse(string(text)); err != nil || got != v {
			t.Errorf("Parse%s(%q) = %v, %v, want %v", name, text, got, err, v)
		}
		var got T
		if err := unmarshal(&got, text); err != nil || got != v {
			t.Errorf("%s.UnmarshalText(%q) = %v, %v, want %v", name, text, got, err, v)
		}
		for _, bad := range []string{strings.ToUpper(string(text)) + "x", string(text) + " ", ""} {
			keep := v
			if err := unmarshal(&keep, []byte(bad)); err == nil || keep != v {
				t.Errorf("%s.UnmarshalText(%q) = %v, %v, want an error and no change", name, bad, keep, err)
			}
		}
	}
}

func TestEnums(t *testing.T) {
	t.Parallel()
	checkEnum(t, "Value", applicability.Values(), applicability.ParseValue, (*applicability.Value).UnmarshalText)
	checkEnum(t, "Presence", applicability.Presences(), applicability.ParsePresence, (*applicability.Presence).UnmarshalText)
	checkEnum(t, "Cause", applicability.Causes(), applicability.ParseCause, (*applicability.Cause).UnmarshalText)
	checkEnum(t, "Reason", applicability.Reasons(), applicability.ParseReason, (*applicability.Reason).UnmarshalText)
	checkEnum(t, "Omission", applicability.Omissions(), applicability.ParseOmission, (*applicability.Omission).UnmarshalText)
	checkEnum(t, "Supersedence", applicability.Supersedences(), applicability.ParseSupersedence, (*applicability.Supersedence).UnmarshalText)
	checkEnum(t, "RegistryType", applicability.RegistryTypes(), applicability.ParseRegistryType, (*applicability.RegistryType).UnmarshalText)
	checkEnum(t, "InstallState", applicability.InstallStates(), applicability.ParseInstallState, (*applicability.InstallState).UnmarshalText)
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1": "1.0.0.0", "1.2.3.4": "1.2.3.4", "007.00.0.0": "7.0.0.0", "4294967295.0": "4294967295.0.0.0",
	} {
		if v, err := applicability.ParseVersion(text); err != nil || v.String() != want {
			t.Errorf("ParseVersion(%q) = %v, %v, want %s", text, v, err, want)
		}
	}
	for _, text := range []string{"", ".", "1.", ".1", "1..2", "1.2.3.4.5", "-1", "+1", "1,2", "4294967296", " 1", "1.a", strings.Repeat("0", 65)} {
		if v, err := applicability.ParseVersion(text); err == nil || v != (applicability.Version{}) {
			t.Errorf("ParseVersion(%q) = %v, %v, want an error", text, v, err)
		}
	}
}
