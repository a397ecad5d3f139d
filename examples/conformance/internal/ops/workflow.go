package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/ttl"
)

// The question and the answer of workflow.run.
type (
	workflowIn struct {
		Config workflowConfig `json:"config"`
		Steps  []workflowStep `json:"steps"`
	}
	workflowStep struct {
		At    moment          `json:"at"`
		Event json.RawMessage `json:"event"`
	}
	workflowConfig struct {
		TTL           *seconds            `json:"ttl_s" in:"optional"`
		Tolerance     *seconds            `json:"tolerance_s" in:"optional"`
		Retry         retryPolicy         `json:"retry" in:"optional"`
		Cycle         cyclePolicy         `json:"cycle" in:"optional"`
		ScanSchedule  schedule            `json:"scan_schedule" in:"optional"`
		Reevaluation  schedule            `json:"reevaluation" in:"optional"`
		InitialWindow *seconds            `json:"initial_window_s" in:"optional"`
		UpdateSource  compliance.UpdateID `json:"update_source" in:"optional"`
		SiteCode      string              `json:"site_code" in:"optional"`
		ReportRemoved bool                `json:"report_removed" in:"optional"`
		Random        []string            `json:"random" in:"optional"`
	}
	schedule struct {
		Interval *seconds `json:"interval_s" in:"optional"`
		Start    *moment  `json:"start" in:"optional,null"`
		Disabled bool     `json:"disabled" in:"optional"`
	}
	workflowOut struct {
		Steps []stepOut `json:"steps"`
		End   endOut    `json:"end"`
	}
	stepOut struct {
		Effects []any   `json:"effects"`
		Next    *moment `json:"next"`
	}
	endOut struct {
		Baseline   []record `json:"baseline"`
		Stamp      *stamp   `json:"stamp"`
		Source     string   `json:"source"`
		Waiting    int      `json:"waiting"`
		InFlight   int      `json:"in_flight"`
		LastSerial uint64   `json:"last_serial"`
	}
)

func (s schedule) in(key string) (scan.Schedule, error) {
	out := scan.Schedule{Interval: given(s.Interval, 7*24*60*60), Disabled: s.Disabled}
	if s.Start != nil {
		out.Start = s.Start.Time
	}
	return out, positive(key+".interval_s", out.Interval)
}

// in returns the configuration with every field set but the table of retries.
func (c workflowConfig) in() (scan.MachineConfig, error) {
	out := scan.MachineConfig{
		InitialWindow: given(c.InitialWindow, 2*60*60),
		UpdateSource:  c.UpdateSource, SiteCode: c.SiteCode, ReportRemoved: c.ReportRemoved,
	}
	var errs [6]error
	out.TTL, errs[0] = policyIn(c.TTL, c.Tolerance)
	out.Retry, errs[1] = c.Retry.in()
	out.Cycle, errs[2] = c.Cycle.in()
	out.ScanSchedule, errs[3] = c.ScanSchedule.in("scan_schedule")
	out.Reevaluation, errs[4] = c.Reevaluation.in("reevaluation")
	errs[5] = positive("initial_window_s", out.InitialWindow)
	if err := errors.Join(errs[:]...); err != nil {
		return out, fmt.Errorf("config: %w", err)
	}
	numbers, err := randomNumbers(c.Random)
	if err != nil {
		return out, fmt.Errorf("config: random: %w", err)
	}
	out.Rand = &numbers
	return out, nil
}

// random is a source of the numbers that are given, and of zeros after them.
type random []uint64

// Uint64 implements [scan.Rand].
func (r *random) Uint64() uint64 {
	if len(*r) == 0 {
		return 0
	}
	n := (*r)[0]
	*r = (*r)[1:]
	return n
}

func randomNumbers(texts []string) (random, error) {
	var r random
	for _, text := range texts {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, err
		}
		r = append(r, n)
	}
	return r, nil
}

