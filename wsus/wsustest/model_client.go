package wsustest

import (
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// client decides the updates of a catalogue on a machine.
type client struct {
	judge   *judge
	updates map[compliance.UpdateID]*wsus.Update
	ids     []compliance.UpdateID // sorted
	// installed is the worth of an update as a prerequisite, once found.
	installed map[compliance.UpdateID]tri
}

// newClient takes of each update the highest revision.
func newClient(j *judge, updates []wsus.Update) *client {
	c := &client{judge: j, updates: map[compliance.UpdateID]*wsus.Update{}, installed: map[compliance.UpdateID]tri{}}
	for i := range updates {
		u := &updates[i]
		if old := c.updates[u.ID]; old == nil || old.Revision < u.Revision {
			c.updates[u.ID] = u
		}
	}
	for id := range c.updates {
		c.ids = append(c.ids, id)
	}
	slices.SortFunc(c.ids, compliance.UpdateID.Compare)
	return c
}

// sectionOf is the value of a section of an update's rules.
func (c *client) sectionOf(u *wsus.Update, rules []wsus.Rule) tri {
	c.judge.update = u
	return c.judge.section(rules)
}

// derives reports whether an update takes its state from its members: it has
// members, and no rules of its own.
func derives(u *wsus.Update) bool {
	return len(u.Bundled) > 0 && len(u.Rules.IsInstalled) == 0 && len(u.Rules.IsSuperseded) == 0 && len(u.Rules.IsInstallable) == 0
}

// members are the members of a bundle that are in the catalogue; the bundle
// itself is none of them.
func (c *client) members(u *wsus.Update) []compliance.UpdateID {
	var list []compliance.UpdateID
	for _, clause := range u.Bundled {
		for _, m := range clause.Any {
			if c.updates[m.ID] != nil && m.ID != u.ID {
				list = append(list, m.ID)
			}
		}
	}
	return list
}

// needs are the updates on which the state of an update depends.
func (c *client) needs(id compliance.UpdateID) []compliance.UpdateID {
	u := c.updates[id]
	var list []compliance.UpdateID
	for _, clause := range u.Prerequisites {
		for _, p := range clause.Any {
			if c.updates[p] != nil {
				list = append(list, p)
			}
		}
	}
	if derives(u) {
		list = append(list, c.members(u)...)
	}
	return list
}

// reaches are all things to which steps lead from here, at least one of them.
func reaches(from compliance.UpdateID, steps func(compliance.UpdateID) []compliance.UpdateID) map[compliance.UpdateID]bool {
	seen := map[compliance.UpdateID]bool{}
	open := steps(from)
	for len(open) > 0 {
		id := open[0]
		open = open[1:]
		if !seen[id] {
			seen[id] = true
			open = append(open, steps(id)...)
		}
	}
	return seen
}

// circle are the updates that depend on each other and on this one in a
// circle, itself among them; none when it does not depend on itself.
func (c *client) circle(id compliance.UpdateID) []compliance.UpdateID {
	var list []compliance.UpdateID
	for other := range reaches(id, c.needs) {
		if reaches(other, c.needs)[id] {
			list = append(list, other)
		}
	}
	return list
}

// worth is whether an update is installed, as far as those that require it are
// concerned. In a circle of prerequisites none is, unless something outside
// makes it so: they begin with no, and rise until nothing changes. A bundle in
// a circle is unknown as soon as its prerequisites are not known to fail.
func (c *client) worth(id compliance.UpdateID) tri {
	if v, found := c.installed[id]; found {
		return v
	}
	circle := c.circle(id)
	if len(circle) == 0 {
		v := map[compliance.State]tri{compliance.Installed: yes, compliance.Unknown: unknown}[c.state(id)]
		if u := c.updates[id]; !derives(u) {
			v = all(c.prerequisites(u), c.sectionOf(u, u.Rules.IsInstalled))
		}
		c.installed[id] = v
		return v
	}
	if len(circle) > 1024 {
		c.judge.unmodelled["circles of more than 1,024 prerequisites"] = true
	}
	for _, other := range circle { // all that is outside, first
		for _, need := range c.needs(other) {
			if !slices.Contains(circle, need) {
				c.worth(need)
			}
		}
	}
	for _, other := range circle {
		c.installed[other] = no
	}
	for range 2*len(circle) + 1 {
		for _, other := range circle {
			u := c.updates[other]
			own := unknown
			if !derives(u) {
				own = c.sectionOf(u, u.Rules.IsInstalled)
			}
			c.installed[other] = all(c.prerequisites(u), own)
		}
	}
	return c.installed[id]
}

// prerequisites is whether every clause has an update that is installed. A
// clause about categories none of which is in the catalogue holds.
func (c *client) prerequisites(u *wsus.Update) tri {
	v := yes
	for _, clause := range u.Prerequisites {
		best, found := no, false
		for _, id := range clause.Any {
			if c.updates[id] != nil {
				best, found = max(best, c.worth(id)), true
			}
		}
		if !found && clause.Category {
			best = yes
		}
		v = min(v, best)
	}
	return v
}

// state is the state of an update, whatever supersedes it.
func (c *client) state(id compliance.UpdateID) compliance.State {
	u := c.updates[id]
	met := c.prerequisites(u)
	if met == no {
		return compliance.NotRequired
	}
	if derives(u) {
		if len(c.circle(id)) > 0 {
			return compliance.Unknown
		}
		state := c.bundle(u)
		if met == unknown && state != compliance.NotRequired {
			return compliance.Unknown
		}
		return state
	}
	is, gone, can := c.sectionOf(u, u.Rules.IsInstalled), c.sectionOf(u, u.Rules.IsSuperseded), c.sectionOf(u, u.Rules.IsInstallable)
	installed, required := all(met, is), all(met, not(is), not(gone), can)
	if installed == yes {
		return compliance.Installed
	}
	if required == yes {
		return compliance.Required
	}
	if installed == unknown || required == unknown {
		return compliance.Unknown
	}
	return compliance.NotRequired
}

// bundle is the state of a bundle by its members: required if one is, else
// unknown if one is, else installed if one is, else not required. One from a
// document, none of whose members is there, is unknown.
func (c *client) bundle(u *wsus.Update) compliance.State {
	members := c.members(u)
	if len(members) == 0 && u.Action == wsus.ActionNone {
		return compliance.Unknown
	}
	for _, state := range []compliance.State{compliance.Required, compliance.Unknown, compliance.Installed} {
		for _, m := range members {
			if c.state(m) == state {
				return state
			}
		}
	}
	return compliance.NotRequired
}

// report are the records of what a scan reports, sorted by id.
func (c *client) report() []compliance.Record {
	var records []compliance.Record
	for _, id := range c.ids {
		u := c.updates[id]
		if c.isResult(u) && !c.pruned(id) {
			records = append(records, compliance.Record{ID: id, Revision: u.Revision, State: c.state(id)})
		}
	}
	return records
}

// isResult reports whether an update is among the results: software or a
// driver, not expired, not deployed for evaluation only, for a bundle, or
// blocked, and no member of a bundle unless its own action says so.
func (c *client) isResult(u *wsus.Update) bool {
	if u.Expired || u.Kind != wsus.KindSoftware && u.Kind != wsus.KindDriver {
		return false
	}
	switch u.Action {
	case wsus.ActionEvaluate, wsus.ActionBundle, wsus.ActionBlock:
		return false
	case wsus.ActionNone:
		for _, other := range c.ids {
			if slices.Contains(c.members(c.updates[other]), u.ID) {
				return false
			}
		}
	case wsus.ActionPreDeploymentCheck, wsus.ActionInstall, wsus.ActionOptionalInstall, wsus.ActionUninstall:
	}
	return true
}

// superseders are the updates of the catalogue that supersede an update.
func (c *client) superseders(id compliance.UpdateID) []compliance.UpdateID {
	var list []compliance.UpdateID
	for _, other := range c.ids {
		if other != id && slices.Contains(c.updates[other].Supersedes, id) {
			list = append(list, other)
		}
	}
	return list
}

// pruned reports whether an update is left out because another, that is
// required or installed, supersedes it: not one that is expired, a service
// pack or a definition update, nor one that it supersedes itself, in a circle.
func (c *client) pruned(id compliance.UpdateID) bool {
	for _, by := range c.superseders(id) {
		u := c.updates[by]
		class := u.Classification.String()
		if u.Expired || class == "68c5b0a3-d1a6-4553-ae49-01d3a7827828" || class == "e0789628-ce08-4437-be74-2495b842f43b" {
			continue
		}
		if reaches(by, c.superseders)[id] {
			continue
		}
		if s := c.state(by); s == compliance.Required || s == compliance.Installed {
			return true
		}
	}
	return false
}
