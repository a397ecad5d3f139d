package wsustest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/wsus"
)

// OrderFunc is a choice of locations as [wsus.Order] makes it.
type OrderFunc = func([]wsus.Location, wsus.Requirement) ([]wsus.Location, error)

// PolicyFunc decides on a policy as [wsus.PolicyFor] does.
type PolicyFunc = func(wsus.Location, wsus.Policy) (wsus.Policy, bool, error)

// RetryFunc decides what follows a failure as [wsus.RetryPolicy.Next] does.
type RetryFunc = func(wsus.RetryPolicy, wsus.Failure) wsus.RetryDecision

// CheckOrder holds a choice of locations against [Model.Order], on some two
// thousand cases near the edges of the rules, and returns the first
// breach of each rule, joined, each a [*ClauseError]. An error of order has to
// match the kind of the model's, such as [wsus.ErrNoVersion]. If the context
// ends its error is returned.
//
// Green does not prove anything of lists of more than three locations, nor of
// URLs that are spelled in other ways than a few; for more, draw with package
// wsusrapid.
func CheckOrder(ctx context.Context, order OrderFunc) error {
	return contract.Check(ctx, "wsustest", orderClauses(), func() OrderFunc { return order })
}

// RunOrder is [CheckOrder] with one subtest a clause, named by its id.
func RunOrder(t *testing.T, order OrderFunc) {
	t.Helper()
	contract.Run(t, "wsustest", orderClauses(), func(*testing.T) OrderFunc { return order })
}

// CheckPolicyFor holds a decision on the policy against [Model.PolicyFor], as
// [CheckOrder] does it with the order. An error has to have the code of the
// model's.
func CheckPolicyFor(ctx context.Context, policyFor PolicyFunc) error {
	return contract.Check(ctx, "wsustest", policyForClauses(), func() PolicyFunc { return policyFor })
}

// RunPolicyFor is [CheckPolicyFor] with one subtest a clause, named by its id.
func RunPolicyFor(t *testing.T, policyFor PolicyFunc) {
	t.Helper()
	contract.Run(t, "wsustest", policyForClauses(), func(*testing.T) PolicyFunc { return policyFor })
}

// CheckRetry holds a decision on retries against [Model.Next], as
// [CheckOrder] does it with the order: for all codes of the tables, their
// neighbours and some others, and counts near the last retry.
func CheckRetry(ctx context.Context, next RetryFunc) error {
	return contract.Check(ctx, "wsustest", retryClauses(), func() RetryFunc { return next })
}

// RunRetry is [CheckRetry] with one subtest a clause, named by its id.
func RunRetry(t *testing.T, next RetryFunc) {
	t.Helper()
	contract.Run(t, "wsustest", retryClauses(), func(*testing.T) RetryFunc { return next })
}

func orderClauses() []contract.Clause[OrderFunc] {
	says := map[string]string{
		"WF-4": "a client that connects by SSL only is given no http location",
		"WF-6": "no location, or none that fits, is a failure of its own kind",
		"WF-9": "the last good location is first, those given up on are left out",
	}
	var found map[string]*orderError // the first of each rule
	var list []contract.Clause[OrderFunc]
	for _, rule := range []string{"WF-4", "WF-6", "WF-9"} {
		list = append(list, contract.Clause[OrderFunc]{ID: "order/" + rule, Rule: rule, Says: says[rule], Check: func(ctx context.Context, newOrder func() OrderFunc) error {
			if found == nil {
				found = orderBreaches(ctx, newOrder())
			}
			if breach := found[rule]; breach != nil {
				return breach
			}
			return nil
		}})
	}
	return list
}

// orderBreaches are the first breaches of each rule.
func orderBreaches(ctx context.Context, order OrderFunc) map[string]*orderError {
	found := map[string]*orderError{}
	for locations, r := range choices() {
		if ctx.Err() != nil {
			break
		}
		if breach := compareOrder(order, locations, r); breach != nil {
			if rule := orderRule(breach, order); found[rule] == nil {
				found[rule] = breach
			}
		}
	}
	return found
}

