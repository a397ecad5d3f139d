package applicability_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// explain explains update 1 of a catalogue of the updates.
func explain(tb testing.TB, cfg applicability.Config, updates ...wsus.Update) *applicability.Explanation {
	tb.Helper()
	e, err := newEvaluator(tb, cfg).Explain(tb.Context(), newCatalog(tb, updates...), updateID(1))
	if err != nil {
		tb.Fatalf("Explain() = %v", err)
	}
	return e
}

func TestExplainText(t *testing.T) {
	t.Parallel()
	doc := document(t, registryDoc+`,"windows":{"major":10,"minor":0,"build":19045}`)
	u := update(1, wsus.Rules{
		IsInstalled: []wsus.Rule{reg("RegSzToVersion", "Ver", "Comparison", "GreaterThan", "Data", "2.0.0.0")},
		IsInstallable: []wsus.Rule{parent("And", rule("WindowsVersion", "MajorVersion", "10"),
			parent("Not", rule("Camera")), rule("MuiInstalled"), loop(`SOFTWARE\A`, "Any", rule("RegKeyExists", "Key", "HKEY_LOOP_TARGET", "Subkey", "Deep")))},
	})
	u = requires(requires(u, false, 2, 99), true, 3)
	d, k := constant(2, yes, no), constant(3, yes, no)
	d.Kind, k.Kind = wsus.KindDetectoid, wsus.KindCategory
	got := explain(t, applicability.Config{Facts: doc.Facts()}, u, d, k).String()
	want := `00000000-0000-4000-8000-000000000001  Update 1
  state: Unknown, because unsupported_rule: IsInstallable/And/Not/Camera: unsupported
  prerequisite: true
    00000000-0000-4000-8000-000000000002: Installed, because installed  Update 2
    00000000-0000-4000-8000-000000000063: not in the catalogue
  category: true
    00000000-0000-4000-8000-000000000003: Installed, because installed  Update 3
  IsInstalled: false
    RegSzToVersion Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\\A" Value="Ver" Comparison="GreaterThan" Data="2.0.0.0": false
      - registry HKEY_LOCAL_MACHINE\SOFTWARE\A value "Ver" = REG_SZ "1.34.02440.1261"
  IsInstallable: unknown
    And: unknown
      WindowsVersion MajorVersion="10": true
        - Windows version = 10.0.19045 service pack 0.0, suites 0x0, product type 1
      Not: unknown
        Camera: unknown (unsupported) unsupported
      MuiInstalled: unknown (unavailable)
        - MUI languages = not available
      RegKeyLoop Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\\A" TrueIf="Any": true
        - registry HKEY_LOCAL_MACHINE\SOFTWARE\A subkeys = [One Two]
        - registry HKEY_LOCAL_MACHINE\SOFTWARE\A\One\Deep = absent
        - registry HKEY_LOCAL_MACHINE\SOFTWARE\A\Two\Deep = present
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Explain().String() (-want +got):\n%s", diff)
	}
}

func TestExplainBundleAndSupersedence(t *testing.T) {
	t.Parallel()
	got := explain(t, applicability.Config{},
		bundles(update(1, wsus.Rules{}), 2, 9), constant(2, no, yes), supersedes(constant(3, yes, no), 1)).String()
	want := `00000000-0000-4000-8000-000000000001  Update 1
  state: Required, because bundle
  not in the results: superseded by 00000000-0000-4000-8000-000000000003
  bundle: at least one of
    00000000-0000-4000-8000-000000000002: Required, because installable  Update 2
    00000000-0000-4000-8000-000000000009: not in the catalogue
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Explain().String() (-want +got):\n%s", diff)
	}
}

