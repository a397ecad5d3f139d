package metadata

import (
	"bytes"
	"strconv"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/internal/xmltok"
	"github.com/updatescan/updatescan/wsus"
)

// Reader reads many documents or fragments one after the other, and shares
// among the updates it returns the strings that occur again and again. The
// updates do not refer to the bytes they were read from. They share memory
// with each other, as the updates of one catalogue do, and must not be
// modified, but for what AddExtended and AddLocalized complete.
//
// Use NewReader. A Reader is not safe for concurrent use; use one for each
// goroutine.
type Reader struct {
	opt    Options
	origin string
	tok    xmltok.Tokenizer

	texts   texts
	rules   arena[wsus.Rule]
	attrs   arena[wsus.Attr]
	ids     arena[compliance.UpdateID]
	names   arena[string]
	clauses arena[wsus.Clause]
	bundles arena[wsus.BundleClause]
	members arena[wsus.Identity]

	// What follows is reused by the next document.
	trees   forest
	nodes   int
	scratch []byte
	// converted is a document that was UTF-16.
	converted []byte
	lists     lists
}

// lists are collected before their length is known.
type lists struct {
	ids     []compliance.UpdateID
	clauses []wsus.Clause
	bundles []wsus.BundleClause
	members []wsus.Identity
}

// NewReader returns a Reader. A negative bound is refused.
func NewReader(opt Options) (*Reader, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Reader{opt: opt, origin: opt.Origin}, nil
}

// Parse reads a document of any form, recognised by its root element, and
// returns the updates it describes in document order: one for an update
// document or a Core fragment, one or more for a package, all those of its
// packages for a catalogue. The error is an *Error; a document of another kind
// gives one that wraps ErrForm or ErrCabinet.
func (r *Reader) Parse(data []byte) ([]wsus.Update, error) {
	updates, err := r.parse(data)
	if err != nil {
		return nil, located(r.origin, err)
	}
	return updates, nil
}

func (r *Reader) parse(data []byte) ([]wsus.Update, error) {
	if err := r.reset(data, false); err != nil {
		return nil, err
	}
	// A document without a root element is an error of the tokenizer's, so
	// that the first token is a start tag.
	if _, err := r.tok.Next(); err != nil {
		return nil, err
	}
	var updates []wsus.Update
	var err error
	switch string(r.tok.Local()) {
	case "UpdateIdentity":
		u, err := r.fragment(data)
		if err != nil {
			return nil, err
		}
		return []wsus.Update{u}, nil
	case "Update":
		updates, err = r.document()
	case "SoftwareDistributionPackage":
		updates, err = r.softwarePackage(nil)
	case "SystemsManagementCatalog":
		updates, err = r.softwarePackages()
	default:
		return nil, r.unknownRoot()
	}
	if err != nil {
		return nil, err
	}
	// What follows the root element is checked by the tokenizer.
	if _, err := r.tok.Next(); err != nil {
		return nil, err
	}
	return updates, nil
}

// unknownRoot is the refusal of the current start tag as a root.
func (r *Reader) unknownRoot() error {
	local := r.tok.Local()
	msg := "root element " + quoted(local) + " is no form of update metadata"
	switch string(local) {
	case "ExtendedProperties", "LocalizedProperties", "Eula":
		msg = "an Extended or Localized fragment does not say which update it describes: add it to one that was read from its Core fragment"
	case "UpdateServicesPackage":
		msg = "root element " + quoted(local) + " is a server's own wrapping of a package: give it the package"
	}
	return r.refuse(ErrForm, msg)
}

// refuse returns an error of a kind at the current token.
func (r *Reader) refuse(kind error, msg string) error {
	line, column := r.tok.Position(r.tok.Offset())
	return &Error{Line: line, Column: column, Msg: msg, Err: kind}
}

// reset starts a document, or a list of fragments.
func (r *Reader) reset(data []byte, fragments bool) error {
	if len(data) > r.opt.MaxFileBytes {
		return r.tooLarge()
	}
	if bytes.HasPrefix(data, []byte("MSCF\x00\x00\x00\x00")) {
		return &Error{Msg: "this is a cabinet file: expand it first", Err: ErrCabinet}
	}
	limits := xmltok.Limits{
		MaxBytes: r.opt.MaxFileBytes + r.opt.MaxFileBytes/2 + 1, // UTF-16 may grow by half
		MaxDepth: MaxDepth,
		MaxAttrs: MaxAttrs,
		// A fragment has lost the declarations of its document.
		LaxPrefixes: fragments,
	}
	if bytes.HasPrefix(data, []byte("\xFF\xFE")) || bytes.HasPrefix(data, []byte("\xFE\xFF")) {
		var err error
		if r.converted, err = xmltok.DecodeUTF16(r.converted[:0], data); err != nil {
			return err
		}
		data, limits.FromUTF16 = r.converted, true
	}
	r.nodes = 0
	r.scratch = r.scratch[:0]
	r.tok.Reset(data, limits, fragments)
	return nil
}

// tooLarge is the refusal of a document over the bound.
func (r *Reader) tooLarge() error {
	return &Error{Msg: "the document is larger than " + strconv.Itoa(r.opt.MaxFileBytes) + " bytes", Err: ErrLimit}
}

// child advances to the next child element of the current element, or past
// its end tag, and says which. Among fragments it stops at the end of the
// data. Text between elements is passed over.
func (r *Reader) child() (bool, error) {
	for {
		kind, err := r.tok.Next()
		if err != nil {
			return false, err
		}
		if kind == xmltok.Start {
			return true, nil
		}
		if kind != xmltok.Text {
			return false, nil
		}
	}
}

// content returns the text of the current element without surrounding white
// space, and moves past its end tag. Child elements are passed over. The
// bytes are part of the scratch buffer, and valid until the caller cuts it
// back to where it was.
func (r *Reader) content() ([]byte, error) {
	start := len(r.scratch)
	for {
		kind, err := r.tok.Next()
		if err != nil {
			return nil, err
		}
		if kind == xmltok.Text {
			r.scratch = append(r.scratch, r.tok.Text()...)
			continue
		}
		if kind != xmltok.Start {
			return bytes.TrimSpace(r.scratch[start:]), nil
		}
		if err := r.tok.Skip(); err != nil {
			return nil, err
		}
	}
}

// word returns the text of the current element as a string.
func (r *Reader) word() (string, error) {
	start := len(r.scratch)
	b, err := r.content()
	r.scratch = r.scratch[:start]
	if err != nil {
		return "", err
	}
	return r.texts.intern(b), nil
}
