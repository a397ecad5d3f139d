package sqlstore

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/internal/sqldb"
	"github.com/updatescan/updatescan/statemsg"
)

// rowWriter writes rows, many with a statement. Rows of one key must not wait
// together, because one statement of PostgreSQL cannot write a row twice; so a
// client waits once.
type rowWriter struct {
	w *writer
	// client, life and received are of the plan at work: as they are, and as
	// arguments.
	client, life           int64
	clientArg, receivedArg any
	// clients are those that wait; mark and marks say which updates of the client
	// at work wait: those whose mark it is.
	clients map[int64]bool
	mark    uint32
	marks   map[int64]uint32
	dense   []uint32

	plain, full batch // of update_states
	others      []any // of other_states, nine arguments each
	topics      map[string]bool

	statements map[string]*sqldb.Stmt
}

// denseMarks is up to which number the marks of updates are in a slice.
const denseMarks = 1 << 18

// start forgets what waited.
func (r *rowWriter) start(w *writer) {
	r.w = w
	r.plain.start(w.Dialect, plainColumns)
	r.full.start(w.Dialect, fullColumns)
	r.forget()
}

func (r *rowWriter) forget() {
	clear(r.clients)
	if r.clients == nil {
		r.clients = make(map[int64]bool)
	}
	clear(r.topics)
	r.others = r.others[:0]
}

// plan begins a plan of a client.
func (r *rowWriter) plan(ctx context.Context, client, life, received int64) error {
	r.client, r.life, r.clientArg, r.receivedArg = client, life, client, received
	if r.clients[client] {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	r.clients[client] = true
	r.nextMark()
	return nil
}

// nextMark forgets the updates of the client at work.
func (r *rowWriter) nextMark() {
	clear(r.topics)
	clear(r.marks)
	if r.mark++; r.mark == 0 {
		clear(r.dense)
		r.mark = 1
	}
}

// again marks an update and says whether it waits already.
func (r *rowWriter) again(update int64) bool {
	if update >= denseMarks {
		if r.marks == nil {
			r.marks = make(map[int64]uint32)
		}
		was := r.marks[update] == r.mark
		r.marks[update] = r.mark
		return was
	}
	if update >= int64(len(r.dense)) {
		r.dense = append(r.dense, make([]uint32, int(update)+1024-len(r.dense))...)
	}
	was := r.dense[update] == r.mark
	r.dense[update] = r.mark
	return was
}

// update writes a row of update_states.
func (r *rowWriter) update(ctx context.Context, update int64, m *statemsg.Message) error {
	if r.again(update) {
		if err := r.flush(ctx); err != nil {
			return err
		}
		r.clients[r.client] = true
		r.nextMark()
		r.again(update)
	}
	changed, serial := m.Time.UnixMicro(), count(m.Serial)
	n, ok := plainRevision(m)
	if ok && r.life == 1 {
		r.plain.add(r.clientArg, update, int64(m.StateID), n, serial, changed, r.receivedArg)
		return r.plain.spill(ctx, r)
	}
	revision, text := any(nil), any(nil)
	if ok {
		revision = n
	} else {
		var err error
		if text, err = otherText(m); err != nil {
			return err
		}
	}
	r.full.add(r.clientArg, update, int64(m.StateID), revision, serial, changed, r.receivedArg, r.life, text)
	return r.full.spill(ctx, r)
}

// other writes a row of other_states.
func (r *rowWriter) other(ctx context.Context, m *statemsg.Message) error {
	key := strconv.Itoa(int(m.TopicType)) + " " + m.TopicID
	if r.topics[key] {
		if err := r.flush(ctx); err != nil {
			return err
		}
		r.clients[r.client] = true
		r.nextMark()
	}
	if r.topics == nil {
		r.topics = make(map[string]bool)
	}
	r.topics[key] = true
	text, err := otherText(m)
	if err != nil {
		return err
	}
	if !storable(m.TopicID) {
		return fault(nil, "a topic id", strconv.Quote(m.TopicID), "UTF-8 without a zero byte")
	}
	r.others = append(r.others, r.clientArg, int64(m.TopicType), m.TopicID, int64(m.StateID), count(m.Serial), m.Time.UnixMicro(), r.receivedArg, r.life, text)
	return nil
}

// flush writes all that waits.
func (r *rowWriter) flush(ctx context.Context) error {
	if err := r.plain.flush(ctx, r); err != nil {
		return err
	}
	if err := r.full.flush(ctx, r); err != nil {
		return err
	}
	const columns = 9
	for args := r.others; len(args) > 0; {
		n := 16
		for n*columns > len(args) {
			n /= 4
		}
		query := `INSERT INTO other_states (client_id, topic_type, topic_id, state, serial, changed_us, received_s, life, other)
			VALUES ` + tuples(n, columns) + ` ON CONFLICT (client_id, topic_type, topic_id) DO UPDATE SET state = excluded.state,
			serial = excluded.serial, changed_us = excluded.changed_us, received_s = excluded.received_s, life = excluded.life, other = excluded.other`
		if err := r.w.insert(ctx, query, args[:n*columns]); err != nil {
			return err
		}
		args = args[n*columns:]
	}
	r.forget()
	return nil
}

// insert carries out a statement that is kept prepared.
func (w *writer) insert(ctx context.Context, query string, args []any) error {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return w.exec(ctx, query, named)
}

// exec carries out a statement that is kept prepared.
func (w *writer) exec(ctx context.Context, query string, args []driver.NamedValue) error {
	st := w.rows.statements[query]
	if st == nil {
		var err error
		if st, err = w.Prepare(ctx, query); err != nil {
			return err
		}
		if w.rows.statements == nil {
			w.rows.statements = make(map[string]*sqldb.Stmt)
		}
		w.rows.statements[query] = st
	}
	return st.Exec(ctx, args)
}

// The columns of the two kinds of rows of update_states. Plain ones are of a client
// that was never reset, and say nothing but state and revision.
var (
	plainColumns = []string{"client_id", "update_id", "state", "revision", "serial", "changed_us", "received_s"}
	fullColumns  = append(plainColumns[:len(plainColumns):len(plainColumns)], "life", "other")
)

// sqliteRows and postgresRows are how many rows a statement writes.
const (
	sqliteRows   = 128
	postgresRows = 8192
)

// batch is rows of update_states that wait, all of one kind.
type batch struct {
	dialect Dialect
	columns []string
	n       int
	args    []driver.NamedValue // SQLite: of all rows
	arrays  [][]byte            // PostgreSQL: a literal for each column
}

func (b *batch) start(d Dialect, columns []string) {
	b.dialect, b.columns, b.n = d, columns, 0
	b.args = b.args[:0]
	for i := range b.arrays {
		b.arrays[i] = b.arrays[i][:0]
	}
}

// add adds a row.
func (b *batch) add(values ...any) {
	b.n++
	if b.dialect == SQLite {
		for _, v := range values {
			b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: v})
		}
		return
	}
	if b.arrays == nil {
		b.arrays = make([][]byte, len(b.columns))
	}
	for i, v := range values {
		a := b.arrays[i]
		if len(a) == 0 {
			a = append(a, '{')
		} else {
			a = append(a, ',')
		}
		b.arrays[i] = appendElement(a, v)
	}
}

