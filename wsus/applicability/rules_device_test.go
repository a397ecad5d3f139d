package applicability_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

const deviceDoc = `"device_attributes":{"OSSkuId":"48","OSVersion":"10.0.22621.1","Branch":"ni_release","Odd":"x"},
"product_releases":{"Client.OS.X":"10.0.22621.5909"},"memory":{"mb":4096,"video_mb":null}`

func TestDeviceAttributeRules(t *testing.T) {
	t.Parallel()
	text := func(name, comparison, value string) wsus.Rule {
		return rule("DeviceAttribute", "Name", name, "Type", "String", "Comparison", comparison, "Value", value)
	}
	version := func(name, comparison, value string) wsus.Rule {
		return rule("DeviceAttribute", "Name", name, "Type", "Version", "Comparison", comparison, "Value", value)
	}
	runRules(t, []ruleCase{
		{name: "equal", doc: deviceDoc, rule: text("OSSkuId", "EqualTo", "48"), want: yes},
		{name: "name in another case", doc: deviceDoc, rule: text("osskuid", "EqualTo", "48"), want: yes},
		{name: "text in another case", doc: deviceDoc, rule: text("Branch", "equalto", "NI_Release"), want: yes},
		{name: "part of a text is not it", doc: deviceDoc, rule: text("OSSkuId", "EqualTo", "4"), want: no},
		{name: "begins", doc: deviceDoc, rule: text("OSSkuId", "BeginsWith", "4"), want: yes},
		{name: "absent", doc: deviceDoc, rule: text("sku", "EqualTo", "48"), want: no, cause: absent},
		{name: "unavailable", rule: text("sku", "EqualTo", "48"), want: unknown, cause: unavailable},
		{name: "at least", doc: deviceDoc, rule: version("OSVersion", "GreaterThanOrEqualTo", "10.0.22621.1"), want: yes},
		{name: "not below itself", doc: deviceDoc, rule: version("OSVersion", "LessThan", "10.0.22621.1"), want: no},
		{name: "below the next", doc: deviceDoc, rule: version("OSVersion", "LessThan", "10.0.22621.2"), want: yes},
		{name: "by number", doc: deviceDoc, rule: version("OSVersion", "GreaterThan", "9.9.9.9"), want: yes},
		{name: "no version", doc: deviceDoc, rule: version("Odd", "LessThan", "10.0"), want: no, cause: applicability.CauseUnparsable},
		{name: "other type", doc: deviceDoc, rule: rule("DeviceAttribute", "Name", "Odd", "Type", "Int", "Comparison", "EqualTo", "Value", "1"), want: unknown, cause: invalid},
		{name: "no type", doc: deviceDoc, rule: rule("DeviceAttribute", "Name", "Odd", "Comparison", "EqualTo", "Value", "1"), want: unknown, cause: invalid},
		{name: "order of texts", doc: deviceDoc, rule: text("OSSkuId", "LessThan", "5"), want: unknown, cause: invalid},
		{name: "value that is no version", doc: deviceDoc, rule: version("OSVersion", "LessThan", "ten"), want: unknown, cause: invalid},
	})
}

func TestProductReleaseRules(t *testing.T) {
	t.Parallel()
	installed := func(version string) wsus.Rule {
		return rule("ProductReleaseInstalled", "Name", "client.os.X", "Version", version)
	}
	version := func(comparison, version string) wsus.Rule {
		return rule("ProductReleaseVersion", "Name", "Client.OS.X", "Version", version, "Comparison", comparison)
	}
	runRules(t, []ruleCase{
		{name: "the version", doc: deviceDoc, rule: installed("10.0.22621.5909"), want: yes},
		{name: "a later one is needed", doc: deviceDoc, rule: installed("10.0.22621.5910"), want: no},
		{name: "a later one is there", doc: deviceDoc, rule: installed("10.0.22621.5908"), want: unknown, cause: applicability.CauseUndefined},
		{name: "another release", doc: deviceDoc, rule: rule("ProductReleaseInstalled", "Name", "Y", "Version", "1.0"), want: no, cause: absent},
		{name: "unavailable", rule: installed("1.0"), want: unknown, cause: unavailable},
		{name: "no version", doc: deviceDoc, rule: rule("ProductReleaseInstalled", "Name", "Y"), want: unknown, cause: invalid},
		{name: "equal", doc: deviceDoc, rule: version("EqualTo", "10.0.22621.5909"), want: yes},
		{name: "lower case comparison", doc: deviceDoc, rule: version("greaterthan", "10.0.22621.5908"), want: yes},
		{name: "not greater than itself", doc: deviceDoc, rule: version("GreaterThan", "10.0.22621.5909"), want: no},
		{name: "absent", doc: deviceDoc, rule: rule("ProductReleaseVersion", "Name", "Y", "Version", "1.0", "Comparison", "LessThan"), want: no, cause: absent},
		{name: "unavailable", rule: version("EqualTo", "1.0"), want: unknown, cause: unavailable},
		{name: "no comparison", doc: deviceDoc, rule: rule("ProductReleaseVersion", "Name", "Y", "Version", "1.0"), want: unknown, cause: invalid},
	})
}

