package wusp_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// TestRepeatsForEver: a server that sends the same updates again and again
// is left as soon as nothing is new.
func TestRepeatsForEver(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(3)
	srv.After = func(c *wusptest.Call) {
		if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok {
			m.NewUpdates = nil
			for _, u := range srv.Updates {
				// Twice in one answer, too.
				info := wusp.UpdateInfo{ID: u.ID, Deployment: u.Deployment(), IsLeaf: u.Leaf, XML: []byte(srv.Fragment(u))}
				m.NewUpdates = append(m.NewUpdates, info, info)
			}
			m.OutOfScopeRevisionIDs = nil
		}
	}
	got := retrieve(t, clientOf(t, configOf(t)), start(t, srv))
	if n := srv.Count(wusp.OpSyncUpdates); got.Len() != 6 || n > 3 {
		t.Errorf("%d updates after %d calls", got.Len(), n)
	}
}

// TestTruncatesForEver: "there is more" and nothing new, or always something
// new: it ends with the code of too many round trips, and what was fetched
// stays.
func TestTruncatesForEver(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		srv := wusptest.NewServer(3)
		next := int32(10_000)
		srv.After = func(c *wusptest.Call) {
			if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok {
				m.Truncated = true
				m.OutOfScopeRevisionIDs = nil
				if fresh {
					next++
					u := wusptest.Update{ID: next, Kind: wsus.KindSoftware, Leaf: true, Action: wsus.ActionInstall}
					m.NewUpdates = append(m.NewUpdates, wusp.UpdateInfo{ID: u.ID, IsLeaf: true, Deployment: u.Deployment(), XML: []byte(srv.Fragment(u))})
				}
			}
		}
		c := clientOf(t, configOf(t))
		req := start(t, srv)
		_, err := c.Retrieve(context.Background(), req)
		n := srv.Count(wusp.OpSyncUpdates)
		if wsus.CodeOf(err) != wsus.CodeMaxServerTrips || fresh && n != wusp.DefaultMaxTrips || !fresh && n > 5 {
			t.Errorf("fresh=%v: %v after %d calls", fresh, err, n)
		}
		if !fresh && !errors.Is(err, wusp.ErrNoProgress) {
			t.Errorf("%v is not ErrNoProgress", err)
		}
		srv.After = nil
		srv.Forget()
		if got := retrieve(t, c, req); got.Len() != 6 {
			t.Errorf("fresh=%v: %d updates afterwards", fresh, got.Len())
		}
	}
}

