// Package ttltest is a kit for testing code that keeps metadata for a time to
// live: of package ttl, of an implementation of its Store, or of a cache of
// your own.
//
// # What it holds
//
//   - [Model] and [History] are the rules again, slow and obvious: when
//     metadata is fresh, and what moves its stamp. They can be given a
//     mistake, to see whether a test finds it.
//   - [CheckCache] and [RunCache] drive a cache of your own near every boundary
//     of the rules and name the rule that it breaks. [Follow] does so for
//     steps that you bring, such as those that package ttlrapid draws.
//   - [CheckStore] and [RunStore] check the contract of [ttl.Store], clause by
//     clause; [CheckUnreadable] and [CheckReopened] add the two clauses that
//     need a medium.
//   - [Recorder] counts, [FailingStore] fails at chosen calls, [GateStore] hangs,
//     and [TornStore], [LosingStore], [StaleStore], [SharingStore] and [BlindStore]
//     lie.
//   - [CacheModel] is [ttl.Cache] again, without concurrency or bytes.
//
// Generators for property tests are in package ttlrapid, which imports rapid.
//
// # What green proves
//
// That an implementation did right in the cases that were tried, which are
// those in which implementations are known to go wrong. It does not prove
// that it does right in all; each check says what it does not look at. A
// check raises no false alarm: what it reports is against a sentence of the
// contract, which it names. Clauses may be added in a minor version.
//
// Every time is an argument, and no answer depends on the clock of the host.
// Only the patience with a store that does not return when it is cancelled
// is counted on it.
package ttltest