func TestMemoryRules(t *testing.T) {
	t.Parallel()
	runRules(t, []ruleCase{
		{name: "just enough", doc: deviceDoc, rule: rule("Memory", "MinSizeInMB", "4096"), want: yes},
		{name: "one too few", doc: deviceDoc, rule: rule("Memory", "MinSizeInMB", "4097"), want: no},
		{name: "no adapter", doc: deviceDoc, rule: rule("VideoMemory", "MinSizeInMB", "0"), want: no, cause: absent},
		{name: "adapter", doc: `"memory":{"video_mb":64}`, rule: rule("VideoMemory", "MinSizeInMB", "64"), want: yes},
		{name: "main memory not known", doc: `"memory":{"video_mb":64}`, rule: rule("Memory", "MinSizeInMB", "1"), want: unknown, cause: unavailable},
		{name: "unavailable", rule: rule("Memory", "MinSizeInMB", "1"), want: unknown, cause: unavailable},
		{name: "no size", doc: deviceDoc, rule: rule("Memory"), want: unknown, cause: invalid},
		{name: "a type nobody explains", doc: deviceDoc, rule: rule("Memory", "MinSizeInMB", "1", "Type", "x"), want: unknown, cause: applicability.CauseUnsupported},
	})
}

const (
	packageIdentity = "Package_for_X~31bf3856ad364e35~amd64~~1.0.0.1"
	packagesKey     = `HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages`
)

func TestPackageRules(t *testing.T) {
	t.Parallel()
	byIdentity := rule("CbsPackageInstalledByIdentity", "PackageIdentity", packageIdentity)
	states := func(state string) string {
		return `"packages":{"states":{"PACKAGE_for_X~31bf3856ad364e35~amd64~~1.0.0.1":` + state + `}}`
	}
	registry := func(value string) string {
		return `"registry":{"keys":{"` + packagesKey + `\\` + packageIdentity + `":{"CurrentState":` + value + `}}}`
	}
	runRules(t, []ruleCase{
		{name: "installed", doc: states("112"), rule: byIdentity, want: yes},
		{name: "state before", doc: states("111"), rule: byIdentity, want: no},
		{name: "state after", doc: states("113"), rule: byIdentity, want: no},
		{name: "not listed", doc: `"packages":{}`, rule: byIdentity, want: no, cause: absent},
		{name: "not listed, incomplete", doc: `"packages":{"complete":false}`, rule: byIdentity, want: unknown, cause: unavailable},
		{name: "in the registry", doc: registry("112"), rule: byIdentity, want: yes},
		{name: "in the registry, staged", doc: registry("64"), rule: byIdentity, want: no},
		{name: "in the registry, as text", doc: registry(`"112"`), rule: byIdentity, want: no, cause: otherType},
		{name: "not in the registry", doc: `"registry":{}`, rule: byIdentity, want: no, cause: absent},
		{name: "the section counts first", doc: states("112") + "," + registry("64"), rule: byIdentity, want: yes},
		{name: "the registry where the section does not know", doc: `"packages":{"complete":false},` + registry("112"), rule: byIdentity, want: yes},
		{name: "unavailable", rule: byIdentity, want: unknown, cause: unavailable},
		{name: "no identity", doc: states("112"), rule: rule("CbsPackageInstalledByIdentity"), want: unknown, cause: invalid},
		{name: "a path", doc: states("112"), rule: rule("CbsPackageInstalledByIdentity", "PackageIdentity", `a\b`), want: unknown, cause: invalid},
		{name: "no metadata", doc: states("112"), rule: rule("CbsPackageInstalled"), want: unknown, cause: invalid},
	})
}

