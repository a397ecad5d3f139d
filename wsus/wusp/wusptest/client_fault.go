package wusptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// bound is how many calls a retrieval may make that recovers from faults: each
// code once, at a handful of calls.
const bound = 50

// faultClauses are about what a client does when it is answered with a fault.
func faultClauses() []contract.Clause[maker] {
	open := []wusp.Operation{wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie}
	return []contract.Clause[maker]{
		recoveryClause(wusp.InvalidCookie, append(slices.Clone(open), wusp.OpRefreshCache)),
		recoveryClause(wusp.ServerChanged, append(slices.Clone(open), wusp.OpRefreshCache)),
		recoveryClause(wusp.ConfigChanged, open),
		recoveryClause(wusp.CookieExpired, open[1:]),
		recoveryClause(wusp.RegistrationRequired, []wusp.Operation{wusp.OpRegisterComputer}),
		clientClause("fault/RegistrationNotRequired", "", "a client that need not register goes on without", faultNotRequired),
		clientClause("fault/old-cookie", "", "after CookieExpired the new cookie is asked for with the old one", faultOldCookie),
		clientClause("fault/InvalidParameters", "WF-9", "InvalidParameters is an error with a code, and the request is not tried again", faultInvalidParameters),
		clientClause("fault/server", "WF-9", "a server that failed or is busy is an error with its code", faultServer),
		clientClause("fault/bounded", "WF-9", "a fault for ever, at any operation, ends the retrieval after a bounded number of calls", faultBounded),
		clientClause("fault/code", "WF-9", "the error of a fault carries a code", faultCode),
		clientClause("fault/turns", "WF-9", "faults that take turns end the retrieval too", faultTurns),
		clientClause("fault/cookie-while-paging", "", "a cookie that expires between two pages does not start the scan anew", faultPaging),
		clientClause("refresh/kept", "", "what RefreshCache returns is kept under its new number, and not fetched again", refreshKept),
		clientClause("refresh/dropped", "", "what RefreshCache does not return is dropped", refreshDropped),
	}
}

// recoveryClause is about the calls between a fault at SyncUpdates and its
// repetition.
func recoveryClause(code wusp.ErrorCode, steps []wusp.Operation) contract.Clause[maker] {
	says := fmt.Sprintf("after %s at SyncUpdates come %v and no other call, then SyncUpdates again", code, steps)
	return clientClause("fault/"+string(code), "", says, func(ctx context.Context, make maker) error {
		s := NewServer(5)
		l := newLab(make, s, bound)
		want, err := l.must(ctx)
		if err != nil {
			return err
		}
		s.Forget()
		s.Faults[wusp.OpSyncUpdates] = []wusp.ErrorCode{code}
		got, err := l.must(ctx)
		calls := s.Calls()
		first := slices.Index(calls, wusp.OpSyncUpdates)
		between := calls[first+1:]
		if next := slices.Index(between, wusp.OpSyncUpdates); next >= 0 {
			between = between[:next]
		}
		if !slices.Equal(between, steps) {
			return fmt.Errorf("%v", between)
		}
		if err != nil {
			return err
		}
		return equal(got, want)
	})
}

func faultNotRequired(ctx context.Context, make maker) error {
	s := NewServer(3)
	s.Always[wusp.OpRegisterComputer] = wusp.RegistrationNotRequired
	l := newLab(make, s, bound)
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	return has(c, s.Updates...)
}

func faultOldCookie(ctx context.Context, make maker) error {
	s := NewServer(3)
	l := newLab(make, s, bound)
	if _, err := l.must(ctx); err != nil {
		return err
	}
	s.Forget()
	s.Faults[wusp.OpSyncUpdates] = []wusp.ErrorCode{wusp.CookieExpired}
	if _, err := l.must(ctx); err != nil {
		return err
	}
	var shown *wusp.Cookie
	for _, m := range s.Requests() {
		if m, ok := m.(*wusp.SyncUpdatesRequest); ok && shown == nil {
			shown = m.Cookie
		}
		if m, ok := m.(*wusp.GetCookieRequest); ok {
			if m.OldCookie == nil || !bytes.Equal(m.OldCookie.EncryptedData, shown.EncryptedData) {
				return errors.New("another one, or none")
			}
			return nil
		}
	}
	return errors.New("no new cookie was asked for")
}

func faultInvalidParameters(ctx context.Context, make maker) error {
	for _, code := range []wusp.ErrorCode{wusp.InvalidParameters, "InvalidParameter"} {
		for _, op := range []wusp.Operation{wusp.OpSyncUpdates, wusp.OpGetCookie} {
			s := NewServer(3)
			s.Faults[op] = []wusp.ErrorCode{code}
			_, err := newLab(make, s, bound).fails(ctx, bound)
			if n := s.Count(op); n != 1 {
				return fmt.Errorf("%s at %s: it was called %d times", code, op, n)
			}
			if err != nil {
				return fmt.Errorf("%s at %s: %w", code, op, err)
			}
		}
	}
	return nil
}

func faultServer(ctx context.Context, make maker) error {
	for code, want := range map[wusp.ErrorCode]wsus.Code{
		wusp.InternalServerError: wsus.CodeSOAPServer, wusp.ServerBusy: wsus.CodeServerBusy,
	} {
		s := NewServer(3)
		s.Always[wusp.OpSyncUpdates] = code
		got, err := newLab(make, s, bound).fails(ctx, bound)
		if err != nil {
			return fmt.Errorf("%s: %w", code, err)
		}
		if got != want {
			return fmt.Errorf("%s: code %v, want %v", code, got, want)
		}
	}
	return nil
}

