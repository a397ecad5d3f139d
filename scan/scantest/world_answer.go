package scantest

import (
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// latency draws how long something takes.
func (w *World) latency() time.Duration {
	if w.slow {
		return time.Duration(w.dice.IntN(90)) * time.Minute
	}
	if w.chance(60) {
		return 0
	}
	return pick(w.dice, time.Second, 17*time.Second, 4*time.Minute, 25*time.Minute)
}

// code draws a failure: some are retried, some are final (WF-9).
func (w *World) code() scan.Failure {
	return scan.Failure{Code: pick(w.dice, wsus.Code(0x80244010), 0x80072EFE, 0x80244022, 0x8024402C, 0x80072EE2, 0x80244017, 0x80004005, wsus.CodeCancelled), Detail: "drawn"}
}

// answer lets the world react to an effect.
func (w *World) answer(e scan.Effect) {
	wait := w.latency()
	switch e := e.(type) {
	case scan.Locate:
		w.after(wait, answer{run: e.Run, event: w.located(e)})
	case scan.ReadPolicy:
		read := scan.PolicyRead{Run: e.Run, Effective: w.local}
		if w.domain != nil {
			read.Effective = *w.domain
		}
		if w.chance(3) {
			read = scan.PolicyRead{Run: e.Run, Failure: w.code()}
		}
		w.after(wait, answer{run: e.Run, event: read})
	case scan.WritePolicy:
		written := scan.PolicyWritten{Run: e.Run}
		if w.chance(3) {
			written.Failure = w.code()
		} else {
			w.local = e.Policy
		}
		w.after(wait, answer{run: e.Run, event: written})
	case scan.Retrieve:
		w.after(wait, answer{run: e.Run, event: w.retrieved(e)})
	case scan.Evaluate:
		w.after(wait, answer{run: e.Run, event: w.evaluated(e)})
	case scan.Send:
		w.after(wait, answer{batch: e.Batch.ID, event: w.sent(e)})
	}
}

func (w *World) located(e scan.Locate) scan.Located {
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

func (w *World) retrieved(e scan.Retrieve) scan.Retrieved {
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

func (w *World) evaluated(e scan.Evaluate) scan.Evaluated {
	if w.chance(4) {
		return scan.Evaluated{Run: e.Run, Failure: w.code()}
	}
	s, err := compliance.NewSnapshot(w.like(), w.machineFacts)
	if err != nil {
		panic(err)
	}
	ev := wsus.Evaluation{Snapshot: s}
	if n := s.Count(compliance.Unknown); n > 0 {
		ev.Problems = []wsus.Problem{{ID: ID(n), Reason: "a fact was not available"}}
		ev.Unsupported = map[string]int{"rule": n}
	}
	return scan.Evaluated{Run: e.Run, Evaluation: ev}
}

// like is a snapshot to share memory with.
func (w *World) like() *compliance.Snapshot {
	if s, ok := w.client.(Stater); ok {
		return s.Baseline()
	}
	return nil
}

func (w *World) sent(e scan.Send) scan.SendEnded {
	r := scan.SendEnded{Batch: e.Batch.ID}
	if w.mpDown || w.chance(6) {
		r.Failure = w.code()
		r.RetryAfter = pick(w.dice, 0, 0, 0, time.Minute, time.Hour, 48*time.Hour)
	}
	if w.chance(25) {
		r.Resync = w.resync()
	}
	return r
}

// resync draws the number of a resync that the site asks for: mostly the one
// answered last, or one near it.
func (w *World) resync() uint64 {
	last := w.ref.answered
	return pick(w.dice, last, last, last+1, last+1, last+2, max(last, 1)-1, 1, statemsg.MaxSerial, statemsg.MaxSerial+1)
}

// drop takes the answers of one attempt or batch off their way.
func (w *World) drop(match func(answer) bool) {
	w.answers = slices.DeleteFunc(w.answers, match)
}
