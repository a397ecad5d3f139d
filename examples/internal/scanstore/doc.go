// Package scanstore holds the tests of scan/sqlstore that need a driver: the
// contract of a storage, crashes, damage, full disks, second openers and an
// agent's fortnight, on SQLite with modernc.org/sqlite and on PostgreSQL with
// github.com/jackc/pgx where a server can be reached (see package sqltest); and
// what an agent commits, for its benchmarks.
package scanstore
