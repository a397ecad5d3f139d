package wusptest

import (
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

type modelID = compliance.UpdateID

// Mistakes are the mistakes that a [Model] can make, by id, with what is done
// wrong. They are among those of the vectors.
func Mistakes() map[string]string {
	return map[string]string{
		"wire-stops-when-not-truncated":    "WF-3: the software pass ends at an answer that is not truncated, although a revision came that is no leaf",
		"wire-stops-without-new":           "WF-3: the software pass ends at an answer with nothing new, although what is installed has shifted",
		"wire-shift-ignored":               "WF-3: that what is installed has shifted is no reason to go on",
		"wire-goes-on-without-new":         "WF-3: the software pass goes on although no revision was unknown and nothing has shifted",
		"wire-truncated-for-ever-is-done":  "WF-9: an answer that is truncated and has nothing unknown ends the software pass well",
		"wire-new-cookie-forgotten":        "WF-3: the cookie in an answer is not the one of the next call",
		"wire-out-of-scope-kept":           "WF-3: what is out of scope stays in the cache",
		"wire-out-of-scope-last":           "WF-3: what is out of scope leaves the cache after what is new has come",
		"wire-changed-ignored":             "WF-3: what has changed stays as it was",
		"wire-installed-leaves":            "WF-3: leaves that are installed are named as installed",
		"wire-leaves-not-named":            "WF-3: leaves are in neither list",
		"wire-named-twice":                 "WF-3: what is installed is named among the others too",
		"wire-drivers-in-other":            "WF-3: drivers are named among the others",
		"wire-each-revision-for-itself":    "WF-3: whether a revision is installed is found out from its own rules and not from those of the highest revision",
		"wire-driver-pass-always":          "WF-3: the driver pass is made although the server says that it is not needed",
		"wire-driver-pass-names-other":     "WF-3: the driver pass names the others too",
		"wire-one-trip-more":               "WF-9: one SyncUpdates more than allowed is made",
		"wire-installed-limit-exclusive":   "WF-9: exactly as many installed as allowed are too many",
		"wire-category-scan-at-old-server": "WF-3: a server before 3.2 is asked about categories",
		"wire-versions-as-texts":           "WF-3: versions are compared as texts",
		"wire-unknown-categories-ignored":  "WF-9: a scan whose categories are all unknown goes on without a filter",
		"wire-registers-each-time":         "DEC-8: each retrieval registers again",
		"wire-always-fifty":                "WF-3: extended information is asked for 50 at once, whatever the server says",
		"wire-extended-asks-detectoids":    "WF-3: extended information is asked for of detectoids",
		"wire-extended-asks-bundled":       "WF-3: extended information is asked for of members of bundles",
		"wire-extended-keeps-out-of-scope": "WF-3: what is out of scope in extended information stays in the cache",
		"wire-second-from-cache":           "DEC-8: a second retrieval is answered from the cache",
		"wire-second-anew":                 "DEC-8: a second retrieval begins with an empty cache",
		"wire-http-with-ssl-only":          "WF-4: an http server is connected to although only SSL is allowed",
		"wire-redirect-followed":           "WF-4: a redirection is followed",
		"wire-foreign-service-asked":       "WF-4: an authorization service on another server is asked",
		"wire-service-beside-client":       "WF-4: the authorization service is resolved against the client web service",
		"wire-one-status-for-all":          "WF-9: every HTTP status that is not 200 has the code 0x8024402B",
		"wire-no-refresh":                  "WF-9: after InvalidCookie and ServerChanged the cache is not refreshed",
		"wire-refresh-after-configuration": "WF-9: after ConfigChanged the cache is refreshed",
		"wire-refresh-keeps-the-rest":      "WF-9: what RefreshCache does not return stays in the cache",
		"wire-no-resync":                   "WF-9: after a refresh in the middle the sync does not begin anew",
		"wire-old-cookie-not-shown":        "WF-9: an expired cookie is not shown when the next is asked for",
		"wire-old-authorization-used":      "WF-9: after CookieExpired the old authorization cookie is used",
		"wire-recovers-for-ever":           "WF-9: a fault is recovered from however often it comes",
		"wire-expired-once-in-a-retrieval": "WF-9: CookieExpired is recovered from once in a retrieval, whatever was answered since",
		"wire-busy-asked-again":            "WF-9: ServerBusy and InternalServerError are asked again at once",
		"wire-registration-not-asked":      "WF-9: RegistrationRequired is not recovered from",
		"wire-registers-unwanted":          "WF-9: after RegistrationNotRequired the call is made again and registered all the same",
		"wire-one-code-for-faults":         "WF-9: every fault has the code 0x80244007",
		"wire-restart-forgets-cache":       "WF-10: a restart forgets the cache",
		"wire-restart-forgets-cookie":      "WF-10: a restart forgets the cookie",
		"wire-restart-forgets-refresh":     "WF-10: a restart forgets that the cache is to be refreshed",
		"wire-failure-forgets":             "WF-10: a retrieval that fails forgets what it fetched",
	}
}

// until makes a call with all that precedes it, and again after each fault that
// is recovered from (8.5).
func (w *modelRun) until(call func() (*ScriptAnswer, *modelStop)) (*ScriptAnswer, *modelStop) {
	for {
		did, stop := w.missing()
		if !did {
			answer, failed := call()
			if failed == nil {
				return answer, nil
			}
			stop = failed
		}
		if stop != nil && !w.recover(stop) {
			return nil, stop
		}
	}
}

// missing does the first thing that is missing (8.2), and says whether
// something was.
func (w *modelRun) missing() (did bool, stop *modelStop) {
	if w.config == nil {
		return true, w.getConfig()
	}
	if w.cookie == nil && w.auth == nil {
		return true, w.authorize()
	}
	if w.cookie == nil {
		return true, w.getCookie()
	}
	if w.refresh {
		return true, w.refreshCache()
	}
	if w.config.Registration && !w.unwanted && !w.registered {
		_, stop := w.ask(ScriptCall{Op: CallRegister, Cookie: *w.cookie})
		w.registered = stop == nil
		return true, stop
	}
	return false, nil
}

func (w *modelRun) getConfig() *modelStop {
	answer, stop := w.ask(ScriptCall{Op: CallGetConfig, Version: w.cfg.Version})
	if stop != nil {
		return stop
	}
	config := w.server.configuration()
	if answer != nil && answer.Configuration != nil {
		config = *answer.Configuration
	}
	w.config = &config
	return nil
}

func (w *modelRun) authorize() *modelStop {
	where, own := w.service()
	if !own {
		return modelFailure(0x80244027)
	}
	answer, stop := w.ask(ScriptCall{Op: CallAuthorize, URL: where})
	if stop != nil {
		return stop
	}
	auth := scriptAuth
	if answer != nil && answer.Cookie != nil {
		auth = *answer.Cookie
	}
	if auth == "" {
		return modelFailure(0x80244028)
	}
	w.auth = &auth
	return nil
}

func (w *modelRun) getCookie() *modelStop {
	c := ScriptCall{Op: CallGetCookie, Auth: *w.auth, OldCookie: w.oldCookie, LastChange: w.config.LastChange}
	if w.wrong("wire-old-cookie-not-shown") {
		c.OldCookie = nil
	}
	answer, stop := w.ask(c)
	if stop != nil {
		return stop
	}
	cookie := scriptCookie
	if answer != nil && answer.Cookie != nil {
		cookie = *answer.Cookie
	}
	w.cookie, w.oldCookie = &cookie, nil
	return nil
}

// refreshCache is RefreshCache, all its calls.
func (w *modelRun) refreshCache() *modelStop {
	var order []wsus.Identity
	old := make(map[wsus.Identity]*modelRevision)
	for _, r := range w.revisions() {
		if old[r.Identity] == nil {
			order = append(order, r.Identity)
		}
		old[r.Identity] = r
	}
	fresh := make(map[int32]*modelRevision)
	for batch := range slices.Chunk(order, 200) {
		answer, stop := w.ask(ScriptCall{Op: CallRefreshCache, Cookie: *w.cookie, Updates: batch})
		if stop != nil {
			return stop
		}
		if answer == nil {
			continue
		}
		for _, row := range answer.Rows {
			r := old[row.Identity]
			if r == nil {
				continue
			}
			renewed := *r
			renewed.ID, renewed.Leaf, renewed.Action = row.ID, row.Leaf, row.Action
			fresh[row.ID] = &renewed
		}
	}
	if w.wrong("wire-refresh-keeps-the-rest") {
		for id, r := range w.cache {
			if fresh[id] == nil {
				fresh[id] = r
			}
		}
	}
	w.cache, w.refresh = fresh, false
	w.findInstalled()
	return nil
}

// recover is the table of 8.5: it does what is named for a fault, and says
// whether the call is to be made again.
func (w *modelRun) recover(stop *modelStop) bool {
	if w.wrong("wire-one-code-for-faults") && stop.fault != nil {
		stop.code = 0x80244007
	}
	if stop.fault == nil {
		return false
	}
	code := *stop.fault
	w.retried++
	if w.recovered[code] && (!w.wrong("wire-recovers-for-ever") || w.retried > 20) {
		return false
	}
	switch code {
	case "InvalidCookie", "ServerChanged":
		w.config, w.auth, w.cookie, w.oldCookie = nil, nil, nil, nil
		w.refresh, w.resync = !w.wrong("wire-no-refresh"), true
	case "ConfigChanged":
		w.config, w.auth, w.cookie, w.oldCookie = nil, nil, nil, nil
		w.refresh = w.refresh || w.wrong("wire-refresh-after-configuration")
	case "CookieExpired":
		w.oldCookie, w.cookie = w.cookie, nil
		if w.auth == nil || !w.wrong("wire-old-authorization-used") {
			w.auth = nil
		}
	case "InvalidAuthorizationCookie":
		w.auth, w.cookie = nil, nil
	case "RegistrationRequired":
		if w.config == nil || w.wrong("wire-registration-not-asked") {
			return false
		}
		config := *w.config
		config.Registration = true
		w.config, w.registered, w.unwanted = &config, false, false
	case "RegistrationNotRequired":
		w.unwanted = !w.wrong("wire-registers-unwanted")
	case "ServerBusy", "InternalServerError":
		if !w.wrong("wire-busy-asked-again") {
			return false
		}
	default:
		return false
	}
	w.recovered[code] = true
	return true
}

// modelFaultCode is the last column of 8.5.
func modelFaultCode(fault string) wsus.Code {
	switch fault {
	case "InvalidCookie", "ServerChanged":
		return 0x80244015
	case "RegistrationNotRequired":
		return 0x80244026
	case "InternalServerError":
		return 0x8024400E
	case "ServerBusy":
		return 0x8024F004
	case "FileLocationChanged", "FileLocationsChanged":
		return 0x80244025
	}
	return 0x80244007
}
