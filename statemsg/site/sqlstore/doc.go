// Package sqlstore keeps what a site knows in a database, over database/sql: it is a
// [site.Store] and a [site.Reader]. It imports no driver; the caller opens the
// database. It speaks two dialects, [SQLite] and [PostgreSQL].
//
//	db, err := sql.Open("sqlite", "file:site.db") // modernc.org/sqlite
//	...
//	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: sqlstore.SQLite})
//	...
//	server, err := site.New(site.Config{Store: store, ...})
//
// # Views
//
// Whoever administers the site asks these. Their columns stay; times that end in _at,
// missing_since and as_of are texts such as 2008-06-01T00:00:00Z in SQLite, where
// what is below a second is cut off, and timestamps with time zone in PostgreSQL.
// Truths are 0 and 1. Client is the client's GUID, unique_id the update's unique id.
//
//   - client_updates (client, netbios_name, unique_id, state_id, state,
//     unknown_reason, revision, changed_at, received_at, serial): the state of every
//     update on every client, Unknown where there is no message (SITE-6), and then
//     why, with the tokens of [site.UnknownReason]. Ask for one client, or for one
//     update: WHERE client = '...', WHERE unique_id = '...' AND state = 'Required'.
//     An update whose rows have all been removed remains, Unknown everywhere, until
//     [Store.Prune].
//   - update_summary (unique_id, required, not_required, installed, unknown, total,
//     compliant_percent, as_of): the summary of every update that any client has a
//     message of (SITE-8). It looks at all rows.
//   - client_contacts (client, netbios_name, version, enabled, first_heard_at,
//     last_heard_at, silent_hours, resets, resync_open, resync_asked_at, as_of): when
//     each client was last heard of; silent_hours counts to as_of and is null, like
//     last_heard_at, for one that was never heard of. Clients not heard from in a week:
//     WHERE last_heard_at IS NULL OR silent_hours >= 168.
//   - scan_states (client, netbios_name, source_id, state_id, state, changed_at,
//     received_at): the last state of the scan (topic type 501) of each client that
//     has one.
//   - missing_messages (client, netbios_name, from_serial, to_serial, serials,
//     missing_since, resync_open, resync_asked_at): the ranges of serials that are
//     missing (SITE-3).
//   - bad_records (number, client, received_at, topic_type, topic_id, serial, reason,
//     body, bytes) and bad_reports (number, client, received_at, reason, body, bytes):
//     what was kept of them (SITE-7).
//
// As_of is of when the answer is (SITE-10): the time of the latest commit. Each query
// sees all of some commits and nothing of those after; a summary and its details are
// of one state when they are read in one transaction (in PostgreSQL of REPEATABLE
// READ).
//
// # Tables
//
//	site           one row: how often the database was opened, how many commits there were, as of when it is
//	clients        one row a client, with its number client_id; data has all of it (see site.Client), the other columns are for queries
//	updates        the number update_id of each update's unique id
//	update_states  one row a client and update: topic type 500
//	other_states   one row a client and topic of any other type
//	missing_ranges the missing ranges of the clients
//	kept_bad       bad records and bad reports, the newest 1000
//	site_schema    the version of the tables, under the name "site"
//
// Times there are numbers, as their names say: seconds (_s) or microseconds (_us)
// since 1970. What a message has besides its columns is in the column other, as JSON.
// Others may read all of it, and add tables, views and indexes of other names in
// PostgreSQL or once the database is the site's; only the store writes.
//
// # What is refused
//
// [Open] looks before it touches: a database with a newer version of the tables, a
// damaged one and one of somebody else are refused with an [Error] that says what
// was found, where, and what was expected, and are left as they are. An older version
// is migrated forward in the transaction that opens it. All pages of a SQLite
// database of up to 64 MiB are looked at; of a larger one PRAGMA integrity_check
// is the owner's. A client's data has a checksum that is checked when it is read.
//
// # One at a time
//
// One site has a database open at a time. The lock is one that the operating system,
// or the server, holds for a connection, so that a crash leaves none behind: in SQLite
// that of a file beside the database, with "-lock" after its name; in PostgreSQL an
// advisory lock whose key is made of the schema. Where a connection broke and the
// server has not noticed, the store ends its own old session before it goes on. Behind
// the lock is a fence: each Open raises the site's epoch, and a commit under an old one
// is refused with [ErrTakenOver].
//
// # Durable
//
// A commit that returned nil survives a power-off as far as the system keeps its
// word (SITE-1). In SQLite the journal is a write-ahead log, synced at each commit
// (journal_mode WAL, synchronous FULL, fullfsync); in PostgreSQL synchronous_commit is
// on. What cannot be set, such as that of a database in memory or of a server with
// fsync off, is refused with [ErrNotDurable]. Before it commits to SQLite, a store sees
// to it that its file is still the one that it opened ([ErrGone]).
//
// The context of a call is honoured until its COMMIT is sent. That is not cut short,
// since a commit must not be left open, and takes at most [CommitWait]. Where a
// connection breaks right there, the outcome is not known: [ErrInDoubt], in PostgreSQL
// only. After any error the next call goes on, and connects again if it must.
package sqlstore
