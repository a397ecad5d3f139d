package wsus_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

func TestDocumentedRetryCodes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	want := wsustest.Model{}.RetryCodes(false)
	table := wsus.DocumentedRetryCodes()
	if got := slices.Collect(table.All()); !slices.Equal(got, want) || len(got) != 36 || table.Len() != 36 {
		t.Errorf("DocumentedRetryCodes() = %v, want the 36 codes %v", got, want)
	}
	if table != (wsus.RetryTable{}) {
		t.Error("DocumentedRetryCodes() is not the zero table")
	}
	if got := wsus.NewRetryTable(want...); got != table {
		t.Error("NewRetryTable of the documented codes is not equal to the documented table")
	}
	// Neighbours of every code, so that an off-by-one shows.
	for _, c := range want {
		for d := wsus.Code(0); d < 5; d++ {
			near := c - 2 + d
			if got, want := table.Has(near), slices.Contains(want, near); got != want {
				t.Errorf("Has(%v) = %t, want %t", near, got, want)
			}
		}
	}
	for _, c := range []wsus.Code{0, 0x80244017, 0x8024401B, wsus.CodeTimeout, 0x80244011, 0x80244025, wsus.CodeGroupPolicyConflict, 0xFFFFFFFF} {
		if table.Has(c) {
			t.Errorf("Has(%v) = true, but it is documented as not retried", c)
		}
	}
}

func TestWiderRetryCodes(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	wider := wsus.WiderRetryCodes()
	want := wsustest.Model{}.RetryCodes(true)
	if len(want) != 39 {
		t.Fatalf("%d codes, want 39", len(want))
	}
	if got := slices.Collect(wider.All()); !slices.Equal(got, want) {
		t.Errorf("WiderRetryCodes() = %v, want %v", got, want)
	}
	for _, c := range []wsus.Code{0x80244017, 0x8024401B, wsus.CodeGroupPolicyConflict, wsus.CodeSourceNotFound, wsus.CodeSecureFailure} {
		if wider.Has(c) {
			t.Errorf("Has(%v) = true, want false", c)
		}
	}
}

func TestRetryTableModel(t *testing.T) {
	t.Parallel()
	near := rapid.Map(rapid.IntRange(-3, 40), func(n int) wsus.Code { return wsus.Code(uint32(0x80244004 + n)) })
	code := rapid.OneOf(near, rapid.Map(rapid.Uint32(), func(n uint32) wsus.Code { return wsus.Code(n) }),
		rapid.SampledFrom([]wsus.Code{0, wsus.CodeCancelled, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF}))
	rapid.Check(t, func(t *rapid.T) {
		codes := rapid.SliceOf(code).Draw(t, "codes")
		given := slices.Clone(codes)
		table := wsus.NewRetryTable(codes...)
		if !slices.Equal(codes, given) {
			t.Fatal("NewRetryTable changed its argument")
		}
		model := map[wsus.Code]bool{}
		for _, c := range codes {
			if c >= 0x80000000 && c != wsus.CodeCancelled {
				model[c] = true
			}
		}
		if table.Len() != len(model) {
			t.Fatalf("Len() = %d, want %d", table.Len(), len(model))
		}
		probe := append(rapid.SliceOf(code).Draw(t, "probe"), codes...)
		for _, c := range probe {
			if table.Has(c) != model[c] {
				t.Fatalf("Has(%v) = %t, want %t", c, table.Has(c), model[c])
			}
		}
		again := slices.Collect(table.All())
		slices.Reverse(again)
		if wsus.NewRetryTable(again...) != table {
			t.Fatal("the same codes in another order give another table")
		}
	})
}

func TestRetryTableEmpty(t *testing.T) {
	t.Parallel()
	empty := wsus.NewRetryTable()
	if empty == (wsus.RetryTable{}) || empty.Len() != 0 || empty.Has(wsus.CodeCannotConnect) {
		t.Errorf("NewRetryTable() has %d codes, want none and not the documented table", empty.Len())
	}
	got := wsus.RetryPolicy{Codes: empty}.Next(wsus.Failure{Code: wsus.CodeCannotConnect, Others: 3})
	want := wsus.RetryDecision{Action: wsus.RetryStop, Reason: wsus.RetryNotRetryable}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Next (-want +got):\n%s", diff)
	}
}

