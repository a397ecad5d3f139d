package scantest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest"
	"github.com/updatescan/updatescan/wsus"
)

// Model is the slow, obvious second implementation of what package scan
// decides without a state: triggers, scan types, requests, decisions. Its zero
// value follows the rules.
//
// Errors of a Model wrap the sentinels of package scan, and that is all they
// have in common with those of the library.
type Model struct {
	// Mistake plants one of the mistakes of
	// scan/scantest/vectors/mutants.json by its id; empty for none; an id
	// that does not concern the model has no effect.
	Mistake string
}

// is reports whether the mistake is planted.
func (m Model) is(id string) bool { return m.Mistake == id }

// NonForcedOffline is a scan type that does not exist (TRG-2). A Model with
// the mistake trg-non-forced-offline accepts it all the same.
const NonForcedOffline scan.Type = 200

// triggerRow is one row of the table of triggers (TRG-1, TRG-3, TRG-4).
type triggerRow struct {
	trigger  scan.Trigger
	text     string
	typ      scan.Type
	names    bool   // the request names updates (TRG-7)
	schedule string // TRG-6
}

// table is the table of triggers, in the order of the specification.
func (m Model) table() []triggerRow {
	rows := []triggerRow{
		{scan.InitialScan, "initial_scan", scan.NonForcedOnline, false, ""},
		{scan.ScanSchedule, "scan_schedule", scan.NonForcedOnline, false, ""},
		{scan.Reevaluation, "deployment_reevaluation", scan.NonForcedOnline, false, ""},
		{scan.BeforeDownload, "before_download", scan.NonForcedOnline, true, ""},
		{scan.BeforeInstallation, "before_installation", scan.NonForcedOnline, true, ""},
		{scan.ScanCycle, "software_updates_scan_cycle", scan.ForcedOnline, false, "{00000000-0000-0000-0000-000000000113}"},
		{scan.DeploymentEvaluationCycle, "deployment_evaluation_cycle", scan.ForcedOnline, false, "{00000000-0000-0000-0000-000000000108}"},
		{scan.AfterInstallation, "after_installation", scan.ForcedOffline, false, ""},
		{scan.AfterRestart, "after_restart", scan.ForcedOffline, false, ""},
	}
	var kept []triggerRow
	for _, r := range rows {
		if m.is("trg-initial-unknown") && r.trigger == scan.InitialScan {
			continue
		}
		if m.is("trg-deployment-scan-missing") && r.trigger == scan.Reevaluation {
			continue
		}
		if m.is("trg-scan-cycle-non-forced") && r.trigger == scan.ScanCycle {
			r.typ = scan.NonForcedOnline
		}
		if m.is("trg-after-restart-online") && r.trigger == scan.AfterRestart {
			r.typ = scan.NonForcedOnline
		}
		if m.is("trg-schedule-113-is-schedule") { // the id moves from one to the other
			if r.trigger == scan.ScanCycle {
				r.schedule = ""
			}
			if r.trigger == scan.ScanSchedule {
				r.schedule = "{00000000-0000-0000-0000-000000000113}"
			}
		}
		kept = append(kept, r)
	}
	return kept
}

// row finds the row of a trigger; the zero row when it has none.
func (m Model) row(t scan.Trigger) triggerRow {
	for _, r := range m.table() {
		if r.trigger == t {
			return r
		}
	}
	return triggerRow{}
}

// Triggers returns all triggers in the order of the specification (TRG-1).
func (m Model) Triggers() []scan.Trigger {
	var list []scan.Trigger
	for _, r := range m.table() {
		list = append(list, r.trigger)
	}
	return list
}

// TypeOf returns the scan type that a trigger implies, 0 for what is no
// trigger (TRG-3, TRG-4).
func (m Model) TypeOf(t scan.Trigger) scan.Type {
	r := m.row(t)
	return r.typ
}

// NamesUpdates reports whether a request with the trigger is about certain
// updates (TRG-7).
func (m Model) NamesUpdates(t scan.Trigger) bool {
	r := m.row(t)
	return r.names
}

// ScheduleID returns the schedule id of a trigger and whether it has one
// (TRG-6).
func (m Model) ScheduleID(t scan.Trigger) (id string, ok bool) {
	r := m.row(t)
	return r.schedule, r.schedule != ""
}

// TriggerText returns the text form of a trigger; empty for what is no trigger.
func (m Model) TriggerText(t scan.Trigger) string {
	r := m.row(t)
	return r.text
}

// ParseTrigger reads the text form of a trigger, exactly (TRG-5). The error
// wraps [scan.ErrUnknownTrigger].
func (m Model) ParseTrigger(text string) (scan.Trigger, error) {
	for _, r := range m.table() {
		if m.sameToken(r.text, text) {
			return r.trigger, nil
		}
	}
	if m.is("trg-unknown-is-schedule") {
		return scan.ScanSchedule, nil
	}
	return 0, fmt.Errorf("%w %q", scan.ErrUnknownTrigger, text)
}

// BySchedule finds the trigger of a schedule id, with or without braces
// (TRG-6). The error wraps [scan.ErrUnknownTrigger].
func (m Model) BySchedule(id string) (scan.Trigger, error) {
	for _, r := range m.table() {
		if r.schedule == "" {
			continue
		}
		if id == r.schedule || "{"+id+"}" == r.schedule {
			return r.trigger, nil
		}
	}
	return 0, fmt.Errorf("%w with schedule id %q", scan.ErrUnknownTrigger, id)
}

