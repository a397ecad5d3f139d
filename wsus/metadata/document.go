package metadata

import (
	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// draft is an update while its parts are being read.
type draft struct {
	update wsus.Update
	// identity, properties, relationships and rules say which parts were met.
	identity, properties, relationships, rules bool
	// language is DefaultPropertiesLanguage.
	language string
	best     localized
}

// document reads the current Update element.
func (r *Reader) document() ([]wsus.Update, error) {
	u, err := r.parts()
	if err != nil {
		return nil, err
	}
	return []wsus.Update{u}, nil
}

// parts reads the children of the current Update element, or the siblings
// that make a fragment, as one update.
func (r *Reader) parts() (wsus.Update, error) {
	d := draft{best: localized{rank: rankNone}}
	offset := r.tok.Offset()
	for {
		ok, err := r.child()
		if err != nil {
			return wsus.Update{}, err
		}
		if !ok {
			break
		}
		if err := r.part(&d); err != nil {
			return wsus.Update{}, err
		}
	}
	line, column := r.tok.Position(offset)
	if !d.identity {
		return wsus.Update{}, &Error{Line: line, Column: column, Msg: "the update has no UpdateIdentity"}
	}
	if d.update.Kind == 0 {
		return wsus.Update{}, &Error{Line: line, Column: column, Msg: "the update has no UpdateType"}
	}
	if d.best.rank != rankNone {
		d.update.Title, d.update.Description = d.best.title, d.best.description
	}
	d.update.Origin = r.origin
	r.categories(&d.update)
	return d.update, nil
}

// part reads the current element, one part of an update.
func (r *Reader) part(d *draft) error {
	switch string(r.tok.Local()) {
	case "UpdateIdentity":
		if err := r.once(&d.identity); err != nil {
			return err
		}
		id, err := r.identity(true)
		d.update.Identity = id
		return err
	case "Properties":
		if err := r.once(&d.properties); err != nil {
			return err
		}
		return r.properties(d)
	case "ExtendedProperties":
		return r.properties(d)
	case "LocalizedPropertiesCollection":
		for {
			ok, err := r.child()
			if err != nil || !ok {
				return err
			}
			if string(r.tok.Local()) == "LocalizedProperties" {
				err = r.localizedProperties(&d.best, d.language)
			} else {
				err = r.tok.Skip()
			}
			if err != nil {
				return err
			}
		}
	case "LocalizedProperties":
		return r.localizedProperties(&d.best, d.language)
	case "Relationships":
		if err := r.once(&d.relationships); err != nil {
			return err
		}
		return r.relationships(&d.update)
	case "ApplicabilityRules":
		if err := r.once(&d.rules); err != nil {
			return err
		}
		return r.applicability(&d.update.Rules)
	case "HandlerSpecificData":
		return r.handlerData(&d.update)
	}
	return r.tok.Skip()
}

// once refuses the second occurrence of the current element.
func (r *Reader) once(seen *bool) error {
	if *seen {
		return r.tok.Errorf("a second %s", quoted(r.tok.Local()))
	}
	*seen = true
	return nil
}

// identity reads the current UpdateIdentity element.
func (r *Reader) identity(needRevision bool) (wsus.Identity, error) {
	var out wsus.Identity
	var hasID, hasRevision bool
	for _, a := range r.tok.Attrs() {
		switch string(a.Local) {
		case "UpdateID":
			id, fault := parseID(a.Value)
			if fault != "" {
				return out, r.tok.Errorf("UpdateID %s", fault)
			}
			out.ID, hasID = id, true
		case "RevisionNumber":
			revision, ok := parseRevision(a.Value)
			if !ok {
				return out, r.tok.Errorf("RevisionNumber %s is no revision number", quoted(a.Value))
			}
			out.Revision, hasRevision = revision, true
		}
	}
	if !hasID {
		return out, r.tok.Errorf("UpdateIdentity has no UpdateID")
	}
	if needRevision && !hasRevision {
		return out, r.tok.Errorf("UpdateIdentity has no RevisionNumber")
	}
	return out, r.tok.Skip()
}

// properties reads the current Properties or ExtendedProperties element.
func (r *Reader) properties(d *draft) error {
	u := &d.update
	for _, a := range r.tok.Attrs() {
		var ok bool
		switch string(a.Local) {
		case "UpdateType":
			if u.Kind, ok = parseKind(a.Value); !ok {
				return r.tok.Errorf("UpdateType %s is not known", quoted(a.Value))
			}
		case "CreationDate":
			if u.Created, ok = parseTime(a.Value); !ok {
				return r.tok.Errorf("CreationDate %s is no date", quoted(a.Value))
			}
		case "DefaultPropertiesLanguage":
			d.language = r.texts.intern(a.Value)
		case "Handler":
			u.Handler = r.texts.intern(lastSegment(a.Value))
		case "MsrcSeverity":
			u.Severity = r.texts.intern(a.Value)
		case "PublicationState":
			u.Expired = string(a.Value) == "Expired"
		}
	}
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		switch string(r.tok.Local()) {
		case "InstallationBehavior":
			if v, ok := r.tok.Attr("RebootBehavior"); ok {
				u.RebootBehavior = r.texts.intern(v)
			}
			err = r.tok.Skip()
		case "KBArticleID":
			err = r.appendWord(&u.KBArticles)
		case "SecurityBulletinID":
			err = r.appendWord(&u.Bulletins)
		case "CveID":
			err = r.appendWord(&u.CVEs)
		default:
			err = r.tok.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// appendWord adds the text of the current element to a list, unless it is
// empty.
func (r *Reader) appendWord(list *[]string) error {
	word, err := r.word()
	if err != nil || word == "" {
		return err
	}
	if len(*list) == 0 {
		*list = r.names.take(1)
		(*list)[0] = word
		return nil
	}
	*list = append(*list, word)
	return nil
}

// handlerData looks into the current HandlerSpecificData element for the kind
// of a category.
func (r *Reader) handlerData(u *wsus.Update) error {
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		if string(r.tok.Local()) == "CategoryInformation" {
			kind, _ := r.tok.Attr("CategoryType")
			u.CategoryType = r.texts.intern(kind)
		}
		if err := r.tok.Skip(); err != nil {
			return err
		}
	}
}

// categories derives what an update belongs to from its prerequisites: a
// known classification wherever it is named, and as products the other ids of
// its category clauses.
func (r *Reader) categories(u *wsus.Update) {
	if u.Kind != wsus.KindSoftware && u.Kind != wsus.KindDriver {
		return
	}
	ids := r.lists.ids[:0]
	var none compliance.UpdateID
	for _, c := range u.Prerequisites {
		for _, id := range c.Any {
			if ClassificationName(id) != "" {
				if u.Classification == none {
					u.Classification = id
				}
			} else if c.Category {
				ids = append(ids, id)
			}
		}
	}
	u.Products = r.ids.clone(ids)
	r.lists.ids = ids[:0]
}
