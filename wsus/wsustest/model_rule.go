package wsustest

import (
	"github.com/updatescan/updatescan/wsus"
)

// A rule's fault: why it cannot be evaluated, as a suffix of its name in the
// count of such rules.
type fault string

const (
	sound       fault = "-"
	unsupported fault = ""
	invalid     fault = " (invalid)"
	badQuery    fault = " (WQL)"
)

// section is the value of a section: of nothing it is no.
func (j *judge) section(rules []wsus.Rule) tri {
	if len(rules) == 0 {
		return no
	}
	return all(j.values(rules)...)
}

func (j *judge) values(rules []wsus.Rule) []tri {
	var list []tri
	for i := range rules {
		list = append(list, j.value(&rules[i]))
	}
	return list
}

// value is the value of a rule.
func (j *judge) value(r *wsus.Rule) tri {
	if j.shape(r) != sound {
		return unknown
	}
	switch r.Name {
	case "True":
		return yes
	case "False":
		return no
	case "And":
		return all(j.values(r.Children)...)
	case "Or":
		return some(j.values(r.Children)...)
	case "Not":
		return not(j.value(&r.Children[0]))
	case "RegKeyLoop":
		return j.loop(r)
	}
	v, f := j.leaf(r)
	if f != sound {
		return unknown
	}
	return v
}

// shape is the fault of a rule over other rules; what is not one is sound.
func (j *judge) shape(r *wsus.Rule) fault {
	switch r.Name {
	case "And", "Or":
		if len(r.Children) == 0 {
			return invalid
		}
	case "Not":
		if len(r.Children) != 1 {
			return invalid
		}
	case "RegKeyLoop":
		a := attributes{rule: r, inLoop: len(j.targets) > 0}
		a.key(j)
		a.oneOf("TrueIf", "any", "all", "none")
		if a.bad || len(r.Children) != 1 {
			return invalid
		}
	}
	return sound
}

// count counts the rules of a tree that cannot be evaluated, by name and
// fault. What is below a rule that is written wrongly is not looked at.
func (j *judge) count(r *wsus.Rule, depth int, counts map[string]int) {
	if depth > 128 {
		j.unmodelled["rules nested more than 128 deep"] = true
		return
	}
	f := j.shape(r)
	switch r.Name {
	case "True", "False":
		return
	case "And", "Or", "Not":
	case "RegKeyLoop":
		j.targets = append(j.targets, registryPath{})
		defer func() { j.targets = j.targets[:len(j.targets)-1] }()
	default:
		_, f = j.leaf(r)
		if f != sound {
			counts[r.Name+string(f)]++
		}
		return
	}
	if f != sound {
		counts[r.Name+string(f)]++
		return
	}
	for i := range r.Children {
		j.count(&r.Children[i], depth+1, counts)
	}
}

// loop evaluates the child for each direct subkey. A key that is not there has
// none, so Any is no, None and All are yes.
func (j *judge) loop(r *wsus.Rule) tri {
	a := attributes{rule: r, inLoop: len(j.targets) > 0}
	key := a.key(j)
	trueIf := a.oneOf("TrueIf", "any", "all", "none")
	names, known := j.machine.subkeys(key)
	if !known {
		return unknown
	}
	var values []tri
	for _, name := range names {
		j.targets = append(j.targets, key.below([]string{name}, false))
		values = append(values, j.value(&r.Children[0]))
		j.targets = j.targets[:len(j.targets)-1]
	}
	return map[string]tri{"any": some(values...), "all": all(values...), "none": not(some(values...))}[trueIf]
}

// leaf is the value of a rule that reads facts, which means nothing unless the
// rule is sound.
func (j *judge) leaf(r *wsus.Rule) (tri, fault) {
	a := &attributes{rule: r, inLoop: len(j.targets) > 0}
	for _, name := range []string{
		"MsiPatchInstalled", "MsiPatchSuperseded", "MsiPatchInstallable",
		"MsiApplicationInstalled", "MsiApplicationSuperseded", "MsiApplicationInstallable",
	} {
		if r.Name == name {
			j.unmodelled[name] = true
			return unknown, sound
		}
	}
	for _, family := range []func(*judge, *attributes) (tri, bool){
		(*judge).system, (*judge).language, (*judge).registry, (*judge).file, (*judge).product, (*judge).other,
		(*judge).device,
	} {
		v, known := family(j, a)
		if !known {
			continue
		}
		if a.bad {
			return unknown, invalid
		}
		if a.badQuery {
			return unknown, badQuery
		}
		return v, sound
	}
	return unknown, unsupported
}
