package applicability

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/updatescan/updatescan/wsus"
)

type driverQuestion uint8

const (
	driverIsInstalled driverQuestion = iota
	driverIsSuperseded
	driverIsInstallable
)

// driverRule compiles the three rules about drivers, which have no attributes
// and read the WindowsDriverMetaData of their update.
func driverRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "WindowsDriverInstalled":
		return &driverTest{offers: a.driverOffers(), ask: driverIsInstalled}
	case "WindowsDriverSuperseded":
		return &driverTest{offers: a.driverOffers(), ask: driverIsSuperseded}
	case "WindowsDriverInstallable":
		return &driverTest{offers: a.driverOffers(), ask: driverIsInstallable}
	}
	return nil
}

// driverOffer is a WindowsDriverMetaData: a driver for the devices with an id.
type driverOffer struct {
	id      string // folded
	date    time.Time
	version Version
	printer bool
	// providers is whose drivers it may replace on a printer: its own
	// provider's and those of compatible providers, folded.
	providers []string
	// scored: it has feature scores or is meant for certain computers, which
	// no source says how to evaluate on the machine.
	scored bool
}

func (a *attrs) driverOffers() []driverOffer {
	a.metadata("WindowsDriverMetaData")
	var offers []driverOffer
	rules := a.c.update.Rules.Metadata
	for i := range rules {
		if rules[i].Name != "WindowsDriverMetaData" {
			continue
		}
		sub := &attrs{c: a.c, r: &rules[i]}
		offers = append(offers, sub.driverOffer())
		if sub.bad {
			a.fail("WindowsDriverMetaData/"+sub.badAttr, "%s", sub.badDetail)
			break
		}
	}
	return offers
}

// driverOffer reads what of a WindowsDriverMetaData is compared; its other
// attributes are for people.
func (a *attrs) driverOffer() driverOffer {
	o := driverOffer{
		id: fold(a.need("HardwareID")), date: a.day("DriverVerDate"), version: a.version("DriverVerVersion"),
		providers: []string{fold(a.opt("Provider"))},
	}
	// The class of printers is Printer in INF files, Printers in metadata
	// (specified).
	class := fold(strings.TrimSpace(a.opt("Class")))
	o.printer = class == "printers" || class == "printer"
	for i := range a.r.Children {
		switch child := &a.r.Children[i]; child.Name {
		case "CompatibleProvider":
			o.providers = append(o.providers, fold(trimText(child)))
		case "FeatureScore", "DistributionComputerHardwareId", "TargetComputerHardwareId":
			o.scored = true
		}
	}
	return o
}

// day reads a required date; of a date and time only the date counts.
func (a *attrs) day(name string) time.Time {
	v := strings.TrimSpace(a.need(name))
	for _, layout := range [...]string{time.DateOnly, time.DateOnly + "Z07:00", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, v); err == nil {
			return dayOf(t)
		}
	}
	a.fail(name, "%.64q is not a date such as 2008-06-01", v)
	return time.Time{}
}

// dayOf is the day of a time where it was measured.
func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// driverTest is one of the three rules about drivers. The driver of an update
// is a better match for a device than the installed one, an equal match, or a
// worse one (specified): an id earlier in the device's list is better, then a
// later date, then a higher version (specified, for the server's choice of
// drivers). Any driver is better than none. On a printer it replaces an
// installed driver only of its own or of a compatible provider (specified).
// Of several entries of an update that match a device the best counts.
//
//   - Installable: for some device it is better.
//   - Installed: for some device it is equal, and for none better.
//   - Superseded: for some device it is worse, for none equal or better.
//
// So at most one of the three holds when an update matches several devices
// (our choice). An entry with feature scores, or for certain computers, is
// unknown for the devices that it matches.
type driverTest struct {
	offers []driverOffer
	ask    driverQuestion
}

// driverMatch is the best offer for a device.
type driverMatch struct {
	offer  *driverOffer
	at     int
	scored bool
}

