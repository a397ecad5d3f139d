package wusptest

import (
	"bytes"
	"slices"

	"github.com/updatescan/updatescan/wsus/wusp"
)

// syncBreaches break the clauses about the sync loop and about extended
// information, each by its id.
var syncBreaches = map[string]breach{
	"sync/all-named": syncing(func(m *wusp.SyncUpdatesRequest) {
		m.OtherCachedUpdateIDs = m.OtherCachedUpdateIDs[:max(0, len(m.OtherCachedUpdateIDs)-1)]
	}),
	"sync/named-once": syncing(func(m *wusp.SyncUpdatesRequest) {
		if n := len(m.OtherCachedUpdateIDs); n > 0 {
			m.OtherCachedUpdateIDs = append(m.OtherCachedUpdateIDs, m.OtherCachedUpdateIDs[n-1])
		}
	}),
	"sync/installed": syncing(func(m *wusp.SyncUpdatesRequest) { // a leaf among them
		if n := len(m.OtherCachedUpdateIDs); n > 0 && !m.SkipSoftwareSync {
			m.InstalledNonLeafUpdateIDs = append(m.InstalledNonLeafUpdateIDs, m.OtherCachedUpdateIDs[n-1])
			m.OtherCachedUpdateIDs = m.OtherCachedUpdateIDs[:n-1]
		}
	}),
	"sync/unlocks": syncing(func(m *wusp.SyncUpdatesRequest) { // believes that all is installed
		if i := slices.Index(m.OtherCachedUpdateIDs, 4); i >= 0 {
			m.OtherCachedUpdateIDs = slices.Delete(m.OtherCachedUpdateIDs, i, i+1)
			m.InstalledNonLeafUpdateIDs = append(m.InstalledNonLeafUpdateIDs, 4)
		}
	}),
	"sync/paging": synced(func(m *wusp.SyncUpdatesResponse) { m.Truncated = false }),
	"sync/full-page": after(func(x *exchange) { // a full page means that there is more
		if m, ok := x.Answer.(*wusp.SyncUpdatesResponse); ok && len(m.NewUpdates) == 4 {
			x.aside(x.Request)
			x.aside(x.Request)
		}
	}),
	"sync/ends": after(func(x *exchange) { // makes sure
		if m, ok := x.Answer.(*wusp.SyncUpdatesResponse); ok && !m.Truncated && len(m.NewUpdates) == 0 && !x.Request.(*wusp.SyncUpdatesRequest).SkipSoftwareSync { //nolint:errcheck,forcetypeassert // of the operation
			x.aside(x.Request)
		}
	}),
	"sync/changed":      synced(func(m *wusp.SyncUpdatesResponse) { m.ChangedUpdates = nil }),
	"sync/out-of-scope": synced(func(m *wusp.SyncUpdatesResponse) { m.OutOfScopeRevisionIDs = nil }),
	"sync/news-only": onWire(func(Setup) func(*exchange) { // asks for a title again
		known := false
		return func(x *exchange) {
			if m, ok := x.Request.(*wusp.GetExtendedUpdateInfoRequest); ok {
				if known && len(m.RevisionIDs) == 1 {
					m.RevisionIDs = append(m.RevisionIDs, 100)
				}
				known = true
			}
			x.send()
		}
	}),
	"sync/same": loses(func(x *exchange) bool { return x.Fault != nil && x.Fault.ErrorCode == wusp.ConfigChanged }),
	"sync/duplicates": after(func(x *exchange) { // chokes on it
		if m, ok := x.Answer.(*wusp.SyncUpdatesResponse); ok {
			for i := range m.NewUpdates {
				if slices.ContainsFunc(m.NewUpdates[:i], func(u wusp.UpdateInfo) bool { return u.ID == m.NewUpdates[i].ID }) {
					x.Fault = wusp.NewFault(wusp.InvalidParameters, "")
				}
			}
		}
	}),
	"category/order": syncing(func(m *wusp.SyncUpdatesRequest) { m.FilterCategoryIDs = nil }),
	"category/cookie": before(func(x *exchange) {
		if x.Operation == wusp.OpStartCategoryScan {
			x.Body = bytes.Replace(wusp.AppendEnvelope(nil, x.Request), []byte("<requestedCategories>"), []byte("<cookie/><requestedCategories>"), 1)
		}
	}),
	"category/server": configured(func(m *wusp.GetConfigResponse) { *property(m, wusp.PropertyProtocolVersion) = "3.2" }),
	"driver/unwanted": onWire(func(s Setup) func(*exchange) {
		return func(x *exchange) {
			x.send()
			if m, ok := x.Answer.(*wusp.SyncUpdatesResponse); ok && !s.Drivers && !m.Truncated && m.DriverSyncNotNeeded == "" {
				r := *x.Request.(*wusp.SyncUpdatesRequest) //nolint:errcheck,forcetypeassert // of the operation
				r.SkipSoftwareSync = true
				x.aside(&r)
			}
		}
	}),
	"driver/not-needed": synced(func(m *wusp.SyncUpdatesResponse) { m.DriverSyncNotNeeded = "" }),
	"driver/one-call": after(func(x *exchange) {
		if m, ok := x.Request.(*wusp.SyncUpdatesRequest); ok && m.SkipSoftwareSync {
			x.aside(m)
		}
	}),
	"driver/spec": onWire(func(s Setup) func(*exchange) {
		return func(x *exchange) {
			if m, ok := x.Request.(*wusp.SyncUpdatesRequest); ok {
				m.SystemSpec = s.Devices
			}
			x.send()
		}
	}),

	"extended/batch": configured(func(m *wusp.GetConfigResponse) {
		if p := property(m, wusp.PropertyMaxExtended); *p != "" {
			*p = "50"
		}
	}),
	"extended/default": configured(func(m *wusp.GetConfigResponse) {
		if p := property(m, wusp.PropertyMaxExtended); *p == "" {
			*p = "1000"
		}
	}),
	"extended/locales": before(func(x *exchange) {
		if m, ok := x.Request.(*wusp.GetExtendedUpdateInfoRequest); ok {
			m.Locales = nil
		}
	}),
	"extended/fragments": after(func(x *exchange) { // the first of a revision is Extended
		if m, ok := x.Answer.(*wusp.GetExtendedUpdateInfoResponse); ok && len(m.Updates) > 0 && bytes.Contains(m.Updates[0].XML, []byte("<LocalizedProperties")) {
			m.Updates = nil
		}
	}),
	"extended/out-of-scope": after(func(x *exchange) {
		if m, ok := x.Answer.(*wusp.GetExtendedUpdateInfoResponse); ok {
			m.OutOfScopeRevisionIDs = nil
		}
	}),
}

// loses loses a leaf that comes after what when says, and names it all the
// same, so that it does not come again.
func loses(when func(x *exchange) bool) breach {
	return onWire(func(Setup) func(*exchange) {
		armed, lost := false, int32(0)
		return func(x *exchange) {
			if m, ok := x.Request.(*wusp.SyncUpdatesRequest); ok && lost != 0 {
				m.OtherCachedUpdateIDs = append(m.OtherCachedUpdateIDs, lost)
			}
			x.send()
			armed = armed || when(x)
			if m, ok := x.Answer.(*wusp.SyncUpdatesResponse); ok && armed && lost == 0 {
				if i := slices.IndexFunc(m.NewUpdates, func(u wusp.UpdateInfo) bool { return u.IsLeaf }); i >= 0 {
					lost = m.NewUpdates[i].ID
					m.NewUpdates = slices.Delete(m.NewUpdates, i, i+1)
				}
			}
		}
	})
}
