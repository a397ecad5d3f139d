package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// title names an update for a person. One that is no longer on the server has
// the title of before.
func (w *world) title(id compliance.UpdateID) string {
	if u, ok := w.wire.find(id); ok && u.Title != "" {
		return u.Title
	}
	if i, ok := w.in.catalog.Find(id); ok && w.in.catalog.At(i).Title != "" {
		return w.in.catalog.At(i).Title
	}
	return id.String()
}

// begin says what is about to be played.
func (w *world) begin() {
	catalog, facts := w.opt.catalog, w.opt.facts
	if catalog == "" {
		catalog = "the sample catalogue"
	}
	if w.opt.wsus != "" {
		catalog = "the catalogue of " + w.opt.wsus
	}
	if facts == "" {
		facts = "the sample machine"
	}
	start := map[string]any{
		"machine": clientName(w.in.machine), "facts": w.opt.facts, "catalog": w.opt.catalog, "files": w.in.files,
		"seed": w.opt.seed, "ttl_s": w.opt.ttl.Seconds(), "days": w.opt.days,
	}
	if w.opt.wsus != "" {
		start["wsus"], start["revisions"] = w.opt.wsus, w.in.catalog.Len()
	}
	w.print.object(monday, "start", start)
	if w.opt.json {
		return
	}
	out := w.print.out
	fmt.Fprintf(out, "%s (%s) and %s in %s\n", clientName(w.in.machine), oneLine(facts), oneLine(catalog), w.amount())
	fmt.Fprintf(out, "%s of virtual time from %s UTC, TTL %s, seed %d\n", count(w.opt.days, "day"), monday.Format("Mon 2 Jan 2006 15:04"), span(w.opt.ttl), w.opt.seed)
	if w.opt.catalog+w.opt.wsus != "" && w.opt.facts == "" {
		fmt.Fprintln(out, "The machine is the sample's; name the facts of another with -facts.")
	}
	if w.opt.catalog == "" && w.opt.wsus == "" && w.opt.facts != "" {
		fmt.Fprintln(out, "The catalogue is the sample's; name another with -catalog.")
	}
}

// amount is how much metadata there is.
func (w *world) amount() string {
	if w.in.wire != nil {
		return count(w.in.catalog.Len(), "revision")
	}
	return count(w.in.files, "metadata file")
}

// maxRows is how many updates the table at the end lists.
const maxRows = 25

// states are the four states in the order of the table.
var states = []compliance.State{compliance.Required, compliance.Installed, compliance.NotRequired, compliance.Unknown}

// summary prints the compliance states that the last scan found.
func (w *world) summary(ctx context.Context) error {
	status, err := w.agent.Status(ctx)
	if err != nil {
		return err
	}
	at := w.clock.Now().UTC()
	waiting := status.Waiting
	for _, b := range w.print.sent {
		waiting += len(b.Messages)
	}
	s := w.last.Snapshot.Summary()
	unsupported := 0
	for _, n := range w.last.Unsupported {
		unsupported += n
	}
	fields := map[string]any{
		"required": s.Required, "installed": s.Installed, "not_required": s.NotRequired, "unknown": s.Unknown, "total": s.Total(),
		"files": w.in.files, "unsupported_rules": unsupported, "unsupported": w.last.Unsupported,
		"reports": w.network.sent, "last_serial": status.LastSerial, "waiting": waiting,
	}
	if percent, ok := s.Percent(); ok {
		fields["compliant_percent"] = percent
	}
	w.print.object(at, "summary", fields)
	if w.opt.json {
		return nil
	}
	w.table(at, s)
	w.problems()
	out := w.print.out
	fmt.Fprintf(out, "\n  %s read. Rules that are not supported and could not be evaluated: %s\n", w.amount(), number(unsupported))
	for _, name := range slices.Sorted(maps.Keys(w.last.Unsupported)) {
		fmt.Fprintf(out, "    %7s  %s\n", number(w.last.Unsupported[name]), oneLine(name))
	}
	fmt.Fprintf(out, "  %s sent, the last serial number is %s.", count(w.network.sent, "report"), number(status.LastSerial))
	if waiting > 0 {
		fmt.Fprintf(out, " Still to be sent: %s.", count(waiting, "state message"))
	}
	if w.opt.reports != "" {
		fmt.Fprintf(out, " They are in %s.", oneLine(w.opt.reports))
	}
	fmt.Fprintln(out)
	return nil
}

// table prints the counts of the four states, and the updates when they are
// few.
func (w *world) table(at time.Time, s compliance.Summary) {
	out := w.print.out
	fmt.Fprintf(out, "\n%s after %s, %s\n\n", clientName(w.in.machine), count(w.opt.days, "day"), at.Format(time.RFC1123))
	fmt.Fprintf(out, "  %-14s %7s\n  %-14s %7s\n", "State", "Updates", "-----", "-------")
	for _, st := range states {
		fmt.Fprintf(out, "  %-14s %7s\n", st.Name(), number(s.Of(st)))
	}
	fmt.Fprintf(out, "  %-14s %7s", "Total", number(s.Total()))
	if percent, ok := s.Percent(); ok {
		fmt.Fprintf(out, "   %.1f %% compliant: (Installed + Not Required) / Total", percent)
	}
	fmt.Fprintln(out)
	if s.Total() == 0 || s.Total() > maxRows {
		return
	}
	fmt.Fprintln(out)
	for _, st := range states {
		for rec := range w.last.Snapshot.All() {
			if rec.State == st {
				fmt.Fprintf(out, "  %-14s %s\n", st.Name(), short(w.title(rec.ID)))
			}
		}
	}
}

// problems prints why updates are Unknown, those with one reason together.
func (w *world) problems() {
	if len(w.last.Problems) == 0 {
		return
	}
	var reasons []string
	ids := make(map[string][]compliance.UpdateID)
	for _, p := range w.last.Problems {
		if ids[p.Reason] == nil {
			reasons = append(reasons, p.Reason)
		}
		ids[p.Reason] = append(ids[p.Reason], p.ID)
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return len(ids[b]) - len(ids[a]) })
	out := w.print.out
	fmt.Fprintf(out, "\n  Why Unknown:\n")
	for i, reason := range reasons {
		if i == maxLines {
			fmt.Fprintf(out, "    and %s\n", count(len(reasons)-i, "other reason"))
			break
		}
		who := short(w.title(ids[reason][0]))
		if n := len(ids[reason]); n > 1 {
			who = count(n, "update")
		}
		fmt.Fprintf(out, "    %s: %s\n", who, oneLine(reason))
	}
}
