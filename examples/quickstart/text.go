package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
)

// maxTitle is how many characters of a title are printed in a timeline.
const maxTitle = 80

// oneLine makes one line of a text from outside, without control characters.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// short makes a title fit the timeline. It leaves out of the middle, because
// the KB article stands at the end.
func short(title string) string {
	const end = 33 // " for x64-based Systems (KB990103)"
	r := []rune(oneLine(title))
	if len(r) <= maxTitle {
		return string(r)
	}
	return strings.TrimSpace(string(r[:maxTitle-end-3])) + "..." + string(r[len(r)-end:])
}

// number writes a count with commas: 1,829.
func number[T int | uint64](n T) string {
	s := strconv.FormatUint(uint64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes how many of something: "1 message", "2 messages".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

// span writes a duration without the zeros that time.Duration writes: 24h,
// 7h17m6s.
func span(d time.Duration) string {
	if d >= time.Minute {
		d = d.Round(time.Second)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// until writes a time to come.
func until(t time.Time) string {
	if t.Year() != monday.Year() {
		return t.Format("2 Jan 2006 15:04:05")
	}
	return t.Format("Mon 2 Jan 15:04:05")
}

// decided writes a decision and its reason. The JSON has the library's own
// words, Decision.String, which are more exact.
func decided(d scan.Decision) string {
	switch d.Reason {
	case scan.ForcedToConnect:
		return "connect: a forced online scan always connects"
	case scan.MetadataNotFresh:
		return "connect: " + stale(d.Verdict)
	case scan.MetadataFresh:
		text := "use local metadata: it is " + span(d.Verdict.Age) + " old and the TTL is " + span(d.Verdict.TTL)
		if at, ok := d.Verdict.Expires(); ok {
			text += ", fresh until " + until(at)
		}
		return text
	case scan.ForcedOfflineScan:
		return "use local metadata: a forced offline scan never connects, whatever the age (" + span(d.Verdict.Age) + ")"
	case scan.NoOfflineHistory, scan.InvalidType:
	}
	return d.String()
}

// stale writes why metadata is not fresh.
func stale(v ttl.Verdict) string {
	switch v.Reason {
	case ttl.Expired:
		return "the local metadata is " + span(v.Age) + " old and the TTL is " + span(v.TTL)
	case ttl.Absent:
		return "there is no local metadata"
	case ttl.FromFuture, ttl.VersionTooLow, ttl.WithinTTL:
	}
	return v.String()
}

// outcome writes how a scan ended.
func outcome(o scan.Outcome) string { return strings.ReplaceAll(o.String(), "_", " ") }

// failure writes what went wrong.
func failure(f scan.Failure) string {
	text := f.Code.String()
	if name := f.Code.Name(); name != "" {
		text += " " + name
	}
	return text
}

// summaryText writes the counts of the states.
func summaryText(s compliance.Summary) string {
	return fmt.Sprintf("%s Required, %s Installed, %s Not Required, %s Unknown",
		number(s.Required), number(s.Installed), number(s.NotRequired), number(s.Unknown))
}

// topic names what a message is about.
func topic(t statemsg.TopicType) string {
	switch t {
	case statemsg.UpdateDetection:
		return "update state"
	case statemsg.UpdateSourceScan:
		return "scan state"
	case statemsg.UpdateEnforcement:
		return "installation"
	case statemsg.AssignmentEnforcement:
		return "deployment"
	case statemsg.AssignmentCompliance, statemsg.AssignmentEvaluation, statemsg.ItemDetection, statemsg.ItemCompliance, statemsg.Resync:
	}
	return "others"
}

// serials writes the serial numbers of a batch.
func serials(b statemsg.Batch) string {
	first, last := b.Messages[0].Serial, b.Messages[len(b.Messages)-1].Serial
	if first == last {
		return "serial " + number(first)
	}
	return "serials " + number(first) + " to " + number(last)
}
