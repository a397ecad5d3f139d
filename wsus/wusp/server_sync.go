package wusp

import (
	"slices"

	"github.com/updatescan/updatescan/wsus"
)

// page bounds one answer to SyncUpdates.
type page struct {
	updates, bytes int
}

// synchronize is the algorithm of SyncUpdates: the difference between what a
// client's cache holds and what it should hold. since is the number of the
// change that the client has seen last.
func (n *snapshot) synchronize(v *view, req *SyncUpdatesRequest, since uint64, p page) *SyncUpdatesResponse {
	size := len(n.revisions)
	installed, cached, needed := newBits(size), newBits(size), newBits(size)
	resp := new(SyncUpdatesResponse)
	own := [2][]int32{req.InstalledNonLeafUpdateIDs, req.OtherCachedUpdateIDs}
	if req.SkipSoftwareSync {
		own[1] = req.CachedDriverIDs
	}
	var strangers []int32
	for k, list := range own {
		for _, id := range list {
			if id < 1 || int(id) > size {
				strangers = append(strangers, id)
				continue
			}
			if k == 0 {
				installed.set(int(id) - 1)
				if req.SkipSoftwareSync {
					continue // the driver pass is about drivers alone
				}
			}
			cached.set(int(id) - 1)
		}
	}
	slices.Sort(strangers)
	resp.OutOfScopeRevisionIDs = slices.Compact(strangers)

	scope := v.order
	if req.SkipSoftwareSync {
		scope = v.driversFor(n, req)
	}
	var within bits
	if len(req.FilterCategoryIDs) > 0 && !req.SkipSoftwareSync {
		within = v.filtered(n, req.FilterCategoryIDs)
	}
	for _, at := range scope {
		if req.SkipSoftwareSync != (n.revisions[at].update.Kind == wsus.KindDriver) || !n.satisfied(int(at), installed) {
			continue
		}
		if within != nil && !within.hasInt(at) {
			if req.NeedTwoGroupOutOfScopeUpdates && cached.hasInt(at) {
				resp.DeployedOutOfScopeRevisionIDs = append(resp.DeployedOutOfScopeRevisionIDs, n.revisions[at].id)
				cached.clear(int(at))
			}
			continue
		}
		needed.set(int(at))
		if !cached.hasInt(at) {
			n.offer(resp, v, at, &p)
		} else if v.changed[at] > since {
			r := n.revisions[at]
			resp.ChangedUpdates = append(resp.ChangedUpdates,
				UpdateInfo{ID: r.id, Deployment: v.deployments[at], IsLeaf: n.leaf[at]})
		}
	}
	for i := range n.revisions {
		if cached.has(i) && !needed.has(i) {
			resp.OutOfScopeRevisionIDs = append(resp.OutOfScopeRevisionIDs, n.revisions[i].id)
		}
	}
	if !req.SkipSoftwareSync && !v.drivers {
		resp.DriverSyncNotNeeded = "true"
	}
	return resp
}

// offer adds a new revision to an answer, unless the page is full.
func (n *snapshot) offer(resp *SyncUpdatesResponse, v *view, at int32, p *page) {
	r := n.revisions[at]
	full := p.updates <= 0 || p.bytes < len(r.core) && len(resp.NewUpdates) > 0
	if full || resp.Truncated {
		resp.Truncated = true
		return
	}
	p.updates--
	p.bytes -= len(r.core)
	resp.NewUpdates = append(resp.NewUpdates,
		UpdateInfo{ID: r.id, Deployment: v.deployments[at], IsLeaf: n.leaf[at], XML: r.core})
}

// driversFor are the drivers that the driver pass offers: for each device the
// best one, if it is better than what the device has.
func (v *view) driversFor(n *snapshot, req *SyncUpdatesRequest) []int32 {
	if !v.drivers {
		return nil
	}
	installed := newBits(len(n.revisions))
	for _, id := range req.InstalledNonLeafUpdateIDs {
		if id >= 1 && int(id) <= len(n.revisions) {
			installed.set(int(id) - 1)
		}
	}
	var found []int32
	for d := range req.SystemSpec {
		best, rank := int32(-1), driverRank{}
		for _, at := range v.order {
			r := n.revisions[at]
			if r.update.Kind != wsus.KindDriver || !n.satisfied(int(at), installed) {
				continue
			}
			for i := range r.drivers {
				k, ok := r.drivers[i].rank(&req.SystemSpec[d], req.ComputerSpec, req.FeatureScoreMatchingKey)
				if ok && (best < 0 || k.compare(rank) < 0) {
					best, rank = at, k
				}
			}
		}
		if best >= 0 && !slices.Contains(found, best) {
			found = append(found, best)
		}
	}
	return found
}

// categoryScan is the algorithm of StartCategoryScan.
func (n *snapshot) categoryScan(req *StartCategoryScanRequest) *StartCategoryScanResponse {
	resp := new(StartCategoryScanResponse)
	bad := make(map[int32]bool)
	var groups []int32
	for _, c := range req.RequestedCategories {
		at, ok := n.current[c.CategoryID]
		if !ok || n.revisions[at].update.Kind != wsus.KindCategory {
			bad[c.IndexOfAndGroup] = true
			resp.RequestedCategoryIDsInError = append(resp.RequestedCategoryIDsInError, c.CategoryID)
		}
		if !slices.Contains(groups, c.IndexOfAndGroup) {
			groups = append(groups, c.IndexOfAndGroup)
		}
	}
	for _, g := range groups {
		if bad[g] {
			continue
		}
		products, classes, others := 0, 0, 0
		var product CategoryIdentifier
		for _, c := range req.RequestedCategories {
			if c.IndexOfAndGroup != g {
				continue
			}
			switch n.revisions[n.current[c.CategoryID]].categoryType() {
			case "Product":
				products++
				product.ID = c.CategoryID
			case "UpdateClassification":
				classes++
			default:
				others++
			}
		}
		if products != 1 || classes > 1 || others > 0 {
			// Anything else cannot be limited: the scan is a full one.
			resp.PreferredCategoryIDs = nil
			return resp
		}
		if !slices.Contains(resp.PreferredCategoryIDs, product.ID) {
			resp.PreferredCategoryIDs = append(resp.PreferredCategoryIDs, product.ID)
		}
	}
	return resp
}
