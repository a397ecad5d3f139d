package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// snapshot is a transaction that reads: all of some commits and nothing of those
// after (SITE-10).
type snapshot struct {
	sqldb.Session

	asOf           time.Time
	commits, total int64 // how many commits there were, and how many bad ones were kept
}

// look reads within a snapshot.
func (s *Store) look(ctx context.Context, op string, read func(*snapshot) error) error {
	if s == nil || s.hold == nil || s.closed.Load() {
		return &Error{Package: pkg, Op: op, Fault: ErrClosed}
	}
	if err := ctx.Err(); err != nil {
		return &Error{Package: pkg, Op: op, Err: err}
	}
	conn, err := s.hold.DB.Conn(ctx)
	if err != nil {
		return failed(ctx, op, err)
	}
	sn := &snapshot{Session: sqldb.Session{Conn: conn, Dialect: s.d}}
	err = sn.begin(ctx)
	if err == nil {
		err = read(sn)
	}
	// The connection goes back to the pool when its transaction has ended.
	if !sn.Rollback(ctx, err) {
		sn.Discard()
	}
	if closing := conn.Close(); err == nil && closing != nil && !errors.Is(closing, sql.ErrConnDone) {
		err = closing
	}
	if err != nil {
		return failed(ctx, op, err)
	}
	return nil
}

// begin begins the transaction and reads as of when it is.
func (sn *snapshot) begin(ctx context.Context) error {
	start := []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
	if sn.Dialect == SQLite {
		start = []string{fmt.Sprintf("PRAGMA busy_timeout = %d", busyMillis), "BEGIN"}
	}
	for _, statement := range start {
		if err := sn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	rows, err := sn.Query(ctx, `SELECT as_of_s, commits, kept_total FROM site WHERE id = 1`)
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return fault(ErrDamaged, "table site", fmt.Sprintf("%d rows", len(rows)), "one")
	}
	c := columns{values: rows[0], where: "table site"}
	sn.asOf = c.seconds()
	sn.commits, sn.total = c.number(0, math.MaxInt64), c.number(0, math.MaxInt64)
	return c.err
}

// States implements [site.Reader].
func (s *Store) States(ctx context.Context, q site.StateQuery) (site.States, error) {
	limit, err := site.PageLimit(q.Limit)
	if err != nil {
		return site.States{}, err
	}
	var out site.States
	err = s.look(ctx, "states", func(sn *snapshot) error {
		out.AsOf = sn.asOf
		if !storable(q.Client) {
			return nil
		}
		rows, err := sn.Query(ctx, `SELECT client_id, client, data FROM clients WHERE client = ?`, q.Client)
		if err != nil || len(rows) == 0 {
			return err
		}
		c := columns{values: rows[0], where: "table clients"}
		id := c.number(1, maxID)
		if out.Client = c.client(); c.err != nil {
			return c.err
		}
		after := cursor(q.AfterID)
		query := `SELECT ` + otherColumns + ` FROM other_states o WHERE o.client_id = ? AND (o.topic_type, o.topic_id) > (?, ?)`
		args := []any{id, int64(q.AfterType), after}
		if q.TopicType != 0 {
			query += ` AND o.topic_type = ?`
			args = append(args, int64(q.TopicType))
		}
		if (q.TopicType == 0 || q.TopicType == statemsg.UpdateDetection) && q.AfterType <= statemsg.UpdateDetection {
			query += ` UNION ALL SELECT ` + updateColumns + ` FROM update_states s JOIN updates u ON u.update_id = s.update_id WHERE s.client_id = ?`
			args = append(args, id)
			if q.AfterType == statemsg.UpdateDetection {
				query += ` AND u.unique_id > ?`
				args = append(args, after)
			}
		}
		rows, err = sn.Query(ctx, query+` ORDER BY 1, 2 LIMIT ?`, append(args, limit+1)...)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows, out.More = rows[:limit], true
		}
		for _, v := range rows {
			row, err := readRow(q.Client, v)
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, row)
		}
		return nil
	})
	if err != nil {
		return site.States{}, err
	}
	return out, nil
}

// Search implements [site.Reader].
func (s *Store) Search(ctx context.Context, q site.ClientQuery) (site.Found, error) {
	if err := q.Validate(); err != nil {
		return site.Found{}, err
	}
	limit, err := site.PageLimit(q.Limit)
	if err != nil {
		return site.Found{}, err
	}
	var out site.Found
	err = s.look(ctx, "search", func(sn *snapshot) error {
		out.AsOf = sn.asOf
		update, bad, err := sn.about(ctx, q.Update)
		if err != nil {
			return err
		}
		query, args := search(&q, update, limit)
		rows, err := sn.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows, out.More = rows[:limit], true
		}
		for _, v := range rows {
			f, err := readFacts(q.Update, v)
			if err != nil {
				return err
			}
			f.Bad = bad[f.Client.ID]
			out.Clients = append(out.Clients, f)
		}
		return nil
	})
	if err != nil {
		return site.Found{}, err
	}
	return out, nil
}

// noUpdate is a number that no update has.
const noUpdate = -1

