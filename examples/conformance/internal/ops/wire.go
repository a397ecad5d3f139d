package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// The question of wire.run.
type (
	wireIn struct {
		Config     wireConfig      `json:"config"`
		Server     wireServer      `json:"server"`
		Retrievals []wireRetrieval `json:"retrievals"`
	}
	wireConfig struct {
		URL          *string               `json:"url" in:"optional"`
		Version      *string               `json:"version" in:"optional"`
		MaxTrips     *int                  `json:"max_trips" in:"optional"`
		MaxInstalled *int                  `json:"max_installed" in:"optional"`
		Drivers      bool                  `json:"drivers" in:"optional"`
		Categories   []compliance.UpdateID `json:"categories" in:"optional"`
	}
	wireServer struct {
		Config  json.RawMessage `json:"config" in:"optional"`
		Answers json.RawMessage `json:"answers" in:"optional"`
		Always  json.RawMessage `json:"always" in:"optional"`
	}
	wireRetrieval struct {
		SSLOnly bool `json:"ssl_only" in:"optional"`
		Restart bool `json:"restart" in:"optional"`
	}
)

// script is the question as the kit has it.
func (in wireIn) script() (wusptest.Script, error) {
	s := wusptest.Script{Config: wusptest.ScriptConfig{Drivers: in.Config.Drivers, Categories: in.Config.Categories}}
	for _, text := range []struct {
		from *string
		to   *string
	}{{in.Config.URL, &s.Config.URL}, {in.Config.Version, &s.Config.Version}} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	for _, n := range []struct {
		key  string
		from *int
		to   *int
	}{{"max_trips", in.Config.MaxTrips, &s.Config.MaxTrips}, {"max_installed", in.Config.MaxInstalled, &s.Config.MaxInstalled}} {
		if n.from != nil && *n.from < 1 {
			return s, fmt.Errorf("config: %s is %d, want more than nothing", n.key, *n.from)
		}
		if n.from != nil {
			*n.to = *n.from
		}
	}
	for _, r := range in.Retrievals {
		s.Retrievals = append(s.Retrievals, wusptest.ScriptRetrieval(r))
	}
	var err error
	s.Server, err = in.Server.script()
	return s, err
}

func (in wireServer) script() (wusptest.ScriptServer, error) {
	s := wusptest.ScriptServer{Answers: map[string][]*wusptest.ScriptAnswer{}, Always: map[string]*wusptest.ScriptAnswer{}}
	if in.Config != nil {
		a, err := wireAnswer(wusptest.CallGetConfig, in.Config)
		if err != nil || a == nil || a.Configuration == nil {
			return s, fmt.Errorf("server.config: no configuration (%w)", err)
		}
		s.Config = a.Configuration
	}
	lists, err := wireMembers(in.Answers)
	if err != nil {
		return s, fmt.Errorf("server.answers: %w", err)
	}
	for op, raw := range lists {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil || list == nil {
			return s, fmt.Errorf("server.answers.%s is no list", op)
		}
		for i, raw := range list {
			a, err := wireAnswer(op, raw)
			if err != nil {
				return s, fmt.Errorf("server.answers.%s[%d]: %w", op, i, err)
			}
			s.Answers[op] = append(s.Answers[op], a)
		}
	}
	always, err := wireMembers(in.Always)
	if err != nil {
		return s, fmt.Errorf("server.always: %w", err)
	}
	for op, raw := range always {
		if s.Always[op], err = wireAnswer(op, raw); err != nil {
			return s, fmt.Errorf("server.always.%s: %w", op, err)
		}
	}
	return s, nil
}

// wireMembers are the members of an object that may be missing.
func wireMembers(raw json.RawMessage) (map[string]json.RawMessage, error) {
	if raw == nil {
		return nil, nil
	}
	return membersOf(raw)
}

// What a call may be answered with instead of an answer.
type (
	wireFault struct {
		Fault string `json:"fault"`
	}
	wireStatus struct {
		Status   int    `json:"status"`
		Redirect string `json:"redirect" in:"optional"`
	}
	wireHTML struct {
		HTML bool `json:"html"`
	}
	wireCut struct {
		Cut bool `json:"cut"`
	}
)

var (
	errWireTrue = errors.New("only true has a meaning")
	errWireOp   = errors.New("unknown operation of the protocol")
)

// wireAnswer reads what a call is answered with, nil for the default answer.
func wireAnswer(op string, raw json.RawMessage) (*wusptest.ScriptAnswer, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	members, err := membersOf(raw)
	if err != nil {
		return nil, err
	}
	a := new(wusptest.ScriptAnswer)
	if _, is := members["fault"]; is {
		var in wireFault
		err = decode(raw, &in)
		a.Fault = &in.Fault
		return a, err
	}
	if _, is := members["status"]; is {
		var in wireStatus
		if err = decode(raw, &in); err == nil && in.Status < 200 {
			err = fmt.Errorf("%d is no status of an answer", in.Status)
		}
		a.Status, a.Redirect = in.Status, in.Redirect
		return a, err
	}
	if _, is := members["html"]; is {
		var in wireHTML
		if err = decode(raw, &in); err == nil && !in.HTML {
			err = errWireTrue
		}
		a.HTML = true
		return a, err
	}
	if _, is := members["cut"]; is {
		var in wireCut
		if err = decode(raw, &in); err == nil && !in.Cut {
			err = errWireTrue
		}
		a.Cut = true
		return a, err
	}
	return a, wireContent(op, raw, a)
}

