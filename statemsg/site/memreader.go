package site

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/updatescan/updatescan/statemsg"
)

// Summaries counts the states of updates (SITE-8).
func (s *MemStore) Summaries(ctx context.Context, q SummaryQuery) (Summaries, error) {
	if err := q.Validate(); err != nil {
		return Summaries{}, err
	}
	limit, err := PageLimit(q.Limit)
	if err != nil {
		return Summaries{}, err
	}
	if err := ctx.Err(); err != nil {
		return Summaries{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	counts := make(map[string]*UpdateSummary)
	for _, id := range q.Updates {
		counts[id] = &UpdateSummary{Update: id}
	}
	for _, m := range s.clients {
		for k, row := range m.rows {
			if k.topicType != statemsg.UpdateDetection {
				continue
			}
			u := counts[k.id]
			if u == nil {
				if len(q.Updates) > 0 || k.id <= q.After {
					continue
				}
				u = &UpdateSummary{Update: k.id}
				counts[k.id] = u
			}
			u.Summary.Add(stateOf(&row.Message))
		}
	}
	out := Summaries{AsOf: s.asOf, Clients: len(s.clients)}
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		if len(q.Updates) == 0 && len(out.Updates) == limit {
			out.More = true
			break
		}
		u := counts[id]
		u.Summary.Unknown += len(s.clients) - u.Summary.Total() // SITE-6, SITE-8
		out.Updates = append(out.Updates, *u)
	}
	return out, nil
}

// States returns a client and its rows.
func (s *MemStore) States(ctx context.Context, q StateQuery) (States, error) {
	limit, err := PageLimit(q.Limit)
	if err != nil {
		return States{}, err
	}
	if err := ctx.Err(); err != nil {
		return States{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := States{AsOf: s.asOf}
	m := s.clients[q.Client]
	if m == nil {
		return out, nil
	}
	out.Client = m.client.Clone()
	after := memTopic{q.AfterType, q.AfterID}
	for k, row := range m.rows {
		if (q.TopicType == 0 || k.topicType == q.TopicType) && k.compare(after) > 0 {
			out.Rows = append(out.Rows, row)
		}
	}
	slices.SortFunc(out.Rows, func(a, b Row) int {
		return memTopic{a.Message.TopicType, a.Message.TopicID}.compare(memTopic{b.Message.TopicType, b.Message.TopicID})
	})
	if len(out.Rows) > limit {
		out.Rows, out.More = out.Rows[:limit], true
	}
	return out, nil
}

// Search returns the clients that the query describes.
func (s *MemStore) Search(ctx context.Context, q ClientQuery) (Found, error) {
	if err := q.Validate(); err != nil {
		return Found{}, err
	}
	limit, err := PageLimit(q.Limit)
	if err != nil {
		return Found{}, err
	}
	if err := ctx.Err(); err != nil {
		return Found{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := Found{AsOf: s.asOf}
	bad := s.badOf(q.Update)
	for _, id := range slices.Sorted(maps.Keys(s.clients)) {
		m := s.clients[id]
		c := &m.client
		if id <= q.After || q.Missing && len(c.Missing) == 0 || q.Resync && !c.Resync.Open {
			continue
		}
		if !q.NotHeardSince.IsZero() && c.Heard() && !c.LastHeard.Before(q.NotHeardSince) {
			continue
		}
		f := Facts{Client: c.Clone(), Scan: m.scan(), Bad: bad[id]}
		if q.Update != "" {
			if row, ok := m.rows[memTopic{statemsg.UpdateDetection, q.Update}]; ok {
				f.Detection = &row
			}
		}
		if len(q.States) > 0 && !slices.Contains(q.States, f.State()) {
			continue
		}
		if len(out.Clients) == limit {
			out.More = true
			break
		}
		out.Clients = append(out.Clients, f)
	}
	return out, nil
}

// badOf are the clients of which a bad record of the update or a bad report is kept.
func (s *MemStore) badOf(update string) map[string]bool {
	bad := make(map[string]bool)
	if update == "" {
		return bad
	}
	for i := range s.kept {
		k := &s.kept[i]
		if k.Report || k.TopicType == statemsg.UpdateDetection && k.TopicID == update {
			bad[k.Client] = true
		}
	}
	return bad
}

// scan is the last row of topic type 501; of two without serial the one with the
// higher topic id.
func (m *memClient) scan() *Row {
	var last *Row
	for k, row := range m.rows {
		if k.topicType != statemsg.UpdateSourceScan {
			continue
		}
		if last == nil || cmp.Or(row.Mark().Compare(last.Mark()), cmp.Compare(k.id, last.Message.TopicID)) > 0 {
			last = &row
		}
	}
	return last
}

// Inspect returns what was kept, the newest first (SITE-7).
func (s *MemStore) Inspect(ctx context.Context, q KeptQuery) (KeptPage, error) {
	limit, err := PageLimit(q.Limit)
	if err != nil {
		return KeptPage{}, err
	}
	if err := ctx.Err(); err != nil {
		return KeptPage{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := KeptPage{AsOf: s.asOf, Total: s.total}
	number := s.total
	for i := len(s.kept) - 1; i >= 0; i, number = i-1, number-1 {
		k := s.kept[i]
		if q.Client != "" && k.Client != q.Client || q.Before != 0 && number >= q.Before {
			continue
		}
		if len(out.Kept) == limit {
			out.More = true
			break
		}
		k.Body = slices.Clone(k.Body)
		out.Kept = append(out.Kept, NumberedKept{Number: number, Kept: k})
	}
	return out, nil
}
