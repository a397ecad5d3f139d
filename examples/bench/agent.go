package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/updatescan/updatescan/examples/internal/scanstore"
	"github.com/updatescan/updatescan/examples/internal/siteload"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/scan/sqlstore"
)

// smallBytes is what a small commit has.
const smallBytes = 300

// disk is an agent's storage and the peer's table, in SQLite, synced.
type disk struct {
	ctx     context.Context //nolint:containedctx // A benchmark's entries share it.
	store   *sqlstore.Store
	db      *sql.DB // the peer's
	row     *sql.Stmt
	done    []func()
	commits [][]scan.Blob
	mean    int
	n       uint64
}

// open makes both databases.
func (k *disk) open() (err error) {
	if k.commits, err = scanstore.AgentCommits(k.ctx); err != nil {
		return err
	}
	k.mean = scanstore.MeanBytes(k.commits)
	ours, err := k.database()
	if err != nil {
		return err
	}
	k.store, err = sqlstore.Open(k.ctx, ours, sqlstore.Config{Dialect: sqlstore.SQLite, Client: siteload.ClientID(1)})
	if err != nil {
		return err
	}
	k.done = append(k.done, func() { _ = k.store.Close() })
	if k.db, err = k.database(); err != nil {
		return err
	}
	k.db.SetMaxOpenConns(1)
	for _, s := range []string{"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)"} {
		if _, err := k.db.ExecContext(k.ctx, s); err != nil {
			return err
		}
	}
	k.row, err = k.db.PrepareContext(k.ctx, `INSERT INTO t VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data`)
	return err
}

// database opens a new one.
func (k *disk) database() (*sql.DB, error) {
	m, err := siteload.NewMedium(k.ctx, sqlstore.SQLite)
	if err != nil {
		return nil, err
	}
	k.done = append(k.done, func() { _ = m.Drop(k.ctx) })
	db, err := m.DB()
	if err == nil {
		k.done = append(k.done, func() { _ = db.Close() })
	}
	return db, err
}

// shut closes and removes both.
func (k *disk) shut() {
	for len(k.done) > 0 {
		last := len(k.done) - 1
		k.done[last]()
		k.done = k.done[:last]
	}
}

// week commits the next of what an agent commits in a week.
func (k *disk) week() error {
	k.n++
	return k.store.Commit(k.ctx, k.commits[k.n%uint64(len(k.commits))])
}

// small commits one part.
func (k *disk) small(data []byte) error {
	k.next(data)
	return k.store.Commit(k.ctx, []scan.Blob{{Part: scan.PartMachine, Data: data}})
}

// one is the peer's commit of a row.
func (k *disk) one(data []byte) error {
	k.next(data)
	_, err := k.row.ExecContext(k.ctx, data)
	return err
}

// next makes the data another: SQLite writes and syncs nothing where nothing has
// changed.
func (k *disk) next(data []byte) {
	k.n++
	binary.BigEndian.PutUint64(data, k.n)
}

// agree says in what the two keep other data.
func (k *disk) agree() error {
	data := make([]byte, smallBytes)
	if err := errors.Join(k.open(), k.week(), k.one(data), k.small(data)); err != nil {
		return err
	}
	got, err := k.store.Load(k.ctx)
	if err != nil {
		return err
	}
	for _, blob := range got {
		if blob.Part == scan.PartMachine && bytes.Equal(blob.Data, data) {
			return nil
		}
	}
	return fmt.Errorf("the storage has %v, want %x in it", got, data)
}

// agentGroup compares an agent's commits with the driver's own.
func agentGroup() group {
	k := &disk{ctx: context.Background()}
	loop := func(commit func() error) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fail(b, commit())
			}
		}
	}
	sized := func(size func() int, commit func([]byte) error) func(b *testing.B) {
		return func(b *testing.B) {
			data := make([]byte, size())
			loop(func() error { return commit(data) })(b)
		}
	}
	small, mean := func() int { return smallBytes }, func() int { return k.mean }
	return group{
		name: "agent: a commit to SQLite, synced", unit: "ns a commit",
		note: "ours has checksums, a fence and several parts in a transaction; the peer is the driver's INSERT of one row",
		open: k.open, shut: k.shut,
		check: func() error {
			other := &disk{ctx: k.ctx}
			defer other.shut()
			return other.agree()
		},
		entries: []entry{
			{name: "scan/sqlstore, what an agent commits in a week", ours: true, run: loop(k.week)},
			{name: "scan/sqlstore, one part of 300 bytes", ours: true, run: sized(small, k.small)},
			{name: "one row as large as the week's mean", run: sized(mean, k.one)},
			{name: "one row of 300 bytes", run: sized(small, k.one)},
		},
		goals: []goal{
			{what: "commits of an agent's week", unit: "a second", perSecond: true, ours: 0, peer: 2, leastShare: 0.6},
			{what: "commits of 300 bytes", unit: "a second", perSecond: true, ours: 1, peer: 3, leastShare: 0.6},
		},
	}
}
