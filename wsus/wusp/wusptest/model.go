package wusptest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Model is the update agent once more: chapter 8 of the specification, written
// down as it stands there, slow and obvious. It shares no code with package
// wusp, and not even the messages: it takes what a server answers from the
// [Script] itself.
//
// The zero Model makes no mistake. It is safe for concurrent use.
type Model struct {
	// Mistake is the id of one of [Mistakes], which the Model makes; "" for none.
	Mistake string
}

func (m Model) wrong(id string) bool { return m.Mistake == id }

// Run works out what an agent does that has never heard of the server.
func (m Model) Run(s Script) Outcome {
	w := &modelRun{
		Model: m, cfg: s.Config.complete(), server: &s.Server,
		count: make(map[string]int), cache: make(map[int32]*modelRevision),
	}
	var out Outcome
	for i, r := range s.Retrievals {
		if r.Restart {
			w.restart()
		}
		if i > 0 && m.wrong("wire-second-anew") {
			w.cache = make(map[int32]*modelRevision)
		}
		w.begin()
		w.again = i > 0
		result := w.retrieve(r.SSLOnly)
		out.Retrievals = append(out.Retrievals, result)
	}
	return out
}

// modelRevision is a revision in the cache.
type modelRevision struct {
	ScriptUpdate // Installed is what its rules find on the machine

	installed bool // it counts as installed
	asked     bool // for extended information
}

// modelRun is an agent (8.1) at its retrieval.
type modelRun struct {
	Model
	cfg    ScriptConfig
	server *ScriptServer
	count  map[string]int // calls, by operation

	config     *ScriptConfiguration
	auth       *string
	cookie     *string
	oldCookie  *string
	registered bool
	refresh    bool
	cache      map[int32]*modelRevision

	again     bool // not the first retrieval
	calls     []ScriptCall
	trips     int
	recovered map[string]bool
	unwanted  bool
	resync    bool
	filter    []modelID
	filtered  bool // filter is not none
	retried   int  // recoveries of a mistake that makes them for ever
}

// begin forgets what belongs to the retrieval before.
func (w *modelRun) begin() {
	w.calls, w.trips, w.recovered, w.unwanted, w.resync, w.filter, w.filtered = nil, 0, map[string]bool{}, false, false, nil, false
	w.retried = 0
	if w.wrong("wire-registers-each-time") {
		w.registered = false
	}
}

// restart keeps what is stored (8.6).
func (w *modelRun) restart() {
	w.auth, w.oldCookie = nil, nil
	if w.wrong("wire-restart-forgets-cookie") {
		w.cookie = nil
	}
	if w.wrong("wire-restart-forgets-cache") {
		w.cache = make(map[int32]*modelRevision)
	}
	if w.wrong("wire-restart-forgets-refresh") {
		w.refresh = false
	}
	for _, r := range w.revisions() {
		if w.newest(r) != r {
			delete(w.cache, r.ID)
		}
	}
}

// revisions are those in the cache in ascending order of their numbers.
func (w *modelRun) revisions() []*modelRevision {
	return slices.SortedFunc(maps.Values(w.cache), func(a, b *modelRevision) int { return cmp.Compare(a.ID, b.ID) })
}

// retrieve is one retrieval (8.3).
func (w *modelRun) retrieve(sslOnly bool) ScriptResult {
	if sslOnly && strings.HasPrefix(w.cfg.URL, "http:") && !w.wrong("wire-http-with-ssl-only") { // 0
		return ScriptResult{Result: ResultNotSSL}
	}
	if w.again && w.wrong("wire-second-from-cache") {
		return ScriptResult{Result: ResultCompleted, Updates: w.known()}
	}
	stop := w.loop()
	if stop != nil && w.wrong("wire-failure-forgets") {
		w.cache = make(map[int32]*modelRevision)
	}
	if stop != nil {
		return ScriptResult{Calls: w.calls, Result: ResultFailed, Code: stop.code}
	}
	return ScriptResult{Calls: w.calls, Result: ResultCompleted, Updates: w.known()}
}

// known are the updates in the cache, of each the newest revision.
func (w *modelRun) known() []ScriptKnown {
	var list []ScriptKnown
	for _, r := range w.cache {
		if w.newest(r) == r {
			list = append(list, ScriptKnown{Identity: r.Identity, Kind: r.Kind, Leaf: r.Leaf, Action: r.Action})
		}
	}
	slices.SortFunc(list, func(a, b ScriptKnown) int { return strings.Compare(a.ID.String(), b.ID.String()) })
	return list
}

// newest is the revision of the same update in the cache that has the highest
// revision number; of equal ones, that with the highest number at the server.
func (w *modelRun) newest(r *modelRevision) *modelRevision {
	for _, other := range w.cache {
		later := other.Revision > r.Revision || other.Revision == r.Revision && other.ID > r.ID
		if other.Identity.ID == r.Identity.ID && later {
			r = other
		}
	}
	return r
}

// loop is the loop of 8.3, from 1 to 12.
func (w *modelRun) loop() *modelStop {
	for {
		w.resync = false
		w.findInstalled() // 1
		last, stop := w.software()
		if stop != nil {
			return stop
		}
		notNeeded := last.DriversNotNeeded && !w.wrong("wire-driver-pass-always")
		if w.cfg.Drivers && !notNeeded { // 10
			answer, stop := w.sync(PassDrivers)
			if stop != nil {
				return stop
			}
			if _, stop := w.take(answer); stop != nil {
				return stop
			}
		}
		if stop := w.extended(); stop != nil { // 11
			return stop
		}
		if !w.resync || w.wrong("wire-no-resync") { // 12
			return nil
		}
	}
}

// software is the software pass, 2 to 9. It returns the last answer.
func (w *modelRun) software() (*ScriptSync, *modelStop) {
	for {
		answer, stop := w.sync(PassSoftware)
		if stop != nil {
			return nil, stop
		}
		before := make(map[int32]bool)
		for id, r := range w.cache {
			before[id] = r.installed
		}
		came, stop := w.take(answer)
		if stop != nil {
			return nil, stop
		}
		shifted := false
		if came.nonLeaf { // 7
			for id := range came.fresh {
				before[id] = false
			}
			w.findInstalled()
			for id, r := range w.cache {
				shifted = shifted || r.installed != before[id]
			}
		}
		if w.wrong("wire-shift-ignored") {
			shifted = false
		}
		newNonLeaf := slices.ContainsFunc(answer.New, func(u ScriptUpdate) bool { return !u.Leaf })
		if w.wrong("wire-stops-when-not-truncated") && !answer.Truncated {
			return answer, nil
		}
		if w.wrong("wire-stops-without-new") && len(answer.New) == 0 {
			return answer, nil
		}
		if !answer.Truncated && !newNonLeaf && !shifted { // 8
			return answer, nil
		}
		if came.unknown == 0 && !shifted && !w.wrong("wire-goes-on-without-new") { // 9
			if answer.Truncated && !w.wrong("wire-truncated-for-ever-is-done") {
				return nil, modelFailure(0x80244010)
			}
			return answer, nil
		}
	}
}
