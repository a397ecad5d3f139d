package sitestore_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// table returns the rows of a query as texts, times in one form and bytes as texts.
func table(ctx context.Context, db *sql.DB, query string) ([][]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		line := make([]string, len(names))
		for i, v := range values {
			line[i] = cell(v)
		}
		out = append(out, line)
	}
	return out, rows.Err()
}

// cell is a value as text; nothing is "-".
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case time.Time:
		return stamp(v)
	case []byte:
		return string(v)
	case float64:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprint(v)
}

// stamp is a time as the views of SQLite have it; the zero time is "-".
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// checkViews compares the views and the rows of missing_ranges with the reader.
func checkViews(ctx context.Context, db *sql.DB, r site.Reader) error {
	for _, check := range []func(context.Context, *sql.DB, site.Reader) error{checkClientUpdates, checkSummary, checkContacts, checkMissing, checkScans, checkBad} {
		if err := check(ctx, db, r); err != nil {
			return err
		}
	}
	return nil
}

// same compares the rows of a query with those wanted.
func same(ctx context.Context, db *sql.DB, query string, want [][]string) error {
	got, err := table(ctx, db, query)
	if err != nil {
		return err
	}
	if d := cmp.Diff(want, got); d != "" {
		return fmt.Errorf("%s (-want +got):\n%s", query, d)
	}
	return nil
}

var stateNames = map[compliance.State]string{
	compliance.Unknown: "Unknown", compliance.NotRequired: "Not Required", compliance.Required: "Required", compliance.Installed: "Installed",
}

func checkClientUpdates(ctx context.Context, db *sql.DB, r site.Reader) error {
	updates, err := table(ctx, db, "SELECT unique_id FROM updates ORDER BY unique_id")
	if err != nil {
		return err
	}
	var want [][]string
	for _, u := range updates {
		found, err := r.Search(ctx, site.ClientQuery{Update: u[0], Limit: site.MaxLimit})
		if err != nil {
			return err
		}
		for _, f := range found.Clients {
			row := []string{f.Client.ID, u[0], cell(int64(f.State())), stateNames[f.State()], "-", "-", "-", "-", "-"}
			if why := f.Why(); why != 0 {
				row[4] = why.String()
			}
			if d := f.Detection; d != nil {
				row[6], row[7], row[8] = stamp(d.Message.Time), stamp(d.Received), fmt.Sprint(d.Message.Serial)
				if len(d.Message.Params) == 1 && d.Message.Params[0] == "102" {
					row[5] = "102"
				}
			}
			want = append(want, row)
		}
	}
	return same(ctx, db, `SELECT client, unique_id, state_id, state, unknown_reason, CASE WHEN revision = 102 THEN revision END, changed_at, received_at, serial
		FROM client_updates ORDER BY unique_id, client`, want)
}

