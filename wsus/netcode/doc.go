// Package netcode turns the errors of Go's net, crypto/tls and net/http
// packages into the result codes of package wsus, so that a Source built on
// them takes part in the retry rules (WF-9): whether a scan is retried, and
// whether the client fails over, depends on the code alone.
//
// It models what the update agent logs for the same fault, as far as that is
// documented; [Classify] says at each code whether it is documented, recalled
// or this library's choice. It does not look at HTTP answers: use
// [wsus.CodeForHTTPStatus] for those. It makes no connection itself.
package netcode
