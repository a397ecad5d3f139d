package metadata

import (
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// item is an InstallableItem.
type item struct {
	id      compliance.UpdateID
	hasID   bool
	offset  int
	rules   wsus.Rules
	handler string
	reboot  string
}

// installableItem reads the current InstallableItem element.
func (r *Reader) installableItem(d *softwareDraft) error {
	it := item{offset: r.tok.Offset()}
	if v, ok := r.tok.Attr("ID"); ok {
		id, fault := parseID(v)
		if fault != "" {
			return r.tok.Errorf("InstallableItem ID %s", fault)
		}
		it.id, it.hasID = id, true
	}
	for {
		ok, err := r.child()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		local := r.tok.Local()
		if handler := installerHandler(local); handler != "" {
			it.handler = handler
			err = r.tok.Skip()
		} else if string(local) == "ApplicabilityRules" {
			err = r.applicability(&it.rules)
		} else {
			if v, ok := r.tok.Attr("RebootBehavior"); ok && string(local) == "InstallProperties" {
				it.reboot = r.texts.intern(v)
			}
			err = r.tok.Skip()
		}
		if err != nil {
			return err
		}
	}
	d.items = append(d.items, it)
	return nil
}

// installerHandler is the handler of an item with the given installer data,
// "" when the element is no installer data.
func installerHandler(local []byte) string {
	switch string(local) {
	case "CommandLineInstallerData":
		return "CommandLineInstallation"
	case "MsiInstallerData", "MspInstallerData":
		return "WindowsInstaller"
	case "UpdateExeInstallerData":
		return "WindowsPatch"
	}
	return ""
}

// softwareUpdates appends the updates that a package stands for: one, or a
// bundle and its members.
func (r *Reader) softwareUpdates(updates []wsus.Update, d *softwareDraft) ([]wsus.Update, error) {
	u := d.update
	if len(d.items) > 1 || len(d.bundled) > 0 {
		return r.softwareBundle(updates, d)
	}
	it := item{} // without an item the rules of the package are all
	if len(d.items) == 1 {
		it = d.items[0]
	}
	r.install(&u, &d.rules, &it)
	return append(updates, u), nil
}

// softwareBundle appends a package of several parts: an update that bundles
// its items and the packages it names, and an update for each item.
func (r *Reader) softwareBundle(updates []wsus.Update, d *softwareDraft) ([]wsus.Update, error) {
	parent := d.update
	members := r.lists.members[:0]
	for i := range d.items {
		it := &d.items[i]
		if !it.hasID {
			return nil, r.tok.ErrorfAt(it.offset, "InstallableItem has no ID, and is not the only part of its package")
		}
		if it.id == parent.ID {
			return nil, r.tok.ErrorfAt(it.offset, "InstallableItem has the package's own id %s", it.id)
		}
		members = append(members, wsus.Identity{ID: it.id, Revision: packageRevision})
	}
	for _, id := range d.bundled {
		members = append(members, wsus.Identity{ID: id, Revision: packageRevision})
	}
	r.lists.members = members[:0]
	parent.Bundled = r.bundles.clone([]wsus.BundleClause{{Any: r.members.clone(members)}})
	if len(d.items) == 0 {
		parent.Rules = d.rules
	}
	updates = append(updates, parent)
	for i := range d.items {
		it := &d.items[i]
		u := d.update
		u.ID = it.id
		u.Action = wsus.ActionBundle
		u.Prerequisites, u.Supersedes = nil, nil
		r.install(&u, &d.rules, it)
		updates = append(updates, u)
	}
	return updates, nil
}

// install gives an update what its item says of its installation, and the
// rules of the item with those of the package: they hold together.
func (r *Reader) install(u *wsus.Update, pack *wsus.Rules, it *item) {
	u.Rules = it.rules
	u.Rules.IsInstalled = r.rules.join(pack.IsInstalled, it.rules.IsInstalled)
	u.Rules.IsInstallable = r.rules.join(pack.IsInstallable, it.rules.IsInstallable)
	u.Handler, u.RebootBehavior = it.handler, it.reboot
	if u.Handler == "" && u.Kind == wsus.KindDriver {
		u.Handler = "WindowsDriver"
	}
}
