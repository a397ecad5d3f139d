package wusp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// TestReportLists: which updates the compliance report names.
func TestReportLists(t *testing.T) {
	t.Parallel()
	id := func(n byte) compliance.UpdateID { return compliance.UpdateID{15: n} }
	update := func(n byte, change func(*wsus.Update)) wsus.Update {
		u := wsus.Update{Identity: wsus.Identity{ID: id(n), Revision: 1}, Kind: wsus.KindSoftware, Action: wsus.ActionInstall, Leaf: true}
		if change != nil {
			change(&u)
		}
		return u
	}
	catalog, err := wsus.NewCatalog(1, []wsus.Update{
		update(1, nil), update(2, nil), update(3, nil),
		update(4, func(u *wsus.Update) { u.Supersedes = []compliance.UpdateID{id(3)} }), // installed: 3 is left out
		update(5, nil),
		update(6, func(u *wsus.Update) { u.Supersedes = []compliance.UpdateID{id(5)} }), // not installed: 5 stays
		update(7, func(u *wsus.Update) { u.Kind = wsus.KindDriver }),
		update(8, func(u *wsus.Update) { u.Leaf = false }),
		update(9, func(u *wsus.Update) { u.Action = wsus.ActionBundle }),
		update(10, nil), // not in the snapshot
	})
	if err != nil {
		t.Fatal(err)
	}
	var records []compliance.Record
	for n, state := range map[byte]compliance.State{
		1: compliance.Required, 2: compliance.NotRequired, 3: compliance.Installed, 4: compliance.Installed, 5: compliance.Installed,
		6: compliance.Required, 7: compliance.Installed, 8: compliance.Installed, 9: compliance.Installed,
	} {
		records = append(records, compliance.Record{ID: id(n), Revision: 1, State: state})
	}
	snapshot, err := compliance.NewSnapshot(nil, records)
	if err != nil {
		t.Fatal(err)
	}
	needed, installed := wusp.ReportLists(catalog, snapshot)
	if diff := cmp.Diff([]compliance.UpdateID{id(1), id(6)}, needed); diff != "" {
		t.Errorf("needed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]compliance.UpdateID{id(4), id(5)}, installed); diff != "" {
		t.Errorf("installed (-want +got):\n%s", diff)
	}
	if needed, installed := wusp.ReportLists(nil, nil); needed != nil || installed != nil {
		t.Errorf("of nothing: %v, %v", needed, installed)
	}
}

// TestErrorTexts: errors say what was wrong, and what they wrap.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	for want, err := range map[string]error{
		`wusp: client config: ClientID: "x" is not acceptable`:                &wusp.ClientConfigError{Field: "ClientID", Value: "x"},
		"wusp: MaxTrips: more than 200":                                       &wusp.LimitError{Field: "MaxTrips", Limit: 200},
		"wusp: revision 5: the cause":                                         &wusp.FragmentError{RevisionID: 5, Err: cause},
		"wusp: http://a: HTTP status 404":                                     &wusp.StatusError{Status: 404, URL: "http://a"},
		`wusp: http://a: HTTP status 302: redirection to "http://b" refused`:  &wusp.StatusError{Status: 302, URL: "http://a", Redirect: "http://b"},
		`wusp: ServiceUrl "//b": service on another host refused`:             &wusp.ServiceURLError{URL: "//b", Err: wusp.ErrForeignService},
		"wusp: line 2, column 3: not a SOAP envelope: it is a page":           &wusp.DecodeError{Line: 2, Column: 3, Msg: "it is a page", Err: wusp.ErrNotSOAP},
		"wusp: fault InvalidParameters: parameters.InstalledNonLeafUpdateIDs": wusp.NewFault(wusp.InvalidParameters, "parameters.InstalledNonLeafUpdateIDs"),
		"wusp: fault without error code: " + strings.Repeat("x", 200):         &wusp.Fault{FaultString: strings.Repeat("x", 5000)},
	} {
		if err.Error() != want {
			t.Errorf("Error() = %q, want %q", err, want)
		}
	}
	if !errors.Is(&wusp.FragmentError{Err: cause}, cause) || !errors.Is(&wusp.ServiceURLError{Err: wusp.ErrForeignService}, wusp.ErrForeignService) {
		t.Error("causes are lost")
	}
}
