// Package statemsgtest is the kit for testers of state messages: of package
// statemsg, of a client or a transport of your own, and of what stands behind
// one.
//
//   - Fakes of what is behind a sender: [Site] applies what arrives, each client
//     and serial once; [Recorder] counts and keeps what is sent; [Faulty] fails,
//     loses acknowledgements, duplicates, delays, hangs and refuses by a plan.
//     The transports that lie, such as [LosingTransport], break their contract.
//   - Contract checks: [CheckTransport] and [RunTransport] for a
//     [statemsg.Transport], [CheckOutbox] and [RunOutbox] for an outbox. They
//     take a constructor and name the clause that is broken.
//   - Reference models: [Outbox] with [Outbox.Play], [Cycle],
//     [Model.Timetable], [Model.Messages], [Model.EncodeReport],
//     [Model.EncodeBytes] and [Model.DecodeReport].
//   - Generators for rapid are in the package statemsgrapid.
//
// # The models
//
// A model is a second implementation: slow, obvious, written from the rules. It
// shares the types of its package with the library and no code. Where it is
// laxer or stricter than the library its comment says so. Its Mistake plants one
// mistake, by the ids of scan/scantest/vectors/mutants.json: a test that is
// worth something fails with it.
//
// # What green proves
//
// A green check proves what its clauses say, on the scripts that it plays. It
// does not prove durability beyond what the probe looks at, that nothing is
// kept where the probe cannot look, nor the absence of data races, unless it
// runs under the race detector. A model that agrees with an implementation
// proves that both read the rules in the same way.
package statemsgtest
