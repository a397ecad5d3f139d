package ops

import (
	"context"
	"fmt"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// wireRun has the library's client retrieve from the scripted server.
func (library) wireRun(in wireIn) (wireOut, error) {
	s, err := in.script()
	if err != nil {
		return wireOut{}, err
	}
	out, err := wusptest.Play(context.Background(), s)
	if err != nil {
		return wireOut{}, err
	}
	return wireOutcome(out)
}

// wireRun has the reference model of an update agent do it.
func (m model) wireRun(in wireIn) (wireOut, error) {
	s, err := in.script()
	if err != nil {
		return wireOut{}, err
	}
	return wireOutcome(wusptest.Model{Mistake: m.mistake}.Run(s))
}

// The answer of wire.run.
type (
	wireOut struct {
		Retrievals []wireResult `json:"retrievals"`
	}
	wireResult struct {
		Calls   []any       `json:"calls"`
		Result  string      `json:"result"`
		Code    *string     `json:"code"`
		Updates []wireKnown `json:"updates"`
	}
	wireKnown struct {
		Update   compliance.UpdateID `json:"update"`
		Revision compliance.Revision `json:"revision"`
		Kind     wsus.Kind           `json:"kind"`
		Leaf     bool                `json:"leaf"`
		Action   wsus.Action         `json:"action"`
	}
	wireOp struct {
		Op string `json:"op"`
	}
	wireGetConfig struct {
		wireOp
		Version string `json:"version"`
	}
	wireAuthorize struct {
		wireOp
		URL string `json:"url"`
	}
	wireGetCookie struct {
		wireOp
		Auth       string  `json:"auth"`
		OldCookie  *string `json:"old_cookie"`
		LastChange string  `json:"last_change"`
	}
	wireShows struct {
		wireOp
		Cookie string `json:"cookie"`
	}
	wireCategoryScan struct {
		wireOp
		Categories []compliance.UpdateID `json:"categories"`
	}
	wireSyncUpdates struct {
		wireShows
		Pass      string                `json:"pass"`
		Installed []int32               `json:"installed"`
		Other     []int32               `json:"other"`
		Drivers   []int32               `json:"drivers"`
		Filter    []compliance.UpdateID `json:"filter"`
	}
	wirePair struct {
		Update   compliance.UpdateID `json:"update"`
		Revision compliance.Revision `json:"revision"`
	}
	wireRefreshCache struct {
		wireShows
		Updates []wirePair `json:"updates"`
	}
	wireExtendedInfo struct {
		wireShows
		IDs []int32 `json:"ids"`
	}
)

// wireOutcome writes what an agent did.
func wireOutcome(o wusptest.Outcome) (wireOut, error) {
	out := wireOut{Retrievals: []wireResult{}}
	for _, r := range o.Retrievals {
		result := wireResult{Calls: []any{}, Result: r.Result}
		for _, c := range r.Calls {
			call, err := wireCall(c)
			if err != nil {
				return wireOut{}, err
			}
			result.Calls = append(result.Calls, call)
		}
		if r.Result == wusptest.ResultFailed {
			code := r.Code.String()
			result.Code = &code
		}
		if r.Result == wusptest.ResultCompleted {
			result.Updates = []wireKnown{}
		}
		for _, u := range r.Updates {
			result.Updates = append(result.Updates, wireKnown{u.ID, u.Revision, u.Kind, u.Leaf, u.Action})
		}
		out.Retrievals = append(out.Retrievals, result)
	}
	return out, nil
}

// wireCall writes a call.
func wireCall(c wusptest.ScriptCall) (any, error) {
	op := wireOp{c.Op}
	shows := wireShows{op, c.Cookie}
	switch c.Op {
	case wusptest.CallGetConfig:
		return wireGetConfig{op, c.Version}, nil
	case wusptest.CallAuthorize:
		return wireAuthorize{op, c.URL}, nil
	case wusptest.CallGetCookie:
		return wireGetCookie{op, c.Auth, c.OldCookie, c.LastChange}, nil
	case wusptest.CallRegister:
		return shows, nil
	case wusptest.CallCategoryScan:
		return wireCategoryScan{op, empty(c.Categories)}, nil
	case wusptest.CallSyncUpdates:
		return wireSyncUpdates{shows, c.Pass, empty(c.Installed), empty(c.Other), empty(c.Drivers), empty(c.Filter)}, nil
	case wusptest.CallRefreshCache:
		pairs := []wirePair{}
		for _, u := range c.Updates {
			pairs = append(pairs, wirePair{u.ID, u.Revision})
		}
		return wireRefreshCache{shows, pairs}, nil
	case wusptest.CallExtendedInfo:
		return wireExtendedInfo{shows, empty(c.IDs)}, nil
	}
	return nil, fmt.Errorf("%w: %q", errWireOp, c.Op)
}
