package scan_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing/fstest"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
)

const vistaUpdate = `<Update xmlns="http://schemas.microsoft.com/msus/2002/12/Update">
<UpdateIdentity UpdateID="9c4b7e20-0101-4d1f-a5c3-000000990101" RevisionNumber="101"/>
<Properties UpdateType="Software" PublicationState="Published"/>
<Relationships/>
<ApplicabilityRules>
<IsInstalled><FileVersion Csidl="37" Path="mshtml.dll" Comparison="GreaterThanOrEqualTo" Version="7.0.6001.18099"/></IsInstalled>
<IsInstallable><WindowsVersion Comparison="EqualTo" MajorVersion="6" MinorVersion="0"/></IsInstallable>
</ApplicabilityRules></Update>`

const vistaMachine = `{"format": "updatescan-machine-1", "windows": {"major": 6, "minor": 0, "build": 6001},
"files": {"entries": {"C:\\Windows\\System32\\mshtml.dll": {"version": "7.0.6001.18000"}}}}`

// A whole client in memory: one update, one machine, one scan.
func ExampleAgent() {
	ctx := context.Background()
	folder := fstest.MapFS{"kb990101.xml": {Data: []byte(vistaUpdate)}}
	res, _ := metadata.ReadFS(folder, metadata.Options{})
	catalog, _ := wsus.NewCatalog(1, res.Updates)
	machine, _ := applicability.ParseDocument([]byte(vistaMachine))
	evaluator, _ := applicability.New(applicability.Config{Facts: machine.Facts()})
	source := new(wsus.MemSource)
	source.Serve(catalog)
	transport := new(statemsg.MemTransport)

	agent, err := scan.New(scan.Config{
		Machine:   scan.MachineConfig{Rand: rand.NewPCG(rand.Uint64(), rand.Uint64())},
		Client:    statemsg.Client{ID: "GUID:4F6C2B1A-0042-4D7E-9C55-2008060200AA", NetBIOSName: "DESK-0042"},
		Locator:   wsus.StaticLocator{{URL: "http://sup01.example.test:8530"}},
		Source:    source,
		Evaluator: evaluator,
		Transport: transport,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := agent.ApplyPolicy(ctx, scan.Policy{Enabled: true}); err != nil {
		fmt.Println(err)
		return
	}
	result, err := agent.Scan(ctx, scan.ScanCycle)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Decision)
	for _, c := range result.Changes {
		fmt.Println(c.ID, c.To.Name())
	}
	if err := agent.SendNow(ctx); err != nil { // or agent.Run, every 15 minutes
		fmt.Println(err)
		return
	}
	fmt.Println(len(transport.Messages()), "state messages sent")
	// Output:
	// connect: a forced online scan always connects
	// 9c4b7e20-0101-4d1f-a5c3-000000990101 Required
	// 2 state messages sent
}

// The workflow without any I/O: events and the time go in, effects come out.
func ExampleMachine() {
	m, err := scan.NewMachine(scan.MachineConfig{Rand: rand.NewPCG(1, 2)})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2008, 6, 2, 8, 0, 0, 0, time.UTC)
	m.Step(now, scan.PolicyReceived{Policy: scan.Policy{Enabled: true}})
	for _, e := range m.Step(now, scan.Requested{Request: scan.Request{Trigger: scan.ScanCycle}}) {
		switch e := e.(type) {
		case scan.Commit:
			fmt.Printf("commit %v\n", e.Parts)
		case scan.Notice:
			fmt.Println("notice", e.Kind)
		case scan.Locate:
			fmt.Println("locate, scan", e.Run.Job)
		}
	}
	// Output:
	// commit [machine outbox]
	// notice triggered
	// notice decided
	// locate, scan 1
}
