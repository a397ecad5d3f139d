package sqlstore

import (
	"context"
	"time"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Clients implements [site.Store].
func (s *Store) Clients(ctx context.Context, ids []string) ([]site.Client, error) {
	if err := s.take(ctx, "clients"); err != nil {
		return nil, err
	}
	defer s.done()
	rows, err := s.w.Query(ctx, `SELECT client_id, data FROM clients WHERE `+within(s.d, "client"), list(s.d, storables(ids)))
	if err != nil {
		return nil, s.fail(ctx, "clients", err, false)
	}
	clients := make([]site.Client, 0, len(rows))
	for _, row := range rows {
		c := columns{values: row, where: "table clients"}
		id := c.number(1, maxID)
		client := c.client()
		if c.err != nil {
			return nil, failed(ctx, "clients", c.err)
		}
		s.clients.set(client.ID, id)
		clients = append(clients, client)
	}
	return clients, nil
}

// storables are the texts that a database can hold.
func storables(texts []string) []string {
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		if storable(t) {
			out = append(out, t)
		}
	}
	return out
}

// rowColumns are the columns that readRow reads, of one table or the other.
const (
	updateColumns = `500, u.unique_id, s.state, s.revision, s.serial, s.changed_us, s.received_s, s.life, s.other`
	otherColumns  = `o.topic_type, o.topic_id, o.state, CAST(NULL AS BIGINT), o.serial, o.changed_us, o.received_s, o.life, o.other`
)

// Rows implements [site.Store].
func (s *Store) Rows(ctx context.Context, keys []site.RowKey) ([]site.Row, error) {
	if err := s.take(ctx, "rows"); err != nil {
		return nil, err
	}
	defer s.done()
	var order []string
	updates, others := make(map[string][]string), make(map[string]map[string][]string)
	for _, k := range keys {
		if !storable(k.Client) || !storable(k.TopicID) {
			continue
		}
		if updates[k.Client] == nil && others[k.Client] == nil {
			order = append(order, k.Client)
		}
		if k.TopicType == statemsg.UpdateDetection {
			updates[k.Client] = append(updates[k.Client], k.TopicID)
			continue
		}
		if others[k.Client] == nil {
			others[k.Client] = make(map[string][]string)
		}
		name := k.TopicType.String()
		others[k.Client][name] = append(others[k.Client][name], k.TopicID)
	}
	var rows []site.Row
	for _, client := range order {
		found, err := s.rowsOf(ctx, client, keys, updates[client], len(others[client]) > 0)
		if err != nil {
			return nil, s.fail(ctx, "rows", err, false)
		}
		rows = append(rows, found...)
	}
	return rows, nil
}