func checkSummary(ctx context.Context, db *sql.DB, r site.Reader) error {
	sums, err := r.Summaries(ctx, site.SummaryQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var want [][]string
	var ids []string
	for _, u := range sums.Updates {
		s := u.Summary
		percent, _ := s.Percent()
		want = append(want, []string{
			u.Update, fmt.Sprint(s.Required), fmt.Sprint(s.NotRequired), fmt.Sprint(s.Installed), fmt.Sprint(s.Unknown), fmt.Sprint(s.Total()),
			cell(percent), stamp(sums.AsOf),
		})
		ids = append(ids, u.Update)
	}
	// The same, asked for one by one, is the same (SITE-10).
	if len(ids) > 0 {
		few, err := r.Summaries(ctx, site.SummaryQuery{Updates: ids})
		if err != nil {
			return err
		}
		if d := cmp.Diff(sums, few); d != "" {
			return fmt.Errorf("summaries of all and of each (-all +each):\n%s", d)
		}
	}
	// And so is what the other view says about each client.
	counted, err := table(ctx, db, `SELECT unique_id, SUM(CASE state WHEN 'Required' THEN 1 ELSE 0 END), SUM(CASE state WHEN 'Not Required' THEN 1 ELSE 0 END),
		SUM(CASE state WHEN 'Installed' THEN 1 ELSE 0 END), SUM(CASE state WHEN 'Unknown' THEN 1 ELSE 0 END), COUNT(*)
		FROM client_updates WHERE unique_id IN (SELECT u.unique_id FROM updates u JOIN update_states s ON s.update_id = u.update_id) GROUP BY unique_id ORDER BY unique_id`)
	if err != nil {
		return err
	}
	var detail [][]string
	for _, row := range want {
		detail = append(detail, row[:6])
	}
	if d := cmp.Diff(detail, counted); d != "" {
		return fmt.Errorf("summary and its details (-summary +details):\n%s", d)
	}
	return same(ctx, db, `SELECT unique_id, required, not_required, installed, unknown, total, compliant_percent, as_of FROM update_summary ORDER BY unique_id`, want)
}

func checkContacts(ctx context.Context, db *sql.DB, r site.Reader) error {
	found, err := r.Search(ctx, site.ClientQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var want, silent [][]string
	for _, f := range found.Clients {
		c := &f.Client
		hours := "-"
		if c.Heard() {
			hours = fmt.Sprint(int64(found.AsOf.Sub(c.LastHeard) / time.Hour))
		}
		if !c.Heard() || found.AsOf.Sub(c.LastHeard) >= 24*time.Hour {
			silent = append(silent, []string{c.ID})
		}
		want = append(want, []string{
			c.ID, c.NetBIOSName, c.Version, truth(!c.Off), stamp(c.FirstHeard), stamp(c.LastHeard), hours, fmt.Sprint(c.Resets()),
			truth(c.Resync.Open), stamp(c.Resync.Asked), stamp(found.AsOf),
		})
	}
	if err := same(ctx, db, `SELECT client FROM client_contacts WHERE last_heard_at IS NULL OR silent_hours >= 24 ORDER BY client`, silent); err != nil {
		return err
	}
	return same(ctx, db, `SELECT client, netbios_name, version, enabled, first_heard_at, last_heard_at, silent_hours, resets, resync_open, resync_asked_at, as_of
		FROM client_contacts ORDER BY client`, want)
}

func truth(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func checkMissing(ctx context.Context, db *sql.DB, r site.Reader) error {
	found, err := r.Search(ctx, site.ClientQuery{Missing: true, Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var want [][]string
	for _, f := range found.Clients {
		for _, m := range f.Client.Missing {
			want = append(want, []string{
				f.Client.ID, fmt.Sprint(m.From), fmt.Sprint(m.To), fmt.Sprint(m.To - m.From + 1), stamp(m.Since),
				truth(f.Client.Resync.Open), stamp(f.Client.Resync.Asked),
			})
		}
	}
	return same(ctx, db, `SELECT client, from_serial, to_serial, serials, missing_since, resync_open, resync_asked_at
		FROM missing_messages ORDER BY client, from_serial`, want)
}

func checkScans(ctx context.Context, db *sql.DB, r site.Reader) error {
	found, err := r.Search(ctx, site.ClientQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var want [][]string
	for _, f := range found.Clients {
		if s := f.Scan; s != nil {
			want = append(want, []string{
				f.Client.ID, f.Client.NetBIOSName, s.Message.TopicID, fmt.Sprint(uint16(s.Message.StateID)), stamp(s.Message.Time), stamp(s.Received),
			})
		}
	}
	return same(ctx, db, `SELECT client, netbios_name, source_id, state_id, changed_at, received_at FROM scan_states ORDER BY client`, want)
}

func checkBad(ctx context.Context, db *sql.DB, r site.Reader) error {
	page, err := r.Inspect(ctx, site.KeptQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var records, reports [][]string
	for _, k := range slices.Backward(page.Kept) {
		line := []string{fmt.Sprint(k.Number), k.Client, stamp(k.Received)}
		end := []string{k.Reason, string(k.Body), fmt.Sprint(k.Bytes)}
		if k.Report {
			reports = append(reports, slices.Concat(line, end))
			continue
		}
		serial := fmt.Sprint(min(k.Serial, math.MaxInt64))
		records = append(records, slices.Concat(line, []string{fmt.Sprint(uint16(k.TopicType)), k.TopicID, serial}, end))
	}
	if err := same(ctx, db, `SELECT number, client, received_at, reason, body, bytes FROM bad_reports ORDER BY number`, reports); err != nil {
		return err
	}
	return same(ctx, db, `SELECT number, client, received_at, topic_type, topic_id, serial, reason, body, bytes FROM bad_records ORDER BY number`, records)
}

// TestViews plays a history that gives every reason for Unknown, and asks the views.
func TestViews(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-6")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		db := m.DB(t)
		s := m.over(t, db)
		w := sitetest.NewWorld(s, 8)
		step := func(agent int, steps ...sitetest.Step) {
			t.Helper()
			for i := range steps {
				steps[i].Agent = agent
			}
			if err := w.Play(t.Context(), steps); err != nil {
				t.Fatal(err)
			}
			if err := checkViews(t.Context(), db, s); err != nil {
				t.Fatal(err)
			}
		}
		report, deliver := sitetest.Step{Do: sitetest.Report, N: 99}, sitetest.Step{Do: sitetest.Deliver}
		set := func(n int, st compliance.State) sitetest.Step {
			return sitetest.Step{Do: sitetest.Set, N: n, State: st}
		}
		scan := func(n int) sitetest.Step { return sitetest.Step{Do: sitetest.Scan, N: n} }
		wait := sitetest.Step{Do: sitetest.Wait, For: 30 * time.Hour}
		step(0, set(1, compliance.Required), set(2, compliance.Installed), set(3, compliance.NotRequired), set(4, compliance.Unknown), scan(3), report, deliver)
		step(1, sitetest.Step{Do: sitetest.Register, Again: true})                                                                    // never_heard
		step(2, sitetest.Step{Do: sitetest.Register})                                                                                 // feature_off
		step(3, set(1, compliance.Required), set(5, compliance.Required), report, deliver, wait)                                      // never_scanned
		step(4, scan(2), report, deliver)                                                                                             // scan_running
		step(5, scan(5), report, deliver)                                                                                             // scan_failed
		step(6, scan(3), report, sitetest.Step{Do: sitetest.Lose}, scan(6), report, deliver, wait, sitetest.Step{Do: sitetest.Check}) // message_lost
		step(7, scan(3), report, deliver, sitetest.Step{Do: sitetest.Reject})                                                         // message_bad
		rows, err := table(t.Context(), db, `SELECT DISTINCT unknown_reason FROM client_updates WHERE unknown_reason IS NOT NULL`)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, row := range rows {
			seen[row[0]] = true
		}
		for why := range site.UnknownReasons() {
			if !seen[why.String()] {
				t.Errorf("no client is Unknown because of %v: %v", why, slices.Sorted(maps.Keys(seen)))
			}
		}
	})
}
