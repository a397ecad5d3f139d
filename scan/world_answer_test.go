package scan_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// latency draws how long something takes.
func (w *world) latency() time.Duration {
	if w.slow {
		return time.Duration(w.dice.IntN(90)) * time.Minute
	}
	if w.chance(60) {
		return 0
	}
	return pick(w.dice, time.Second, 17*time.Second, 4*time.Minute, 25*time.Minute)
}

// code draws a failure: some are retried, some are final (WF-9).
func (w *world) code() scan.Failure {
	return scan.Failure{Code: pick(w.dice, wsus.Code(0x80244010), 0x80072EFE, 0x80244022, 0x8024402C, 0x80072EE2, 0x80244017, 0x80004005, wsus.CodeCancelled), Detail: "drawn"}
}

// answer lets the world react to an effect.
func (w *world) answer(e scan.Effect) {
	wait := w.latency()
	switch e := e.(type) {
	case scan.Locate:
		w.after(wait, worldAnswer{run: e.Run, event: w.located(e)})
	case scan.ReadPolicy:
		read := scan.PolicyRead{Run: e.Run, Effective: w.local}
		if w.domain != nil {
			read.Effective = *w.domain
		}
		if w.chance(3) {
			read = scan.PolicyRead{Run: e.Run, Failure: w.code()}
		}
		w.after(wait, worldAnswer{run: e.Run, event: read})
	case scan.WritePolicy:
		written := scan.PolicyWritten{Run: e.Run}
		if w.chance(3) {
			written.Failure = w.code()
		} else {
			w.local = e.Policy
		}
		w.after(wait, worldAnswer{run: e.Run, event: written})
	case scan.Retrieve:
		w.after(wait, worldAnswer{run: e.Run, event: w.retrieved(e)})
	case scan.Evaluate:
		w.after(wait, worldAnswer{run: e.Run, event: w.evaluated(e)})
	case scan.Send:
		w.after(wait, worldAnswer{batch: e.Batch.ID, event: w.sent(e)})
	}
}

func (w *world) located(e scan.Locate) scan.Located {
	if w.chance(4) {
		return scan.Located{Run: e.Run, Failure: w.code()}
	}
	list := slices.Clone(w.locations)
	if w.chance(4) {
		list = nil
	}
	if w.chance(10) && len(list) > 1 {
		list[0], list[1] = list[1], list[0]
	}
	return scan.Located{Run: e.Run, Locations: list}
}

func (w *world) retrieved(e scan.Retrieve) scan.Retrieved {
	r := scan.Retrieved{Run: e.Run, Version: ttl.Version(e.Location.Version)}
	if e.SSLOnly && e.Location.URL[:5] == "http:" {
		r.Failure = scan.Failure{Code: wsus.CodeInvalidLocation} // refused before a byte is sent (WF-4)
	} else if code := w.down[e.Location.URL]; code != 0 {
		r.Failure = scan.Failure{Code: code}
	} else if w.chance(5) {
		r.Failure = w.code()
	} else if w.chance(10) {
		r.Version-- // the server is not what the management point said
	}
	return r
}

func (w *world) evaluated(e scan.Evaluate) scan.Evaluated {
	if w.chance(4) {
		return scan.Evaluated{Run: e.Run, Failure: w.code()}
	}
	s, err := compliance.NewSnapshot(w.m.Baseline(), w.machineFacts)
	if err != nil {
		panic(err)
	}
	ev := wsus.Evaluation{Snapshot: s}
	if n := s.Count(compliance.Unknown); n > 0 {
		ev.Problems = []wsus.Problem{{ID: worldID(n), Reason: "a fact was not available"}}
		ev.Unsupported = map[string]int{"rule": n}
	}
	return scan.Evaluated{Run: e.Run, Evaluation: ev}
}

