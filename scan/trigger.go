package scan

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// ErrUnknownTrigger is what the error of an unknown trigger text or number
// wraps.
var ErrUnknownTrigger = errors.New("unknown trigger")

// Trigger is what starts a scan for software updates compliance (TRG-1,
// TRG-4). The zero value is invalid and is never a default (TRG-5).
//
// Each trigger implies one scan type (TRG-3). What sets a trigger apart from
// its neighbours:
//
//	trigger                      type               differs from its neighbour in
//	initial_scan                 non-forced online  clears the scan history first, so it connects; once per client
//	scan_schedule                non-forced online  the scan schedule of the client agent; no updates named
//	deployment_reevaluation      non-forced online  the re-evaluation schedule; deployments are evaluated too
//	before_download              non-forced online  about the updates of a mandatory deployment, before their files are fetched
//	before_installation          non-forced online  about the same updates, just before they are installed
//	software_updates_scan_cycle  forced online      the user's action that scans; schedule {...113}
//	deployment_evaluation_cycle  forced online      the user's action that scans and evaluates deployments; schedule {...108}
//	after_installation           forced offline     just after installing; its messages are flushed early (MSG-4)
//	after_restart                forced offline     after the restart that an installation was waiting for
type Trigger uint8

const (
	// InitialScan is the first scan after machine policy first enables the
	// feature (TRG-4, WF-1).
	InitialScan Trigger = 1 + iota
	// ScanSchedule is the configured scan schedule.
	ScanSchedule
	// Reevaluation is the deployment re-evaluation schedule.
	Reevaluation
	// BeforeDownload is the check before the update files of a mandatory
	// deployment are downloaded (TRG-7).
	BeforeDownload
	// BeforeInstallation is the check just before software updates of a
	// mandatory deployment are installed (TRG-7).
	BeforeInstallation
	// ScanCycle is the user action Software Updates Scan Cycle.
	ScanCycle
	// DeploymentEvaluationCycle is the user action Software Updates
	// Deployment Evaluation Cycle.
	DeploymentEvaluationCycle
	// AfterInstallation is the scan just after a software update was
	// installed.
	AfterInstallation
	// AfterRestart is the scan after the restart that an installation was
	// waiting for.
	AfterRestart
)

// lastTrigger is the trigger with the highest number.
const lastTrigger = AfterRestart

// token returns the trigger's text form, "" for an invalid trigger (TRG-5).
func (t Trigger) token() string {
	switch t {
	case InitialScan:
		return "initial_scan"
	case ScanSchedule:
		return "scan_schedule"
	case Reevaluation:
		return "deployment_reevaluation"
	case BeforeDownload:
		return "before_download"
	case BeforeInstallation:
		return "before_installation"
	case ScanCycle:
		return "software_updates_scan_cycle"
	case DeploymentEvaluationCycle:
		return "deployment_evaluation_cycle"
	case AfterInstallation:
		return "after_installation"
	case AfterRestart:
		return "after_restart"
	}
	return ""
}

// Valid reports whether t is one of the triggers.
func (t Trigger) Valid() bool { return t.token() != "" }

// Type returns the scan type that the trigger implies (TRG-3, TRG-4), or 0,
// which is invalid, for an invalid trigger.
//
// The initial scan is a non-forced online scan: it connects because it has
// cleared the scan history (WF-2), so that no metadata is fresh.
func (t Trigger) Type() Type {
	switch t {
	case InitialScan, ScanSchedule, Reevaluation, BeforeDownload, BeforeInstallation:
		return NonForcedOnline
	case ScanCycle, DeploymentEvaluationCycle:
		return ForcedOnline
	case AfterInstallation, AfterRestart:
		return ForcedOffline
	}
	return 0
}

// NamesUpdates reports whether a request with this trigger is about certain
// updates and must carry them: before download and before installation
// (TRG-7).
func (t Trigger) NamesUpdates() bool {
	return t == BeforeDownload || t == BeforeInstallation
}

// Label returns the trigger's name as a person reads it, such as "Software
// Updates Scan Cycle"; for an invalid trigger, its String.
func (t Trigger) Label() string {
	switch t {
	case InitialScan:
		return "Initial scan"
	case ScanSchedule:
		return "Scan schedule"
	case Reevaluation:
		return "Deployment re-evaluation schedule"
	case BeforeDownload:
		return "Before download of update files"
	case BeforeInstallation:
		return "Before installation"
	case ScanCycle:
		return "Software Updates Scan Cycle"
	case DeploymentEvaluationCycle:
		return "Software Updates Deployment Evaluation Cycle"
	case AfterInstallation:
		return "After installation"
	case AfterRestart:
		return "After system restart"
	}
	return t.String()
}

// ScheduleID returns the id by which SMS_Client.TriggerSchedule starts the
// trigger, such as {00000000-0000-0000-0000-000000000113}, and whether it has
// one (TRG-6). Only the two user actions have: the scan schedule shares the
// first one's message in later versions, which would make it forced, and the
// source page says that it is not.
func (t Trigger) ScheduleID() (id string, ok bool) {
	if t == ScanCycle {
		return "{00000000-0000-0000-0000-000000000113}", true
	}
	if t == DeploymentEvaluationCycle {
		return "{00000000-0000-0000-0000-000000000108}", true
	}
	return "", false
}

// TriggerBySchedule finds the trigger of a schedule id, with or without
// braces (TRG-6). The error wraps [ErrUnknownTrigger] and names the id.
func TriggerBySchedule(id string) (Trigger, error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(id, "{"), "}")
	for t := range Triggers() {
		if want, ok := t.ScheduleID(); ok && bare == want[1:len(want)-1] {
			return t, nil
		}
	}
	return 0, fmt.Errorf("scan: %w: no trigger has the schedule id %q", ErrUnknownTrigger, id)
}

// Triggers iterates over all triggers in the order of their numbers.
func Triggers() iter.Seq[Trigger] {
	return func(yield func(Trigger) bool) {
		for t := Trigger(1); t <= lastTrigger; t++ {
			if !yield(t) {
				return
			}
		}
	}
}

// ParseTrigger parses a trigger's text form, exactly (TRG-5). The error wraps
// [ErrUnknownTrigger] and names the text.
func ParseTrigger(s string) (Trigger, error) {
	for t := range Triggers() {
		if t.token() == s {
			return t, nil
		}
	}
	return 0, fmt.Errorf("scan: %w %q", ErrUnknownTrigger, s)
}

// String returns the text form, or "Trigger(9)" for an invalid trigger.
func (t Trigger) String() string {
	if s := t.token(); s != "" {
		return s
	}
	return fmt.Sprintf("Trigger(%d)", uint8(t))
}

// AppendText appends the text form; an invalid trigger is an error that wraps
// [ErrUnknownTrigger].
func (t Trigger) AppendText(b []byte) ([]byte, error) {
	s := t.token()
	if s == "" {
		return b, fmt.Errorf("scan: %w %d", ErrUnknownTrigger, uint8(t))
	}
	return append(b, s...), nil
}

// MarshalText returns the text form as [Trigger.AppendText] does.
func (t Trigger) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText parses the text form as [ParseTrigger] does.
func (t *Trigger) UnmarshalText(text []byte) error {
	v, err := ParseTrigger(string(text))
	if err != nil {
		return err
	}
	*t = v
	return nil
}
