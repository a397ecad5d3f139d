// Package wusp speaks MS-WUSP, the protocol between update agents and Windows
// Server Update Services: SOAP 1.1, document/literal, over HTTP.
//
// # Messages
//
// The Request and Response types are the messages of the operations that a
// scanning client uses, one pair for each [Operation]. [AppendEnvelope],
// [DecodeRequest] and [DecodeResponse] are their codec, [Fault] is what a
// server answers instead, with status 500.
//
// What is written is exact: elements in the order of the published WSDL,
// those with cardinality 1..1 always, those with 0..1 only when they have a
// value. The messages have a few elements that no WSDL lists and agents of
// Windows 11 send; they are left out unless set.
//
// What is read is tolerant: elements are known by their local names,
// whatever their prefixes and order; unknown ones and SOAP headers are passed
// over; an array may be missing, empty, nil or encoded as SOAP does; booleans
// are true, false, 1 or 0; ids have any case. Times are kept as written,
// because servers compare them ([DateTime]). There is no document type and no
// entity, and depth and length are bounded.
//
// # Client
//
// [Client] is a [wsus.Source]. One retrieval is
//
//  1. the handshake as far as it is missing: GetConfig, the authorization
//     service that the configuration names (on the same scheme, host and port,
//     or it is refused), GetCookie, RegisterComputer if the server wants it;
//  2. StartCategoryScan, if the scan is limited to categories and both sides
//     know such scans;
//  3. SyncUpdates with the lists of all cached revisions, until an answer is
//     neither truncated nor has a new update that is not a leaf, and the
//     set of installed ones stays the same; an answer without anything new
//     ends it too. After each answer package applicability decides which
//     detectoids and categories are installed;
//  4. one SyncUpdates for drivers, if they are wanted and the server does not
//     say that it is not needed;
//  5. GetExtendedUpdateInfo in batches for titles, articles and severities of
//     what a person may see.
//
// Redirections are never followed. Whatever fails carries a result code, and
// nothing is tried again but what a fault asks for; retries are the scan's
// (WF-9). What was fetched stays in the cache, and the next retrieval goes on.
//
// # Server
//
// [Server] is an http.Handler over a [Store], to which update documents,
// packages and fragments are published.
//
//  1. A client gets the highest revision of every update that is not
//     declined, and what these need and bundle, as soon as each of its
//     prerequisite clauses has an installed member.
//  2. The action is the approval of the client's group, else that of
//     [AllComputers], else pre_deployment_check; bundle for a member of a bundle
//     without an approval, and evaluate for categories and detectoids.
//  3. ChangedUpdates are cached revisions whose deployment or IsLeaf has
//     changed since the client's last unlimited software pass, as its cookie
//     says. A new cookie takes this over from the old one, in the same group.
//  4. New updates come in pages, prerequisites first. Superseded and expired
//     updates are sent like others.
//  5. The driver pass offers for each device the best matching driver, if it is
//     better than the one installed.
//  6. Cookies are authenticated, not encrypted. A changed one is InvalidCookie,
//     one of another Store ServerChanged, one of another Server with the same
//     key ConfigChanged, an old one CookieExpired.
//
// Revision ids live as long as the Store. A Server is meant for tests, labs
// and demonstrations: it does not authenticate clients.
//
// # What is left out
//
// Compression by XPRESS, which a server uses only when asked; SOAP 1.2;
// self-update; printers' catalogues; inventory and the roll-up between
// servers; downloading files.
package wusp
