package wsusrapid

import (
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// Related draws updates for an evaluator, at most so many: their rules are
// trees of [Rule] or constants, and they require, bundle and supersede each
// other, also in circles, and sometimes one that is not there. Their ids are
// [wsustest.ID] of 1 and up; there are two revisions of some.
func Related(most int) *rapid.Generator[[]wsus.Update] {
	return rapid.Custom(func(t *rapid.T) []wsus.Update {
		n := rapid.IntRange(1, most).Draw(t, "updates")
		id := rapid.Map(rapid.IntRange(1, n+1), wsustest.ID) // the last is not there
		ids := func(label string, longest int) []compliance.UpdateID {
			return rapid.SliceOfN(id, 1, longest).Draw(t, label)
		}
		var list []wsus.Update
		for i := range n {
			u := wsus.Update{
				Identity: wsus.Identity{ID: wsustest.ID(i + 1), Revision: 100},
				Kind:     pick(t, "kind", []wsus.Kind{wsus.KindSoftware, wsus.KindSoftware, wsus.KindSoftware, wsus.KindDriver, wsus.KindCategory, wsus.KindDetectoid}),
				Action:   pick(t, "action", []wsus.Action{wsus.ActionNone, wsus.ActionPreDeploymentCheck, wsus.ActionInstall, wsus.ActionEvaluate, wsus.ActionBundle, wsus.ActionBlock}),
				Expired:  oneIn(t, 5, "expired"),
			}
			for range pick(t, "clauses", []int{0, 0, 1, 1, 2}) {
				u.Prerequisites = append(u.Prerequisites, wsus.Clause{Category: oneIn(t, 4, "category"), Any: ids("prerequisite", 3)})
			}
			if oneIn(t, 3, "supersedes") {
				u.Supersedes = ids("superseded", 2)
				u.Classification = pick(t, "classification", []compliance.UpdateID{{}, servicePacks(), wsustest.ID(1)})
			}
			if oneIn(t, 3, "bundle") {
				for range rapid.IntRange(1, 2).Draw(t, "bundle clauses") {
					var clause wsus.BundleClause
					for _, m := range ids("member", 2) {
						clause.Any = append(clause.Any, wsus.Identity{ID: m, Revision: 100})
					}
					u.Bundled = append(u.Bundled, clause)
				}
			}
			if len(u.Bundled) == 0 || oneIn(t, 4, "own rules") {
				u.Rules = wsus.Rules{IsInstalled: part(t), IsSuperseded: part(t), IsInstallable: part(t), Metadata: Metadata().Draw(t, "metadata")}
			}
			list = append(list, u)
			if oneIn(t, 10, "older revision") {
				older := wsus.Update{Identity: wsus.Identity{ID: u.ID, Revision: 99}, Kind: wsus.KindSoftware, Supersedes: ids("superseded then", 2)}
				list = append(list, older)
			}
		}
		return rapid.Permutation(list).Draw(t, "order")
	})
}

// servicePacks is the classification of service packs.
func servicePacks() compliance.UpdateID {
	id, err := compliance.ParseUpdateID("68c5b0a3-d1a6-4553-ae49-01d3a7827828")
	if err != nil {
		panic(err)
	}
	return id
}

// part draws a section of an update's rules: absent, constant or a tree or two.
func part(t *rapid.T) []wsus.Rule {
	switch pick(t, "section", []int{0, 1, 2, 3, 4, 5}) {
	case 0:
		return nil
	case 1:
		return []wsus.Rule{{Name: "True"}}
	case 2:
		return []wsus.Rule{{Name: "False"}}
	case 3:
		return []wsus.Rule{{Name: "Direct3D"}} // unknown
	}
	return rapid.SliceOfN(Rule(3), 1, 2).Draw(t, "rules")
}
