// Package ttltest is a kit for testing code that keeps metadata for a time to
// live, of package ttl or of your own.
package ttltest
