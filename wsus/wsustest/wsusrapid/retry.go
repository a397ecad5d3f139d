package wsusrapid

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
)

// Code draws a result code: one that the documented table retries, a
// neighbour of one, one that only the wider table retries, one that neither
// retries, success, or any number.
func Code() *rapid.Generator[wsus.Code] {
	documented := slices.Collect(wsus.DocumentedRetryCodes().All())
	return rapid.OneOf(
		rapid.SampledFrom(documented),
		rapid.Custom(func(t *rapid.T) wsus.Code {
			return rapid.SampledFrom(documented).Draw(t, "code") + wsus.Code(rapid.SampledFrom([]uint32{1, 1<<32 - 1}).Draw(t, "neighbour"))
		}),
		rapid.SampledFrom([]wsus.Code{
			wsus.CodeTimeout, wsus.CodeWinINetNameNotResolved, wsus.CodeConnectionReset, // the wider table
			wsus.CodeCancelled, wsus.CodeGroupPolicyConflict, wsus.CodeSourceNotFound, wsus.CodeInvalidLocation,
			wsus.CodeUnspecified, 0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
		}),
		rapid.Map(rapid.Uint32(), func(n uint32) wsus.Code { return wsus.Code(n) }),
	)
}

// RetryTable draws a table of codes: the documented one, the wider one, none,
// or some of [Code].
func RetryTable() *rapid.Generator[wsus.RetryTable] {
	return rapid.OneOf(
		rapid.Just(wsus.DocumentedRetryCodes()), rapid.Just(wsus.WiderRetryCodes()), rapid.Just(wsus.NewRetryTable()),
		rapid.Custom(func(t *rapid.T) wsus.RetryTable {
			return wsus.NewRetryTable(rapid.SliceOfN(Code(), 0, 5).Draw(t, "codes")...)
		}),
	)
}

// RetryPolicy draws a policy that [wsus.RetryPolicy.Validate] accepts: mostly
// the documented values, or few retries and short waits.
func RetryPolicy() *rapid.Generator[wsus.RetryPolicy] {
	wait := func(most time.Duration) *rapid.Generator[time.Duration] {
		return rapid.SampledFrom([]time.Duration{0, 0, time.Second, time.Minute, time.Hour, most})
	}
	return rapid.Custom(func(t *rapid.T) wsus.RetryPolicy {
		return wsus.RetryPolicy{
			Delay:       wait(wsus.MaxRetryDelay).Draw(t, "delay"),
			Attempts:    rapid.SampledFrom([]int{0, 0, 1, 2, 5, wsus.MaxRetryAttempts}).Draw(t, "attempts"),
			SwitchDelay: wait(wsus.MaxRetryDelay).Draw(t, "switch delay"),
			Codes:       RetryTable().Draw(t, "codes"),
		}
	})
}

// Failure draws a failed scan under the policy: a code in or out of its
// table, and a count of retries near the last one.
func Failure(p wsus.RetryPolicy) *rapid.Generator[wsus.Failure] {
	last := p.WithDefaults().Attempts
	codes := Code()
	if p.Codes.Len() > 0 {
		codes = rapid.OneOf(rapid.SampledFrom(slices.Collect(p.Codes.All())), Code())
	}
	return rapid.Custom(func(t *rapid.T) wsus.Failure {
		return wsus.Failure{
			Code:    codes.Draw(t, "code"),
			Retries: rapid.OneOf(rapid.IntRange(last-2, last+2), rapid.IntRange(-1, 2)).Draw(t, "retries"),
			Others:  rapid.IntRange(-1, 2).Draw(t, "others"),
		}
	})
}
