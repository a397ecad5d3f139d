package applicability

import (
	"context"
	"fmt"
	"slices"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// Verdict is the state of one update on the machine, before and beside what a
// scan reports.
type Verdict struct {
	wsus.Identity
	// State is the raw state, whatever supersedes the update.
	State compliance.State
	// Reason says why.
	Reason Reason
	// Detail names what Reason speaks of: the prerequisite, the rule and the
	// fact. It is set for unknown updates and unmet prerequisites, else "".
	Detail string
	// Prerequisites, IsInstalled, IsSuperseded and IsInstallable are the raw
	// parts. A section that the update does not have is False.
	Prerequisites, IsInstalled, IsSuperseded, IsInstallable Value
	// Omission says whether a scan reports the update, and if not, why not.
	Omission Omission
	// SupersededBy is the update that pruned it, zero when none did.
	SupersededBy compliance.UpdateID
}

// maxCycle is how many updates may be in one cycle of prerequisites; larger
// cycles are unknown.
const maxCycle = 1024

// run is one evaluation of a catalogue.
type run struct {
	*machine
	prog   *Program
	config *Config
	// full: fill in all parts of the verdicts, also those that do not
	// matter for the state.
	full      bool
	installed []Value
	verdicts  []Verdict
}

// decide decides all updates, in the order of their dependencies.
func decide(ctx context.Context, prog *Program, cfg *Config, full bool) (*run, error) {
	n := len(prog.updates)
	r := &run{
		machine: newMachine(prog.rules, cfg.Facts), prog: prog, config: cfg, full: full,
		installed: make([]Value, n), verdicts: make([]Verdict, n),
	}
	for _, group := range prog.groups {
		if len(group) > 1 || prog.updates[group[0]].cyclic {
			r.resolveCycle(group)
		}
		for _, i := range group {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("applicability: evaluate: %w", err)
			}
			r.verdicts[i] = r.update(i)
			r.installed[i] = r.isInstalled(i)
		}
	}
	for i := range int32(n) {
		r.omit(i)
	}
	return r, nil
}

// resolveCycle finds which updates of a cycle are installed: the least
// solution, starting from none, so it does not depend on an order. An update
// that only the cycle itself would install is not installed. A bundle without
// rules of its own is unknown as soon as its prerequisites do not fail.
func (r *run) resolveCycle(group []int32) {
	if len(group) > maxCycle {
		return // all unknown
	}
	for _, i := range group {
		r.installed[i] = False
	}
	for changed := true; changed; {
		changed = false
		for _, i := range group {
			u := &r.prog.updates[i]
			v := r.prerequisites(u)
			if u.derived {
				v = v.And(Unknown)
			} else if v != False {
				v = v.And(r.evalSection(&u.installed))
			}
			if v != r.installed[i] {
				r.installed[i], changed = v, true
			}
		}
	}
}

// prerequisites is the conjunction of the clauses. A clause that names only
// updates that are not in the catalogue is unmet; but if it is about
// categories it counts as met (our choice: catalogues read from packages
// carry no categories).
func (r *run) prerequisites(u *program) Value {
	v := True
	for i := range u.clauses {
		if v = v.And(r.clause(&u.clauses[i])); v == False {
			break
		}
	}
	return v
}

func (r *run) clause(cl *clause) Value {
	if len(cl.any) == 0 {
		return ValueOf(cl.category)
	}
	v := False
	for _, at := range cl.any {
		if v = v.Or(r.installed[at]); v == True {
			break
		}
	}
	return v
}

// isInstalled is the decided update's worth as a prerequisite.
func (r *run) isInstalled(i int32) Value {
	u, v := &r.prog.updates[i], &r.verdicts[i]
	if u.cyclic {
		return r.installed[i]
	}
	if v.State == compliance.Installed {
		return True
	}
	if v.State != compliance.Unknown {
		return False
	}
	if u.derived {
		return Unknown
	}
	return v.Prerequisites.And(v.IsInstalled)
}

