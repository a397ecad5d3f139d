package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// The questions and answers of topic trigger.
type (
	triggerIn struct {
		Trigger string `json:"trigger"`
	}
	triggerOut struct {
		Type         string  `json:"type"`
		Online       bool    `json:"online"`
		Forced       bool    `json:"forced"`
		NamesUpdates bool    `json:"names_updates"`
		ScheduleID   *string `json:"schedule_id"`
	}
	nothingIn   struct{}
	triggersOut struct {
		Triggers []string `json:"triggers"`
	}
	scheduleIn struct {
		ScheduleID string `json:"schedule_id"`
	}
	scheduleOut struct {
		Trigger string `json:"trigger"`
	}
	axes struct {
		Online bool `json:"online"`
		Forced bool `json:"forced"`
	}
	typeText struct {
		Type string `json:"type"`
	}
	requestIn struct {
		Trigger string                `json:"trigger"`
		Updates []compliance.UpdateID `json:"updates"`
	}
	okOut struct {
		OK bool `json:"ok"`
	}
)

// The questions and answers of topics ttl and decision.
type (
	checkIn struct {
		TTL       *seconds    `json:"ttl_s" in:"optional"`
		Tolerance *seconds    `json:"tolerance_s" in:"optional"`
		Stamp     *stamp      `json:"stamp" in:"null"`
		Required  ttl.Version `json:"required" in:"optional"`
		Now       moment      `json:"now"`
	}
	historyIn struct {
		TTL       *seconds          `json:"ttl_s" in:"optional"`
		Tolerance *seconds          `json:"tolerance_s" in:"optional"`
		Steps     []json.RawMessage `json:"steps"`
	}
	historyOut struct {
		Steps []any `json:"steps"`
	}
	stampAfter struct {
		Stamp *stamp `json:"stamp"`
	}
	checkAfter struct {
		Stamp     *stamp    `json:"stamp"`
		Freshness freshness `json:"freshness"`
	}
	decideIn struct {
		Type      string      `json:"type"`
		TTL       *seconds    `json:"ttl_s" in:"optional"`
		Tolerance *seconds    `json:"tolerance_s" in:"optional"`
		Stamp     *stamp      `json:"stamp" in:"null"`
		Required  ttl.Version `json:"required" in:"optional"`
		Now       moment      `json:"now"`
	}
	decision struct {
		Action    string    `json:"action"`
		Reason    string    `json:"reason"`
		Freshness freshness `json:"freshness"`
	}
)

// errBadPolicy is a freshness policy that cannot be.
var errBadPolicy = errors.New("TTL and tolerance are positive")

// policyIn returns the freshness policy. Both of its times are positive: for
// the library's policy zero means the default, and a vector writes what it
// means.
func policyIn(life, tolerance *seconds) (ttl.Policy, error) {
	p := ttl.Policy{
		TTL:       given(life, 24*60*60),
		Tolerance: given(tolerance, 5*60),
	}
	if p.TTL <= 0 || p.Tolerance <= 0 {
		return ttl.Policy{}, errBadPolicy
	}
	return p, nil
}

// The steps of ttl.history.
type (
	retrievedStep struct {
		At      moment      `json:"at"`
		Do      string      `json:"do"`
		Started moment      `json:"started"`
		Version ttl.Version `json:"version"`
	}
	checkStep struct {
		At       moment      `json:"at"`
		Do       string      `json:"do"`
		Required ttl.Version `json:"required" in:"optional"`
	}
	plainStep struct {
		At moment `json:"at"`
		Do string `json:"do"`
	}
)

// history is a client to which the steps of ttl.history happen.
type history interface {
	retrieved(started, completed time.Time, v ttl.Version) error
	answeredLocally(at time.Time)
	failed(at time.Time)
	cancelled(at time.Time)
	cleared() error
	stamp() ttl.Stamp
	check(required ttl.Version, now time.Time) freshness
}

// happen lets the steps happen to the client and returns their answers.
func (in historyIn) happen(h history) (historyOut, error) {
	out := historyOut{Steps: []any{}}
	for i, raw := range in.Steps {
		checked, err := historyStep(raw, h)
		if err != nil {
			return out, fmt.Errorf("step %d: %w", i, err)
		}
		if checked == nil {
			out.Steps = append(out.Steps, stampAfter{Stamp: stampOut(h.stamp())})
			continue
		}
		out.Steps = append(out.Steps, checkAfter{Stamp: stampOut(h.stamp()), Freshness: *checked})
	}
	return out, nil
}

// historyStep lets one step happen. A check returns its answer.
func historyStep(raw json.RawMessage, h history) (*freshness, error) {
	var kind struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	switch kind.Do {
	case "retrieved":
		var s retrievedStep
		if err := decode(raw, &s); err != nil {
			return nil, err
		}
		return nil, h.retrieved(s.Started.Time, s.At.Time, s.Version)
	case "check":
		var s checkStep
		if err := decode(raw, &s); err != nil {
			return nil, err
		}
		f := h.check(s.Required, s.At.Time)
		return &f, nil
	}
	var s plainStep
	if err := decode(raw, &s); err != nil {
		return nil, err
	}
	switch s.Do {
	case "answered_locally":
		h.answeredLocally(s.At.Time)
	case "failed":
		h.failed(s.At.Time)
	case "cancelled":
		h.cancelled(s.At.Time)
	case "cleared":
		return nil, h.cleared()
	default:
		return nil, fmt.Errorf("unknown step %q", s.Do)
	}
	return nil, nil
}

