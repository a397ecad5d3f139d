package wsus

// MaxRuleDepth is the greatest depth of a rule tree, counted in rules: a rule
// without children has depth 1. Deeper trees are refused by [NewCatalog] and
// [DecodeCatalog].
const MaxRuleDepth = 128

// Attr is an attribute of a rule element, as written.
type Attr struct{ Name, Value string }

// Rule is one element of an applicability expression or of its metadata, as
// written: its local name without namespace or textual prefix ("b.", "m.",
// "d."), its attributes in order, its child elements in order, and its own
// character data.
//
// A Rule that belongs to a [Catalog] must not be modified.
type Rule struct {
	Name     string
	Attrs    []Attr
	Children []Rule
	Text     string
}

// Attr returns the value of the named attribute and whether it is there. The
// name is compared exactly; of two with the same name the first counts.
func (r *Rule) Attr(name string) (string, bool) {
	for i := range r.Attrs {
		if r.Attrs[i].Name == name {
			return r.Attrs[i].Value, true
		}
	}
	return "", false
}

// Depth returns the depth of the tree under r, in rules; a rule without
// children has depth 1. It stops counting at limit + 1, so that a hostile
// tree costs no more than the limit allows; a limit below 1 counts as 1.
func (r *Rule) Depth(limit int) int {
	if limit < 1 {
		limit = 1
	}
	deepest := 0
	for i := range r.Children {
		if deepest >= limit {
			break
		}
		if limit == 1 {
			return 2
		}
		deepest = max(deepest, r.Children[i].Depth(limit-1))
	}
	return deepest + 1
}

// Rules are an update's applicability rules. A section that is nil was
// absent; a section that is empty but not nil was there without a rule.
// Several expressions in a section are ANDed.
type Rules struct {
	// IsInstalled says whether the update is on the machine.
	IsInstalled []Rule
	// IsSuperseded says whether the machine has something better.
	IsSuperseded []Rule
	// IsInstallable says whether the update could be installed.
	IsInstallable []Rule
	// Metadata is what the rules refer to, such as the patch metadata of
	// Windows Installer rules.
	Metadata []Rule
}

// sections returns the four sections in the order of the stored form.
func (r *Rules) sections() [4]*[]Rule {
	return [4]*[]Rule{&r.IsInstalled, &r.IsSuperseded, &r.IsInstallable, &r.Metadata}
}
