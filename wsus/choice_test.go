package wsus_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

// urls returns the URLs of locations.
func urls(list []wsus.Location) []string {
	var s []string
	for _, l := range list {
		s = append(s, l.URL)
	}
	return s
}

func TestOrder(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	t.Attr("rule", "WF-6")
	t.Attr("rule", "WF-9")
	near := wsus.Location{URL: "http://near:8530", Version: 5, SameForest: true}
	far := wsus.Location{URL: "http://far:8530", Version: 5}
	third := wsus.Location{URL: "http://third:8530", Version: 4}
	tls := wsus.Location{URL: "https://tls:8531", Version: 5}
	out := wsus.Location{URL: "https://out:8531", Version: 5, Internet: true}
	in := wsus.Location{URL: "https://in:8531", Version: 5, Intranet: true}
	bad := wsus.Location{URL: "wsus:8530", Version: 9}
	tests := []struct {
		name string
		rule string
		list []wsus.Location
		r    wsus.Requirement
		want []string
		kind error
		text string // part of the error
	}{
		{"as given", "WF-9", []wsus.Location{far, third}, wsus.Requirement{}, []string{far.URL, third.URL}, nil, ""},
		{"same forest first", "WF-9", []wsus.Location{far, third, near}, wsus.Requirement{}, []string{near.URL, far.URL, third.URL}, nil, ""},
		{
			"affinity before forest", "WF-9",
			[]wsus.Location{far, near, third},
			wsus.Requirement{LastGood: "HTTP://Third:8530/"},
			[]string{third.URL, near.URL, far.URL},
			nil, "",
		},
		{"affinity with one that is gone", "WF-9", []wsus.Location{far, third}, wsus.Requirement{LastGood: "http://gone:1"}, []string{far.URL, third.URL}, nil, ""},
		{
			"failed left out", "WF-9",
			[]wsus.Location{far, near, third},
			wsus.Requirement{Failed: []string{"http://NEAR:8530", "nonsense"}},
			[]string{far.URL, third.URL},
			nil, "",
		},
		{"failed although last good", "WF-9", []wsus.Location{far, near}, wsus.Requirement{LastGood: far.URL, Failed: []string{far.URL}}, []string{near.URL}, nil, ""},
		{"all failed", "WF-9", []wsus.Location{far, near}, wsus.Requirement{Failed: []string{far.URL, near.URL}}, nil, wsus.ErrAllFailed, "gave up on 2"},

		{"empty", "WF-6", nil, wsus.Requirement{SSLOnly: true, Version: 3}, nil, wsus.ErrNoLocation, "no location"},
		{"version equal", "WF-6", []wsus.Location{third, far}, wsus.Requirement{Version: 5}, []string{far.URL}, nil, ""},
		{"version too low", "WF-6", []wsus.Location{third, far}, wsus.Requirement{Version: 6}, nil, wsus.ErrNoVersion, "wanted 6, the highest offered is 5"},
		{"version not said", "WF-6", []wsus.Location{{URL: far.URL}}, wsus.Requirement{Version: 1}, nil, wsus.ErrNoVersion, "wanted 1"},
		{"any version", "WF-6", []wsus.Location{{URL: far.URL}}, wsus.Requirement{}, []string{far.URL}, nil, ""},

		{"SSL only", "WF-4", []wsus.Location{near, tls, far}, wsus.Requirement{SSLOnly: true}, []string{tls.URL}, nil, ""},
		{"SSL only, none", "WF-4", []wsus.Location{near, far}, wsus.Requirement{SSLOnly: true}, nil, wsus.ErrNotSSL, `"http://near:8530"`},
		{"SSL before version", "WF-4", []wsus.Location{near, far}, wsus.Requirement{SSLOnly: true, Version: 99}, nil, wsus.ErrNotSSL, ""},
		{"internet means SSL", "WF-4", []wsus.Location{near, out}, wsus.Requirement{Internet: true}, []string{out.URL}, nil, ""},
		{"internet, only http", "WF-4", []wsus.Location{near}, wsus.Requirement{Internet: true}, nil, wsus.ErrNotSSL, ""},
		{"SSL only although last good is http", "WF-4", []wsus.Location{near, tls}, wsus.Requirement{SSLOnly: true, LastGood: near.URL}, []string{tls.URL}, nil, ""},

		{"internet client", "WF-6", []wsus.Location{in, out, tls}, wsus.Requirement{Internet: true}, []string{out.URL, tls.URL}, nil, ""},
		{"intranet client", "WF-6", []wsus.Location{in, out, tls}, wsus.Requirement{}, []string{in.URL, tls.URL}, nil, ""},
		{"none for the internet", "WF-6", []wsus.Location{in}, wsus.Requirement{Internet: true}, nil, wsus.ErrNoFit, "internet"},
		{"none for the intranet", "WF-6", []wsus.Location{out}, wsus.Requirement{}, nil, wsus.ErrNoFit, "intranet"},

		{"bad one skipped", "WF-6", []wsus.Location{bad, far}, wsus.Requirement{}, []string{far.URL}, nil, ""},
		{"only bad ones", "WF-6", []wsus.Location{bad, {URL: "http://"}}, wsus.Requirement{SSLOnly: true}, nil, wsus.ErrBadLocation, `"wsus:8530"`},
		{"too many", "WF-6", make([]wsus.Location, wsus.MaxLocations+1), wsus.Requirement{}, nil, wsus.ErrBadLocation, "257 locations, at most 256"},
		{"repeated", "WF-9", []wsus.Location{far, {URL: "http://FAR:8530/", SameForest: true}, third}, wsus.Requirement{}, []string{far.URL, third.URL}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", tt.rule)
			got, err := wsus.Order(tt.list, tt.r)
			if diff := cmp.Diff(tt.want, urls(got)); diff != "" {
				t.Errorf("Order(%v, %+v) (-want +got):\n%s", urls(tt.list), tt.r, diff)
			}
			if !errors.Is(err, tt.kind) || tt.kind != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Order(%v, %+v) error %v, want %v with %q", urls(tt.list), tt.r, err, tt.kind, tt.text)
			}
			first, err2 := wsus.Choose(tt.list, tt.r)
			if tt.kind != nil {
				if !errors.Is(err2, tt.kind) || first != (wsus.Location{}) {
					t.Errorf("Choose = %v, %v, want %v", first, err2, tt.kind)
				}
			} else if first.URL != tt.want[0] {
				t.Errorf("Choose = %v, want %v", first.URL, tt.want[0])
			}
		})
	}
}

func TestLocationErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-6")
	kinds := []error{
		wsus.ErrNoLocation, wsus.ErrBadLocation, wsus.ErrNotSSL, wsus.ErrNoFit, wsus.ErrNoVersion, wsus.ErrAllFailed,
	}
	unreachable := []wsus.Code{wsus.CodeCannotConnect, wsus.CodeConnectionAborted, wsus.CodeTimeout, wsus.CodeNameNotResolved}
	for i, kind := range kinds {
		err := error(&wsus.LocationError{Kind: kind})
		for j, other := range kinds {
			if errors.Is(err, other) != (i == j) {
				t.Errorf("errors.Is(%v, %v) = %t", err, other, i != j)
			}
		}
		code := wsus.CodeOf(fmt.Errorf("scan: %w", err))
		if slices.Contains(unreachable, code) || !code.Failed() || wsus.WiderRetryCodes().Has(code) {
			t.Errorf("CodeOf(%v) = %v: not a failure of its own", err, code)
		}
	}
	codes := []wsus.Code{ // in the order of kinds
		wsus.CodeSourceNotFound, wsus.CodeInvalidLocation, wsus.CodeInvalidLocation, wsus.CodeSourceNotFound,
		wsus.CodeSourceNotFound, wsus.CodeRetriesExhausted,
	}
	for i, want := range codes {
		if got := wsus.CodeOf(&wsus.LocationError{Kind: kinds[i]}); got != want {
			t.Errorf("CodeOf(%v) = %v, want %v", kinds[i], got, want)
		}
	}
}

func TestLocationAccepts(t *testing.T) {
	t.Parallel()
	for _, l := range []wsus.Location{{}, {Internet: true}, {Intranet: true}, {Internet: true, Intranet: true}} {
		neither := !l.Internet && !l.Intranet
		if got, want := l.Accepts(true), l.Internet || neither; got != want {
			t.Errorf("%+v.Accepts(true) = %t, want %t", l, got, want)
		}
		if got, want := l.Accepts(false), l.Intranet || neither; got != want {
			t.Errorf("%+v.Accepts(false) = %t, want %t", l, got, want)
		}
	}
}

// sameLocationError reports whether two errors are of one kind and about one
// URL.
func sameLocationError(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	x, okX := errors.AsType[*wsus.LocationError](a)
	y, okY := errors.AsType[*wsus.LocationError](b)
	return okX && okY && errors.Is(x.Kind, y.Kind) && x.URL == y.URL
}

func TestOrderModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-4")
	t.Attr("rule", "WF-6")
	t.Attr("rule", "WF-9")
	rapid.Check(t, func(t *rapid.T) {
		choice := wsusrapid.Choices(6).Draw(t, "choice")
		list, r := choice.Locations, choice.Requirement
		given := slices.Clone(list)
		got, err := wsus.Order(list, r)
		if diff := cmp.Diff(given, list); diff != "" {
			t.Fatalf("Order changed its argument:\n%s", diff)
		}
		want, wantErr := wsustest.Model{}.Order(list, r)
		if diff := cmp.Diff(want, got); diff != "" || !sameLocationError(err, wantErr) {
			t.Fatalf("Order = %v, %v, want %v, %v", urls(got), err, urls(want), wantErr)
		}
		for _, l := range got {
			// Laws that need no model: nothing http for an SSL client, and
			// giving up on a location removes it and keeps the rest in order.
			if at, _ := l.Endpoint(); r.NeedsSSL() && !at.SSL() {
				t.Fatalf("%v for a client that connects by SSL only", l.URL)
			}
			fewer := r
			fewer.Failed = append(slices.Clone(r.Failed), l.URL)
			rest, err := wsus.Order(list, fewer)
			want := slices.DeleteFunc(urls(got), func(u string) bool { return u == l.URL })
			if len(want) == 0 && !errors.Is(err, wsus.ErrAllFailed) || !slices.Equal(urls(rest), want) {
				t.Fatalf("without %v: %v, %v, want %v", l.URL, urls(rest), err, want)
			}
		}
	})
}

func ExampleOrder() {
	locations := []wsus.Location{
		{URL: "http://sup1.example.test:8530", Version: 38},
		{URL: "https://sup2.example.test:8531", Version: 38},
		{URL: "https://sup3.example.test:8531", Version: 38, SameForest: true},
		{URL: "https://sup4.example.test:8531", Version: 37},
	}
	order, err := wsus.Order(locations, wsus.Requirement{SSLOnly: true, Version: 38})
	for _, l := range order {
		fmt.Println(l.URL)
	}
	fmt.Println(err)

	_, err = wsus.Choose(locations[:1], wsus.Requirement{SSLOnly: true})
	fmt.Println(err)
	fmt.Println(wsus.CodeOf(err))
	// Output:
	// https://sup3.example.test:8531
	// https://sup2.example.test:8531
	// <nil>
	// wsus: location "http://sup1.example.test:8530": location is not SSL: the client connects by SSL only
	// 0x87D00628
}
