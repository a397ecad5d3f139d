package metadata_test

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// The slow and obvious second implementation: encoding/xml into structs, and
// these into updates. It is also the peer of the benchmarks.

type xmlNode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []xmlNode  `xml:",any"`
	Text     string     `xml:",chardata"`
}

type xmlSection struct {
	Rules []xmlNode `xml:",any"`
}

type xmlRules struct {
	IsInstalled   *xmlSection
	IsSuperseded  *xmlSection
	IsInstallable *xmlSection
	Metadata      *xmlSection
}

type xmlIdentity struct {
	UpdateID       string `xml:",attr"`
	RevisionNumber string `xml:",attr"`
}

type xmlClause struct {
	XMLName    xml.Name
	IsCategory string `xml:",attr"`
	xmlIdentity
	Members []xmlIdentity `xml:"UpdateIdentity"`
}

type xmlClauses struct {
	Clauses []xmlClause `xml:",any"`
}

type xmlBehavior struct {
	RebootBehavior string `xml:",attr"`
}

type xmlLocalized struct {
	Language, Title, Description string
}

type xmlProperties struct {
	UpdateType                string `xml:",attr"`
	DefaultPropertiesLanguage string `xml:",attr"`
	Handler                   string `xml:",attr"`
	MsrcSeverity              string `xml:",attr"`
	PublicationState          string `xml:",attr"`
	CreationDate              string `xml:",attr"`
	InstallationBehavior      xmlBehavior
	KBArticleID               []string
	SecurityBulletinID        []string
	CveID                     []string
}

// xmlUpdate is an update document, or fragments inside a root.
type xmlUpdate struct {
	UpdateIdentity                xmlIdentity
	Properties                    xmlProperties
	LocalizedPropertiesCollection struct{ LocalizedProperties []xmlLocalized }
	Relationships                 struct {
		SupersededUpdates struct{ UpdateIdentity []xmlIdentity }
		Prerequisites     xmlClauses
		BundledUpdates    xmlClauses
	}
	ApplicabilityRules  xmlRules
	HandlerSpecificData struct {
		CategoryInformation struct {
			CategoryType string `xml:",attr"`
		}
	}
}

type xmlPackageIDs struct{ PackageID []string }

type xmlItem struct {
	ID                       string `xml:",attr"`
	ApplicabilityRules       xmlRules
	InstallProperties        xmlBehavior
	CommandLineInstallerData *struct{}
	MsiInstallerData         *struct{}
	MspInstallerData         *struct{}
	UpdateExeInstallerData   *struct{}
}

type xmlPackage struct {
	Properties struct {
		PackageID                 string `xml:",attr"`
		CreationDate              string `xml:",attr"`
		VendorName                string `xml:",attr"`
		PublicationState          string `xml:",attr"`
		UpdateType                string `xml:",attr"`
		DefaultPropertiesLanguage string `xml:",attr"`
	}
	LocalizedProperties []xmlLocalized
	UpdateSpecificData  *struct {
		MsrcSeverity         string `xml:",attr"`
		UpdateClassification string `xml:",attr"`
		SecurityBulletinID   []string
		CveID                []string
		KBArticleID          []string
	}
	ApplicationSpecificData *struct{}
	IsInstallable           *xmlSection
	IsInstalled             *xmlSection
	SupersededPackages      xmlPackageIDs
	BundledPackages         xmlPackageIDs
	Prerequisites           []struct{ AtLeastOne []xmlPackageIDs }
	InstallableItem         []xmlItem
}

func peerDocument(data []byte) (xmlUpdate, error) {
	var x xmlUpdate
	err := xml.Unmarshal(data, &x)
	return x, err
}

func peerFragment(data []byte) (xmlUpdate, error) {
	return peerDocument(slices.Concat([]byte("<x>"), data, []byte("</x>")))
}

func peerPackage(data []byte) (xmlPackage, error) {
	var x xmlPackage
	err := xml.Unmarshal(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")), &x)
	return x, err
}

func mustID(s string) compliance.UpdateID {
	id, err := compliance.ParseUpdateID(s)
	if err != nil {
		panic(err)
	}
	return id
}

func mustRevision(s string) compliance.Revision {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		panic(err)
	}
	return compliance.Revision(n)
}

func mustTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	panic("time " + s)
}

func peerRules(section *xmlSection) []wsus.Rule {
	if section == nil {
		return nil
	}
	return append([]wsus.Rule{}, peerNodes(section.Rules)...)
}

