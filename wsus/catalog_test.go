package wsus_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

// emptyIsNil makes lists that are empty equal to nil ones, but not the
// sections of rules, where the difference means something.
func emptyIsNil() cmp.Option {
	return cmp.FilterValues(func(a, b any) bool {
		if _, rules := a.([]wsus.Rule); rules {
			return false
		}
		length := func(v any) int {
			switch l := v.(type) {
			case []string:
				return len(l)
			case []compliance.UpdateID:
				return len(l)
			case []wsus.Clause:
				return len(l)
			case []wsus.BundleClause:
				return len(l)
			case []wsus.Identity:
				return len(l)
			case []wsus.Attr:
				return len(l)
			}
			return -1
		}
		return length(a) == 0 && length(b) == 0
	}, cmp.Comparer(func(_, _ any) bool { return true }))
}

func TestNewCatalogKeepsTheHighestRevision(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		updates := wsusrapid.Updates(8).Draw(t, "updates")
		c, err := wsus.NewCatalog(7, updates)
		if err != nil {
			t.Fatal(err)
		}
		model := map[compliance.UpdateID]wsus.Update{}
		for _, u := range updates {
			if m, ok := model[u.ID]; !ok || u.Revision > m.Revision {
				model[u.ID] = u
			}
		}
		if c.Len() != len(model) || c.Version() != 7 {
			t.Fatalf("Len() = %d, Version() = %d, want %d, 7", c.Len(), c.Version(), len(model))
		}
		seen := 0
		for i, u := range c.All() {
			seen++
			if i > 0 && c.At(i-1).ID.Compare(u.ID) >= 0 {
				t.Fatalf("At(%d) is not after At(%d)", i, i-1)
			}
			if u != c.At(i) {
				t.Fatalf("All gives another update than At(%d)", i)
			}
			if diff := cmp.Diff(model[u.ID], *u); diff != "" {
				t.Fatalf("update %v (-want +got):\n%s", u.ID, diff)
			}
			if u.Created.Location() != time.UTC {
				t.Fatalf("Created is in %v", u.Created.Location())
			}
			if at, ok := c.Find(u.ID); at != i || !ok {
				t.Fatalf("Find(%v) = %d, %t, want %d, true", u.ID, at, ok, i)
			}
		}
		if seen != c.Len() {
			t.Fatalf("All gives %d updates, want %d", seen, c.Len())
		}
		if i, ok := c.Find(wsustest.ID(99)); ok {
			t.Fatalf("Find of an absent update = %d, true", i)
		}
		shuffled := rapid.Permutation(updates).Draw(t, "shuffled")
		other, err := wsus.NewCatalog(7, shuffled)
		if err != nil || !c.Equal(other) {
			t.Fatalf("another order gives another catalogue, %v", err)
		}
	})
}

func TestCatalogRelations(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := wsus.NewCatalog(1, wsusrapid.Updates(8).Draw(t, "updates"))
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range c.All() {
			var superseded, bundled, required []int
			for j, o := range c.All() {
				if slices.Contains(o.Supersedes, u.ID) {
					superseded = append(superseded, j)
				}
				if slices.ContainsFunc(o.Bundled, func(b wsus.BundleClause) bool {
					return slices.ContainsFunc(b.Any, func(m wsus.Identity) bool { return m.ID == u.ID })
				}) {
					bundled = append(bundled, j)
				}
				if slices.ContainsFunc(o.Prerequisites, func(p wsus.Clause) bool { return slices.Contains(p.Any, u.ID) }) {
					required = append(required, j)
				}
			}
			if diff := cmp.Diff(superseded, c.SupersededBy(i)); diff != "" {
				t.Fatalf("SupersededBy(%d) (-want +got):\n%s", i, diff)
			}
			if diff := cmp.Diff(bundled, c.BundledIn(i)); diff != "" {
				t.Fatalf("BundledIn(%d) (-want +got):\n%s", i, diff)
			}
			if diff := cmp.Diff(required, c.RequiredBy(i)); diff != "" {
				t.Fatalf("RequiredBy(%d) (-want +got):\n%s", i, diff)
			}
		}
	})
}

func TestNewCatalogCopies(t *testing.T) {
	t.Parallel()
	a := wsus.Update{Identity: wsus.Identity{ID: wsustest.ID(1), Revision: 1}, Kind: wsus.KindSoftware, Title: "one", Origin: "b.sdp"}
	same := a
	same.Origin = "a.sdp"
	other := a
	other.Title = "two"
	older := other
	older.Revision = 0

	list := []wsus.Update{a, same}
	c, err := wsus.NewCatalog(1, list)
	if err != nil || c.Len() != 1 || c.At(0).Origin != "a.sdp" {
		t.Fatalf("NewCatalog of two copies = %d updates, %v, want one from a.sdp", c.Len(), err)
	}
	list[0].Title = "changed"
	if c.At(0).Title != "one" {
		t.Error("the catalogue shares the slice it was given")
	}
	for _, list := range [][]wsus.Update{{a, other}, {other, a}, {older, a, same, func() wsus.Update { u := older; u.Title = "three"; return u }()}} {
		_, err = wsus.NewCatalog(1, list)
		e, ok := errors.AsType[*wsus.UpdateError](err)
		if !errors.Is(err, wsus.ErrDuplicate) || !ok || e.Identity.ID != a.ID || !strings.Contains(err.Error(), a.ID.String()) {
			t.Errorf("NewCatalog = %v, want ErrDuplicate that names the update", err)
		}
	}
}

