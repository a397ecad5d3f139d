package site_test

import (
	"encoding/json"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// largest is a client in the largest stored form that one can get: serials at the
// top, all that is bounded full, and some years of life.
func largest() site.Client {
	text := strings.Repeat("x", site.MaxTextBytes)
	c := site.Client{
		ID: sitetest.AgentID(1), Off: true, Version: text, NetBIOSName: text, Life: math.MaxUint32,
		LifeDate: start.Add(-500 * 24 * time.Hour), LifeSince: start, Highest: statemsg.MaxSerial, FirstDate: start.Add(-400 * 24 * time.Hour),
		LastDate: start.Add(1000*24*time.Hour + time.Microsecond), FirstHeard: start, LastHeard: start.Add(1400 * 24 * time.Hour),
		Refresh:       site.Refresh{From: statemsg.MaxSerial - 1, Marker: statemsg.MaxSerial, Request: statemsg.MaxSerial},
		RefreshedFrom: statemsg.MaxSerial - 2,
		Resync:        site.Resync{Number: math.MaxUint32, Asked: start, Open: true, Wanted: true, Highest: statemsg.MaxSerial},
		Counts: site.Counts{
			Reports: 1 << 41, Messages: 1 << 41, Duplicates: 1 << 41, Stale: 1 << 41, Bad: 1 << 41, BadReports: 1 << 41,
		},
	}
	step := statemsg.MaxSerial / (2*site.MaxRanges + 2)
	for i := range uint64(site.MaxRanges) {
		c.Missing = append(c.Missing, site.Range{From: (2*i + 1) * step, To: (2*i + 2) * step, Since: start.Add(time.Duration(i) * time.Second)})
	}
	for range site.MaxBatches {
		c.Batches = append(c.Batches, site.Batch{First: statemsg.MaxSerial, Count: statemsg.MaxReportMessages, Date: start, Life: math.MaxUint32})
	}
	return c
}

func TestClientBinary(t *testing.T) {
	t.Parallel()
	heard, err := site.Ingest(site.Policy{}, site.Client{}, reports(1, 3)[2], start, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]site.Client{
		"registered": {ID: sitetest.AgentID(3), Off: true},
		"heard":      heard.Client,
		"largest":    largest(),
	} {
		data, err := c.AppendBinary([]byte("before"))
		if err != nil || string(data[:6]) != "before" {
			t.Fatalf("%s: AppendBinary = %q, %v", name, data, err)
		}
		data = data[6:]
		if len(data) > site.MaxClientBytes {
			t.Errorf("%s: %d bytes, want at most %d", name, len(data), site.MaxClientBytes)
		}
		t.Logf("%s: %d bytes", name, len(data))
		got, err := site.DecodeClient(data)
		if d := cmp.Diff(c, got, cmpopts.EquateEmpty()); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, d)
		}
		for n := range data { // cut short, and every bit turned
			if _, err := site.DecodeClient(data[:n]); !errors.Is(err, site.ErrClient) {
				t.Fatalf("%s: cut to %d bytes: %v, want ErrClient", name, n, err)
			}
			for bit := range 8 {
				damaged := slices.Clone(data)
				damaged[n] ^= 1 << bit
				if _, err := site.DecodeClient(damaged); !errors.Is(err, site.ErrClient) {
					t.Fatalf("%s: byte %d damaged: %v, want ErrClient", name, n, err)
				}
			}
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back site.Client
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, back, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: JSON (-want +got):\n%s", name, d)
		}
	}
}

