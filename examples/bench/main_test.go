package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/statemsg"
)

// The tests run one after the other: a benchmark's length is a flag of the
// whole process.

// quick makes benchmarks short for a test.
func quick(t *testing.T) {
	t.Helper()
	f := flag.Lookup("test.benchtime")
	old := f.Value.String()
	if err := f.Value.Set("1ms"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(old); err != nil {
			t.Error(err)
		}
	})
}

func TestEntriesAgree(t *testing.T) {
	groups, err := allGroups("", tiny)
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			if names[g.name] {
				t.Error("another group has this name")
			}
			names[g.name] = true
			if g.skip != "" {
				t.Skip("SKIPPED: " + g.skip)
			}
			if !g.entries[0].ours {
				t.Errorf("the first entry is %q, want one of ours: ratios are to it", g.entries[0].name)
			}
			if peers := slices.ContainsFunc(g.entries, func(e entry) bool { return !e.ours }); peers != (g.check != nil) {
				t.Errorf("peers: %v, a check that they agree: %v", peers, g.check != nil)
			}
			if g.check == nil || testing.Short() { // some peers are slow
				return
			}
			if err := g.check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestGenuineAgrees(t *testing.T) {
	docs, err := fromZip(testdata.Dir(t, "vendor-catalogue", "hp-2021-sdp.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 1829 {
		t.Errorf("%d packages, want 1829", len(docs))
	}
	every := 10 // all of them take encoding/xml seconds
	if testing.Short() {
		every = 100
	}
	var some [][]byte
	for i := 0; i < len(docs); i += every {
		some = append(some, docs[i])
	}
	if err := checkPackages(some); err != nil {
		t.Error(err)
	}
}

func TestChecksSeeMistakes(t *testing.T) {
	one := []compliance.Change{{ID: id(1), Kind: compliance.Changed, From: compliance.Required, To: compliance.Installed}}
	base, next := map[string]int{id(1).String(): 2}, map[string]int{id(1).String(): 3}
	if err := checkDiff(one, slices.Clone(one), base, next); err != nil {
		t.Errorf("checkDiff of the same = %v, want nil", err)
	}
	docs := fragments(2)
	packs := generate(2)
	r := newReport()
	r.Messages = r.Messages[:2]
	if err := checkReports(r); err != nil {
		t.Errorf("checkReports = %v, want nil", err)
	}
	other := *r
	other.Messages = slices.Clone(r.Messages)
	other.Messages[1].Time = other.Messages[1].Time.Add(time.Microsecond)
	for name, err := range map[string]error{
		"diff, ours misses one":   checkDiff(nil, one, base, next),
		"diff, maps miss one":     checkDiff(one, nil, base, next),
		"diff, r3labs misses one": checkDiff(one, slices.Clone(one), base, base),
		"diff, another update":    checkDiff(one, slices.Clone(one), nil, map[string]int{id(2).String(): 3}),
		"messages, another time":  sameMessages("x", other.Messages, r.Messages),
		"messages, one less":      sameMessages("x", r.Messages[:1], r.Messages),
		"a broken fragment":       checkFragments([][]byte{docs[0], []byte("<x")}),
		"a broken package":        checkPackages([][]byte{packs[0], []byte("<x")}),
	} {
		if err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestParseCIM(t *testing.T) {
	want := time.Date(2008, 6, 2, 8, 0, 0, 573000000, time.UTC)
	for _, s := range []string{"20080602080000.573000+000", "20080602100000.573000+120", "20080602030000.573000-300"} {
		got, err := parseCIM(s)
		if err != nil || !got.Equal(want) {
			t.Errorf("parseCIM(%q) = %v, %v, want %v", s, got, err, want)
		}
		if ours, err := statemsg.ParseCIMTime(s); err != nil || !ours.Equal(got) {
			t.Errorf("statemsg.ParseCIMTime(%q) = %v, %v, parseCIM %v", s, ours, err, got)
		}
	}
	for _, s := range []string{"", "20080602080000.573000", "20080602080000.573000+0x0", "20081302080000.573000+000"} {
		if got, err := parseCIM(s); err == nil {
			t.Errorf("parseCIM(%q) = %v, want an error", s, got)
		}
	}
}

func TestJSON(t *testing.T) {
	var stdout, stderr bytes.Buffer
	args := []string{"-json", "-run", "ttl", "-rounds", "1", "-time", "1ms"}
	if code := run(args, &stdout, &stderr); code != 0 || stderr.Len() != 0 {
		t.Fatalf("run(%q) = %d, %q", args, code, stderr.String())
	}
	var got struct {
		Go      string
		CPUs    int
		Results []result
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Go == "" || got.CPUs < 1 || len(got.Results) < 7 {
		t.Fatalf("got %+v, want Go's version, the processors and 7 results or more", got)
	}
	names := make(map[string]bool)
	for i, r := range got.Results {
		if !strings.Contains(r.Group, "ttl") || r.Name == "" || r.Unit == "" || names[r.Group+r.Name] {
			t.Errorf("result %+v, want a name and a unit, of a group of that name", r)
		}
		names[r.Group+r.Name] = true
		if !(r.NS > 0) || !(r.Min > 0) || r.Min > r.NS || !(r.Ratio > 0) || math.IsInf(r.Ratio, 0) {
			t.Errorf("result %+v, want times and ratios", r)
		}
		if i == 0 && (!r.Ours || r.Ratio != 1) {
			t.Errorf("first result %+v, want ours with ratio 1", r)
		}
	}
	if !names["ttl: verdict and decision with reason, fresh"+"go-cache Get"] {
		t.Errorf("no peer among %v", names)
	}
}

func TestText(t *testing.T) {
	var stdout, stderr bytes.Buffer
	args := []string{"-run", "Machine.Step|^ttl", "-rounds", "2", "-time", "1ms"}
	if code := run(args, &stdout, &stderr); code != 0 || stderr.Len() != 0 {
		t.Fatalf("run(%q) = %d, %q", args, code, stderr.String())
	}
	for _, want := range []string{"scan: Machine.Step with nothing due", "  * scan.Decide ", "1.0x", "target: ", "note: "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, stdout.String())
		}
	}
}

func TestFailureIsNamed(t *testing.T) {
	quick(t)
	boom := errors.New("boom")
	good := entry{name: "good", ours: true, run: func(b *testing.B) {
		for b.Loop() {
			keepInt++
		}
	}}
	for name, tt := range map[string]struct {
		group group
		want  string
	}{
		"error": {group{name: "g", entries: []entry{good, {name: "bad", run: func(b *testing.B) { fail(b, boom) }}}}, "g: bad: boom"},
		"error later": {group{name: "g", entries: []entry{good, {name: "late", run: func(b *testing.B) {
			n := 0
			for b.Loop() {
				if n++; n > 3 {
					fail(b, boom)
				}
			}
		}}}}, "g: late: boom"},
		"fatal":    {group{name: "g", entries: []entry{good, {name: "fatal", run: func(b *testing.B) { b.FailNow() }}}}, "g: fatal: the benchmark failed"},
		"disagree": {group{name: "g", entries: []entry{good}, check: func() error { return boom }}, "g: the entries disagree: boom"},
	} {
		var stdout bytes.Buffer
		err := play([]group{tt.group}, 1, false, &stdout)
		if err == nil || err.Error() != tt.want || stdout.Len() != 0 {
			t.Errorf("%s: play = %v, printed %q, want %s and nothing", name, err, stdout.String(), tt.want)
		}
	}
}

func TestRotation(t *testing.T) {
	quick(t)
	var order []string
	g := group{name: "g"}
	for _, name := range []string{"a", "b", "c"} {
		g.entries = append(g.entries, entry{name: name, ours: true, run: func(b *testing.B) {
			if len(order) == 0 || order[len(order)-1] != name {
				order = append(order, name)
			}
			for b.Loop() {
				keepInt++
			}
		}})
	}
	if _, err := measure(&g, 4); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(order, ""), "abcbcacababc"; got != want {
		t.Errorf("four rounds of a, b, c ran %s, want %s: each begins with the next", got, want)
	}
}

func TestBadFlags(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.zip")
	if err := os.WriteFile(empty, []byte("PK\x05\x06"+strings.Repeat("\x00", 18)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-rounds", "0"}, "-rounds 0"},
		{[]string{"-time", "-1s"}, "-time -1s"},
		{[]string{"-run", "("}, "missing closing"},
		{[]string{"-run", "no such thing"}, "no such thing"},
		{[]string{"-catalog", "nowhere.zip"}, "nowhere.zip"},
		{[]string{"-catalog", empty}, "empty.zip: no package"},
		{[]string{"extra"}, `"extra"`},
		{[]string{"-nope"}, "-nope"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(tt.args, &stdout, &stderr); code != 2 || stdout.Len() != 0 || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("run(%q) = %d, %q, want 2 and %q", tt.args, code, stderr.String(), tt.want)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"-h"}, &stdout, &stderr); code != 0 || !strings.Contains(stderr.String()+stdout.String(), "-catalog") {
		t.Errorf("run(-h) = %d, want 0 and the flags", code)
	}
}
