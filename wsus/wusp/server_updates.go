package wusp

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// view is what the group of a session gets.
func (n *snapshot) view(c *ticket) *view {
	if v := n.views[c.group]; v != nil {
		return v
	}
	return n.views[AllComputers]
}

// syncUpdates brings a client's cache up to date.
func (s *Server) syncUpdates(req *SyncUpdatesRequest, call *Call) (Message, *Fault) {
	c, now, fault := s.open(req.Cookie, call)
	if fault != nil {
		return nil, fault
	}
	if s.cfg.RequireRegistration && !s.clients.registered(c.client) {
		return nil, NewFault(RegistrationRequired, "")
	}
	wrong := ""
	if len(req.InstalledNonLeafUpdateIDs) > s.cfg.MaxInstalledIDs {
		wrong = tooManyIDsMessage
	} else if len(req.OtherCachedUpdateIDs) > s.cfg.MaxCachedIDs {
		wrong = tooManyCachedIDsMessage
	} else if len(req.CachedDriverIDs) > s.cfg.MaxCachedIDs {
		wrong = "parameters.CachedDriverIDs"
	} else if len(req.SystemSpec) > 0 && !req.SkipSoftwareSync {
		wrong = "parameters.SystemSpec"
	} else if len(req.FilterCategoryIDs) > maxCategories {
		wrong = "parameters.FilterCategoryIds"
	}
	if wrong != "" {
		return nil, NewFault(InvalidParameters, wrong)
	}
	resp := now.synchronize(now.view(&c), req, c.since, page{s.cfg.PageUpdates, s.cfg.PageBytes})
	if !req.SkipSoftwareSync && len(req.FilterCategoryIDs) == 0 {
		c.since = now.number // a limited scan has not seen all that changed
	}
	resp.NewCookie = s.cookie(&c)
	call.New, call.Changed = len(resp.NewUpdates), len(resp.ChangedUpdates)
	call.OutOfScope, call.Truncated = len(resp.OutOfScopeRevisionIDs), resp.Truncated
	return resp, nil
}

// refreshCache tells the revision ids of what a client has.
func (s *Server) refreshCache(req *RefreshCacheRequest, call *Call) (Message, *Fault) {
	c, now, fault := s.open(req.Cookie, call)
	if fault != nil {
		return nil, fault
	}
	if len(req.GlobalIDs) > s.cfg.MaxCachedIDs {
		return nil, NewFault(InvalidParameters, "globalIDs")
	}
	v := now.view(&c)
	resp := new(RefreshCacheResponse)
	seen := newBits(len(now.revisions))
	for _, id := range req.GlobalIDs {
		at, ok := now.place(id)
		if !ok || v.deployments[at] == nil || seen.has(at) {
			continue
		}
		seen.set(at)
		r := now.revisions[at]
		resp.Updates = append(resp.Updates, RefreshedUpdate{
			RevisionID: r.id, GlobalID: id, IsLeaf: now.leaf[at], Deployment: v.deployments[at],
		})
	}
	return resp, nil
}

// place finds the current revision that an identity names.
func (n *snapshot) place(id UpdateIdentity) (int, bool) {
	at, ok := n.current[id.UpdateID]
	if !ok || int64(n.revisions[at].update.Revision) != int64(id.RevisionNumber) {
		return 0, false
	}
	return int(at), true
}

// infoRequest is what a client wants to know of revisions.
type infoRequest struct {
	kinds, locales []string
	server         string
}

// check refuses kinds that do not exist, and localized ones without a
// language.
func (q *infoRequest) check() *Fault {
	for _, k := range q.kinds {
		switch k {
		case FragmentLocalizedProperties, FragmentEula:
			if len(q.locales) == 0 {
				return NewFault(InvalidParameters, "locales")
			}
		case FragmentPublished, FragmentCore, FragmentExtended, FragmentVerificationRule, FragmentFileURL, FragmentFileDecryption:
		default:
			return NewFault(InvalidParameters, "infoTypes")
		}
	}
	return nil
}

// fragment returns the fragment of a kind, nil when there is none.
func (r *revision) fragment(kind string, locales []string) []byte {
	switch kind {
	case FragmentCore:
		return r.core
	case FragmentExtended:
		return r.extended
	case FragmentLocalizedProperties:
		return choose(r.localized, locales)
	case FragmentEula:
		return choose(r.eulas, locales)
	}
	return nil
}