// faultCodes are the documented codes, in both spellings, one that is not, and
// none at all.
var faultCodes = []wusp.ErrorCode{
	wusp.InvalidCookie, wusp.ServerChanged, wusp.ConfigChanged, wusp.CookieExpired, wusp.RegistrationRequired,
	wusp.RegistrationNotRequired, wusp.InvalidAuthorizationCookie, wusp.InvalidParameters, "InvalidParameter",
	wusp.InternalServerError, wusp.ServerBusy, wusp.FileLocationChanged, "FileLocationsChanged", "Unheard", "",
}

// sessionOps are the calls of a scan.
var sessionOps = []wusp.Operation{
	wusp.OpGetConfig, wusp.OpGetAuthorizationCookie, wusp.OpGetCookie, wusp.OpRegisterComputer, wusp.OpSyncUpdates,
	wusp.OpGetExtendedUpdateInfo,
}

// faultBounded looks at each fault for ever at each call, and how it ends.
func faultBounded(ctx context.Context, make maker) error {
	return forEver(ctx, make, sessionOps, func(s *Server, err error) error {
		if n := len(s.Calls()); n > bound || errors.Is(err, errHangs) {
			return fmt.Errorf("%d calls, and: %w", n, err)
		}
		return nil
	})
}

func faultCode(ctx context.Context, make maker) error {
	return forEver(ctx, make, []wusp.Operation{wusp.OpGetCookie, wusp.OpSyncUpdates}, func(_ *Server, err error) error {
		if _, ok := wsus.FindCode(err); !ok {
			return fmt.Errorf("no code in: %w", err)
		}
		return nil
	})
}

// forEver shows how each fault for ever at each of the calls ended.
func forEver(ctx context.Context, make maker, ops []wusp.Operation, see func(s *Server, err error) error) error {
	for _, op := range ops {
		for _, code := range faultCodes {
			s := NewServer(3)
			s.Before = At(Faulty(&wusp.Fault{FaultCode: "Server", FaultString: "at System.Web", ErrorCode: code}), op)
			_, err := newLab(make, s, 2*bound).retrieve(ctx)
			if op == wusp.OpRegisterComputer && code == wusp.RegistrationNotRequired || s.Count(op) == 0 {
				continue // as good as registered, or never called
			}
			if err == nil {
				return fmt.Errorf("fault %q at %s: no error", code, op)
			}
			if err := see(s, err); err != nil {
				return fmt.Errorf("fault %q at %s: %w", code, op, err)
			}
		}
	}
	return nil
}

func faultTurns(ctx context.Context, make maker) error {
	s := NewServer(3)
	for range 2 * bound {
		s.Faults[wusp.OpSyncUpdates] = append(s.Faults[wusp.OpSyncUpdates], faultCodes[:5]...)
	}
	_, err := newLab(make, s, 2*bound).fails(ctx, bound)
	return err
}

func faultPaging(ctx context.Context, make maker) error {
	s := NewServer(12)
	s.Page = 3
	s.Before = At(Skip(4, Times(1, Faulty(wusp.NewFault(wusp.CookieExpired, "")))), wusp.OpSyncUpdates)
	c, err := newLab(make, s, bound).must(ctx)
	if err != nil {
		return err
	}
	if ids := sent(s.Log()); len(ids) != len(s.Updates) {
		return fmt.Errorf("%d updates came, of %d", len(ids), len(s.Updates))
	}
	return has(c, s.Updates...)
}

// renumbered is a lab after a retrieval, whose server was set up anew: each
// update has another number, and one is gone.
func renumbered(ctx context.Context, make maker) (*lab, error) {
	s := NewServer(6)
	l := newLab(make, s, bound)
	if _, err := l.must(ctx); err != nil {
		return nil, err
	}
	s.Updates = slices.Delete(s.Updates, 5, 6)
	for i := range s.Updates {
		s.Updates[i].Name = s.Updates[i].UpdateID()
	}
	for i := range s.Updates {
		u := &s.Updates[i]
		u.ID += 1000
		u.Needs = slices.Clone(u.Needs)
		for j := range u.Needs {
			u.Needs[j] += 1000
		}
	}
	s.Forget()
	s.Faults[wusp.OpSyncUpdates] = []wusp.ErrorCode{wusp.ServerChanged}
	return l, nil
}

func refreshKept(ctx context.Context, make maker) error {
	l, err := renumbered(ctx, make)
	if err != nil {
		return err
	}
	if _, err := l.must(ctx); err != nil {
		return err
	}
	if ids := sent(l.server.Log()); len(ids) > 0 {
		return fmt.Errorf("%v came again", ids)
	}
	for _, c := range syncs(l.server.Log(), false)[1:] {
		for _, id := range named(c.Request.(*wusp.SyncUpdatesRequest)) { //nolint:errcheck,forcetypeassert // of the operation
			if id < 1000 {
				return fmt.Errorf("revision %d is still named", id)
			}
		}
	}
	return nil
}

func refreshDropped(ctx context.Context, make maker) error {
	l, err := renumbered(ctx, make)
	if err != nil {
		return err
	}
	c, err := l.must(ctx)
	if err != nil {
		return err
	}
	return has(c, l.server.Updates...)
}
