package statemsg

import (
	"errors"
	"fmt"
	"time"
)

// ErrCIMTime is what every error of [ParseCIMTime] and [AppendCIMTime] wraps.
var ErrCIMTime = errors.New("statemsg: CIM date-time")

// cimTimeLen is the length of yyyymmddHHMMSS.mmmmmm±UUU.
const cimTimeLen = 25

// AppendCIMTime appends t as a CIM date-time in UTC, yyyymmddHHMMSS.mmmmmm+000
// (MSG-9). What is finer than a microsecond is cut off. A time outside the
// years 1 to 9999 is an [ErrCIMTime].
func AppendCIMTime(b []byte, t time.Time) ([]byte, error) {
	if !timeRepresentable(t) {
		return b, fmt.Errorf("%w: year %d", ErrCIMTime, t.UTC().Year())
	}
	var w cimWriter
	return append(b, w.text(t)...), nil
}

// cimWriter writes times one after another; those of one day share the work for
// the date. The zero value is ready.
type cimWriter struct {
	day   uint64 // that buf has, plus 1; 0 = none
	micro uint32 // that buf has
	buf   [cimTimeLen]byte
}

// text is the text of a representable time, valid until the next call.
func (w *cimWriter) text(t time.Time) []byte {
	const secondsPerDay = 24 * 60 * 60
	seconds := uint64(t.Unix() - minUnix)
	day, second := seconds/secondsPerDay, uint32(seconds%secondsPerDay)
	if w.day != day+1 {
		w.day = day + 1
		w.buf = [cimTimeLen]byte([]byte("00000000000000.000000+000"))
		w.micro = 0
		year, month, day := t.UTC().Date()
		putTwo(w.buf[0:2], uint32(year)/100)
		putTwo(w.buf[2:4], uint32(year)%100)
		putTwo(w.buf[4:6], uint32(month))
		putTwo(w.buf[6:8], uint32(day))
	}
	putTwo(w.buf[8:10], second/3600)
	putTwo(w.buf[10:12], second/60%60)
	putTwo(w.buf[12:14], second%60)
	if micro := uint32(t.Nanosecond()) / 1000; micro != w.micro {
		w.micro = micro
		putTwo(w.buf[15:17], micro/10000)
		putTwo(w.buf[17:19], micro/100%100)
		putTwo(w.buf[19:21], micro%100)
	}
	return w.buf[:]
}

// putTwo writes n, 0 to 99, in two digits.
func putTwo(b []byte, n uint32) {
	_ = b[1]
	b[0] = byte('0' + n/10)
	b[1] = byte('0' + n%10)
}

// ParseCIMTime reads a CIM date-time, yyyymmddHHMMSS.mmmmmm±UUU, where UUU is
// the distance to UTC in minutes, and returns it in UTC (MSG-9). Every digit
// must be there; the wildcard "*" is refused, and so are a date that does not
// exist, a leap second, and a time that lies outside the years 1 to 9999 in
// UTC. The error wraps [ErrCIMTime].
func ParseCIMTime[S string | []byte](s S) (time.Time, error) {
	t, reason := parseCIMTime(s)
	if reason != "" {
		return time.Time{}, fmt.Errorf("%w: %.64q: %s", ErrCIMTime, string(s), reason)
	}
	return t, nil
}

// cimDays keeps where the last day read begins, so that times of one day share
// the work for the date. The zero value is ready.
type cimDays struct {
	day      int   // yyyymmdd; 0 = none
	midnight int64 // Unix time in seconds
}

// parseCIMTime returns why s is refused, or "" and the time.
func parseCIMTime[S string | []byte](s S) (t time.Time, reason string) {
	var days cimDays
	return readCIMTime(&days, s)
}

// readCIMTime is parseCIMTime for times one after another.
func readCIMTime[S string | []byte](days *cimDays, s S) (t time.Time, reason string) {
	if len(s) != cimTimeLen {
		return time.Time{}, "want yyyymmddHHMMSS.mmmmmm+UUU"
	}
	var bad uint
	two := func(i int) int {
		hi, lo := uint(s[i])-'0', uint(s[i+1])-'0'
		if hi > 9 || lo > 9 {
			bad = 1
		}
		return int(hi*10 + lo)
	}
	year := two(0)*100 + two(2)
	month, day, hour, minute, second := two(4), two(6), two(8), two(10), two(12)
	micro := (two(15)*100+two(17))*100 + two(19)
	offset := int(uint(s[22]) - '0')
	if offset < 0 || offset > 9 {
		bad = 1
	}
	offset = offset*100 + two(23)
	if bad != 0 || s[14] != '.' || (s[21] != '+' && s[21] != '-') {
		return time.Time{}, "want yyyymmddHHMMSS.mmmmmm+UUU"
	}
	if year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, "no such day"
	}
	if hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, "no such time of day"
	}
	if key := (year*100+month)*100 + day; key != days.day {
		days.day = key
		days.midnight = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix()
	}
	t = time.Unix(days.midnight+int64((hour*60+minute)*60+second), int64(micro)*1000).UTC()
	if offset != 0 {
		if s[21] == '+' {
			offset = -offset
		}
		t = t.Add(time.Duration(offset) * time.Minute)
		if !timeRepresentable(t) {
			return time.Time{}, "outside the years 1 to 9999 in UTC"
		}
	}
	return t, ""
}

// daysIn is the number of days of a month.
func daysIn(year, month int) int {
	if month == 2 {
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	if month == 4 || month == 6 || month == 9 || month == 11 {
		return 30
	}
	return 31
}
