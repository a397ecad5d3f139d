package statemsg

import (
	"fmt"
	"iter"
	"strconv"
)

// TopicType is a state message topic type: what a message is about (MSG-1).
//
// The set is open: a report may hold topics of other features, so unknown
// numbers are valid and pass through the outbox and the report codec
// untouched. Only zero is invalid.
type TopicType uint16

// The topic types of software updates, and that of resyncs.
const (
	// AssignmentCompliance tells whether a client complies with a deployment.
	AssignmentCompliance TopicType = 300
	// AssignmentEnforcement tells how far the enforcement of a deployment is.
	AssignmentEnforcement TopicType = 301
	// AssignmentEvaluation tells how the evaluation of a deployment ended.
	AssignmentEvaluation TopicType = 302
	// ItemDetection tells whether a configuration item was detected.
	ItemDetection TopicType = 400
	// ItemCompliance tells whether a client complies with a configuration item.
	ItemCompliance TopicType = 401
	// UpdateEnforcement tells how far the installation of an update is.
	UpdateEnforcement TopicType = 402
	// UpdateDetection carries the compliance state of an update (DIFF-1).
	UpdateDetection TopicType = 500
	// UpdateSourceScan carries the state of the scan (WF-8).
	UpdateSourceScan TopicType = 501
	// Resync is about bringing the site up to date again; see [RefreshMarker].
	Resync TopicType = 700
)

// token is the text token and the documented name of a known topic type.
func (t TopicType) token() (token, name string, ok bool) {
	switch t {
	case AssignmentCompliance:
		return "assignment_compliance", "SUM_ASSIGNMENT_COMPLIANCE", true
	case AssignmentEnforcement:
		return "assignment_enforcement", "SUM_ASSIGNMENT_ENFORCEMENT", true
	case AssignmentEvaluation:
		return "assignment_evaluation", "SUM_ASSIGNMENT_EVALUATION", true
	case ItemDetection:
		return "item_detection", "SUM_CI_DETECTION", true
	case ItemCompliance:
		return "item_compliance", "SUM_CI_COMPLIANCE", true
	case UpdateEnforcement:
		return "update_enforcement", "SUM_CI_ENFORCEMENT", true
	case UpdateDetection:
		return "update_detection", "SUM_UPDATE_DETECTION", true
	case UpdateSourceScan:
		return "update_source_scan", "SUM_UPDATE_SOURCE_SCAN", true
	case Resync:
		return "resync", "RESYNC_STATE_MSG", true
	}
	return "", "", false
}

// String returns the text token of a known topic type, such as
// "update_detection", and "TopicType(9003)" for any other.
func (t TopicType) String() string {
	if token, _, ok := t.token(); ok {
		return token
	}
	return "TopicType(" + strconv.Itoa(int(t)) + ")"
}

// Name returns the documented name of a known topic type, such as
// "SUM_UPDATE_DETECTION"; ok is false for any other.
func (t TopicType) Name() (name string, ok bool) {
	_, name, ok = t.token()
	return name, ok
}

// AppendText appends the text form: the token of a known topic type, else the
// decimal number, because the set is open. Zero is an error.
func (t TopicType) AppendText(b []byte) ([]byte, error) {
	if t == 0 {
		return b, fmt.Errorf("statemsg: topic type: %w: 0", ErrUnknownText)
	}
	if token, _, ok := t.token(); ok {
		return append(b, token...), nil
	}
	return strconv.AppendUint(b, uint64(t), 10), nil
}

// MarshalText returns what AppendText appends.
func (t TopicType) MarshalText() ([]byte, error) {
	b, err := t.AppendText(nil)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalText reads what ParseTopicType reads. On error t is unchanged.
func (t *TopicType) UnmarshalText(text []byte) error {
	v, err := ParseTopicType(string(text))
	if err != nil {
		return err
	}
	*t = v
	return nil
}

// ParseTopicType reads a token or a decimal number from 1 to 65535 without
// sign or leading zeros. Anything else is an [ErrUnknownText] that names it.
func ParseTopicType(s string) (TopicType, error) {
	for t := range TopicTypes() {
		if token, _, _ := t.token(); token == s {
			return t, nil
		}
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != s {
		return 0, fmt.Errorf("statemsg: topic type: %w: %q", ErrUnknownText, s)
	}
	return TopicType(n), nil
}

// TopicTypes yields the known topic types in ascending order.
func TopicTypes() iter.Seq[TopicType] {
	return func(yield func(TopicType) bool) {
		for _, t := range [...]TopicType{
			AssignmentCompliance, AssignmentEnforcement, AssignmentEvaluation, ItemDetection,
			ItemCompliance, UpdateEnforcement, UpdateDetection, UpdateSourceScan, Resync,
		} {
			if !yield(t) {
				return
			}
		}
	}
}

// Topic id types (MSG-1). The set is open; a message of a detected update
// uses IDTypeUpdate.
const (
	// IDTypeNone says nothing about the topic id.
	IDTypeNone uint8 = 0
	// IDTypeAssignment marks the id of a deployment assignment.
	IDTypeAssignment uint8 = 2
	// IDTypeUpdate marks the id of an update.
	IDTypeUpdate uint8 = 3
)
