// Package ttl models the time to live of locally stored software updates
// metadata, as the Configuration Manager 2007 client keeps it: metadata that
// an online scan retrieved may be used again without connecting while it is
// at most 24 hours old.
//
// It has two parts. [Policy.Check] is the freshness rule, a pure function of
// a stamp, a required version and the time. [Cache] keeps metadata with its
// stamp over a [Store], for a program that wants only this. Nothing here
// connects, reads a clock, starts a goroutine or writes a log.
//
// Left out: what a scan does about a [Verdict] (package scan decides that),
// what the metadata means (package wsus), and any store but the one in
// memory.
//
// # The rule
//
// The first of these that holds is the reason of the verdict. Only the last
// is fresh.
//
//  1. [Absent]: there is no stamp (TTL-3).
//  2. [FromFuture]: the stamp is later than now by more than the tolerance
//     (TTL-7).
//  3. [VersionTooLow]: the version of the metadata is below the required one
//     (TTL-8).
//  4. [Expired]: now - stamp is more than the TTL (TTL-2).
//  5. [WithinTTL]: now - stamp is the TTL or less, or the stamp is ahead of
//     now within the tolerance, which counts as age 0 (TTL-2, TTL-7).
//
// Every comparison is exact to the nanosecond and on wall-clock time: a
// monotonic reading is ignored, because a machine sleeps while its metadata
// ages. When the clock moves back by more than the tolerance, metadata that
// was stamped before is from the future, hence not fresh, until the clock has
// caught up or a new scan completes. When it moves forward, metadata ages by
// that much.
//
// The rule is defined for the years 1678 to 2261 in UTC. A time outside is
// never fresh: at a now after 2261 every trusted stamp is expired; at a now
// before 1678 every stamp is from the future; a stamp after 2261 is from the
// future and one before 1678 is expired at any now. Nothing wraps around.
//
// # What moves the stamp
//
//  1. [Cache.Complete], called when an online scan that retrieved metadata
//     has completed, moves the stamp to the completion time (TTL-4).
//  2. [Cache.Clear] forgets it, for a cleared scan history (TTL-3).
//  3. [Cache.Load] takes over what the store holds.
//  4. Nothing else does. There is no method to call for a scan that was
//     answered from local metadata (TTL-5), or that failed or was cancelled
//     (TTL-6).
//
// Calls of Complete take effect in the order in which they are made. One scan
// runs at a time, so that a completion time before the stamp in force means
// that the clock was moved back, and the stamp moves back with it. Of calls
// that overlap in time, the one with the latest completion time stays, so
// that the order in which goroutines run cannot move the stamp back.
//
// # Stored form, format version 1
//
// A [Store] keeps one blob. An empty blob means absent. Every other blob has
// exactly this form; integers are big-endian.
//
//	offset  bytes  field
//	     0      8  magic: 89 55 53 54 54 4C 0D 0A ("\x89USTTL\r\n")
//	     8      4  format version, unsigned: 1
//	    12      4  content version of the metadata, unsigned; 0 is none
//	    16      8  stamp: nanoseconds since 1970-01-01T00:00:00Z, signed
//	    24      4  S, the length of the source in bytes, at most 4,096
//	    28      8  D, the length of the data in bytes, at most 1,073,741,824
//	    36      S  source
//	  36+S      D  data
//	36+S+D      4  CRC-32C (Castagnoli) of all bytes before it, unsigned
//
// The stamp is from -9214560000000000001 to 9214646400000000000. These two
// stand for every time before 1678 and every time after 2261.
//
// A reader checks in this order: the blob begins with the magic, else it is
// foreign (or damaged, if it is a shorter beginning of the magic); the format
// version is 1, else it is foreign; S, D and the stamp are in their ranges,
// the blob has exactly 40+S+D bytes and the checksum agrees, else it is
// damaged. A damaged or foreign blob is absent and says why; it is left as it
// is until metadata is stored over it.
//
// # JSON
//
// An absent [Stamp] is null. Any other is an object with exactly these two
// members, in any order, written without spaces:
//
//	time     string: RFC 3339 in UTC, with "Z", and as many of nine digits of
//	         the second as are not trailing zeros
//	version  number: the content version, 0 to 4294967295; 0 is none
//
// The time is from "1677-12-31T23:59:59.999999999Z" to "2262-01-01T00:00:00Z".
// As in the stored form, these two stand for every time before 1678 and every
// time after 2261. A reader refuses every other time outside 1678 to 2261, and
// accepts trailing zeros in the second.
//
// A [Verdict] is an object with the members reason, a token; age_ns and
// ttl_ns, whole numbers of nanoseconds; stamp; and required, a number. The
// zero Verdict, which is invalid, has no reason.
package ttl
