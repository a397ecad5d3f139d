package metadata

import (
	"github.com/updatescan/updatescan/wsus"
)

// ParseFragment reads a Core fragment as an update server sends it, and
// returns its update. Extended and Localized fragments that stand in the same
// text are read too. The error is an *Error.
func (r *Reader) ParseFragment(core []byte) (wsus.Update, error) {
	u, err := r.fragment(core)
	if err != nil {
		return wsus.Update{}, located(r.origin, err)
	}
	return u, nil
}

func (r *Reader) fragment(core []byte) (wsus.Update, error) {
	if err := r.reset(core, true); err != nil {
		return wsus.Update{}, err
	}
	return r.parts()
}

// AddExtended reads an Extended fragment and completes the update with what
// it has: handler, KB articles, bulletins, CVE numbers, severity, reboot
// behaviour, kind of category. On error, which is an *Error, the update is
// unchanged. A nil update is an error that wraps [fs.ErrInvalid].
func (r *Reader) AddExtended(u *wsus.Update, extended []byte) error {
	if u == nil {
		return missing(r.origin, "the update")
	}
	// The lists are replaced, not extended: adding a fragment twice changes
	// nothing.
	d := draft{update: *u, best: localized{rank: rankNone}}
	d.update.KBArticles, d.update.Bulletins, d.update.CVEs = nil, nil, nil
	found := false
	err := r.fragments(extended, func(local string) error {
		switch local {
		case "ExtendedProperties":
			if found {
				return r.tok.Errorf("a second %s", quoted(r.tok.Local()))
			}
			found = true
			return r.properties(&d)
		case "HandlerSpecificData":
			return r.handlerData(&d.update)
		}
		return r.tok.Skip()
	})
	if err == nil && !found {
		err = &Error{Msg: "the fragment has no ExtendedProperties", Err: ErrForm}
	}
	if err != nil {
		return located(r.origin, err)
	}
	if d.update.Kind != u.Kind {
		return &Error{File: r.origin, Msg: "the fragment contradicts the update's UpdateType"}
	}
	*u = d.update
	return nil
}

// AddLocalized reads the Localized fragments of an update, one language each,
// and gives the update the title and description in the language that
// [Options.Languages] ranks first; of equal ones the first. Without any text
// the update stays as it is. On error, which is an *Error, the update is
// unchanged. A nil update is an error that wraps [fs.ErrInvalid].
func (r *Reader) AddLocalized(u *wsus.Update, fragments ...[]byte) error {
	if u == nil {
		return missing(r.origin, "the update")
	}
	best := localized{rank: rankNone}
	for _, data := range fragments {
		found := false
		err := r.fragments(data, func(local string) error {
			if local != "LocalizedProperties" {
				return r.tok.Skip()
			}
			found = true
			return r.localizedProperties(&best, "")
		})
		if err == nil && !found {
			err = &Error{Msg: "the fragment has no LocalizedProperties", Err: ErrForm}
		}
		if err != nil {
			return located(r.origin, err)
		}
	}
	if best.rank != rankNone {
		u.Title, u.Description = best.title, best.description
	}
	return nil
}

// fragments calls part for each of the sibling elements of a fragment, by
// local name; part reads the element.
func (r *Reader) fragments(data []byte, part func(local string) error) error {
	if err := r.reset(data, true); err != nil {
		return err
	}
	for {
		ok, err := r.child()
		if err != nil || !ok {
			return err
		}
		if err := part(string(r.tok.Local())); err != nil {
			return err
		}
	}
}

// Parse reads one document of any form; see [Reader.Parse].
func Parse(data []byte, opt Options) ([]wsus.Update, error) {
	r, err := NewReader(opt)
	if err != nil {
		return nil, err
	}
	return r.Parse(data)
}

// ParseFragment reads one Core fragment; see [Reader.ParseFragment].
func ParseFragment(core []byte, opt Options) (wsus.Update, error) {
	r, err := NewReader(opt)
	if err != nil {
		return wsus.Update{}, err
	}
	return r.ParseFragment(core)
}

// AddExtended completes an update with its Extended fragment; see
// [Reader.AddExtended].
func AddExtended(u *wsus.Update, extended []byte, opt Options) error {
	r, err := NewReader(opt)
	if err != nil {
		return err
	}
	return r.AddExtended(u, extended)
}

// AddLocalized gives an update the best of its Localized fragments; see
// [Reader.AddLocalized].
func AddLocalized(u *wsus.Update, fragments [][]byte, opt Options) error {
	r, err := NewReader(opt)
	if err != nil {
		return err
	}
	return r.AddLocalized(u, fragments...)
}
