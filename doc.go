// Package updatescan is the documentation of an SDK that models the scan for
// software updates compliance of Microsoft Configuration Manager 2007, from the
// trigger to the row in the site's database. It holds no code; import the packages below.
//
//	compliance          update ids, compliance states, snapshots, what changed between two scans
//	ttl                 when stored metadata is fresh, and a cache that keeps to it
//	wsus                where metadata comes from, result codes, retries, the catalogue
//	wsus/netcode        result codes of Go's network errors
//	wsus/wusp           MS-WUSP, the protocol of update servers: messages, client and server
//	wsus/metadata       reads update documents, fragments and software distribution packages
//	wsus/applicability  decides from metadata and a machine's facts which updates are required
//	statemsg            state messages, the outbox, the report and the 15-minute sender
//	statemsg/folder     a transport that writes each report to a file
//	statemsg/mp         a management point over HTTP
//	statemsg/site       the site server and its rows; statemsg/site/sqlstore keeps them in a database
//	scan                triggers, decisions, the workflow as a pure state machine, and the agent
//	scan/sqlstore       what a client remembers, in a database
//	ttl/filestore       stored metadata in one file
//
// The path of a scan through them:
//
//	trigger -> scan (decides with ttl) -> wsus (locate, policy, retrieve) -> evaluate
//	        -> compliance (what changed) -> statemsg (outbox) -> every 15 minutes: report -> transport
//	        -> management point -> site -> database
//
// Packages decide, and shells act. The shells are [scan.Agent],
// [statemsg.Sender], the server of statemsg/site, statemsg/mp and wsus/wusp: they
// have goroutines and a clock. Only statemsg/folder and ttl/filestore touch files,
// only the sqlstore packages a database, and only statemsg/mp and wsus/wusp the
// network; all the rest is values in, values out.
//
// Each package has a kit for testers beside it, such as ttl/ttltest: fakes,
// checks of contracts, reference models, and generators for rapid in a package
// of their own. Test vectors for programs in any language, and the
// specification they go with, are in scan/scantest/vectors.
//
// Behaviour is given by numbered rules, such as TTL-2; doc comments cite them.
// A rule is documented by Microsoft, seen in published logs, or our own choice
// where every source is silent, and the registry in internal/rules says which.
//
// [scan.Agent]: https://pkg.go.dev/github.com/updatescan/updatescan/scan#Agent
// [statemsg.Sender]: https://pkg.go.dev/github.com/updatescan/updatescan/statemsg#Sender
package updatescan
