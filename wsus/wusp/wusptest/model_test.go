package wusptest_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest/wusprapid"
)

// revision is a revision of software, a leaf, whose number at the server is n.
func revision(n int) wusptest.ScriptUpdate {
	id := compliance.UpdateID{byte(n >> 8), byte(n), 15: 1}
	return wusptest.ScriptUpdate{
		ID: int32(n), Identity: wsus.Identity{ID: id, Revision: 100}, Kind: wsus.KindSoftware, Leaf: true, Action: wsus.ActionInstall,
	}
}

// category is one that others need.
func category(n int, installed bool) wusptest.ScriptUpdate {
	u := revision(n)
	u.Kind, u.Leaf, u.Action, u.Installed = wsus.KindCategory, false, wsus.ActionEvaluate, installed
	return u
}

// ops are the calls of a result by their names.
func ops(r wusptest.ScriptResult) string {
	var names []string
	for _, c := range r.Calls {
		names = append(names, c.Op)
	}
	return strings.Join(names, " ")
}

const handshake = "get_config get_authorization_cookie get_cookie register_computer "

// TestModelByHand works a sync out by hand: an installed category brings a leaf,
// and a cookie that expires is renewed.
func TestModelByHand(t *testing.T) {
	t.Parallel()
	s := wusptest.Script{
		Server: wusptest.ScriptServer{Answers: map[string][]*wusptest.ScriptAnswer{
			wusptest.CallSyncUpdates: {
				{Sync: &wusptest.ScriptSync{New: []wusptest.ScriptUpdate{category(1, true), category(2, false)}, Cookie: "second"}},
				{Fault: new("CookieExpired")},
				{Sync: &wusptest.ScriptSync{New: []wusptest.ScriptUpdate{revision(3)}}},
			},
		}},
		Retrievals: []wusptest.ScriptRetrieval{{}, {SSLOnly: true}, {Restart: true}},
	}
	got := wusptest.Model{}.Run(s)
	want := handshake + "sync_updates sync_updates get_authorization_cookie get_cookie sync_updates get_extended_update_info"
	first := got.Retrievals[0]
	if ops(first) != want || first.Result != wusptest.ResultCompleted || len(first.Updates) != 3 {
		t.Fatalf("first: %s, %s, %d updates; want %s", ops(first), first.Result, len(first.Updates), want)
	}
	if c := first.Calls[5]; !slices.Equal(c.Installed, []int32{1}) || !slices.Equal(c.Other, []int32{2}) || c.Cookie != "second" {
		t.Errorf("the second sync is %+v", c)
	}
	if c := first.Calls[7]; c.OldCookie == nil || *c.OldCookie != "second" {
		t.Errorf("get_cookie shows %v, want second", c.OldCookie)
	}
	if r := got.Retrievals[1]; r.Result != wusptest.ResultNotSSL || len(r.Calls) > 0 {
		t.Errorf("by SSL only: %+v", r)
	}
	if r := got.Retrievals[2]; ops(r) != "sync_updates" || !slices.Equal(r.Calls[0].Other, []int32{2, 3}) {
		t.Errorf("after a restart: %+v", r)
	}
}

// TestModelMistakes holds each mistake to show in some script.
func TestModelMistakes(t *testing.T) {
	t.Parallel()
	scripts, right := make([]wusptest.Script, 3000), make([]wusptest.Outcome, 3000)
	draw := wusprapid.Script(4)
	for i := range scripts {
		scripts[i] = draw.Example(i)
		right[i] = wusptest.Model{}.Run(scripts[i])
	}
	for id, words := range wusptest.Mistakes() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for i := range scripts {
				if !reflect.DeepEqual(wusptest.Model{Mistake: id}.Run(scripts[i]), right[i]) {
					return
				}
			}
			t.Errorf("nothing shows that %s", words)
		})
	}
}

// TestRefreshInParts has more updates than one RefreshCache takes, and a fault
// in the middle: it begins again.
func TestRefreshInParts(t *testing.T) {
	t.Parallel()
	fetched := new(wusptest.ScriptSync)
	var rows []wusptest.ScriptRow
	for n := 1; n <= 401; n++ {
		u := revision(n)
		fetched.New = append(fetched.New, u)
		rows = append(rows, wusptest.ScriptRow{ID: u.ID + 1000, Identity: u.Identity, Leaf: true, Action: u.Action})
	}
	s := wusptest.Script{
		Server: wusptest.ScriptServer{Answers: map[string][]*wusptest.ScriptAnswer{
			wusptest.CallSyncUpdates:  {{Sync: fetched}, {Fault: new("ServerChanged")}},
			wusptest.CallRefreshCache: {{Rows: rows[:1]}, {Fault: new("InvalidCookie")}, {Rows: rows[:200]}, nil, {Rows: rows[400:]}},
		}},
		Retrievals: []wusptest.ScriptRetrieval{{}, {}},
	}
	want := wusptest.Model{}.Run(s)
	if r := want.Retrievals[1]; len(r.Updates) != 201 || strings.Count(ops(r), "refresh_cache") != 5 {
		t.Errorf("%d updates and calls %s", len(r.Updates), ops(r))
	}
	got, err := wusptest.Play(context.Background(), s)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Play = %v (-model +client)\n%s", err, diff)
	}
}
