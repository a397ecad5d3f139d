package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

var (
	// ErrStateDamaged is what the error of a stored workflow that cannot be
	// read wraps. Nothing is changed: the stored form is left as it is.
	ErrStateDamaged = errors.New("stored state is damaged")
	// ErrStateForeign is what the error of a stored workflow of another
	// format version wraps.
	ErrStateForeign = errors.New("stored state has a foreign format")
)

// phase is where a job is on its way.
type phase string

const (
	phaseQueued     phase = "queued"
	phaseLocating   phase = "locating"
	phaseReading    phase = "reading_policy"
	phaseWriting    phase = "writing_policy"
	phaseRetrieving phase = "retrieving"
	phaseEvaluating phase = "evaluating"
)

// job is one scan, from its first request to its end.
type job struct {
	ID       uint64                `json:"id"`
	Type     Type                  `json:"type"`
	Triggers []Trigger             `json:"triggers"`
	Updates  []compliance.UpdateID `json:"updates,omitempty"`
	Required ttl.Version           `json:"required,omitempty"`
	// Clear asks for the scan history to be cleared at the start (WF-2).
	Clear bool `json:"clear,omitempty"`

	Phase   phase  `json:"phase"`
	Attempt uint32 `json:"attempt,omitempty"`
	// NotBefore is when the next attempt may start; zero: at once. Wait is
	// how long that was when the wait began.
	NotBefore time.Time     `json:"not_before,omitzero"`
	Wait      time.Duration `json:"wait_ns,omitempty"`
	// Retries counts the retries scheduled at the present location; Spent
	// says that the one that is waited for is among them.
	Retries int  `json:"retries,omitempty"`
	Spent   bool `json:"spent,omitempty"`
	// At is the URL of the location that is being retried; empty: any.
	At string `json:"at,omitempty"`
	// Failed are the locations given up on, in order.
	Failed []string `json:"failed,omitempty"`

	// What follows is of the present attempt only and need not be saved:
	// an attempt that was interrupted starts anew.
	tokens    []uint64
	held      bool // interrupted; waits for Resumed
	decision  Decision
	started   time.Time
	location  wsus.Location
	others    int // usable locations not given up on, besides location
	retrieved bool
	version   ttl.Version
}

// pending is an update that was installed and waits for a restart (WF-12).
type pending struct {
	ID         compliance.UpdateID `json:"id"`
	Assignment string              `json:"assignment,omitempty"`
	// Restarted says that the restart has happened and the scan after it has
	// not yet found the update installed.
	Restarted bool `json:"restarted,omitempty"`
}

// state is what PartMachine holds.
type state struct {
	// Policy is the machine policy in force; Known says that the feature was
	// enabled at least once, so that its delays are drawn.
	Policy   Policy `json:"policy"`
	Known    bool   `json:"known"`
	Internet bool   `json:"internet,omitempty"`

	// The random delays, drawn once (WF-15).
	InitialDelay      time.Duration `json:"initial_delay_ns"`
	ScanDelay         time.Duration `json:"scan_delay_ns"`
	ReevaluationDelay time.Duration `json:"reevaluation_delay_ns"`
	// Initial is when the initial scan is due, and the base of simple
	// schedules; InitialDone says that it was queued.
	Initial     time.Time `json:"initial,omitzero"`
	InitialDone bool      `json:"initial_done,omitempty"`
	// The next occurrence of each schedule; zero: none.
	// ScanSchedule and Reevaluation are the schedules they were found with.
	ScanSchedule     Schedule  `json:"scan_schedule,omitzero"`
	Reevaluation     Schedule  `json:"reevaluation,omitzero"`
	NextScan         time.Time `json:"next_scan,omitzero"`
	NextReevaluation time.Time `json:"next_reevaluation,omitzero"`

	// The stored metadata.
	Stamp  ttl.Stamp `json:"stamp,omitzero"`
	Source string    `json:"source,omitempty"`

	Jobs     []*job    `json:"jobs,omitempty"` // in order of arrival
	LastJob  uint64    `json:"last_job"`
	LastGood string    `json:"last_good,omitempty"`
	Pending  []pending `json:"pending,omitempty"`

	Cycle      statemsg.Cycle `json:"cycle"`
	LastSerial uint64         `json:"last_serial"`
	// Answered is the number of the resync that was answered last, 0 for none
	// (DIFF-8).
	Answered uint64 `json:"answered_resync,omitempty"`
}

// stateFormat is the format version of the stored workflow.
const stateFormat = 1

const stateMagic = "updatescan-machine "

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendState appends the stored form of the workflow: one line with a magic
// word, the format version and the CRC-32C of the rest in hexadecimal, and
// then a JSON object.
func appendState(dst []byte, s *state) ([]byte, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return dst, fmt.Errorf("scan: encode state: %w", err)
	}
	dst = append(dst, stateMagic...)
	dst = strconv.AppendInt(dst, stateFormat, 10)
	dst = fmt.Appendf(dst, " %08x\n", crc32.Checksum(body, castagnoli))
	return append(dst, body...), nil
}

// decodeState reads the stored form. The error wraps [ErrStateDamaged] or
// [ErrStateForeign].
func decodeState(data []byte) (*state, error) {
	head, body, ok := bytes.Cut(data, []byte("\n"))
	rest, magic := bytes.CutPrefix(head, []byte(stateMagic))
	if !ok || !magic {
		return nil, fmt.Errorf("scan: %w: first line is not %q, version and checksum", ErrStateDamaged, stateMagic)
	}
	version, sum, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		return nil, fmt.Errorf("scan: %w: first line ends before the checksum", ErrStateDamaged)
	}
	if string(version) != strconv.Itoa(stateFormat) {
		return nil, fmt.Errorf("scan: %w: version %q, want %d", ErrStateForeign, version, stateFormat)
	}
	if want := fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)); string(sum) != want {
		return nil, fmt.Errorf("scan: %w: checksum %q, want %q", ErrStateDamaged, sum, want)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	s := new(state)
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("scan: %w: %w", ErrStateDamaged, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("scan: %w: %w", ErrStateDamaged, err)
	}
	return s, nil
}

// check reports what no machine could have saved.
func (s *state) check() error {
	last := uint64(0)
	for _, j := range s.Jobs {
		if j == nil || j.ID <= last || j.ID > s.LastJob || !j.Type.Valid() || len(j.Triggers) == 0 {
			return fmt.Errorf("jobs after number %d are not in order or not valid", last)
		}
		last = j.ID
	}
	return nil
}
