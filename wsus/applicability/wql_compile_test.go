package applicability_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// disjunction draws a query that is, or nearly is, of the form that is not
// parsed as a whole.
func disjunction(t *rapid.T) string {
	// odd is how often a part is of the second kind, in twelve.
	odd := rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "odd")
	pick := func(label string, usual, others []string) string {
		if rapid.IntRange(1, 12).Draw(t, "odd "+label) <= odd {
			usual = others
		}
		return rapid.SampledFrom(usual).Draw(t, label)
	}
	wql := pick("head", []string{"select * from X where ", "SELECT A, B FROM x WHERE ", "select*from Y\nwhere\t"},
		[]string{"select * from X where not ", "select * from X where (", "select * from X where", "select * from X", "select A, from X where "})
	for i := range rapid.IntRange(0, 4).Draw(t, "more") + 1 {
		if i > 0 {
			wql += pick("or", []string{" or ", " OR ", "oR\t", "\r\nor "}, []string{" and ", " or not ", ") or (", "or", " or 'a' or ", ",", ""})
		}
		wql += pick("property", []string{"A", "a", " B", "Ä"}, []string{"Z", "not", "true", "'a'", "4"}) +
			pick("operator", []string{"=", " = ", " LIKE ", " like", " <> ", "!=", ">="}, []string{" is null or A = ", " = B or A = ", " = true and A = ", "~", ""}) +
			pick("string", []string{"'a'", `"a"`, "'A'", "'%a%'", `'\\'`, `'it\'s'`, `"it's"`, `'%\"%'`}, []string{`'a\n'`, "'[a'", "'a", "5", "NULL"})
	}
	return wql + pick("tail", []string{"", " "}, []string{")", " or", ";", " group by A", `\`})
}

// Queries of one catalogue share what they have in common: each is decided as
// it is by itself, by the model.
func TestQueriesOfACatalogAgreeWithTheModel(t *testing.T) {
	t.Parallel()
	value := rapid.SampledFrom([]any{nil, "a", "ba", "A", `\`, "it's", `"`, 5})
	good, bad := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		doc := &applicability.Document{}
		for _, class := range []string{"X", "Y"} {
			rows := make([]map[string]any, rapid.IntRange(0, 2).Draw(t, "rows"))
			for i := range rows {
				rows[i] = map[string]any{"A": value.Draw(t, "A"), "B": value.Draw(t, "B"), "ä": value.Draw(t, "ä")}
			}
			if err := doc.SetWMI(`root\cimv2`, class, rows...); err != nil {
				t.Fatal(err)
			}
		}
		queries := rapid.SliceOfN(rapid.Custom(disjunction), 1, 8).Draw(t, "queries")
		updates := make([]wsus.Update, len(queries))
		faults := 0
		for i, wql := range queries {
			updates[i] = update(i, wsus.Rules{IsInstalled: []wsus.Rule{query(wql)}})
			if applicability.CheckQuery(wql) != nil {
				faults++
			}
		}
		good, bad = good+len(queries)-faults, bad+faults
		c, err := wsus.NewCatalog(1, updates)
		if err != nil {
			t.Fatal(err)
		}
		e, err := applicability.New(applicability.Config{Facts: doc.Facts()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Verdicts(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for i, wql := range queries {
			want, err := wsustest.Model{}.Rule(&updates[i].Rules.IsInstalled[0], doc)
			if err != nil {
				t.Fatal(err)
			}
			if got[i].IsInstalled != want {
				t.Errorf("query %q = %v, want %v", wql, got[i].IsInstalled, want)
			}
		}
		if n := e.Compile(c).Queries()["WmiQuery"]; n != faults {
			t.Errorf("%d queries are not understood, want %d of\n%s", n, faults, strings.Join(queries, "\n"))
		}
	})
	if (good == 0 || bad == 0) && !testing.Short() { // which draws a fifth
		t.Errorf("%d good and %d bad queries: want some of each", good, bad)
	}
}
