package wusp

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/metadata"
)

// ErrNotPublishable means that a document is none of the forms that can be
// published.
var ErrNotPublishable = errors.New("neither an update nor a package")

// fragments is one revision as clients get it.
type fragments struct {
	core, extended []byte
	localized      []localizedText
	eulas          []localizedText
	files          []contentFile
	drivers        []driverMatch
	expired        bool
	explicit       bool
	// update has the identity, the kind and the relations.
	update wsus.Update
}

// localizedText is a fragment in a language.
type localizedText struct {
	language string
	xml      []byte
}

// contentFile is a file of an update.
type contentFile struct {
	digest []byte
	name   string
}

// publishable returns the fragments of what a document holds.
func (r *nodeReader) publishable(data []byte) ([]fragments, error) {
	roots, err := r.read(data, isCore(data))
	if err != nil {
		return nil, err
	}
	if len(roots) == 0 {
		return nil, &DecodeError{Err: ErrNotPublishable}
	}
	var updates []*node
	switch roots[0].local {
	case "Update":
		updates = roots[:1]
	case "UpdateIdentity":
		f, err := coreFragments(roots, data)
		return []fragments{f}, err
	default:
		for _, p := range packagesIn(roots, nil) {
			made, err := packageUpdates(p)
			if err != nil {
				return nil, err
			}
			updates = append(updates, made...)
		}
	}
	if len(updates) == 0 {
		return nil, &DecodeError{Msg: "root element " + quote([]byte(roots[0].local)), Err: ErrNotPublishable}
	}
	all := make([]fragments, len(updates))
	for i, u := range updates {
		if all[i], err = documentFragments(u); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// isCore reports whether a text begins as a Core fragment does: that is a
// list of elements, not a document.
func isCore(data []byte) bool {
	head := strings.TrimLeft(string(data[:min(len(data), 64)]), "\uFEFF \t\r\n")
	return strings.HasPrefix(head, "<UpdateIdentity")
}

// coreFragments takes a Core fragment as it is.
func coreFragments(roots []*node, data []byte) (fragments, error) {
	f := fragments{core: []byte(strings.TrimSpace(string(data)))}
	for _, n := range roots {
		switch n.local {
		case "Properties":
			v, _ := n.attr("ExplicitlyDeployable")
			f.explicit = v == "true" || v == "1"
		case "ApplicabilityRules":
			f.drivers = driverMatches(n)
		}
	}
	return f, f.relations()
}

// digestBytes is the length of a SHA-1, by which files are known.
const digestBytes = 20

// categoryType says what kind of category a category is.
func (f *fragments) categoryType() string { return f.update.CategoryType }

// relations reads what the server must know of its own Core fragment.
func (f *fragments) relations() error {
	u, err := metadata.ParseFragment(f.core, metadata.Options{MaxFileBytes: maxPublishBytes})
	if err != nil {
		return err
	}
	if u.Kind == wsus.KindCategory && len(f.extended) > 0 {
		if err := metadata.AddExtended(&u, f.extended, metadata.Options{}); err != nil {
			return err
		}
	}
	u.Rules = wsus.Rules{}
	f.update = u
	return nil
}

// Attributes of Properties that clients do not get in Extended: those of
// Core, and the administrator's.
var notExtended = map[string]bool{
	"UpdateType": true, "ExplicitlyDeployable": true, "AutoSelectOnWebSites": true, "OSUpgrade": true, "EulaID": true,
	"PublicationState": true, "CreationDate": true, "PublisherID": true, "IsPublic": true, "PerUser": true,
	"LegacyName": true, "DetectoidType": true, "IsBeta": true, "IsLocallyPublished": true, "CompatibleProtocolVersion": true,
	"ReceivedFromCreatorService": true, "CanSourceBeRequired": true,
}

// documentFragments takes an update document apart.
func documentFragments(u *node) (fragments, error) {
	var f fragments
	identity, props := u.kid("UpdateIdentity"), u.kid("Properties")
	if identity == nil || props == nil {
		return f, &DecodeError{Msg: "an update without identity or properties", Err: ErrNotPublishable}
	}
	f.core = appendFragment(nil, identity, false, "")
	core := &node{space: updateSpace, local: "Properties"}
	for _, local := range [...]string{"UpdateType", "ExplicitlyDeployable", "AutoSelectOnWebSites", "OSUpgrade", "EulaID"} {
		v, ok := props.attr(local)
		if !ok || v == "false" || v == "0" {
			continue
		}
		core.set(local, v)
		f.explicit = f.explicit || local == "ExplicitlyDeployable"
	}
	f.core = appendFragment(f.core, core, false, "")
	if rel := u.kid("Relationships"); rel != nil && len(rel.kids) > 0 {
		f.core = appendFragment(f.core, rel, false, "")
	}
	if rules := u.kid("ApplicabilityRules"); rules != nil {
		f.core = appendFragment(f.core, rules, true, "")
		f.drivers = driverMatches(rules)
	}
	state, _ := props.attr("PublicationState")
	f.expired = state == "Expired"
	f.extend(u, props)
	f.localize(u)
	return f, f.relations()
}

// extend writes the Extended fragment.
func (f *fragments) extend(u, props *node) {
	to := &node{space: updateSpace, local: "ExtendedProperties", kids: props.kids}
	for _, a := range props.attrs {
		if !notExtended[a.local] {
			to.attrs = append(to.attrs, a)
		}
	}
	f.extended = appendFragment(nil, to, false, "")
	if files := u.kid("Files"); files != nil && len(files.kids) > 0 {
		f.extended = appendFragment(f.extended, files, false, "")
		for _, k := range files.kidsNamed("File") {
			text, _ := k.attr("Digest")
			name, _ := k.attr("FileName")
			if digest, err := base64.StdEncoding.DecodeString(text); err == nil && len(digest) == digestBytes {
				f.files = append(f.files, contentFile{digest: digest, name: name})
			}
		}
	}
	if data := u.kid("HandlerSpecificData"); data != nil {
		f.extended = appendFragment(f.extended, data, false, "")
	}
}

// localize writes the Localized fragments and those of licences.
func (f *fragments) localize(u *node) {
	collection := u.kid("LocalizedPropertiesCollection")
	for _, l := range collection.kidsNamed("LocalizedProperties") {
		f.localized = append(f.localized, localizedText{childText(l, "Language"), appendFragment(nil, l, false, "")})
	}
	for _, l := range collection.kidsNamed("EulaFile") {
		f.eulas = append(f.eulas, localizedText{childText(l, "Language"), appendFragment(nil, l, false, "")})
	}
}

// choose returns the fragments in the languages asked for: the first language
// that there is, else the first fragment of all.
func choose(texts []localizedText, locales []string) []byte {
	for _, l := range locales {
		for i := range texts {
			if strings.EqualFold(texts[i].language, l) {
				return texts[i].xml
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return texts[0].xml
}
