package applicability_test

import (
	"context"
	"fmt"
	"log"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// viewerCatalog is a catalogue of one update: version 2 of a viewer, for
// 64-bit machines that have the viewer.
func viewerCatalog() (*wsus.Catalog, compliance.UpdateID) {
	id, err := compliance.ParseUpdateID("5f2b7c1e-93a4-4a0e-8a55-0d7f3b1c2e90")
	if err != nil {
		log.Fatal(err)
	}
	installed := wsus.Rule{Name: "FileVersion", Attrs: []wsus.Attr{
		{Name: "Csidl", Value: "38"},
		{Name: "Path", Value: `Viewer\viewer.exe`},
		{Name: "Comparison", Value: "GreaterThanOrEqualTo"},
		{Name: "Version", Value: "2.0.0.0"},
	}}
	amd64 := wsus.Rule{Name: "Processor", Attrs: []wsus.Attr{{Name: "Architecture", Value: "9"}}}
	present := wsus.Rule{Name: "RegKeyExists", Attrs: []wsus.Attr{
		{Name: "Key", Value: "HKEY_LOCAL_MACHINE"}, {Name: "Subkey", Value: `SOFTWARE\Example\Viewer`},
	}}
	catalog, err := wsus.NewCatalog(1, []wsus.Update{{
		Identity: wsus.Identity{ID: id, Revision: 1},
		Kind:     wsus.KindSoftware,
		Title:    "Viewer 2.0",
		Rules: wsus.Rules{
			IsInstalled:   []wsus.Rule{installed},
			IsInstallable: []wsus.Rule{{Name: "And", Children: []wsus.Rule{amd64, present}}},
		},
	}})
	if err != nil {
		log.Fatal(err)
	}
	return catalog, id
}

const viewerMachine = `{
	"format": "updatescan-machine-1",
	"processor": {"architecture": 9},
	"registry": {"covers": ["HKLM\\SOFTWARE\\Example"], "keys": {"HKLM\\SOFTWARE\\Example\\Viewer": {}}},
	"files": {"covers": ["C:\\Program Files"], "entries": {
		"C:\\Program Files\\Viewer\\viewer.exe": {"version": "1.4.0.0"}
	}}
}`

func ExampleEvaluator_Evaluate() {
	catalog, id := viewerCatalog()
	machine, err := applicability.ParseDocument([]byte(viewerMachine))
	if err != nil {
		log.Fatal(err)
	}
	evaluator, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		log.Fatal(err)
	}
	scan := func() {
		result, err := evaluator.Evaluate(context.Background(), catalog)
		if err != nil {
			log.Fatal(err)
		}
		record, _ := result.Snapshot.Find(id)
		fmt.Println(record.State.Name())
	}
	scan()

	// Install the update on the machine, and look again.
	err = machine.SetFile(`C:\Program Files\Viewer\viewer.exe`, applicability.File{
		Version: applicability.FactOf(applicability.Version{2, 0, 0, 0}),
	})
	if err != nil {
		log.Fatal(err)
	}
	scan()
	// Output:
	// Required
	// Installed
}

func ExampleEvaluator_Explain() {
	catalog, id := viewerCatalog()
	machine, err := applicability.ParseDocument([]byte(viewerMachine))
	if err != nil {
		log.Fatal(err)
	}
	evaluator, err := applicability.New(applicability.Config{Facts: machine.Facts()})
	if err != nil {
		log.Fatal(err)
	}
	why, err := evaluator.Explain(context.Background(), catalog, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(why)
	// Output:
	// 5f2b7c1e-93a4-4a0e-8a55-0d7f3b1c2e90  Viewer 2.0
	//   state: Required, because installable
	//   IsInstalled: false
	//     FileVersion Csidl="38" Path="Viewer\\viewer.exe" Comparison="GreaterThanOrEqualTo" Version="2.0.0.0": false
	//       - known folder 38 = "C:\\Program Files"
	//       - file C:\Program Files\Viewer\viewer.exe = file, version 1.4.0.0, created unavailable, modified unavailable, size unavailable, language unavailable
	//   IsInstallable: true
	//     And: true
	//       Processor Architecture="9": true
	//         - processor = architecture 9, level unavailable, revision unavailable
	//       RegKeyExists Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\\Example\\Viewer": true
	//         - registry HKEY_LOCAL_MACHINE\SOFTWARE\Example\Viewer = present
}

func ExampleParseDocument() {
	_, err := applicability.ParseDocument([]byte(`{
	"format": "updatescan-machine-1",
	"processor": {"architecture": "amd64"}
}`))
	fmt.Println(err)
	// Output:
	// applicability: machine document: 3:32: $.processor.architecture: found "amd64", want a whole number from 0 to 65535
}

func ExampleExplainRule() {
	machine := &applicability.Document{}
	if err := machine.SetWMI(`root\cimv2`, "Win32_BaseBoard", map[string]any{"Product": "8438"}); err != nil {
		log.Fatal(err)
	}
	rule := wsus.Rule{Name: "WmiQuery", Attrs: []wsus.Attr{
		{Name: "WqlQuery", Value: "SELECT * FROM Win32_BaseBoard WHERE Product LIKE '84%'"},
	}}
	fmt.Println(applicability.ExplainRule(machine.Facts(), &rule).Value)
	// Output:
	// true
}
