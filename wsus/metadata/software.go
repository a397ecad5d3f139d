package metadata

import (
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// packageRevision is the revision number of updates made from packages:
// locally published updates begin at 1.
const packageRevision compliance.Revision = 1

// softwareDraft is a package while its parts are being read.
type softwareDraft struct {
	update     wsus.Update
	properties bool
	language   string
	best       localized
	// rules are those of the package level.
	rules wsus.Rules
	// bundled are the packages of BundledPackages.
	bundled []compliance.UpdateID
	items   []item
}

// softwarePackages reads a catalogue: all packages below the current element,
// whatever they are wrapped in.
func (r *Reader) softwarePackages() ([]wsus.Update, error) {
	var updates []wsus.Update
	for depth := 1; depth > 0; {
		ok, err := r.child()
		if err != nil {
			return nil, err
		}
		if !ok {
			depth--
			continue
		}
		if string(r.tok.Local()) != "SoftwareDistributionPackage" {
			depth++
			continue
		}
		if updates, err = r.softwarePackage(updates); err != nil {
			return nil, err
		}
	}
	return updates, nil
}

// softwarePackage reads the current SoftwareDistributionPackage element and
// appends the updates it stands for.
func (r *Reader) softwarePackage(updates []wsus.Update) ([]wsus.Update, error) {
	d := softwareDraft{best: localized{rank: rankNone}}
	offset := r.tok.Offset()
	for {
		ok, err := r.child()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if err := r.softwarePart(&d); err != nil {
			return nil, err
		}
	}
	if !d.properties {
		line, column := r.tok.Position(offset)
		return nil, &Error{Line: line, Column: column, Msg: "the package has no Properties"}
	}
	u := &d.update
	if d.best.rank != rankNone {
		u.Title, u.Description = d.best.title, d.best.description
	}
	u.Products = r.ids.clone([]compliance.UpdateID{LocallyPublished()})
	u.Origin = r.origin
	return r.softwareUpdates(updates, &d)
}

// softwarePart reads the current element, one part of a package.
func (r *Reader) softwarePart(d *softwareDraft) error {
	switch string(r.tok.Local()) {
	case "Properties":
		if err := r.once(&d.properties); err != nil {
			return err
		}
		return r.softwareProperties(d)
	case "LocalizedProperties":
		return r.localizedProperties(&d.best, d.language)
	case "UpdateSpecificData":
		return r.updateSpecific(&d.update)
	case "ApplicationSpecificData":
		d.update.Classification, _ = Classification("Applications")
		return r.tok.Skip()
	case "IsInstallable":
		return r.section(&d.rules.IsInstallable)
	case "IsInstalled":
		return r.section(&d.rules.IsInstalled)
	case "SupersededPackages":
		if err := r.packageIDs(); err != nil {
			return err
		}
		d.update.Supersedes = r.ids.join(d.update.Supersedes, r.ids.clone(r.lists.ids))
		return nil
	case "BundledPackages":
		if err := r.packageIDs(); err != nil {
			return err
		}
		d.bundled = r.ids.join(d.bundled, r.ids.clone(r.lists.ids))
		return nil
	case "Prerequisites":
		return r.softwarePrerequisites(&d.update)
	case "InstallableItem":
		return r.installableItem(d)
	}
	return r.tok.Skip()
}

// softwareProperties reads the Properties element of a package.
func (r *Reader) softwareProperties(d *softwareDraft) error {
	u := &d.update
	u.Kind = wsus.KindSoftware
	u.Revision = packageRevision
	hasID := false
	for _, a := range r.tok.Attrs() {
		ok := true
		switch string(a.Local) {
		case "PackageID":
			id, fault := parseID(a.Value)
			if fault != "" {
				return r.tok.ErrorfAt(a.Offset, "PackageID %s", fault)
			}
			u.ID, hasID = id, true
		case "UpdateType":
			u.Kind, ok = parseKind(a.Value)
			ok = ok && u.Kind != wsus.KindCategory
		case "CreationDate":
			u.Created, ok = parseTime(a.Value)
		case "VendorName":
			u.Vendor = r.texts.intern(a.Value)
		case "PublicationState":
			u.Expired = string(a.Value) == "Expired"
		case "DefaultPropertiesLanguage":
			d.language = r.texts.intern(a.Value)
		}
		if !ok {
			return r.tok.ErrorfAt(a.Offset, "%s %s is not valid", a.Local, quoted(a.Value))
		}
	}
	if !hasID {
		return r.tok.Errorf("the package has no PackageID")
	}
	return r.tok.Skip()
}

// updateSpecific reads the current UpdateSpecificData element.
func (r *Reader) updateSpecific(u *wsus.Update) error {
	for _, a := range r.tok.Attrs() {
		switch string(a.Local) {
		case "MsrcSeverity":
			u.Severity = r.texts.intern(a.Value)
		case "UpdateClassification":
			u.Classification, _ = Classification(string(a.Value))
		}
	}
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		switch string(r.tok.Local()) {
		case "SecurityBulletinID":
			err = r.appendWord(&u.Bulletins)
		case "CveID":
			err = r.appendWord(&u.CVEs)
		case "KBArticleID":
			err = r.appendWord(&u.KBArticles)
		default:
			err = r.tok.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// packageIDs collects the PackageID children of the current element.
func (r *Reader) packageIDs() error {
	r.lists.ids = r.lists.ids[:0]
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		if string(r.tok.Local()) != "PackageID" {
			if err := r.tok.Skip(); err != nil {
				return err
			}
			continue
		}
		offset := r.tok.Offset()
		start := len(r.scratch)
		b, err := r.content()
		if err != nil {
			return err
		}
		id, fault := parseID(b)
		if fault != "" {
			return r.tok.ErrorfAt(offset, "PackageID %s", fault)
		}
		r.scratch = r.scratch[:start]
		r.lists.ids = append(r.lists.ids, id)
	}
}

// softwarePrerequisites reads the current Prerequisites element of a package;
// there may be several, and all their clauses are ANDed.
func (r *Reader) softwarePrerequisites(u *wsus.Update) error {
	r.lists.clauses = r.lists.clauses[:0]
	for {
		ok, err := r.child()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if string(r.tok.Local()) != "AtLeastOne" {
			if err := r.tok.Skip(); err != nil {
				return err
			}
			continue
		}
		offset := r.tok.Offset()
		if err := r.packageIDs(); err != nil {
			return err
		}
		if len(r.lists.ids) == 0 {
			return r.tok.ErrorfAt(offset, "AtLeastOne names no package")
		}
		r.lists.clauses = append(r.lists.clauses, wsus.Clause{Any: r.ids.clone(r.lists.ids)})
	}
	u.Prerequisites = r.clauses.join(u.Prerequisites, r.clauses.clone(r.lists.clauses))
	return nil
}
