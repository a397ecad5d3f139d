package compliance_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
)

func TestStateNumbersAreThoseOfTopic500(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-1")
	want := []struct {
		number uint8
		state  compliance.State
		token  string
		name   string
	}{
		{0, compliance.Unknown, "unknown", "Unknown"},
		{1, compliance.NotRequired, "not_required", "Not Required"},
		{2, compliance.Required, "required", "Required"},
		{3, compliance.Installed, "installed", "Installed"},
	}
	for _, w := range want {
		if uint8(w.state) != w.number {
			t.Errorf("uint8(%v) = %d, want %d", w.state, uint8(w.state), w.number)
		}
		if got := compliance.State(w.number).String(); got != w.token {
			t.Errorf("State(%d).String() = %q, want %q", w.number, got, w.token)
		}
		if got := w.state.Name(); got != w.name {
			t.Errorf("%v.Name() = %q, want %q", w.state, got, w.name)
		}
	}
	if got := slices.Collect(compliance.States()); len(got) != len(want) || !slices.IsSorted(got) {
		t.Errorf("States() = %v, want the %d states in order", got, len(want))
	}
	for s := range compliance.States() {
		if s != compliance.Unknown {
			t.Errorf("States() first = %v, want unknown", s)
		}
		break
	}
	var zero compliance.State
	if zero != compliance.Unknown {
		t.Errorf("zero State = %v, want unknown", zero)
	}
}

func TestStateFullRange(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DIFF-1")
	valid := map[compliance.State]bool{}
	for s := range compliance.States() {
		valid[s] = true
	}
	for i := range math.MaxUint8 + 1 {
		v := compliance.State(i)
		text, err := v.MarshalText()
		if valid[v] != (err == nil) {
			t.Fatalf("State(%d).MarshalText() = %q, %v, want error %v", i, text, err, !valid[v])
		}
		if err != nil {
			wantEnumError(t, err, "State("+itoa(i)+")")
			if got := v.String(); got != "State("+itoa(i)+")" || v.Name() != got {
				t.Errorf("State(%d).String() = %q, Name() = %q, want State(%d)", i, got, v.Name(), i)
			}
			if _, err := v.AppendText([]byte("x")); err == nil {
				t.Errorf("State(%d).AppendText() = nil error, want one", i)
			}
			continue
		}
		got, err := compliance.ParseState(string(text))
		if err != nil || got != v {
			t.Errorf("ParseState(%q) = %v, %v, want %v", text, got, err, v)
		}
		back := compliance.State(77)
		if err := back.UnmarshalText(text); err != nil || back != v {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v", text, back, err, v)
		}
		if b, err := v.AppendText([]byte("x=")); err != nil || string(b) != "x="+string(text) {
			t.Errorf("AppendText = %q, %v, want %q", b, err, "x="+string(text))
		}
	}
}

func TestParseStateRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Required", "REQUIRED", " required", "required ", "not required", "missing", "State(2)", "2", strings.Repeat("x", 5000)} {
		got, err := compliance.ParseState(text)
		if err == nil || got != compliance.Unknown {
			t.Errorf("ParseState(%.20q) = %v, %v, want unknown and an error", text, got, err)
			continue
		}
		wantEnumError(t, err, text)
		s := compliance.Installed
		if err := s.UnmarshalText([]byte(text)); err == nil || s != compliance.Installed {
			t.Errorf("UnmarshalText(%.20q) = %v, s = %v, want an error and s untouched", text, err, s)
		}
	}
}

// wantEnumError checks that err carries text, and that its own text is
// bounded.
func wantEnumError(t *testing.T, err error, text string) {
	t.Helper()
	e, ok := errors.AsType[*compliance.EnumError](err)
	if !ok || e.Text != text {
		t.Errorf("error = %#v, want an *EnumError for %.20q", err, text)
	}
	if n := len(err.Error()); n > 300 {
		t.Errorf("error text has %d bytes, want a bounded one", n)
	}
	if len(text) < 50 && !strings.Contains(err.Error(), text) {
		t.Errorf("error = %q, want it to name %q", err, text)
	}
}
