package wusp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// allCodes are the documented error codes, in both spellings, and two that
// are not.
var allCodes = []wusp.ErrorCode{
	wusp.InvalidCookie, wusp.ServerChanged, wusp.ConfigChanged, wusp.CookieExpired, wusp.RegistrationRequired,
	wusp.RegistrationNotRequired, wusp.InvalidAuthorizationCookie, wusp.InvalidParameters, "InvalidParameter",
	wusp.InternalServerError, wusp.ServerBusy, wusp.FileLocationChanged, "FileLocationsChanged", "Unheard", "",
}

// recovery is what a client does about each code: the calls before it sends
// the request again.
var recovery = map[wusp.ErrorCode][]wusp.Operation{
	wusp.InvalidCookie:              {wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRefreshCache},
	wusp.ServerChanged:              {wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRefreshCache},
	wusp.ConfigChanged:              {wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie},
	wusp.CookieExpired:              {wusp.OpGetAuthorizationCookie, wusp.OpGetCookie},
	wusp.InvalidAuthorizationCookie: {wusp.OpGetAuthorizationCookie, wusp.OpGetCookie},
	wusp.RegistrationRequired:       {wusp.OpRegisterComputer},
	wusp.RegistrationNotRequired:    {},
}

var codeOf = map[wusp.ErrorCode]wsus.Code{
	wusp.InvalidCookie: 0x80244015, wusp.ServerChanged: 0x80244015,
	wusp.InternalServerError: 0x8024400E, wusp.ServerBusy: 0x8024F004, wusp.RegistrationNotRequired: 0x80244026,
	wusp.FileLocationChanged: 0x80244025, "FileLocationsChanged": 0x80244025,
}

// TestFaultAtEachCall: each code, once, at each call: it is recovered from in
// the documented way, or it is returned with its code.
func TestFaultAtEachCall(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-9")
	want := retrieve(t, clientOf(t, configOf(t)), start(t, wusptest.NewServer(5)))
	for _, op := range []wusp.Operation{
		wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRegisterComputer, wusp.OpStartCategoryScan,
		wusp.OpSyncUpdates, wusp.OpGetExtendedUpdateInfo,
	} {
		for _, code := range allCodes {
			t.Run(fmt.Sprintf("%s/%s", op, code), func(t *testing.T) {
				t.Parallel()
				srv := wusptest.NewServer(5)
				if code == "" { // a fault without a detail
					srv.Before = wusptest.At(wusptest.Faulty(&wusp.Fault{FaultCode: "Server", FaultString: "at System.Web"}), op)
				} else {
					srv.Faults[op] = []wusp.ErrorCode{code}
				}
				cfg := configOf(t)
				cfg.Categories = []wusp.CategoryRelationship{{CategoryID: wusptest.ID(2)}}
				req := start(t, srv)
				got, err := clientOf(t, cfg).Retrieve(context.Background(), req)
				_, recovers := recovery[code]
				if op == wusp.OpGetConfig && code == wusp.RegistrationRequired {
					recovers = false // there is no configuration yet to correct
				}
				if !recovers {
					wantCode := codeOf[code]
					if wantCode == 0 {
						wantCode = wsus.CodeSOAPFault
					}
					if f, ok := errors.AsType[*wusp.Fault](err); !ok || f.ErrorCode != code || wsus.CodeOf(err) != wantCode {
						t.Fatalf("Retrieve = %v (code %v), want the fault with code %v", err, wsus.CodeOf(err), wantCode)
					}
					return
				}
				if err != nil {
					t.Fatalf("Retrieve = %v", err)
				}
				if !same(got, want) {
					t.Errorf("another catalogue of %d updates", got.Len())
				}
			})
		}
	}
}

// TestRecoverySequence: what is done before SyncUpdates is sent again.
func TestRecoverySequence(t *testing.T) {
	t.Parallel()
	for code, steps := range recovery {
		srv := wusptest.NewServer(5)
		req := start(t, srv)
		c := clientOf(t, configOf(t))
		retrieve(t, c, req)
		srv.Forget()
		srv.Faults[wusp.OpSyncUpdates] = []wusp.ErrorCode{code}
		retrieve(t, c, req)
		want := append([]wusp.Operation{wusp.OpSyncUpdates}, steps...)
		want = append(want, wusp.OpSyncUpdates)
		if code == wusp.InvalidCookie || code == wusp.ServerChanged {
			want = append(want, wusp.OpSyncUpdates) // once more, the numbers are new
		}
		if diff := cmp.Diff(want, srv.Calls()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", code, diff)
		}
	}
}