// update decides one update whose dependencies are decided.
func (r *run) update(i int32) Verdict {
	u := &r.prog.updates[i]
	v := Verdict{Identity: r.prog.catalog.At(int(i)).Identity, Omission: Reported}
	v.IsInstalled, v.IsSuperseded, v.IsInstallable = False, False, False
	v.Prerequisites = r.prerequisites(u)
	if r.full || v.Prerequisites != False {
		v.IsInstalled = r.evalSection(&u.installed)
		if r.full || v.IsInstalled != True || v.Prerequisites != True {
			v.IsSuperseded = r.evalSection(&u.superseded)
			v.IsInstallable = r.evalSection(&u.installable)
		}
	}
	if v.Prerequisites == False {
		v.State = compliance.NotRequired
		v.Reason, v.Detail = r.unmet(u)
		return v
	}
	if u.derived {
		r.derive(i, &v)
		return v
	}
	v.State, v.Reason = resolve(&v)
	if v.State == compliance.Unknown {
		r.whyUnknown(u, &v)
	} else if v.Reason == ReasonNotInstallable && len(u.installed.roots)+len(u.installable.roots) == 0 {
		v.Reason = ReasonNoRules
	}
	return v
}

// resolve combines the parts. An update is installed when its prerequisites
// hold and IsInstalled does; otherwise it is required when its prerequisites
// and IsInstallable hold and IsSuperseded does not (specified: offered only if
// IsInstalled and IsSuperseded are false and IsInstallable is true).
func resolve(v *Verdict) (compliance.State, Reason) {
	installed := v.Prerequisites.And(v.IsInstalled)
	required := v.Prerequisites.And(v.IsInstalled.Not()).And(v.IsSuperseded.Not()).And(v.IsInstallable)
	if installed == True {
		return compliance.Installed, ReasonInstalled
	}
	if required == True {
		return compliance.Required, ReasonInstallable
	}
	if installed == Unknown || required == Unknown {
		return compliance.Unknown, ReasonUnavailable // DIFF-5
	}
	if v.IsSuperseded == True {
		return compliance.NotRequired, ReasonSuperseded
	}
	return compliance.NotRequired, ReasonNotInstallable
}

// derive takes a bundle parent's state from its members.
func (r *run) derive(i int32, v *Verdict) {
	u := &r.prog.updates[i]
	if u.cyclic {
		v.State, v.Reason = compliance.Unknown, ReasonCycle
		return
	}
	v.State, v.Reason = r.config.Bundle(r.prog.catalog.At(int(i)), r.members(u))
	if v.State == compliance.Unknown {
		v.Detail = r.unknownMember(u)
	} else if v.Prerequisites == Unknown && v.State != compliance.NotRequired {
		v.State, v.Reason, v.Detail = compliance.Unknown, ReasonPrerequisiteUnknown, r.unknownClause(u)
	}
}

func (r *run) members(u *program) [][]Member {
	clauses := make([][]Member, 0, len(u.bundle))
	for _, members := range u.bundle {
		list := make([]Member, 0, len(members))
		for _, m := range members {
			if m.at < 0 {
				list = append(list, Member{ID: m.id, State: compliance.NotRequired, Missing: true})
			} else {
				list = append(list, Member{ID: m.id, State: r.verdicts[m.at].State})
			}
		}
		clauses = append(clauses, list)
	}
	return clauses
}

func (r *run) unknownMember(u *program) string {
	for _, members := range u.bundle {
		for _, m := range members {
			if m.at >= 0 && r.verdicts[m.at].State == compliance.Unknown {
				return "bundle member " + m.id.String()
			}
		}
	}
	return ""
}

// omit decides whether a scan reports the update.
func (r *run) omit(i int32) {
	u, v := r.prog.catalog.At(int(i)), &r.verdicts[i]
	v.Omission = r.omission(u, r.prog.updates[i].child)
	if v.Omission != Reported || r.config.Supersedence == KeepSuperseded {
		return
	}
	if by := r.prunedBy(i); by >= 0 {
		v.Omission, v.SupersededBy = OmittedSuperseded, r.verdicts[by].ID
	}
}

func (r *run) omission(u *wsus.Update, child bool) Omission {
	if u.Kind != wsus.KindSoftware && u.Kind != wsus.KindDriver {
		return OmittedKind
	}
	if u.Expired {
		return OmittedExpired
	}
	if slices.Contains([]wsus.Action{wsus.ActionEvaluate, wsus.ActionBundle, wsus.ActionBlock}, u.Action) {
		return OmittedAction
	}
	if child && u.Action == wsus.ActionNone {
		return OmittedMember
	}
	return Reported
}
