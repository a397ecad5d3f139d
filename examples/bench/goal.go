package main

import (
	"fmt"
	"io"
	"strings"
)

// goal is what an entry of ours should reach, by itself or beside a peer.
type goal struct {
	// what and unit say what the numbers are.
	what, unit string
	// perSecond makes numbers a second of times; without it the numbers are those
	// of the entries.
	perSecond bool
	// ours and peer are the indexes of the two entries; peer 0 is none.
	ours, peer int
	// least and most bound our number, leastShare and mostShare its share of the
	// peer's; 0 bounds nothing.
	least, most, leastShare, mostShare float64
}

// verdict is what came of a goal.
type verdict struct {
	Group  string  `json:"group"`
	What   string  `json:"what"`
	Unit   string  `json:"unit"`
	Ours   float64 `json:"ours"`
	Peer   float64 `json:"peer,omitzero"`
	Ratio  float64 `json:"ratio,omitzero"` // ours divided by the peer's
	Target string  `json:"target"`
	Met    bool    `json:"met"`
	// NotMeasured says why there are no numbers.
	NotMeasured string `json:"not_measured,omitzero"`
}

// target writes the bounds.
func (g *goal) target() string {
	var parts []string
	add := func(sign string, bound float64, text string) {
		if bound != 0 {
			parts = append(parts, sign+text)
		}
	}
	add(">= ", g.leastShare, fmt.Sprintf("%.0f %% of the peer", 100*g.leastShare))
	add("<= ", g.mostShare, fmt.Sprintf("%.0f %% of the peer", 100*g.mostShare))
	add(">= ", g.least, thousands(g.least, 0))
	add("<= ", g.most, thousands(g.most, 0))
	return strings.Join(parts, ", ")
}

// judge compares the results of a group with its goals.
func (g *group) judge(results []result) []verdict {
	var all []verdict
	for i := range g.goals {
		t := &g.goals[i]
		v := verdict{Group: g.name, What: t.what, Unit: t.unit, Target: t.target(), NotMeasured: g.skip}
		if g.skip != "" {
			all = append(all, v)
			continue
		}
		number := func(entry int) float64 {
			n := results[entry].NS
			if t.perSecond {
				return 1e9 / n
			}
			return n
		}
		v.Ours = number(t.ours)
		v.Met = (t.least == 0 || v.Ours >= t.least) && (t.most == 0 || v.Ours <= t.most)
		if t.peer != 0 {
			v.Peer = number(t.peer)
			v.Ratio = v.Ours / v.Peer
			v.Met = v.Met && (t.leastShare == 0 || v.Ratio >= t.leastShare) && (t.mostShare == 0 || v.Ratio <= t.mostShare)
		}
		all = append(all, v)
	}
	return all
}

// print prints a verdict as a line.
func (v *verdict) print(w io.Writer) {
	if v.NotMeasured != "" {
		fmt.Fprintf(w, "  %s: not measured, %s; target %s\n", v.What, v.NotMeasured, v.Target)
		return
	}
	peer, met := "no peer", "missed"
	if v.Peer != 0 {
		peer = fmt.Sprintf("peer %s, ratio %.2f", thousands(v.Peer, 0), v.Ratio)
	}
	if v.Met {
		met = "met"
	}
	fmt.Fprintf(w, "  %s: ours %s %s, %s; target %s: %s\n", v.What, thousands(v.Ours, 0), v.Unit, peer, v.Target, met)
}