// orderError is an order that is not the model's.
type orderError struct {
	locations        []wsus.Location
	requirement      wsus.Requirement
	got, want        []wsus.Location
	gotErr, wantKind error
}

func (b *orderError) Error() string {
	return fmt.Sprintf("order of %+v for %+v = %+v, %v, want %+v, %v", b.locations, b.requirement, b.got, b.gotErr, b.want, b.wantKind)
}

func compareOrder(order OrderFunc, locations []wsus.Location, r wsus.Requirement) *orderError {
	want, wantErr := Model{}.Order(locations, r)
	got, gotErr := order(slices.Clone(locations), r)
	b := &orderError{locations: locations, requirement: r, got: got, want: want, gotErr: gotErr}
	if wantErr == nil {
		if gotErr == nil && slices.Equal(got, want) {
			return nil
		}
		return b
	}
	refused, ok := errors.AsType[*wsus.LocationError](wantErr)
	if !ok {
		return b
	}
	b.wantKind = refused.Kind
	if errors.Is(gotErr, refused.Kind) && wsus.CodeOf(gotErr) == wsus.CodeOf(wantErr) {
		return nil
	}
	return b
}

// orderRule is the rule that a breach breaks: WF-4 when the order is right
// without the http locations that the client must not use.
func orderRule(b *orderError, order OrderFunc) string {
	r := b.requirement
	if errors.Is(b.wantKind, wsus.ErrNotSSL) {
		return "WF-4"
	}
	if r.SSLOnly || r.Internet {
		rest := slices.DeleteFunc(slices.Clone(b.locations), func(l wsus.Location) bool {
			at, ok := readURL(l.URL)
			return ok && at.scheme == "http"
		})
		if len(rest) < len(b.locations) && compareOrder(order, rest, r) == nil {
			return "WF-4"
		}
	}
	for _, l := range b.got {
		if l.Version < r.Version {
			return "WF-6"
		}
	}
	if b.wantKind != nil && !errors.Is(b.wantKind, wsus.ErrAllFailed) {
		return "WF-6"
	}
	return "WF-9"
}

// choices are short lists of locations, each with requirements.
func choices() iter.Seq2[[]wsus.Location, wsus.Requirement] {
	palette := []wsus.Location{
		{URL: "http://a:8530", Version: 2},
		{URL: "https://b", Version: 2},
		{URL: "https://c:8531", Version: 2, SameForest: true, Intranet: true},
		{URL: "https://d:8531", Version: 3, Internet: true},
		{URL: "https://e:8531", Version: 1, SameForest: true},
		{URL: "http://A:8530/", Version: 2, SameForest: true}, // the first one again
		{URL: "f:8530", Version: 9},
	}
	lists := [][]wsus.Location{nil, make([]wsus.Location, 257)}
	for i, x := range palette {
		lists = append(lists, []wsus.Location{x})
		for j, y := range palette {
			lists = append(lists, []wsus.Location{x, y})
			for k, z := range palette {
				if i == 1 && j != k && j != i && k != i {
					lists = append(lists, []wsus.Location{x, y, z})
				}
			}
		}
	}
	return func(yield func([]wsus.Location, wsus.Requirement) bool) {
		for at, list := range lists {
			for n := range 72 {
				if len(list) > 1 && (n+n/8+n/24+at)%4 != 0 {
					continue // a quarter of the requirements, in turn
				}
				r := wsus.Requirement{SSLOnly: n&1 != 0, Internet: n&2 != 0, Version: uint32(n & 4 / 2)}
				r.LastGood = []string{"", "HTTPS://C:8531/", "http://gone:1"}[n/8%3]
				if n/24 == 1 {
					r.Failed = []string{"https://B:443/", "nonsense"}
				}
				if n/24 == 2 {
					for _, l := range list {
						r.Failed = append(r.Failed, l.URL)
					}
				}
				if !yield(list, r) {
					return
				}
			}
		}
	}
}

