package wusptest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// capture makes a capture of messages, a request and an answer each.
func capture(messages ...wusp.Message) fstest.MapFS {
	fsys := fstest.MapFS{"notes.txt": {Data: []byte("passed over")}, "0001/request.body": {}}
	for i, m := range messages {
		name := "00000" + string(rune('1'+i/2)) + "/request.body"
		if i%2 == 1 {
			name = strings.Replace(name, "request", "response", 1)
		}
		fsys[name] = &fstest.MapFile{Data: wusp.AppendEnvelope(nil, m)}
	}
	return fsys
}

// small is a capture of three calls.
func small() fstest.MapFS {
	yes := true
	return capture(
		&wusp.GetConfigRequest{ProtocolVersion: "2.90"}, wusptest.DefaultConfig(),
		&wusp.GetCookieRequest{OldCookie: &wusp.Cookie{Expiration: "2026-01-01T00:00:00Z"}, LastChange: "2026-11-01T08:00:00Z", CurrentTime: "2026-11-02T00:00:00Z", ProtocolVersion: "2.90"},
		&wusp.GetCookieResponse{Cookie: wusp.Cookie{EncryptedData: []byte("c")}},
		&wusp.SyncUpdatesRequest{
			InstalledNonLeafUpdateIDs: []int32{2, 1}, OtherCachedUpdateIDs: []int32{3}, AlsoPerformRegularSync: &yes,
			ComputerSpec: &wusp.ComputerSpec{}, ProductsParameters: &wusp.ProductsParameters{},
		},
		&wusp.SyncUpdatesResponse{},
	)
}

func open(t *testing.T, fsys fstest.MapFS, leaveOut ...int) *wusptest.Replay {
	t.Helper()
	r, err := wusptest.OpenReplay(fsys, leaveOut...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReplay: what matters is compared, step by step, and what does not is
// not.
func TestReplay(t *testing.T) {
	t.Parallel()
	config := &wusp.GetConfigRequest{ProtocolVersion: "2.90"}
	cookie := &wusp.GetCookieRequest{LastChange: "2026-11-01T08:00:00Z", CurrentTime: "2008-06-01T00:00:00Z", ProtocolVersion: "2.90"}
	sync := &wusp.SyncUpdatesRequest{InstalledNonLeafUpdateIDs: []int32{1, 2}, OtherCachedUpdateIDs: []int32{3}}
	for _, tt := range []struct {
		name     string
		leaveOut []int
		asked    []wusp.Message
		want     []string // parts of what Check says, none for nil
	}{
		{"the same", nil, []wusp.Message{config, cookie, sync}, nil},
		{"a step left out", []int{2}, []wusp.Message{config, sync}, nil},
		{"another list", nil, []wusp.Message{config, cookie, &wusp.SyncUpdatesRequest{InstalledNonLeafUpdateIDs: []int32{1}, OtherCachedUpdateIDs: []int32{2, 3}}}, []string{"step 3: sync_updates"}},
		{"another version", nil, []wusp.Message{&wusp.GetConfigRequest{ProtocolVersion: "1.8"}, cookie, sync}, []string{"step 1: get_config", "1.8"}},
		{"an old cookie with data", nil, []wusp.Message{config, &wusp.GetCookieRequest{OldCookie: &wusp.Cookie{EncryptedData: []byte("x")}, LastChange: cookie.LastChange, ProtocolVersion: "2.90"}, sync}, []string{"step 2: get_cookie"}},
		{"another order", nil, []wusp.Message{config, sync}, []string{"step 2: sync_updates instead of get_cookie", "step 3: sync_updates was not asked"}},
		{"one too many", nil, []wusp.Message{config, cookie, sync, sync}, []string{"sync_updates after the last step"}},
		{"too few", nil, []wusp.Message{config}, []string{"step 2: get_cookie was not asked", "step 3"}},
	} {
		r := open(t, small(), tt.leaveOut...)
		for _, m := range tt.asked {
			status, data, err := post(t, r, m.Operation(), wusp.AppendEnvelope(nil, m))
			if err != nil {
				continue
			}
			if _, err := wusp.DecodeResponse(data, m.Operation(), 0); err != nil || status != http.StatusOK {
				t.Errorf("%s: %s: status %d, %v", tt.name, m.Operation(), status, err)
			}
		}
		err := r.Check()
		if (err == nil) != (len(tt.want) == 0) {
			t.Errorf("%s: Check = %v, want %q", tt.name, err, tt.want)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: Check = %v, want %q in it", tt.name, err, part)
			}
		}
	}
	r := open(t, small())
	if m, ok := r.Captured(wusp.OpGetConfig).(*wusp.GetConfigRequest); !ok || m.ProtocolVersion != "2.90" {
		t.Errorf("Captured = %+v", m)
	}
	if m := r.Captured(wusp.OpRefreshCache); m != nil {
		t.Errorf("Captured of what is not there = %v", m)
	}
	if _, _, err := post(t, r, wusp.OpGetConfig, []byte("<html/>")); err == nil || r.Check() == nil || len(r.Requests()) != 0 {
		t.Errorf("a page: %v", err)
	}
}

// TestOpenReplay: what is no capture.
func TestOpenReplay(t *testing.T) {
	t.Parallel()
	without := func(name string) fstest.MapFS {
		fsys := small()
		delete(fsys, name)
		return fsys
	}
	spoilt := small()
	spoilt["000002/request.body"] = &fstest.MapFile{Data: []byte("<html/>")}
	for name, open := range map[string]func() (*wusptest.Replay, error){
		"no steps":      func() (*wusptest.Replay, error) { return wusptest.OpenReplay(fstest.MapFS{"a.txt": {}}) },
		"no request":    func() (*wusptest.Replay, error) { return wusptest.OpenReplay(without("000002/request.body")) },
		"no answer":     func() (*wusptest.Replay, error) { return wusptest.OpenReplay(without("000003/response.body")) },
		"not a request": func() (*wusptest.Replay, error) { return wusptest.OpenReplay(spoilt) },
		"no such step":  func() (*wusptest.Replay, error) { return wusptest.OpenReplay(small(), 9) },
	} {
		if r, err := open(); err == nil || r != nil {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}
