// Package site models the site server of Configuration Manager 2007 for state
// messages: what it does with the reports of clients, what it keeps of them, and
// how it answers what is Required, Not Required, Installed and Unknown, and why
// something is Unknown.
//
// # What it models
//
//   - [Ingest], the pure core: from what the site knows of a client and a report it
//     makes a [Plan]: which rows to put, which to remove, what is missing, what to
//     ask (SITE-2 to SITE-5, SITE-7, SITE-9). [Check] and [Register] are the other
//     two functions that make plans.
//   - [Server], the shell: it takes reports in, groups those that come together into
//     one commit, answers when it is durable, and checks every 15 minutes (SITE-1,
//     SITE-4).
//   - [Store], which carries plans out and decides nothing, and [Reader], which
//     answers questions (SITE-6, SITE-8, SITE-10). [MemStore] is both, in memory; the
//     package sqlstore is both over database/sql.
//   - [Facts], from which the state of an update on a client and the reason why it is
//     Unknown are worked out (SITE-6).
//
// It does not model the files and inboxes between a management point and its site,
// priorities, the hierarchy of sites, nor the summarizers' timetable: a summary is
// computed when it is asked for. Only the owner of the site removes a client that is
// no more, with [Server.Forget].
//
// # What a site keeps
//
// Of a client: a [Client], at most MaxClientBytes in its stored form however many
// reports there were; and a [Row] for each of its topics (topic type and topic id):
// the last message. Of a site besides: the newest MaxKept bad records and reports.
// So its memory is bounded by clients and topics, not by reports or messages.
//
// A row's place is its mark: the client's life, then the serial. Of a topic the
// message with the highest mark is kept, whatever the order of arrival (SITE-2). A
// message without serial is below all of the same life that have one.
//
// Times of the site are in UTC and cut to whole seconds, and so are times that are
// compared with them.
//
// # Serials, gaps, lives
//
//  1. A client numbers its messages from 1, +1 each (MSG-5). A serial that is
//     skipped is missing since then; so is everything below the first serial that
//     ever came, and below the first after a reset (SITE-3).
//  2. A missing range is closed by what comes late, wholly or in part; what is left
//     keeps its time. There are at most MaxRanges of them; when there is one more,
//     the two nearest become one, with the earlier time, and what had arrived
//     between them counts as missing again: the next refresh repairs it (SITE-3).
//  3. A client that uses a serial twice has been reset: it was restored from a
//     backup, cloned, or installed again. It begins another life, whose serials
//     are tracked from 1. Its rows stay, and are below all of the new life (SITE-5).
//     [Ingest] says how a reset is seen.
//
// # Resync and refresh
//
//  1. A resync is asked for when a range has been missing for longer than 2880
//     minutes, by a check every 15 minutes (SITE-4), and at a reset (SITE-5). It has
//     a number, +1 for each of a client. At most one is asked for in 72 hours; a
//     reset that comes too soon is remembered as a wish.
//  2. The answer to every report carries the number as long as the request is open.
//     A client answers a number once, with a full refresh (DIFF-8): everything it
//     knows, with new serials, and a [statemsg.RefreshMarker] as the last message.
//  3. A refresh replaces what the site holds, as soon as all of it has arrived, and
//     not before: rows below its first serial are removed, those of earlier lives
//     too, and missing ranges below it are forgotten (SITE-9). Until then the old
//     rows stay. So what a client has forgotten without a message goes, nothing else
//     is ever away, and the order of arrival makes no difference.
//  4. A request is answered by a marker that names it, and by any refresh that is
//     complete and whose marker is above all that had arrived when it was asked for
//     (of a reset: any of the new life).
//
// # Unknown
//
// The state of an update on a client is Unknown exactly while the site has no row of
// topic type 500 for it, or the client has said so itself with 500/0 (SITE-6). Which
// clients there are is the set of those ever heard of and those that the owner of
// the site registered; it is the total of every summary (SITE-8). [Facts.Why] gives
// the first reason that applies.
//
// # Documented, and our choice
//
// Documented of the state system are: a record or a file that is bad is counted and
// does not stop the others; missing ranges are kept, in a table of their own; a range
// older than 2880 minutes (Min Missing Message Age) leads to a resync request, looked
// for every 15 minutes (Resync Check Interval; a note says 60) and not again within
// 72 hours (Min Resync Period); the order in which files are taken in is not that in
// which they came, and the system is resilient to it; the formula of a summary is
// consistent with the documented counts.
//
// Our choice, because the sources are silent: that the higher serial wins; how a
// retry, a reset and a late report of an earlier life are told apart (the report's
// date, which a retry keeps: MSG-6); lives; the marker of a refresh, which is a
// message of the documented form and topic type 700; that a refresh replaces; that
// a number of a request is answered once; the order of the reasons; all bounds.
//
// # Limits
//
//  1. A report that was sent before a reset, and comes after it, is known by its date
//     for MinResyncPeriod and unless it begins with the very next serial; then it is
//     taken for one of the present life. Its serials are used again in time, which
//     is seen as another reset, and the refresh repairs the rows.
//  2. A sender that gives a report another date when it repeats it looks as if it was
//     reset each time. Nothing is lost by it; it is asked for a resync every 72
//     hours.
//  3. A client that reports no serials has no gaps, no resets and no refreshes.
package site
