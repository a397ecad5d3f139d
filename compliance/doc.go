// Package compliance models what a client knows about its software updates
// and how that changes: the four compliance states, the identity of an update,
// snapshots of many updates, and the difference between two snapshots from
// which state messages are made. It is pure: it holds no clock, performs no
// I/O and starts no goroutine, and it knows nothing of scans, messages or
// clients.
//
// # What it leaves out
//
// How a state is found is the evaluator's work, how a change becomes a message
// and how that is delivered the outbox's. A diff is taken against the last
// recorded states (DIFF-3): whether the messages for them were delivered makes
// no difference to it. Full refreshes (DIFF-8) need no diff: iterate over the
// snapshot.
//
// # Laws
//
// For all snapshots a and b, nil ones and empty ones included:
//
//  1. Diff(a, a) is empty (DIFF-4).
//  2. Diff(a, b) depends on the records of a and b only, not on the order they
//     were given in nor on what memory they share (DIFF-4).
//  3. Apply(a, Diff(a, b)) succeeds and is "a settled with b": the records of b
//     that are not Unknown, and for each update that is Unknown in b the record
//     of a, if a has one (DIFF-5). It equals b when no record of b is Unknown.
//  4. With c = Apply(a, Diff(a, b)), Diff(c, b) is empty: what was recorded is
//     not reported again (DIFF-2, DIFF-3).
//  5. If a has no Unknown record, neither has Apply(a, Diff(a, b)): what was
//     never evaluated is never recorded (DIFF-5). A record of a that is Unknown,
//     which only a caller can have put there, counts as recorded.
//  6. Every update of a that b does not have is one [Removed] in Diff(a, b), and
//     is forgotten by Apply, so that its return is a [First] (DIFF-6).
//
// # Sharing
//
// Snapshots of one set of updates should share memory. Give the last recorded
// snapshot as like to [NewSnapshot]; [Apply] shares with its base by itself:
//
//	next, err := compliance.NewSnapshot(base, records)
//	changes := compliance.Diff(base, next)
//	base, err = compliance.Apply(base, changes)
//
// Then an unchanged scan is compared by words of 32 states and allocates
// nothing. Snapshots that do not share give the same results, more slowly.
//
// # Text forms
//
// An update id is written as 36 characters in lower case, such as
// 5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31, and read in either case, with or
// without braces. States are the tokens unknown, not_required, required and
// installed; kinds of change are first, changed, revised and removed. Tokens
// are compared exactly and never change.
//
// # Binary form
//
// The binary form of a snapshot of n records, version 1, is, all integers
// unsigned and big-endian:
//
//	offset             bytes           contents
//	0                  6               the ASCII letters USSNAP
//	6                  2               version, 1
//	8                  4               n, at most 1048576
//	12                 16n             the ids in text order, strictly ascending
//	12+16n             4n              the revision of each, at most 2147483647
//	12+20n             8*ceil(n/32)    the state of each: record i in bits
//	                                   2(i mod 32) and 2(i mod 32)+1 of word
//	                                   i/32, bit 0 the least significant;
//	                                   unused bits of the last word are zero
//	12+20n+8ceil(n/32) 4               CRC-32C (Castagnoli, as in RFC 3720) of
//	                                   all bytes before
//
// The numbers of states are those of topic type 500: 0 Unknown, 1 Not
// Required, 2 Required, 3 Installed. A snapshot has exactly one binary form: a
// reader refuses every deviation, and data before or behind it. Data that does
// not begin with the letters, or has another version, is foreign ([ErrFormat]);
// every other fault is damage ([ErrCorrupt]). Callers that store snapshots treat
// both as absent.
//
// # JSON form
//
// The JSON form of a snapshot is one object with the member updates, an array
// of objects with exactly the members id, revision and state:
//
//	{"updates":[{"id":"5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31","revision":200,"state":"required"}]}
//
// The id is a text form, the revision an integer written in decimal digits from
// 0 to 2147483647, the state a token. A writer sorts by id and writes no spaces;
// a reader accepts any order and spacing, and refuses unknown, missing and
// repeated members, repeated updates, and anything behind the object.
package compliance
