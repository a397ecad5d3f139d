package applicability

import (
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// deviceRule compiles the rules about device attributes, releases of products
// and memory. They are in no published schema; their attributes are observed.
func deviceRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "DeviceAttribute":
		return newDeviceAttribute(a)
	case "ProductReleaseInstalled":
		return &productRelease{name: a.need("Name"), version: a.version("Version"), installed: true}
	case "ProductReleaseVersion":
		return &productRelease{name: a.need("Name"), version: a.version("Version"), cmp: a.scalar()}
	case "Memory", "VideoMemory":
		if a.has("Type") {
			// No source says what the types are: unsupported.
			return nil
		}
		return &memorySize{video: r.Name == "VideoMemory", min: uint32(a.unsigned("MinSizeInMB", 32))}
	}
	return nil
}

// deviceAttribute is the DeviceAttribute rule. Names and texts are compared
// without regard to case, an attribute that the machine does not have makes
// the rule false, and so does one that is no version when versions are
// compared (all our reading, as for the registry).
type deviceAttribute struct {
	name    string
	cmp     comparison
	text    string
	version Fact[Version]
}

func newDeviceAttribute(a *attrs) leaf {
	d := &deviceAttribute{name: a.need("Name")}
	switch kind := strings.TrimSpace(a.need("Type")); fold(kind) {
	case "string":
		d.cmp, d.text = a.textual(), fold(a.needAny("Value"))
	case "version":
		d.cmp, d.version = a.scalar(), FactOf(a.version("Value"))
	default:
		a.fail("Type", "%.40q is not String or Version", kind)
	}
	return d
}

func (d *deviceAttribute) test(m *machine) outcome {
	f := m.readAttribute(d.name)
	note(m, f, showText, "device attribute %q", d.name)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	if d.version.Presence != Present {
		return decided(d.cmp.holdsText(fold(f.Value), d.text))
	}
	have, ok := parseVersion(strings.TrimSpace(f.Value))
	if !ok {
		return outcome{False, CauseUnparsable}
	}
	return decided(d.cmp.holds(have.Compare(d.version.Value)))
}

// productRelease is ProductReleaseInstalled, or ProductReleaseVersion. A
// release that is not installed makes both false. It is not established
// whether ProductReleaseInstalled holds for a later version than the one it
// names, so it is unknown then; at an earlier one it is false, whichever is
// meant.
type productRelease struct {
	name      string
	version   Version
	installed bool
	cmp       comparison
}

func (p *productRelease) test(m *machine) outcome {
	f := m.readRelease(p.name)
	note(m, f, Version.String, "product release %q", p.name)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	order := f.Value.Compare(p.version)
	if !p.installed {
		return decided(p.cmp.holds(order))
	}
	if order > 0 {
		return outcome{Unknown, CauseUndefined}
	}
	return decided(order == 0)
}

// memorySize is Memory or VideoMemory: at least the size is there, as the
// attribute's name says (our reading).
type memorySize struct {
	video bool
	min   uint32
}

func (s *memorySize) test(m *machine) outcome {
	f := m.readMemory(s.video)
	what := "memory in MB"
	if s.video {
		what = "video " + what
	}
	note(m, f, showNumber[uint32], "%s", what)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(f.Value >= s.min)
}
