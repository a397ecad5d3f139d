package wsusrapid

import (
	"strings"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
)

// packageIdentity is the identity of a package that machines may have and
// rules ask for.
const packageIdentity = "P~1~amd64~~1.2.3.4"

// deviceIDs are the ids of devices and of drivers for them.
var deviceIDs = []string{`PCI\A&B`, `PCI\A`, `pci\a`, `PCI\C`, `PCI\D`}

// driverVersions and driverDates are near each other.
var (
	driverVersions = []string{"1.2.3.3", "1.2.3.4", "1.2.3.4", "1.2.3.5"}
	driverDates    = []string{"2008-05-31", "2008-06-01", "2008-06-01", "2008-06-02"}
)

// deviceSections are the sections of a machine about its devices, packages of
// component servicing, releases and memory.
func deviceSections(t *rapid.T) map[string]func() any {
	return map[string]func() any{
		"devices": func() any {
			devices := make([]any, rapid.IntRange(0, 3).Draw(t, "devices"))
			for i := range devices {
				devices[i] = object(t, "device", nil, map[string]func() any{
					"hardware_ids": func() any { return rapid.SliceOfN(rapid.SampledFrom(deviceIDs), 1, 3).Draw(t, "hardware ids") },
					"compatible_ids": func() any {
						return rapid.SliceOfN(rapid.SampledFrom(deviceIDs), 0, 2).Draw(t, "compatible ids")
					},
					"driver": func() any { return installedDriver(t) },
				})
			}
			return devices
		},
		"packages": func() any {
			return object(t, "packages", nil, map[string]func() any{
				"complete": of(t, "complete", true, false),
				"states": func() any {
					return object(t, "states", nil, map[string]func() any{packageIdentity: of(t, "state", 111, 112, 112, 113)})
				},
				"installable": func() any {
					return object(t, "installable", nil, map[string]func() any{packageIdentity: of(t, "installable", true, false)})
				},
			})
		},
		"product_releases": func() any {
			return object(t, "releases", nil, map[string]func() any{"R": of(t, "release", "1.2.3.4", "1.2.3.5")})
		},
		"device_attributes": func() any { return attributes(t) },
		"memory": func() any {
			return object(t, "memory", nil, map[string]func() any{"mb": of(t, "memory", 4, 5, 6), "video_mb": of[any](t, "video memory", 5, nil)})
		},
	}
}

func attributes(t *rapid.T) map[string]any {
	return object(t, "attributes", nil, map[string]func() any{
		"T": of(t, "text", "abc", "ABC", "xbc", "", "1.2.3.4"), "V": of(t, "version", "1.2.3.4", " 1.2.3.5 ", "1.2", "x"),
	})
}

// installedDriver is the driver of a device, or null.
func installedDriver(t *rapid.T) any {
	if oneIn(t, 5, "no driver") {
		return nil
	}
	return object(t, "driver", []string{"date", "version"}, map[string]func() any{
		"date": of(t, "date", driverDates...), "version": of(t, "version", driverVersions...),
		"matching_id": of(t, "matching id", deviceIDs...), "provider": of[any](t, "provider", "F", "f", "G", nil),
	})
}

// Metadata draws the Metadata section of an update: drivers for devices of
// [Machine], and a package.
func Metadata() *rapid.Generator[[]wsus.Rule] {
	return rapid.Custom(func(t *rapid.T) []wsus.Rule {
		var list []wsus.Rule
		for range rapid.IntRange(0, 3).Draw(t, "drivers") {
			r := spoiled(t, filled(t, "WindowsDriverMetaData", []attr{
				need("HardwareID", deviceIDs...), need("DriverVerVersion", driverVersions...),
				need("DriverVerDate", append(driverDates, "2008-06-01Z", "2008-06-01T23:00:00-05:00")...),
				maybe("Class", "Printers", "printer", "Net"), maybe("Provider", "F", "G"),
			}))
			if oneIn(t, 4, "compatible") {
				r.Children = append(r.Children, wsus.Rule{Name: "CompatibleProvider", Text: pick(t, "provider", []string{" G ", "f", "H"})})
			}
			if oneIn(t, 8, "scored") {
				r.Children = append(r.Children, wsus.Rule{Name: pick(t, "score", []string{"FeatureScore", "TargetComputerHardwareId"})})
			}
			list = append(list, r)
		}
		if rapid.Bool().Draw(t, "package") {
			identity := spoiled(t, filled(t, "assemblyIdentity", []attr{
				need("name", append(often("P"), "Q", `P\P`)...), need("version", "1.2.3.4"), need("publicKeyToken", "1"),
				need("processorArchitecture", "amd64", "AMD64"), need("language", append(often("neutral"), "Neutral", "de")...),
			}))
			assembly := wsus.Rule{Name: "assembly", Children: []wsus.Rule{identity}}
			list = append(list, wsus.Rule{Name: "CbsPackageApplicabilityMetadata", Children: []wsus.Rule{assembly}})
		}
		return list
	})
}

// deviceLeaves are the rules about the sections of [deviceSections], with their
// attributes.
func deviceLeaves() map[string][]attr {
	return map[string][]attr{
		"CbsPackageInstalled":      nil, // reads the metadata of its update
		"CbsPackageInstallable":    nil,
		"WindowsDriverInstalled":   nil,
		"WindowsDriverSuperseded":  nil,
		"WindowsDriverInstallable": nil,
		"CbsPackageInstalledByIdentity": {
			need("PackageIdentity", append(often(packageIdentity), strings.ToLower(packageIdentity), "Y~2~x86~~1.0.0.0", "Z")...),
		},
		"ProductReleaseInstalled": {need("Name", "R", "r", "Q"), need("Version", versions...)},
		"ProductReleaseVersion":   {need("Name", "R", "r", "Q"), comparisons, need("Version", versions...)},
		"DeviceAttribute":         {need("Name", "T", "t", "Z"), need("Type", "String", "string "), textComparisons, need("Value", texts...)},
		"DeviceAttribute version": {need("Name", "V", "T", "Z"), need("Type", "Version"), comparisons, need("Value", versions...)},
		"Memory":                  {need("MinSizeInMB", small...), maybe("Type", "x")},
		"VideoMemory":             {need("MinSizeInMB", small...)},
	}
}