// packageUpdate is an update by component servicing.
func packageUpdate(attrs ...string) wsus.Update {
	assembly := parent("assembly", rule("assemblyIdentity", attrs...), rule("package"))
	return update(1, wsus.Rules{
		IsInstalled: []wsus.Rule{rule("CbsPackageInstalled")}, IsInstallable: []wsus.Rule{rule("CbsPackageInstallable")},
		Metadata: []wsus.Rule{parent("CbsPackageApplicabilityMetadata", assembly)},
	})
}

func TestPackageUpdates(t *testing.T) {
	t.Parallel()
	identity := []string{"name", "Package_for_X", "version", "1.0.0.1", "language", "neutral", "processorArchitecture", "amd64", "publicKeyToken", "31bf3856ad364e35"}
	german := append([]string{}, identity...)
	german[5] = "de-DE"
	for name, c := range map[string]struct {
		doc    string
		update wsus.Update
		want   applicability.Reason
	}{
		"installed":                {`"packages":{"states":{"` + packageIdentity + `":112}}`, packageUpdate(identity...), applicability.ReasonInstalled},
		"installable":              {`"packages":{"installable":{"` + packageIdentity + `":true}}`, packageUpdate(identity...), applicability.ReasonInstallable},
		"not installable":          {`"packages":{"installable":{"` + packageIdentity + `":false}}`, packageUpdate(identity...), applicability.ReasonNotInstallable},
		"nobody asked servicing":   {`"packages":{}`, packageUpdate(identity...), applicability.ReasonUnavailable},
		"of a language":            {`"packages":{"states":{"Package_for_X~31bf3856ad364e35~amd64~de-DE~1.0.0.1":112}}`, packageUpdate(german...), applicability.ReasonInstalled},
		"no version":               {`"packages":{}`, packageUpdate(append(identity[:2:2], identity[4:]...)...), applicability.ReasonInvalid},
		"not one of the languages": {`"packages":{"installable":{"Package_for_X~31bf3856ad364e35~amd64~de-DE~1.0.0.1":true}}`, packageUpdate(identity...), applicability.ReasonUnavailable},
	} {
		v := verdicts(t, applicability.Config{Facts: document(t, c.doc).Facts()}, c.update)[updateID(1)]
		if v.Reason != c.want {
			t.Errorf("%s: because %v (%s), want %v", name, v.Reason, v.Detail, c.want)
		}
	}
}

// driverUpdate is an update with a driver for the ids.
func driverUpdate(entries ...wsus.Rule) wsus.Update {
	u := update(1, wsus.Rules{
		IsInstalled: []wsus.Rule{rule("WindowsDriverInstalled")}, IsSuperseded: []wsus.Rule{rule("WindowsDriverSuperseded")},
		IsInstallable: []wsus.Rule{rule("WindowsDriverInstallable")}, Metadata: entries,
	})
	u.Kind = wsus.KindDriver
	return u
}

// offer is a driver for an id.
func offer(id, date, version string, more ...string) wsus.Rule {
	return rule("WindowsDriverMetaData", append([]string{
		"HardwareID", id, "DriverVerDate", date, "DriverVerVersion", version, "Provider", "Fabrikam",
	}, more...)...)
}

// device is the JSON of a device with a driver.
func device(driver string) string {
	return `{"hardware_ids":["PCI\\VEN_1&REV_2","PCI\\VEN_1"],"compatible_ids":["PCI\\CC_3"]` + driver + `}`
}

