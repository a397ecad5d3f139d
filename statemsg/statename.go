package statemsg

import "iter"

// StateID is a state id; its meaning depends on the topic type. Zero means
// unknown for every topic type. The set is open like that of [TopicType].
type StateID uint16

// State ids of topic 300.
const (
	AssignmentCompliant    StateID = 1 // the client complies with the deployment
	AssignmentNonCompliant StateID = 2 // it does not
	AssignmentConflict     StateID = 3 // deployments contradict one another
)

// State ids of topic 301; WF-12 raises 4 and 5.
const (
	AssignmentInstalling             StateID = 1  // updates are being installed
	AssignmentWaitingForRestart      StateID = 2  // a restart must come first
	AssignmentWaitingForInstallation StateID = 3  // another installation runs
	AssignmentInstalled              StateID = 4  // everything is installed
	AssignmentPendingRestart         StateID = 5  // installed, restart needed
	AssignmentInstallFailed          StateID = 6  // installation failed
	AssignmentDownloading            StateID = 7  // files are being downloaded
	AssignmentDownloaded             StateID = 8  // files are downloaded
	AssignmentDownloadFailed         StateID = 9  // download failed
	AssignmentWaitingForWindow       StateID = 10 // no maintenance window is open
)

// State ids of topic 302.
const (
	EvaluationActivated StateID = 1 // the evaluation has started
	EvaluationSucceeded StateID = 2 // it succeeded
	EvaluationFailed    StateID = 3 // it failed
)

// State ids of topic 400.
const (
	ItemNotRequired StateID = 1 // the item does not apply
	ItemNotDetected StateID = 2 // the item is not there
	ItemDetected    StateID = 3 // the item is there
)

// State ids of topic 401.
const (
	ItemCompliant     StateID = 1 // the client complies with the item
	ItemNonCompliant  StateID = 2 // it does not
	ItemConflict      StateID = 3 // items contradict one another
	ItemError         StateID = 4 // the evaluation failed
	ItemNotApplicable StateID = 5 // the item does not apply
	ItemAbsent        StateID = 6 // the item was not detected
	ItemEnforced      StateID = 7 // compliance was enforced
)

// State ids of topic 402; WF-12 raises 9 and 10.
const (
	UpdateStarted                StateID = 1  // enforcement has started
	UpdateWaitingForContent      StateID = 2  // files are not there yet
	UpdateWaitingForInstallation StateID = 3  // another installation runs
	UpdateWaitingForWindow       StateID = 4  // no maintenance window is open
	UpdateRestartFirst           StateID = 5  // a restart must come before
	UpdateGeneralFailure         StateID = 6  // enforcement failed
	UpdatePendingInstallation    StateID = 7  // ready to be installed
	UpdateInstalling             StateID = 8  // being installed
	UpdatePendingRestart         StateID = 9  // installed, restart needed
	UpdateInstalled              StateID = 10 // installed
	UpdateInstallFailed          StateID = 11 // installation failed
	UpdateDownloading            StateID = 12 // files are being downloaded
	UpdateDownloaded             StateID = 13 // files are downloaded
	UpdateDownloadFailed         StateID = 14 // download failed
)

// State ids of topic 500 (DIFF-1): the numbers of compliance.State.
const (
	DetectionUnknown     StateID = 0 // nothing is known of the update
	DetectionNotRequired StateID = 1 // the update does not apply
	DetectionRequired    StateID = 2 // the update applies and is not installed
	DetectionInstalled   StateID = 3 // the update is installed
)

// State ids of topic 501 (WF-8).
const (
	ScanWaitingForLocation  StateID = 1 // the location of WSUS was asked for
	ScanRunning             StateID = 2 // the source is added, the search begins
	ScanCompleted           StateID = 3 // results are stored
	ScanPendingRetry        StateID = 4 // failed, will be tried again
	ScanFailed              StateID = 5 // failed for good
	ScanCompletedWithErrors StateID = 6 // some updates could not be evaluated
)

// StateName returns the documented name of a state, such as "Pending system
// restart"; ok is false when the topic type or the state has none. Where
// documents of different product versions disagree, the names are those of
// Configuration Manager 2007.
func StateName(t TopicType, s StateID) (name string, ok bool) {
	names := stateNames(t)
	if int(s) >= len(names) {
		return "", false
	}
	return names[s], true
}

