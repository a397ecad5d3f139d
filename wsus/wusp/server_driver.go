package wusp

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// driverMatch is a WindowsDriverMetaData entry: hardware that a driver is for.
type driverMatch struct {
	hardware     string
	date         string // yyyy-mm-dd
	version      int64
	provider     string
	manufacturer string
	class        string
	scores       []featureScore
	computers    []compliance.UpdateID
}

type featureScore struct {
	system string
	score  uint64
}

// driverMatches finds the entries in the rules of an update.
func driverMatches(rules *node) []driverMatch {
	var found []driverMatch
	for _, n := range rules.kid("Metadata").all("WindowsDriverMetaData", nil) {
		var d driverMatch
		d.hardware, _ = n.attr("HardwareID")
		date, _ := n.attr("DriverVerDate")
		d.date = date[:min(len(date), len("2006-01-02"))]
		version, _ := n.attr("DriverVerVersion")
		d.version = packVersion(version)
		d.provider, _ = n.attr("Provider")
		d.manufacturer, _ = n.attr("Manufacturer")
		d.class, _ = n.attr("Class")
		for _, s := range n.all("FeatureScore", nil) {
			system, _ := s.attr("OperatingSystem")
			text, _ := s.attr("FeatureScore")
			if score, err := strconv.ParseUint(text, 16, 64); err == nil {
				d.scores = append(d.scores, featureScore{system, score})
			}
		}
		for _, local := range [...]string{"TargetComputerHardwareId", "DistributionComputerHardwareId"} {
			for _, s := range n.all(local, nil) {
				if id, err := compliance.ParseUpdateID(strings.TrimSpace(s.text)); err == nil {
					d.computers = append(d.computers, id)
				}
			}
		}
		found = append(found, d)
	}
	return found
}

// all appends the elements of the name below n, whatever is written before
// it; n may be nil.
func (n *node) all(local string, found []*node) []*node {
	if n == nil {
		return found
	}
	for _, k := range n.kids {
		if k.local == local || strings.TrimPrefix(k.local, "d.") == local {
			found = append(found, k)
		}
		found = k.all(local, found)
	}
	return found
}

// packVersion packs a version of four parts in 64 bits, as the wire has it.
func packVersion(s string) int64 {
	var v uint64
	parts := strings.SplitN(s, ".", 4)
	for i := range 4 {
		v <<= 16
		if i < len(parts) {
			n, _ := strconv.ParseUint(parts[i], 10, 16)
			v |= n
		}
	}
	return int64(v) //nolint:gosec // the bits are the value
}

// driverRank orders what may drive a device: the lower the better.
type driverRank struct {
	computer int // index of the computer's hardware id, the number of them when none is meant
	score    uint64
	device   int // index of the device's id
	date     string
	version  int64
}

// worstScore is the score of a driver that has none for the system.
const worstScore = 0xFF

func (a driverRank) compare(b driverRank) int {
	return cmp.Or(cmp.Compare(a.computer, b.computer), cmp.Compare(a.score, b.score), cmp.Compare(a.device, b.device),
		-cmp.Compare(a.date, b.date), -cmp.Compare(a.version, b.version))
}

// rank is how well an entry suits a device, and whether it does at all.
func (m *driverMatch) rank(d *Device, spec *ComputerSpec, system string) (driverRank, bool) {
	r := driverRank{device: -1, score: worstScore, date: m.date, version: m.version}
	n := 0
	for _, list := range [...][]string{d.HardwareIDs, d.CompatibleIDs} {
		for _, id := range list {
			if r.device < 0 && strings.EqualFold(id, m.hardware) {
				r.device = n
			}
			n++
		}
	}
	if r.device < 0 {
		return r, false
	}
	if spec != nil {
		r.computer = len(spec.HardwareIDs)
	}
	if len(m.computers) > 0 {
		found := false
		for _, want := range m.computers {
			for i := 0; spec != nil && i < len(spec.HardwareIDs); i++ {
				if spec.HardwareIDs[i] == want {
					r.computer, found = min(r.computer, i), true
				}
			}
		}
		if !found {
			return r, false
		}
	}
	for _, s := range m.scores {
		if strings.EqualFold(s.system, system) {
			r.score = min(r.score, s.score)
		}
	}
	in := d.InstalledDriver
	if in != nil && strings.EqualFold(m.class, "Printer") &&
		(!strings.EqualFold(m.provider, in.Provider) || !strings.EqualFold(m.manufacturer, in.Manufacturer)) {
		return r, false
	}
	return r, in == nil || m.better(r, in, d, spec)
}

// better reports whether the entry is better than the driver that a device
// has: by its own computer id, its own device id, its date, its version.
func (m *driverMatch) better(r driverRank, in *InstalledDriver, d *Device, spec *ComputerSpec) bool {
	have := driverRank{score: r.score, version: in.DriverVerVersion, date: string(in.DriverVerDate)}
	have.date = have.date[:min(len(have.date), len("2006-01-02"))]
	if spec != nil {
		have.computer = len(spec.HardwareIDs)
		for i, id := range spec.HardwareIDs {
			if id == in.MatchingComputerHWID {
				have.computer = i
				break
			}
		}
	}
	have.device = len(d.HardwareIDs) + len(d.CompatibleIDs)
	n := 0
	for _, list := range [...][]string{d.HardwareIDs, d.CompatibleIDs} {
		for _, id := range list {
			if strings.EqualFold(id, in.MatchingID) {
				have.device = min(have.device, n)
			}
			n++
		}
	}
	return r.compare(have) < 0
}