func TestDriverUpdates(t *testing.T) {
	t.Parallel()
	const (
		installed   = applicability.ReasonInstalled
		installable = applicability.ReasonInstallable
		superseded  = applicability.ReasonSuperseded
		none        = applicability.ReasonNotInstallable
		unavailable = applicability.ReasonUnavailable
	)
	have := device(`,"driver":{"date":"2008-06-01","version":"2.0.0.5","matching_id":"PCI\\VEN_1","provider":"Contoso"}`)
	bare, hidden := device(`,"driver":null`), device("")
	scored := offer(`PCI\VEN_1`, "2008-06-02", "9.0.0.0")
	scored.Children = []wsus.Rule{rule("FeatureScore", "OperatingSystem", "x", "FeatureScore", "1")}
	compatible := offer(`PCI\VEN_1`, "2008-06-02", "1.0.0.0", "Class", "Printers")
	compatible.Children = []wsus.Rule{element("CompatibleProvider", " CONTOSO ")}
	const (
		exact   = `PCI\VEN_1`
		device2 = `{"hardware_ids":["USB\\X"],"driver":null}`
	)
	for name, c := range map[string]struct {
		devices string
		offers  []wsus.Rule
		want    applicability.Reason
	}{
		"the same":                          {have, []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.5")}, installed},
		"the same, id in another case":      {have, []wsus.Rule{offer(`pci\ven_1`, "2008-06-01", "2.0.0.5")}, installed},
		"the same, with a time":             {have, []wsus.Rule{offer(exact, "2008-06-01T10:00:00Z", "2.0.0.5")}, installed},
		"a higher version":                  {have, []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.6")}, installable},
		"a lower version":                   {have, []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.4")}, superseded},
		"a day later, a lower version":      {have, []wsus.Rule{offer(exact, "2008-06-02", "1.0.0.0")}, installable},
		"a day earlier, a higher version":   {have, []wsus.Rule{offer(exact, "2008-05-31", "9.0.0.0")}, superseded},
		"a more specific id, older":         {have, []wsus.Rule{offer(`PCI\VEN_1&REV_2`, "2000-01-01", "1.0.0.0")}, installable},
		"a compatible id, newer":            {have, []wsus.Rule{offer(`PCI\CC_3`, "2020-01-01", "9.0.0.0")}, superseded},
		"another device":                    {have, []wsus.Rule{offer(`PCI\VEN_2`, "2020-01-01", "9.0.0.0")}, none},
		"no devices":                        {"", []wsus.Rule{offer(exact, "2020-01-01", "9.0.0.0")}, none},
		"no driver":                         {bare, []wsus.Rule{offer(exact, "2000-01-01", "0.0.0.0")}, installable},
		"a driver that is not known":        {hidden, []wsus.Rule{offer(exact, "2000-01-01", "0.0.0.0")}, unavailable},
		"the best entry counts":             {have, []wsus.Rule{offer(`PCI\CC_3`, "2008-06-01", "2.0.0.5"), offer(exact, "2008-06-01", "2.0.0.5")}, installed},
		"the best entry counts, first":      {have, []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.5"), offer(exact, "2008-06-01", "2.0.0.4")}, installed},
		"one of two devices":                {have + "," + bare, []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.5")}, installable},
		"a device that is not known beside": {hidden + "," + bare, []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.5")}, installable},
		"chosen by an unknown id":           {device(`,"driver":{"date":"2008-06-01","version":"2.0.0.5"}`), []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.5")}, unavailable},
		"chosen by another device's id":     {device(`,"driver":{"date":"2008-06-01","version":"2.0.0.5","matching_id":"X"}`), []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.5")}, unavailable},
		"a feature score":                   {have, []wsus.Rule{scored}, applicability.ReasonUnsupported},
		"a feature score of one entry":      {have, []wsus.Rule{scored, offer(exact, "2008-06-01", "2.0.0.5")}, applicability.ReasonUnsupported},
		"a feature score of the last entry": {have, []wsus.Rule{offer(exact, "2008-06-01", "2.0.0.5"), scored}, applicability.ReasonUnsupported},
		"a feature score, one is better":    {have + "," + device2, []wsus.Rule{scored, offer(`USB\X`, "2008-06-01", "2.0.0.5")}, installable},
		"printer by the class of INF files": {have, []wsus.Rule{offer(exact, "2008-06-02", "1.0.0.0", "Class", " PRINTER ")}, none},
		"a feature score, another device":   {device(""), []wsus.Rule{func() wsus.Rule { r := offer("X", "2008-06-01", "1.0"); r.Children = scored.Children; return r }()}, none},
		"printer of another provider":       {have, []wsus.Rule{offer(exact, "2008-06-02", "1.0.0.0", "Class", "Printers")}, none},
		"printer, no provider known":        {strings.Replace(have, `,"provider":"Contoso"`, "", 1), []wsus.Rule{offer(exact, "2008-06-02", "1.0.0.0", "Class", "Printers")}, unavailable},
		"printer without provider":          {strings.Replace(have, `"Contoso"`, "null", 1), []wsus.Rule{offer(exact, "2008-06-02", "1.0.0.0", "Class", "Printers")}, none},
		"printer of a compatible provider":  {have, []wsus.Rule{compatible}, installable},
		"printer of the same provider":      {strings.Replace(have, "Contoso", "FABRIKAM", 1), []wsus.Rule{offer(exact, "2008-06-02", "1.0.0.0", "Class", "Printers")}, installable},
		"printer without a driver":          {bare, []wsus.Rule{offer(exact, "2008-06-02", "1.0.0.0", "Class", "Printers")}, installable},
		"no metadata":                       {have, nil, applicability.ReasonInvalid},
		"no date":                           {have, []wsus.Rule{rule("WindowsDriverMetaData", "HardwareID", "x", "DriverVerVersion", "1.0")}, applicability.ReasonInvalid},
		"bad date":                          {have, []wsus.Rule{offer(exact, "06/01/2008", "1.0")}, applicability.ReasonInvalid},
		"bad version":                       {have, []wsus.Rule{offer(exact, "2008-06-01", "1.0.0.0.0")}, applicability.ReasonInvalid},
	} {
		doc := document(t, `"devices":[`+c.devices+`]`)
		v := verdicts(t, applicability.Config{Facts: doc.Facts()}, driverUpdate(c.offers...))[updateID(1)]
		if v.Reason != c.want {
			t.Errorf("%s: because %v (%s), want %v", name, v.Reason, v.Detail, c.want)
		}
	}
	v := verdicts(t, applicability.Config{}, driverUpdate(offer(exact, "2008-06-01", "1.0")))[updateID(1)]
	if v.Reason != unavailable {
		t.Errorf("no devices known: because %v, want %v", v.Reason, unavailable)
	}
}

// At most one of the three rules holds, and one does whenever a device that is
// fully known has an id that the update names.
func TestDriverRulesExcludeEachOther(t *testing.T) {
	t.Parallel()
	ids := rapid.SampledFrom([]string{"a", "A", "b", "c", "d"})
	dates := rapid.SampledFrom([]string{"2008-05-31", "2008-06-01", "2008-06-02"})
	versions := rapid.SampledFrom([]string{"1.0.0.0", "1.0.0.1", "1.0.0.2"})
	rapid.Check(t, func(t *rapid.T) {
		var offers []wsus.Rule
		for range rapid.IntRange(1, 3).Draw(t, "offers") {
			offers = append(offers, offer(ids.Draw(t, "id"), dates.Draw(t, "date"), versions.Draw(t, "version")))
		}
		var devices []applicability.Device
		known, matched := true, false
		for range rapid.IntRange(0, 3).Draw(t, "devices") {
			d := applicability.Device{HardwareIDs: rapid.SliceOfN(ids, 1, 3).Draw(t, "hardware ids")}
			for _, o := range offers {
				for _, id := range d.HardwareIDs {
					matched = matched || strings.EqualFold(id, o.Attrs[0].Value)
				}
			}
			date, _ := time.Parse(time.DateOnly, dates.Draw(t, "installed date"))
			version, _ := applicability.ParseVersion(versions.Draw(t, "installed version"))
			d.Driver = factOf(applicability.Driver{
				Date: date, Version: version, MatchingID: applicability.FactOf(rapid.SampledFrom(d.HardwareIDs).Draw(t, "matching id")),
			}).Draw(t, "driver")
			known = known && (d.Driver.Presence == applicability.Absent || d.Driver.Presence == applicability.Present)
			devices = append(devices, d)
		}
		var doc applicability.Document
		if err := doc.SetDevices(devices...); err != nil {
			t.Fatal(err)
		}
		u := driverUpdate(offers...)
		held := 0
		for _, r := range []wsus.Rule{u.Rules.IsInstalled[0], u.Rules.IsSuperseded[0], u.Rules.IsInstallable[0]} {
			one := update(1, wsus.Rules{IsInstalled: []wsus.Rule{r}, Metadata: offers})
			v, err := mustNew(t, doc.Facts()).Verdicts(t.Context(), mustCatalog(t, one))
			if err != nil {
				t.Fatal(err)
			}
			if v[0].Reason == applicability.ReasonInstalled {
				held++
			}
		}
		if held > 1 || known && matched && held != 1 || !matched && held != 0 {
			t.Fatalf("%d of the three rules hold; known %v, matched %v", held, known, matched)
		}
	})
}

func mustNew(t rapid.TB, facts applicability.Facts) *applicability.Evaluator {
	e, err := applicability.New(applicability.Config{Facts: facts})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustCatalog(t rapid.TB, updates ...wsus.Update) *wsus.Catalog {
	c, err := wsus.NewCatalog(1, updates)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDriverExplanationNamesTheDriver(t *testing.T) {
	t.Parallel()
	doc := document(t, `"devices":[`+device(`,"driver":{"date":"2008-06-01","version":"2.0.0.5","matching_id":"PCI\\VEN_1"}`)+`]`)
	e, err := newEvaluator(t, applicability.Config{Facts: doc.Facts()}).Explain(
		t.Context(), newCatalog(t, driverUpdate(offer(`PCI\VEN_1`, "2008-06-01", "2.0.0.5"))), updateID(1))
	if err != nil {
		t.Fatal(err)
	}
	want := []applicability.Read{
		{Fact: "devices", Found: "1 devices"},
		{Fact: `driver of device "PCI\\VEN_1&REV_2"`, Found: `version 2.0.0.5 of 2008-06-01 for "PCI\\VEN_1", provider unavailable`},
	}
	if diff := cmp.Diff(want, e.Sections[0].Children[0].Reads); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
}

func TestDeviceSectionsAreChecked(t *testing.T) {
	t.Parallel()
	for sections, want := range map[string]string{
		`"devices":{}`:              "want an array of devices",
		`"devices":[{"id":"x"}]`:    `$.devices[0].id: unknown field`,
		`"devices":[{"driver":{}}]`: `field "date" is missing`,
		`"devices":[{"driver":{"date":"1.6.2008","version":"1"}}]`:   "want a date",
		`"devices":[{"driver":{"date":"2008-06-01","version":"x"}}]`: "want a version",
		`"packages":{"states":{"a":"x"}}`:                            "want a whole number",
		`"packages":{"states":{"a":1,"A":2}}`:                        `the same package as "a", written differently`,
		`"packages":{"installable":{"a":true,"A":true}}`:             `the same package as "a", written differently`,
		`"product_releases":{"a":"1","A":"1"}`:                       `the same release as "a", written differently`,
		`"device_attributes":{"a":"1","A":"1"}`:                      `the same attribute as "a", written differently`,
		`"device_attributes":{"a":1}`:                                "want a value",
		`"memory":{"mb":-1}`:                                         "want a whole number from 0",
	} {
		_, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1",` + sections + `}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseDocument(%s) = %v, want an error with %q", sections, err, want)
		}
	}
	var doc applicability.Document
	late := applicability.Driver{Date: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := doc.SetDevices(applicability.Device{Driver: applicability.FactOf(late)}); err == nil {
		t.Error("SetDevices(year 10000) = nil, want an error")
	}
}

// Facts whose interface is nil are unavailable: a machine that answers nothing
// knows nothing.
func TestFactsWithoutDeviceInterfacesAreUnavailable(t *testing.T) {
	t.Parallel()
	for _, r := range []wsus.Rule{
		rule("CbsPackageInstalledByIdentity", "PackageIdentity", packageIdentity), rule("Memory", "MinSizeInMB", "1"),
		rule("VideoMemory", "MinSizeInMB", "1"), rule("ProductReleaseInstalled", "Name", "X", "Version", "1.0"),
		rule("DeviceAttribute", "Name", "X", "Type", "String", "Comparison", "EqualTo", "Value", "1"),
	} {
		if got := applicability.ExplainRule(applicability.Facts{}, &r); got.Value != unknown || got.Cause != unavailable {
			t.Errorf("%s without facts = %v (%v), want unknown (unavailable)", r.Name, got.Value, got.Cause)
		}
	}
}