// TestTripLimit: the next retrieval goes on where the limit stopped this one.
func TestTripLimit(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(50)
	srv.Page = 1
	cfg := configOf(t)
	cfg.MaxTrips = 20
	c := clientOf(t, cfg)
	req := start(t, srv)
	for round := 1; ; round++ {
		got, err := c.Retrieve(context.Background(), req)
		if err == nil {
			if got.Len() != 53 || round != 3 {
				t.Errorf("%d updates in round %d", got.Len(), round)
			}
			return
		}
		if e, ok := errors.AsType[*wusp.LimitError](err); !ok || e.Field != "MaxTrips" || wsus.CodeOf(err) != wsus.CodeMaxServerTrips || round > 5 {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

// TestInstalledLimit: 400 installed non-leaves are sent, one more is not.
func TestInstalledLimit(t *testing.T) {
	t.Parallel()
	for _, n := range []int{397, 398} {
		srv := wusptest.NewServer(0)
		for i := range n {
			srv.Updates = append(srv.Updates, wusptest.Update{ID: int32(1000 + i), Kind: wsus.KindDetectoid, Action: wsus.ActionEvaluate})
		}
		_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), start(t, srv))
		e, ok := errors.AsType[*wusp.LimitError](err)
		if n == 397 && err != nil || n == 398 && (!ok || e.Field != "MaxInstalled") {
			t.Errorf("%d installed: %v", n+3, err)
		}
	}
}

// TestOutOfScope: ids that are taken back, unknown ones among them, and an
// update that is taken back and sent in every answer.
func TestOutOfScope(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(3)
	req := start(t, srv)
	c := clientOf(t, configOf(t))
	retrieve(t, c, req)
	u := srv.Updates[4]
	srv.After = func(c *wusptest.Call) {
		if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok {
			m.OutOfScopeRevisionIDs = []int32{100, 99999, -5, 101}
			m.DeployedOutOfScopeRevisionIDs = []int32{102, 102}
			m.NewUpdates = append(m.NewUpdates, wusp.UpdateInfo{ID: u.ID, Deployment: u.Deployment(), IsLeaf: true, XML: []byte(srv.Fragment(u))})
		}
	}
	if got := retrieve(t, c, req); got.Len() != 4 {
		t.Errorf("%d updates, want 4", got.Len())
	}
}

// TestCycle: prerequisites in a circle are not installed, and end.
func TestCycle(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(0)
	for _, pair := range [][2]int32{{50, 51}, {51, 50}, {52, 52}} {
		u := wusptest.Update{ID: pair[0], Kind: wsus.KindDetectoid, Needs: []int32{pair[1]}, Action: wsus.ActionEvaluate}
		srv.Updates = append(srv.Updates, wusptest.Update{ID: u.ID, Kind: wsus.KindDetectoid, Core: srv.Fragment(u), Action: wsus.ActionEvaluate})
	}
	got := retrieve(t, clientOf(t, configOf(t)), start(t, srv))
	last := srv.Requests()[len(srv.Requests())-2].(*wusp.SyncUpdatesRequest)
	if got.Len() != 6 || len(last.InstalledNonLeafUpdateIDs) != 3 {
		t.Errorf("%d updates, installed %v", got.Len(), last.InstalledNonLeafUpdateIDs)
	}
}

// TestHugeFragment: a fragment of 50 MB is read; one over the bound is not.
func TestHugeFragment(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("moves 100 MB")
	}
	srv := wusptest.NewServer(1)
	u := &srv.Updates[3]
	core := strings.Replace(srv.Fragment(*u), "<ApplicabilityRules>", "<Padding>"+strings.Repeat("0123456789abcdef", 50<<16)+"</Padding><ApplicabilityRules>", 1)
	u.Core = core
	req := start(t, srv)
	if got := retrieve(t, clientOf(t, configOf(t)), req); got.Len() != 4 {
		t.Errorf("%d updates", got.Len())
	}
	cfg := configOf(t)
	cfg.MaxBytes = 40 << 20
	_, err := clientOf(t, cfg).Retrieve(context.Background(), req)
	if !errors.Is(err, wusp.ErrTooLarge) || wsus.CodeOf(err) != wsus.CodeParse {
		t.Errorf("over the bound: %v", err)
	}
}

const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;">]>`

