package wusptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// sync fills in the answer to SyncUpdates: in each pass, what the client does
// not name and has the prerequisites of is new; what it names and should not
// have is out of scope; what it names and has changed since its cookie was
// given is changed.
func (s *Server) sync(c *Call, m *wusp.SyncUpdatesRequest) {
	if len(m.SystemSpec) > 0 && !m.SkipSoftwareSync {
		c.Fault = wusp.NewFault(wusp.InvalidParameters, "parameters.SystemSpec")
		return
	}
	if len(m.InstalledNonLeafUpdateIDs) > maxInstalled {
		c.Fault = wusp.NewFault(wusp.InvalidParameters, "parameters.InstalledNonLeafUpdateIDs")
		return
	}
	changes := s.look()
	installed, named := set(m.InstalledNonLeafUpdateIDs), set(m.InstalledNonLeafUpdateIDs, m.OtherCachedUpdateIDs, m.CachedDriverIDs)
	told := s.told(m.Cookie)
	r := &wusp.SyncUpdatesResponse{NewCookie: s.cookie(s.change), DriverSyncNotNeeded: "true"}
	for i := range s.Updates {
		u := &s.Updates[i]
		driver := u.Kind == wsus.KindDriver
		if driver {
			r.DriverSyncNotNeeded = ""
		}
		if slices.ContainsFunc(u.Needs, func(n int32) bool { return !installed[n] }) {
			continue
		}
		has := named[u.ID]
		delete(named, u.ID) // what is left is out of scope
		if driver != m.SkipSoftwareSync || has && changes[i] <= told {
			continue
		}
		if !has && s.Page > 0 && len(r.NewUpdates) == s.Page {
			r.Truncated = true
			continue
		}
		info := wusp.UpdateInfo{ID: u.ID, Deployment: u.Deployment(), IsLeaf: u.Leaf}
		if has {
			r.ChangedUpdates = append(r.ChangedUpdates, info)
			continue
		}
		info.XML = []byte(s.Fragment(*u))
		r.NewUpdates = append(r.NewUpdates, info)
	}
	r.OutOfScopeRevisionIDs = slices.Sorted(maps.Keys(named))
	c.Answer = r
}

func set(lists ...[]int32) map[int32]bool {
	m := make(map[int32]bool)
	for _, list := range lists {
		for _, id := range list {
			m[id] = true
		}
	}
	return m
}

// look finds what has changed since it looked last, and returns for each
// update the number of its last change.
func (s *Server) look() []int {
	if s.seen == nil {
		s.seen = make(map[int32]state)
	}
	changes := make([]int, len(s.Updates))
	for i := range s.Updates {
		u := &s.Updates[i]
		old, known := s.seen[u.ID]
		changes[i] = old.change
		if known && old.action == u.Action && old.leaf == u.Leaf {
			continue
		}
		if known {
			s.change++
			changes[i] = s.change
		}
		s.seen[u.ID] = state{action: u.Action, leaf: u.Leaf, change: changes[i]}
	}
	return changes
}

// refresh answers RefreshCache: a row for each update that is still there.
func (s *Server) refresh(m *wusp.RefreshCacheRequest) *wusp.RefreshCacheResponse {
	there := make(map[compliance.UpdateID]*Update, len(s.Updates))
	for i := range s.Updates {
		there[s.Updates[i].UpdateID()] = &s.Updates[i]
	}
	r := &wusp.RefreshCacheResponse{}
	for _, id := range m.GlobalIDs {
		if u := there[id.UpdateID]; u != nil {
			r.Updates = append(r.Updates, wusp.RefreshedUpdate{RevisionID: u.ID, GlobalID: id, IsLeaf: u.Leaf, Deployment: u.Deployment()})
		}
	}
	return r
}

// extended answers GetExtendedUpdateInfo: two fragments for each revision.
func extended(m *wusp.GetExtendedUpdateInfoRequest) *wusp.GetExtendedUpdateInfoResponse {
	r := &wusp.GetExtendedUpdateInfoResponse{}
	for _, id := range m.RevisionIDs {
		title := strings.ReplaceAll(Title(id), "&", "&amp;")
		r.Updates = append(
			r.Updates,
			wusp.UpdateData{ID: id, XML: []byte(`<ExtendedProperties DefaultPropertiesLanguage="en" MsrcSeverity="Critical"><KBArticleID>951748</KBArticleID></ExtendedProperties>`)},
			wusp.UpdateData{ID: id, XML: []byte(`<LocalizedProperties><Language>en</Language><Title>` + title + `</Title></LocalizedProperties>`)},
		)
	}
	return r
}

// Rules of the fragments: one holds on Windows 7 and later, the other nowhere.
const (
	holds = `<b.WindowsVersion Comparison="GreaterThanOrEqualTo" MajorVersion="6" MinorVersion="1" />`
	fails = `<b.WindowsVersion Comparison="GreaterThanOrEqualTo" MajorVersion="99" MinorVersion="0" />`
)

// rules are the applicability rules of an update.
func (u Update) rules() string {
	state := u.State
	group := u.Kind == wsus.KindCategory || u.Kind == wsus.KindDetectoid
	if state == compliance.Unknown {
		state = compliance.Required
		if group {
			state = compliance.Installed
		}
	}
	installed, installable := fails, `<False />`
	if state == compliance.Installed {
		installed = holds
	}
	if state == compliance.Required {
		installable = `<True />`
	}
	b := `<ApplicabilityRules><IsInstalled>` + installed + `</IsInstalled>`
	if !group {
		b += `<IsInstallable>` + installable + `</IsInstallable>`
	}
	return b + `</ApplicabilityRules>`
}

// Fragment is the Core fragment of an update as the Server sends it. It
// reads Updates, for the names of what the update needs.
func (s *Server) Fragment(u Update) string {
	if u.Core != "" {
		return u.Core
	}
	types := map[wsus.Kind]string{
		wsus.KindSoftware: "Software", wsus.KindDriver: "Driver", wsus.KindCategory: "Category", wsus.KindDetectoid: "Detectoid",
	}
	b := fmt.Sprintf(`<UpdateIdentity UpdateID="%s" RevisionNumber="100" /><Properties UpdateType="%s" />`, u.UpdateID(), types[u.Kind])
	if len(u.Needs) > 0 {
		b += `<Relationships><Prerequisites>`
		for _, n := range u.Needs {
			b += `<UpdateIdentity UpdateID="` + s.name(n).String() + `" />`
		}
		b += `</Prerequisites></Relationships>`
	}
	return b + u.rules()
}

// name is the own id of the update with a number.
func (s *Server) name(number int32) compliance.UpdateID {
	for i := range s.Updates {
		if s.Updates[i].ID == number {
			return s.Updates[i].UpdateID()
		}
	}
	return ID(number)
}
