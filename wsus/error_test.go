package wsus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/updatescan/updatescan/wsus"
)

// coded is a foreign error with a code.
type coded wsus.Code

func (c coded) Error() string   { return "coded" }
func (c coded) Code() wsus.Code { return wsus.Code(c) }

// slow is a foreign error that may be a time-out.
type slow bool

func (s slow) Error() string { return "slow" }
func (s slow) Timeout() bool { return bool(s) }

func TestCodeOf(t *testing.T) {
	t.Parallel()
	at := func(c wsus.Code, err error) error { return &wsus.Error{Op: "retrieve", Code: c, Err: err} }
	tests := []struct {
		name  string
		err   error
		want  wsus.Code
		found bool
	}{
		{"nil", nil, 0, false},
		{"own error", at(wsus.CodeServerBusy, nil), wsus.CodeServerBusy, true},
		{"own error, wrapped", fmt.Errorf("a: %w", at(wsus.CodeServerBusy, io.EOF)), wsus.CodeServerBusy, true},
		{"outer code wins", at(wsus.CodeServerBusy, at(wsus.CodeTimeout, nil)), wsus.CodeServerBusy, true},
		{"code 0 is passed over", at(0, at(wsus.CodeTimeout, nil)), wsus.CodeTimeout, true},
		{"code 0 and nothing else", at(0, nil), wsus.CodeUnspecified, false},
		{"code 0 on a deadline", at(0, context.DeadlineExceeded), wsus.CodeTimeout, false},
		{"method", fmt.Errorf("a: %w", coded(wsus.CodeParse)), wsus.CodeParse, true},
		{"method that says 0", coded(0), wsus.CodeUnspecified, false},
		{"location", &wsus.LocationError{Kind: wsus.ErrNotSSL}, wsus.CodeInvalidLocation, true},
		{"joined, second has it", errors.Join(io.EOF, coded(wsus.CodeParse)), wsus.CodeParse, true},
		{"joined, none", errors.Join(io.EOF, io.EOF), wsus.CodeUnspecified, false},
		{"code before time-out", errors.Join(context.DeadlineExceeded, coded(wsus.CodeParse)), wsus.CodeParse, true},
		{"cancelled", fmt.Errorf("a: %w", context.Canceled), wsus.CodeCancelled, false},
		{"deadline", fmt.Errorf("a: %w", context.DeadlineExceeded), wsus.CodeTimeout, false},
		{"os deadline", os.ErrDeadlineExceeded, wsus.CodeTimeout, false},
		{"time-out", fmt.Errorf("a: %w", slow(true)), wsus.CodeTimeout, false},
		{"no time-out", slow(false), wsus.CodeUnspecified, false},
		{"other", io.EOF, wsus.CodeUnspecified, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := wsus.CodeOf(tt.err); got != tt.want {
				t.Errorf("CodeOf(%v) = %v, want %v", tt.name, got, tt.want)
			}
			if got, ok := wsus.FindCode(tt.err); ok != tt.found || ok && got != tt.want {
				t.Errorf("FindCode(%v) = %v, %t, want %v, %t", tt.name, got, ok, tt.want, tt.found)
			}
		})
	}
}

// A nil pointer of an error type is an error that says nothing, and must not
// panic wherever it stands in a chain.
func TestCodeOfNilPointers(t *testing.T) {
	t.Parallel()
	for name, none := range map[string]error{
		"Error":               (*wsus.Error)(nil),
		"LocationError":       (*wsus.LocationError)(nil),
		"PolicyConflictError": (*wsus.PolicyConflictError)(nil),
		"UpdateError":         (*wsus.UpdateError)(nil),
	} {
		chains := []error{none, fmt.Errorf("a: %w", none), errors.Join(io.EOF, none), &wsus.Error{Op: "retrieve", Err: none}}
		for _, err := range chains {
			if c := wsus.CodeOf(err); c != wsus.CodeUnspecified {
				t.Errorf("CodeOf of a nil *%s in %T = %v, want %v", name, err, c, wsus.CodeUnspecified)
			}
			if c, ok := wsus.FindCode(err); ok || c != 0 {
				t.Errorf("FindCode of a nil *%s in %T = %v, %t, want none", name, err, c, ok)
			}
			if err.Error() == "" || errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("a nil *%s in %T: %q", name, err, err)
			}
		}
		if c := wsus.CodeOf(errors.Join(none, coded(wsus.CodeParse))); c != wsus.CodeParse {
			t.Errorf("CodeOf of a nil *%s beside a code = %v, want %v", name, c, wsus.CodeParse)
		}
	}
}

func TestCodeOfInterruption(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := wsus.CodeOf(ctx.Err())
	d := wsus.RetryPolicy{Codes: wsus.WiderRetryCodes()}.Next(wsus.Failure{Code: c, Others: 1})
	if d.Reason != wsus.RetryNoFailure {
		t.Errorf("a cancelled scan: %v because %v, want no failure", d.Action, d.Reason)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  *wsus.Error
		want string
	}{
		{&wsus.Error{Op: "retrieve", Code: wsus.CodeServerBusy, Err: io.EOF}, "wsus: retrieve: 0x8024F004 (WU_E_SERVER_BUSY): EOF"},
		{&wsus.Error{Op: "locate", Code: 0x80000001}, "wsus: locate: 0x80000001"},
		{&wsus.Error{Code: wsus.CodeTimeout}, "wsus: 0x80072EE2 (WININET_E_TIMEOUT)"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error() = %q, want %q", got, tt.want)
		}
	}
	if err := error(tests[0].err); !errors.Is(err, io.EOF) {
		t.Errorf("errors.Is(%v, io.EOF) = false", err)
	}
}
