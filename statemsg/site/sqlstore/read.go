package sqlstore

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Clients implements [site.Store].
func (s *Store) Clients(ctx context.Context, ids []string) ([]site.Client, error) {
	if err := s.take(ctx, "clients"); err != nil {
		return nil, err
	}
	defer s.hold.Done()
	rows, err := s.w.Query(ctx, `SELECT client_id, client, data FROM clients WHERE `+within(s.d, "client"), list(s.d, storables(ids)))
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
	defer s.hold.Done()
	asked := make(map[site.RowKey]bool, len(keys))
	var updates, others [3][]string // client, topic type, topic id
	for _, k := range keys {
		if asked[k] || !storable(k.Client) || !storable(k.TopicID) {
			continue
		}
		asked[k] = true
		to := &others
		if k.TopicType == statemsg.UpdateDetection {
			to = &updates
		}
		for i, text := range []string{k.Client, strconv.Itoa(int(k.TopicType)), k.TopicID} {
			to[i] = append(to[i], text)
		}
	}
	rows, err := s.rows(ctx, nil, `SELECT c.client, `+updateColumns+` FROM `+keyTable(s.d)+`
		CROSS JOIN clients c CROSS JOIN updates u CROSS JOIN update_states s
		WHERE c.client = k.client AND u.unique_id = k.topic_id AND s.client_id = c.client_id AND s.update_id = u.update_id`, &updates)
	if err == nil {
		rows, err = s.rows(ctx, rows, `SELECT c.client, `+otherColumns+` FROM `+keyTable(s.d)+`
			CROSS JOIN clients c CROSS JOIN other_states o
			WHERE c.client = k.client AND o.client_id = c.client_id AND o.topic_type = CAST(k.topic_type AS INTEGER) AND o.topic_id = k.topic_id`, &others)
	}
	if err != nil {
		return nil, s.fail(ctx, "rows", err, false)
	}
	return rows, nil
}

// keyTable is a table k of three columns whose values are the next arguments; see
// [keyArgs].
func keyTable(d Dialect) string {
	if d == SQLite {
		return `(SELECT value->>0 AS client, value->>1 AS topic_type, value->>2 AS topic_id FROM json_each(?)) k`
	}
	return `unnest(CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS TEXT[])) k (client, topic_type, topic_id)`
}

// keyArgs are the arguments of keyTable.
func keyArgs(d Dialect, keys *[3][]string) []any {
	if d == PostgreSQL {
		return []any{list(d, keys[0]), list(d, keys[1]), list(d, keys[2])}
	}
	rows := make([][3]string, len(keys[0]))
	for i := range rows {
		rows[i] = [3]string{keys[0][i], keys[1][i], keys[2][i]}
	}
	b, _ := json.Marshal(rows) // texts are never an error
	return []any{string(b)}
}

// rows appends the rows of a query about keys.
func (s *Store) rows(ctx context.Context, rows []site.Row, query string, keys *[3][]string) ([]site.Row, error) {
	if len(keys[0]) == 0 {
		return rows, nil
	}
	found, err := s.w.Query(ctx, query, keyArgs(s.d, keys)...)
	if err != nil {
		return nil, err
	}
	for _, v := range found {
		row, err := readRow(sqldb.Text(v[0]), v[1:])
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Due implements [site.Store].
func (s *Store) Due(ctx context.Context, since time.Time, after string, limit int) ([]site.Client, error) {
	if err := s.take(ctx, "due"); err != nil {
		return nil, err
	}
	defer s.hold.Done()
	if limit <= 0 {
		return nil, nil
	}
	rows, err := s.w.Query(ctx, `SELECT client, data FROM clients
		WHERE (missing_since_s IS NOT NULL OR resync_wanted = 1)
		AND (missing_since_s < ? OR resync_wanted = 1) AND client > ? ORDER BY client LIMIT ?`,
		before(since), cursor(after), limit)
	if err != nil {
		return nil, s.fail(ctx, "due", err, false)
	}
	clients := make([]site.Client, 0, len(rows))
	for _, row := range rows {
		c := columns{values: row, where: "table clients"}
		clients = append(clients, c.client())
		if c.err != nil {
			return nil, failed(ctx, "due", c.err)
		}
	}
	return clients, nil
}

// cursor is a text above which a page begins, in a form that a database can hold:
// what is stored is above the one exactly when it is above the other, for nothing
// that is stored has a zero byte, and of what is not UTF-8 the part before it is
// taken.
func cursor(after string) string {
	if storable(after) {
		return after
	}
	for i, r := range after {
		if r == 0 || r == utf8.RuneError {
			return after[:i]
		}
	}
	return after
}
