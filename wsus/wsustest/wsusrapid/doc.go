// Package wsusrapid draws what package wsus works on: locations and what is
// needed of them, policies, failures, metadata, rules, machines and outages,
// for property tests with pgregory.net/rapid. What is drawn lies near the
// edges of the rules: a version one below the one that is wanted, the last
// retry, the same server in another spelling. Values of few kinds are drawn
// often, so that relations meet.
//
// It is a package of its own because importing rapid registers flags.
package wsusrapid
