package wsusrapid

import (
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// ID draws the id of an update, of few, so that relations meet:
// [wsustest.ID] of 1 to 9.
func ID() *rapid.Generator[compliance.UpdateID] {
	return rapid.Map(rapid.IntRange(1, 9), wsustest.ID)
}

// Text draws a text: often empty or short, sometimes not UTF-8.
func Text() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "Name", "b.FileVersion", "\x00", "\xff\xfe", "é\r\n"}),
		rapid.StringN(0, 12, -1),
	)
}

// size draws the length of a list, mostly short.
func size() *rapid.Generator[int] { return rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3}) }

// AnyRule draws a tree of at most the given depth with names and attributes
// of any text: for what stores and carries rules, not for what evaluates
// them; see [Rule].
func AnyRule(depth int) *rapid.Generator[wsus.Rule] {
	return rapid.Custom(func(t *rapid.T) wsus.Rule {
		r := wsus.Rule{Name: Text().Draw(t, "name"), Text: Text().Draw(t, "text")}
		for range size().Draw(t, "attrs") {
			r.Attrs = append(r.Attrs, wsus.Attr{Name: Text().Draw(t, "attr"), Value: Text().Draw(t, "value")})
		}
		if depth > 1 {
			for range size().Draw(t, "children") {
				r.Children = append(r.Children, AnyRule(depth-1).Draw(t, "child"))
			}
		}
		return r
	})
}

// section draws an absent, an empty or a filled section.
func section(t *rapid.T) []wsus.Rule {
	if rapid.Bool().Draw(t, "absent") {
		return nil
	}
	list := []wsus.Rule{}
	for range size().Draw(t, "rules") {
		list = append(list, AnyRule(3).Draw(t, "rule"))
	}
	return list
}

func date(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "no date") {
		return time.Time{}
	}
	s := rapid.Int64Range(-1<<36, 1<<36).Draw(t, "seconds")
	n := rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")
	return time.Unix(s, n).In(time.FixedZone("", rapid.IntRange(-12, 12).Draw(t, "zone")*3600))
}

// Update draws an update that a catalogue accepts, with anything in its
// fields.
func Update() *rapid.Generator[wsus.Update] {
	return rapid.Custom(func(t *rapid.T) wsus.Update {
		texts := func(label string) []string {
			var list []string
			for range size().Draw(t, label) {
				list = append(list, Text().Draw(t, label))
			}
			return list
		}
		ids := func(label string) []compliance.UpdateID {
			var list []compliance.UpdateID
			for range size().Draw(t, label) {
				list = append(list, ID().Draw(t, label))
			}
			return list
		}
		u := wsus.Update{
			Identity: wsus.Identity{
				ID: ID().Draw(t, "id"),
				Revision: compliance.Revision(rapid.OneOf(rapid.Uint32Range(0, 3),
					rapid.Just(uint32(wsus.MaxRevision))).Draw(t, "revision")),
			},
			Kind:       wsus.Kind(rapid.IntRange(1, 4).Draw(t, "kind")),
			Action:     wsus.Action(rapid.IntRange(0, 7).Draw(t, "action")),
			Expired:    rapid.Bool().Draw(t, "expired"),
			Leaf:       rapid.Bool().Draw(t, "leaf"),
			Title:      Text().Draw(t, "title"),
			KBArticles: texts("kb"), Bulletins: texts("bulletins"), CVEs: texts("cves"),
			Severity: Text().Draw(t, "severity"), Vendor: Text().Draw(t, "vendor"),
			Description: Text().Draw(t, "description"), CategoryType: Text().Draw(t, "category"),
			Products: ids("products"), Supersedes: ids("supersedes"),
			Created:        date(t),
			RebootBehavior: Text().Draw(t, "reboot"), Handler: Text().Draw(t, "handler"),
			Origin: rapid.SampledFrom([]string{"", "a.sdp", "b.sdp"}).Draw(t, "origin"),
			Rules: wsus.Rules{
				IsInstalled: section(t), IsSuperseded: section(t),
				IsInstallable: section(t), Metadata: section(t),
			},
		}
		if rapid.Bool().Draw(t, "classified") {
			u.Classification = ID().Draw(t, "classification")
		}
		for range size().Draw(t, "clauses") {
			u.Prerequisites = append(u.Prerequisites, wsus.Clause{Category: rapid.Bool().Draw(t, "is category"), Any: ids("any")})
		}
		for range size().Draw(t, "bundles") {
			var b wsus.BundleClause
			for _, id := range ids("members") {
				b.Any = append(b.Any, wsus.Identity{ID: id, Revision: compliance.Revision(rapid.Uint32Range(0, 300).Draw(t, "member"))})
			}
			u.Bundled = append(u.Bundled, b)
		}
		return u
	})
}

// Updates draws at most so many updates of distinct identities: revisions of
// an update among them, but none twice.
func Updates(most int) *rapid.Generator[[]wsus.Update] {
	return rapid.SliceOfNDistinct(Update(), 0, most, func(u wsus.Update) wsus.Identity { return u.Identity })
}

// Catalog draws a catalogue of at most so many updates.
func Catalog(most int) *rapid.Generator[*wsus.Catalog] {
	return rapid.Custom(func(t *rapid.T) *wsus.Catalog {
		updates := Updates(most).Draw(t, "updates")
		c, err := wsus.NewCatalog(rapid.Uint32Range(0, 40).Draw(t, "version"), updates)
		if err != nil {
			t.Fatalf("wsusrapid: %v", err)
		}
		return c
	})
}