func (w *world) sent(e scan.Send) scan.SendEnded {
	r := scan.SendEnded{Batch: e.Batch.ID}
	if w.mpDown || w.chance(6) {
		r.Failure = w.code()
		r.RetryAfter = pick(w.dice, 0, 0, 0, time.Minute, time.Hour, 48*time.Hour)
	}
	return r
}

// drop takes the answers of one attempt or batch off their way.
func (w *world) drop(match func(worldAnswer) bool) {
	w.answers = slices.DeleteFunc(w.answers, match)
}

// worldLaws are rules that are checked on the machine alone, in every step of
// every workflow, without the model's opinion.
type worldLaws struct {
	batches map[uint64]statemsg.Batch
	serial  uint64
	types   map[uint64]scan.Type // of jobs, as decided
}

// check returns the law that a step has broken.
func (l *worldLaws) check(now time.Time, before ttl.Stamp, m *scan.Machine, ev scan.Event, effects []scan.Effect) string {
	if l.types == nil {
		l.types = map[uint64]scan.Type{}
	}
	moved, cleared := false, false
	for i, e := range effects {
		switch e := e.(type) {
		case scan.Commit:
			if i != 0 {
				return "DIFF-9: a commit is not the first effect"
			}
		case scan.Notice:
			cleared = cleared || e.Kind == scan.NoticeCleared || e.Kind == scan.NoticeMetadataLost
			if e.Kind != scan.NoticeDecided {
				break
			}
			l.types[e.Job] = e.Decision.Type
			if (e.Decision.Type == scan.ForcedOnline) != (e.Decision.Reason == scan.ForcedToConnect) {
				return fmt.Sprintf("DEC-1: %v", e.Decision)
			}
		case scan.Locate:
			if l.types[e.Run.Job] == scan.ForcedOffline {
				return "DEC-3: an offline scan asks for a location"
			}
		case scan.Retrieve:
			if l.types[e.Run.Job] == scan.ForcedOffline {
				return "DEC-3: an offline scan connects"
			}
			if e.SSLOnly && m.Status().Stamp.Present() && e.Location.URL == "" {
				return "WF-4: no location"
			}
		case scan.Send:
			if broken := l.send(e.Batch, effects[0]); broken != "" {
				return broken
			}
		case scan.Finished:
			r := e.Result
			done := r.Outcome == scan.Completed || r.Outcome == scan.CompletedWithErrors
			if done && r.Connected {
				moved = true
				if at, _ := r.Stamp.Time(); !at.Equal(now) || r.Type == scan.ForcedOffline {
					return fmt.Sprintf("TTL-4: stamp %v of a scan that completed at %v", r.Stamp, now)
				}
			}
			if r.Type == scan.ForcedOnline && done && !r.Connected {
				return "DEC-8: a forced online scan completed without connecting"
			}
			if r.RetryAt.After(now.Add(wsus.DefaultRetryDelay)) {
				return fmt.Sprintf("WF-9: retry at %v, now %v", r.RetryAt, now)
			}
		}
	}
	if after, _ := m.Stamp(); after != before && !moved && !cleared {
		return fmt.Sprintf("TTL-5, TTL-6: %T moved the stamp from %v to %v", ev, before, after)
	}
	return ""
}

// send checks MSG-5, MSG-6 and MSG-10.
func (l *worldLaws) send(b statemsg.Batch, first scan.Effect) string {
	if old, again := l.batches[b.ID]; again {
		if d := diffBatches(b, old); d != "" {
			return "MSG-6: a batch changed: " + d
		}
		return ""
	}
	if c, ok := first.(scan.Commit); !ok || !slices.Contains(c.Parts, scan.PartOutbox) {
		return "MSG-5: a batch leaves before its serials are durable"
	}
	for _, m := range b.Messages {
		if m.Serial != l.serial+1 {
			return fmt.Sprintf("MSG-5: serial %d after %d", m.Serial, l.serial)
		}
		l.serial = m.Serial
	}
	b.Messages = slices.Clone(b.Messages)
	l.batches[b.ID] = b
	return ""
}
