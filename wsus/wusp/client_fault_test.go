package wusp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
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
	want := retrieve(t, clientOf(t, configOf(t)), start(t, newToy(5)))
	for _, op := range []wusp.Operation{
		wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRegisterComputer, wusp.OpStartCategoryScan,
		wusp.OpSyncUpdates, wusp.OpGetExtendedUpdateInfo,
	} {
		for _, code := range allCodes {
			t.Run(fmt.Sprintf("%s/%s", op, code), func(t *testing.T) {
				t.Parallel()
				toy := newToy(5)
				if code == "" { // a fault without a detail
					toy.hook = func(at wusp.Operation, _ wusp.Message, w http.ResponseWriter) bool {
						if at == op {
							w.WriteHeader(http.StatusInternalServerError)
							_, _ = w.Write(wusp.AppendFault(nil, &wusp.Fault{FaultCode: "Server", FaultString: "at System.Web"}))
						}
						return at == op
					}
				} else {
					toy.faults[op] = []wusp.ErrorCode{code}
				}
				cfg := configOf(t)
				cfg.Categories = []wusp.CategoryRelationship{{CategoryID: mustID(t, updateID(2))}}
				req := start(t, toy)
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
		toy := newToy(5)
		req := start(t, toy)
		c := clientOf(t, configOf(t))
		retrieve(t, c, req)
		toy.forget()
		toy.faults[wusp.OpSyncUpdates] = []wusp.ErrorCode{code}
		retrieve(t, c, req)
		want := append([]wusp.Operation{wusp.OpSyncUpdates}, steps...)
		want = append(want, wusp.OpSyncUpdates)
		if code == wusp.InvalidCookie || code == wusp.ServerChanged {
			want = append(want, wusp.OpSyncUpdates) // once more, the numbers are new
		}
		if diff := cmp.Diff(want, toy.calls); diff != "" {
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
			toy := newToy(5)
			toy.always[op] = code
			req := start(t, toy)
			_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), req)
			reached := toy.count(op) > 0
			if reached && op == wusp.OpRegisterComputer && code == wusp.RegistrationNotRequired {
				reached = false // which is as good as registered
			}
			if (err != nil) != reached {
				t.Errorf("%s for ever at %s: %v", code, op, err)
			}
			if n := len(toy.calls); n > 25 {
				t.Errorf("%s for ever at %s: %d calls", code, op, n)
			}
		}
	}
	// Two codes that take turns end too.
	toy := newToy(5)
	for range 50 {
		toy.faults[wusp.OpSyncUpdates] = append(toy.faults[wusp.OpSyncUpdates], allCodes[:5]...)
	}
	_, err := clientOf(t, configOf(t)).Retrieve(context.Background(), start(t, toy))
	if _, ok := errors.AsType[*wusp.Fault](err); !ok || len(toy.calls) > 40 {
		t.Errorf("codes in turns: %v after %d calls", err, len(toy.calls))
	}
}

// TestCookieExpiresWhilePaging: again and again, between any two pages.
func TestCookieExpiresWhilePaging(t *testing.T) {
	t.Parallel()
	want := retrieve(t, clientOf(t, configOf(t)), start(t, newToy(60)))
	toy := newToy(60)
	toy.page = 10
	expired := false
	toy.hook = func(op wusp.Operation, m wusp.Message, w http.ResponseWriter) bool {
		if op != wusp.OpSyncUpdates && op != wusp.OpGetExtendedUpdateInfo {
			if m, ok := m.(*wusp.GetCookieRequest); ok && expired && m.OldCookie == nil {
				t.Error("the expired cookie was not shown")
			}
			return false
		}
		if expired = !expired; expired {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write(wusp.AppendFault(nil, wusp.NewFault(wusp.CookieExpired, "")))
		}
		return expired
	}
	if got := retrieve(t, clientOf(t, configOf(t)), start(t, toy)); !same(got, want) {
		t.Errorf("another catalogue of %d updates", got.Len())
	}
}

// TestServerChanged: the server was set up anew and has other numbers.
func TestServerChanged(t *testing.T) {
	t.Parallel()
	toy := newToy(5)
	req := start(t, toy)
	c := clientOf(t, configOf(t))
	want := retrieve(t, c, req)
	cores := make(map[int32]string)
	for i := range toy.updates {
		u := &toy.updates[i]
		cores[u.id] = u.fragment()
	}
	renumber := make(map[string]int32)
	for i := range toy.updates {
		u := &toy.updates[i]
		u.core = cores[u.id]
		renumber[updateID(u.id)] = u.id + 1000
		for j := range u.needs {
			u.needs[j] += 1000
		}
		u.id += 1000
	}
	toy.hook = func(_ wusp.Operation, m wusp.Message, w http.ResponseWriter) bool {
		r, ok := m.(*wusp.RefreshCacheRequest)
		if !ok {
			return false
		}
		answer := &wusp.RefreshCacheResponse{}
		for _, id := range r.GlobalIDs[:4] { // the rest is fetched again
			for i := range toy.updates {
				if u := &toy.updates[i]; u.id == renumber[id.UpdateID.String()] {
					answer.Updates = append(answer.Updates, wusp.RefreshedUpdate{RevisionID: u.id, GlobalID: id, IsLeaf: u.leaf, Deployment: u.deployment()})
				}
			}
		}
		_, _ = w.Write(wusp.AppendEnvelope(nil, answer))
		return true
	}
	toy.faults[wusp.OpSyncUpdates] = []wusp.ErrorCode{wusp.ServerChanged}
	got := retrieve(t, c, req)
	if got.Len() != want.Len() {
		t.Errorf("%d updates, want %d", got.Len(), want.Len())
	}
	last := toy.requests[len(toy.requests)-1]
	if m, ok := last.(*wusp.SyncUpdatesRequest); ok && (len(m.InstalledNonLeafUpdateIDs) != 3 || m.InstalledNonLeafUpdateIDs[0] != 1001) {
		t.Errorf("last request %+v", m)
	}
}
