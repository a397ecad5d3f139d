package statemsg_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest/statemsgrapid"
)

func TestCIMTime(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	utc := func(y, mo, d, h, mi, s, micro int) time.Time {
		return time.Date(y, time.Month(mo), d, h, mi, s, micro*1000, time.UTC)
	}
	good := []struct {
		text string
		want time.Time
	}{
		{"20140120171855.573000+000", utc(2014, 1, 20, 17, 18, 55, 573000)},
		{"20140120171855.573000-000", utc(2014, 1, 20, 17, 18, 55, 573000)},
		{"20140120171855.573000-300", utc(2014, 1, 20, 22, 18, 55, 573000)},
		{"20140120171855.573000+060", utc(2014, 1, 20, 16, 18, 55, 573000)},
		{"20080229235959.999999+000", utc(2008, 2, 29, 23, 59, 59, 999999)},
		{"20000229000000.000000+000", utc(2000, 2, 29, 0, 0, 0, 0)},
		{"20080101000000.000000+001", utc(2007, 12, 31, 23, 59, 0, 0)},
		{"00010101000000.000000+000", utc(1, 1, 1, 0, 0, 0, 0)},
		{"99991231235959.999999+000", utc(9999, 12, 31, 23, 59, 59, 999999)},
		{"99991231235959.999999+999", utc(9999, 12, 31, 7, 20, 59, 999999)},
	}
	for _, c := range good {
		got, err := statemsg.ParseCIMTime(c.text)
		if err != nil || !got.Equal(c.want) || got.Location() != time.UTC {
			t.Errorf("ParseCIMTime(%q) = %v, %v, want %v", c.text, got, err, c.want)
		}
	}
	const base = "20080603090210.250000+000"
	bad := []string{
		"", base[:24], base + "0", "20080603090210,250000+000", "20080603090210.250000 000", "20080603090210.******+000",
		"2008060309021/.250000+000", "2008060309021:.250000+000", "00000101000000.000000+000", "20080003090210.250000+000",
		"20081303090210.250000+000", "20080600090210.250000+000", "20080631090210.250000+000", "20070229090210.250000+000",
		"19000229090210.250000+000", "20080603240210.250000+000", "20080603096010.250000+000", "20080603090260.250000+000",
		"00010101000000.000000+001", "99991231235959.999999-001", "20080603090210.250000+-00", "20080603090210.250000+0:0",
		"20080603090210.250000+:00",
	}
	for _, s := range bad {
		got, err := statemsg.ParseCIMTime(s)
		if !errors.Is(err, statemsg.ErrCIMTime) || !got.IsZero() {
			t.Errorf("ParseCIMTime(%q) = %v, %v, want ErrCIMTime", s, got, err)
		}
	}
	for _, year := range []int{0, 10000} {
		b, err := statemsg.AppendCIMTime([]byte("kept"), time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
		if !errors.Is(err, statemsg.ErrCIMTime) || string(b) != "kept" {
			t.Errorf("AppendCIMTime in the year %d = %q, %v, want ErrCIMTime", year, b, err)
		}
	}
}

// TestCIMTimeAgainstLayout compares with the layouts of package time.
func TestCIMTimeAgainstLayout(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-9")
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-14*60, 14*60).Draw(t, "zone")*60)
		when := statemsgrapid.Time().Draw(t, "time").In(zone).Add(time.Duration(rapid.IntRange(0, 999).Draw(t, "nanos")))
		got, err := statemsg.AppendCIMTime(nil, when)
		if want := when.UTC().Format("20060102150405.000000") + "+000"; err != nil || string(got) != want {
			t.Fatalf("AppendCIMTime(%v) = %q, %v, want %q", when, got, err, want)
		}
		back, err := statemsg.ParseCIMTime(got)
		if want := when.UTC().Truncate(time.Microsecond); err != nil || back != want {
			t.Fatalf("ParseCIMTime(%q) = %v, %v, want %v", got, back, err, want)
		}
		_, offset := when.Zone()
		sign := "+"
		if offset < 0 {
			sign, offset = "-", -offset
		}
		local := when.Format("20060102150405.000000") + fmt.Sprintf("%s%03d", sign, offset/60)
		if len(local) != 25 {
			return // the year is out of range there
		}
		if strings.HasPrefix(local, "0000") {
			return
		}
		if back, err := statemsg.ParseCIMTime(local); err != nil || !back.Equal(when.Truncate(time.Microsecond)) {
			t.Fatalf("ParseCIMTime(%q) = %v, %v, want %v", local, back, err, when)
		}
	})
}

// FuzzParseCIMTime compares with time.Parse: what one accepts so does the
// other, but for distances to UTC.
func FuzzParseCIMTime(f *testing.F) {
	for _, s := range []string{"20140120171855.573000+000", "20080229235959.999999-300", "99991231235959.999999-001", "00010110000000.+00000+000", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := statemsg.ParseCIMTime(s)
		local, slowErr := time.Parse("20060102150405.000000", s[:min(21, len(s))])
		// time.Parse takes a sign for a digit of the fraction.
		slow := slowErr == nil && len(s) == 25 && !strings.ContainsAny(s[15:21], "+-") && (s[21] == '+' || s[21] == '-') && s[14] == '.' && local.Year() > 0
		if slow {
			minutes := 0
			for _, c := range []byte(s[22:]) {
				if c < '0' || c > '9' {
					slow = false
				}
				minutes = minutes*10 + int(c) - '0'
			}
			if s[21] == '+' {
				minutes = -minutes
			}
			local = local.Add(time.Duration(minutes) * time.Minute)
			if local.Year() < 1 || local.Year() > 9999 {
				slow = false
			}
		}
		if (err == nil) != slow || (slow && !got.Equal(local)) {
			t.Fatalf("ParseCIMTime(%q) = %v, %v; time.Parse gives %v, %v", s, got, err, local, slowErr)
		}
		if err != nil {
			return
		}
		text, err := statemsg.AppendCIMTime(nil, got)
		if back, perr := statemsg.ParseCIMTime(text); err != nil || perr != nil || back != got {
			t.Fatalf("round trip of %q = %v, %v, %v", s, back, err, perr)
		}
	})
}
