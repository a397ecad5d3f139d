// Package wusprapid draws scripts of an update agent at a server, for
// properties with rapid: faults at each call, answers that are cut short or
// repeat themselves, numbers that come, go, change and are given anew, limits
// that are just met, restarts. Everything is small, so that what is drawn
// meets.
//
// Importing rapid registers flags, so this package is apart from wusptest and
// only tests import it.
package wusprapid

import (
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// Numbers that scripts are made of.
const (
	updates   = 5 // updates there are, each in revisions 100 to 102
	numbers   = 9 // numbers of revisions at the server
	answers   = 6 // answers in a list
	newAtOnce = 4
	recovered = 7 // of Faults, the first
)

// Update is the id of the n-th update of the scripts, from 1, or of the n-th
// category to scan.
func Update(n int) compliance.UpdateID {
	return compliance.UpdateID{0x5d, 0x7e, 0x1f, 0x0a, 0x93, 0xc4, 0x4b, 0x1d, 0x8a, 0x52, 0, 0, 0, 0, 0, byte(n)}
}

// Faults are the error codes that are drawn: first those that an agent recovers
// from, then all others that are known, in both spellings, one that is not, and
// none.
func Faults() []string {
	return []string{
		"InvalidCookie", "ServerChanged", "ConfigChanged", "CookieExpired", "InvalidAuthorizationCookie",
		"RegistrationRequired", "RegistrationNotRequired", "InvalidParameters", "InvalidParameter", "InternalServerError",
		"ServerBusy", "FileLocationChanged", "FileLocationsChanged", "Unheard", "",
	}
}

// world is what does not change within a script: what each update is.
type world struct {
	kinds     [updates]wsus.Kind
	installed [updates][3]bool
	trouble   int // how rare faults are
}

func drawWorld(t *rapid.T) *world {
	w := &world{trouble: rapid.SampledFrom([]int{2, 5, 20}).Draw(t, "trouble")}
	for i := range w.kinds {
		w.kinds[i] = rapid.SampledFrom([]wsus.Kind{
			wsus.KindCategory, wsus.KindDetectoid, wsus.KindSoftware, wsus.KindSoftware, wsus.KindDriver,
		}).Draw(t, "kind")
		for r := range w.installed[i] {
			w.installed[i][r] = rapid.Bool().Draw(t, "installed")
		}
	}
	return w
}

// rarely is true once in n.
func rarely(t *rapid.T, n int, label string) bool { return rapid.IntRange(1, n).Draw(t, label) == n }

func number(t *rapid.T) int32 { return rapid.Int32Range(1, numbers).Draw(t, "number") }

func identity(t *rapid.T) wsus.Identity {
	return wsus.Identity{
		ID:       Update(rapid.IntRange(1, updates).Draw(t, "update")),
		Revision: compliance.Revision(rapid.IntRange(100, 102).Draw(t, "revision")),
	}
}

func action(t *rapid.T) wsus.Action {
	return rapid.SampledFrom([]wsus.Action{
		wsus.ActionEvaluate, wsus.ActionInstall, wsus.ActionInstall, wsus.ActionPreDeploymentCheck, wsus.ActionOptionalInstall,
		wsus.ActionUninstall, wsus.ActionBundle, wsus.ActionBlock,
	}).Draw(t, "action")
}

func (w *world) update(t *rapid.T) wusptest.ScriptUpdate {
	id := identity(t)
	i := int(id.ID[15]) - 1
	return wusptest.ScriptUpdate{
		ID: number(t), Identity: id, Kind: w.kinds[i], Leaf: rapid.Bool().Draw(t, "leaf"), Action: action(t),
		Installed: w.installed[i][id.Revision-100], Broken: rarely(t, 60, "broken"),
	}
}

func (w *world) sync(t *rapid.T) *wusptest.ScriptSync {
	s := &wusptest.ScriptSync{
		Truncated: rarely(t, 3, "truncated"), DriversNotNeeded: rapid.Bool().Draw(t, "drivers not needed"),
		Cookie: rapid.SampledFrom([]string{"", "c1", "c2"}).Draw(t, "cookie"),
	}
	for range rapid.IntRange(0, newAtOnce).Draw(t, "new") {
		s.New = append(s.New, w.update(t))
	}
	for range rapid.IntRange(-3, 2).Draw(t, "changed") {
		s.Changed = append(s.Changed, wusptest.ScriptChange{ID: number(t), Leaf: rapid.Bool().Draw(t, "leaf"), Action: action(t)})
	}
	for range rapid.IntRange(-3, 2).Draw(t, "out of scope") {
		s.OutOfScope = append(s.OutOfScope, number(t))
	}
	return s
}

func configuration(t *rapid.T) *wusptest.ScriptConfiguration {
	c := wusptest.DefaultScriptConfiguration()
	c.LastChange = rapid.SampledFrom([]string{c.LastChange, "2026-11-02T08:00:00.5", "yesterday"}).Draw(t, "last change")
	c.Registration = rapid.Bool().Draw(t, "registration")
	c.ServerVersion = rapid.SampledFrom([]*string{nil, new("3.2"), new("3.2"), new("3.1"), new("3.10"), new("10.0")}).Draw(t, "server version")
	c.MaxExtended = rapid.SampledFrom([]*int{nil, new(1), new(2), new(50), new(2000)}).Draw(t, "max extended")
	if rarely(t, 4, "service") {
		c.ServiceURL = rapid.SampledFrom([]string{
			"", "/auth.asmx", "auth.asmx", "sub/../auth.asmx?a=1", "http://wsus.example.test:8530/x", "//wsus.example.test:8530/y",
			"http://other.example.test:8530/x", "https://wsus.example.test:8530/x", "http://wsus.example.test/x", "//other.example.test/z",
		}).Draw(t, "service url")
	}
	return &c
}

// trouble is what is no answer.
func trouble(t *rapid.T) *wusptest.ScriptAnswer {
	if rarely(t, 8, "no fault") {
		return rapid.SampledFrom([]*wusptest.ScriptAnswer{
			{Status: 302, Redirect: "http://other.example.test/"},
			{Status: 400},
			{Status: 404},
			{Status: 500},
			{Status: 503},
			{Status: 505},
			{Status: 418},
			{Status: 204},
			{Status: 307},
			{Status: 200},
			{HTML: true},
			{Cut: true},
		}).Draw(t, "status")
	}
	faults := Faults()
	if !rarely(t, 4, "any fault") {
		faults = append(faults[:recovered:recovered], "CookieExpired", "CookieExpired") // it may come after each answer
	}
	return &wusptest.ScriptAnswer{Fault: new(rapid.SampledFrom(faults).Draw(t, "fault"))}
}

// answer draws what a call gets, nil for the default.
func (w *world) answer(t *rapid.T, op string) *wusptest.ScriptAnswer {
	if rarely(t, w.trouble, "trouble") {
		return trouble(t)
	}
	a := new(wusptest.ScriptAnswer)
	switch op {
	case wusptest.CallGetConfig:
		a.Configuration = configuration(t)
	case wusptest.CallAuthorize:
		a.Cookie = rapid.SampledFrom([]*string{nil, new("a1"), new("a2"), new("a1"), new("")}).Draw(t, "auth")
	case wusptest.CallGetCookie:
		a.Cookie = rapid.SampledFrom([]*string{nil, new("k1"), new("k2"), new("")}).Draw(t, "cookie")
	case wusptest.CallCategoryScan:
		a.Categories = &wusptest.ScriptCategories{}
		if rapid.Bool().Draw(t, "prefers") {
			a.Categories.Preferred = []compliance.UpdateID{Update(rapid.IntRange(9, 10).Draw(t, "preferred"))}
		} else if rapid.Bool().Draw(t, "none") {
			a.Categories.Preferred = []compliance.UpdateID{}
		}
		if rapid.Bool().Draw(t, "some unknown") {
			a.Categories.Unknown = []compliance.UpdateID{Update(9)}
		}
	case wusptest.CallSyncUpdates:
		a.Sync = w.sync(t)
	case wusptest.CallRefreshCache:
		for range rapid.IntRange(0, 8).Draw(t, "rows") {
			a.Rows = append(a.Rows, wusptest.ScriptRow{ID: number(t), Identity: identity(t), Leaf: rapid.Bool().Draw(t, "leaf"), Action: action(t)})
		}
	case wusptest.CallExtendedInfo:
		for range rapid.IntRange(-2, 2).Draw(t, "out of scope") {
			a.OutOfScope = append(a.OutOfScope, number(t))
		}
	}
	return a
}

// calls are the calls of a scan.
var calls = []string{
	wusptest.CallGetConfig, wusptest.CallAuthorize, wusptest.CallGetCookie, wusptest.CallRegister,
	wusptest.CallCategoryScan, wusptest.CallSyncUpdates, wusptest.CallRefreshCache, wusptest.CallExtendedInfo,
}

// Script draws a script of up to so many retrievals.
func Script(retrievals int) *rapid.Generator[wusptest.Script] {
	return rapid.Custom(func(t *rapid.T) wusptest.Script {
		w := drawWorld(t)
		s := wusptest.Script{
			Config: wusptest.ScriptConfig{
				Version:      rapid.SampledFrom([]string{"", "1.6", "1.7", "1.10", "2.0"}).Draw(t, "version"),
				MaxTrips:     rapid.IntRange(1, 12).Draw(t, "max trips"),
				MaxInstalled: rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "max installed"),
				Drivers:      rapid.Bool().Draw(t, "drivers"),
			},
			Server: wusptest.ScriptServer{Answers: make(map[string][]*wusptest.ScriptAnswer), Always: make(map[string]*wusptest.ScriptAnswer)},
		}
		if rarely(t, 3, "categories") {
			for n := range rapid.IntRange(1, 2).Draw(t, "how many") {
				s.Config.Categories = append(s.Config.Categories, Update(9+n))
			}
		}
		if rapid.Bool().Draw(t, "configured") {
			s.Server.Config = configuration(t)
		}
		for _, op := range calls {
			most := answers
			if op != wusptest.CallSyncUpdates {
				most = answers / 2
			}
			for range rapid.IntRange(0, most).Draw(t, op) {
				s.Server.Answers[op] = append(s.Server.Answers[op], w.answer(t, op))
			}
			if rarely(t, 6, "always "+op) {
				s.Server.Always[op] = w.answer(t, op)
			}
		}
		for range rapid.IntRange(1, retrievals).Draw(t, "retrievals") {
			s.Retrievals = append(s.Retrievals, wusptest.ScriptRetrieval{
				SSLOnly: rarely(t, 12, "ssl only"), Restart: rarely(t, 3, "restart"),
			})
		}
		return s
	})
}
