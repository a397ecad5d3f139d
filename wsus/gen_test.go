package wsus_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// testID is an id that is easy to make and to tell apart.
func testID(n int) compliance.UpdateID {
	return compliance.UpdateID{0: byte(n >> 8), 5: 0x40, 8: 0x80, 15: byte(n)}
}

// genID draws from few ids, so that relations meet.
func genID() *rapid.Generator[compliance.UpdateID] {
	return rapid.Map(rapid.IntRange(1, 9), testID)
}

func genText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "Name", "b.FileVersion", "\x00", "\xff\xfe", "é\r\n"}),
		rapid.StringN(0, 12, -1),
	)
}

// genSize draws the length of a list, mostly short.
func genSize() *rapid.Generator[int] { return rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3}) }

func genRule(depth int) *rapid.Generator[wsus.Rule] {
	return rapid.Custom(func(t *rapid.T) wsus.Rule {
		r := wsus.Rule{Name: genText().Draw(t, "name"), Text: genText().Draw(t, "text")}
		for range genSize().Draw(t, "attrs") {
			r.Attrs = append(r.Attrs, wsus.Attr{Name: genText().Draw(t, "attr"), Value: genText().Draw(t, "value")})
		}
		if depth > 1 {
			for range genSize().Draw(t, "children") {
				r.Children = append(r.Children, genRule(depth-1).Draw(t, "child"))
			}
		}
		return r
	})
}

// genSection draws an absent, an empty or a filled section.
func genSection(t *rapid.T) []wsus.Rule {
	if rapid.Bool().Draw(t, "absent") {
		return nil
	}
	list := []wsus.Rule{}
	for range genSize().Draw(t, "rules") {
		list = append(list, genRule(3).Draw(t, "rule"))
	}
	return list
}

func genTime(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "no date") {
		return time.Time{}
	}
	s := rapid.Int64Range(-1<<36, 1<<36).Draw(t, "seconds")
	n := rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")
	return time.Unix(s, n).In(time.FixedZone("", rapid.IntRange(-12, 12).Draw(t, "zone")*3600))
}

func genUpdate() *rapid.Generator[wsus.Update] {
	return rapid.Custom(func(t *rapid.T) wsus.Update {
		texts := func(label string) []string {
			var list []string
			for range genSize().Draw(t, label) {
				list = append(list, genText().Draw(t, label))
			}
			return list
		}
		ids := func(label string) []compliance.UpdateID {
			var list []compliance.UpdateID
			for range genSize().Draw(t, label) {
				list = append(list, genID().Draw(t, label))
			}
			return list
		}
		u := wsus.Update{
			Identity: wsus.Identity{
				ID: genID().Draw(t, "id"),
				Revision: compliance.Revision(rapid.OneOf(rapid.Uint32Range(0, 3),
					rapid.Just(uint32(wsus.MaxRevision))).Draw(t, "revision")),
			},
			Kind:       wsus.Kind(rapid.IntRange(1, 4).Draw(t, "kind")),
			Action:     wsus.Action(rapid.IntRange(0, 7).Draw(t, "action")),
			Expired:    rapid.Bool().Draw(t, "expired"),
			Leaf:       rapid.Bool().Draw(t, "leaf"),
			Title:      genText().Draw(t, "title"),
			KBArticles: texts("kb"), Bulletins: texts("bulletins"), CVEs: texts("cves"),
			Severity: genText().Draw(t, "severity"), Vendor: genText().Draw(t, "vendor"),
			Description: genText().Draw(t, "description"), CategoryType: genText().Draw(t, "category"),
			Products: ids("products"), Supersedes: ids("supersedes"),
			Created:        genTime(t),
			RebootBehavior: genText().Draw(t, "reboot"), Handler: genText().Draw(t, "handler"),
			Origin: rapid.SampledFrom([]string{"", "a.sdp", "b.sdp"}).Draw(t, "origin"),
			Rules: wsus.Rules{
				IsInstalled: genSection(t), IsSuperseded: genSection(t),
				IsInstallable: genSection(t), Metadata: genSection(t),
			},
		}
		if rapid.Bool().Draw(t, "classified") {
			u.Classification = genID().Draw(t, "classification")
		}
		for range genSize().Draw(t, "clauses") {
			u.Prerequisites = append(u.Prerequisites, wsus.Clause{Category: rapid.Bool().Draw(t, "is category"), Any: ids("any")})
		}
		for range genSize().Draw(t, "bundles") {
			var b wsus.BundleClause
			for _, id := range ids("members") {
				b.Any = append(b.Any, wsus.Identity{ID: id, Revision: compliance.Revision(rapid.Uint32Range(0, 300).Draw(t, "member"))})
			}
			u.Bundled = append(u.Bundled, b)
		}
		return u
	})
}

// genCatalog draws updates of distinct identities.
func genUpdates(most int) *rapid.Generator[[]wsus.Update] {
	return rapid.SliceOfNDistinct(genUpdate(), 0, most, func(u wsus.Update) wsus.Identity { return u.Identity })
}

// bigCatalog makes a catalogue in which every update has about rules rules,
// with texts as repetitive as real ones.
func bigCatalog(updates, rules int) *wsus.Catalog {
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
			Products:      []compliance.UpdateID{testID(1)},
			Prerequisites: []wsus.Clause{{Category: true, Any: []compliance.UpdateID{testID(1)}}, {Any: []compliance.UpdateID{testID(2)}}},
			Created:       time.Date(2008, 6, 1, 0, 0, i, 0, time.UTC),
			Rules:         wsus.Rules{IsInstalled: []wsus.Rule{and}, IsInstallable: []wsus.Rule{{Name: "Not", Children: []wsus.Rule{file(0)}}}},
		}
		if i > 0 {
			list[i].Supersedes = []compliance.UpdateID{list[i-1].ID}
		}
	}
	c, err := wsus.NewCatalog(38, list)
	if err != nil {
		panic(err)
	}
	return c
}
