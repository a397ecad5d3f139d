package questions

// newer is a machine of its own for the rules about devices, packages of
// component servicing and releases: the machine of the other tables is older
// than they are.
var newer = o{
	"format", "updatescan-machine-1",
	"devices",
	l{
		o{
			"hardware_ids",
			l{`PCI\VEN_1234&DEV_0001&REV_02`, `PCI\VEN_1234&DEV_0001`},
			"compatible_ids",
			l{`PCI\CC_0200`},
			"driver",
			o{"date", "2008-06-01", "version", "2.0.0.5", "matching_id", `PCI\VEN_1234&DEV_0001`, "provider", "Fabrikam"},
		},
		o{"hardware_ids", l{`USB\VID_1234`}, "driver", nil},
		o{"hardware_ids", l{`USB\VID_5678`}},
	},
	"packages",
	o{"states", o{"Package_for_Example~31bf3856ad364e35~amd64~~10.0.1.5", 112, "Package_for_Example~31bf3856ad364e35~amd64~~10.0.1.6", 64}},
	"product_releases",
	o{"Client.OS.Example", "10.0.22621.10"},
	"device_attributes",
	o{"OSSkuId", "48", "OSVersion", "10.0.22621.10"},
}

// onNewer asks for the state of an update on that machine.
func onNewer(update metadata) o {
	in := evaluating(update)
	return o{in[0], in[1], "machine", newer}
}

func deviceRules(c *collector) {
	const release = `Name="Client.OS.Example" `
	attribute := func(kind, comparison, name, value string) string {
		return `<bar:DeviceAttribute Name="` + name + `" Type="` + kind + `" Comparison="` + comparison + `" Value="` + value + `"/>`
	}
	servicing := func(version string) string {
		return `<bar:CbsPackageInstalledByIdentity PackageIdentity="Package_for_Example~31bf3856ad364e35~amd64~~` + version + `"/>`
	}
	for _, r := range []struct{ words, side, text string }{
		{"the-edition-is-the-one", inside, attribute("String", "EqualTo", "OSSkuId", "48")},
		{"the-edition-only-begins-so", outside, attribute("String", "EqualTo", "OSSkuId", "4")},
		{"an-attribute-is-not-there", outside, attribute("String", "EqualTo", "sku", "48")},
		{"an-attribute-is-at-least-the-version", inside, attribute("Version", "GreaterThanOrEqualTo", "OSVersion", "10.0.22621.10")},
		{"an-attribute-is-not-below-its-version", outside, attribute("Version", "LessThan", "OSVersion", "10.0.22621.10")},
		{"a-release-is-the-version", inside, `<bar:ProductReleaseInstalled ` + release + `Version="10.0.22621.10"/>`},
		{"a-release-is-before-the-version", outside, `<bar:ProductReleaseInstalled ` + release + `Version="10.0.22621.11"/>`},
		{"a-release-is-above-a-version", inside, `<bar:ProductReleaseVersion ` + release + `Comparison="greaterthan" Version="10.0.22621.9"/>`},
		{"a-package-is-installed", inside, servicing("10.0.1.5")},
		{"a-package-is-staged-only", outside, servicing("10.0.1.6")},
		{"a-package-is-not-there", outside, servicing("10.0.1.7")},
	} {
		c.add("DIFF-1/required-if-"+r.words, r.side, "applicability.evaluate", onNewer(metadata{n: 1, installed: isFalse, installable: r.text}))
	}
	c.add("DIFF-5/unknown-if-a-release-is-after-the-version", inside, "applicability.evaluate",
		onNewer(metadata{n: 1, installed: isFalse, installable: `<bar:ProductReleaseInstalled ` + release + `Version="10.0.22621.9"/>`}),
		note("whether the rule holds for a later version is not established"))
	const manifest = `<CbsPackageApplicabilityMetadata><assembly><assemblyIdentity name="Package_for_Example" version="10.0.1.5" language="neutral"` +
		` processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35"/></assembly></CbsPackageApplicabilityMetadata>`
	c.add("DIFF-1/an-update-whose-package-is-installed", inside, "applicability.evaluate",
		onNewer(metadata{n: 1, installed: "<CbsPackageInstalled/>", installable: "<CbsPackageInstallable/>", metadata: manifest}))
}

func driverRules(c *collector) {
	driver := func(id, date, version, class string) metadata {
		return metadata{
			n: 1, kind: "Driver", installed: "<drv:WindowsDriverInstalled/>", superseded: "<drv:WindowsDriverSuperseded/>",
			installable: "<drv:WindowsDriverInstallable/>",
			metadata: `<drv:WindowsDriverMetaData HardwareID="` + id + `" DriverVerDate="` + date + `" DriverVerVersion="` + version +
				`" WhqlDriverID="1" Class="` + class + `" Company="Contoso" Provider="Contoso" Manufacturer="Contoso" Model="Example"/>`,
		}
	}
	const exact, specific, compatible = `PCI\VEN_1234&amp;DEV_0001`, `PCI\VEN_1234&amp;DEV_0001&amp;REV_02`, `PCI\CC_0200`
	for _, d := range []struct {
		words, side string
		update      metadata
	}{
		{"is-the-installed-one", inside, driver(exact, "2008-06-01", "2.0.0.5", "Net")},
		{"is-of-a-higher-version", outside, driver(exact, "2008-06-01", "2.0.0.6", "Net")},
		{"is-of-a-lower-version", outside, driver(exact, "2008-06-01", "2.0.0.4", "Net")},
		{"is-a-day-later-and-of-a-lower-version", inside, driver(exact, "2008-06-02", "1.0.0.0", "Net")},
		{"is-a-day-earlier-and-of-a-higher-version", outside, driver(exact, "2008-05-31", "9.0.0.0", "Net")},
		{"is-for-a-more-specific-id-and-older", inside, driver(specific, "2000-01-01", "1.0.0.0", "Net")},
		{"is-for-a-compatible-id-and-newer", outside, driver(compatible, "2020-01-01", "9.0.0.0", "Net")},
		{"is-for-another-device", outside, driver(`PCI\VEN_9999`, "2020-01-01", "9.0.0.0", "Net")},
		{"is-for-a-device-without-one", inside, driver(`USB\VID_1234`, "2000-01-01", "0.0.0.0", "Net")},
		{"is-for-a-printer-of-another-provider", outside, driver(exact, "2020-01-01", "9.0.0.0", "Printers")},
	} {
		c.add("DIFF-1/a-driver-that-"+d.words, d.side, "applicability.evaluate", onNewer(d.update))
	}
	c.add("DIFF-5/a-driver-for-a-device-whose-driver-is-not-known", inside, "applicability.evaluate",
		onNewer(driver(`USB\VID_5678`, "2008-06-01", "1.0.0.0", "Net")))
}
