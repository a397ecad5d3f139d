package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Commit implements [site.Store]: one transaction, synced (SITE-1). Nothing was
// written after an error, unless it wraps [ErrInDoubt].
func (s *Store) Commit(ctx context.Context, plans []site.Plan, kept []site.Kept) error {
	if err := s.take(ctx, "commit"); err != nil {
		return err
	}
	defer s.hold.Done()
	if len(plans) == 0 && len(kept) == 0 {
		return nil
	}
	return s.transact(ctx, "commit", func() error { return s.write(ctx, plans, kept) })
}

// transact carries out what the one at work writes, in one transaction.
func (s *Store) transact(ctx context.Context, op string, write func() error) error {
	err := s.w.Begin(ctx, "IMMEDIATE")
	if err == nil {
		err = write()
	}
	if err == nil {
		err = sqldb.InPlace(s.w.Files)
	}
	if err == nil {
		err = s.w.Commit(ctx)
	}
	s.clients.settle(err == nil)
	s.updates.settle(err == nil)
	if err != nil {
		return s.fail(ctx, op, err, true)
	}
	return nil
}

// write is the transaction that was begun.
func (s *Store) write(ctx context.Context, plans []site.Plan, kept []site.Kept) error {
	latest, more := extent(plans, kept)
	total, err := s.fence(ctx, latest, more)
	if err != nil {
		return err
	}
	if err := s.number(ctx, plans); err != nil {
		return err
	}
	if err := s.writeRows(ctx, plans); err != nil {
		return err
	}
	if err := s.writeClients(ctx, plans); err != nil {
		return err
	}
	return s.keep(ctx, plans, kept, total)
}

// extent is the latest time of a commit, in seconds since 1970, and how many bad ones
// it keeps.
func extent(plans []site.Plan, kept []site.Kept) (latest, more int64) {
	latest, more = math.MinInt64, int64(len(kept))
	note := func(t int64) { latest = max(latest, t) }
	for i := range plans {
		note(plans[i].At.Unix())
		more += int64(len(plans[i].Bad))
		for j := range plans[i].Bad {
			note(plans[i].Bad[j].Received.Unix())
		}
	}
	for i := range kept {
		note(kept[i].Received.Unix())
	}
	return latest, more
}

// fence sees to it that nobody else has opened the database, counts the commit and
// notes its time, an int64 or nil for none. It returns how many bad ones were kept
// before.
func (s *Store) fence(ctx context.Context, latest any, more int64) (total int64, err error) {
	rows, err := s.w.Query(ctx, `UPDATE site SET commits = commits + 1, kept_total = kept_total + ?,
		as_of_s = CASE WHEN as_of_s IS NULL OR as_of_s < ? THEN ? ELSE as_of_s END
		WHERE id = 1 AND epoch = ? RETURNING kept_total`, more, latest, latest, s.hold.Epoch)
	if err != nil {
		return 0, err
	}
	if len(rows) != 1 {
		return 0, s.hold.Lost("site", "another epoch", nil)
	}
	now, _ := rows[0][0].(int64)
	return now - more, nil
}

