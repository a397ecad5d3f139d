// Package sqlstore is a [scan.Storage] in a database, over database/sql: what a
// client remembers, its metadata, its workflow with serial numbers, jobs, drawn
// delays and timetable, its baseline and its outbox, in one database, one
// transaction a commit (DIFF-9). It imports no driver; the caller opens the
// database. It speaks two dialects, [SQLite] and [PostgreSQL].
//
//	db, err := sql.Open("sqlite", "file:client.db") // modernc.org/sqlite
//	...
//	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: sqlstore.SQLite, Client: "GUID:..."})
//	...
//	agent, err := scan.New(scan.Config{Storage: store, ...})
//
// # Tables
//
//	scan_schema (name, version)                  the version of the tables, under the name "client"
//	scan_client (client, epoch, commits)         one row a client: how often it was opened, how many commits there were
//	scan_part   (client, part, data, crc)        one row a part: "machine", "baseline", "outbox", "metadata"
//
// A part's crc is the CRC-32C (Castagnoli) of the client, a zero byte, the name
// of the part, a zero byte and the data, so a row in the wrong place is found
// too. In SQLite a database is of one client and holds nothing else but what its
// owner adds under other names; in PostgreSQL the tables are those of the first
// schema of the search path, many clients share them and are told apart by
// [Config.Client].
//
// # What is refused
//
// [Open] looks before it writes: a database with a newer version of the tables,
// a damaged one, one of somebody else's, and one of another client are refused
// with an [Error] that says what was found, where, and what was expected, and
// are left as they are. An older version is migrated forward in the transaction
// that opens it. What was checked when it was opened is checked again with every
// Load.
//
// # One at a time
//
// A client's database is open once. The lock is one that the operating system,
// or the server, holds for a connection, so that a crash leaves none behind:
//
//   - SQLite: the connection is in locking_mode EXCLUSIVE, whose file lock is
//     held from Open to Close. Nobody else can read the file meanwhile. These
//     locks are advisory, and on POSIX systems they are lost when the process
//     that holds them opens and closes the file by other means: do not read the
//     file of an open store from within the process, do not mix two builds of
//     SQLite in it, and keep the file off network file systems.
//   - PostgreSQL: a session holds an advisory lock whose key is made of the
//     schema and the client. Where a connection broke and the server has not
//     noticed, the store ends its own old session before it goes on. A process
//     that crashed on another machine may leave its session to the server until
//     TCP keep-alives find out (tcp_keepalives_idle).
//
// Behind the lock is a fence: each Open raises the client's epoch, and a commit
// or load under an old epoch is refused with [ErrTakenOver]. So even where the
// lock fails, such as behind a pooler that hands out a session per transaction,
// the older one can no longer write.
//
// # Durable
//
// A commit that returned nil survives a power-off as far as the system keeps its
// word. In SQLite the journal is a write-ahead log, synced at each commit
// (journal_mode WAL, synchronous FULL, fullfsync); in PostgreSQL
// synchronous_commit is on. What cannot be set, such as that of a database in
// memory or of a server with fsync off, is refused with [ErrNotDurable]. Before
// it commits to SQLite, a store sees to it that its file is still the one that it
// opened: what is written to a file that was deleted is lost, and SQLite does not
// notice ([ErrGone]).
//
// The context of a call is honoured until its COMMIT is sent. That is not cut
// short, since a commit must not be left open, and takes at most [CommitWait].
// Where a connection breaks right there, the outcome cannot be known before the
// next Load: [ErrInDoubt], in PostgreSQL only. It is the only error after which
// a commit may have taken place.
//
// # Errors
//
// Every error of this package is an [*Error], or a [*scan.ConfigError] for a
// configuration; it wraps the error of the driver and that of the context. After
// an error that cost the connection, Load connects again; a Commit before that
// is refused with [ErrLost], because whoever commits has to know what is stored.
package sqlstore