// States yields the documented states of a topic type with their names, in
// ascending order; nothing for an unknown topic type.
func States(t TopicType) iter.Seq2[StateID, string] {
	return func(yield func(StateID, string) bool) {
		for i, name := range stateNames(t) {
			if !yield(StateID(i), name) {
				return
			}
		}
	}
}

// stateNames are the names of a topic type's states by number.
func stateNames(t TopicType) []string {
	switch t {
	case AssignmentCompliance:
		return namesOf300[:]
	case AssignmentEnforcement:
		return namesOf301[:]
	case AssignmentEvaluation:
		return namesOf302[:]
	case ItemDetection:
		return namesOf400[:]
	case ItemCompliance:
		return namesOf401[:]
	case UpdateEnforcement:
		return namesOf402[:]
	case UpdateDetection:
		return namesOf500[:]
	case UpdateSourceScan:
		return namesOf501[:]
	case Resync: // none are documented
	}
	return nil
}

// The name tables are never written to.
var (
	namesOf300 = [...]string{
		0:                      "Unknown",
		AssignmentCompliant:    "Compliant",
		AssignmentNonCompliant: "Non-compliant",
		AssignmentConflict:     "Conflict detected",
	}
	namesOf301 = [...]string{
		0:                                "Unknown",
		AssignmentInstalling:             "Installing",
		AssignmentWaitingForRestart:      "Waiting for restart",
		AssignmentWaitingForInstallation: "Waiting for another installation",
		AssignmentInstalled:              "Installed",
		AssignmentPendingRestart:         "Pending system restart",
		AssignmentInstallFailed:          "Failed to install",
		AssignmentDownloading:            "Downloading",
		AssignmentDownloaded:             "Downloaded",
		AssignmentDownloadFailed:         "Failed to download",
		AssignmentWaitingForWindow:       "Waiting for maintenance window",
	}
	namesOf302 = [...]string{
		0:                   "Unknown",
		EvaluationActivated: "Evaluation activated",
		EvaluationSucceeded: "Evaluation succeeded",
		EvaluationFailed:    "Evaluation failed",
	}
	namesOf400 = [...]string{
		0:               "Unknown",
		ItemNotRequired: "Not required",
		ItemNotDetected: "Not detected",
		ItemDetected:    "Detected",
	}
	namesOf401 = [...]string{
		0:                 "Unknown",
		ItemCompliant:     "Compliant",
		ItemNonCompliant:  "Non-compliant",
		ItemConflict:      "Conflict",
		ItemError:         "Error",
		ItemNotApplicable: "Not applicable",
		ItemAbsent:        "Not detected",
		ItemEnforced:      "Enforced",
	}
	namesOf402 = [...]string{
		0:                            "Unknown",
		UpdateStarted:                "Started",
		UpdateWaitingForContent:      "Waiting for content",
		UpdateWaitingForInstallation: "Waiting for another installation",
		UpdateWaitingForWindow:       "Waiting for window",
		UpdateRestartFirst:           "Restart required before installing",
		UpdateGeneralFailure:         "General failure",
		UpdatePendingInstallation:    "Pending installation",
		UpdateInstalling:             "Installing",
		UpdatePendingRestart:         "Pending system restart",
		UpdateInstalled:              "Installed",
		UpdateInstallFailed:          "Failed",
		UpdateDownloading:            "Downloading",
		UpdateDownloaded:             "Downloaded",
		UpdateDownloadFailed:         "Download failed",
	}
	namesOf500 = [...]string{
		DetectionUnknown:     "Unknown",
		DetectionNotRequired: "Not Required",
		DetectionRequired:    "Required",
		DetectionInstalled:   "Installed",
	}
	namesOf501 = [...]string{
		0:                       "Scan state unknown",
		ScanWaitingForLocation:  "Scan is waiting for catalog location",
		ScanRunning:             "Scan is running",
		ScanCompleted:           "Scan completed",
		ScanPendingRetry:        "Scan is pending retry",
		ScanFailed:              "Scan failed",
		ScanCompletedWithErrors: "Scan completed with errors",
	}
)
