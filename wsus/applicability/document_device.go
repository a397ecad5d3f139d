package applicability

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// documentPackages is the section about component servicing.
type documentPackages struct {
	complete    bool
	states      map[string]documentPackage // by folded identity
	installable map[string]documentAnswer  // likewise
}

type documentPackage struct {
	identity string
	state    uint32
}

type documentAnswer struct {
	identity string
	yes      bool
}

type documentRelease struct {
	name    string
	version Version
}

type documentAttribute struct{ name, value string }

// documentMemory is sizes in MB.
type documentMemory struct{ main, video Fact[uint32] }

func (p *documentPackages) clone() *documentPackages {
	if p == nil {
		return nil
	}
	return &documentPackages{p.complete, maps.Clone(p.states), maps.Clone(p.installable)}
}

// Devices implements [Devices].
func (d *Document) Devices() Fact[[]Device] {
	if d.devices == nil {
		return Fact[[]Device]{}
	}
	return FactOf(d.devices)
}

// PackageState implements [Packages].
func (d *Document) PackageState(identity string) Fact[uint32] {
	if d.packages == nil {
		return Fact[uint32]{}
	}
	if p, ok := d.packages.states[fold(identity)]; ok {
		return FactOf(p.state)
	}
	if d.packages.complete {
		return NoFact[uint32]()
	}
	return Fact[uint32]{}
}

// PackageInstallable implements [Packages].
func (d *Document) PackageInstallable(identity string) Fact[bool] {
	if d.packages == nil {
		return Fact[bool]{}
	}
	if a, ok := d.packages.installable[fold(identity)]; ok {
		return FactOf(a.yes)
	}
	return Fact[bool]{}
}

// ProductRelease implements [Releases].
func (d *Document) ProductRelease(name string) Fact[Version] {
	if d.releases == nil {
		return Fact[Version]{}
	}
	if r, ok := d.releases[fold(name)]; ok {
		return FactOf(r.version)
	}
	return NoFact[Version]()
}

// DeviceAttribute implements [Attributes].
func (d *Document) DeviceAttribute(name string) Fact[string] {
	if d.attributes == nil {
		return Fact[string]{}
	}
	if a, ok := d.attributes[fold(name)]; ok {
		return FactOf(a.value)
	}
	return NoFact[string]()
}

// MemoryMB implements [Memory].
func (d *Document) MemoryMB() Fact[uint32] { return d.memory.main }

// VideoMemoryMB implements [Memory].
func (d *Document) VideoMemoryMB() Fact[uint32] { return d.memory.video }

// SetDevices sets the devices of the machine, which has no others. Of the date
// of a driver the day is kept; one outside the years 0000 to 9999 is an error.
// A MatchingID that is Absent is Unavailable.
func (d *Document) SetDevices(devices ...Device) error {
	list := make([]Device, 0, len(devices))
	for i := range devices {
		device, err := devices[i].clean()
		if err != nil {
			return fmt.Errorf("applicability: device %d: %w", i, err)
		}
		list = append(list, device)
	}
	d.devices = list
	return nil
}

// clean is a copy in the form that documents have.
func (d *Device) clean() (Device, error) {
	c := Device{validTexts(d.HardwareIDs), validTexts(d.CompatibleIDs), d.Driver.clean()}
	if c.Driver.Presence != Present {
		return c, nil
	}
	driver := &c.Driver.Value
	if driver.Date = dayOf(driver.Date); !hasYear(driver.Date) {
		return Device{}, fmt.Errorf("the year of the driver's date is %d, want 0 to 9999", driver.Date.Year())
	}
	driver.MatchingID, driver.Provider = driver.MatchingID.clean(), driver.Provider.clean()
	if driver.MatchingID.Presence == Absent {
		driver.MatchingID = Fact[string]{}
	}
	driver.MatchingID.Value, driver.Provider.Value = validText(driver.MatchingID.Value), validText(driver.Provider.Value)
	return c, nil
}

// validTexts is a copy of the texts that is valid, nil when there are none.
func validTexts(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	valid := make([]string, 0, len(list))
	for _, s := range list {
		valid = append(valid, validText(s))
	}
	return valid
}

// SetPackage sets the state of a package of component servicing; 112 is
// installed. All packages of a document that are not set are absent, unless
// its JSON form says that they are not known.
func (d *Document) SetPackage(identity string, state uint32) {
	identity = validText(identity)
	d.needPackages().states[fold(identity)] = documentPackage{identity, state}
}

// SetPackageInstallable sets whether component servicing would install a
// package. For packages that are not set, that is not known.
func (d *Document) SetPackageInstallable(identity string, installable bool) {
	identity = validText(identity)
	d.needPackages().installable[fold(identity)] = documentAnswer{identity, installable}
}

func (d *Document) needPackages() *documentPackages {
	if d.packages == nil {
		d.packages = &documentPackages{complete: true, states: map[string]documentPackage{}, installable: map[string]documentAnswer{}}
	}
	return d.packages
}

// SetProductRelease sets the installed version of a release. All releases of a
// document that are not set are absent.
func (d *Document) SetProductRelease(name string, version Version) {
	if d.releases == nil {
		d.releases = map[string]documentRelease{}
	}
	name = validText(name)
	d.releases[fold(name)] = documentRelease{name, version}
}

// SetDeviceAttribute sets an attribute. All attributes of a document that are
// not set are absent.
func (d *Document) SetDeviceAttribute(name, value string) {
	if d.attributes == nil {
		d.attributes = map[string]documentAttribute{}
	}
	name = validText(name)
	d.attributes[fold(name)] = documentAttribute{name, validText(value)}
}

// SetMemory sets the sizes of the main memory and of the graphics adapter's,
// in MB.
func (d *Document) SetMemory(mainMB, videoMB Fact[uint32]) {
	d.memory = documentMemory{mainMB.clean(), videoMB.clean()}
}

