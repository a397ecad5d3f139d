// Package fleet simulates the clients of a site: agents of the package scan that
// live through virtual days, with computers and updates of its own making, and with
// the accidents that a site has to cope with.
//
// Everything happens in the order of the virtual time and, at one time, in the order
// of the clients, and every random choice is drawn from the seed: two fleets with
// the same configuration do the same.
package fleet