// The answers by operation.
type (
	wireConfiguration struct {
		LastChange    string  `json:"last_change" in:"optional"`
		Registration  bool    `json:"registration" in:"optional"`
		ServerVersion *string `json:"server_version" in:"optional,null"`
		MaxExtended   *int    `json:"max_extended" in:"optional,null"`
		ServiceURL    string  `json:"service_url" in:"optional"`
	}
	wireCookie struct {
		Cookie *string `json:"cookie" in:"optional"`
	}
	wireCategories struct {
		Preferred []compliance.UpdateID `json:"preferred" in:"optional,null"`
		Unknown   []compliance.UpdateID `json:"unknown" in:"optional"`
	}
	wireSync struct {
		New              []wireUpdate `json:"new" in:"optional"`
		Changed          []wireChange `json:"changed" in:"optional"`
		OutOfScope       []int32      `json:"out_of_scope" in:"optional"`
		Truncated        bool         `json:"truncated" in:"optional"`
		Cookie           string       `json:"cookie" in:"optional"`
		DriversNotNeeded bool         `json:"drivers_not_needed" in:"optional"`
	}
	wireUpdate struct {
		ID        int32                `json:"id"`
		Update    compliance.UpdateID  `json:"update"`
		Revision  *compliance.Revision `json:"revision" in:"optional"`
		Kind      wsus.Kind            `json:"kind"`
		Leaf      bool                 `json:"leaf"`
		Action    wsus.Action          `json:"action"`
		Installed bool                 `json:"installed" in:"optional"`
		Broken    bool                 `json:"broken" in:"optional"`
	}
	wireChange struct {
		ID     int32       `json:"id"`
		Leaf   bool        `json:"leaf"`
		Action wsus.Action `json:"action"`
	}
	wireRefresh struct {
		Rows []wireRow `json:"rows" in:"optional,null"`
	}
	wireRow struct {
		ID       int32                `json:"id"`
		Update   compliance.UpdateID  `json:"update"`
		Revision *compliance.Revision `json:"revision" in:"optional"`
		Leaf     bool                 `json:"leaf"`
		Action   wsus.Action          `json:"action"`
	}
	wireExtended struct {
		OutOfScope []int32 `json:"out_of_scope" in:"optional"`
	}
)

// wireContent reads an answer of an operation.
func wireContent(op string, raw json.RawMessage, a *wusptest.ScriptAnswer) error {
	switch op {
	case wusptest.CallGetConfig:
		in := wireConfiguration(wusptest.DefaultScriptConfiguration())
		if err := decode(raw, &in); err != nil {
			return err
		}
		if in.MaxExtended != nil && *in.MaxExtended < 1 {
			return fmt.Errorf("max_extended is %d, want more than nothing", *in.MaxExtended)
		}
		a.Configuration = (*wusptest.ScriptConfiguration)(&in)
		return nil
	case wusptest.CallAuthorize, wusptest.CallGetCookie:
		var in wireCookie
		err := decode(raw, &in)
		a.Cookie = in.Cookie
		return err
	case wusptest.CallRegister:
		return decode(raw, new(nothingIn))
	case wusptest.CallCategoryScan:
		a.Categories = new(wusptest.ScriptCategories)
		return decode(raw, (*wireCategories)(a.Categories))
	case wusptest.CallSyncUpdates:
		var in wireSync
		if err := decode(raw, &in); err != nil {
			return err
		}
		var err error
		a.Sync, err = in.script()
		return err
	case wusptest.CallRefreshCache:
		var in wireRefresh
		if err := decode(raw, &in); err != nil {
			return err
		}
		for _, r := range in.Rows {
			id, err := wireIdentity(r.ID, r.Update, r.Revision, r.Action)
			if err != nil {
				return err
			}
			a.Rows = append(a.Rows, wusptest.ScriptRow{ID: r.ID, Identity: id, Leaf: r.Leaf, Action: r.Action})
		}
		return nil
	case wusptest.CallExtendedInfo:
		var in wireExtended
		err := decode(raw, &in)
		a.OutOfScope = in.OutOfScope
		return err
	}
	return fmt.Errorf("%w: %q", errWireOp, op)
}

func (in wireSync) script() (*wusptest.ScriptSync, error) {
	s := &wusptest.ScriptSync{OutOfScope: in.OutOfScope, Truncated: in.Truncated, Cookie: in.Cookie, DriversNotNeeded: in.DriversNotNeeded}
	for _, u := range in.New {
		id, err := wireIdentity(u.ID, u.Update, u.Revision, u.Action)
		if err != nil {
			return nil, err
		}
		s.New = append(s.New, wusptest.ScriptUpdate{
			ID: u.ID, Identity: id, Kind: u.Kind, Leaf: u.Leaf, Action: u.Action, Installed: u.Installed, Broken: u.Broken,
		})
	}
	for _, c := range in.Changed {
		s.Changed = append(s.Changed, wusptest.ScriptChange(c))
	}
	return s, nil
}

// wireRevision is the revision of an update that does not say.
const wireRevision = 100

// wireIdentity checks what an update says of itself.
func wireIdentity(number int32, id compliance.UpdateID, revision *compliance.Revision, action wsus.Action) (wsus.Identity, error) {
	r := compliance.Revision(wireRevision)
	if revision != nil {
		r = *revision
	}
	if number < 1 || r > math.MaxInt32 {
		return wsus.Identity{}, fmt.Errorf("update %d, revision %d: out of range", number, r)
	}
	if action == wsus.ActionNone {
		return wsus.Identity{}, fmt.Errorf("update %d: %v is no action of a deployment", number, action)
	}
	return wsus.Identity{ID: id, Revision: r}, nil
}
