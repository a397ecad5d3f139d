package wusptest

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/wsus"
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

// modelStop is why a call has no answer: a fault, or what ends the retrieval.
type modelStop struct {
	fault *string
	code  wsus.Code
}

func modelFailure(code wsus.Code) *modelStop { return &modelStop{code: code} }

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

// ask makes a call. The answer is nil for the default answer.
func (w *modelRun) ask(c ScriptCall) (*ScriptAnswer, *modelStop) {
	w.calls = append(w.calls, c)
	n := w.count[c.Op]
	w.count[c.Op]++
	answer := w.server.answer(c.Op, n)
	if answer == nil {
		return nil, nil
	}
	if answer.Fault != nil {
		return nil, &modelStop{fault: answer.Fault, code: modelFaultCode(*answer.Fault)}
	}
	if answer.Cut {
		return nil, modelFailure(0x80072EFE)
	}
	if answer.HTML || answer.Status == 200 {
		return nil, modelFailure(0x8024400A)
	}
	if answer.Status == 0 {
		return answer, nil
	}
	if answer.Redirect != "" && w.wrong("wire-redirect-followed") && w.count[c.Op] < 20 {
		return w.ask(c)
	}
	if w.wrong("wire-one-status-for-all") {
		return nil, modelFailure(0x8024402B)
	}
	return nil, modelFailure(modelStatusCode(answer.Status))
}

// modelStatusCode is the table of 8.4.
func modelStatusCode(status int) wsus.Code {
	list := []int{400, 401, 403, 404, 405, 407, 408, 409, 410, 500, 501, 502, 503, 504, 505}
	if i := slices.Index(list, status); i >= 0 {
		return 0x80244016 + wsus.Code(i)
	}
	return 0x8024402B
}

// service is where the authorization cookie is asked for; ok is false when it
// is on another server.
func (w *modelRun) service() (where string, ok bool) {
	service := w.config.ServiceURL
	if service == "" {
		service = "SimpleAuthWebService/SimpleAuth.asmx"
	}
	root, err := url.Parse(w.cfg.URL + "/")
	if w.wrong("wire-service-beside-client") {
		root, err = url.Parse(w.cfg.URL + "/ClientWebService/client.asmx")
	}
	if err != nil {
		return "", false
	}
	to, err := root.Parse(service)
	if err != nil {
		return "", false
	}
	same := to.Scheme == root.Scheme && to.Hostname() == root.Hostname() && modelPort(to) == modelPort(root)
	return to.String(), same || w.wrong("wire-foreign-service-asked")
}

// modelPort is the port of a URL, that of its scheme when it names none.
func modelPort(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
