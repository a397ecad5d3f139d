package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// tiny are the sizes of the tests.
var tiny = sizes{clients: 5, rows: 2 * deltaUpdates}

// siteGoals are the rows of the site's table of targets.
var siteGoals = []string{
	"site: ingest into sqlite, first reports", "site: ingest into sqlite, reports again", "site: weekly delta of 10 states a client, sqlite, 2,000 rows",
	"site: ingest into postgresql, first reports", "site: ingest into postgresql, reports again", "site: weekly delta of 10 states a client, postgresql, 2,000 rows",
	"management point: reports of 160 messages", "agent: a commit to SQLite", "site: memory of the core",
}

// TestSiteRows runs every row of the site's at a tiny size, and looks at what is
// printed for it.
func TestSiteRows(t *testing.T) {
	args := []string{"-run", "^site|^management|^agent", "-rounds", "1", "-time", "1ms", "-clients", "5", "-rows", "2000"}
	var stdout, stderr bytes.Buffer
	if code := run(args, &stdout, &stderr); code != 0 || stderr.Len() != 0 {
		t.Fatalf("run(%q) = %d, %q", args, code, stderr.String())
	}
	text := stdout.String()
	for _, name := range siteGoals {
		_, after, ok := strings.Cut(text, name)
		block, _, _ := strings.Cut(after, "\n\n")
		if !ok {
			t.Errorf("no group %q in\n%s", name, text)
			continue
		}
		if strings.Contains(block, "not measured, UPDATESCAN_PG names no PostgreSQL server; target >= ") {
			t.Log("SKIPPED:", name)
			continue
		}
		if !strings.Contains(block, ": ours ") || !strings.Contains(block, "; target ") || !strings.Contains(block, ": met\n") && !strings.Contains(block, ": missed\n") {
			t.Errorf("group %q says not ours, target and whether it was met:\n%s", name, block)
		}
		if !strings.Contains(block, "peer ") || !strings.Contains(block, "ratio ") {
			t.Errorf("group %q names no peer:\n%s", name, block)
		}
	}
	if !strings.Contains(text, "p99-ms") {
		t.Errorf("no 99th percentile in\n%s", text)
	}
}

func TestSiteJSON(t *testing.T) {
	args := []string{"-json", "-run", "^agent|postgresql, first", "-rounds", "1", "-time", "1ms", "-clients", "2"}
	var stdout, stderr bytes.Buffer
	if code := run(args, &stdout, &stderr); code != 0 || stderr.Len() != 0 {
		t.Fatalf("run(%q) = %d, %q", args, code, stderr.String())
	}
	var got struct {
		Results []result
		Goals   []verdict
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Goals) != 3 {
		t.Fatalf("%d goals, want 1 of PostgreSQL and 2 of the agent: %+v", len(got.Goals), got.Goals)
	}
	for _, v := range got.Goals {
		numbers := v.Ours > 0 && v.Peer > 0 && v.Ratio > 0
		if v.Group == "" || v.What == "" || v.Unit == "" || v.Target == "" || numbers != (v.NotMeasured == "") {
			t.Errorf("goal %+v, want a group, a target, and numbers or why there are none", v)
		}
	}
}

func TestJudge(t *testing.T) {
	results := []result{{NS: 1000}, {NS: 500}}
	for name, tt := range map[string]struct {
		goal   goal
		met    bool
		target string
	}{
		"half of the peer's rate":  {goal{perSecond: true, peer: 1, leastShare: 0.5}, true, ">= 50 % of the peer"},
		"less of the peer's rate":  {goal{perSecond: true, peer: 1, leastShare: 0.51, least: 1}, false, ">= 51 % of the peer, >= 1"},
		"rate exactly":             {goal{perSecond: true, least: 1e6}, true, ">= 1,000,000"},
		"rate below":               {goal{perSecond: true, peer: 1, least: 1e6 + 1}, false, ">= 1,000,001"},
		"number exactly":           {goal{most: 1000}, true, "<= 1,000"},
		"number above":             {goal{most: 999}, false, "<= 999"},
		"number beside the peer's": {goal{peer: 1, mostShare: 2}, true, "<= 200 % of the peer"},
		"above beside the peer's":  {goal{peer: 1, mostShare: 1.99, most: 2000}, false, "<= 199 % of the peer, <= 2,000"},
	} {
		g := group{goals: []goal{tt.goal}}
		got := g.judge(results)
		if len(got) != 1 || got[0].Met != tt.met || got[0].Target != tt.target {
			t.Errorf("%s: judge = %+v, want met %v, target %q", name, got, tt.met, tt.target)
		}
	}
}
