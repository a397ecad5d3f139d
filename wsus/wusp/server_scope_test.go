package wusp_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// needing is an update that needs one of each list.
func needing(n int, clauses ...[]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<UpdateIdentity UpdateID="`+softwareID+`" RevisionNumber="1"/><Properties UpdateType="Software"/><Relationships><Prerequisites>`, n)
	for _, c := range clauses {
		b.WriteString("<AtLeastOne>")
		for _, m := range c {
			fmt.Fprintf(&b, `<UpdateIdentity UpdateID="`+softwareID+`"/>`, m)
		}
		b.WriteString("</AtLeastOne>")
	}
	return b.String() + `</Prerequisites></Relationships>`
}

// TestServerPrerequisites: clauses hold together, alternatives do not; a
// cycle and what needs something that is not there are never sent, and a
// chain of any length does not exhaust the stack.
func TestServerPrerequisites(t *testing.T) {
	t.Parallel()
	docs := []string{
		`<UpdateIdentity UpdateID="` + fmt.Sprintf(softwareID, 1) + `" RevisionNumber="1"/><Properties UpdateType="Software"/>`,
		`<UpdateIdentity UpdateID="` + fmt.Sprintf(softwareID, 2) + `" RevisionNumber="1"/><Properties UpdateType="Software"/>`,
		needing(3, []int{1, 2}), needing(4, []int{1}, []int{2}),
		needing(5, []int{6}), needing(6, []int{5}), needing(7, []int{99}),
	}
	l := newLab(t, nil, docs...)
	for installed, want := range map[int32][]int32{0: {1, 2}, 1: {2, 3}, 2: {1, 3}} {
		cookie := l.login("c", "", nil)
		var list []int32
		if installed != 0 {
			list = []int32{installed}
		}
		r := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: cookie, InstalledNonLeafUpdateIDs: list})
		got := idsOf(r.NewUpdates)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("with %v installed: %v, want %v", list, got, want)
		}
	}
	r := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: l.login("c", "", nil), InstalledNonLeafUpdateIDs: []int32{1, 2}})
	if got := idsOf(r.NewUpdates); !slices.Equal(got, []int32{3, 4}) {
		t.Errorf("with both installed: %v", got)
	}
	if got := l.store.Unreachable(); !slices.Equal(got, []compliance.UpdateID{mustID(t, fmt.Sprintf(softwareID, 7))}) {
		t.Errorf("Unreachable = %v", got)
	}
	const long = 20_000
	chain := make([][]byte, long)
	for i := range chain {
		chain[i] = []byte(needing(1000+i, []int{1000 + i + 1}))
	}
	if err := l.store.Publish(chain...); err != nil {
		t.Fatal(err)
	}
}

const driverDoc = `<UpdateIdentity UpdateID="e0000000-0000-4000-8000-%012d" RevisionNumber="1"/><Properties UpdateType="Driver"/><ApplicabilityRules><IsInstalled><d.WindowsDriverInstalled/></IsInstalled><IsInstallable><d.WindowsDriverInstallable/></IsInstallable><Metadata><d.WindowsDriverMetaData HardwareID="%s" DriverVerDate="%s" DriverVerVersion="1.2.3.%d" WhqlDriverID="1" Class="Net" Company="C" Provider="P" Manufacturer="M" Model="N"/></Metadata></ApplicabilityRules>`

// TestServerDrivers: the best driver for each device, if it is better than
// the one that is there.
func TestServerDrivers(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil,
		fmt.Sprintf(driverDoc, 1, `PCI\VEN_1`, "2026-01-01", 9),
		fmt.Sprintf(driverDoc, 2, `pci\ven_1&amp;dev_2`, "2020-01-01", 1),
		fmt.Sprintf(driverDoc, 3, `PCI\VEN_1&amp;DEV_2`, "2021-01-01", 1),
		fmt.Sprintf(driverDoc, 4, `USB\X`, "2021-01-01", 1))
	device := wusp.Device{HardwareIDs: []string{`PCI\VEN_1&DEV_2`}, CompatibleIDs: []string{`PCI\VEN_1`}}
	ask := func(d wusp.Device, cached ...int32) *wusp.SyncUpdatesResponse {
		return must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{
			Cookie: l.login("c", "", nil), SkipSoftwareSync: true, SystemSpec: []wusp.Device{d}, CachedDriverIDs: cached,
		})
	}
	if r := ask(device, 1, 4); !slices.Equal(idsOf(r.NewUpdates), []int32{3}) || !slices.Equal(r.OutOfScopeRevisionIDs, []int32{1, 4}) {
		t.Errorf("without a driver = %+v", r)
	}
	device.InstalledDriver = &wusp.InstalledDriver{MatchingID: `PCI\VEN_1&DEV_2`, DriverVerDate: "2022-01-01T00:00:00Z"}
	if r := ask(device); len(r.NewUpdates) != 0 {
		t.Errorf("with a newer driver = %+v", r)
	}
	device.InstalledDriver = &wusp.InstalledDriver{MatchingID: `PCI\VEN_1`, DriverVerDate: "2026-06-01T00:00:00Z"}
	if r := ask(device); !slices.Equal(idsOf(r.NewUpdates), []int32{3}) {
		t.Errorf("with a driver of another id = %+v", r)
	}
	if r := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: l.login("c", "", nil)}); len(r.NewUpdates) != 0 || r.DriverSyncNotNeeded != "" {
		t.Errorf("software pass = %+v", r)
	}
}

// TestServerFragments: fragments of another server, served again; each
// Core fragment is the same to the byte.
func TestServerFragments(t *testing.T) {
	t.Parallel()
	root := `<UpdateIdentity UpdateID="56309036-4C77-4DD9-951A-99EE9C246A94" RevisionNumber="101" /><Properties UpdateType="Category" /><ApplicabilityRules><IsInstalled><True /></IsInstalled></ApplicabilityRules>`
	leaf := `<UpdateIdentity UpdateID="` + fmt.Sprintf(softwareID, 1) + `" RevisionNumber="100" /><Properties UpdateType="Software" /><Relationships><Prerequisites><AtLeastOne IsCategory="true"><UpdateIdentity UpdateID="56309036-4c77-4dd9-951a-99ee9c246a94" /></AtLeastOne></Prerequisites></Relationships>`
	l := newLab(t, nil)
	if err := l.store.PublishFragments([]byte(root), []byte(`<ExtendedProperties DefaultPropertiesLanguage="en" /><HandlerSpecificData type="cat:Category"><CategoryInformation CategoryType="Company" /></HandlerSpecificData>`),
		[]byte(`<LocalizedProperties><Language>en</Language><Title>Microsoft</Title></LocalizedProperties>`)); err != nil {
		t.Fatal(err)
	}
	if err := l.store.PublishFragments([]byte(leaf), nil); err != nil {
		t.Fatal(err)
	}
	r := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: l.login("c", "", nil)})
	if len(r.NewUpdates) != 1 || string(r.NewUpdates[0].XML) != root || r.NewUpdates[0].Deployment.Action != wsus.ActionEvaluate {
		t.Fatalf("SyncUpdates = %+v", r)
	}
	info := must[*wusp.GetExtendedUpdateInfoResponse](l, &wusp.GetExtendedUpdateInfoRequest{
		Cookie: r.NewCookie, RevisionIDs: []int32{1}, InfoTypes: []string{wusp.FragmentLocalizedProperties}, Locales: []string{"en"},
	})
	if len(info.Updates) != 1 || !strings.Contains(string(info.Updates[0].XML), "<Title>Microsoft</Title>") {
		t.Errorf("GetExtendedUpdateInfo = %+v", info)
	}
	if err := l.store.PublishFragments([]byte(leaf), nil, []byte("<broken")); err == nil {
		t.Error("PublishFragments of a broken fragment = nil error")
	}
}

// TestServerApprovals: a group's own approval comes before that of all
// computers, and what is blocked is evaluated only.
func TestServerApprovals(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(c *wusp.ServerConfig) {
		c.Group = func(_, _, asked string) string { return strings.TrimPrefix(asked, "x-") }
	}, `<UpdateIdentity UpdateID="`+fmt.Sprintf(softwareID, 1)+`" RevisionNumber="1"/><Properties UpdateType="Software"/>`)
	id := mustID(t, fmt.Sprintf(softwareID, 1))
	action := func(group string) wsus.Action {
		r := must[*wusp.SyncUpdatesResponse](l, &wusp.SyncUpdatesRequest{Cookie: l.login("c", group, nil)})
		return r.NewUpdates[0].Deployment.Action
	}
	approve := func(group string, a wsus.Action) {
		if err := l.store.Approve(group, id, wusp.Approval{Action: a}); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		group      string
		approve    wsus.Action
		all, pilot wsus.Action
	}{
		{"", wsus.ActionInstall, wsus.ActionInstall, wsus.ActionInstall},
		{"Pilot", wsus.ActionUninstall, wsus.ActionInstall, wsus.ActionUninstall},
		{"pilot", wsus.ActionBlock, wsus.ActionInstall, wsus.ActionPreDeploymentCheck},
		{"PILOT", wsus.ActionNone, wsus.ActionInstall, wsus.ActionInstall},
		{"", wsus.ActionOptionalInstall, wsus.ActionOptionalInstall, wsus.ActionOptionalInstall},
		{"", wsus.ActionNone, wsus.ActionPreDeploymentCheck, wsus.ActionPreDeploymentCheck},
	} {
		approve(step.group, step.approve)
		if all, pilot := action("unknown"), action("x-pilot"); all != step.all || pilot != step.pilot {
			t.Errorf("after %v for %q: %v and %v, want %v and %v", step.approve, step.group, all, pilot, step.all, step.pilot)
		}
	}
	if got := l.store.Groups(); !slices.Equal(got, []string{"", "pilot"}) {
		t.Errorf("Groups = %q", got)
	}
	if l.store.Approve("", id, wusp.Approval{Action: wsus.ActionBundle}) == nil || l.store.Approve("", id, wusp.Approval{Action: wsus.ActionInstall, Deadline: "soon"}) == nil {
		t.Error("Approve of what is no approval = nil error")
	}
}