// deepRule is a tree of the given depth.
func deepRule(depth int) wsus.Rule {
	r := wsus.Rule{Name: "Not"}
	for range depth - 1 {
		r = wsus.Rule{Name: "Not", Children: []wsus.Rule{r}}
	}
	return r
}

func TestNewCatalogRefuses(t *testing.T) {
	t.Parallel()
	good := wsus.Update{Identity: wsus.Identity{ID: wsustest.ID(1)}, Kind: wsus.KindSoftware, Origin: "x.sdp"}
	tests := []struct {
		name string
		edit func(*wsus.Update)
		want string // part of the error, "" when accepted
	}{
		{"good", func(*wsus.Update) {}, ""},
		{"zero id", func(u *wsus.Update) { u.ID = compliance.UpdateID{} }, "the zero id is that of no update"},
		{"no kind", func(u *wsus.Update) { u.Kind = 0 }, "invalid kind 0"},
		{"kind too high", func(u *wsus.Update) { u.Kind = 5 }, "invalid kind 5"},
		{"action too high", func(u *wsus.Update) { u.Action = 8 }, "invalid action 8"},
		{"highest revision", func(u *wsus.Update) { u.Revision = wsus.MaxRevision }, ""},
		{"revision too high", func(u *wsus.Update) { u.Revision = wsus.MaxRevision + 1 }, "revision above"},
		{"member revision too high", func(u *wsus.Update) {
			u.Bundled = []wsus.BundleClause{{Any: []wsus.Identity{{Revision: wsus.MaxRevision + 1}}}}
		}, "bundle member"},
		{"deepest rule", func(u *wsus.Update) { u.Rules.Metadata = []wsus.Rule{deepRule(wsus.MaxRuleDepth)} }, ""},
		{"rule too deep", func(u *wsus.Update) {
			u.Rules.IsInstallable = []wsus.Rule{{}, deepRule(wsus.MaxRuleDepth + 1)}
		}, "deeper than 128"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := good
			tt.edit(&u)
			c, err := wsus.NewCatalog(1, []wsus.Update{u})
			if tt.want == "" {
				if err != nil {
					t.Fatalf("NewCatalog: %v", err)
				}
				data, _ := c.AppendBinary(nil)
				if again, err := wsus.DecodeCatalog(data); err != nil || !again.Equal(c) {
					t.Fatalf("DecodeCatalog: %v", err)
				}
				return
			}
			if c != nil || err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `"x.sdp"`) {
				t.Errorf("NewCatalog = %v, want an error with %q and the origin", err, tt.want)
			}
		})
	}
}

func TestRuleDepth(t *testing.T) {
	t.Parallel()
	for depth := 1; depth <= 6; depth++ {
		r := deepRule(depth)
		r.Children = append(r.Children, wsus.Rule{})
		real := max(depth, 2)
		for limit := range 8 {
			want := min(real, max(limit, 1)+1)
			if got := r.Depth(limit); got != want {
				t.Errorf("Depth(%d) of a tree of depth %d = %d, want %d", limit, real, got, want)
			}
		}
	}
}

func TestRuleAttr(t *testing.T) {
	t.Parallel()
	r := wsus.Rule{Attrs: []wsus.Attr{{Name: "a", Value: "1"}, {Name: "b"}, {Name: "a", Value: "2"}}}
	tests := []struct {
		name, want string
		ok         bool
	}{{"a", "1", true}, {"b", "", true}, {"A", "", false}, {"", "", false}}
	for _, tt := range tests {
		if got, ok := r.Attr(tt.name); got != tt.want || ok != tt.ok {
			t.Errorf("Attr(%q) = %q, %t, want %q, %t", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestNilCatalog(t *testing.T) {
	t.Parallel()
	var c *wsus.Catalog
	if i, ok := c.Find(wsustest.ID(1)); c.Len() != 0 || c.Version() != 0 || ok || i != 0 {
		t.Error("the nil catalogue is not empty")
	}
	for range c.All() {
		t.Error("the nil catalogue has an update")
	}
	if !c.Equal(&wsus.Catalog{}) || !(&wsus.Catalog{}).Equal(c) {
		t.Error("nil and zero catalogue are not equal")
	}
	data, err := c.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wsus.DecodeCatalog(data); err != nil || got.Len() != 0 || got.Version() != 0 {
		t.Errorf("DecodeCatalog of the nil catalogue = %v, %v", got, err)
	}
}

func ExampleNewCatalog() {
	old := wsus.Update{Identity: wsus.Identity{ID: wsustest.ID(7), Revision: 100}, Kind: wsus.KindSoftware, Title: "KB951748"}
	next := wsus.Update{
		Identity: wsus.Identity{ID: wsustest.ID(9), Revision: 100}, Kind: wsus.KindSoftware,
		Title: "KB961063", Supersedes: []compliance.UpdateID{old.ID},
	}
	c, err := wsus.NewCatalog(38, []wsus.Update{next, old})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, u := range c.All() {
		fmt.Println(u.Title)
		for _, by := range c.SupersededBy(i) {
			fmt.Println("  superseded by", c.At(by).Title)
		}
	}
	data, _ := c.AppendBinary(nil)
	stored, err := wsus.DecodeCatalog(data)
	fmt.Println(stored.Len(), stored.Version(), err)
	// Output:
	// KB951748
	//   superseded by KB961063
	// KB961063
	// 2 38 <nil>
}
