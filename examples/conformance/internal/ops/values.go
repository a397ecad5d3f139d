package ops

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// moment is a time in its one text form.
type moment struct{ time.Time }

const momentForm = "2006-01-02T15:04:05.999999999Z"

// MarshalJSON writes the time.
func (m moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(m.UTC().Format(momentForm))
}

// UnmarshalJSON reads the time in exactly the form in which it is written.
func (m *moment) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text == nil {
		return nil
	}
	t, err := time.Parse(momentForm, *text)
	if err != nil {
		return err
	}
	if got := t.Format(momentForm); got != *text {
		return fmt.Errorf("time %q is written %q", *text, got)
	}
	m.Time = t
	return nil
}

// momentOf returns a time for an answer, nil for the zero time.
func momentOf(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	return &moment{t}
}

// maxSeconds is the most whole seconds that a duration can hold.
const maxSeconds = math.MaxInt64 / int64(time.Second)

// seconds is a duration in whole seconds.
type seconds int64

// UnmarshalJSON reads a number that a duration can hold.
func (s *seconds) UnmarshalJSON(data []byte) error {
	var n int64
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	if n > maxSeconds || n < -maxSeconds {
		return fmt.Errorf("%d seconds are too many", n)
	}
	*s = seconds(n)
	return nil
}

func (s seconds) duration() time.Duration { return time.Duration(s) * time.Second }

// given returns the duration, or a default in seconds when it was not given.
func given(s *seconds, missing seconds) time.Duration {
	if s == nil {
		return missing.duration()
	}
	return s.duration()
}

// positive returns an error that names the key of a duration that is not.
func positive(key string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s is %v, want more than nothing", key, d)
	}
	return nil
}

// secondsOf rounds a duration down to whole seconds.
func secondsOf(d time.Duration) int64 {
	n := int64(d / time.Second)
	if d%time.Second < 0 {
		n--
	}
	return n
}

// empty returns a list that is written as [] when there is nothing in it.
func empty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

type record struct {
	ID       compliance.UpdateID `json:"id"`
	Revision compliance.Revision `json:"revision"`
	State    compliance.State    `json:"state"`
}

func recordsIn(list []record) []compliance.Record {
	records := make([]compliance.Record, len(list))
	for i, r := range list {
		records[i] = compliance.Record(r)
	}
	return records
}

func recordsOut(records []compliance.Record) []record {
	list := make([]record, len(records))
	for i, r := range records {
		list[i] = record(r)
	}
	return list
}

type stamp struct {
	Time    moment      `json:"time"`
	Version ttl.Version `json:"version"`
}

// stampIn returns the stamp, the absent one for nil.
func stampIn(s *stamp) ttl.Stamp {
	if s == nil {
		return ttl.Stamp{}
	}
	return ttl.NewStamp(s.Time.Time, s.Version)
}

// stampOut returns nil for the absent stamp.
func stampOut(s ttl.Stamp) *stamp {
	at, ok := s.Time()
	if !ok {
		return nil
	}
	return &stamp{Time: moment{at}, Version: s.Version()}
}

type freshness struct {
	Fresh  bool   `json:"fresh"`
	Reason string `json:"reason"`
	AgeS   *int64 `json:"age_s"`
}

// freshnessOut returns what a verdict says; fresh says which reason is that of
// fresh metadata, which is for the rules to say.
func freshnessOut(v ttl.Verdict, fresh bool) freshness {
	f := freshness{Fresh: fresh, Reason: v.Reason.String()}
	if v.Stamp.Present() {
		age := secondsOf(v.Age)
		f.AgeS = &age
	}
	return f
}

type location struct {
	URL        string `json:"url"`
	Version    uint32 `json:"version" in:"optional"`
	SameForest bool   `json:"same_forest" in:"optional"`
	Internet   bool   `json:"internet" in:"optional"`
	Intranet   bool   `json:"intranet" in:"optional"`
}

func locationsIn(list []location) []wsus.Location {
	locations := make([]wsus.Location, len(list))
	for i, l := range list {
		locations[i] = wsus.Location{URL: l.URL, Version: l.Version, SameForest: l.SameForest, Internet: l.Internet, Intranet: l.Intranet}
	}
	return locations
}

func urlsOut(locations []wsus.Location) []string {
	urls := []string{}
	for _, l := range locations {
		urls = append(urls, l.URL)
	}
	return urls
}

type policy struct {
	Server          string `json:"server" in:"optional"`
	StatusServer    string `json:"status_server" in:"optional"`
	Use             bool   `json:"use" in:"optional"`
	HigherAuthority bool   `json:"higher_authority" in:"optional"`
}

type change struct {
	ID           compliance.UpdateID   `json:"id"`
	Kind         compliance.ChangeKind `json:"kind"`
	From         compliance.State      `json:"from"`
	To           compliance.State      `json:"to"`
	FromRevision compliance.Revision   `json:"from_revision"`
	Revision     compliance.Revision   `json:"revision"`
}

func changesOut(changes []compliance.Change) []change {
	list := make([]change, len(changes))
	for i, c := range changes {
		list[i] = change(c)
	}
	return list
}

type message struct {
	TopicType   uint16   `json:"topic_type"`
	TopicID     string   `json:"topic_id"`
	IDType      uint8    `json:"id_type" in:"optional"`
	StateID     uint16   `json:"state_id"`
	Criticality int32    `json:"criticality" in:"optional"`
	Params      []string `json:"params" in:"optional"`
	Details     string   `json:"details" in:"optional"`
	Time        moment   `json:"time"`
	Serial      uint64   `json:"serial" in:"optional"`
}

func (m message) in() statemsg.Message {
	return statemsg.Message{
		TopicType: statemsg.TopicType(m.TopicType), TopicID: m.TopicID, IDType: m.IDType,
		StateID: statemsg.StateID(m.StateID), Criticality: m.Criticality,
		Params: m.Params, Details: m.Details, Time: m.Time.Time, Serial: m.Serial,
	}
}

func messageOut(m statemsg.Message) message {
	return message{
		TopicType: uint16(m.TopicType), TopicID: m.TopicID, IDType: m.IDType,
		StateID: uint16(m.StateID), Criticality: m.Criticality,
		Params: empty(m.Params), Details: m.Details, Time: moment{m.Time}, Serial: m.Serial,
	}
}

func messagesIn(list []message) []statemsg.Message {
	messages := make([]statemsg.Message, len(list))
	for i, m := range list {
		messages[i] = m.in()
	}
	return messages
}

func messagesOut(messages []statemsg.Message) []message {
	list := make([]message, len(messages))
	for i, m := range messages {
		list[i] = messageOut(m)
	}
	return list
}

type client struct {
	ID          string `json:"id"`
	Version     string `json:"version" in:"optional"`
	NetBIOSName string `json:"netbios_name" in:"optional"`
	CodePage    int    `json:"code_page" in:"optional"`
	LCID        int    `json:"lcid" in:"optional"`
}

type batch struct {
	ID       uint64    `json:"id"`
	Date     moment    `json:"date"`
	Messages []message `json:"messages"`
}

func batchOut(b statemsg.Batch) batch {
	return batch{ID: b.ID, Date: moment{b.Date}, Messages: messagesOut(b.Messages)}
}

// tokens is a list of enumeration values as their texts.
func tokens[T fmt.Stringer](values []T) []string {
	list := []string{}
	for _, v := range values {
		list = append(list, v.String())
	}
	return list
}