// TestClientRefused appends clients that can not be.
func TestClientRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*site.Client){
		"no id":            func(c *site.Client) { c.ID = "" },
		"id in lower case": func(c *site.Client) { c.ID = "GUID:" + strings.ToLower(c.ID[5:]) },
		"long text":        func(c *site.Client) { c.Version += "x" },
		"not UTF-8":        func(c *site.Client) { c.NetBIOSName = "\xFF" },
		"serial":           func(c *site.Client) { c.Highest = statemsg.MaxSerial + 1 },
		"many ranges":      func(c *site.Client) { c.Missing = append(c.Missing, c.Missing[0]) },
		"order of ranges":  func(c *site.Client) { c.Missing[0], c.Missing[1] = c.Missing[1], c.Missing[0] },
		"ranges that meet": func(c *site.Client) { c.Missing[1].From = c.Missing[0].To + 1 },
		"range turned":     func(c *site.Client) { c.Missing[0].From = c.Missing[0].To + 1 },
		"range at the top": func(c *site.Client) { c.Missing[site.MaxRanges-1].To = c.Highest },
		"range at zero":    func(c *site.Client) { c.Missing[0].From = 0 },
		"range, no time":   func(c *site.Client) { c.Missing[0].Since = time.Time{} },
		"many batches":     func(c *site.Client) { c.Batches = append(c.Batches, c.Batches[0]) },
		"empty batch":      func(c *site.Client) { c.Batches[0].Count = 0 },
		"batch to come":    func(c *site.Client) { c.Life, c.Batches[0].Life = 1, 2 },
	} {
		c := largest()
		change(&c)
		if data, err := c.AppendBinary(nil); !errors.Is(err, site.ErrClient) || data != nil {
			t.Errorf("%s: AppendBinary = %q, %v, want ErrClient", name, data, err)
		}
	}
}

func TestNormalID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"GUID:5B0A7C1E-93D4-4F60-8E25-00000000000A": "GUID:5B0A7C1E-93D4-4F60-8E25-00000000000A",
		"5b0a7c1e-93d4-4f60-8e25-00000000000a":      "GUID:5B0A7C1E-93D4-4F60-8E25-00000000000A",
		"GUID:5b0a7c1e-93d4-4f60-8e25-00000000000a": "GUID:5B0A7C1E-93D4-4F60-8E25-00000000000A",
		"guid:5B0A7C1E-93D4-4F60-8E25-00000000000A": "",
		"": "",
	} {
		got, err := site.NormalID(id)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NormalID(%q) = %q, %v, want %q", id, got, err, want)
		}
	}
}

// enum is what every enumeration has.
type enum interface {
	~uint8
	String() string
	MarshalText() ([]byte, error)
}

func testEnum[E enum](t *testing.T, all iter.Seq[E], parse func(string) (E, error)) {
	t.Helper()
	known := make(map[E]bool)
	for v := range all {
		known[v] = true
	}
	for i := range math.MaxUint8 + 1 {
		v := E(i)
		text, err := v.MarshalText()
		if known[v] != (err == nil) || v.String() == "" {
			t.Fatalf("%d: %q, %v", i, text, err)
		}
		got, perr := parse(v.String())
		if known[v] != (perr == nil) || err == nil && (got != v || v.String() != string(text)) {
			t.Errorf("%d: parse(%q) = %d, %v", i, v.String(), got, perr)
		}
		if perr != nil && !errors.Is(perr, statemsg.ErrUnknownText) {
			t.Errorf("%d: %v, want ErrUnknownText", i, perr)
		}
	}
	if known[0] || len(known) == 0 {
		t.Errorf("%d values, zero among them: %v", len(known), known[0])
	}
}

func TestEnums(t *testing.T) {
	t.Parallel()
	testEnum(t, site.EventKinds(), site.ParseEventKind)
	testEnum(t, site.UnknownReasons(), site.ParseUnknownReason)
	var k site.EventKind
	var r site.UnknownReason
	if err := k.UnmarshalText([]byte("client_reset")); err != nil || k != site.ClientReset {
		t.Errorf("UnmarshalText = %v, %v", k, err)
	}
	if err := r.UnmarshalText([]byte("Never_heard")); err == nil || r != 0 {
		t.Errorf("UnmarshalText = %v, %v, want an error", r, err)
	}
}

func FuzzDecodeClient(f *testing.F) {
	c := largest()
	data, err := c.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := site.DecodeClient(data)
		if err != nil {
			return
		}
		again, err := c.AppendBinary(nil)
		if err != nil || string(again) != string(data) {
			t.Errorf("%x became %x, %v", data, again, err)
		}
	})
}