func policyForClauses() []contract.Clause[PolicyFunc] {
	says := map[string]string{
		"WF-3": "the policy has scheme and port and is in use; what is so already is not written",
		"WF-5": "a policy of a higher authority that names another server or port is a conflict, and nothing is written",
		"WF-6": "a location that is not usable is a failure of its own kind",
	}
	var list []contract.Clause[PolicyFunc]
	for _, rule := range []string{"WF-3", "WF-5", "WF-6"} {
		list = append(list, contract.Clause[PolicyFunc]{ID: "policy/" + rule, Rule: rule, Says: says[rule], Check: func(_ context.Context, newPolicyFor func() PolicyFunc) error {
			for loc, effective := range effectives() {
				of := "WF-3"
				if _, ok := readURL(loc.URL); !ok {
					of = "WF-6"
				} else if effective.HigherAuthority {
					of = "WF-5"
				}
				if of != rule {
					continue
				}
				want, wantWrite, wantErr := Model{}.PolicyFor(loc, effective)
				got, write, err := newPolicyFor()(loc, effective)
				if got != want || write != wantWrite || wsus.CodeOf(err) != wsus.CodeOf(wantErr) {
					return fmt.Errorf("policy for %q under %+v = %+v, write %t, error %s, want %+v, %t, %s", loc.URL, effective, got, write, shown(err), want, wantWrite, shown(wantErr))
				}
			}
			return nil
		}})
	}
	return list
}

// effectives are locations, each with policies near it.
func effectives() iter.Seq2[wsus.Location, wsus.Policy] {
	urls := []string{"http://a:8530", "http://A.:8530/", "http://a", "http://a:80", "https://a:8530", "https://a", "https://a:443", "http://b:8530", "", "a"}
	return func(yield func(wsus.Location, wsus.Policy) bool) {
		for _, url := range urls {
			for _, server := range urls {
				for _, status := range []string{server, "", "http://a:8530", "http://b:8530", "https://a:443"} {
					for n := range 4 {
						e := wsus.Policy{Server: server, StatusServer: status, Use: n&1 != 0, HigherAuthority: n&2 != 0}
						if !yield(wsus.Location{URL: url}, e) {
							return
						}
					}
				}
			}
		}
	}
}

func retryClauses() []contract.Clause[RetryFunc] {
	says := map[string]string{
		"WF-9":  "a code of the table is retried so often, then the next location is tried; other failures are final",
		"WF-10": "what was cut short is no failure and uses up no retry",
	}
	var list []contract.Clause[RetryFunc]
	for _, rule := range []string{"WF-9", "WF-10"} {
		list = append(list, contract.Clause[RetryFunc]{ID: "retry/" + rule, Rule: rule, Says: says[rule], Check: func(_ context.Context, newNext func() RetryFunc) error {
			for p, f := range failures() {
				of := "WF-9"
				if f.Code < 0x80000000 || f.Code == 0x8024000B {
					of = "WF-10"
				}
				if of != rule {
					continue
				}
				want := Model{}.Next(p, f)
				if got := newNext()(p, f); got != want {
					return fmt.Errorf("after %+v under %+v: %+v, want %+v", f, p, got, want)
				}
			}
			return nil
		}})
	}
	return list
}

// failures are failed scans, each under some policies.
func failures() iter.Seq2[wsus.RetryPolicy, wsus.Failure] {
	codes := []wsus.Code{0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x8024000B, 0x87D00692, 0x87D00691, 0x80244017, 0x8024401B}
	for _, c := range (Model{}).RetryCodes(true) {
		codes = append(codes, c-1, c, c+1)
	}
	policies := []wsus.RetryPolicy{
		{},
		{Codes: wsus.WiderRetryCodes()},
		{Codes: wsus.NewRetryTable()},
		{Delay: time.Second, Attempts: 1, SwitchDelay: time.Minute, Codes: wsus.NewRetryTable(0x80072EE2)},
	}
	return func(yield func(wsus.RetryPolicy, wsus.Failure) bool) {
		for _, p := range policies {
			for _, c := range codes {
				for retries := -1; retries <= 6; retries++ {
					for others := -1; others <= 2; others++ {
						if !yield(p, wsus.Failure{Code: c, Retries: retries, Others: others}) {
							return
						}
					}
				}
			}
		}
	}
}