// typeRow is one row of the table of scan types (TRG-2).
type typeRow struct {
	typ            scan.Type
	text           string
	online, forced bool
}

func (m Model) types() []typeRow {
	rows := []typeRow{
		{scan.NonForcedOnline, "non_forced_online", true, false},
		{scan.ForcedOnline, "forced_online", true, true},
		{scan.ForcedOffline, "forced_offline", false, true},
	}
	if m.is("trg-non-forced-offline") {
		rows = append(rows, typeRow{NonForcedOffline, "non_forced_offline", false, false})
	}
	return rows
}

// Axes returns the scan type with the given axes (TRG-2). The error wraps
// [scan.ErrUnknownType].
func (m Model) Axes(online, forced bool) (scan.Type, error) {
	for _, r := range m.types() {
		if r.online == online && r.forced == forced {
			return r.typ, nil
		}
	}
	return 0, fmt.Errorf("%w: neither online nor forced", scan.ErrUnknownType)
}

// ParseType reads the text form of a scan type, exactly (TRG-5). The error
// wraps [scan.ErrUnknownType].
func (m Model) ParseType(text string) (scan.Type, error) {
	for _, r := range m.types() {
		if m.sameToken(r.text, text) {
			return r.typ, nil
		}
	}
	return 0, fmt.Errorf("%w %q", scan.ErrUnknownType, text)
}

// TypeText returns the text form of a scan type; empty for what is none.
func (m Model) TypeText(t scan.Type) string {
	for _, r := range m.types() {
		if r.typ == t {
			return r.text
		}
	}
	return ""
}

// TypeAxes returns the axes of a scan type; ok is false for what is none.
func (m Model) TypeAxes(t scan.Type) (online, forced, ok bool) {
	for _, r := range m.types() {
		if r.typ == t {
			return r.online, r.forced, true
		}
	}
	return false, false, false
}

// sameToken compares tokens (TRG-5).
func (m Model) sameToken(token, text string) bool {
	if m.is("trg-text-ignores-case") {
		return strings.EqualFold(token, text)
	}
	return token == text
}

// errNoUpdates and errManyUpdates are the faults of a request.
var (
	errNoUpdates   = errors.New("the request must name updates")
	errManyUpdates = errors.New("the request names too many updates")
)

// CheckRequest checks a request for a scan, the trigger in its text form
// (TRG-5, TRG-7). The error wraps [scan.ErrUnknownTrigger] or
// [scan.ErrBadRequest].
func (m Model) CheckRequest(trigger string, updates []compliance.UpdateID) error {
	t, err := m.ParseTrigger(trigger)
	if err != nil {
		return err
	}
	return m.checkUpdates(t, len(updates))
}

func (m Model) checkUpdates(t scan.Trigger, updates int) error {
	if m.NamesUpdates(t) && updates == 0 && !m.is("trg-check-without-updates") {
		return fmt.Errorf("%w: %w", scan.ErrBadRequest, errNoUpdates)
	}
	if updates > 10_000 {
		return fmt.Errorf("%w: %w", scan.ErrBadRequest, errManyUpdates)
	}
	return nil
}

// refusal is the code with which a client refuses a request, 0 when it accepts
// it.
func (m Model) refusal(r scan.Request, enabled bool) wsus.Code {
	if m.TypeOf(r.Trigger) == 0 || m.checkUpdates(r.Trigger, len(r.Updates)) != nil {
		return 0x80070057 // TRG-5, TRG-7
	}
	if !enabled {
		return 0x87D00600 // WF-14
	}
	return 0
}

// Decide is DEC-1 to DEC-4: what a scan of a type does about metadata.
func (m Model) Decide(t scan.Type, p ttl.Policy, s ttl.Stamp, required ttl.Version, now time.Time) scan.Decision {
	d := scan.Decision{Type: t, Verdict: ttltest.Model{Mistake: m.Mistake}.Check(p, s, required, now)}
	online, forced, ok := m.TypeAxes(t)
	fresh := d.Verdict.Reason == ttl.WithinTTL
	present := d.Verdict.Reason != ttl.Absent
	if !ok {
		d.Action, d.Reason = scan.Fail, scan.InvalidType
		return d
	}
	if online && forced {
		d.Action, d.Reason = scan.Connect, scan.ForcedToConnect
		if m.is("dec-forced-reason") {
			d.Reason = scan.MetadataNotFresh
		}
		recent := present && d.Verdict.Age >= 0 && d.Verdict.Age <= time.Hour
		if m.is("dec-forced-online-uses-fresh") && fresh || m.is("dec-forced-recent") && recent {
			d.Action, d.Reason = scan.UseLocal, scan.MetadataFresh
		}
	}
	if online && !forced && (!fresh || m.is("dec-non-forced-connects")) {
		d.Action, d.Reason = scan.Connect, scan.MetadataNotFresh
	} else if online && !forced {
		d.Action, d.Reason = scan.UseLocal, scan.MetadataFresh
	}
	if !online && present {
		d.Action, d.Reason = scan.UseLocal, scan.ForcedOfflineScan
	}
	if !online && (!present || m.is("dec-offline-expired-fails") && !fresh) {
		d.Action, d.Reason = scan.Fail, scan.NoOfflineHistory
	}
	if !online && !present && m.is("dec-offline-absent-connects") {
		d.Action, d.Reason = scan.Connect, scan.MetadataNotFresh
	}
	return d
}
