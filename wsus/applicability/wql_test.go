package applicability_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

func query(wql string) wsus.Rule { return rule("WmiQuery", "WqlQuery", wql) }

const wmiDoc = `"wmi":{"root\\cimv2":{
	"Win32_BIOS":[{"Name":"Phoenix","ReleaseDate":"20190104000000.000000+000","Serial":null,"Size":16,"Ratio":1.5,"Primary":true,"Path":"C:\\Dir\\x","Codes":[1,2],"Quote":"it's \"so\""},
		{"Name":"Award","Size":"32","Primary":"false"}],
	"Empty":[],"Gone":null,"Known":{"properties":["Extra"],"rows":[{"A":1}]}},
	"Root/Vendor/":{"Soft":[{"Name":"x"}]}}`

func TestWmiQuery(t *testing.T) {
	t.Parallel()
	bios := func(where string) wsus.Rule { return query("SELECT * FROM Win32_BIOS WHERE " + where) }
	wql := applicability.CauseWQL
	runRules(t, []ruleCase{
		{name: "all rows", doc: wmiDoc, rule: query("select * from win32_bios"), want: yes},
		{name: "list of properties", doc: wmiDoc, rule: query("SELECT Name, Size FROM Win32_BIOS"), want: yes},
		{name: "blanks and line breaks", doc: wmiDoc, rule: query("\n select\t*\r\nfrom Win32_BIOS \n"), want: yes},
		{name: "no rows", doc: wmiDoc, rule: query("SELECT * FROM Empty WHERE Anything = 1"), want: no},
		{name: "no rows at all", doc: wmiDoc, rule: query("SELECT * FROM Empty"), want: no},
		{name: "class known not to exist", doc: wmiDoc, rule: query("SELECT * FROM Gone"), want: no, cause: absent},
		{name: "class not listed", doc: wmiDoc, rule: query("SELECT * FROM Win32_Fan"), want: unknown, cause: unavailable},
		{name: "namespace not listed", doc: wmiDoc, rule: rule("WmiQuery", "Namespace", `root\x`, "WqlQuery", "SELECT * FROM Win32_BIOS"), want: unknown, cause: unavailable},
		{name: "namespace in another form", doc: wmiDoc, rule: rule("WmiQuery", "Namespace", `\\.\ROOT\vendor`, "WqlQuery", "SELECT * FROM Soft"), want: yes},
		{name: "unavailable", rule: query("SELECT * FROM Win32_BIOS"), want: unknown, cause: unavailable},

		{name: "equal in any case", doc: wmiDoc, rule: bios(`NAME = 'PHOENIX'`), want: yes},
		{name: "double quotes", doc: wmiDoc, rule: bios(`Name = "award"`), want: yes},
		{name: "no row has it", doc: wmiDoc, rule: bios(`Name = 'AMI'`), want: no},
		{name: "not equal", doc: wmiDoc, rule: bios(`Name <> 'Phoenix'`), want: yes},
		{name: "not equal, other sign", doc: wmiDoc, rule: bios(`Name != 'Phoenix' AND Name != 'Award'`), want: no},
		{name: "text at least", doc: wmiDoc, rule: bios(`ReleaseDate>='20190104' `), want: yes},
		{name: "text beyond", doc: wmiDoc, rule: bios(`ReleaseDate >= '20190105'`), want: no},
		{name: "null compares with nothing", doc: wmiDoc, rule: bios(`Serial = 'x' OR Serial <> 'x'`), want: no},
		{name: "negation of null is null", doc: wmiDoc, rule: bios(`NOT Serial = 'x'`), want: no},
		{name: "is null", doc: wmiDoc, rule: bios(`Serial IS NULL`), want: yes},
		{name: "is not null", doc: wmiDoc, rule: bios(`Serial is not null`), want: no},
		{name: "property missing in a row is null", doc: wmiDoc, rule: bios(`Name = 'Award' AND Path IS NULL`), want: yes},
		{name: "property of no row", doc: wmiDoc, rule: bios(`Vendor = 'x'`), want: unknown, cause: unavailable},
		{name: "property of no row, null", doc: wmiDoc, rule: bios(`Vendor IS NULL`), want: unknown, cause: unavailable},
		{name: "property of no row does not matter", doc: wmiDoc, rule: bios(`Vendor = 'x' AND Name = 'AMI'`), want: no},
		{name: "property of no row, other operand true", doc: wmiDoc, rule: bios(`Vendor = 'x' OR Name = 'Award'`), want: yes},
		{name: "null and an unknown property is never true", doc: wmiDoc, rule: bios(`Serial = 'x' AND Vendor = 'x'`), want: no},
		{name: "but its negation may be", doc: wmiDoc, rule: bios(`NOT (Serial = 'x' AND Vendor = 'x')`), want: unknown, cause: unavailable},
		{name: "listed property is null", doc: wmiDoc, rule: query("SELECT * FROM Known WHERE Extra IS NULL"), want: yes},
		{name: "array against text", doc: wmiDoc, rule: bios(`Codes = '1'`), want: unknown, cause: unavailable},
		{name: "array is not null", doc: wmiDoc, rule: bios(`Codes IS NOT NULL`), want: yes},

		{name: "number", doc: wmiDoc, rule: bios(`Size = 16`), want: yes},
		{name: "number as text", doc: wmiDoc, rule: bios(`Size = '16'`), want: yes},
		{name: "text as number", doc: wmiDoc, rule: bios(`Size = 32.0`), want: yes},
		{name: "numbers are not compared as text", doc: wmiDoc, rule: bios(`Size > 9 AND Name = 'Phoenix'`), want: yes},
		{name: "texts are not compared as numbers", doc: wmiDoc, rule: bios(`Size > '9' AND Name = 'Award'`), want: no},
		{name: "fraction", doc: wmiDoc, rule: bios(`Ratio < 1.6e0 AND Ratio > +1`), want: yes},
		{name: "number against words", doc: wmiDoc, rule: bios(`Name = 7`), want: no},
		{name: "literal on the left", doc: wmiDoc, rule: bios(`10 < Size AND 16 >= Size AND Name = 'Phoenix'`), want: yes},
		{name: "boolean", doc: wmiDoc, rule: bios(`Primary = TRUE`), want: yes},
		{name: "boolean as text", doc: wmiDoc, rule: bios(`Primary = false AND Name = 'Award'`), want: yes},
		{name: "boolean as number", doc: wmiDoc, rule: bios(`Primary = 1`), want: yes},

		{name: "contains", doc: wmiDoc, rule: bios(`Name LIKE '%OEN%'`), want: yes},
		{name: "whole", doc: wmiDoc, rule: bios(`Name LIKE 'hoenix'`), want: no},
		{name: "one character", doc: wmiDoc, rule: bios(`Name LIKE '_hoenix'`), want: yes},
		{name: "set", doc: wmiDoc, rule: bios(`Name LIKE '[a-c]w[xya]r%'`), want: yes},
		{name: "not of a set", doc: wmiDoc, rule: bios(`Name LIKE '[^a-cp]%'`), want: no},
		{name: "backslash", doc: wmiDoc, rule: bios(`Path LIKE 'c:\\dir\\%'`), want: yes},
		{name: "quote in quotes", doc: wmiDoc, rule: bios(`Quote = 'it\'s "so"'`), want: yes},
		{name: "number", doc: wmiDoc, rule: bios(`Size LIKE '1_'`), want: yes},
		{name: "null", doc: wmiDoc, rule: bios(`Serial LIKE '%'`), want: no},

		{name: "and before or", doc: wmiDoc, rule: bios(`Name = 'Award' OR Name = 'AMI' AND Size = 1`), want: yes},
		{name: "parentheses", doc: wmiDoc, rule: bios(`(Name = 'Award' OR Name = 'AMI') AND Size = 1`), want: no},
		{name: "one row must have both", doc: wmiDoc, rule: bios(`Name = 'Award' AND Size = 16`), want: no},
		{name: "not of a group", doc: wmiDoc, rule: bios(`not (Name like '%o%' or Name like 'z%')`), want: yes},

		{name: "property list cut", doc: wmiDoc, rule: query("SELECT Name, FROM Win32_BIOS"), want: unknown, cause: wql},
		{name: "no from", doc: wmiDoc, rule: query("SELECT *"), want: unknown, cause: wql},
		{name: "associators", doc: wmiDoc, rule: query("ASSOCIATORS OF {Win32_BIOS}"), want: unknown, cause: wql},
		{name: "isa", doc: wmiDoc, rule: bios("__CLASS ISA 'x'"), want: unknown, cause: wql},
		{name: "group by", doc: wmiDoc, rule: query("SELECT * FROM Win32_BIOS GROUP BY Name"), want: unknown, cause: wql},
		{name: "not like", doc: wmiDoc, rule: bios("Name NOT LIKE 'a'"), want: unknown, cause: wql},
		{name: "equal null", doc: wmiDoc, rule: bios("Name = NULL"), want: unknown, cause: wql},
		{name: "no literal", doc: wmiDoc, rule: bios("Name ="), want: unknown, cause: wql},
		{name: "text without end", doc: wmiDoc, rule: bios("Name = 'a"), want: unknown, cause: wql},
		{name: "escape at the end", doc: wmiDoc, rule: bios(`Name = 'a\`), want: unknown, cause: wql},
		{name: "unknown escape", doc: wmiDoc, rule: bios(`Name = 'a\n'`), want: unknown, cause: wql},
		{name: "open parenthesis", doc: wmiDoc, rule: bios("(Name = 'a'"), want: unknown, cause: wql},
		{name: "dangling and", doc: wmiDoc, rule: bios("Name = 'a' AND"), want: unknown, cause: wql},
		{name: "trailing words", doc: wmiDoc, rule: bios("Name = 'a' Name"), want: unknown, cause: wql},
		{name: "bad character", doc: wmiDoc, rule: bios("Name = {1}"), want: unknown, cause: wql},
		{name: "bad number", doc: wmiDoc, rule: bios("Size = 1.2.3"), want: unknown, cause: wql},
		{name: "infinite number", doc: wmiDoc, rule: bios("Size = 1e999"), want: unknown, cause: wql},
		{name: "open set", doc: wmiDoc, rule: bios("Name LIKE '[a'"), want: unknown, cause: wql},
		{name: "empty set", doc: wmiDoc, rule: bios("Name LIKE '[]'"), want: unknown, cause: wql},
		{name: "too deep", doc: wmiDoc, rule: bios(strings.Repeat("(", 65) + "Size=1" + strings.Repeat(")", 65)), want: unknown, cause: wql},
		{name: "as deep as allowed", doc: wmiDoc, rule: bios(strings.Repeat("(", 64) + "Size=16" + strings.Repeat(")", 64)), want: yes},
		{name: "too many nots", doc: wmiDoc, rule: bios(strings.Repeat("NOT ", 65) + "Size=1"), want: unknown, cause: wql},
		{name: "too long", doc: wmiDoc, rule: query(strings.Repeat(" ", applicability.MaxQueryLength) + "SELECT * FROM Empty"), want: unknown, cause: wql},
		{name: "no query", doc: wmiDoc, rule: rule("WmiQuery", "Namespace", `root\cimv2`), want: unknown, cause: invalid},
		{name: "empty query", doc: wmiDoc, rule: query(""), want: unknown, cause: invalid},
		{name: "empty namespace", doc: wmiDoc, rule: rule("WmiQuery", "Namespace", "", "WqlQuery", "SELECT * FROM Empty"), want: unknown, cause: invalid},
	})
}

func TestCheckQuery(t *testing.T) {
	t.Parallel()
	if err := applicability.CheckQuery("SELECT A FROM X WHERE A = 1"); err != nil {
		t.Errorf("CheckQuery() = %v, want nil", err)
	}
	err := applicability.CheckQuery("SELECT A FROM X WHERE A ~ 1")
	if e, ok := errors.AsType[*applicability.QueryError](err); !ok || e.Offset != 24 {
		t.Errorf("CheckQuery() = %v, want a QueryError at offset 24", err)
	}
}

func TestUnsupportedWQLNamesThePosition(t *testing.T) {
	t.Parallel()
	r := query("SELECT * FROM X WHERE A ~ 1")
	got := applicability.ExplainRule(applicability.Facts{}, &r)
	if want := "unsupported WQL at offset 24"; !strings.Contains(got.Detail, want) {
		t.Errorf("Detail = %q, want it to say %q", got.Detail, want)
	}
}

type answers map[string]bool

func (a answers) Query(_, wql string) applicability.Fact[bool] {
	if v, ok := a[wql]; ok {
		return applicability.FactOf(v)
	}
	return applicability.Fact[bool]{}
}

func TestQueriesAnsweredAsAWhole(t *testing.T) {
	t.Parallel()
	facts := document(t, wmiDoc).Facts()
	facts.Queries = answers{"ASSOCIATORS OF {X}": true, "SELECT * FROM Empty": true}
	for _, c := range []struct {
		wql  string
		want applicability.Value
	}{
		{"ASSOCIATORS OF {X}", yes},
		{"SELECT * FROM Empty", yes},
		{"SELECT * FROM Win32_BIOS", yes},
		{"SELECT * FROM Gone", no},
		{"REFERENCES OF {X}", unknown},
	} {
		r := query(c.wql)
		if got := applicability.ExplainRule(facts, &r); got.Value != c.want {
			t.Errorf("query %q = %v, want %v", c.wql, got.Value, c.want)
		}
	}
	u := update(1, wsus.Rules{IsInstalled: []wsus.Rule{parent("And", query("ASSOCIATORS OF {X}"), query("REFERENCES OF {X}"))}})
	got, err := newEvaluator(t, applicability.Config{Facts: facts}).Evaluate(t.Context(), newCatalog(t, u))
	if err != nil || got.Unsupported["WmiQuery (WQL)"] != 1 {
		t.Errorf("Unsupported = %v, %v, want one WmiQuery (WQL)", got.Unsupported, err)
	}
}

// A is known in every row, B and C in some, Z in none.
func TestConditionsAgreeWithTheModel(t *testing.T) {
	t.Parallel()
	value := rapid.SampledFrom([]any{nil, "a", "b", "c", "5", 5, 4, true, "A", []any{1}})
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]map[string]any, rapid.IntRange(0, 3).Draw(t, "rows"))
		for i := range rows {
			rows[i] = map[string]any{"A": value.Draw(t, "a")}
			for _, name := range []string{"B", "C"} {
				if rapid.Bool().Draw(t, "has "+name) {
					rows[i][name] = value.Draw(t, name)
				}
			}
		}
		doc := &applicability.Document{}
		if err := doc.SetWMI(`root\cimv2`, "X", rows...); err != nil {
			t.Fatal(err)
		}
		r := query("SELECT * FROM X WHERE " + wsusrapid.Condition(3).Draw(t, "condition"))
		want, err := wsustest.Model{}.Rule(&r, doc)
		if err != nil {
			t.Fatal(err)
		}
		if got := applicability.ExplainRule(doc.Facts(), &r); got.Value != want {
			t.Errorf("%v on %v = %v, want %v", r.Attrs, rows, got.Value, want)
		}
	})
}

func FuzzWQL(f *testing.F) {
	for _, seed := range []string{
		"select * from X where A='b'", "SELECT A,B FROM X WHERE NOT (A LIKE '%[a-c]_') OR 1 < B",
		`SELECT * FROM X WHERE A IS NOT NULL AND B = "\\\""`, "SELECT", "select * from X where A like '[", "((((",
	} {
		f.Add(seed)
	}
	doc := &applicability.Document{}
	if err := doc.SetWMI(`root\cimv2`, "X", map[string]any{"A": "b", "B": 2}, map[string]any{"A": nil}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, wql string) {
		r := query(wql)
		got := applicability.ExplainRule(doc.Facts(), &r)
		if got.Cause == applicability.CauseWQL && (got.Value != unknown || got.Detail == "") {
			t.Errorf("query %q: %v without detail", wql, got.Value)
		}
	})
}
