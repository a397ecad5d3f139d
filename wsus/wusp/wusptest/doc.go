// Package wusptest is a kit for testing whatever speaks MS-WUSP as a client:
// package wusp's, or one of your own. It needs no network, no Windows and no
// clock.
//
// # What it holds
//
// [Server] is a small WSUS with switches: updates with prerequisites, pages,
// faults, and tricks that change what it does or answers, from an update that
// comes twice to a connection that is cut. It keeps every call. It shares
// nothing with the library but the messages. [Transport] leads to it, or to any
// other handler, without a socket, and keeps what was asked and where.
//
// [CheckClient] checks a [wsus.Source] over the wire: what MS-WUSP demands of
// a client, and the rules WF-3, WF-4, WF-9, WF-10 and DEC-8 as far as they
// show there. It returns all breaches as one error; [RunClient] makes each
// clause a subtest. [BrokenClient] breaks one clause each. The contract that
// every Source has, over the wire or not, is wsustest's.
//
// [States] keeps what a client stores, over its restarts.
//
// [Replay] answers with a captured scan and says where a client asks something
// else than the captured one did.
//
// [Model] plays a [Script], slowly and obviously, as the sync loop of a client
// is to do it; [Player] answers a real client from the same script.
//
// Package wusprapid draws scripts.
//
// # What green proves
//
// A check that passes has tried each clause on the cases it makes, against
// this package's Server, and found no breach. It demands only what the
// protocol or a rule demands: it does not say how often a client may ask for
// titles, in which order it names ids, or what it does when a fault is
// repeated, but that it ends. It does not prove that the client knows what is
// installed on a machine (wsustest checks evaluators), reads every fragment,
// or is free of data races.
package wusptest
