package ops

import (
	"encoding/json"
	"fmt"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// happening is the form of an event of workflow.run that has no fault.
type happening interface{ event() scan.Event }

// answering is the form of an event that may have one, such as an answer that
// is also a failure.
type answering interface{ answer() (scan.Event, error) }

// eventOf returns the event of a form. A power-off has none.
func eventOf(form any) (scan.Event, error) {
	if h, ok := form.(happening); ok {
		return h.event(), nil
	}
	if a, ok := form.(answering); ok {
		return a.answer()
	}
	return nil, fmt.Errorf("%v is no event that a client takes in", form)
}

// The events.
type (
	plainEvent struct {
		Type string `json:"type"`
	}
	policyReceived struct {
		Type           string      `json:"type"`
		Enabled        bool        `json:"enabled"`
		ContentVersion ttl.Version `json:"content_version" in:"optional"`
		NativeMode     bool        `json:"native_mode" in:"optional"`
	}
	requested struct {
		Type     string                `json:"type"`
		Trigger  string                `json:"trigger"`
		Updates  []compliance.UpdateID `json:"updates" in:"optional"`
		Required ttl.Version           `json:"required" in:"optional"`
		Token    uint64                `json:"token" in:"optional"`
	}
	roamed struct {
		Type     string `json:"type"`
		Internet bool   `json:"internet"`
	}
	run struct {
		Job     uint64 `json:"job"`
		Attempt uint32 `json:"attempt"`
	}
	located struct {
		Type string `json:"type"`
		run
		Locations *[]location `json:"locations" in:"optional"`
		Code      *wsus.Code  `json:"code" in:"optional"`
	}
	policyRead struct {
		Type string `json:"type"`
		run
		Effective *policy    `json:"effective" in:"optional"`
		Code      *wsus.Code `json:"code" in:"optional"`
	}
	policyWritten struct {
		Type string `json:"type"`
		run
		Code *wsus.Code `json:"code" in:"optional"`
	}
	retrieved struct {
		Type string `json:"type"`
		run
		Version *ttl.Version `json:"version" in:"optional"`
		Code    *wsus.Code   `json:"code" in:"optional"`
	}
	evaluated struct {
		Type string `json:"type"`
		run
		Records *[]record  `json:"records" in:"optional"`
		Code    *wsus.Code `json:"code" in:"optional"`
	}
	interrupted struct {
		Type string `json:"type"`
		run
	}
	installed struct {
		Type            string                `json:"type"`
		Updates         []compliance.UpdateID `json:"updates"`
		Assignment      string                `json:"assignment" in:"optional"`
		RestartRequired bool                  `json:"restart_required" in:"optional"`
	}
	sendEnded struct {
		Type        string     `json:"type"`
		Batch       uint64     `json:"batch"`
		Code        *wsus.Code `json:"code" in:"optional"`
		RetryAfterS seconds    `json:"retry_after_s" in:"optional"`
		Interrupted bool       `json:"interrupted" in:"optional"`
		Resync      uint64     `json:"resync" in:"optional"`
	}
)

// eventIn reads the form of an event.
func eventIn(raw json.RawMessage) (any, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	switch kind.Type {
	case "policy_received":
		return as[policyReceived](raw)
	case "requested":
		return as[requested](raw)
	case "roamed":
		return as[roamed](raw)
	case "located":
		return as[located](raw)
	case "policy_read":
		return as[policyRead](raw)
	case "policy_written":
		return as[policyWritten](raw)
	case "retrieved":
		return as[retrieved](raw)
	case "evaluated":
		return as[evaluated](raw)
	case "interrupted":
		return as[interrupted](raw)
	case "installed":
		return as[installed](raw)
	case "send_ended":
		return as[sendEnded](raw)
	case "resumed", "restarted", "refresh_asked", "send_asked", "metadata_lost", "tick", powerOff:
		return as[plainEvent](raw)
	}
	return nil, fmt.Errorf("unknown event %q", kind.Type)
}

// powerOff is the event that ends the process.
const powerOff = "power_off"

// as reads an event of one form.
func as[E any](raw json.RawMessage) (any, error) {
	var e E
	err := decode(raw, &e)
	return e, err
}

// either returns the failure of a code, and an error unless exactly one of
// code and answer is given.
func either(code *wsus.Code, answered bool, key string) (scan.Failure, error) {
	if answered == (code != nil) {
		return scan.Failure{}, fmt.Errorf("want %s or code", key)
	}
	return failure(code)
}

// failure returns the failure of a code, none for nil.
func failure(code *wsus.Code) (scan.Failure, error) {
	if code == nil {
		return scan.Failure{}, nil
	}
	if *code == 0 {
		return scan.Failure{}, fmt.Errorf("code %v is no failure", *code)
	}
	return scan.Failure{Code: *code}, nil
}

func (e plainEvent) answer() (scan.Event, error) {
	switch e.Type {
	case "resumed":
		return scan.Resumed{}, nil
	case "restarted":
		return scan.Restarted{}, nil
	case "refresh_asked":
		return scan.RefreshAsked{}, nil
	case "send_asked":
		return scan.SendAsked{}, nil
	case "metadata_lost":
		return scan.MetadataLost{}, nil
	case "tick":
		return scan.Tick{}, nil
	}
	return nil, fmt.Errorf("%q is no event that a client takes in", e.Type)
}

func (e policyReceived) event() scan.Event {
	return scan.PolicyReceived{Policy: scan.Policy{Enabled: e.Enabled, ContentVersion: e.ContentVersion, NativeMode: e.NativeMode}}
}

// event leaves the trigger out: reading its text is for the rules.
func (e requested) event() scan.Event {
	return scan.Requested{Request: scan.Request{Updates: e.Updates, Required: e.Required}, Token: e.Token}
}

func (e roamed) event() scan.Event { return scan.Roamed{Internet: e.Internet} }

func (e located) answer() (scan.Event, error) {
	f, err := either(e.Code, e.Locations != nil, "locations")
	out := scan.Located{Run: scan.Run(e.run), Failure: f}
	if e.Locations != nil {
		out.Locations = locationsIn(*e.Locations)
	}
	return out, err
}

func (e policyRead) answer() (scan.Event, error) {
	f, err := either(e.Code, e.Effective != nil, "effective")
	out := scan.PolicyRead{Run: scan.Run(e.run), Failure: f}
	if e.Effective != nil {
		out.Effective = wsus.Policy(*e.Effective)
	}
	return out, err
}

func (e policyWritten) answer() (scan.Event, error) {
	f, err := failure(e.Code)
	return scan.PolicyWritten{Run: scan.Run(e.run), Failure: f}, err
}

func (e retrieved) answer() (scan.Event, error) {
	f, err := either(e.Code, e.Version != nil, "version")
	out := scan.Retrieved{Run: scan.Run(e.run), Failure: f}
	if e.Version != nil {
		out.Version = *e.Version
	}
	return out, err
}

func (e evaluated) answer() (scan.Event, error) {
	f, err := either(e.Code, e.Records != nil, "records")
	out := scan.Evaluated{Run: scan.Run(e.run), Failure: f}
	if err == nil && e.Records != nil {
		out.Evaluation.Snapshot, err = compliance.NewSnapshot(nil, recordsIn(*e.Records))
	}
	return out, err
}

func (e interrupted) event() scan.Event { return scan.Interrupted{Run: scan.Run(e.run)} }

func (e installed) event() scan.Event {
	return scan.Installed{Installation: scan.Installation{
		Updates: e.Updates, Assignment: e.Assignment, RestartRequired: e.RestartRequired,
	}}
}

func (e sendEnded) answer() (scan.Event, error) {
	f, err := failure(e.Code)
	return scan.SendEnded{
		Batch: e.Batch, Failure: f, RetryAfter: e.RetryAfterS.duration(), Interrupted: e.Interrupted, Resync: e.Resync,
	}, err
}

// withTrigger returns a request with its trigger, 0 for an unknown one.
func withTrigger(ev scan.Event, t scan.Trigger) scan.Event {
	if r, ok := ev.(scan.Requested); ok {
		r.Request.Trigger = t
		return r
	}
	return ev
}
