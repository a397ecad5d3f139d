package wsustest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// stickySource caches what it retrieved first.
type stickySource struct {
	wsus.MemSource
	first *wsus.Catalog
}

func (s *stickySource) Retrieve(ctx context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	c, err := s.MemSource.Retrieve(ctx, req)
	if s.first == nil {
		s.first = c
	}
	if err != nil {
		return nil, err
	}
	return s.first, nil
}

// A Source of your own is checked in ten lines.
func ExampleCheckSource() {
	err := wsustest.CheckSource(context.Background(), func() wsustest.SourceSubject {
		var s stickySource
		n := 0
		return wsustest.SourceSubject{
			Source: &s, Location: wsus.Location{URL: "http://wsus.example.test:8530"},
			Change: func() { n++; s.Serve(wsustest.Catalog(1, wsustest.Simple(n, false, true))) },
		}
	})
	fmt.Println(err)
	// Output:
	// wsustest: retrieve/really-done: each call retrieves what the server has then: after a change the answer is what it was before
}

// A choice of locations that tries what was given, in order, breaks rules.
func ExampleCheckOrder() {
	naive := func(locations []wsus.Location, r wsus.Requirement) ([]wsus.Location, error) {
		var order []wsus.Location
		for _, l := range locations {
			if at, err := l.Endpoint(); err == nil && (at.SSL() || !r.NeedsSSL()) {
				order = append(order, l)
			}
		}
		if len(order) == 0 {
			return nil, &wsus.LocationError{Kind: wsus.ErrNoLocation}
		}
		return order, nil
	}
	err := wsustest.CheckOrder(context.Background(), naive)
	for _, breach := range err.(interface{ Unwrap() []error }).Unwrap() { //nolint:errorlint // it is joined
		fmt.Println(breach.(*wsustest.ClauseError).Clause) //nolint:errorlint // each is one
	}
	// Output:
	// order/WF-4
	// order/WF-6
	// order/WF-9
}

// What your evaluator says of a machine, compared with the model.
func ExampleModel_Evaluate() {
	var machine applicability.Document
	if err := machine.SetRegistry(`HKLM\SOFTWARE\Viewer`, "Build", applicability.DWord(7)); err != nil {
		fmt.Println(err)
	}
	viewer := wsustest.Simple(1, false, true)
	viewer.Rules.IsInstalled = []wsus.Rule{{Name: "RegDword", Attrs: []wsus.Attr{
		{Name: "Key", Value: "HKEY_LOCAL_MACHINE"},
		{Name: "Subkey", Value: `SOFTWARE\Viewer`},
		{Name: "Value", Value: "Build"},
		{Name: "Comparison", Value: "GreaterThanOrEqualTo"},
		{Name: "Data", Value: "7"},
	}}}
	records, _, err := wsustest.Model{}.Evaluate([]wsus.Update{viewer}, &machine)
	for _, r := range records {
		fmt.Println(r.State, err)
	}
	// Output:
	// installed <nil>
}

// A client under test meets a planned outage, hour by hour.
func ExampleSUP() {
	var sup wsustest.SUP
	start := time.Date(2008, 6, 1, 0, 0, 0, 0, time.UTC)
	if err := sup.Plan(wsustest.Outage{From: start.Add(time.Hour), Until: start.Add(2 * time.Hour), Code: wsus.CodeForHTTPStatus(503)}); err != nil {
		fmt.Println(err)
	}
	for hour := range 3 {
		sup.SetNow(start.Add(time.Duration(hour) * time.Hour))
		_, err := sup.Retrieve(context.Background(), wsus.RetrieveRequest{Location: wsus.Location{URL: "http://wsus:8530"}})
		fmt.Println(hour, wsus.CodeOf(err))
	}
	// Output:
	// 0 0x00000000
	// 1 0x80244022
	// 2 0x00000000
}

// The second location request fails, and the calls are counted.
func ExampleLocator() {
	locator := wsustest.Locator{
		Next:  wsus.StaticLocator{{URL: "http://wsus:8530"}},
		Fault: wsustest.FailAt(wsus.CodeContentLocationTimedOut, 2),
	}
	for range 3 {
		list, err := locator.Locate(context.Background(), wsus.LocateRequest{SiteCode: "PS1"})
		fmt.Println(len(list), wsus.CodeOf(err))
	}
	fmt.Println(len(locator.Requests()), "requests")
	// Output:
	// 1 0x00000000
	// 0 0x87D00602
	// 1 0x00000000
	// 3 requests
}

// An installation makes an update Installed.
func ExampleStates() {
	var machine wsustest.States
	catalog := wsustest.Catalog(1, wsustest.Simple(1, false, true))
	machine.Set(compliance.Required, wsustest.ID(1))
	before, _ := machine.Evaluate(context.Background(), catalog)
	machine.Set(compliance.Installed, wsustest.ID(1))
	after, _ := machine.Evaluate(context.Background(), catalog)
	fmt.Println(before.Snapshot.At(0).State, after.Snapshot.At(0).State)
	// Output:
	// required installed
}
