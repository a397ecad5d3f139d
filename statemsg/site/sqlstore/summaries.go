package sqlstore

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"sync"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg/site"
)

// counts are the states of all updates as of a commit, so that the pages of a
// summary need one pass over the rows and not one each.
type counts struct {
	mu      sync.Mutex
	commits int64 // the number of the commit; 0 for none
	updates map[int64]compliance.Summary
}

// fewUpdates is how many updates are looked up client by client, instead of in a pass
// over all rows.
const fewUpdates = 32

// Summaries implements [site.Reader]. Of up to 32 updates asked for it looks at one
// row each a client; else at all rows, and remembers what it found until the next
// commit.
func (s *Store) Summaries(ctx context.Context, q site.SummaryQuery) (site.Summaries, error) {
	if err := q.Validate(); err != nil {
		return site.Summaries{}, err
	}
	limit, err := site.PageLimit(q.Limit)
	if err != nil {
		return site.Summaries{}, err
	}
	var out site.Summaries
	err = s.look(ctx, "summaries", func(sn *snapshot) error {
		out.AsOf = sn.asOf
		rows, err := sn.Query(ctx, `SELECT COUNT(*) FROM clients`)
		if err != nil {
			return err
		}
		c := columns{values: rows[0], where: "table clients"}
		out.Clients = int(c.number(0, math.MaxInt64))
		if c.err != nil {
			return c.err
		}
		if len(q.Updates) > 0 {
			out.Updates, err = s.some(ctx, sn, q.Updates)
		} else {
			out.Updates, out.More, err = s.page(ctx, sn, cursor(q.After), limit)
		}
		return err
	})
	if err != nil {
		return site.Summaries{}, err
	}
	for i := range out.Updates { // SITE-6, SITE-8
		sum := &out.Updates[i].Summary
		sum.Unknown += out.Clients - sum.Total()
	}
	return out, nil
}

// some counts the states of updates, in ascending order of their topic ids.
func (s *Store) some(ctx context.Context, sn *snapshot, updates []string) ([]site.UpdateSummary, error) {
	updates = slices.Clone(updates)
	slices.Sort(updates)
	updates = slices.Compact(updates)
	rows, err := sn.Query(ctx, `SELECT update_id, unique_id FROM updates WHERE `+within(s.d, "unique_id"), list(s.d, storables(updates)))
	if err != nil {
		return nil, err
	}
	numbersOf := make(map[string]int64, len(rows))
	var ids []int64
	for _, row := range rows {
		c := columns{values: row, where: "table updates"}
		id := c.number(1, maxID)
		numbersOf[c.text()] = id
		ids = append(ids, id)
	}
	count, err := s.count(ctx, sn, ids)
	if err != nil {
		return nil, err
	}
	out := make([]site.UpdateSummary, len(updates))
	for i, update := range updates {
		out[i] = site.UpdateSummary{Update: update, Summary: count[numbersOf[update]]}
	}
	return out, nil
}

// page counts the states of the updates above one that have rows.
func (s *Store) page(ctx context.Context, sn *snapshot, after string, limit int) (out []site.UpdateSummary, more bool, err error) {
	count, err := s.count(ctx, sn, nil)
	if err != nil {
		return nil, false, err
	}
	for {
		rows, err := sn.Query(ctx, `SELECT update_id, unique_id FROM updates WHERE unique_id > ? ORDER BY unique_id LIMIT ?`, after, limit+1)
		if err != nil {
			return nil, false, err
		}
		for _, row := range rows {
			c := columns{values: row, where: "table updates"}
			sum, ok := count[c.number(1, maxID)]
			after = c.text()
			if c.err != nil {
				return nil, false, c.err
			}
			if !ok {
				continue // all its rows were removed
			}
			if len(out) == limit {
				return out, true, nil
			}
			out = append(out, site.UpdateSummary{Update: after, Summary: sum})
		}
		if len(rows) <= limit {
			return out, false, nil
		}
	}
}

// count counts the states that have rows: of some updates, or of all if ids is nil.
func (s *Store) count(ctx context.Context, sn *snapshot, ids []int64) (map[int64]compliance.Summary, error) {
	if ids != nil && len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > 0 && len(ids) <= fewUpdates {
		query := `SELECT s.update_id, s.state, COUNT(*) FROM update_states s WHERE ` + withinNumbers(s.d, "s.update_id") + ` GROUP BY s.update_id, s.state`
		if s.d == SQLite {
			query = `SELECT s.update_id, s.state, COUNT(*) FROM json_each(?) n CROSS JOIN clients c CROSS JOIN update_states s
				WHERE s.client_id = c.client_id AND s.update_id = n.value GROUP BY s.update_id, s.state`
		}
		return tally(sn.Query(ctx, query, numbers(s.d, ids)))
	}
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	if sn.commits != 0 && s.counts.commits == sn.commits {
		return s.counts.updates, nil
	}
	all, err := sn.all(ctx)
	if err != nil {
		return nil, err
	}
	if sn.commits > s.counts.commits {
		s.counts.commits, s.counts.updates = sn.commits, all
	}
	return all, nil
}

// all counts the states of all updates.
func (sn *snapshot) all(ctx context.Context) (map[int64]compliance.Summary, error) {
	if sn.Dialect == PostgreSQL {
		return tally(sn.Query(ctx, `SELECT update_id, state, COUNT(*) FROM update_states GROUP BY update_id, state`))
	}
	// SQLite would sort all rows. It has them client by client; of each client it
	// gives the updates and states as one text, which takes a third of the time.
	rows, err := sn.Conn.QueryContext(ctx, `SELECT group_concat(update_id * 4 + CASE WHEN state IN (1, 2, 3) THEN state ELSE 0 END)
		FROM update_states GROUP BY client_id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[int64]*[4]int)
	var text sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		n := int64(0)
		for i := 0; i <= len(text); i++ {
			if i < len(text) && text[i] != ',' {
				n = n*10 + int64(text[i]-'0')
				continue
			}
			c := all[n/4]
			if c == nil {
				c = new([4]int)
				all[n/4] = c
			}
			c[n%4]++
			n = 0
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out := make(map[int64]compliance.Summary, len(all))
	for id, c := range all {
		out[id] = compliance.Summary{Unknown: c[compliance.Unknown], NotRequired: c[compliance.NotRequired], Required: c[compliance.Required], Installed: c[compliance.Installed]}
	}
	return out, nil
}

// tally sums rows of update, state and number up.
func tally(rows [][]any, err error) (map[int64]compliance.Summary, error) {
	if err != nil {
		return nil, err
	}
	all := make(map[int64]compliance.Summary)
	for _, row := range rows {
		c := columns{values: row, where: "table update_states"}
		id, state, n := c.number(1, maxID), c.number(0, math.MaxUint16), int(c.number(0, math.MaxInt64))
		if c.err != nil {
			return nil, c.err
		}
		sum := all[id]
		switch compliance.State(min(state, math.MaxUint8)) {
		case compliance.Required:
			sum.Required += n
		case compliance.NotRequired:
			sum.NotRequired += n
		case compliance.Installed:
			sum.Installed += n
		case compliance.Unknown:
			sum.Unknown += n
		default:
			sum.Unknown += n
		}
		all[id] = sum
	}
	return all, nil
}
