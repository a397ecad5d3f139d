// Package sitetest is the kit for testers of a site: of package site, of a store for
// it, of a client or a network in front of it, or of a site of your own.
//
//   - [CheckStore] and [RunStore] check the contracts of [site.Store] and
//     [site.Reader]. They take a constructor and name the clause that is broken.
//   - [Model] is the reference model of a site, [Mistakes] are what it can be made
//     to do wrong. [Server] is a model with a store that can fail.
//   - [Agent] is a client that does what a client must do, and knows what the site
//     should hold of it; [Settled] says whether it does. It can be restored, cloned
//     and installed again.
//   - [World] plays steps on a site, its model and agents, over a network that
//     loses, repeats and delays, and compares site and model after every step;
//     [Compare] compares them at any time. [Direct] is a site whose time is an
//     argument.
//   - Generators for rapid are in the package siterapid.
//
// # The model
//
// The model is a second implementation: slow, obvious, written from the rules. It
// keeps everything that ever came, each missing serial by itself, and works every
// answer out from the beginning. It shares the types of package site and none of the
// code that decides; what a bad message is it asks statemsg.
//
// # What green proves
//
// A green check proves what its clauses say, on the data that it uses. It does not
// prove that what was committed survives a crash, nor the absence of data races,
// unless it runs under the race detector. A model that agrees with an implementation
// proves that both read the rules in the same way.
package sitetest