func TestExplainJSON(t *testing.T) {
	t.Parallel()
	doc := document(t, `"processor":{"architecture":9}`)
	u := requires(update(1, wsus.Rules{IsInstallable: []wsus.Rule{rule("Processor", "Architecture", "9")}}), false, 2, 9)
	e := explain(t, applicability.Config{Facts: doc.Facts()}, u, constant(2, yes, no), supersedes(constant(3, yes, no), 1))
	data, err := json.MarshalIndent(e, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "update": "00000000-0000-4000-8000-000000000001",
 "state": "required",
 "revision": 1,
 "title": "Update 1",
 "reason": "installable",
 "reported": "superseded",
 "prerequisites": [
  {
   "value": "true",
   "updates": [
    {
     "update": "00000000-0000-4000-8000-000000000002",
     "title": "Update 2",
     "state": "installed",
     "reason": "installed"
    },
    {
     "update": "00000000-0000-4000-8000-000000000009",
     "missing": true
    }
   ]
  }
 ],
 "sections": [
  {
   "path": "IsInstallable",
   "name": "IsInstallable",
   "value": "true",
   "cause": "decided",
   "rules": [
    {
     "path": "IsInstallable/Processor",
     "name": "Processor",
     "value": "true",
     "cause": "decided",
     "reads": [
      {
       "fact": "processor",
       "found": "architecture 9, level unavailable, revision unavailable"
      }
     ],
     "attributes": [
      {
       "name": "Architecture",
       "value": "9"
      }
     ]
    }
   ]
  }
 ],
 "superseded_by": "00000000-0000-4000-8000-000000000003"
}`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("MarshalJSON() (-want +got):\n%s", diff)
	}
}

func TestExplainPaths(t *testing.T) {
	t.Parallel()
	r := parent("And", rule("True"), parent("Or", rule("False"), rule("True")), rule("True"))
	u := update(1, wsus.Rules{IsInstalled: []wsus.Rule{r, rule("True")}})
	var got []string
	var walk func([]applicability.RuleExplanation)
	walk = func(list []applicability.RuleExplanation) {
		for i := range list {
			got = append(got, list[i].Path)
			walk(list[i].Children)
		}
	}
	walk(explain(t, applicability.Config{}, u).Sections)
	want := []string{
		"IsInstalled", "IsInstalled/And", "IsInstalled/And/True[1]", "IsInstalled/And/Or", "IsInstalled/And/Or/False",
		"IsInstalled/And/Or/True", "IsInstalled/And/True[2]", "IsInstalled/True",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func TestExplainUnknownUpdate(t *testing.T) {
	t.Parallel()
	_, err := newEvaluator(t, applicability.Config{}).Explain(t.Context(), newCatalog(t, constant(1, yes, no)), updateID(2))
	if !errors.Is(err, applicability.ErrNotInCatalog) || !strings.Contains(err.Error(), updateID(2).String()) {
		t.Errorf("Explain(another update) = %v, want ErrNotInCatalog", err)
	}
}

// Every fact a rule can read is named in its explanation.
func TestReadsNameTheirFacts(t *testing.T) {
	t.Parallel()
	doc := document(t, fullDoc)
	for want, r := range map[string]wsus.Rule{
		"platform = \"Windows\"":                                rule("Platform", "PlatformID", "Windows"),
		"platform version = 10.0.1 service pack":                rule("PlatformVersion", "MajorVersion", "1"),
		"platform language = \"en\"":                            rule("PlatformLanguage", "Language", "en"),
		"Windows language = \"en\"":                             rule("WindowsLanguage", "Language", "en"),
		"MUI languages = [en de]":                               rule("MuiLanguageInstalled", "Language", "en"),
		"system metric 86 = 1":                                  rule("SystemMetric", "Comparison", "EqualTo", "Index", "86", "Value", "1"),
		"number of processors = 8":                              rule("NumberOfProcessors", "Comparison", "EqualTo", "Number", "1"),
		"node of a cluster = true":                              rule("ClusteredOS"),
		"known folder 36 = \"D:\\\\Windows\"":                   rule("FileExists", "Path", "x", "Csidl", "36"),
		"file D:\\Windows\\x = absent":                          rule("FileExists", "Path", "x", "Csidl", "36"),
		"licence value \"N\" = 4":                               rule("LicenseValueExists", "Value", "N"),
		"licence value \"T\" = \"text\"":                        rule("LicenseValueExists", "Value", "T"),
		"WMI class root\\cimv2:win32_bios = 2 row":              query("SELECT * FROM Win32_BIOS"),
		"MSI product " + productA + " = local, version 2.5.0.0": rule("MsiProductInstalled", "ProductCode", productA),
		"MSI patches of " + productA + " = [" + patchQ + " applied]": rule(
			"MsiPatchInstalledForProduct", "ProductCode", productA, "PatchCode", patchQ),
		"generic query \"n\" \"t\" \"p\" = true":                      rule("GenericQuery", "Namespace", "n", "Type", "t", "Parameter", "p"),
		"installed once 00000000-0000-0000-0000-000000000000 = false": rule("InstalledOnce"),
		"value \"Bin\" = REG_BINARY 00ff":                             reg("RegValueExists", "Bin"),
		"value \"Multi\" = REG_MULTI_SZ [\"a\" \"b\"]":                reg("RegValueExists", "Multi"),
		"value \"Q\" = REG_QWORD 7":                                   reg("RegValueExists", "Q"),
	} {
		got := applicability.ExplainRule(doc.Facts(), &r)
		if !strings.Contains(got.String(), want) {
			t.Errorf("explanation of %s lacks %q:\n%s", r.Name, want, got.String())
		}
	}
}

func TestNoRuleIsInvalid(t *testing.T) {
	t.Parallel()
	got := applicability.ExplainRule(applicability.Facts{}, nil)
	if got.Value != unknown || got.Cause != applicability.CauseInvalid || got.Detail == "" || !strings.Contains(got.String(), "no rule") {
		t.Errorf("ExplainRule(nil) = %+v, want an invalid rule", got)
	}
}
