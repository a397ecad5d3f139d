package applicability

import (
	"strings"

	"github.com/updatescan/updatescan/wsus"
)

// languageRule compiles the rules about languages.
func languageRule(r *wsus.Rule, a *attrs) leaf {
	switch r.Name {
	case "WindowsLanguage":
		return &localised{language: a.language()}
	case "PlatformLanguage":
		return &localised{language: a.language(), platform: true}
	case "MuiInstalled":
		return muiInstalled{}
	case "MuiLanguageInstalled":
		return &muiLanguage{language: a.language()}
	}
	return nil
}

// language reads a required Language, an RFC 3066 tag such as de or zh-TW.
func (a *attrs) language() string {
	v := strings.TrimSpace(a.need("Language"))
	for i := range len(v) {
		if c := v[i] | 0x20; (c < 'a' || c > 'z') && !isDigit(v[i]) && v[i] != '-' {
			a.fail("Language", "%.40q is not a language tag", v)
		}
	}
	return fold(v)
}

// localised is WindowsLanguage and PlatformLanguage: false whenever the
// Multilingual User Interface is installed (specified).
type localised struct {
	language string
	platform bool
}

func (l *localised) test(m *machine) outcome {
	mui := m.readMUI()
	note(m, mui, showList, "MUI languages")
	var f Fact[string]
	if l.platform {
		f = m.readPlatformLanguage()
		note(m, f, showText, "platform language")
	} else {
		f = m.readLanguage()
		note(m, f, showText, "Windows language")
	}
	v := missing(f.Presence)
	if f.Presence == Present {
		v = decided(sameLanguage(f.Value, l.language))
	}
	if v.value == False || mui.Presence == Absent {
		return v
	}
	if mui.Presence == Present {
		return outcome{False, CauseDecided}
	}
	return missing(Unavailable)
}

// sameLanguage reports whether a machine's language is the one that a rule
// names: the same tag, or a region of it (en-US is en). Portuguese of Brazil
// is a localisation of its own, never "pt" (our reading; the sources say
// only that tags are RFC 3066).
func sameLanguage(machine, rule string) bool {
	machine = fold(strings.ReplaceAll(machine, "_", "-"))
	if machine == rule {
		return true
	}
	if machine == "pt-br" {
		return false
	}
	return strings.HasPrefix(machine, rule) && machine[len(rule)] == '-'
}

// muiInstalled is the MuiInstalled rule.
type muiInstalled struct{}

func (muiInstalled) test(m *machine) outcome {
	f := m.readMUI()
	note(m, f, showList, "MUI languages")
	if f.Presence != Present {
		return missing(f.Presence)
	}
	return decided(true)
}

// muiLanguage is the MuiLanguageInstalled rule: false without MUI (specified).
type muiLanguage struct{ language string }

func (l *muiLanguage) test(m *machine) outcome {
	f := m.readMUI()
	note(m, f, showList, "MUI languages")
	if f.Presence != Present {
		return missing(f.Presence)
	}
	for _, have := range f.Value {
		if sameLanguage(have, l.language) {
			return decided(true)
		}
	}
	return decided(false)
}