// number sees to it that all clients and updates of the plans have numbers, and notes
// those of the updates in s.ids, in the order of the messages, where they were
// remembered.
func (s *Store) number(ctx context.Context, plans []site.Plan) error {
	clients, updates := newUnnamed(&s.clients), newUnnamed(&s.updates)
	s.ids = s.ids[:0]
	for i := range plans {
		p := &plans[i]
		clients.add(p.Client.ID)
		for j := range p.Put {
			if m := &p.Put[j]; m.TopicType == statemsg.UpdateDetection {
				s.ids = append(s.ids, updates.add(m.TopicID))
			}
		}
	}
	// A new client gets its row with the others.
	if err := s.find(ctx, clients, `SELECT client_id, client FROM clients WHERE `+within(s.d, "client")); err != nil {
		return err
	}
	if err := s.find(ctx, updates, `SELECT update_id, unique_id FROM updates WHERE `+within(s.d, "unique_id")); err != nil {
		return err
	}
	var texts []string
	var ids []int64
	for _, text := range updates.texts {
		if id, ok := s.updates.fresh[text]; ok {
			texts, ids = append(texts, text), append(ids, id)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	if s.d == PostgreSQL {
		return s.w.Exec(ctx, `INSERT INTO updates (update_id, unique_id)
			SELECT * FROM unnest(CAST(? AS INTEGER[]), CAST(? AS TEXT[]))`, numbers(s.d, ids), list(s.d, texts))
	}
	pairs := make([][2]any, len(ids))
	for i := range pairs {
		pairs[i] = [2]any{ids[i], texts[i]}
	}
	b, err := json.Marshal(pairs)
	if err != nil {
		return err
	}
	return s.w.Exec(ctx, `INSERT INTO updates (update_id, unique_id) SELECT value->>0, value->>1 FROM json_each(?)`, string(b))
}

// unnamed collects texts whose numbers are not remembered.
type unnamed struct {
	names *names
	texts []string
	seen  map[string]bool
}

func newUnnamed(n *names) *unnamed { return &unnamed{names: n} }

// add returns the number of a text if it is remembered, or else 0.
func (u *unnamed) add(text string) int64 {
	if id := u.names.get(text); id != 0 {
		return id
	}
	if u.seen[text] {
		return 0
	}
	if u.seen == nil {
		u.seen = make(map[string]bool)
	}
	u.seen[text] = true
	u.texts = append(u.texts, text)
	return 0
}

// find looks for the numbers of texts in the database, and gives out new ones to
// those that have none.
func (s *Store) find(ctx context.Context, u *unnamed, query string) error {
	if len(u.texts) == 0 {
		return nil
	}
	for _, text := range u.texts {
		if !storable(text) {
			return fault(nil, "an id", fmt.Sprintf("%.60q", text), "UTF-8 without a zero byte")
		}
	}
	rows, err := s.w.Query(ctx, query, list(s.d, u.texts))
	if err != nil {
		return err
	}
	for _, row := range rows {
		c := columns{values: row, where: "a number"}
		id := c.number(1, maxID)
		text := c.text()
		if c.err != nil {
			return c.err
		}
		u.names.set(text, id)
	}
	for _, text := range u.texts {
		if u.names.get(text) == 0 && u.names.give(text) > maxID {
			return fault(ErrNoSpace, "numbers", "all of them are given out", fmt.Sprintf("at most %d", maxID))
		}
	}
	return nil
}

// writeRows writes and removes rows, in the order of the plans.
func (s *Store) writeRows(ctx context.Context, plans []site.Plan) error {
	w := &s.w.rows
	w.start(s.w)
	ids := s.ids
	for i := range plans {
		p := &plans[i]
		if len(p.Put) == 0 && p.RemoveBelow == (site.Mark{}) {
			continue
		}
		client := s.clients.get(p.Client.ID)
		if err := w.plan(ctx, client, int64(p.Client.Life), p.At.Unix()); err != nil {
			return err
		}
		for j := range p.Put {
			m := &p.Put[j]
			if m.TopicType != statemsg.UpdateDetection {
				if err := w.other(ctx, m); err != nil {
					return err
				}
				continue
			}
			update := ids[0]
			if ids = ids[1:]; update == 0 {
				update = s.updates.get(m.TopicID)
			}
			if err := w.update(ctx, update, m); err != nil {
				return err
			}
		}
		if p.RemoveBelow == (site.Mark{}) {
			continue
		}
		if err := w.flush(ctx); err != nil { // SITE-9
			return err
		}
		for _, table := range []string{"update_states", "other_states"} {
			err := s.w.Exec(ctx, `DELETE FROM `+table+` WHERE client_id = ? AND (life < ? OR life = ? AND serial < ?)`,
				client, int64(p.RemoveBelow.Life), int64(p.RemoveBelow.Life), count(p.RemoveBelow.Serial))
			if err != nil {
				return err
			}
		}
	}
	return w.flush(ctx)
}

// clientColumns are the columns of the table of clients.
var clientColumns = []string{
	"client_id", "client", "netbios_name", "version", "enabled",
	"life", "highest_serial",
	"missing_serials", "missing_since_s", "refreshing",
	"resync_number", "resync_asked_s", "resync_open", "resync_wanted",
	"first_heard_s", "last_heard_s",
	"reports", "messages", "duplicates", "stale",
	"bad_records", "bad_reports", "data",
}

// clientValues appends the values of those columns.
func clientValues(args []any, id int64, c *site.Client) ([]any, error) {
	data, err := c.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	return append(args, id, c.ID, printable(c.NetBIOSName), printable(c.Version), flag(!c.Off),
		int64(c.Life), count(c.Highest),
		count(c.MissingSerials()), unixOrNil(c.MissingSince()), flag(c.Refresh != site.Refresh{}),
		count(c.Resync.Number), unixOrNil(c.Resync.Asked), flag(c.Resync.Open), flag(c.Resync.Wanted),
		unixOrNil(c.FirstHeard), unixOrNil(c.LastHeard),
		count(c.Counts.Reports), count(c.Counts.Messages), count(c.Counts.Duplicates), count(c.Counts.Stale),
		count(c.Counts.Bad), count(c.Counts.BadReports), data), nil
}

// printable is a text that any database can hold; the client's data has the text.
func printable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// clientsAtOnce is how many clients a statement writes.
const clientsAtOnce = 16

// writeClients writes the clients as they are after the plans.
func (s *Store) writeClients(ctx context.Context, plans []site.Plan) error {
	last := make(map[string]int, len(plans))
	for i := range plans {
		last[plans[i].Client.ID] = i
	}
	ids := make([]int64, 0, len(last))
	var args []any
	var missing []any
	waiting := 0
	for i := range plans {
		c := &plans[i].Client
		if last[c.ID] != i {
			continue
		}
		id := s.clients.get(c.ID)
		ids = append(ids, id)
		for _, r := range c.Missing {
			missing = append(missing, id, count(r.From), count(r.To), r.Since.Unix())
		}
		var err error
		if args, err = clientValues(args, id, c); err != nil {
			return err
		}
		if waiting++; waiting < clientsAtOnce {
			continue
		}
		if err := s.w.insert(ctx, clientsInsert(waiting), args); err != nil {
			return err
		}
		args, waiting = args[:0], 0
	}
	for size := len(clientColumns); len(args) > 0; args = args[size:] {
		if err := s.w.insert(ctx, clientsInsert(1), args[:size]); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := s.w.Exec(ctx, `DELETE FROM missing_ranges WHERE `+withinNumbers(s.d, "client_id"), numbers(s.d, ids)); err != nil {
		return err
	}
	for len(missing) > 0 {
		n := min(len(missing)/4, 32)
		query := `INSERT INTO missing_ranges (client_id, from_serial, to_serial, since_s) VALUES ` + tuples(n, 4)
		if err := s.w.Exec(ctx, query, missing[:4*n]...); err != nil {
			return err
		}
		missing = missing[4*n:]
	}
	return nil
}

// clientsInsert is the statement that writes clients.
func clientsInsert(n int) string {
	var set []string
	for _, c := range clientColumns[2:] {
		set = append(set, c+" = excluded."+c)
	}
	return `INSERT INTO clients (` + strings.Join(clientColumns, ", ") + `) VALUES ` + tuples(n, len(clientColumns)) +
		` ON CONFLICT (client_id) DO UPDATE SET ` + strings.Join(set, ", ")
}

// tuples are the places of n rows of so many arguments.
func tuples(n, columns int) string {
	one := "(?" + strings.Repeat(", ?", columns-1) + ")"
	return one + strings.Repeat(", "+one, n-1)
}

// keep keeps bad records and reports, of which the newest remain (SITE-7).
func (s *Store) keep(ctx context.Context, plans []site.Plan, kept []site.Kept, total int64) error {
	number := total
	one := func(k *site.Kept) error {
		number++
		return s.w.Exec(ctx, `INSERT INTO kept_bad (number, client, received_s, whole_report, topic_type, topic_id, serial, reason, body, bytes)
			VALUES `+tuples(1, 10), number, printable(k.Client), k.Received.Unix(), flag(k.Report), int64(k.TopicType), printable(k.TopicID),
			int64(k.Serial), printable(k.Reason), k.Body, int64(k.Bytes))
	}
	for i := range plans {
		for j := range plans[i].Bad {
			if err := one(&plans[i].Bad[j]); err != nil {
				return err
			}
		}
	}
	for i := range kept {
		if err := one(&kept[i]); err != nil {
			return err
		}
	}
	if number == total {
		return nil
	}
	return s.w.Exec(ctx, `DELETE FROM kept_bad WHERE number <= ?`, number-site.MaxKept)
}
