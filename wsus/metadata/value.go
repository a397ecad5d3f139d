package metadata

import (
	"bytes"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// maxQuoted is how many bytes of a refused value an error message shows.
const maxQuoted = 64

// quoted returns a value for an error message, cut to a readable length.
func quoted(b []byte) string {
	if len(b) > maxQuoted {
		return strconv.Quote(string(b[:maxQuoted])) + "..."
	}
	return strconv.Quote(string(b))
}

// parseID parses an update id in any of the forms that
// [compliance.ParseUpdateID] accepts, with white space around it. The zero id
// is that of no update, and refused. The fault, empty when there is none, is
// for an error message: what the value is not.
func parseID(b []byte) (id compliance.UpdateID, fault string) {
	if id.UnmarshalText(bytes.TrimSpace(b)) != nil {
		return compliance.UpdateID{}, quoted(b) + " is no update id"
	}
	if id.IsZero() {
		return id, quoted(b) + " is the zero id, which is that of no update"
	}
	return id, ""
}

// parseRevision parses a revision number, 0 to 1<<31-1.
func parseRevision(b []byte) (compliance.Revision, bool) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if n > uint64(wsus.MaxRevision) {
		return 0, false
	}
	return compliance.Revision(n), true
}

// parseTrue reports whether an xs:boolean is true; anything else is false.
func parseTrue(b []byte) bool {
	b = bytes.TrimSpace(b)
	return string(b) == "1" || bytes.EqualFold(b, []byte("true"))
}

// parseKind parses an UpdateType.
func parseKind(b []byte) (wsus.Kind, bool) {
	switch string(bytes.TrimSpace(b)) {
	case "Software":
		return wsus.KindSoftware, true
	case "Driver":
		return wsus.KindDriver, true
	case "Category":
		return wsus.KindCategory, true
	case "Detectoid":
		return wsus.KindDetectoid, true
	}
	return 0, false
}

// parseTime parses an xs:dateTime or xs:date, with or without a zone, a year of
// four digits and hours up to 23. A time without a zone is UTC. There may be
// any number of fraction digits; those behind the ninth are dropped.
func parseTime(b []byte) (time.Time, bool) {
	b = bytes.TrimSpace(b)
	const date, clock = len("2006-01-02"), len("T15:04:05")
	if len(b) < date {
		return time.Time{}, false
	}
	var buffer [date + clock + len(".000000000") + len("+00:00")]byte
	text, zone := append(buffer[:0], b[:date]...), b[date:]
	if len(zone) > 0 && zone[0] == 'T' {
		if len(zone) < clock {
			return time.Time{}, false
		}
		text, zone = append(text, zone[:clock]...), zone[clock:]
		digits := fractionDigits(zone)
		text = append(text, zone[:min(digits, len(".000000000"))]...)
		zone = zone[digits:]
	} else {
		text = append(text, "T00:00:00"...)
	}
	if len(zone) == 0 {
		zone = []byte("Z")
	}
	if len(zone) > len("+00:00") || zone[0] != 'Z' && zone[0] != '+' && zone[0] != '-' {
		return time.Time{}, false
	}
	text = append(text, zone...)
	t, err := time.Parse(time.RFC3339Nano, string(text))
	// Package time alone would accept an hour of one digit.
	if err != nil || t.Format("2006-01-02T15:04:05") != string(text[:date+clock]) {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// fractionDigits is the length of the fraction of a second that b begins with,
// its dot included; 0 when it begins with none.
func fractionDigits(b []byte) int {
	if len(b) == 0 || b[0] != '.' {
		return 0
	}
	n := 1
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// lastSegment is what follows the last slash.
func lastSegment(b []byte) []byte {
	return b[bytes.LastIndexByte(b, '/')+1:]
}