func peerNodes(nodes []xmlNode) []wsus.Rule {
	var out []wsus.Rule
	for _, n := range nodes {
		r := wsus.Rule{Name: n.XMLName.Local, Text: strings.TrimSpace(n.Text), Children: peerNodes(n.Children)}
		for _, prefix := range []string{"b.", "m.", "d."} {
			if rest, ok := strings.CutPrefix(r.Name, prefix); ok && rest != "" {
				r.Name = rest
				break
			}
		}
		for _, a := range n.Attrs {
			if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
				r.Attrs = append(r.Attrs, wsus.Attr{Name: a.Name.Local, Value: a.Value})
			}
		}
		out = append(out, r)
	}
	return out
}

func peerTexts(all []xmlLocalized, fallback string) (title, description string) {
	for _, test := range []func(string) bool{
		func(l string) bool { return strings.EqualFold(l, "en") },
		func(l string) bool { return strings.EqualFold(strings.Split(l, "-")[0], "en") },
		func(l string) bool { return fallback != "" && strings.EqualFold(l, fallback) },
		func(string) bool { return true },
	} {
		for _, x := range all {
			title, description := strings.TrimSpace(x.Title), strings.TrimSpace(x.Description)
			if test(strings.TrimSpace(x.Language)) && title+description != "" {
				return title, description
			}
		}
	}
	return "", ""
}

