package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// Rules of one name and the same attributes are one rule, but not where what
// is around them or below them counts.
func TestRulesThatLookTheSame(t *testing.T) {
	t.Parallel()
	target := rule("RegKeyExists", "Key", "HKEY_LOOP_TARGET", "Subkey", "A")
	loop := rule("RegKeyLoop", "Key", "HKEY_LOCAL_MACHINE", "Subkey", "SOFTWARE", "TrueIf", "Any")
	loop.Children = []wsus.Rule{target}
	feature := func(name string) wsus.Rule {
		r := rule("MsiFeatureInstalledForProduct", "AllFeaturesRequired", "true", "AllProductsRequired", "true")
		r.Children = []wsus.Rule{element("Feature", name), element("Product", "{90120000-0030-0000-0000-0000000FF1CE}")}
		return r
	}
	key := rule("RegKeyExists", "Key", "HKEY_LOCAL_MACHINE", "Subkey", "A")
	other := rule("RegKeyExists", "Key", "HKEY_LOCAL_MACHINE", "Subkey", "B")
	for _, c := range []struct {
		name     string
		rules    []wsus.Rule
		distinct int
		invalid  int
	}{
		{"the same", []wsus.Rule{key, key}, 1, 0},
		{"another value", []wsus.Rule{key, other}, 2, 0},
		{"features", []wsus.Rule{feature("F"), feature("F")}, 1, 0},
		{"other features", []wsus.Rule{feature("F"), feature("G")}, 2, 0},
		{"of an update", []wsus.Rule{rule("InstalledOnce"), rule("InstalledOnce")}, 2, 0},
		{"in and outside a loop", []wsus.Rule{loop, target}, 3, 1},
		{"outside and in a loop", []wsus.Rule{target, loop}, 3, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := applicability.Compile(newCatalog(t,
				update(1, wsus.Rules{IsInstalled: c.rules[:1]}), update(2, wsus.Rules{IsInstalled: c.rules[1:]})))
			invalid := 0
			for _, n := range p.Invalid() {
				invalid += n
			}
			if _, distinct := p.Rules(); distinct != c.distinct || invalid != c.invalid {
				t.Errorf("%d distinct rules and %d invalid, want %d and %d; %v", distinct, invalid, c.distinct, c.invalid, p.Issues())
			}
		})
	}
}
