package wusp

import (
	"strings"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// Namespaces of update documents, and of what packages become in them.
const (
	updateSpace     = "http://schemas.microsoft.com/msus/2002/12/Update"
	handlerSpace    = "http://schemas.microsoft.com/msus/2002/12/UpdateHandlers/"
	categorySpace   = handlerSpace + "Category"
	publishSpace    = "http://schemas.microsoft.com/wsus/2005/04/CorporatePublishing/"
	logicalSpace    = publishSpace + "LogicalApplicabilityRules.xsd"
	commandSpace    = publishSpace + "Installers/CommandLineInstallation.xsd"
	mspSpace        = publishSpace + "Installers/MspInstallation.xsd"
	patchSpace      = publishSpace + "Installers/WindowsPatch.xsd"
	instanceSpace   = "http://www.w3.org/2001/XMLSchema-instance"
	packageRevision = "1"
	restrictedID    = "B7A590E9-DB06-43f6-9B06-4AD73869CCA2"
	expressionsEach = 1
)

// packageUpdates returns the update documents that a package becomes: one, or
// a bundle and its members.
func packageUpdates(p *node) ([]*node, error) {
	id, _ := p.kid("Properties").attr("PackageID")
	if _, err := compliance.ParseUpdateID(strings.TrimSpace(id)); err != nil {
		return nil, &DecodeError{Msg: "the package's PackageID: " + err.Error()}
	}
	items := p.kidsNamed("InstallableItem")
	var members []string
	for _, b := range p.kidsNamed("BundledPackages") {
		for _, k := range b.kidsNamed("PackageID") {
			members = append(members, k.text)
		}
	}
	if len(items) <= 1 && len(members) == 0 {
		var item *node
		if len(items) == 1 {
			item = items[0]
		}
		return []*node{packageUpdate(p, item, id, nil, false)}, nil
	}
	all := make([]string, 0, len(items)+len(members))
	for _, item := range items {
		own, ok := item.attr("ID")
		if !ok || strings.EqualFold(own, id) {
			return nil, &DecodeError{Msg: "package " + id + ": an InstallableItem that is not its only part has no ID of its own"}
		}
		all = append(all, own)
	}
	all = append(all, members...)
	updates := []*node{packageUpdate(p, nil, id, all, false)}
	for _, item := range items {
		own, _ := item.attr("ID")
		updates = append(updates, packageUpdate(p, item, own, nil, true))
	}
	return updates, nil
}

// packageUpdate writes one update document as Microsoft's stylesheet does,
// with the conditions of the package combined in. item is nil for a package
// or a bundle without one of its own.
func packageUpdate(p, item *node, id string, members []string, member bool) *node {
	u := &node{space: updateSpace, local: "Update"}
	identity := u.add(updateSpace, "UpdateIdentity")
	identity.set("UpdateID", id)
	identity.set("RevisionNumber", packageRevision)
	packageProperties(u, p, item, member)
	texts := u.add(updateSpace, "LocalizedPropertiesCollection")
	for _, l := range p.kidsNamed("LocalizedProperties") {
		t := texts.add(updateSpace, "LocalizedProperties")
		t.add(updateSpace, "Language").text = childText(l, "Language")
		t.add(updateSpace, "Title").text = childText(l, "Title")
		if l.kid("Description") != nil {
			t.add(updateSpace, "Description").text = childText(l, "Description")
		}
	}
	packageRelationships(u, p, members, member)
	if len(members) == 0 || item == nil && len(p.kidsNamed("InstallableItem")) == 0 {
		packageRules(u, p, item)
	}
	packageFiles(u, item)
	packageHandler(u, item)
	return u
}

func childText(n *node, local string) string {
	if k := n.kid(local); k != nil {
		return k.text
	}
	return ""
}

// packageProperties writes the Properties of an update.
func packageProperties(u, p, item *node, member bool) {
	from := p.kid("Properties")
	to := u.add(updateSpace, "Properties")
	language, _ := from.attr("DefaultPropertiesLanguage")
	if l := p.kid("LocalizedProperties"); language == "" && l != nil {
		language = childText(l, "Language")
	}
	to.set("DefaultPropertiesLanguage", language)
	if created, ok := from.attr("CreationDate"); ok {
		to.set("CreationDate", created)
	}
	to.set("IsLocallyPublished", "true")
	kind, ok := from.attr("UpdateType")
	if !ok {
		kind = "Software"
	}
	to.set("UpdateType", kind)
	if kind == "Detectoid" || member {
		to.set("ExplicitlyDeployable", "false")
	} else {
		to.set("ExplicitlyDeployable", "true")
	}
	state, ok := from.attr("PublicationState")
	if !ok {
		state = "Published"
	}
	to.set("PublicationState", state)
	if handler := packageHandlerName(item, kind); handler != "" {
		to.set("Handler", handlerSpace+handler)
	}
	specific := p.kid("UpdateSpecificData")
	if severity, ok := specific.attr("MsrcSeverity"); ok {
		to.set("MsrcSeverity", severity)
	}
	if source, ok := from.attr("CanSourceBeRequired"); ok {
		to.set("CanSourceBeRequired", source)
	}
	for _, pair := range [...][2]string{
		{"InstallProperties", "InstallationBehavior"}, {"UninstallProperties", "UninstallationBehavior"},
	} {
		if k := item.kid(pair[0]); k != nil {
			to.add(updateSpace, pair[1]).attrs = k.attrs
		}
	}
	for _, local := range [...]string{"MoreInfoUrl", "SupportUrl"} {
		if k := from.kid(local); k != nil { // the first of several, as the stylesheet takes it
			to.add(updateSpace, local).text = k.text
		}
	}
	// The stylesheet takes the first of these, too; here all are kept.
	for _, local := range [...]string{"SecurityBulletinID", "CveID", "KBArticleID"} {
		for _, k := range specific.kidsNamed(local) {
			to.add(updateSpace, local).text = k.text
		}
	}
	for _, k := range item.kidsNamed("Language") {
		to.add(updateSpace, "Language").text = k.text
	}
}

// packageHandlerName is the last part of the name of an item's handler.
func packageHandlerName(item *node, kind string) string {
	switch {
	case item.kid("CommandLineInstallerData") != nil:
		return "CommandLineInstallation"
	case item.kid("MsiInstallerData") != nil, item.kid("MspInstallerData") != nil:
		return "WindowsInstaller"
	case item.kid("UpdateExeInstallerData") != nil:
		return "WindowsPatch"
	case kind == "Driver":
		return "WindowsDriver"
	}
	return ""
}

// packageRelationships writes what an update supersedes, needs and bundles.
// A member of a bundle has its categories only.
func packageRelationships(u, p *node, members []string, member bool) {
	rel := u.add(updateSpace, "Relationships")
	var superseded []string
	for _, s := range p.kidsNamed("SupersededPackages") {
		for _, k := range s.kidsNamed("PackageID") {
			superseded = append(superseded, k.text)
		}
	}
	if len(superseded) > 0 && !member {
		addIdentities(rel.add(updateSpace, "SupersededUpdates"), superseded, "")
	}
	pre := rel.add(updateSpace, "Prerequisites")
	product := metadata.LocallyPublished()
	addCategory(pre, product)
	if id, ok := packageClassification(p); ok {
		addCategory(pre, id)
	}
	if v, _ := p.kid("Properties").attr("RestrictToClientServicingApi"); v == "true" || v == "1" {
		addIdentities(pre.add(updateSpace, "AtLeastOne"), []string{restrictedID}, "")
	}
	for _, set := range p.kidsNamed("Prerequisites") {
		for _, clause := range set.kidsNamed("AtLeastOne") {
			if member {
				continue
			}
			var ids []string
			for _, k := range clause.kidsNamed("PackageID") {
				ids = append(ids, k.text)
			}
			addIdentities(pre.add(updateSpace, "AtLeastOne"), ids, "")
		}
	}
	if len(members) > 0 {
		addIdentities(rel.add(updateSpace, "BundledUpdates").add(updateSpace, "AtLeastOne"), members, packageRevision)
	}
}

// packageClassification is the category that a package's classification is,
// if it is one that has a category.
func packageClassification(p *node) (compliance.UpdateID, bool) {
	if specific := p.kid("UpdateSpecificData"); specific != nil {
		name, _ := specific.attr("UpdateClassification")
		return metadata.Classification(name)
	}
	if p.kid("ApplicationSpecificData") != nil {
		return metadata.Classification("Applications")
	}
	return compliance.UpdateID{}, false
}

func addCategory(pre *node, id compliance.UpdateID) {
	clause := pre.add(updateSpace, "AtLeastOne")
	clause.set("IsCategory", "true")
	addIdentities(clause, []string{id.String()}, "")
}

func addIdentities(to *node, ids []string, revision string) {
	for _, id := range ids {
		k := to.add(updateSpace, "UpdateIdentity")
		k.set("UpdateID", strings.TrimSpace(id))
		if revision != "" {
			k.set("RevisionNumber", revision)
		}
	}
}

// packageRules writes the applicability rules: the package's and the item's
// hold together, as one expression for each section.
func packageRules(u, p, item *node) {
	own := item.kid("ApplicabilityRules")
	rules := &node{space: updateSpace, local: "ApplicabilityRules"}
	for _, local := range [...]string{"IsInstalled", "IsSuperseded", "IsInstallable", "Metadata"} {
		var found []*node
		present := false
		for _, from := range [...]*node{p, own} {
			if from == p && (local == "IsSuperseded" || local == "Metadata") {
				continue
			}
			if s := from.kid(local); s != nil {
				present = true
				found = append(found, s.kids...)
			}
		}
		if !present {
			continue
		}
		section := rules.add(updateSpace, local)
		if len(found) > expressionsEach && local != "Metadata" {
			section = section.add(logicalSpace, "And")
		}
		section.kids = found
	}
	if len(rules.kids) > 0 {
		u.kids = append(u.kids, rules)
	}
}

// packageFiles writes the files of an item.
func packageFiles(u, item *node) {
	origins := item.kidsNamed("OriginFile")
	if len(origins) == 0 {
		return
	}
	files := u.add(updateSpace, "Files")
	for _, o := range origins {
		f := files.add(updateSpace, "File")
		for _, local := range [...]string{"Digest", "FileName", "Size", "Modified"} {
			if v, ok := o.attr(local); ok {
				f.set(local, v)
			}
		}
		f.set("DigestAlgorithm", "SHA1")
		if item.kid("MspInstallerData") != nil {
			f.set("PatchingType", "SelfContained")
		}
		if d := o.kid("AdditionalDigest"); d != nil {
			additional := f.add(updateSpace, "AdditionalDigest")
			additional.attrs, additional.text = d.attrs, d.text
		}
	}
}

// packageHandler writes what the handler is to do.
func packageHandler(u, item *node) {
	for _, h := range [...]struct{ data, kind, space, local string }{
		{"CommandLineInstallerData", "cmd:CommandLineInstallation", commandSpace, "InstallCommand"},
		{"MsiInstallerData", "msp:WindowsInstallerApp", mspSpace, "MsiData"},
		{"MspInstallerData", "msp:WindowsInstaller", mspSpace, "MspData"},
		{"UpdateExeInstallerData", "psf:WindowsPatch", patchSpace, "WindowsPatchData"},
	} {
		data := item.kid(h.data)
		if data == nil {
			continue
		}
		specific := u.add(updateSpace, "HandlerSpecificData")
		specific.attrs = append(specific.attrs, nodeAttr{space: instanceSpace, local: "type", value: h.kind})
		command := specific.add(h.space, h.local)
		command.attrs = data.attrs
		if h.local == "InstallCommand" {
			command.kids = data.kidsNamed("ReturnCode")
		}
		return
	}
}

// categoryUpdate writes the document of a category that is always installed:
// a classification, or the product of what is published locally.
func categoryUpdate(id compliance.UpdateID) *node {
	kind, title := "UpdateClassification", metadata.ClassificationName(id)
	if id == metadata.LocallyPublished() {
		kind, title = "Product", "Locally Published"
	}
	u := &node{space: updateSpace, local: "Update"}
	identity := u.add(updateSpace, "UpdateIdentity")
	identity.set("UpdateID", id.String())
	identity.set("RevisionNumber", packageRevision)
	props := u.add(updateSpace, "Properties")
	props.set("DefaultPropertiesLanguage", "en")
	props.set("UpdateType", "Category")
	props.set("Handler", categorySpace)
	text := u.add(updateSpace, "LocalizedPropertiesCollection").add(updateSpace, "LocalizedProperties")
	text.add(updateSpace, "Language").text = "en"
	text.add(updateSpace, "Title").text = title
	u.add(updateSpace, "ApplicabilityRules").add(updateSpace, "IsInstalled").add(logicalSpace, "True")
	data := u.add(updateSpace, "HandlerSpecificData")
	data.attrs = append(data.attrs, nodeAttr{space: instanceSpace, local: "type", value: "cat:Category"})
	info := data.add(categorySpace, "CategoryInformation")
	info.set("CategoryType", kind)
	info.set("ProhibitsSubcategories", "true")
	info.set("ExcludedByDefault", "false")
	return u
}
