package console

import (
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// barWidth is the width of a bar in its own units.
const barWidth = 1000

// shown are the states in the order in which they are shown: what has to be done,
// what is compliant, what is not known.
var shown = []compliance.State{compliance.Required, compliance.NotRequired, compliance.Installed, compliance.Unknown}

// bar is a summary as a stacked bar.
type bar struct {
	Summary  compliance.Summary
	Segments []segment
}

// segment is the part of a bar that stands for a state.
type segment struct {
	State compliance.State
	Count int
	X, W  int // of barWidth; W is 0 for no width
}

// newBar cuts a bar into its segments, one for each state.
func newBar(s compliance.Summary) bar {
	b := bar{Summary: s}
	total, before := s.Total(), 0
	for _, st := range shown {
		g := segment{State: st, Count: s.Of(st)}
		if total > 0 {
			// Both edges are rounded alike, so that segments neither gape nor overlap.
			g.X = before * barWidth / total
			g.W = (before+g.Count)*barWidth/total - g.X
		}
		before += g.Count
		b.Segments = append(b.Segments, g)
	}
	return b
}

// Label is the bar in words, for those who do not see it.
func (b bar) Label() string {
	var parts []string
	for _, g := range b.Segments {
		parts = append(parts, strconv.Itoa(g.Count)+" "+g.State.Name())
	}
	return strings.Join(parts, ", ")
}
