package wusptest

import (
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// sync is SyncUpdates with what precedes it, 2 to 5 and the first half of 6.
func (w *modelRun) sync(pass string) (*ScriptSync, *modelStop) {
	trips := w.cfg.MaxTrips
	if w.wrong("wire-one-trip-more") {
		trips++
	}
	if w.trips >= trips { // 2
		return nil, modelFailure(0x80244010)
	}
	answer, stop := w.until(func() (*ScriptAnswer, *modelStop) {
		if stop := w.categoryScan(); stop != nil { // 3
			return nil, stop
		}
		c := w.syncCall(pass)
		most := w.cfg.MaxInstalled
		if w.wrong("wire-installed-limit-exclusive") {
			most--
		}
		if len(c.Installed) > most { // 4
			return nil, modelFailure(0x80244007)
		}
		return w.ask(c) // 5
	})
	if stop != nil {
		return nil, stop
	}
	if answer == nil || answer.Sync == nil {
		return new(ScriptSync), nil
	}
	return answer.Sync, nil
}

// syncCall is what SyncUpdates names.
func (w *modelRun) syncCall(pass string) ScriptCall {
	c := ScriptCall{Op: CallSyncUpdates, Cookie: *w.cookie, Pass: pass}
	c.Filter = append(c.Filter, w.filter...)
	for _, r := range w.revisions() {
		if r.installed {
			c.Installed = append(c.Installed, r.ID)
		}
		isDriver := r.Kind == wsus.KindDriver
		if pass == PassDrivers && isDriver && !r.installed {
			c.Drivers = append(c.Drivers, r.ID)
		}
		left := r.installed || isDriver && !w.wrong("wire-drivers-in-other")
		if w.wrong("wire-named-twice") {
			left = isDriver
		}
		if w.wrong("wire-leaves-not-named") && r.Leaf {
			left = true
		}
		if !left && (pass == PassSoftware || w.wrong("wire-driver-pass-names-other")) {
			c.Other = append(c.Other, r.ID)
		}
	}
	return c
}

// categoryScan is StartCategoryScan, if it is wanted (3).
func (w *modelRun) categoryScan() *modelStop {
	if len(w.cfg.Categories) == 0 || w.filtered || !w.atLeast(w.cfg.Version, 1, 7) {
		return nil
	}
	if version := w.config.ServerVersion; version == nil || !w.atLeast(*version, 3, 2) && !w.wrong("wire-category-scan-at-old-server") {
		return nil
	}
	answer, stop := w.ask(ScriptCall{Op: CallCategoryScan, Categories: w.cfg.Categories})
	if stop != nil {
		return stop
	}
	preferred, unknown := w.cfg.Categories, []modelID(nil)
	if answer != nil && answer.Categories != nil {
		unknown = answer.Categories.Unknown
		if answer.Categories.Preferred != nil {
			preferred = answer.Categories.Preferred
		}
	}
	if len(preferred) == 0 && len(unknown) > 0 && !w.wrong("wire-unknown-categories-ignored") {
		return modelFailure(0x80244007)
	}
	w.filter, w.filtered = preferred, true
	return nil
}

// atLeast compares a version by its first number, then by its second.
func (w *modelRun) atLeast(version string, major, minor int) bool {
	if w.wrong("wire-versions-as-texts") {
		return version >= strconv.Itoa(major)+"."+strconv.Itoa(minor)
	}
	first, second, _ := strings.Cut(version, ".")
	a, _ := strconv.Atoi(first)  //nolint:errcheck // not asked with others
	b, _ := strconv.Atoi(second) //nolint:errcheck // as above
	return a > major || a == major && b >= minor
}

// modelCame is what an answer of SyncUpdates did to the cache.
type modelCame struct {
	unknown int            // revisions that were not there
	nonLeaf bool           // one came, went or changed its leaf that is or was no leaf
	fresh   map[int32]bool // what came
}

// take is what becomes of an answer of SyncUpdates (6).
func (w *modelRun) take(answer *ScriptSync) (modelCame, *modelStop) {
	w.trips++
	w.answered()
	if answer.Cookie != "" && !w.wrong("wire-new-cookie-forgotten") {
		cookie := answer.Cookie
		w.cookie = &cookie
	}
	came := modelCame{fresh: make(map[int32]bool)}
	before := make(map[int32]bool)
	for id := range w.cache {
		before[id] = true
	}
	if !w.wrong("wire-out-of-scope-last") {
		w.leave(answer.OutOfScope, &came)
	}
	for _, c := range answer.Changed {
		w.change(c, &came)
	}
	for _, u := range answer.New {
		if w.cache[u.ID] != nil {
			w.change(ScriptChange{ID: u.ID, Leaf: u.Leaf, Action: u.Action}, &came)
			continue
		}
		if u.Broken {
			return came, modelFailure(0x8024400A)
		}
		w.cache[u.ID] = &modelRevision{ScriptUpdate: u}
		came.fresh[u.ID] = true
		came.nonLeaf = came.nonLeaf || !u.Leaf
		if !before[u.ID] {
			came.unknown++
		}
	}
	if w.wrong("wire-out-of-scope-last") {
		w.leave(answer.OutOfScope, &came)
	}
	return came, nil
}

// answered makes a cookie that expires again one that is recovered from.
func (w *modelRun) answered() {
	if !w.wrong("wire-expired-once-in-a-retrieval") {
		delete(w.recovered, "CookieExpired")
	}
}

// leave removes revisions from the cache.
func (w *modelRun) leave(ids []int32, came *modelCame) {
	for _, id := range ids {
		if r := w.cache[id]; r != nil && !w.wrong("wire-out-of-scope-kept") {
			came.nonLeaf = came.nonLeaf || !r.Leaf
			delete(w.cache, id)
		}
	}
}

// change gives a revision in the cache its new leaf and action.
func (w *modelRun) change(c ScriptChange, came *modelCame) {
	r := w.cache[c.ID]
	if r == nil || w.wrong("wire-changed-ignored") {
		return
	}
	came.nonLeaf = came.nonLeaf || r.Leaf != c.Leaf
	r.Leaf, r.Action = c.Leaf, c.Action
}

// findInstalled finds out anew what is installed (8.1).
func (w *modelRun) findInstalled() {
	for _, r := range w.cache {
		newest := w.newest(r)
		if w.wrong("wire-each-revision-for-itself") {
			newest = r
		}
		r.installed = newest.Installed && (!r.Leaf || w.wrong("wire-installed-leaves"))
	}
}

// extended asks for extended information (11).
func (w *modelRun) extended() *modelStop {
	for {
		if len(w.wanted()) == 0 {
			return nil
		}
		var batch []*modelRevision
		answer, stop := w.until(func() (*ScriptAnswer, *modelStop) {
			batch = w.wanted()
			most := scriptMaxExtended
			if n := w.config.MaxExtended; n != nil && !w.wrong("wire-always-fifty") {
				most = min(*n, 1000)
			}
			batch = batch[:min(len(batch), most)]
			if len(batch) == 0 {
				return nil, nil // wanted no more
			}
			c := ScriptCall{Op: CallExtendedInfo, Cookie: *w.cookie}
			for _, r := range batch {
				c.IDs = append(c.IDs, r.ID)
			}
			return w.ask(c)
		})
		if stop != nil {
			return stop
		}
		if len(batch) == 0 {
			return nil
		}
		w.answered()
		for _, r := range batch {
			r.asked = true
		}
		if answer != nil && !w.wrong("wire-extended-keeps-out-of-scope") {
			for _, id := range answer.OutOfScope {
				delete(w.cache, id)
			}
		}
	}
}

// wanted are the revisions for which extended information is to be asked.
func (w *modelRun) wanted() []*modelRevision {
	var list []*modelRevision
	for _, r := range w.revisions() {
		if r.Kind == wsus.KindDetectoid && !w.wrong("wire-extended-asks-detectoids") {
			continue
		}
		if r.Action == wsus.ActionBundle && !w.wrong("wire-extended-asks-bundled") {
			continue
		}
		if !r.asked {
			list = append(list, r)
		}
	}
	return list
}
