package wsustest

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// timeout is the code that the published table leaves out.
const timeout wsus.Code = 0x80072EE2

// publishedRetryCodes are the 36 codes as published: decimal and unsigned.
var publishedRetryCodes = []wsus.Code{
	2147747475, 2147954429, 2147954430, 2149842970, 2149842974,
	2149859332, 2149859333, 2149859334, 2149859335, 2149859336, 2149859337,
	2149859338, 2149859339, 2149859340, 2149859341, 2149859342,
	2149859344, 2149859349, 2149859350,
	2149859352, 2149859353, 2149859354,
	2149859356, 2149859357, 2149859358, 2149859359, 2149859360, 2149859361, 2149859362, 2149859363, 2149859364,
	2149859366, 2149859367, 2149859371, 2149859372, 2149904388,
}

// RetryCodes is the table of the codes that are retried, ascending: the
// documented one, or the wider one (WF-9).
func (m Model) RetryCodes(wider bool) []wsus.Code {
	codes := slices.Clone(publishedRetryCodes)
	if wider {
		codes = append(codes, timeout, 0x80072EE7, 0x80072EFF)
	} else if m.Mistake == "wf-timeout-retried" {
		codes = append(codes, timeout)
	}
	slices.Sort(codes)
	return codes
}

// Next is the reference of [wsus.RetryPolicy.Next]: what follows a failed scan
// (WF-9, WF-10). The zero table of a policy is the documented one; of any other
// the codes are taken as it lists them.
func (m Model) Next(p wsus.RetryPolicy, f wsus.Failure) wsus.RetryDecision {
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
	if m.Mistake == "wf-five-retries" {
		attempts++
	}
	if m.Mistake == "wf-switch-at-once" {
		switchDelay = 0
	}
	codes := m.RetryCodes(false)
	if p.Codes != (wsus.RetryTable{}) {
		codes = slices.Collect(p.Codes.All())
	}

	failed := f.Code >= 0x80000000
	if f.Code == 0x8024000B && m.Mistake != "wf-cancel-fails" { // WF-10
		failed = false
	}
	if !failed {
		return wsus.RetryDecision{Action: wsus.RetryStop, Reason: wsus.RetryNoFailure}
	}
	next := wsus.RetryDecision{Action: wsus.RetryNext, Reason: wsus.RetriesUsed, Delay: switchDelay}
	if !slices.Contains(codes, f.Code) {
		if m.Mistake == "wf-final-switches" && f.Others > 0 {
			return next
		}
		return wsus.RetryDecision{Action: wsus.RetryStop, Reason: wsus.RetryNotRetryable}
	}
	if f.Retries < attempts {
		return wsus.RetryDecision{Action: wsus.RetrySame, Reason: wsus.RetriesLeft, Delay: delay}
	}
	if f.Others > 0 {
		return next
	}
	return wsus.RetryDecision{Action: wsus.RetryStop, Reason: wsus.RetryExhausted}
}