func TestRetryPolicyNext(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	custom := wsus.RetryPolicy{
		Delay: time.Minute, Attempts: 1, SwitchDelay: time.Second, Codes: wsus.NewRetryTable(wsus.CodeTimeout),
	}
	stop := func(r wsus.RetryReason) wsus.RetryDecision {
		return wsus.RetryDecision{Action: wsus.RetryStop, Reason: r}
	}
	same := wsus.RetryDecision{Action: wsus.RetrySame, Reason: wsus.RetriesLeft, Delay: 30 * time.Minute}
	next := wsus.RetryDecision{Action: wsus.RetryNext, Reason: wsus.RetriesUsed, Delay: 2 * time.Minute}
	const busy = wsus.CodeServerBusy
	tests := []struct {
		name   string
		policy wsus.RetryPolicy
		in     wsus.Failure
		want   wsus.RetryDecision
	}{
		{"first failure", wsus.RetryPolicy{}, wsus.Failure{Code: busy}, same},
		{"first failure with others", wsus.RetryPolicy{}, wsus.Failure{Code: busy, Others: 2}, same},
		{"third retry failed", wsus.RetryPolicy{}, wsus.Failure{Code: busy, Retries: 3, Others: 1}, same},
		{"fourth retry failed, one location", wsus.RetryPolicy{}, wsus.Failure{Code: busy, Retries: 4}, stop(wsus.RetryExhausted)},
		{"fourth retry failed, another left", wsus.RetryPolicy{}, wsus.Failure{Code: busy, Retries: 4, Others: 1}, next},
		{"beyond", wsus.RetryPolicy{}, wsus.Failure{Code: busy, Retries: 99, Others: 1}, next},
		{"not in the table", wsus.RetryPolicy{}, wsus.Failure{Code: wsus.CodeGroupPolicyConflict, Others: 1}, stop(wsus.RetryNotRetryable)},
		{"time-out, documented table", wsus.RetryPolicy{}, wsus.Failure{Code: wsus.CodeTimeout, Others: 1}, stop(wsus.RetryNotRetryable)},
		{
			"time-out, wider table",
			wsus.RetryPolicy{Codes: wsus.WiderRetryCodes()},
			wsus.Failure{Code: wsus.CodeTimeout, Others: 1},
			same,
		},
		{"no location is final", wsus.RetryPolicy{}, wsus.Failure{Code: wsus.CodeSourceNotFound}, stop(wsus.RetryNotRetryable)},
		{"success", wsus.RetryPolicy{}, wsus.Failure{Code: 0, Others: 1}, stop(wsus.RetryNoFailure)},
		{"negative counts", wsus.RetryPolicy{}, wsus.Failure{Code: busy, Retries: -1, Others: -1}, same},
		{
			"own values, retry", custom,
			wsus.Failure{Code: wsus.CodeTimeout},
			wsus.RetryDecision{Action: wsus.RetrySame, Reason: wsus.RetriesLeft, Delay: time.Minute},
		},
		{
			"own values, switch", custom,
			wsus.Failure{Code: wsus.CodeTimeout, Retries: 1, Others: 1},
			wsus.RetryDecision{Action: wsus.RetryNext, Reason: wsus.RetriesUsed, Delay: time.Second},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.policy.Next(tt.in)); diff != "" {
				t.Errorf("Next(%+v) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestRetryPolicyInterrupted(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-10")
	want := wsus.RetryDecision{Action: wsus.RetryStop, Reason: wsus.RetryNoFailure}
	p := wsus.RetryPolicy{Codes: wsus.NewRetryTable(wsus.CodeCancelled)}
	if diff := cmp.Diff(want, p.Next(wsus.Failure{Code: wsus.CodeCancelled, Others: 1})); diff != "" {
		t.Errorf("Next of a cancelled scan (-want +got):\n%s", diff)
	}
}

// TestRetryNextModel compares with the second implementation.
func TestRetryNextModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	t.Attr("rule", "WF-10")
	rapid.Check(t, func(t *rapid.T) {
		p := wsusrapid.RetryPolicy().Draw(t, "policy")
		f := wsusrapid.Failure(p).Draw(t, "failure")
		if err := p.Validate(); err != nil {
			t.Fatalf("Validate() = %v", err)
		}
		if diff := cmp.Diff(wsustest.Model{}.Next(p, f), p.Next(f)); diff != "" {
			t.Fatalf("Next(%+v) of %+v (-want +got):\n%s", f, p, diff)
		}
	})
}

// TestRetryWalk lets every scan fail and compares the whole course with a
// list written out by a second implementation: for each location one scan
// and its retries, with the delays between them.
func TestRetryWalk(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	rapid.Check(t, func(t *rapid.T) {
		p := wsus.RetryPolicy{
			Delay:       time.Duration(rapid.Int64Range(0, 3).Draw(t, "delay")) * time.Minute,
			Attempts:    rapid.IntRange(0, 5).Draw(t, "attempts"),
			SwitchDelay: time.Duration(rapid.Int64Range(0, 3).Draw(t, "switch")) * time.Minute,
		}
		locations := rapid.IntRange(1, 4).Draw(t, "locations")
		delay, attempts, switchDelay := p.Delay, p.Attempts, p.SwitchDelay
		if delay == 0 {
			delay = 30 * time.Minute
		}
		if attempts == 0 {
			attempts = 4
		}
		if switchDelay == 0 {
			switchDelay = 2 * time.Minute
		}
		var want []string
		for at := range locations {
			for range attempts {
				want = append(want, fmt.Sprintf("at %d wait %v retry", at, delay))
			}
			if at+1 < locations {
				want = append(want, fmt.Sprintf("at %d wait %v switch", at, switchDelay))
			}
		}
		want = append(want, fmt.Sprintf("at %d give up", locations-1))

		var got []string
		at, retries := 0, 0
		for len(got) <= len(want) {
			d := p.Next(wsus.Failure{Code: wsus.CodeCannotConnect, Retries: retries, Others: locations - at - 1})
			if d.Action == wsus.RetrySame {
				got = append(got, fmt.Sprintf("at %d wait %v retry", at, d.Delay))
				retries++
			} else if d.Action == wsus.RetryNext {
				got = append(got, fmt.Sprintf("at %d wait %v switch", at, d.Delay))
				at, retries = at+1, 0
			} else {
				got = append(got, fmt.Sprintf("at %d give up", at))
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("course of retries (-want +got):\n%s", diff)
		}
	})
}

func TestRetryPolicyValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		p     wsus.RetryPolicy
		field string
	}{
		{"zero", wsus.RetryPolicy{}, ""},
		{"highest", wsus.RetryPolicy{Delay: wsus.MaxRetryDelay, Attempts: wsus.MaxRetryAttempts, SwitchDelay: wsus.MaxRetryDelay}, ""},
		{"delay negative", wsus.RetryPolicy{Delay: -1}, "Delay -1ns"},
		{"delay too long", wsus.RetryPolicy{Delay: wsus.MaxRetryDelay + 1}, "Delay"},
		{"attempts negative", wsus.RetryPolicy{Attempts: -1}, "Attempts -1"},
		{"attempts too many", wsus.RetryPolicy{Attempts: wsus.MaxRetryAttempts + 1}, "Attempts 1001"},
		{"switch negative", wsus.RetryPolicy{SwitchDelay: -1}, "SwitchDelay"},
		{"switch too long", wsus.RetryPolicy{SwitchDelay: wsus.MaxRetryDelay + 1}, "SwitchDelay"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.p.Validate()
			if tt.field == "" {
				if err != nil {
					t.Errorf("Validate() = %v, want nil", err)
				}
				return
			}
			if !errors.Is(err, wsus.ErrBadRetryPolicy) || !strings.Contains(err.Error(), tt.field) {
				t.Errorf("Validate() = %v, want one that names %s", err, tt.field)
			}
		})
	}
}

