package wusptest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// driverClauses are about the driver pass.
func driverClauses() []contract.Clause[maker] {
	return []contract.Clause[maker]{
		clientClause("driver/unwanted", "", "there is no driver pass when drivers are not wanted", driverUnwanted),
		clientClause("driver/not-needed", "", "there is no driver pass when the server says that it is not needed", driverNotNeeded),
		clientClause("driver/one-call", "", "the driver pass is one call, after the software pass, with the installed non-leaves and the cached drivers", driverOneCall),
		clientClause("driver/spec", "", "devices are named in the driver pass only", driverSpec),
	}
}

// withDrivers asks for drivers.
func withDrivers(s *Setup) {
	s.Drivers = true
	s.Devices = []wusp.Device{{HardwareIDs: []string{`PCI\VEN_8086&DEV_1502`}}}
}

// driverServer has two drivers.
func driverServer() *Server {
	s := mixed()
	s.Updates = append(
		s.Updates,
		Update{ID: 900, Kind: wsus.KindDriver, Leaf: true, Action: wsus.ActionInstall},
		Update{ID: 901, Kind: wsus.KindDriver, Leaf: true, Needs: []int32{3}, Action: wsus.ActionInstall},
	)
	return s
}

func driverUnwanted(ctx context.Context, make maker) error {
	s := driverServer()
	if _, err := newLab(make, s, 100).must(ctx); err != nil {
		return err
	}
	if n := len(syncs(s.Log(), true)); n > 0 {
		return fmt.Errorf("%d calls of the driver pass", n)
	}
	return nil
}

func driverNotNeeded(ctx context.Context, make maker) error {
	s := mixed()
	if _, err := newLab(make, s, 100, withDrivers).must(ctx); err != nil {
		return err
	}
	if n := len(syncs(s.Log(), true)); n > 0 {
		return fmt.Errorf("%d calls of the driver pass", n)
	}
	return nil
}

func driverOneCall(ctx context.Context, make maker) error {
	s := driverServer()
	l := newLab(make, s, 100, withDrivers)
	for round := range 2 {
		s.Forget()
		c, err := l.must(ctx)
		if err != nil {
			return err
		}
		if err := has(c, reached(s)...); err != nil {
			return err
		}
		passes := syncs(s.Log(), true)
		if len(passes) != 1 {
			return fmt.Errorf("%d calls of the driver pass", len(passes))
		}
		if all := syncs(s.Log(), false); slices.Index(s.Log(), all[len(all)-1]) > slices.Index(s.Log(), passes[0]) {
			return errors.New("the driver pass comes before the end of the software pass")
		}
		m := passes[0].Request.(*wusp.SyncUpdatesRequest) //nolint:errcheck,forcetypeassert // of the operation
		if got := slices.Sorted(slices.Values(m.InstalledNonLeafUpdateIDs)); !slices.Equal(got, []int32{1, 2, 3, 7}) {
			return fmt.Errorf("the driver pass says that %v are installed", got)
		}
		if got := slices.Sorted(slices.Values(m.CachedDriverIDs)); !slices.Equal(got, [][]int32{nil, {900, 901}}[round]) {
			return fmt.Errorf("the driver pass says that %v are cached drivers", got)
		}
		if len(m.SystemSpec) != 1 {
			return fmt.Errorf("the driver pass names %d devices", len(m.SystemSpec))
		}
	}
	return nil
}

func driverSpec(ctx context.Context, make maker) error {
	s := driverServer()
	_, err := newLab(make, s, 100, withDrivers).retrieve(ctx)
	for _, c := range syncs(s.Log(), false) {
		if n := len(c.Request.(*wusp.SyncUpdatesRequest).SystemSpec); n > 0 { //nolint:errcheck,forcetypeassert // of the operation
			return fmt.Errorf("%d devices in the software pass", n)
		}
	}
	return err
}