// about returns the number of an update and the clients of which something bad is
// kept that concerns it (SITE-7).
func (sn *snapshot) about(ctx context.Context, update string) (id int64, bad map[string]bool, err error) {
	if update == "" {
		return noUpdate, nil, nil
	}
	id = noUpdate
	topic := update
	if !storable(update) {
		topic = "" // no topic has it
	}
	rows, err := sn.Query(ctx, `SELECT update_id FROM updates WHERE unique_id = ?`, topic)
	if err != nil {
		return 0, nil, err
	}
	if len(rows) > 0 {
		c := columns{values: rows[0], where: "table updates"}
		if id = c.number(1, maxID); c.err != nil {
			return 0, nil, c.err
		}
	}
	rows, err = sn.Query(ctx, `SELECT DISTINCT client FROM kept_bad
		WHERE whole_report = 1 OR topic_type = ? AND topic_id = ? AND topic_id <> ''`, int64(statemsg.UpdateDetection), topic)
	if err != nil {
		return 0, nil, err
	}
	bad = make(map[string]bool, len(rows))
	for _, row := range rows {
		bad[sqldb.Text(row[0])] = true
	}
	return id, bad, nil
}

// search is the query for the clients that a [site.ClientQuery] describes.
func search(q *site.ClientQuery, update int64, limit int) (query string, args []any) {
	query = `SELECT c.client, c.data,
			s.state, s.revision, s.serial, s.changed_us, s.received_s, s.life, s.other,
			` + otherColumns + `
		FROM clients c
		LEFT JOIN update_states s ON s.client_id = c.client_id AND s.update_id = ?
		LEFT JOIN other_states o ON o.client_id = c.client_id AND o.topic_type = 501 AND o.topic_id = (
			SELECT l.topic_id FROM other_states l WHERE l.client_id = c.client_id AND l.topic_type = 501
			ORDER BY l.life DESC, l.serial DESC, l.topic_id DESC LIMIT 1)
		WHERE c.client > ?`
	args = []any{update, cursor(q.After)}
	if len(q.States) > 0 {
		query += ` AND CASE WHEN s.state IN (1, 2, 3) THEN s.state ELSE 0 END IN (?` + strings.Repeat(", ?", len(q.States)-1) + `)`
		for _, state := range q.States {
			args = append(args, int64(state))
		}
	}
	if !q.NotHeardSince.IsZero() {
		query += ` AND (c.first_heard_s IS NULL OR c.last_heard_s < ?)`
		args = append(args, before(q.NotHeardSince))
	}
	if q.Missing {
		query += ` AND c.missing_since_s IS NOT NULL`
	}
	if q.Resync {
		query += ` AND c.resync_open = 1`
	}
	return query + ` ORDER BY c.client LIMIT ?`, append(args, limit+1)
}

// readFacts makes facts of a row of search.
func readFacts(update string, v []any) (site.Facts, error) {
	const ofUpdate, ofScan = 2, 9
	c := columns{values: v, where: "table clients"}
	f := site.Facts{Client: c.client()}
	if c.err != nil {
		return site.Facts{}, c.err
	}
	if v[ofUpdate] != nil {
		values := slices.Concat([]any{int64(statemsg.UpdateDetection), update}, v[ofUpdate:ofScan])
		row, err := readRow(f.Client.ID, values)
		if err != nil {
			return site.Facts{}, err
		}
		f.Detection = &row
	}
	if v[ofScan] != nil {
		row, err := readRow(f.Client.ID, v[ofScan:])
		if err != nil {
			return site.Facts{}, err
		}
		f.Scan = &row
	}
	return f, nil
}

// Inspect implements [site.Reader].
func (s *Store) Inspect(ctx context.Context, q site.KeptQuery) (site.KeptPage, error) {
	limit, err := site.PageLimit(q.Limit)
	if err != nil {
		return site.KeptPage{}, err
	}
	var out site.KeptPage
	err = s.look(ctx, "inspect", func(sn *snapshot) error {
		out.AsOf, out.Total = sn.asOf, uint64(sn.total)
		if !storable(q.Client) {
			return nil
		}
		query := `SELECT number, client, received_s, whole_report, topic_type, topic_id, serial, reason, body, bytes FROM kept_bad WHERE number < ?`
		args := []any{int64(math.MaxInt64)}
		if q.Before != 0 {
			args[0] = count(q.Before)
		}
		if q.Client != "" {
			query += ` AND client = ?`
			args = append(args, q.Client)
		}
		rows, err := sn.Query(ctx, query+` ORDER BY number DESC LIMIT ?`, append(args, limit+1)...)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows, out.More = rows[:limit], true
		}
		for _, v := range rows {
			c := columns{values: v, where: "table kept_bad"}
			k := site.NumberedKept{Number: uint64(c.number(1, math.MaxInt64))}
			k.Client, k.Received, k.Report = c.text(), c.seconds(), c.number(0, 1) == 1
			k.TopicType, k.TopicID = statemsg.TopicType(c.number(0, math.MaxUint16)), c.text()
			k.Serial, k.Reason = uint64(c.number(math.MinInt64, math.MaxInt64)), c.text()
			k.Body, k.Bytes = c.data(), int(c.number(0, math.MaxInt64))
			if c.err != nil {
				return c.err
			}
			out.Kept = append(out.Kept, k)
		}
		return nil
	})
	if err != nil {
		return site.KeptPage{}, err
	}
	return out, nil
}