// The questions and answers of topics location and retry.
type (
	orderIn struct {
		Locations []location `json:"locations"`
		SSLOnly   bool       `json:"ssl_only" in:"optional"`
		Internet  bool       `json:"internet" in:"optional"`
		Version   uint32     `json:"version" in:"optional"`
		LastGood  string     `json:"last_good" in:"optional"`
		Failed    []string   `json:"failed" in:"optional"`
	}
	orderOut struct {
		URLs []string `json:"urls"`
	}
	policyForIn struct {
		URL       string `json:"url"`
		Effective policy `json:"effective"`
	}
	policyForOut struct {
		Policy policy `json:"policy"`
		Write  bool   `json:"write"`
	}
	retryIn struct {
		Code    wsus.Code `json:"code"`
		Retries int       `json:"retries"`
		Others  int       `json:"others"`
		retryPolicy
	}
	retryOut struct {
		Action string `json:"action"`
		Reason string `json:"reason"`
		DelayS int64  `json:"delay_s"`
	}
	tableIn struct {
		Table string `json:"table"`
	}
	codesOut struct {
		Codes []string `json:"codes"`
	}
)

func (in orderIn) requirement() wsus.Requirement {
	return wsus.Requirement{SSLOnly: in.SSLOnly, Internet: in.Internet, Version: in.Version, LastGood: in.LastGood, Failed: in.Failed}
}

// retryPolicy is the policy of retry.next and of a workflow.
type retryPolicy struct {
	Delay       *seconds        `json:"delay_s" in:"optional"`
	Attempts    *int            `json:"attempts" in:"optional"`
	SwitchDelay *seconds        `json:"switch_delay_s" in:"optional"`
	Table       json.RawMessage `json:"table" in:"optional"`
}

// in returns the policy without its table, which is for the rules to fill in.
func (p retryPolicy) in() (wsus.RetryPolicy, error) {
	out := wsus.RetryPolicy{Delay: given(p.Delay, 1800), Attempts: 4, SwitchDelay: given(p.SwitchDelay, 120)}
	if p.Attempts != nil {
		out.Attempts = *p.Attempts
	}
	if out.Attempts <= 0 {
		return out, fmt.Errorf("attempts is %d, want 1 or more", out.Attempts)
	}
	return out, errors.Join(positive("delay_s", out.Delay), positive("switch_delay_s", out.SwitchDelay), out.Validate())
}

// table returns what the key table holds: a name, or a list of codes.
func (p retryPolicy) table() (name string, codes []wsus.Code, err error) {
	if p.Table == nil {
		return "documented", nil, nil
	}
	if err := json.Unmarshal(p.Table, &name); err == nil {
		return name, nil, nil
	}
	if err := json.Unmarshal(p.Table, &codes); err != nil {
		return "", nil, fmt.Errorf("table: %w", err)
	}
	return "", codes, nil
}

// The questions and answers of topic diff.
type (
	diffIn struct {
		Base []record `json:"base"`
		Next []record `json:"next"`
	}
	diffOut struct {
		Changes []change `json:"changes"`
	}
	recordsAfter struct {
		Records []record `json:"records"`
	}
	diffMessagesIn struct {
		Base          []record `json:"base"`
		Next          []record `json:"next"`
		At            moment   `json:"at"`
		ReportRemoved bool     `json:"report_removed" in:"optional"`
	}
	messagesAfter struct {
		Messages []message `json:"messages"`
	}
	summaryIn struct {
		States []compliance.State `json:"states"`
	}
	summaryOut struct {
		Required    int `json:"required"`
		NotRequired int `json:"not_required"`
		Installed   int `json:"installed"`
		Unknown     int `json:"unknown"`
		Total       int `json:"total"`
		Compliant   int `json:"compliant"`
	}
)

// The questions and answers of topic report.
type (
	reportIn struct {
		Client   client    `json:"client"`
		Date     moment    `json:"date"`
		Messages []message `json:"messages"`
	}
	xmlOut struct {
		XML string `json:"xml"`
	}
	base64In struct {
		Base64 []byte `json:"base64"`
	}
	base64Out struct {
		Base64 string `json:"base64"`
	}
	reportOut struct {
		Client   client    `json:"client"`
		Date     moment    `json:"date"`
		Messages []message `json:"messages"`
	}
)

func (in reportIn) report() *statemsg.Report {
	return &statemsg.Report{Client: statemsg.Client(in.Client), Date: in.Date.Time, Messages: messagesIn(in.Messages)}
}

func reportAnswer(r *statemsg.Report) reportOut {
	return reportOut{Client: client(r.Client), Date: moment{r.Date}, Messages: messagesOut(r.Messages)}
}

// The question and the answer of topic applicability.
type (
	evaluateIn struct {
		Updates []string        `json:"updates"`
		Machine json.RawMessage `json:"machine"`
	}
	evaluateOut struct {
		Records     []record       `json:"records"`
		Unsupported map[string]int `json:"unsupported"`
	}
)
