package sitetest_test

import (
	"testing"

	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

func TestMemStore(t *testing.T) {
	t.Parallel()
	sitetest.RunStore(t, func(*testing.T) sitetest.Keeper { return new(site.MemStore) })
	if err := sitetest.CheckStore(t.Context(), func() sitetest.Keeper { return new(site.MemStore) }); err != nil {
		t.Errorf("CheckStore = %v, want nil", err)
	}
}
