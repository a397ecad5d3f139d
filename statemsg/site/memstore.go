package site

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// MemStore is a [Store] and [Reader] in memory. It computes every answer from its
// rows, so that a summary equals them (SITE-10). The zero value is empty and ready.
// Safe for concurrent use. It is durable as long as the process.
type MemStore struct {
	mu      sync.RWMutex
	asOf    time.Time
	clients map[string]*memClient
	kept    []Kept // the last ones kept
	total   uint64 // how many were ever kept
}

// memClient is a client and its rows.
type memClient struct {
	client Client
	rows   map[memTopic]Row
}

// memTopic is a topic of a client.
type memTopic struct {
	topicType statemsg.TopicType
	id        string
}

func (t memTopic) compare(o memTopic) int {
	return cmp.Or(cmp.Compare(t.topicType, o.topicType), cmp.Compare(t.id, o.id))
}

var (
	_ Store     = (*MemStore)(nil)
	_ Forgetter = (*MemStore)(nil)
	_ Reader    = (*MemStore)(nil)
)

// Clients returns those of the clients that are known.
func (s *MemStore) Clients(ctx context.Context, ids []string) ([]Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var clients []Client
	for _, id := range ids {
		if m := s.clients[id]; m != nil {
			clients = append(clients, m.client.Clone())
		}
	}
	return clients, nil
}

// Rows returns those of the rows that exist.
func (s *MemStore) Rows(ctx context.Context, keys []RowKey) ([]Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var rows []Row
	for _, k := range keys {
		m := s.clients[k.Client]
		if m == nil {
			continue
		}
		if row, ok := m.rows[memTopic{k.TopicType, k.TopicID}]; ok {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// Due returns the clients that a check must look at.
func (s *MemStore) Due(ctx context.Context, since time.Time, after string, limit int) ([]Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var due []Client
	for id, m := range s.clients {
		oldest := m.client.MissingSince()
		if id > after && (m.client.Resync.Wanted || !oldest.IsZero() && oldest.Before(since)) {
			due = append(due, m.client.Clone())
		}
	}
	slices.SortFunc(due, func(a, b Client) int { return cmp.Compare(a.ID, b.ID) })
	return due[:min(len(due), max(limit, 0))], nil
}

// Commit carries out the plans.
func (s *MemStore) Commit(ctx context.Context, plans []Plan, kept []Kept) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range plans {
		s.carryOut(&plans[i])
	}
	for i := range plans {
		s.keep(plans[i].Bad)
	}
	s.keep(kept)
	return nil
}

// carryOut carries out a plan, as the comment of [Plan] says.
func (s *MemStore) carryOut(p *Plan) {
	if s.clients == nil {
		s.clients = make(map[string]*memClient)
	}
	m := s.clients[p.Client.ID]
	if m == nil {
		m = &memClient{rows: make(map[memTopic]Row)}
		s.clients[p.Client.ID] = m
	}
	m.client = p.Client.Clone()
	for i := range p.Put {
		row := p.Row(i)
		row.Message.Params = slices.Clone(row.Message.Params)
		m.rows[memTopic{row.Message.TopicType, row.Message.TopicID}] = row
	}
	if p.RemoveBelow != (Mark{}) { // SITE-9
		for k, row := range m.rows {
			if row.Mark().Compare(p.RemoveBelow) < 0 {
				delete(m.rows, k)
			}
		}
	}
	s.at(p.At)
}

// Forget removes a client and its rows.
func (s *MemStore) Forget(ctx context.Context, id string, at time.Time) (known bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[id] == nil {
		return false, nil
	}
	delete(s.clients, id)
	s.at(at)
	return true, nil
}

// at moves the time of which the answers are.
func (s *MemStore) at(t time.Time) {
	if t.After(s.asOf) {
		s.asOf = t
	}
}

// keep keeps the newest MaxKept (SITE-7).
func (s *MemStore) keep(kept []Kept) {
	for _, k := range kept {
		k.Body = slices.Clone(k.Body)
		s.kept = append(s.kept, k)
		s.total++
		s.at(k.Received)
	}
	if n := len(s.kept) - MaxKept; n > 0 {
		s.kept = slices.Delete(s.kept, 0, n)
	}
}