func (d *driverTest) test(m *machine) outcome {
	f := m.readDevices()
	note(m, f, func(i *deviceIndex) string { return fmt.Sprintf("%d devices", len(i.devices)) }, "devices")
	if f.Presence != Present {
		return missing(f.Presence)
	}
	matches, order := d.matches(f.Value)
	if len(order) == 0 {
		return missing(Absent)
	}
	better, equal, worse, cause := False, False, False, CauseUnavailable
	for _, at := range order {
		device, match := &f.Value.devices[at], matches[at]
		note(m, device.Driver, Driver.String, "driver of device %q", device.name())
		if match.scored {
			cause = CauseUndefined
			better, equal, worse = better.Or(Unknown), equal.Or(Unknown), worse.Or(Unknown)
			continue
		}
		b, e, w := match.compare(device)
		better, equal, worse = better.Or(b), equal.Or(e), worse.Or(w)
	}
	v := better
	switch d.ask {
	case driverIsInstalled:
		v = equal.And(better.Not())
	case driverIsSuperseded:
		v = worse.And(equal.Not()).And(better.Not())
	case driverIsInstallable:
	}
	if v == Unknown {
		return outcome{v, cause}
	}
	return outcome{v, CauseDecided}
}

// matches finds the best offer for each device that one matches, and these
// devices in order.
func (d *driverTest) matches(index *deviceIndex) (map[int]driverMatch, []int) {
	var matches map[int]driverMatch
	var order []int
	for i := range d.offers {
		o := &d.offers[i]
		for _, place := range index.places[o.id] {
			if matches == nil {
				matches = map[int]driverMatch{}
			}
			best, ok := matches[place.device]
			if !ok {
				order = append(order, place.device)
			}
			scored := best.scored || o.scored
			if !ok || compareDrivers(place.at, o.date, o.version, best.at, best.offer.date, best.offer.version) > 0 {
				best.offer, best.at = o, place.at
			}
			best.scored = scored
			matches[place.device] = best
		}
	}
	slices.Sort(order)
	return matches, order
}

// compareDrivers is +1 when the first driver is the better one, -1 when the
// second is.
func compareDrivers(at int, date time.Time, version Version, otherAt int, otherDate time.Time, otherVersion Version) int {
	if at != otherAt {
		return compareUint(uint64(otherAt), uint64(at))
	}
	if c := date.Compare(otherDate); c != 0 {
		return c
	}
	return version.Compare(otherVersion)
}

// compare is whether the offer is better than the installed driver, equal, or
// worse.
func (o driverMatch) compare(device *Device) (better, equal, worse Value) {
	if device.Driver.Presence == Absent {
		return True, False, False
	}
	if device.Driver.Presence == Unavailable {
		return Unknown, Unknown, Unknown
	}
	have := &device.Driver.Value
	at := device.position(have.MatchingID)
	if at < 0 {
		return Unknown, Unknown, Unknown
	}
	c := compareDrivers(o.at, o.offer.date, o.offer.version, at, dayOf(have.Date), have.Version)
	better = ValueOf(c > 0)
	if c > 0 && o.offer.printer {
		switch have.Provider.Presence {
		case Unavailable:
			better = Unknown
		case Absent:
			better = False
		case Present:
			better = ValueOf(slices.Contains(o.offer.providers, fold(have.Provider.Value)))
		}
	}
	return better, ValueOf(c == 0), ValueOf(c < 0)
}

// position is where the id stands among those of the device; -1 when it is not
// known, or none of them.
func (d *Device) position(id Fact[string]) int {
	if id.Presence != Present {
		return -1
	}
	want, at := fold(id.Value), 0
	for _, list := range [...][]string{d.HardwareIDs, d.CompatibleIDs} {
		for _, have := range list {
			if fold(have) == want {
				return at
			}
			at++
		}
	}
	return -1
}

// name is an id of the device, for people.
func (d *Device) name() string {
	for _, list := range [...][]string{d.HardwareIDs, d.CompatibleIDs} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// String is the driver on one line.
func (d Driver) String() string {
	return fmt.Sprintf("version %v of %s for %s, provider %s", d.Version, d.Date.Format(time.DateOnly),
		showFact(d.MatchingID, showText), showFact(d.Provider, showText))
}

// deviceIndex is the devices of a machine and where each id stands.
type deviceIndex struct {
	devices []Device
	places  map[string][]devicePlace // by folded id
}

type devicePlace struct{ device, at int }

func newDeviceIndex(devices []Device) *deviceIndex {
	index := &deviceIndex{devices: devices, places: map[string][]devicePlace{}}
	for i := range devices {
		at := 0
		for _, list := range [...][]string{devices[i].HardwareIDs, devices[i].CompatibleIDs} {
			for _, id := range list {
				places := index.places[fold(id)]
				// Of an id that is listed twice the first place counts.
				if len(places) == 0 || places[len(places)-1].device != i {
					index.places[fold(id)] = append(places, devicePlace{i, at})
				}
				at++
			}
		}
	}
	return index
}
