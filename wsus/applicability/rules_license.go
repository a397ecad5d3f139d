package applicability

import "github.com/updatescan/updatescan/wsus"

// licenseRule compiles the rules about software licensing values.
func licenseRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "LicenseValueExists":
		return &license{name: a.need("Value")}
	case "LicenseDword":
		return &license{
			name: a.need("Value"), number: true,
			cmp: a.scalar(), data: uint32(a.unsigned("Data", 32)),
		}
	}
	return nil
}

// license is LicenseValueExists, or LicenseDword when number is set. A value
// that is no number makes LicenseDword false (our reading).
type license struct {
	name   string
	number bool
	cmp    comparison
	data   uint32
}

func (l *license) test(m *machine) outcome {
	f := m.readLicense(l.name)
	note(m, f, func(v LicenseValue) string {
		if v.DWord.Presence == Present {
			return showNumber(v.DWord.Value)
		}
		return quoteShort(v.Text)
	}, "licence value %q", l.name)
	if f.Presence != Present {
		return missing(f.Presence)
	}
	if !l.number {
		return decided(true)
	}
	if f.Value.DWord.Presence != Present {
		return outcome{False, CauseType}
	}
	return decided(l.cmp.holds(compareUint(uint64(f.Value.DWord.Value), uint64(l.data))))
}
