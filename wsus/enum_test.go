package wsus_test

import (
	"encoding"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/wsus"
)

// enum is what the four enums of the package have in common.
type enum interface {
	~uint8
	fmt.Stringer
	encoding.TextMarshaler
	encoding.TextAppender
}

// checkEnum runs the full-range test over an enum whose tokens are given in
// the order of their numbers, the first being number first.
func checkEnum[E enum](t *testing.T, typeName string, first int, tokens []string, all iter.Seq[E],
	parse func(string) (E, error), unmarshal func(*E, []byte) error, sentinel error,
) {
	t.Helper()
	if got := slices.Collect(all); len(got) != len(tokens) {
		t.Errorf("the iterator gives %v, want %d values", got, len(tokens))
	}
	for v := range all {
		if v != slices.Collect(all)[0] { // an iterator must be able to stop
			break
		}
	}
	for i := range math.MaxUint8 + 1 {
		v := E(i)
		want := fmt.Sprintf("%s(%d)", typeName, i)
		valid := i >= first && i < first+len(tokens)
		if valid {
			want = tokens[i-first]
		}
		if got := v.String(); got != want {
			t.Errorf("%s(%d).String() = %q, want %q", typeName, i, got, want)
		}
		text, err := v.MarshalText()
		if valid != (err == nil) || !valid && !errors.Is(err, sentinel) {
			t.Fatalf("%s(%d).MarshalText() = %q, %v, want valid %t", typeName, i, text, err, valid)
		}
		if b, err := v.AppendText([]byte("x")); valid && (string(b) != "x"+want || err != nil) || !valid && string(b) != "x" {
			t.Errorf("%s(%d).AppendText(x) = %q, %v", typeName, i, b, err)
		}
		got, err := parse(want)
		if valid != (err == nil) || valid && got != v || !valid && !errors.Is(err, sentinel) {
			t.Errorf("parse(%q) = %v, %v, want valid %t", want, got, err, valid)
		}
		receiver := E(200)
		err = unmarshal(&receiver, []byte(want))
		if valid && (receiver != v || err != nil) || !valid && (receiver != E(200) || err == nil) {
			t.Errorf("UnmarshalText(%q) = %v, leaves %v", want, err, receiver)
		}
	}
	for _, text := range []string{"", " ", tokens[0] + " ", "Software", "PreDeploymentCheck"} {
		if got, err := parse(text); err == nil {
			t.Errorf("parse(%q) = %v, want an error", text, got)
		}
	}
}

func TestEnums(t *testing.T) {
	t.Parallel()
	checkEnum(t, "Kind", 1, []string{"software", "driver", "category", "detectoid"},
		wsus.Kinds(), wsus.ParseKind, (*wsus.Kind).UnmarshalText, wsus.ErrUnknownKind)
	checkEnum(t, "Action", 0, []string{
		"none", "evaluate", "pre_deployment_check", "install",
		"optional_install", "uninstall", "bundle", "block",
	}, wsus.Actions(), wsus.ParseAction, (*wsus.Action).UnmarshalText, wsus.ErrUnknownAction)
	checkEnum(t, "RetryAction", 1, []string{"same_location", "next_location", "stop"},
		wsus.RetryActions(), wsus.ParseRetryAction, (*wsus.RetryAction).UnmarshalText, wsus.ErrUnknownRetryAction)
	checkEnum(t, "RetryReason", 1, []string{"retries_left", "retries_used", "not_retryable", "exhausted", "no_failure"},
		wsus.RetryReasons(), wsus.ParseRetryReason, (*wsus.RetryReason).UnmarshalText, wsus.ErrUnknownRetryReason)
}

func FuzzParseEnums(f *testing.F) {
	for _, s := range []string{"software", "none", "same_location", "no_failure", "", "Kind(1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := wsus.ParseKind(s); err == nil && v.String() != s {
			t.Errorf("ParseKind(%q) = %v", s, v)
		}
		if v, err := wsus.ParseAction(s); err == nil && v.String() != s {
			t.Errorf("ParseAction(%q) = %v", s, v)
		}
		if v, err := wsus.ParseRetryAction(s); err == nil && v.String() != s {
			t.Errorf("ParseRetryAction(%q) = %v", s, v)
		}
		if v, err := wsus.ParseRetryReason(s); err == nil && v.String() != s {
			t.Errorf("ParseRetryReason(%q) = %v", s, v)
		}
	})
}
