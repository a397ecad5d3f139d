package scantest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/updatescan/updatescan/scan"
)

// Observed is one thing that an [Observer] was told: an event or an effect.
type Observed struct {
	At     time.Time
	Event  scan.Event  // nil for an effect
	Effect scan.Effect // nil for an event
}

// String is one line for a person.
func (o Observed) String() string {
	if o.Event != nil {
		return o.At.Format(time.RFC3339) + "  " + brief(o.Event)
	}
	return o.At.Format(time.RFC3339) + "    -> " + brief(o.Effect)
}

// Observer is a [scan.Observer] that keeps what it is told. Its zero value is
// ready. It is safe for concurrent use and must not be copied after first use.
type Observer struct {
	mu  sync.Mutex
	all []Observed
}

// Event implements [scan.Observer].
func (o *Observer) Event(at time.Time, ev scan.Event) { o.add(Observed{At: at, Event: ev}) }

// Effect implements [scan.Observer].
func (o *Observer) Effect(at time.Time, e scan.Effect) { o.add(Observed{At: at, Effect: e}) }

func (o *Observer) add(what Observed) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, what)
}

// All returns everything so far.
func (o *Observer) All() []Observed {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

// Reset forgets everything so far.
func (o *Observer) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = nil
}

// Results returns the results of attempts so far.
func (o *Observer) Results() []scan.Result {
	var list []scan.Result
	for _, e := range o.All() {
		if f, ok := e.Effect.(scan.Finished); ok {
			list = append(list, f.Result)
		}
	}
	return list
}

// Notices returns the notices so far, of the given kinds, or all.
func (o *Observer) Notices(kinds ...scan.NoticeKind) []scan.Notice {
	var list []scan.Notice
	for _, e := range o.All() {
		if n, ok := e.Effect.(scan.Notice); ok && (len(kinds) == 0 || slices.Contains(kinds, n.Kind)) {
			list = append(list, n)
		}
	}
	return list
}

// Decisions returns what was decided about metadata so far.
func (o *Observer) Decisions() []scan.Decision {
	var list []scan.Decision
	for _, n := range o.Notices(scan.NoticeDecided) {
		list = append(list, n.Decision)
	}
	return list
}

// Count returns how many effects of the same type as e there were so far, such
// as scan.Retrieve{}.
func (o *Observer) Count(e scan.Effect) int {
	n := 0
	for _, seen := range o.All() {
		if seen.Effect != nil && fmt.Sprintf("%T", seen.Effect) == fmt.Sprintf("%T", e) {
			n++
		}
	}
	return n
}
