// Package wsustest helps to test what implements or replaces package wsus: the
// access to WSUS, the update agent's policy, the choice of a location, retries,
// and the evaluation of update metadata.
package wsustest
