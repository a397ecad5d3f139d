// Package wsus models what a compliance scan needs of Windows Server Update
// Services: where the servers are and which one to use, the update agent's
// server policy, the result codes and what is retried, and the metadata of
// the updates. It holds the four interfaces behind which a scan meets the
// outside world ([Locator], [LocalPolicy], [Source], [Evaluator]) and
// implementations of the first three in memory ([StaticLocator],
// [MemPolicy], [MemSource]).
//
// It does not speak the protocol, read metadata documents, evaluate rules or
// run scans; packages beneath and beside it do. Nothing here does I/O, reads
// a clock or starts a goroutine. Everything that decides is a pure function:
//
//   - [Order] and [Choose]: the locations a client may use, in the order of
//     failover (WF-4, WF-6, WF-9);
//   - [PolicyFor]: the policy to write, or a conflict (WF-3, WF-5);
//   - [RetryPolicy.Next]: what follows a failed scan (WF-9, WF-10);
//   - [CodeOf]: the result code of an error.
//
// # An online scan, in order
//
// A caller asks its Locator for locations, chooses one, reads the effective
// policy, writes what PolicyFor says if it says so, and only then hands the
// location to its Source (WF-3). Whatever fails, [CodeOf] gives the code and
// [RetryPolicy.Next] what follows. An offline scan uses a stored [Catalog]
// and is never handed a Source; without one it fails with
// [CodeOfflineHistoryNotFound] (DEC-4).
//
// # Failures that are told apart
//
// No location at all ([ErrNoLocation]), none with the wanted version
// ([ErrNoVersion]), none that may be used ([ErrBadLocation], [ErrNotSSL],
// [ErrNoFit], [ErrAllFailed]), a policy conflict ([ErrPolicyConflict]) and a
// server that cannot be reached (codes such as [CodeCannotConnect]) are
// different errors with different codes, and a scan that was cancelled
// ([CodeCancelled]) is none of them (WF-6, WF-10).
//
// # The stored form of a catalogue
//
// [Catalog.AppendBinary] writes and [DecodeCatalog] reads this form, number 1.
// A number is an unsigned LEB128 integer of at most 64 bits (seven bits a
// byte, the lowest first, the high bit set on all but the last), a signed
// number is the same after zigzag coding. A list is a number, how many
// elements, and the elements.
//
//  1. Seven bytes "WSUSCAT", one byte 1: the format.
//  2. The content version, a number below 2^32.
//  3. The strings: how many, the length of each in bytes, and then the bytes
//     of all, without separators. They are numbered from 1; number 0 is the
//     empty string, which is not in the table.
//  4. The ids: how many, and 16 bytes for each in the byte order of the text
//     form. They are numbered from 0.
//  5. The updates: how many, and each of them, in ascending order of their
//     ids, no id twice.
//  6. Four bytes: CRC-32C (Castagnoli) of everything before, little-endian.
//     Nothing follows.
//
// Both tables are in the order in which the updates first use them, so equal
// catalogues have equal bytes; a reader need not insist on it. An update is:
//
//  1. its id; its revision, below 2^31; a byte for its kind ([Kind]), a byte
//     for its action ([Action]); a byte of flags: 1 expired, 2 leaf, 4 a
//     creation date follows, 8 a classification follows; the other bits are
//     0;
//  2. if flagged, the creation date: a signed number, the seconds since 1970
//     in UTC, and a number, the nanoseconds below 10^9;
//  3. if flagged, the classification's id;
//  4. eight strings: title, description, severity, vendor, category type,
//     reboot behaviour, handler, origin;
//  5. three lists of strings: KB articles, bulletins, CVEs;
//  6. two lists of ids: products, superseded updates;
//  7. the list of prerequisite clauses: for each a number, twice the count
//     of its ids and 1 more if it is a category clause, and the ids;
//  8. the list of bundle clauses: for each a list of members, an id and a
//     revision;
//  9. the four sections of rules, IsInstalled, IsSuperseded, IsInstallable,
//     Metadata: 0 if the section is absent, else one more than the count of
//     its rules, and the rules.
//
// A rule is its name, the list of its attributes (name and value), its text,
// and the list of its child rules, each in full (preorder), to a depth of
// [MaxRuleDepth]. Strings and ids are written as their numbers.
package wsus
