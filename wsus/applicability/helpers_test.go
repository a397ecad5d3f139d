package applicability_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// rule builds a rule from its name and attributes in pairs.
func rule(name string, attrs ...string) wsus.Rule {
	r := wsus.Rule{Name: name}
	for i := 0; i+1 < len(attrs); i += 2 {
		r.Attrs = append(r.Attrs, wsus.Attr{Name: attrs[i], Value: attrs[i+1]})
	}
	return r
}

// parent builds a rule with children.
func parent(name string, children ...wsus.Rule) wsus.Rule {
	return wsus.Rule{Name: name, Children: children}
}

// element builds an element with text.
func element(name, text string, attrs ...string) wsus.Rule {
	r := rule(name, attrs...)
	r.Text = text
	return r
}

// updateID is the n-th id of the tests.
func updateID(n int) compliance.UpdateID {
	id, err := compliance.ParseUpdateID(fmt.Sprintf("00000000-0000-4000-8000-%012x", n))
	if err != nil {
		panic(err)
	}
	return id
}

// update is a software update with the number as id.
func update(n int, rules wsus.Rules) wsus.Update {
	return wsus.Update{
		Identity: wsus.Identity{ID: updateID(n), Revision: 1},
		Kind:     wsus.KindSoftware, Rules: rules, Title: fmt.Sprintf("Update %d", n),
	}
}

// constant is an update that is installed or installable as given.
func constant(n int, installed, installable applicability.Value) wsus.Update {
	return update(n, wsus.Rules{
		IsInstalled: []wsus.Rule{constRule(installed)}, IsInstallable: []wsus.Rule{constRule(installable)},
	})
}

// constRule is a rule with the value.
func constRule(v applicability.Value) wsus.Rule {
	switch v {
	case applicability.True:
		return rule("True")
	case applicability.False:
		return rule("False")
	case applicability.Unknown:
		return rule("MuiInstalled") // reads a fact that is not there
	}
	panic("no such value")
}

func newCatalog(tb testing.TB, updates ...wsus.Update) *wsus.Catalog {
	tb.Helper()
	c, err := wsus.NewCatalog(1, updates)
	if err != nil {
		tb.Fatalf("NewCatalog() = %v", err)
	}
	return c
}

func newEvaluator(tb testing.TB, cfg applicability.Config) *applicability.Evaluator {
	tb.Helper()
	e, err := applicability.New(cfg)
	if err != nil {
		tb.Fatalf("New() = %v", err)
	}
	return e
}

// verdicts decides a catalogue of the updates and returns the verdicts by
// number.
func verdicts(tb testing.TB, cfg applicability.Config, updates ...wsus.Update) map[compliance.UpdateID]applicability.Verdict {
	tb.Helper()
	list, err := newEvaluator(tb, cfg).Verdicts(tb.Context(), newCatalog(tb, updates...))
	if err != nil {
		tb.Fatalf("Verdicts() = %v", err)
	}
	byID := map[compliance.UpdateID]applicability.Verdict{}
	for _, v := range list {
		byID[v.ID] = v
	}
	return byID
}

// document parses a machine document without its format field.
func document(tb testing.TB, sections string) *applicability.Document {
	tb.Helper()
	if sections != "" {
		sections = "," + sections
	}
	doc, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1"` + sections + `}`))
	if err != nil {
		tb.Fatalf("ParseDocument() = %v", err)
	}
	return doc
}

// vendorCatalog reads the HP catalogue and the two Dell packages.
func vendorCatalog(tb testing.TB) *wsus.Catalog {
	tb.Helper()
	path := testdata.Dir(tb, "vendor-catalogue", "hp-2021-sdp.zip")
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	result, err := metadata.ReadZip(f, info.Size(), metadata.Options{})
	if err != nil {
		tb.Fatalf("ReadZip() = %v", err)
	}
	updates := result.Updates
	dell, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.sdp"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range dell {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		more, err := metadata.Parse(data, metadata.Options{Origin: name})
		if err != nil {
			tb.Fatalf("Parse(%s) = %v", name, err)
		}
		updates = append(updates, more...)
	}
	return newCatalog(tb, updates...)
}

// laptop is a business notebook of our own making with Windows 10, about as
// many devices as a real one has, and some vendor software.
func laptop(tb testing.TB) *applicability.Document {
	tb.Helper()
	doc, err := applicability.ParseDocument(readTestdata(tb, "laptop.json"))
	if err != nil {
		tb.Fatalf("ParseDocument(laptop.json) = %v", err)
	}
	devices := []map[string]any{}
	for i := range 140 {
		id := fmt.Sprintf(`PCI\VEN_8086&DEV_%04X&SUBSYS_83D2103C&REV_21\3&11583659&0&%02X`, 0x9D00+i, i)
		if i%3 == 0 {
			id = fmt.Sprintf(`ACPI\INT%04d\%d`, 3400+i, i)
		}
		if i%3 == 1 {
			id = fmt.Sprintf(`SWD\MMDEVAPI\{0.0.1.00000000}.{%08X-0000-4000-8000-000000000001}`, i)
		}
		devices = append(devices, map[string]any{"DeviceID": id, "Status": "OK", "Name": fmt.Sprintf("Device %d", i)})
	}
	if err := doc.SetWMI(`root\cimv2`, "Win32_PnPEntity", devices...); err != nil {
		tb.Fatal(err)
	}
	return doc
}

func readTestdata(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
