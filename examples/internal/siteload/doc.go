// Package siteload is the load of the benchmarks of a site: clients, their
// reports in the wire form, databases that are as large as wished, and what
// somebody would write to a database who has numbers already, which is what the
// store of a site is measured against.
package siteload
