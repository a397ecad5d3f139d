package wusptest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// faultBreaches break the clauses about faults, each by its id.
var faultBreaches = map[string]breach{
	"fault/InvalidCookie":           takenFor(wusp.InvalidCookie, wusp.ConfigChanged),
	"fault/ServerChanged":           takenFor(wusp.ServerChanged, wusp.CookieExpired),
	"fault/ConfigChanged":           takenFor(wusp.ConfigChanged, wusp.InvalidCookie),
	"fault/CookieExpired":           takenFor(wusp.CookieExpired, wusp.ConfigChanged),
	"fault/RegistrationRequired":    takenFor(wusp.RegistrationRequired, wusp.CookieExpired),
	"fault/RegistrationNotRequired": takenFor(wusp.RegistrationNotRequired, wusp.InvalidParameters),
	"fault/old-cookie": before(func(x *exchange) {
		if m, ok := x.Request.(*wusp.GetCookieRequest); ok {
			m.OldCookie = nil
		}
	}),
	"fault/InvalidParameters": after(func(x *exchange) { // tries again
		if x.Fault != nil && x.Fault.ErrorCode.Normal() == wusp.InvalidParameters {
			x.send()
		}
	}),
	"fault/server":  takenFor(wusp.InternalServerError, "Unheard"),
	"fault/bounded": after(func(x *exchange) { insists(x, "Unheard") }),
	"fault/code": onSource(func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
		c, err := s.Source.Retrieve(ctx, req)
		if err != nil && strings.Contains(err.Error(), "Unheard") {
			err = errors.New(err.Error())
		}
		return c, err
	}),
	"fault/turns": onWire(func(Setup) func(*exchange) {
		row := 0
		return func(x *exchange) {
			x.send()
			if x.Operation != wusp.OpSyncUpdates {
				return
			}
			if row++; x.Fault == nil {
				row = 0
			}
			for range 2 * bound {
				if row < 3 || x.Fault == nil {
					return
				}
				x.send()
			}
		}
	}),
	"fault/cookie-while-paging": onWire(func(Setup) func(*exchange) { // starts anew
		expired := false
		return func(x *exchange) {
			if m, ok := x.Request.(*wusp.SyncUpdatesRequest); ok && expired {
				m.InstalledNonLeafUpdateIDs, m.OtherCachedUpdateIDs, expired = nil, nil, false
			}
			x.send()
			expired = expired || x.Fault != nil && x.Fault.ErrorCode == wusp.CookieExpired
		}
	}),
	"refresh/kept": after(func(x *exchange) { // forgets it all
		if m, ok := x.Answer.(*wusp.RefreshCacheResponse); ok {
			m.Updates = nil
		}
	}),
	"refresh/dropped": onWire(func(Setup) func(*exchange) {
		const ghost = 424242
		return func(x *exchange) {
			if m, ok := x.Request.(*wusp.SyncUpdatesRequest); ok {
				m.OtherCachedUpdateIDs = slices.DeleteFunc(m.OtherCachedUpdateIDs, func(id int32) bool { return id >= ghost })
			}
			x.send()
			m, ok := x.Answer.(*wusp.RefreshCacheResponse)
			if !ok {
				return
			}
			for i, id := range x.Request.(*wusp.RefreshCacheRequest).GlobalIDs { //nolint:errcheck,forcetypeassert // of the operation
				if !slices.ContainsFunc(m.Updates, func(u wusp.RefreshedUpdate) bool { return u.GlobalID == id }) {
					m.Updates = append(m.Updates, wusp.RefreshedUpdate{RevisionID: int32(ghost + i), GlobalID: id, IsLeaf: true, Deployment: Software(100).Deployment()})
				}
			}
		}
	}),
}

// insists sends again and again while the answer is a fault of the code.
func insists(x *exchange, code wusp.ErrorCode) {
	for range 2 * bound {
		if x.Fault == nil || x.Fault.ErrorCode != code {
			return
		}
		x.send()
	}
}

// hostileBreaches break the clauses about what should not be, each by its id.
var hostileBreaches = map[string]breach{
	"server/repeats": onWire(func(Setup) func(*exchange) { // what comes again is something else
		times, next := map[int32]int{}, int32(10_000)
		return func(x *exchange) {
			x.send()
			m, ok := x.Answer.(*wusp.SyncUpdatesResponse)
			if !ok {
				return
			}
			for i := range m.NewUpdates {
				u := &m.NewUpdates[i]
				if times[u.ID]++; times[u.ID] > 2 {
					next++
					u.XML = bytes.Replace(u.XML, []byte(ID(u.ID).String()), []byte(ID(next).String()), 1)
					u.ID = next
				}
			}
		}
	}),
	"server/truncates": onWire(func(Setup) func(*exchange) { // more is more
		next := int32(20_000)
		return func(x *exchange) {
			x.send()
			if m, ok := x.Answer.(*wusp.SyncUpdatesResponse); ok && m.Truncated && len(m.NewUpdates) == 0 {
				next++
				u := Update{ID: next, Kind: wsus.KindSoftware, Leaf: true}
				m.OutOfScopeRevisionIDs = nil
				m.NewUpdates = []wusp.UpdateInfo{{ID: next, IsLeaf: true, Deployment: u.Deployment(), XML: []byte((&Server{}).Fragment(u))}}
			}
		}
	}),
	"answer/page": after(func(x *exchange) { // nothing that is understood is nothing new
		if x.Operation == wusp.OpSyncUpdates && x.Raw != nil && x.Raw.Status == http.StatusOK {
			x.Raw, x.Answer = nil, &wusp.SyncUpdatesResponse{}
		}
	}),
	"answer/status": after(func(x *exchange) {
		if x.Raw != nil && x.Raw.Status == http.StatusForbidden {
			x.Raw.Status = http.StatusUnauthorized
		}
	}),
	"answer/length": after(func(x *exchange) {
		if x.Operation == wusp.OpGetExtendedUpdateInfo && errors.Is(x.err, io.ErrUnexpectedEOF) {
			x.err, x.Answer = nil, &wusp.GetExtendedUpdateInfoResponse{}
		}
	}),
	"answer/nobody": onSource(func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
		c, err := s.Source.Retrieve(ctx, req)
		if errors.Is(err, io.EOF) {
			err = errors.New("nobody is there")
		}
		return c, err
	}),
	"resume/cut": onSource(func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
		c, err := s.Source.Retrieve(ctx, req)
		if errors.Is(err, io.ErrUnexpectedEOF) { // begins anew
			s.Source = s.make(s.setup).Source
		}
		return c, err
	}),
	"resume/restart": func(make maker) maker {
		return func(s Setup) ClientSubject {
			c := make(s)
			if c.Restart != nil {
				c.Restart = func() wsus.Source { return make(s).Source }
			}
			return c
		}
	},
	"cancel/middle": onSource(func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
		c, err := s.Source.Retrieve(ctx, req)
		if errors.Is(err, context.Canceled) {
			err = &wsus.Error{Op: "retrieve", Code: wsus.CodeTimeout}
		}
		return c, err
	}),
	"concurrent/same": func(make maker) maker {
		var busy atomic.Int32
		return onSource(func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
			defer busy.Add(-1)
			if busy.Add(1) > 1 {
				return nil, &wsus.Error{Op: "retrieve", Code: wsus.CodeServerBusy}
			}
			return s.Source.Retrieve(ctx, req)
		})(make)
	},
}