func words(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// update converts what was read to the update it describes.
func (x xmlUpdate) update() wsus.Update {
	u := wsus.Update{
		Identity: wsus.Identity{
			ID: mustID(x.UpdateIdentity.UpdateID), Revision: mustRevision(x.UpdateIdentity.RevisionNumber),
		},
		Kind: map[string]wsus.Kind{
			"Software": wsus.KindSoftware, "Driver": wsus.KindDriver, "Category": wsus.KindCategory,
			"Detectoid": wsus.KindDetectoid,
		}[x.Properties.UpdateType],
		Expired:        x.Properties.PublicationState == "Expired",
		KBArticles:     words(x.Properties.KBArticleID),
		Bulletins:      words(x.Properties.SecurityBulletinID),
		CVEs:           words(x.Properties.CveID),
		Severity:       x.Properties.MsrcSeverity,
		CategoryType:   x.HandlerSpecificData.CategoryInformation.CategoryType,
		Created:        mustTime(x.Properties.CreationDate),
		RebootBehavior: x.Properties.InstallationBehavior.RebootBehavior,
		Handler:        x.Properties.Handler[strings.LastIndex(x.Properties.Handler, "/")+1:],
		Rules: wsus.Rules{
			IsInstalled:   peerRules(x.ApplicabilityRules.IsInstalled),
			IsSuperseded:  peerRules(x.ApplicabilityRules.IsSuperseded),
			IsInstallable: peerRules(x.ApplicabilityRules.IsInstallable),
			Metadata:      peerRules(x.ApplicabilityRules.Metadata),
		},
	}
	u.Title, u.Description = peerTexts(
		x.LocalizedPropertiesCollection.LocalizedProperties, x.Properties.DefaultPropertiesLanguage)
	for _, m := range x.Relationships.SupersededUpdates.UpdateIdentity {
		u.Supersedes = append(u.Supersedes, mustID(m.UpdateID))
	}
	for _, c := range x.Relationships.Prerequisites.Clauses {
		clause := wsus.Clause{Category: c.IsCategory == "true"}
		if c.XMLName.Local == "UpdateIdentity" {
			c.Members = []xmlIdentity{c.xmlIdentity}
		}
		for _, m := range c.Members {
			clause.Any = append(clause.Any, mustID(m.UpdateID))
		}
		u.Prerequisites = append(u.Prerequisites, clause)
	}
	for _, c := range x.Relationships.BundledUpdates.Clauses {
		if c.XMLName.Local == "UpdateIdentity" {
			c.Members = []xmlIdentity{c.xmlIdentity}
		}
		var clause wsus.BundleClause
		for _, m := range c.Members {
			clause.Any = append(clause.Any, wsus.Identity{ID: mustID(m.UpdateID), Revision: mustRevision(m.RevisionNumber)})
		}
		u.Bundled = append(u.Bundled, clause)
	}
	if u.Kind == wsus.KindSoftware || u.Kind == wsus.KindDriver {
		peerCategories(&u)
	}
	return u
}

func peerCategories(u *wsus.Update) {
	for _, c := range u.Prerequisites {
		for _, id := range c.Any {
			if metadata.ClassificationName(id) == "" {
				if c.Category {
					u.Products = append(u.Products, id)
				}
			} else if u.Classification == (compliance.UpdateID{}) {
				u.Classification = id
			}
		}
	}
}

// updates converts what was read to the updates the package stands for.
func (x xmlPackage) updates() []wsus.Update {
	base := wsus.Update{
		Identity: wsus.Identity{ID: mustID(x.Properties.PackageID), Revision: 1},
		Kind:     wsus.KindSoftware,
		Expired:  x.Properties.PublicationState == "Expired",
		Vendor:   x.Properties.VendorName,
		Products: []compliance.UpdateID{mustID("5CC25303-143F-40F3-A2FF-803A1DB69955")},
		Created:  mustTime(x.Properties.CreationDate),
	}
	if x.Properties.UpdateType == "Driver" {
		base.Kind = wsus.KindDriver
	}
	if x.Properties.UpdateType == "Detectoid" {
		base.Kind = wsus.KindDetectoid
	}
	base.Title, base.Description = peerTexts(x.LocalizedProperties, x.Properties.DefaultPropertiesLanguage)
	if d := x.UpdateSpecificData; d != nil {
		base.Severity = d.MsrcSeverity
		base.Classification, _ = metadata.Classification(d.UpdateClassification)
		base.KBArticles, base.Bulletins, base.CVEs = words(d.KBArticleID), words(d.SecurityBulletinID), words(d.CveID)
	}
	if x.ApplicationSpecificData != nil {
		base.Classification, _ = metadata.Classification("Applications")
	}
	first := base
	for _, s := range x.SupersededPackages.PackageID {
		first.Supersedes = append(first.Supersedes, mustID(strings.TrimSpace(s)))
	}
	for _, p := range x.Prerequisites {
		for _, c := range p.AtLeastOne {
			var clause wsus.Clause
			for _, s := range c.PackageID {
				clause.Any = append(clause.Any, mustID(strings.TrimSpace(s)))
			}
			first.Prerequisites = append(first.Prerequisites, clause)
		}
	}
	pack := wsus.Rules{IsInstalled: peerRules(x.IsInstalled), IsInstallable: peerRules(x.IsInstallable)}
	bundle := len(x.InstallableItem) > 1 || len(x.BundledPackages.PackageID) > 0
	if len(x.InstallableItem) == 0 {
		first.Rules = pack
	}
	if len(x.InstallableItem) == 1 && !bundle {
		x.InstallableItem[0].apply(&first, pack)
	}
	if first.Kind == wsus.KindDriver && first.Handler == "" && !bundle {
		first.Handler = "WindowsDriver"
	}
	out := []wsus.Update{first}
	if !bundle {
		return out
	}
	var clause wsus.BundleClause
	for _, it := range x.InstallableItem {
		u := base
		u.ID = mustID(it.ID)
		u.Action = wsus.ActionBundle
		it.apply(&u, pack)
		if u.Kind == wsus.KindDriver && u.Handler == "" {
			u.Handler = "WindowsDriver"
		}
		out = append(out, u)
		clause.Any = append(clause.Any, u.Identity)
	}
	for _, s := range x.BundledPackages.PackageID {
		clause.Any = append(clause.Any, wsus.Identity{ID: mustID(strings.TrimSpace(s)), Revision: 1})
	}
	out[0].Bundled = []wsus.BundleClause{clause}
	return out
}

func (it xmlItem) apply(u *wsus.Update, pack wsus.Rules) {
	u.Rules = wsus.Rules{
		IsInstalled:   bothSections(pack.IsInstalled, peerRules(it.ApplicabilityRules.IsInstalled)),
		IsInstallable: bothSections(pack.IsInstallable, peerRules(it.ApplicabilityRules.IsInstallable)),
		IsSuperseded:  peerRules(it.ApplicabilityRules.IsSuperseded),
		Metadata:      peerRules(it.ApplicabilityRules.Metadata),
	}
	u.RebootBehavior = it.InstallProperties.RebootBehavior
	for handler, there := range map[string]bool{
		"CommandLineInstallation": it.CommandLineInstallerData != nil,
		"WindowsInstaller":        it.MsiInstallerData != nil || it.MspInstallerData != nil,
		"WindowsPatch":            it.UpdateExeInstallerData != nil,
	} {
		if there {
			u.Handler = handler
		}
	}
}

func bothSections(a, b []wsus.Rule) []wsus.Rule {
	if a == nil && b == nil {
		return nil
	}
	return append(append([]wsus.Rule{}, a...), b...)
}
