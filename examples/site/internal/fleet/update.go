package fleet

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// update is an update of the catalogue: a file that has to have a version, on those
// computers that have the file.
type update struct {
	kb       int
	title    string
	severity string
	on       platform // 0 for all
	suite    bool     // only where the Fabrikam Suite is installed, which its registry key tells
	file     string   // below the system folder
	restart  bool
	from     uint32 // the first version of the catalogue that has it
	until    uint32 // the first that has it no more; 0 for none
}

// The updates that are deployed during the week.
const (
	kbCleaner      = 990210
	kbKernelVista  = 990213
	kbKernelXP     = 990214
	kbKernelServer = 990215
	kbSuite        = 990206
)

// updates is what the software update point knows.
var updates = []update{
	{kb: 990201, title: "Security Update for the Windows Vista Graphics Kernel", severity: "Critical", on: vista, file: "win32k.sys", restart: true, from: 1},
	{kb: 990202, title: "Security Update for the Windows XP Graphics Kernel", severity: "Critical", on: xp, file: "win32k.sys", restart: true, from: 1},
	{kb: 990203, title: "Security Update for DNS in Windows Server 2003", severity: "Important", on: server, file: "dns.exe", restart: true, from: 1},
	{kb: 990204, title: "Cumulative Security Update for the Browser 6 on Windows XP", severity: "Critical", on: xp, file: "mshtml.dll", from: 1},
	{kb: 990205, title: "Cumulative Security Update for the Browser 7 on Windows Vista", severity: "Critical", on: vista, file: "mshtml.dll", from: 1},
	{kb: kbSuite, title: "Security Update for Fabrikam Suite 2007", severity: "Important", suite: true, file: "fbsuite.dll", from: 1},
	{kb: 990207, title: "Update for Time Zones in Windows XP", on: xp, file: "tzchange.exe", from: 1},
	{kb: 990208, title: "Security Update for the .NET Framework 3.5", severity: "Moderate", file: "mscorlib.dll", from: 1},
	{kb: 990209, title: "Update for Spelling in Fabrikam Suite 2007", suite: true, file: "fbspell.dll", from: 1},
	{kb: kbCleaner, title: "Malicious Software Removal Tool, June 2008", file: "mrt.exe", from: 1},
	{kb: 990211, title: "Update for Help Content in Windows Vista", on: vista, file: "helppane.exe", from: 1, until: 3},
	{kb: 990212, title: "Security Update for the Document Viewer 8", severity: "Important", file: "docview.dll", from: 1},
	{kb: kbKernelVista, title: "Security Update for the Windows Vista Kernel", severity: "Critical", on: vista, file: "ntoskrnl.exe", restart: true, from: 2},
	{kb: kbKernelXP, title: "Security Update for the Windows XP Kernel", severity: "Critical", on: xp, file: "ntoskrnl.exe", restart: true, from: 2},
	{kb: kbKernelServer, title: "Security Update for the Windows Server 2003 Kernel", severity: "Critical", on: server, file: "ntoskrnl.exe", restart: true, from: 2},
	{kb: 990216, title: "Security Update for Bluetooth on Windows XP & Windows Vista", severity: "Critical", file: "bthport.sys", restart: true, from: 2},
}

// updateSource identifies the catalogue of the software update point.
var updateSource = compliance.UpdateID{0xC2, 0x00, 0x20, 0x08, 0x06, 0x09, 0x40, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 1}

// id is the update's id.
func (u *update) id() compliance.UpdateID {
	id := compliance.UpdateID{0x7d, 0x1e, 0x9c, 0x40, 0x52, 0x08, 0x4b, 0x61, 0x9a, 0x0c, 0x00, 0x00}
	binary.BigEndian.PutUint32(id[12:], uint32(u.kb))
	return id
}

// name is the title as a console shows it.
func (u *update) name() string { return fmt.Sprintf("%s (KB%d)", u.title, u.kb) }

// Versions of a file before and after an update.
const (
	versionBefore = "6.0.100.0"
	versionAfter  = "6.0.200.0"
)

// metadata is the update as WSUS serves it.
func (u *update) metadata() wsus.Update {
	is := func(comparison string) wsus.Rule {
		return wsus.Rule{Name: "FileVersion", Attrs: []wsus.Attr{
			{Name: "Csidl", Value: "37"},
			{Name: "Path", Value: u.file},
			{Name: "Comparison", Value: comparison},
			{Name: "Version", Value: versionAfter},
		}}
	}
	var common []wsus.Rule
	if w, ok := u.on.windows(); ok {
		common = append(common, wsus.Rule{Name: "WindowsVersion", Attrs: []wsus.Attr{
			{Name: "Comparison", Value: "EqualTo"},
			{Name: "MajorVersion", Value: strconv.Itoa(int(w.Major))},
			{Name: "MinorVersion", Value: strconv.Itoa(int(w.Minor))},
		}})
	}
	if u.suite {
		common = append(common, wsus.Rule{Name: "RegKeyExists", Attrs: []wsus.Attr{
			{Name: "Key", Value: "HKEY_LOCAL_MACHINE"}, {Name: "Subkey", Value: suiteKey},
		}})
	}
	reboot := "NeverReboots"
	if u.restart {
		reboot = "AlwaysRequiresReboot"
	}
	return wsus.Update{
		Identity: wsus.Identity{ID: u.id(), Revision: 100},
		Kind:     wsus.KindSoftware, Title: u.name(), Severity: u.severity,
		KBArticles: []string{strconv.Itoa(u.kb)}, RebootBehavior: reboot,
		Created: time.Date(2008, 6, 10, 17, 0, 0, 0, time.UTC),
		Rules: wsus.Rules{
			IsInstalled:   append(common[:len(common):len(common)], is("GreaterThanOrEqualTo")),
			IsInstallable: append(common[:len(common):len(common)], is("LessThan")),
		},
	}
}

// catalog is the catalogue of a version.
func catalog(version uint32) (*wsus.Catalog, error) {
	var all []wsus.Update
	for i := range updates {
		if u := &updates[i]; u.from <= version && (u.until == 0 || version < u.until) {
			all = append(all, u.metadata())
		}
	}
	return wsus.NewCatalog(version, all)
}

// find returns the update with an id.
func find(id compliance.UpdateID) (*update, bool) {
	for i := range updates {
		if updates[i].id() == id {
			return &updates[i], true
		}
	}
	return nil, false
}