func TestRetryAllocs(t *testing.T) {
	table, p := wsus.WiderRetryCodes(), wsus.RetryPolicy{}
	var found bool
	got := testing.AllocsPerRun(100, func() {
		found = table.Has(wsus.CodeTimeout)
		p.Next(wsus.Failure{Code: wsus.CodeServerBusy})
	})
	if !found {
		t.Error("Has(CodeTimeout) = false, want true")
	}
	if got != 0 {
		t.Errorf("Has and Next allocate %v times, want 0", got)
	}
}

func ExampleRetryPolicy_Next() {
	var policy wsus.RetryPolicy // the documented one
	failure := wsus.Failure{Code: wsus.CodeForHTTPStatus(503), Retries: 4, Others: 1}
	d := policy.Next(failure)
	fmt.Println(d.Action, "after", d.Delay, "because", d.Reason)

	d = policy.Next(wsus.Failure{Code: wsus.CodeTimeout, Others: 1})
	fmt.Println(d.Action, "because", d.Reason)

	policy.Codes = wsus.WiderRetryCodes()
	d = policy.Next(wsus.Failure{Code: wsus.CodeTimeout, Others: 1})
	fmt.Println(d.Action, "after", d.Delay, "because", d.Reason)
	// Output:
	// next_location after 2m0s because retries_used
	// stop because not_retryable
	// same_location after 30m0s because retries_left
}

func BenchmarkRetryTableHas(b *testing.B) {
	table := wsus.DocumentedRetryCodes()
	b.ReportAllocs()
	for b.Loop() {
		table.Has(wsus.CodeTimeout)
	}
}