// appendElement appends an element of an array's literal.
func appendElement(a []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(a, v, 10)
	case string:
		a = append(a, '"')
		for i := range len(v) {
			if v[i] == '"' || v[i] == '\\' {
				a = append(a, '\\')
			}
			a = append(a, v[i])
		}
		return append(a, '"')
	}
	return append(a, "NULL"...)
}

// spill writes what waits when it is enough for a statement.
func (b *batch) spill(ctx context.Context, r *rowWriter) error {
	if b.dialect == SQLite && b.n >= sqliteRows || b.n >= postgresRows {
		return b.flush(ctx, r)
	}
	return nil
}

// flush writes what waits.
func (b *batch) flush(ctx context.Context, r *rowWriter) error {
	if b.n == 0 {
		return nil
	}
	if b.dialect == PostgreSQL {
		args := make([]driver.NamedValue, len(b.columns))
		for i := range args {
			args[i] = driver.NamedValue{Ordinal: i + 1, Value: string(append(b.arrays[i], '}'))}
		}
		b.start(b.dialect, b.columns)
		return r.w.exec(ctx, b.postgres(), args)
	}
	for size, args := sqliteRows, b.args; len(args) > 0; {
		for size*len(b.columns) > len(args) {
			size = max(size/4, 1)
		}
		n := size * len(b.columns)
		for i := range n {
			args[i].Ordinal = i + 1
		}
		if err := r.w.exec(ctx, b.sqlite(size), args[:n]); err != nil {
			return err
		}
		args = args[n:]
	}
	b.start(b.dialect, b.columns)
	return nil
}

// sqlite is the statement that writes n rows. A row that is there is replaced whole,
// which costs less than an update, and the numbers of arguments are left out, since
// a driver finds each by its name otherwise.
func (b *batch) sqlite(n int) string {
	row := "(?, ?, ?, ?, ?, ?, ?, 1, NULL)"
	if len(b.columns) == len(fullColumns) {
		row = tuples(1, len(fullColumns))
	}
	return `REPLACE INTO update_states (` + strings.Join(fullColumns, ", ") + `) VALUES ` + row + strings.Repeat(", "+row, n-1)
}

// postgres is the statement that writes rows given as arrays.
func (b *batch) postgres() string {
	kinds := []string{"INTEGER", "INTEGER", "INTEGER", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT"}
	var arrays, set []string
	for i, column := range fullColumns {
		if i < len(b.columns) {
			arrays = append(arrays, `CAST(? AS `+kinds[i]+`[])`)
		}
		if i > 1 {
			set = append(set, column+` = excluded.`+column)
		}
	}
	rest := ""
	if len(b.columns) < len(fullColumns) {
		rest = ", 1, NULL"
	}
	return `INSERT INTO update_states (` + strings.Join(fullColumns, ", ") + `) SELECT t.*` + rest +
		` FROM unnest(` + strings.Join(arrays, ", ") + `) t ON CONFLICT (client_id, update_id) DO UPDATE SET ` + strings.Join(set, ", ")
}
