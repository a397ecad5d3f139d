package applicability

import (
	"slices"
	"sync"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// Program is a compiled catalogue: its distinct rules, and the order in which
// its updates are decided. It holds no facts, so one Program serves any number
// of machines. It is immutable and safe for concurrent use.
type Program struct {
	catalog *wsus.Catalog
	rules   *ruleSet
	updates []program
	// groups is the updates in the order of decision: each group after those
	// it depends on. A group of more than one is a cycle.
	groups [][]int32
	issues []Issue
	total  int
	// circles says which updates supersede each other in a circle: those
	// with the same number do.
	circles []int32
}

// program is one compiled update.
type program struct {
	installed, superseded, installable section

	clauses []clause
	bundle  [][]member
	cyclic  bool
	// derived: a bundle parent without rules of its own.
	derived bool
	// child: some other update of the catalogue bundles it.
	child      bool
	superseder []int32 // the updates that supersede this one
}

// clause is a prerequisite clause: at least one must be installed.
type clause struct {
	category bool
	any      []int32
	missing  []compliance.UpdateID
}

// member is a bundle member; at is -1 when it is not in the catalogue.
type member struct {
	id compliance.UpdateID
	at int32
}

// Catalog is the catalogue that was compiled.
func (p *Program) Catalog() *wsus.Catalog { return p.catalog }

// Issues lists every rule that cannot be evaluated, by update id and in the
// order of the rules. It must not be modified.
func (p *Program) Issues() []Issue { return p.issues }

// Rules is the number of rules in the catalogue, and how many of them are
// distinct.
func (p *Program) Rules() (total, distinct int) { return p.total, len(p.rules.nodes) }

// Compile compiles a catalogue. It does not fail: what cannot be compiled is
// among the Program's issues and evaluates to unknown.
func Compile(catalog *wsus.Catalog) *Program {
	n := catalog.Len()
	p := &Program{catalog: catalog, updates: make([]program, n)}
	c := newCompiler(n)
	for i := range n {
		u := catalog.At(i)
		c.update, c.count = u, 0
		p.updates[i].installed = c.compileSection("IsInstalled", u.Rules.IsInstalled)
		p.updates[i].superseded = c.compileSection("IsSuperseded", u.Rules.IsSuperseded)
		p.updates[i].installable = c.compileSection("IsInstallable", u.Rules.IsInstallable)
		p.total += c.count
	}
	p.rules, p.issues = c.set, c.issues
	for i := range n {
		p.link(i)
	}
	p.order()
	return p
}

// link resolves the relations of an update.
func (p *Program) link(i int) {
	u, own := p.catalog.At(i), &p.updates[i]
	for _, pre := range u.Prerequisites {
		cl := clause{category: pre.Category}
		for _, id := range pre.Any {
			if at, ok := p.catalog.Find(id); ok {
				cl.any = append(cl.any, int32(at))
			} else {
				cl.missing = append(cl.missing, id)
			}
		}
		own.clauses = append(own.clauses, cl)
	}
	for _, b := range u.Bundled {
		members := make([]member, 0, len(b.Any))
		for _, identity := range b.Any {
			m := member{id: identity.ID, at: -1}
			if at, ok := p.catalog.Find(identity.ID); ok && at != i {
				m.at = int32(at)
				p.updates[at].child = true
			}
			members = append(members, m)
		}
		own.bundle = append(own.bundle, members)
	}
	own.derived = len(own.bundle) > 0 && len(own.installed.roots) == 0 &&
		len(own.superseded.roots) == 0 && len(own.installable.roots) == 0
	for _, id := range u.Supersedes {
		if at, ok := p.catalog.Find(id); ok && at != i {
			p.updates[at].superseder = append(p.updates[at].superseder, int32(i))
		}
	}
}

// order finds the order of decision and the circles of supersedence.
func (p *Program) order() {
	p.groups = components(len(p.updates), func(i int32, visit func(int32)) {
		u := &p.updates[i]
		for _, cl := range u.clauses {
			for _, at := range cl.any {
				visit(at)
			}
		}
		if !u.derived {
			return
		}
		for _, members := range u.bundle {
			for _, m := range members {
				if m.at >= 0 {
					visit(m.at)
				}
			}
		}
	})
	for _, g := range p.groups {
		for _, i := range g {
			p.updates[i].cyclic = len(g) > 1 || p.requiresItself(i)
		}
	}
	p.circles = make([]int32, len(p.updates))
	circles := components(len(p.updates), func(i int32, visit func(int32)) {
		for _, at := range p.updates[i].superseder {
			visit(at)
		}
	})
	for number, g := range circles {
		for _, i := range g {
			p.circles[i] = int32(number)
		}
	}
}

func (p *Program) requiresItself(i int32) bool {
	for _, cl := range p.updates[i].clauses {
		if slices.Contains(cl.any, i) {
			return true
		}
	}
	return false
}

// Unsupported counts the rules of the catalogue that are none of the
// vocabulary, by name.
func (p *Program) Unsupported() map[string]int { return p.countIssues(CauseUnsupported) }

// Invalid counts the rules of the catalogue that are written wrongly, by name.
func (p *Program) Invalid() map[string]int { return p.countIssues(CauseInvalid) }

// Queries counts the rules of the catalogue whose WQL is not understood, by
// name.
func (p *Program) Queries() map[string]int { return p.countIssues(CauseWQL) }

func (p *Program) countIssues(cause Cause) map[string]int {
	counts := map[string]int{}
	for i := range p.issues {
		if p.issues[i].Cause == cause {
			counts[p.issues[i].Rule]++
		}
	}
	return counts
}

// Programs keeps the programs of the catalogues compiled last, so that
// scanning again, or scanning many machines, compiles once. The zero value is
// usable. Safe for concurrent use; a catalogue is compiled by one caller while
// the others wait.
type Programs struct {
	mu   sync.Mutex
	kept [keptPrograms]*Program
	next int
}

// keptPrograms is how many programs are kept: the catalogue in use and the
// one before it.
const keptPrograms = 2

// Get returns the program of the catalogue, compiling it if it is not kept.
// Catalogues are told apart by their pointers.
func (p *Programs) Get(catalog *wsus.Catalog) *Program {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, kept := range p.kept {
		if kept != nil && kept.catalog == catalog {
			return kept
		}
	}
	compiled := Compile(catalog)
	p.kept[p.next] = compiled
	p.next = (p.next + 1) % keptPrograms
	return compiled
}
