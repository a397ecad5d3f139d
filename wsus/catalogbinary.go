package wsus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/updatescan/updatescan/compliance"
)

// The frame of the stored form; the package comment specifies all of it.
const (
	// catalogMagic are the first bytes of every format of a catalogue.
	catalogMagic = "WSUSCAT"
	// catalogFormat is the number of the format, the byte after the magic.
	catalogFormat = 1
	// catalogSumBytes is the size of the checksum at the end.
	catalogSumBytes = 4
)

// The flag bits of a stored update.
const (
	flagExpired byte = 1 << iota
	flagLeaf
	flagCreated
	flagClassification

	knownFlags = flagExpired | flagLeaf | flagCreated | flagClassification
)

// Why a stored catalogue is not read.
var (
	// ErrCatalogForeign means that the data is not a stored catalogue, or one
	// of a format that this version does not read.
	ErrCatalogForeign = errors.New("not a catalogue of this format")
	// ErrCatalogDamaged means that the data is a stored catalogue that was
	// cut short or altered.
	ErrCatalogDamaged = errors.New("catalogue is damaged")
)

// castagnoli returns the table of CRC-32C.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// AppendBinary appends the stored form to b; [DecodeCatalog] reads it back.
// Equal catalogues have the same bytes. The error is always nil. A nil
// Catalog is stored as an empty one of version 0.
func (c *Catalog) AppendBinary(b []byte) ([]byte, error) {
	e := encoder{strings: map[string]uint64{"": 0}, ids: map[compliance.UpdateID]uint64{}}
	for i := range c.Len() {
		e.update(&c.updates[i])
	}
	start := len(b)
	b = append(b, catalogMagic...)
	b = append(b, catalogFormat)
	b = binary.AppendUvarint(b, uint64(c.Version()))
	b = binary.AppendUvarint(b, uint64(len(e.stringList)))
	for _, s := range e.stringList {
		b = binary.AppendUvarint(b, uint64(len(s)))
	}
	for _, s := range e.stringList {
		b = append(b, s...)
	}
	b = binary.AppendUvarint(b, uint64(len(e.idList)))
	for i := range e.idList {
		b = append(b, e.idList[i][:]...)
	}
	b = binary.AppendUvarint(b, uint64(c.Len()))
	b = append(b, e.out...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli())), nil
}

// MarshalBinary returns the stored form; see [Catalog.AppendBinary].
func (c *Catalog) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

// Equal reports whether two catalogues have the same version and the same
// updates with the same content. The origin of the updates counts too.
func (c *Catalog) Equal(o *Catalog) bool {
	if c == o {
		return true
	}
	if c.Version() != o.Version() || c.Len() != o.Len() {
		return false
	}
	a, _ := c.AppendBinary(nil)
	b, _ := o.AppendBinary(nil)
	return bytes.Equal(a, b)
}

// sameContent reports whether two updates have the same stored form, their
// origin left out.
func sameContent(a, b *Update) bool {
	stored := func(u Update) []byte {
		u.Origin = ""
		data, _ := (&Catalog{updates: []Update{u}}).AppendBinary(nil)
		return data
	}
	return bytes.Equal(stored(*a), stored(*b))
}

// encoder collects the updates and the tables they refer to, both in the
// order of first use.
type encoder struct {
	out        []byte
	strings    map[string]uint64 // to number; "" is 0 and not in the list
	stringList []string
	ids        map[compliance.UpdateID]uint64
	idList     []compliance.UpdateID
}

func (e *encoder) number(n uint64) { e.out = binary.AppendUvarint(e.out, n) }

func (e *encoder) text(s string) {
	n, ok := e.strings[s]
	if !ok {
		e.stringList = append(e.stringList, s)
		n = uint64(len(e.stringList))
		e.strings[s] = n
	}
	e.number(n)
}

func (e *encoder) texts(list []string) {
	e.number(uint64(len(list)))
	for _, s := range list {
		e.text(s)
	}
}

func (e *encoder) id(id compliance.UpdateID) {
	n, ok := e.ids[id]
	if !ok {
		n = uint64(len(e.idList))
		e.idList = append(e.idList, id)
		e.ids[id] = n
	}
	e.number(n)
}

func (e *encoder) idsOf(list []compliance.UpdateID) {
	e.number(uint64(len(list)))
	for _, id := range list {
		e.id(id)
	}
}

func (e *encoder) update(u *Update) {
	e.id(u.ID)
	e.number(uint64(u.Revision))
	e.out = append(e.out, byte(u.Kind), byte(u.Action), flagsOf(u))
	if !u.Created.IsZero() {
		e.out = binary.AppendVarint(e.out, u.Created.Unix())
		e.number(uint64(u.Created.Nanosecond()))
	}
	if u.Classification != (compliance.UpdateID{}) {
		e.id(u.Classification)
	}
	for _, s := range u.texts() {
		e.text(*s)
	}
	e.texts(u.KBArticles)
	e.texts(u.Bulletins)
	e.texts(u.CVEs)
	e.idsOf(u.Products)
	e.idsOf(u.Supersedes)
	e.number(uint64(len(u.Prerequisites)))
	for i := range u.Prerequisites {
		clause := &u.Prerequisites[i]
		n := uint64(len(clause.Any)) << 1
		if clause.Category {
			n |= 1
		}
		e.number(n)
		for _, id := range clause.Any {
			e.id(id)
		}
	}
	e.number(uint64(len(u.Bundled)))
	for i := range u.Bundled {
		e.number(uint64(len(u.Bundled[i].Any)))
		for _, m := range u.Bundled[i].Any {
			e.id(m.ID)
			e.number(uint64(m.Revision))
		}
	}
	for _, section := range u.Rules.sections() {
		if *section == nil {
			e.number(0)
			continue
		}
		e.number(uint64(len(*section)) + 1)
		for i := range *section {
			e.rule(&(*section)[i])
		}
	}
}

func (e *encoder) rule(r *Rule) {
	e.text(r.Name)
	e.number(uint64(len(r.Attrs)))
	for i := range r.Attrs {
		e.text(r.Attrs[i].Name)
		e.text(r.Attrs[i].Value)
	}
	e.text(r.Text)
	e.number(uint64(len(r.Children)))
	for i := range r.Children {
		e.rule(&r.Children[i])
	}
}

// flagsOf returns the flag bits of an update.
func flagsOf(u *Update) byte {
	var f byte
	if u.Expired {
		f |= flagExpired
	}
	if u.Leaf {
		f |= flagLeaf
	}
	if !u.Created.IsZero() {
		f |= flagCreated
	}
	if u.Classification != (compliance.UpdateID{}) {
		f |= flagClassification
	}
	return f
}

// texts returns the single strings of an update in the order of the stored
// form.
func (u *Update) texts() [8]*string {
	return [8]*string{
		&u.Title, &u.Description, &u.Severity, &u.Vendor,
		&u.CategoryType, &u.RebootBehavior, &u.Handler, &u.Origin,
	}
}
