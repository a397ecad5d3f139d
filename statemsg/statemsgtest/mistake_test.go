package statemsgtest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

// mistakesPath is the list of planted mistakes.
const mistakesPath = "../../scan/scantest/vectors/mutants.json"

// probes ask the questions of the vectors, one an operation. What they return is
// compared as JSON.
var probes = map[string]func(mistake string) any{
	"outbox.run":     probeOutbox,
	"cycle.run":      probeTimetable,
	"diff.messages":  probeMessages,
	"report.encode":  func(m string) any { s, _ := statemsgtest.Model{Mistake: m}.EncodeReport(probeReport()); return s },
	"report.bytes":   func(m string) any { b, _ := statemsgtest.Model{Mistake: m}.EncodeBytes(probeReport()); return b },
	"report.decode":  probeDecode,
	"cycle by steps": probeCycle,
}

// TestMistakes: of the mistakes that concern a model of this kit, every one
// changes what it answers in each of its operations, and all others change
// nothing.
func TestMistakes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(mistakesPath)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Mutants []struct {
			ID, Rule string
			Ops      []string
		}
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	right := map[string]any{}
	for op, probe := range probes {
		right[op] = probe("")
	}
	for _, m := range list.Mutants {
		ours := strings.HasPrefix(m.ID, "msg-") || strings.HasPrefix(m.ID, "diff-")
		for op, probe := range probes {
			differs := !reflect.DeepEqual(right[op], probe(m.ID))
			// What a diff gets wrong is in the changes that Messages is given.
			byDiff := strings.HasPrefix(m.ID, "diff-unknown-")
			if slices.Contains(m.Ops, op) && !differs && !byDiff {
				t.Errorf("%s does not change %s", m.ID, op)
			}
			if differs && !ours {
				t.Errorf("%s changes %s, and is not ours", m.ID, op)
			}
		}
		if slices.Equal(m.Ops, []string{"cycle.run", "workflow.run"}) && m.ID != "msg-failed-dropped" {
			if reflect.DeepEqual(right["cycle by steps"], probeCycle(m.ID)) {
				t.Errorf("%s does not change Cycle", m.ID)
			}
		}
	}
}

// probeOutbox plays a script that has something of everything.
func probeOutbox(mistake string) any {
	o := statemsgtest.Outbox{Mistake: mistake}
	var log []string
	note := func(args ...any) {
		log = append(log, fmt.Sprint(args...), fmt.Sprint(o.Waiting(), o.Topics(), o.LastSerial()))
	}
	at := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	record := func(n int, state statemsg.StateID, topic statemsg.TopicType, params int) {
		m := statemsg.Message{TopicType: topic, TopicID: fmt.Sprint("u", n), StateID: state, Time: at, Params: make([]string, params)}
		note(o.Record(m) == nil)
	}
	batch := func(most int) {
		b, ok := o.Batch(at.Add(time.Hour), most)
		note(b, ok)
	}
	acknowledge := func() {
		b, _ := o.InFlight()
		note(o.Acknowledge(b.ID))
	}
	record(1, 2, 500, 6)
	record(1, 2, 500, 5)
	record(2, 2, 500, 1)
	record(1, 3, 500, 1)
	record(1, 9, 402, 1)
	batch(2)
	record(2, 3, 500, 1)
	batch(2)
	acknowledge()
	o.Restart()
	note()
	batch(2)
	acknowledge()
	note(o.Refresh(at.Add(2 * time.Hour)))
	batch(9)
	acknowledge()
	batch(9)
	return log
}

func probeTimetable(mistake string) any {
	return statemsgtest.Model{Mistake: mistake}.Timetable(statemsgtest.Script{
		Policy: statemsg.CyclePolicy{BatchMessages: 2},
		Events: []statemsgtest.Event{{At: 5, Record: 3}, {At: 2000, Record: 1, Flush: true}, {At: 3000, Record: 1}},
		Sends:  []statemsgtest.Send{{Takes: 1}, {Takes: 1}, {Fails: true}, {Fails: true, RetryAfter: 1}, {Fails: true, RetryAfter: 600}},
		Until:  6000,
	})
}

// probeCycle does by steps what leaves and fails in the timetable.
func probeCycle(mistake string) any {
	c := statemsgtest.Cycle{Mistake: mistake}
	at := func(s int) time.Time { return time.Date(2008, 6, 3, 9, 0, s, 0, time.UTC) }
	var log []time.Time
	note := func(waiting, flight int) {
		next, _ := c.NextSend(waiting, flight)
		log = append(log, next)
	}
	c.Begin(at(0))
	c.Note(at(5), 3, 0)
	note(3, 0)
	c.Note(at(900), 1, 2)
	c.Acknowledged(at(901), 1, 0)
	note(1, 0)
	c.Note(at(911), 0, 1)
	c.Failed(at(912), 0)
	note(0, 1)
	c.Failed(at(972), 0)
	note(0, 1)
	c.Failed(at(1100), 10*time.Minute)
	note(0, 1)
	c.Acknowledged(at(2000), 0, 0)
	c.AskFlush(at(2100))
	c.Note(at(2100), 1, 0)
	note(1, 0)
	return log
}

func probeMessages(mistake string) any {
	id := func(n byte) compliance.UpdateID { return compliance.UpdateID{15: n} }
	changes := []compliance.Change{
		{ID: id(1), Kind: compliance.First, To: compliance.Installed, Revision: 100},
		{ID: id(2), Kind: compliance.Changed, From: compliance.NotRequired, To: compliance.Required, FromRevision: 1, Revision: 2},
		{ID: id(3), Kind: compliance.Revised, From: compliance.Required, To: compliance.Required, FromRevision: 1, Revision: 2},
		{ID: id(4), Kind: compliance.Removed, From: compliance.Required, FromRevision: 1, Revision: 1},
	}
	at := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	return statemsgtest.Model{Mistake: mistake}.Messages(at, changes, false, compliance.Record{ID: id(5), State: compliance.NotRequired, Revision: 7})
}

func probeReport() *statemsg.Report {
	r := reportOf(17, 2)
	r.Messages[0].Criticality = -5
	return r
}

// probeDecode reads a report, one with a document type, and one with a count
// that does not fit.
func probeDecode(mistake string) any {
	text, _ := statemsgtest.Model{}.EncodeReport(probeReport())
	_, text, _ = strings.Cut(text, "?>")
	var log []any
	for _, doc := range []string{text, "<!DOCTYPE Report>" + text, strings.Replace(text, `Count="1"`, `Count="2"`, 1)} {
		r, err := statemsgtest.Model{Mistake: mistake}.DecodeReport([]byte(doc))
		log = append(log, r, err == nil)
	}
	return log
}
