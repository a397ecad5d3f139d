// Package scantest is the kit for testers of the whole client: the reference
// model of its workflow, random workflows to compare an implementation with it,
// fakes, fault injectors and a contract check for storages, and a client with
// everything around it.
package scantest
