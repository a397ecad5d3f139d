package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
)

// finished prints how a scan ended.
func (p *printer) finished(r *scan.Result) {
	fields := map[string]any{
		"scan": r.Run.Job, "attempt": r.Run.Attempt, "type": r.Type.String(), "outcome": r.Outcome.String(),
		"connected": r.Connected, "changes": len(r.Changes), "code": r.Failure.Code.String(),
	}
	if r.Outcome == scan.PendingRetry {
		fields["retry_at"] = r.RetryAt
	}
	if !r.FreshUntil.IsZero() {
		fields["fresh_until"] = r.FreshUntil
	}
	if r.Snapshot != nil {
		s := r.Snapshot.Summary()
		fields["required"], fields["not_required"], fields["installed"], fields["unknown"] = s.Required, s.NotRequired, s.Installed, s.Unknown
	}
	p.object(r.Finished, "finished", fields)
	if r.Err() != nil {
		text := outcome(r.Outcome) + ": " + failure(r.Failure)
		if r.Outcome == scan.PendingRetry {
			text += "; next attempt at " + r.RetryAt.Format("15:04:05")
		}
		p.line(r.Finished, "result", "%s", text)
		return
	}
	p.w.last = *r
	p.line(r.Finished, "result", "%s; %s", outcome(r.Outcome), metadataText(r))
	p.line(r.Finished, "", "%s", summaryText(r.Snapshot.Summary()))
	p.checks(r)
	p.changes(r)
}

// metadataText writes which metadata a scan used.
func metadataText(r *scan.Result) string {
	text := "local metadata"
	if r.Connected {
		text = "new metadata"
	}
	text += ", version " + number(uint64(r.Stamp.Version()))
	if r.FreshUntil.IsZero() {
		return text + ", not fresh"
	}
	if !r.Connected {
		return text
	}
	return text + ", fresh until " + until(r.FreshUntil)
}

// checks prints what a scan found of the updates that its request named.
func (p *printer) checks(r *scan.Result) {
	for i, c := range r.Checks {
		word := "no longer required"
		if required, known := r.StillRequired(c.ID); required {
			word = "still required"
		} else if !known {
			word = "not known"
		}
		if i < maxLines {
			p.line(r.Finished, "", "%s: %s", word, short(p.w.title(c.ID)))
		}
		p.object(r.Finished, "check", map[string]any{"scan": r.Run.Job, "update": c.ID.String(), "found": strings.ReplaceAll(word, " ", "_")})
	}
}

// changes prints the compliance states that changed: each, or only how many
// there are of a kind when they are many.
func (p *printer) changes(r *scan.Result) {
	if len(r.Changes) == 0 {
		p.line(r.Finished, "", "no state changed, so no message for any update")
	}
	many := len(r.Changes) > maxLines
	counts := make(map[compliance.Change]int)
	for _, c := range r.Changes {
		if !many {
			p.change(r, c, short(p.w.title(c.ID)))
		}
		counts[compliance.Change{Kind: c.Kind, From: c.From, To: c.To}]++
		p.object(r.Finished, "change", map[string]any{
			"scan": r.Run.Job, "update": c.ID.String(), "kind": c.Kind.String(), "from": c.From.String(), "to": c.To.String(),
			"revision": c.Revision, "title": p.w.title(c.ID),
		})
	}
	if !many {
		return
	}
	kinds := slices.SortedFunc(maps.Keys(counts), func(a, b compliance.Change) int {
		return slices.Compare([]int{int(a.Kind), int(a.To), int(a.From)}, []int{int(b.Kind), int(b.To), int(b.From)})
	})
	for _, c := range kinds {
		p.change(r, c, count(counts[c], "update"))
	}
}

// change prints one change of who, an update or a number of them.
func (p *printer) change(r *scan.Result, c compliance.Change, who string) {
	what, state, was := "changed", c.To.Name(), ""
	switch c.Kind {
	case compliance.First:
		was = "first report"
	case compliance.Changed:
		was = "was " + c.From.Name()
	case compliance.Revised: // DIFF-7
		what, was = "revised", "no message"
	case compliance.Removed: // DIFF-6
		what, state, was = "removed", c.From.Name(), "no message"
	}
	p.line(r.Finished, what, "%-13s %-17s %s", state, was, who)
}
