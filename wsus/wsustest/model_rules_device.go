package wsustest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

// device decides the rules about device attributes, releases, memory, packages
// of component servicing, and drivers.
func (j *judge) device(a *attributes) (tri, bool) {
	d := &j.machine
	switch a.rule.Name {
	case "DeviceAttribute":
		return j.deviceAttribute(a), true
	case "ProductReleaseInstalled", "ProductReleaseVersion":
		name, want := a.filled("Name"), a.version("Version")
		orders := []int{0}
		if a.rule.Name == "ProductReleaseVersion" {
			orders = a.comparison()
		}
		text, there := lookUp(d.ProductReleases, name)
		if there != yes {
			return there, true
		}
		have, _ := readVersion(text)
		order := slices.Compare(have, want)
		if a.rule.Name == "ProductReleaseInstalled" && order > 0 {
			return unknown, true
		}
		return passes(orders, order), true
	case "Memory", "VideoMemory":
		if a.has("Type") {
			return no, false
		}
		want := a.number("MinSizeInMB", 0, max32)
		have, there := part(d.Memory, map[string]string{"Memory": "mb", "VideoMemory": "video_mb"}[a.rule.Name])
		if there != yes {
			return there, true
		}
		return triOf(integer(have) >= want), true
	case "CbsPackageInstalledByIdentity":
		identity := strings.TrimSpace(a.filled("PackageIdentity"))
		a.bad = a.bad || strings.ContainsAny(identity, `/\`)
		return j.packageInstalled(identity), true
	case "CbsPackageInstalled":
		return j.packageInstalled(j.identity(a)), true
	case "CbsPackageInstallable":
		identity := j.identity(a)
		if d.Packages == nil {
			return unknown, true
		}
		for listed, answer := range d.Packages.Installable {
			if lower(listed) == lower(identity) {
				return triOf(answer), true
			}
		}
		return unknown, true
	case "WindowsDriverInstalled", "WindowsDriverSuperseded", "WindowsDriverInstallable":
		return j.driver(a), true
	}
	return no, false
}

// lookUp finds a text of a section by its name, in any case. What the section
// does not have is not there; of a section that is not there nothing is known.
func lookUp(section map[string]string, name string) (string, tri) {
	if section == nil {
		return "", unknown
	}
	for listed, text := range section {
		if lower(listed) == lower(name) {
			return text, yes
		}
	}
	return "", no
}

func (j *judge) deviceAttribute(a *attributes) tri {
	text, there := lookUp(j.machine.DeviceAttributes, a.filled("Name"))
	if a.oneOf("Type", "string", "version") != "version" {
		compare, want := a.textComparison(), a.present("Value")
		if there != yes {
			return there
		}
		return triOf(compare(text, want))
	}
	orders, want := a.comparison(), a.version("Value")
	if there != yes {
		return there
	}
	have, ok := readVersion(strings.TrimSpace(text))
	return all(triOf(ok), passes(orders, slices.Compare(have, want)))
}

// identity is the identity of the package in the metadata of the update.
func (j *judge) identity(a *attributes) string {
	level := j.update.Rules.Metadata
	for _, name := range []string{"CbsPackageApplicabilityMetadata", "assembly", "assemblyIdentity"} {
		i := slices.IndexFunc(level, func(r wsus.Rule) bool { return r.Name == name })
		if i < 0 {
			a.bad = true
			return ""
		}
		if name != "assemblyIdentity" {
			level = level[i].Children
			continue
		}
		sub := &attributes{rule: &level[i]}
		var parts []string
		for _, attr := range []string{"name", "publicKeyToken", "processorArchitecture", "language", "version"} {
			text := sub.filled(attr)
			if attr == "language" && lower(text) == "neutral" {
				text = ""
			}
			parts = append(parts, text)
			a.bad = a.bad || sub.bad || strings.ContainsAny(text, `/\`)
		}
		return strings.Join(parts, "~")
	}
	return ""
}

// packageInstalled is whether the state of a package is 112, where the packages
// are listed or else in the registry.
func (j *judge) packageInstalled(identity string) tri {
	if p := j.machine.Packages; p != nil {
		for listed, state := range p.States {
			if lower(listed) == lower(identity) {
				return triOf(state == 112)
			}
		}
		if p.Complete == nil || *p.Complete {
			return no
		}
	}
	const servicing = `hkey_local_machine\software\microsoft\windows\currentversion\component based servicing\packages\`
	kind, data, there := j.machine.regValue(registryPath{parts: keyParts(servicing + identity)}, "CurrentState")
	if there != yes {
		return there
	}
	return triOf(kind == "REG_DWORD" && integer(data) == 112)
}

// driver decides the rules about drivers: device by device, whether the best
// driver of the update is stronger than the installed one, as strong, or
// weaker.
func (j *judge) driver(a *attributes) tri {
	var entries []wsus.Rule
	for _, r := range j.update.Rules.Metadata {
		if r.Name == "WindowsDriverMetaData" {
			entries = append(entries, r)
			sub := &attributes{rule: &r}
			sub.filled("HardwareID")
			sub.day("DriverVerDate")
			sub.version("DriverVerVersion")
			a.bad = a.bad || sub.bad
		}
	}
	if a.bad = a.bad || len(entries) == 0; a.bad || j.machine.Devices == nil {
		return unknown
	}
	stronger, same, weaker := no, no, no
	for _, device := range *j.machine.Devices {
		s, e, w := compareWithInstalled(device, entries)
		stronger, same, weaker = some(stronger, s), some(same, e), some(weaker, w)
	}
	return map[string]tri{
		"WindowsDriverInstallable": stronger,
		"WindowsDriverInstalled":   all(same, not(stronger)),
		"WindowsDriverSuperseded":  all(weaker, not(same), not(stronger)),
	}[a.rule.Name]
}

// strength orders drivers for a device as texts: those at an earlier id of the
// device are greater, then the later, then those of a higher version.
func strength(at int, day string, version []int64) string {
	return fmt.Sprintf("%09d %s %010d", 999_999_999-at, day, version)
}

// compareWithInstalled says whether the best of the entries for a device is
// stronger than its driver, as strong, or weaker.
func compareWithInstalled(device map[string]any, entries []wsus.Rule) (stronger, same, weaker tri) {
	ids := append(texts(device["hardware_ids"]), texts(device["compatible_ids"])...)
	best, scored := "", false
	var offered *attributes
	for i := range entries {
		e := &attributes{rule: &entries[i]}
		at := slices.Index(ids, lower(e.optional("HardwareID")))
		if at < 0 {
			continue
		}
		for _, child := range entries[i].Children {
			scored = scored || slices.Contains([]string{"FeatureScore", "TargetComputerHardwareId", "DistributionComputerHardwareId"}, child.Name)
		}
		if s := strength(at, e.day("DriverVerDate"), e.version("DriverVerVersion")); s > best {
			best, offered = s, e
		}
	}
	if offered == nil {
		return no, no, no
	}
	installed, there := part(device, "driver")
	driver, _ := installed.(map[string]any)
	matching, _ := driver["matching_id"].(string)
	at := slices.Index(ids, lower(matching))
	if driver["matching_id"] == nil {
		at = -1
	}
	if scored || there == unknown || there == yes && at < 0 {
		return unknown, unknown, unknown
	}
	if there == no {
		return yes, no, no
	}
	day, _ := driver["date"].(string)
	text, _ := driver["version"].(string)
	version, _ := readVersion(text)
	have := strength(at, day, version)
	stronger = triOf(best > have)
	if stronger == yes && slices.Contains([]string{"printer", "printers"}, lower(strings.TrimSpace(offered.optional("Class")))) {
		stronger = mayReplace(offered, driver)
	}
	return stronger, triOf(best == have), triOf(best < have)
}

// mayReplace is whether the provider of a printer's driver is that of the
// offered one, or compatible with it.
func mayReplace(offered *attributes, driver map[string]any) tri {
	provider, known := part(driver, "provider")
	name, _ := provider.(string)
	if known == yes {
		known = triOf(lower(name) == lower(offered.optional("Provider")))
		for _, child := range offered.rule.Children {
			if child.Name == "CompatibleProvider" {
				known = some(known, triOf(lower(strings.TrimSpace(child.Text)) == lower(name)))
			}
		}
	}
	return known
}

// texts are the texts of an array, in lower case.
func texts(v any) []string {
	var list []string
	items, _ := v.([]any)
	for _, item := range items {
		s, _ := item.(string)
		list = append(list, lower(s))
	}
	return list
}

// day is a date, of which a time may follow.
func (a *attributes) day(name string) string {
	v := strings.TrimSpace(a.filled(name))
	for _, layout := range []string{"2006-01-02", "2006-01-02Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00"} {
		if _, err := time.Parse(layout, v); err == nil {
			return v[:10]
		}
	}
	a.bad = true
	return ""
}