// deviceSections reads the sections about devices, packages and releases.
func (d *jsonReader) deviceSections(f fields, doc *Document) {
	if f["devices"] != nil {
		doc.devices = []Device{}
		for _, item := range d.elements(f["devices"], "an array of devices") {
			doc.devices = append(doc.devices, d.device(item))
		}
	}
	if f["packages"] != nil {
		doc.packages = d.readPackages(f["packages"])
	}
	if f["product_releases"] != nil {
		doc.releases = map[string]documentRelease{}
		for _, item := range d.members(f["product_releases"], "an object of releases") {
			if old, ok := doc.releases[fold(item.key)]; ok {
				d.fail(item, "the same release as %q, written differently", old.name)
			}
			doc.releases[fold(item.key)] = documentRelease{item.key, d.version(item)}
		}
	}
	if f["device_attributes"] != nil {
		doc.attributes = map[string]documentAttribute{}
		for _, item := range d.members(f["device_attributes"], "an object of attributes") {
			if old, ok := doc.attributes[fold(item.key)]; ok {
				d.fail(item, "the same attribute as %q, written differently", old.name)
			}
			doc.attributes[fold(item.key)] = documentAttribute{item.key, d.text(item, "a value")}
		}
	}
	if n := f["memory"]; n != nil {
		size := func(n *jsonNode) uint32 { return uint32(d.unsigned(n, 1<<32-1)) }
		m := d.object(n, "mb", "video_mb")
		doc.memory = documentMemory{maybe(m, "mb", size), maybe(m, "video_mb", size)}
	}
}

func (d *jsonReader) device(n *jsonNode) Device {
	f := d.object(n, "hardware_ids", "compatible_ids", "driver")
	var device Device
	if f["hardware_ids"] != nil {
		device.HardwareIDs = validTexts(d.texts(f["hardware_ids"], "a hardware id"))
	}
	if f["compatible_ids"] != nil {
		device.CompatibleIDs = validTexts(d.texts(f["compatible_ids"], "a compatible id"))
	}
	device.Driver = maybe(f, "driver", d.driver)
	return device
}

func (d *jsonReader) driver(n *jsonNode) Driver {
	f := d.object(n, "date", "version", "matching_id", "provider")
	text := func(n *jsonNode) string { return d.text(n, "a text") }
	date := d.need(n, f, "date")
	t, err := time.Parse(time.DateOnly, date.text)
	if d.fault == nil && (date.kind != jsonString || err != nil) {
		d.fail(date, `found %s, want a date such as "2008-06-01"`, describeJSON(date))
	}
	driver := Driver{Date: t, Version: d.version(d.need(n, f, "version")), Provider: maybe(f, "provider", text)}
	if f["matching_id"] != nil {
		driver.MatchingID = FactOf(text(f["matching_id"]))
	}
	return driver
}

func (d *jsonReader) readPackages(n *jsonNode) *documentPackages {
	f := d.object(n, "states", "installable", "complete")
	p := &documentPackages{complete: true, states: map[string]documentPackage{}, installable: map[string]documentAnswer{}}
	if f["complete"] != nil {
		p.complete = d.flag(f["complete"])
	}
	if f["states"] != nil {
		for _, item := range d.members(f["states"], "an object of states") {
			if old, ok := p.states[fold(item.key)]; ok {
				d.fail(item, "the same package as %q, written differently", old.identity)
			}
			p.states[fold(item.key)] = documentPackage{item.key, uint32(d.unsigned(item, 1<<32-1))}
		}
	}
	if f["installable"] != nil {
		for _, item := range d.members(f["installable"], "an object of booleans") {
			if old, ok := p.installable[fold(item.key)]; ok {
				d.fail(item, "the same package as %q, written differently", old.identity)
			}
			p.installable[fold(item.key)] = documentAnswer{item.key, d.flag(item)}
		}
	}
	return p
}

// encodeDevices adds the sections about devices, packages and releases.
func (d *Document) encodeDevices(o object) {
	if d.devices != nil {
		list := make([]object, 0, len(d.devices))
		for i := range d.devices {
			list = append(list, d.devices[i].encode())
		}
		o["devices"] = list
	}
	if d.packages != nil {
		states, installable := object{}, object{}
		for _, p := range d.packages.states {
			states[p.identity] = p.state
		}
		for _, a := range d.packages.installable {
			installable[a.identity] = a.yes
		}
		o["packages"] = object{"complete": d.packages.complete, "states": states, "installable": installable}
	}
	if d.releases != nil {
		releases := object{}
		for _, r := range d.releases {
			releases[r.name] = r.version.String()
		}
		o["product_releases"] = releases
	}
	if d.attributes != nil {
		attributes := object{}
		for _, a := range d.attributes {
			attributes[a.name] = a.value
		}
		o["device_attributes"] = attributes
	}
	if d.memory != (documentMemory{}) {
		m := object{}
		put(m, "mb", d.memory.main, asIs[uint32])
		put(m, "video_mb", d.memory.video, asIs[uint32])
		o["memory"] = m
	}
}

func (d *Device) encode() object {
	o := object{}
	if len(d.HardwareIDs) > 0 {
		o["hardware_ids"] = slices.Clone(d.HardwareIDs)
	}
	if len(d.CompatibleIDs) > 0 {
		o["compatible_ids"] = slices.Clone(d.CompatibleIDs)
	}
	put(o, "driver", d.Driver, func(v Driver) any {
		driver := object{"date": v.Date.Format(time.DateOnly), "version": v.Version.String()}
		put(driver, "matching_id", v.MatchingID, asIs[string])
		put(driver, "provider", v.Provider, asIs[string])
		return driver
	})
	return o
}