// TestFaultForEver: a server that never stops faulting is left after a
// bounded number of calls, with the code of the fault.
func TestFaultForEver(t *testing.T) {
	t.Parallel()
	for op := range wusp.Operations() {
		for _, code := range allCodes[:len(allCodes)-1] {
			srv := wusptest.NewServer(5)
			srv.Always[op] = code
			req := start(t, srv)
			_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), req)
			reached := srv.Count(op) > 0
			if reached && op == wusp.OpRegisterComputer && code == wusp.RegistrationNotRequired {
				reached = false // which is as good as registered
			}
			if (err != nil) != reached {
				t.Errorf("%s for ever at %s: %v", code, op, err)
			}
			if n := len(srv.Calls()); n > 25 {
				t.Errorf("%s for ever at %s: %d calls", code, op, n)
			}
		}
	}
	// Two codes that take turns end too.
	srv := wusptest.NewServer(5)
	for range 50 {
		srv.Faults[wusp.OpSyncUpdates] = append(srv.Faults[wusp.OpSyncUpdates], allCodes[:5]...)
	}
	_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), start(t, srv))
	if _, ok := errors.AsType[*wusp.Fault](err); !ok || len(srv.Calls()) > 40 {
		t.Errorf("codes in turns: %v after %d calls", err, len(srv.Calls()))
	}
}

// TestCookieExpiresWhilePaging: again and again, between any two pages.
func TestCookieExpiresWhilePaging(t *testing.T) {
	t.Parallel()
	want := retrieve(t, clientOf(t, configOf(t)), start(t, wusptest.NewServer(60)))
	srv := wusptest.NewServer(60)
	srv.Page = 10
	expired := false
	srv.Before = func(c *wusptest.Call) {
		if c.Operation != wusp.OpSyncUpdates && c.Operation != wusp.OpGetExtendedUpdateInfo {
			if m, ok := c.Request.(*wusp.GetCookieRequest); ok && expired && m.OldCookie == nil {
				t.Error("the expired cookie was not shown")
			}
			return
		}
		if expired = !expired; expired {
			c.Fault = wusp.NewFault(wusp.CookieExpired, "")
		}
	}
	if got := retrieve(t, clientOf(t, configOf(t)), start(t, srv)); !same(got, want) {
		t.Errorf("another catalogue of %d updates", got.Len())
	}
}

// TestServerChanged: the server was set up anew and has other numbers.
func TestServerChanged(t *testing.T) {
	t.Parallel()
	srv := wusptest.NewServer(5)
	req := start(t, srv)
	c := clientOf(t, configOf(t))
	want := retrieve(t, c, req)
	for i := range srv.Updates {
		srv.Updates[i].Name = srv.Updates[i].UpdateID()
	}
	for i := range srv.Updates {
		u := &srv.Updates[i]
		for j := range u.Needs {
			u.Needs[j] += 1000
		}
		u.ID += 1000
	}
	srv.After = func(c *wusptest.Call) {
		if m, ok := c.Answer.(*wusp.RefreshCacheResponse); ok {
			m.Updates = m.Updates[:4] // the rest is fetched again
		}
	}
	srv.Faults[wusp.OpSyncUpdates] = []wusp.ErrorCode{wusp.ServerChanged}
	got := retrieve(t, c, req)
	if got.Len() != want.Len() {
		t.Errorf("%d updates, want %d", got.Len(), want.Len())
	}
	requests := srv.Requests()
	last := requests[len(requests)-1]
	if m, ok := last.(*wusp.SyncUpdatesRequest); ok && (len(m.InstalledNonLeafUpdateIDs) != 3 || m.InstalledNonLeafUpdateIDs[0] != 1001) {
		t.Errorf("last request %+v", m)
	}
}