// The effects.
type (
	runOut struct {
		Job     uint64 `json:"job"`
		Attempt uint32 `json:"attempt"`
	}
	plainEffect struct {
		Type string `json:"type"`
	}
	storeEffect struct {
		Type string `json:"type"`
		runOut
		Stamp  *stamp `json:"stamp"`
		Source string `json:"source"`
	}
	locateEffect struct {
		Type string `json:"type"`
		runOut
		UpdateSource compliance.UpdateID `json:"update_source"`
		Version      uint32              `json:"version"`
		SiteCode     string              `json:"site_code"`
		Internet     bool                `json:"internet"`
	}
	readPolicyEffect struct {
		Type string `json:"type"`
		runOut
	}
	writePolicyEffect struct {
		Type string `json:"type"`
		runOut
		Policy policy `json:"policy"`
	}
	retrieveEffect struct {
		Type string `json:"type"`
		runOut
		URL     string `json:"url"`
		SSLOnly bool   `json:"ssl_only"`
	}
	evaluateEffect struct {
		Type string `json:"type"`
		runOut
		Stored bool `json:"stored"`
	}
	finishedEffect struct {
		Type   string    `json:"type"`
		Result resultOut `json:"result"`
	}
	sendEffect struct {
		Type  string `json:"type"`
		Batch batch  `json:"batch"`
	}
	resultOut struct {
		runOut
		Type       *string    `json:"type"`
		Triggers   []string   `json:"triggers"`
		Tokens     []uint64   `json:"tokens"`
		Outcome    string     `json:"outcome"`
		Code       *string    `json:"code"`
		Decision   *decision  `json:"decision"`
		Connected  bool       `json:"connected"`
		Server     string     `json:"server"`
		Stamp      *stamp     `json:"stamp"`
		FreshUntil *moment    `json:"fresh_until"`
		Started    *moment    `json:"started"`
		Finished   *moment    `json:"finished"`
		RetryAt    *moment    `json:"retry_at"`
		Records    []record   `json:"records"`
		Changes    []change   `json:"changes"`
		Checks     []checkOut `json:"checks"`
	}
	checkOut struct {
		ID    compliance.UpdateID `json:"id"`
		Found bool                `json:"found"`
		State compliance.State    `json:"state"`
	}
)

// effectOut returns the form of an effect; ok is false for one that the
// vectors leave out. fresh says which reason is that of fresh metadata.
func effectOut(e scan.Effect, asked string, fresh func(ttl.Verdict) bool) (form any, ok bool) {
	switch e := e.(type) {
	case scan.Commit:
		switch e.Metadata {
		case scan.KeepMetadata:
		case scan.ClearMetadata:
			return plainEffect{Type: "clear_metadata"}, true
		case scan.StoreMetadata:
			return storeEffect{Type: "store_metadata", runOut: runOut(e.Run), Stamp: stampOut(e.Stamp), Source: e.Source}, true
		}
		return nil, false
	case scan.Locate:
		return locateEffect{
			Type: "locate", runOut: runOut(e.Run), UpdateSource: e.Request.UpdateSource, Version: e.Request.Version,
			SiteCode: e.Request.SiteCode, Internet: e.Request.Internet,
		}, true
	case scan.ReadPolicy:
		return readPolicyEffect{Type: "read_policy", runOut: runOut(e.Run)}, true
	case scan.WritePolicy:
		return writePolicyEffect{Type: "write_policy", runOut: runOut(e.Run), Policy: policy(e.Policy)}, true
	case scan.Retrieve:
		return retrieveEffect{Type: "retrieve", runOut: runOut(e.Run), URL: e.Location.URL, SSLOnly: e.SSLOnly}, true
	case scan.Evaluate:
		return evaluateEffect{Type: "evaluate", runOut: runOut(e.Run), Stored: e.Stored}, true
	case scan.Finished:
		return finishedEffect{Type: "finished", Result: resultForm(e.Result, asked, fresh)}, true
	case scan.Send:
		return sendEffect{Type: "send", Batch: batchOut(e.Batch)}, true
	}
	return nil, false
}

// resultForm returns the form of a result. asked is the text of the trigger
// that was asked for in this step, which a refusal repeats.
func resultForm(r scan.Result, asked string, fresh func(ttl.Verdict) bool) resultOut {
	out := resultOut{
		runOut: runOut(r.Run), Triggers: tokens(r.Triggers), Tokens: empty(r.Tokens), Outcome: r.Outcome.String(),
		Connected: r.Connected, Server: r.Server, Stamp: stampOut(r.Stamp),
		FreshUntil: momentOf(r.FreshUntil), Started: momentOf(r.Started), Finished: momentOf(r.Finished), RetryAt: momentOf(r.RetryAt),
		Changes: changesOut(r.Changes), Checks: []checkOut{},
	}
	if r.Type != 0 {
		text := r.Type.String()
		out.Type = &text
	} else {
		out.Triggers = []string{asked}
	}
	if r.Failure.Code != 0 {
		text := r.Failure.Code.String()
		out.Code = &text
	}
	if r.Decision.Action != 0 {
		out.Decision = decisionOut(r.Decision, fresh)
	}
	if r.Snapshot != nil {
		out.Records = snapshotOut(r.Snapshot)
	}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, checkOut(c))
	}
	return out
}

func decisionOut(d scan.Decision, fresh func(ttl.Verdict) bool) *decision {
	return &decision{Action: d.Action.String(), Reason: d.Reason.String(), Freshness: freshnessOut(d.Verdict, fresh(d.Verdict))}
}

// snapshotOut returns the records of a snapshot, which may be nil.
func snapshotOut(s *compliance.Snapshot) []record {
	list := []record{}
	for r := range s.All() {
		list = append(list, record(r))
	}
	return list
}
