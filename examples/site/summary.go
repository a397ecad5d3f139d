package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/examples/site/internal/fleet"
	"github.com/updatescan/updatescan/statemsg/site"
)

// summary is what -once prints.
type summary struct {
	AsOf    time.Time      `json:"as_of"`
	Clients int            `json:"clients"`
	Updates []updateCounts `json:"updates"`
	Unknown map[string]int `json:"unknown_because"`
	// Missing is how many clients have serials that are missing.
	Missing int `json:"clients_with_missing_messages"`
	// Resyncs is how many resyncs were ever asked for.
	Resyncs uint64 `json:"resyncs_asked"`
	// Resets is how often a client was found to have begun anew.
	Resets int `json:"resets"`
	// Kept is how many bad records and reports were kept.
	Kept      uint64          `json:"bad_records_and_reports"`
	Agreement fleet.Agreement `json:"agreement"`
}

// updateCounts is one update.
type updateCounts struct {
	Update      string   `json:"update"`
	Title       string   `json:"title"`
	Declined    bool     `json:"declined,omitempty"`
	Required    int      `json:"required"`
	NotRequired int      `json:"not_required"`
	Installed   int      `json:"installed"`
	Unknown     int      `json:"unknown"`
	Percent     *float64 `json:"compliant_percent"`
}

// summarize asks the site for its summary.
func summarize(ctx context.Context, reader site.Reader, f *fleet.Fleet) (*summary, error) {
	all, err := reader.Summaries(ctx, site.SummaryQuery{Limit: site.MaxLimit})
	if err != nil {
		return nil, err
	}
	s := &summary{AsOf: all.AsOf, Clients: all.Clients, Unknown: make(map[string]int)}
	for _, u := range all.Updates {
		title, declined, _ := f.Update(u.Update)
		c := updateCounts{
			Update: u.Update, Title: title, Declined: declined, Required: u.Summary.Required, NotRequired: u.Summary.NotRequired,
			Installed: u.Summary.Installed, Unknown: u.Summary.Unknown,
		}
		if percent, ok := u.Summary.Percent(); ok {
			c.Percent = &percent
		}
		s.Updates = append(s.Updates, c)
		unknown, err := reader.Search(ctx, site.ClientQuery{Update: u.Update, States: []compliance.State{compliance.Unknown}, Limit: site.MaxLimit})
		if err != nil {
			return nil, err
		}
		for i := range unknown.Clients {
			s.Unknown[unknown.Clients[i].Why().String()]++
		}
	}
	clients, err := reader.Search(ctx, site.ClientQuery{Limit: site.MaxLimit})
	if err != nil {
		return nil, err
	}
	for i := range clients.Clients {
		c := &clients.Clients[i].Client
		if len(c.Missing) > 0 {
			s.Missing++
		}
		s.Resyncs += c.Resync.Number
		s.Resets += c.Resets()
	}
	kept, err := reader.Inspect(ctx, site.KeptQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	s.Kept = kept.Total
	return s, nil
}

// printJSON writes the summary as one JSON object.
func (s *summary) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(s)
}

// printTable writes the summary for a person.
func (s *summary) printTable(w io.Writer) error {
	fmt.Fprintf(w, "%d clients as of %s\n\n", s.Clients, s.AsOf.Format(time.RFC1123))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Update\tRequired\tNot Required\tInstalled\tUnknown\t% compliant")
	for _, u := range s.Updates {
		percent := "-"
		if u.Percent != nil {
			percent = fmt.Sprintf("%.1f", *u.Percent)
		}
		title := u.Title
		if title == "" {
			title = u.Update
		}
		if u.Declined {
			title += ", declined"
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%s\n", title, u.Required, u.NotRequired, u.Installed, u.Unknown, percent)
	}
	fmt.Fprintln(t, "\nUnknown because\tstates")
	for r := range site.UnknownReasons() {
		if n := s.Unknown[r.String()]; n > 0 {
			fmt.Fprintf(t, "%s\t%d\n", r, n)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, `
%d clients with missing messages, %d resyncs asked for, %d resets, %d bad records and reports
%d clients are in order: the site has their states as they have them for %d
`, s.Missing, s.Resyncs, s.Resets, s.Kept, s.Agreement.InOrder, s.Agreement.Equal)
	return err
}
