package wsustest

import (
	"fmt"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// ID is the n-th id of the tests, easy to make and to tell apart. Those of
// distinct numbers from 0 to 65,535 are distinct, and none is zero.
func ID(n int) compliance.UpdateID {
	return compliance.UpdateID{0: byte(n >> 8), 5: 0x40, 8: 0x80, 15: byte(n)}
}

// Catalog is a catalogue of the updates. It panics when they are refused: it
// is for updates that a test has written down.
func Catalog(version uint32, updates ...wsus.Update) *wsus.Catalog {
	c, err := wsus.NewCatalog(version, updates)
	if err != nil {
		panic(fmt.Sprintf("wsustest: %v", err))
	}
	return c
}

// Simple is the n-th software update: its id is [ID] of n, its revision 100,
// and it is installed or installable as given, whatever the machine.
func Simple(n int, installed, installable bool) wsus.Update {
	constant := func(b bool) []wsus.Rule {
		if b {
			return []wsus.Rule{{Name: "True"}}
		}
		return []wsus.Rule{{Name: "False"}}
	}
	return wsus.Update{
		Identity: wsus.Identity{ID: ID(n), Revision: 100},
		Kind:     wsus.KindSoftware, Action: wsus.ActionPreDeploymentCheck, Leaf: true,
		Title: fmt.Sprintf("Update %d", n),
		Rules: wsus.Rules{IsInstalled: constant(installed), IsInstallable: constant(installable)},
	}
}

// BigCatalog is a catalogue in which every update has about so many rules,
// with texts as repetitive as real ones. Each update but the first supersedes
// the one before it.
func BigCatalog(updates, rules int) *wsus.Catalog {
	list := make([]wsus.Update, updates)
	for i := range list {
		file := func(n int) wsus.Rule {
			return wsus.Rule{Name: "FileVersion", Attrs: []wsus.Attr{
				{Name: "Csidl", Value: "37"},
				{Name: "Path", Value: fmt.Sprintf(`drivers\file%d.sys`, (i+n)%97)},
				{Name: "Comparison", Value: "GreaterThanOrEqualTo"},
				{Name: "Version", Value: fmt.Sprintf("6.0.%d.%d", 6000+i%50, n)},
			}}
		}
		and := wsus.Rule{Name: "And"}
		for n := range rules {
			and.Children = append(and.Children, file(n))
		}
		list[i] = wsus.Update{
			Identity: wsus.Identity{ID: compliance.UpdateID{0: byte(i), 1: byte(i >> 8), 7: 0x40, 9: 1}, Revision: 200},
			Kind:     wsus.KindSoftware, Action: wsus.ActionPreDeploymentCheck, Leaf: true,
			Title:         fmt.Sprintf("Security update %d for a product of ours (KB%d)", i, 900000+i),
			Description:   "A security issue has been identified that could affect a system. Installing this update helps to protect it.",
			KBArticles:    []string{fmt.Sprint(900000 + i)},
			Severity:      "Important",
			Products:      []compliance.UpdateID{ID(1)},
			Prerequisites: []wsus.Clause{{Category: true, Any: []compliance.UpdateID{ID(1)}}, {Any: []compliance.UpdateID{ID(2)}}},
			Created:       time.Date(2008, 6, 1, 0, 0, i, 0, time.UTC),
			Rules:         wsus.Rules{IsInstalled: []wsus.Rule{and}, IsInstallable: []wsus.Rule{{Name: "Not", Children: []wsus.Rule{file(0)}}}},
		}
		if i > 0 {
			list[i].Supersedes = []compliance.UpdateID{list[i-1].ID}
		}
	}
	return Catalog(38, list...)
}