// collect returns the fragments of revisions, kind by kind, and where their
// files are.
func (q *infoRequest) collect(revisions []*revision) (data []UpdateData, files []FileLocation) {
	seen := make(map[string]bool)
	for _, kind := range q.kinds {
		for _, r := range revisions {
			if xml := r.fragment(kind, q.locales); len(xml) > 0 {
				data = append(data, UpdateData{ID: r.id, XML: xml})
			}
			if kind != FragmentExtended && kind != FragmentFileURL {
				continue
			}
			for _, f := range r.files {
				if !seen[string(f.digest)] {
					seen[string(f.digest)] = true
					files = append(files, FileLocation{FileDigest: f.digest, URL: f.url(q.server)})
				}
			}
		}
	}
	return data, files
}

// url is where a file is: its digest is its name, and the last byte of it
// its folder.
func (f *contentFile) url(server string) string {
	name := strings.ToUpper(hex.EncodeToString(f.digest))
	return server + "/Content/" + name[len(name)-2:] + "/" + name + path.Ext(path.Base(f.name))
}

// serverURL is the server as the client has called it.
func serverURL(r *http.Request) string {
	u := url.URL{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}

// getExtended tells more about revisions by their ids here.
func (s *Server) getExtended(r *http.Request, req *GetExtendedUpdateInfoRequest, call *Call) (Message, *Fault) {
	c, now, fault := s.open(req.Cookie, call)
	if fault != nil {
		return nil, fault
	}
	if len(req.RevisionIDs) > s.cfg.MaxExtended {
		return nil, NewFault(InvalidParameters, "revisionIDs")
	}
	q := infoRequest{kinds: req.InfoTypes, locales: req.Locales, server: serverURL(r)}
	if fault := q.check(); fault != nil {
		return nil, fault
	}
	v := now.view(&c)
	resp := new(GetExtendedUpdateInfoResponse)
	var found []*revision
	for _, id := range req.RevisionIDs {
		if id < 1 || int(id) > len(now.revisions) || v.deployments[id-1] == nil {
			if !slices.Contains(resp.OutOfScopeRevisionIDs, id) {
				resp.OutOfScopeRevisionIDs = append(resp.OutOfScopeRevisionIDs, id)
			}
			continue
		}
		if rev := now.revisions[id-1]; !slices.Contains(found, rev) {
			found = append(found, rev)
		}
	}
	resp.Updates, resp.FileLocations = q.collect(found)
	call.New, call.OutOfScope = len(found), len(resp.OutOfScopeRevisionIDs)
	return resp, nil
}

// getExtended2 tells more about revisions by their global ids.
func (s *Server) getExtended2(r *http.Request, req *GetExtendedUpdateInfo2Request, call *Call) (Message, *Fault) {
	c, now, fault := s.open(req.Cookie, call)
	if fault != nil {
		return nil, fault
	}
	if len(req.UpdateIDs) > s.cfg.MaxExtended {
		return nil, NewFault(InvalidParameters, "updateIDs")
	}
	q := infoRequest{kinds: req.InfoTypes, locales: req.Locales, server: serverURL(r)}
	if fault := q.check(); fault != nil {
		return nil, fault
	}
	v := now.view(&c)
	var found []*revision
	for _, id := range req.UpdateIDs {
		if at, ok := now.place(id); ok && v.deployments[at] != nil && !slices.Contains(found, now.revisions[at]) {
			found = append(found, now.revisions[at])
		}
	}
	resp := new(GetExtendedUpdateInfo2Response)
	resp.Updates, resp.FileLocations = q.collect(found)
	call.New = len(found)
	return resp, nil
}

// getFileLocations tells where files are. A file that is not known here is
// left out.
func (s *Server) getFileLocations(r *http.Request, req *GetFileLocationsRequest, call *Call) (Message, *Fault) {
	c, now, fault := s.open(req.Cookie, call)
	if fault != nil {
		return nil, fault
	}
	if len(req.FileDigests) > s.cfg.MaxCachedIDs {
		return nil, NewFault(InvalidParameters, "fileDigests")
	}
	wanted := make(map[string]bool, len(req.FileDigests))
	for _, d := range req.FileDigests {
		if len(d) != digestBytes {
			return nil, NewFault(InvalidParameters, "fileDigests: "+base64.StdEncoding.EncodeToString(d[:min(len(d), digestBytes)]))
		}
		wanted[string(d)] = true
	}
	v := now.view(&c)
	resp := new(GetFileLocationsResponse)
	server := serverURL(r)
	for _, at := range v.order {
		for _, f := range now.revisions[at].files {
			if wanted[string(f.digest)] {
				delete(wanted, string(f.digest))
				resp.FileLocations = append(resp.FileLocations, FileLocation{FileDigest: f.digest, URL: f.url(server)})
			}
		}
	}
	resp.NewCookie = s.cookie(&c)
	return resp, nil
}