// TestBadAnswers: whatever comes instead of an answer is an error with a
// code, at each call, and the next retrieval is well again.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	page := `<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>`
	raw := func(status int, kind, body string) func(http.ResponseWriter, []byte) {
		return func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(w http.ResponseWriter, good []byte)
		code   wsus.Code
		is     error
	}{
		{"web page", raw(200, "text/html", page), wsus.CodeParse, wusp.ErrNotSOAP},
		{"page that is XML", raw(200, "text/html", `<html><body/></html>`), wsus.CodeParse, wusp.ErrNotSOAP},
		{"login page", raw(401, "text/html", page), 0x80244017, nil},
		{"forbidden", raw(403, "text/html", page), 0x80244018, nil},
		{"not found", raw(404, "text/html", page), 0x80244019, nil},
		{"proxy login", raw(407, "text/html", page), 0x8024401B, nil},
		{"500 with a page", raw(500, "text/html", page), 0x8024401F, nil},
		{"500 with half a fault", raw(500, wusp.ContentType, string(wusp.AppendFault(nil, wusp.NewFault(wusp.ServerBusy, "")))[:150]), wsus.CodeSOAPFaultParse, nil},
		{"503", raw(503, "text/plain", "busy"), 0x80244022, nil},
		{"204", raw(204, "text/plain", ""), wsus.CodeHTTPNotMapped, nil},
		{"nothing", raw(200, wusp.ContentType, ""), wsus.CodeParse, wusp.ErrNotSOAP},
		{"fault with 200", raw(200, wusp.ContentType, string(wusp.AppendFault(nil, wusp.NewFault(wusp.ServerBusy, "")))), wsus.CodeServerBusy, nil},
		{"another answer", raw(200, wusp.ContentType, string(wusp.AppendEnvelope(nil, &wusp.GetFileLocationsResponse{}))), wsus.CodeParse, wusp.ErrOtherAnswer},
		{"a request", raw(200, wusp.ContentType, string(wusp.AppendEnvelope(nil, &wusp.GetConfigRequest{}))), wsus.CodeParse, wusp.ErrOtherAnswer},
		{"billion laughs", func(w http.ResponseWriter, good []byte) { _, _ = fmt.Fprintf(w, "%s%s", laughs, good) }, wsus.CodeParse, nil},
		{"cut short", func(w http.ResponseWriter, good []byte) { _, _ = w.Write(good[:len(good)-10]) }, wsus.CodeParse, nil},
		{"something behind", func(w http.ResponseWriter, good []byte) { _, _ = fmt.Fprintf(w, "%s<more/>", good) }, wsus.CodeParse, nil},
		{"length too long", func(w http.ResponseWriter, good []byte) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)+100))
			_, _ = w.Write(good)
		}, wsus.CodeConnectionAborted, io.ErrUnexpectedEOF},
		{"length too short", func(w http.ResponseWriter, good []byte) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)-30))
			_, _ = w.Write(good[:len(good)-30])
		}, wsus.CodeParse, nil},
		{"length of a terabyte", func(w http.ResponseWriter, good []byte) {
			w.Header().Set("Content-Length", "1099511627776")
			_, _ = w.Write(good)
		}, wsus.CodeParse, wusp.ErrTooLarge},
		{"packed bomb", func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 40 {
				_, _ = z.Write(make([]byte, 64<<10))
			}
			_ = z.Close()
		}, wsus.CodeParse, wusp.ErrTooLarge},
		{"deep", raw(200, wusp.ContentType, strings.Repeat("<a>", 100_000)), wsus.CodeParse, nil},
		{"redirect", func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Location", "http://elsewhere.example.test/ClientWebService/client.asmx")
			w.WriteHeader(http.StatusFound)
		}, wsus.CodeHTTPNotMapped, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range []wusp.Operation{
				wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRegisterComputer, wusp.OpSyncUpdates, wusp.OpGetExtendedUpdateInfo,
			} {
				srv := wusptest.NewServer(3)
				var bad atomic.Bool
				bad.Store(true)
				h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !bad.Load() || r.Header.Get("SOAPAction") != `"`+at.Action()+`"` {
						srv.ServeHTTP(w, r)
						return
					}
					good := httptest.NewRecorder()
					srv.ServeHTTP(good, r)
					tt.answer(w, good.Body.Bytes())
				})
				cfg := configOf(t)
				cfg.MaxBytes = 1 << 20
				c := clientOf(t, cfg)
				req := start(t, h)
				got, err := c.Retrieve(context.Background(), req)
				if err == nil || got != nil || wsus.CodeOf(err) != tt.code || tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("at %s: %v, %v (code %v), want code %v, %v", at, got, err, wsus.CodeOf(err), tt.code, tt.is)
				}
				bad.Store(false)
				if got := retrieve(t, c, req); got.Len() != 6 {
					t.Errorf("at %s: %d updates afterwards", at, got.Len())
				}
			}
		})
	}
}

// TestBadFragment: an update that cannot be read ends the retrieval, or is
// passed over and counted.
func TestBadFragment(t *testing.T) {
	t.Parallel()
	for _, core := range []string{"", "<", "plain", laughs + "<UpdateIdentity/>", "<UpdateIdentity UpdateID='x'/>", strings.Repeat("<And>", 5000)} {
		srv := wusptest.NewServer(3)
		srv.After = func(c *wusptest.Call) {
			if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok {
				for i := range m.NewUpdates {
					if m.NewUpdates[i].ID == 101 {
						m.NewUpdates[i].XML = []byte(core)
					}
				}
			}
		}
		req := start(t, srv)
		_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), req)
		if e, ok := errors.AsType[*wusp.FragmentError](err); !ok || e.RevisionID != 101 || wsus.CodeOf(err) != wsus.CodeParse {
			t.Errorf("%.20q: %v", core, err)
		}
		cfg := configOf(t)
		cfg.KeepGoing = true
		skipped := 0
		cfg.Progress = func(p wusp.Progress) { skipped = p.Skipped }
		c := clientOf(t, cfg)
		if got := retrieve(t, c, req); got.Len() != 5 || skipped != 1 {
			t.Errorf("%.20q: %d updates, %d skipped", core, got.Len(), skipped)
		}
		srv.Forget()
		if got := retrieve(t, c, req); got.Len() != 5 || srv.Count(wusp.OpSyncUpdates) != 1 {
			t.Errorf("%.20q: fetched again", core)
		}
	}
}
