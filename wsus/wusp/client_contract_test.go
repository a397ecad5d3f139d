package wusp_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// TestContract: the client keeps the contract of [wsus.Source].
func TestContract(t *testing.T) {
	t.Parallel()
	wsustest.RunSource(t, func(t *testing.T) wsustest.SourceSubject {
		t.Helper()
		toy := newToy(5)
		req := start(t, toy)
		next := int32(9000)
		return wsustest.SourceSubject{
			Source: clientOf(t, configOf(t)), Location: req.Location,
			Change: func() {
				toy.mu.Lock()
				defer toy.mu.Unlock()
				next++
				toy.updates = append(toy.updates, toyUpdate{id: next, kind: "Software", leaf: true, action: wsus.ActionInstall})
			},
		}
	})
}
