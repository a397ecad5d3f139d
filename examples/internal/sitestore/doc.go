// Package sitestore holds the tests of statemsg/site/sqlstore that need a driver:
// the contract of a site's store and reader, random histories, views, crashes, full
// disks, second openers and a load of many clients, on SQLite with
// modernc.org/sqlite and on PostgreSQL with github.com/jackc/pgx where a server can
// be reached (see package sqltest); and the benchmark of its reader. What ingest
// costs is measured in examples/bench.
package sitestore
