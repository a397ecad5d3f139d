// Package sqldb is what the stores in a database of this module have in common,
// over database/sql and without a driver: two dialects, the errors of a store, a
// connection that holds a lock, the settings that make a commit durable, and
// tables with a version that are migrated forward.
package sqldb
