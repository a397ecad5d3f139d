package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
)

// maxLines is how many lines of one kind are printed at once.
const maxLines = 12

// printer writes the timeline. It implements scan.Observer.
type printer struct {
	out  io.Writer
	json bool
	w    *world
	last string
	// sent are the batches that were handed to the transport and are not
	// acknowledged.
	sent map[uint64]statemsg.Batch
}

func newPrinter(out io.Writer, asJSON bool, w *world) *printer {
	return &printer{out: out, json: asJSON, w: w, sent: make(map[uint64]statemsg.Batch)}
}

// line writes one line of the timeline; the time is written when it changes.
func (p *printer) line(at time.Time, what, format string, args ...any) {
	if p.json {
		return
	}
	stamp := at.Format("Mon 2 Jan 15:04:05")
	if stamp == p.last {
		stamp = strings.Repeat(" ", len(stamp))
	} else {
		p.last = stamp
	}
	fmt.Fprintf(p.out, "%-19s %-9s %s\n", stamp, what, fmt.Sprintf(format, args...))
}

// object writes one event as JSON.
func (p *printer) object(at time.Time, kind string, fields map[string]any) {
	if !p.json {
		return
	}
	fields["time"], fields["event"] = at.UTC().Format(time.RFC3339Nano), kind
	data, err := json.Marshal(fields)
	if err != nil { // all fields are plain values
		panic(err)
	}
	fmt.Fprintf(p.out, "%s\n", data)
}

// happened tells what happened to the client from outside.
func (p *printer) happened(text string) {
	at := p.w.clock.Now().UTC()
	if !p.json {
		fmt.Fprintln(p.out)
		p.last = ""
	}
	p.line(at, "*", "%s", text)
	p.object(at, "happened", map[string]any{"text": text})
}

// Event implements scan.Observer.
func (p *printer) Event(at time.Time, ev scan.Event) {
	e, ok := ev.(scan.SendEnded)
	if !ok || e.Interrupted {
		return
	}
	b := p.sent[e.Batch]
	if e.Failure.Failed() {
		again := "they will be sent again, unchanged"
		if len(b.Messages) == 1 {
			again = "it will be sent again, unchanged"
		}
		p.line(at, "not sent", "%s; %s", failure(e.Failure), again)
	}
	p.object(at, "send_ended", map[string]any{"batch": e.Batch, "acknowledged": !e.Failure.Failed(), "code": e.Failure.Code.String()})
	if !e.Failure.Failed() {
		delete(p.sent, e.Batch)
	}
}

// Effect implements scan.Observer.
func (p *printer) Effect(at time.Time, e scan.Effect) {
	switch e := e.(type) {
	case scan.Notice:
		p.notice(e)
	case scan.Finished:
		p.finished(&e.Result)
	case scan.Send:
		p.send(at, e.Batch)
	}
}

// send prints a batch that is handed to the transport.
func (p *printer) send(at time.Time, b statemsg.Batch) {
	_, again := p.sent[b.ID]
	p.sent[b.ID] = b
	counts := topics(b)
	if again {
		p.line(at, "send", "again %s, %s", count(len(b.Messages), "state message"), serials(b))
	} else {
		var parts []string
		for _, t := range slices.Sorted(maps.Keys(counts)) {
			parts = append(parts, fmt.Sprintf("%s x %s (%d)", number(counts[t]), topic(t), uint16(t)))
		}
		p.line(at, "send", "%s, %s: %s", count(len(b.Messages), "state message"), serials(b), strings.Join(parts, ", "))
	}
	byTopic := make(map[string]int, len(counts))
	for t, n := range counts {
		byTopic[fmt.Sprint(uint16(t))] = n
	}
	p.object(at, "send", map[string]any{
		"batch": b.ID, "messages": len(b.Messages), "topics": byTopic, "again": again,
		"first_serial": b.Messages[0].Serial, "last_serial": b.Messages[len(b.Messages)-1].Serial,
	})
}

// topics counts the messages of a batch by topic type.
func topics(b statemsg.Batch) map[statemsg.TopicType]int {
	counts := make(map[statemsg.TopicType]int)
	for i := range b.Messages {
		counts[b.Messages[i].TopicType]++
	}
	return counts
}

// notice prints what the machine tells.
func (p *printer) notice(n scan.Notice) {
	switch n.Kind {
	case scan.NoticeEnabled:
		p.line(n.At, "policy", "initial scan at %s, drawn at random within 2 h", n.Due.Format("15:04:05"))
	case scan.NoticeTriggered:
		p.line(n.At, "trigger", "%s: scan %d, %s", n.Trigger.Label(), n.Job, n.Trigger.Type().Label())
	case scan.NoticeJoined:
		p.line(n.At, "trigger", "%s: joins scan %d", n.Trigger.Label(), n.Job)
	case scan.NoticeCleared:
		p.line(n.At, "history", "the scan history is cleared")
	case scan.NoticeDecided:
		p.line(n.At, "decide", "%s", decided(n.Decision))
	case scan.NoticeLocated:
		p.line(n.At, "locate", "%s", n.Location.URL)
	case scan.NoticeConnected:
		p.line(n.At, "connect", "metadata retrieved from %s", n.Location.URL)
	case scan.NoticeRestartPending:
		waits := "waits for a restart and stays Required"
		if n.Count != 1 {
			waits = "wait for a restart and stay Required"
		}
		p.line(n.At, "restart", "%s %s; recorded as 402/9 and 301/5", count(n.Count, "update"), waits)
	case scan.NoticeDormant, scan.NoticeResumed, scan.NoticeRefused, scan.NoticeInterrupted, scan.NoticeMetadataLost, scan.NoticeRefreshed:
		p.line(n.At, "note", "%s", oneLine(strings.ReplaceAll(n.Kind.String(), "_", " ")+" "+n.Failure.Detail))
	}
	fields := map[string]any{}
	if n.Job != 0 {
		fields["scan"] = n.Job
	}
	if n.Trigger.Valid() {
		fields["trigger"], fields["type"] = n.Trigger.String(), n.Trigger.Type().String()
	}
	if n.Decision.Action != 0 {
		d := n.Decision
		fields["type"], fields["action"], fields["reason"] = d.Type.String(), d.Action.String(), d.Reason.String()
		fields["freshness"], fields["why"] = d.Verdict.Reason.String(), d.String()
	}
	if n.Location.URL != "" {
		fields["server"] = n.Location.URL
	}
	if !n.Due.IsZero() {
		fields["due"] = n.Due
	}
	if n.Count != 0 {
		fields["count"] = n.Count
	}
	p.object(n.At, n.Kind.String(), fields)
}
