package wsus

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// The fewest bytes that one element of a stored list takes. A count that
// the rest of the data cannot hold is refused before memory is taken for it.
const (
	minTextBytes   = 1
	minIDBytes     = 1
	minUpdateBytes = 24
	minClauseBytes = 1
	minMemberBytes = 2
	minRuleBytes   = 4
	minAttrBytes   = 2
)

// DecodeCatalog reads the stored form. It does not keep data. What is not a
// catalogue, or of another format, is refused with an error that matches
// [ErrCatalogForeign]; what was cut short or altered, with one that matches
// [ErrCatalogDamaged]: the checksum is compared before anything else is
// believed. Whatever the data says, the memory it takes is
// bounded by 64 times its length.
func DecodeCatalog(data []byte) (*Catalog, error) {
	damaged := func(format string, args ...any) error {
		return fmt.Errorf("wsus: decode catalogue: %w: %s", ErrCatalogDamaged, fmt.Sprintf(format, args...))
	}
	head := min(len(data), len(catalogMagic))
	if string(data[:head]) != catalogMagic[:head] {
		return nil, fmt.Errorf("wsus: decode catalogue: %w: it starts with %s", ErrCatalogForeign, quote(string(data[:head])))
	}
	if len(data) <= head {
		return nil, damaged("only %d bytes", len(data))
	}
	if f := data[len(catalogMagic)]; f != catalogFormat {
		return nil, fmt.Errorf("wsus: decode catalogue: %w: format %d, not %d", ErrCatalogForeign, f, catalogFormat)
	}
	if len(data) < len(catalogMagic)+1+catalogSumBytes {
		return nil, damaged("only %d bytes", len(data))
	}
	body := data[:len(data)-catalogSumBytes]
	if sum := binary.LittleEndian.Uint32(data[len(body):]); sum != crc32.Checksum(body, castagnoli()) {
		return nil, damaged("checksum differs")
	}
	d := decoder{data: body, pos: len(catalogMagic) + 1}
	c := d.catalog()
	if d.fault == "" && d.pos != len(body) {
		d.fail("data after the last update")
	}
	if d.fault != "" {
		return nil, damaged("byte %d: %s", d.at, d.fault)
	}
	c.index()
	return c, nil
}

// decoder reads the body. After the first fault it reads only zeros, so that
// every loop ends.
type decoder struct {
	data  []byte
	pos   int
	fault string // the first fault, "" when none
	at    int    // and its byte

	strings []string // number 0 is ""
	ids     []compliance.UpdateID

	textSlab   slab[string]
	idSlab     slab[compliance.UpdateID]
	clauseSlab slab[Clause]
	bundleSlab slab[BundleClause]
	memberSlab slab[Identity]
	ruleSlab   slab[Rule]
	attrSlab   slab[Attr]
}

// slab hands out parts of larger allocations.
type slab[T any] struct{ free []T }

// slabElements is how many elements a slab allocates at a time.
const slabElements = 256

// take returns n zero elements, nil for none.
func (s *slab[T]) take(n int) []T {
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		if n > slabElements/4 {
			return make([]T, n)
		}
		s.free = make([]T, slabElements)
	}
	part := s.free[:n:n]
	s.free = s.free[n:]
	return part
}

func (d *decoder) fail(what string) {
	if d.fault == "" {
		d.fault, d.at = what, d.pos
	}
	d.pos = len(d.data)
}

func (d *decoder) byte() byte {
	if d.pos >= len(d.data) {
		d.fail("data ends early")
		return 0
	}
	b := d.data[d.pos]
	d.pos++
	return b
}

// number reads a number; most are one byte.
func (d *decoder) number() uint64 {
	if p := d.pos; p < len(d.data) && d.data[p] < 0x80 {
		d.pos = p + 1
		return uint64(d.data[p])
	}
	return d.longNumber()
}

func (d *decoder) longNumber() uint64 {
	n, size := binary.Uvarint(d.data[d.pos:])
	if size <= 0 {
		d.fail("not a number")
		return 0
	}
	d.pos += size
	return n
}

// count reads how many elements follow, each of at least size bytes.
func (d *decoder) count(size int) int { return d.fits(d.number(), size) }

// fits returns n if the rest of the data can hold n elements, else 0.
func (d *decoder) fits(n uint64, size int) int {
	if n > uint64((len(d.data)-d.pos)/size) {
		d.fail("more elements than data")
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.number()
	if n >= uint64(len(d.strings)) {
		d.fail("no string of this number")
		return ""
	}
	return d.strings[n]
}

func (d *decoder) id() compliance.UpdateID {
	n := d.number()
	if n >= uint64(len(d.ids)) {
		d.fail("no id of this number")
		return compliance.UpdateID{}
	}
	return d.ids[n]
}

func (d *decoder) revision() compliance.Revision {
	n := d.number()
	if n > uint64(MaxRevision) {
		d.fail("revision out of range")
		return 0
	}
	return compliance.Revision(n)
}

func (d *decoder) texts() []string {
	list := d.textSlab.take(d.count(minTextBytes))
	for i := range list {
		list[i] = d.text()
	}
	return list
}

func (d *decoder) idList(n int) []compliance.UpdateID {
	list := d.idSlab.take(n)
	for i := range list {
		list[i] = d.id()
	}
	return list
}

// catalog reads the version, the tables and the updates.
func (d *decoder) catalog() *Catalog {
	version := d.number()
	if version > 1<<32-1 {
		d.fail("version out of range")
	}
	d.tables()
	n := d.count(minUpdateBytes)
	if n > MaxUpdates || n > len(d.ids) {
		d.fail("more updates than ids")
		n = 0
	}
	c := &Catalog{version: uint32(version), updates: make([]Update, n)}
	for i := range c.updates {
		d.update(&c.updates[i])
		if d.fault != "" {
			break
		}
		if i > 0 && c.updates[i-1].ID.Compare(c.updates[i].ID) >= 0 {
			d.fail("updates are not in the order of their ids")
			break
		}
	}
	return c
}

// tables reads the strings and the ids.
func (d *decoder) tables() {
	n := d.count(minTextBytes)
	lengths := d.pos
	total := 0
	for range n {
		size := d.number()
		if size > uint64(len(d.data)-d.pos-total) { // grows no further than the data
			d.fail("strings longer than the data")
			return
		}
		total += int(size)
	}
	if d.fault != "" || total > len(d.data)-d.pos {
		d.fail("strings longer than the data")
		return
	}
	all := string(d.data[d.pos : d.pos+total])
	end := d.pos + total
	d.strings = make([]string, n+1)
	d.pos = lengths
	for i := range n {
		size := int(d.number())
		d.strings[i+1], all = all[:size], all[size:]
	}
	d.pos = end
	d.ids = make([]compliance.UpdateID, d.count(len(compliance.UpdateID{})))
	for i := range d.ids {
		d.pos += copy(d.ids[i][:], d.data[d.pos:])
	}
}

func (d *decoder) update(u *Update) {
	u.ID = d.id()
	if u.ID.IsZero() {
		d.fail("update with the zero id")
	}
	u.Revision = d.revision()
	u.Kind, u.Action = Kind(d.byte()), Action(d.byte())
	flags := d.byte()
	if d.fault == "" && (!u.Kind.Valid() || !u.Action.Valid() || flags&^knownFlags != 0) {
		d.fail("unknown kind, action or flag")
	}
	u.Expired, u.Leaf = flags&flagExpired != 0, flags&flagLeaf != 0
	if flags&flagCreated != 0 {
		u.Created = d.time()
	}
	if flags&flagClassification != 0 {
		u.Classification = d.id()
	}
	for _, s := range u.texts() {
		*s = d.text()
	}
	u.KBArticles, u.Bulletins, u.CVEs = d.texts(), d.texts(), d.texts()
	u.Products = d.idList(d.count(minIDBytes))
	u.Supersedes = d.idList(d.count(minIDBytes))
	u.Prerequisites = d.clauseSlab.take(d.count(minClauseBytes))
	for i := range u.Prerequisites {
		n := d.number()
		u.Prerequisites[i] = Clause{Category: n&1 != 0, Any: d.idList(d.fits(n>>1, minIDBytes))}
	}
	u.Bundled = d.bundleSlab.take(d.count(minClauseBytes))
	for i := range u.Bundled {
		members := d.memberSlab.take(d.count(minMemberBytes))
		for j := range members {
			members[j] = Identity{ID: d.id(), Revision: d.revision()}
		}
		u.Bundled[i].Any = members
	}
	for _, section := range u.Rules.sections() {
		*section = d.section()
	}
}

func (d *decoder) time() time.Time {
	seconds, size := binary.Varint(d.data[d.pos:])
	if size <= 0 {
		d.fail("not a time")
		return time.Time{}
	}
	d.pos += size
	nanos := d.number()
	if nanos >= uint64(time.Second) {
		d.fail("nanoseconds out of range")
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanos)).UTC()
}

// section reads one section of rules; 0 is nil, else it is one more than the
// number of rules.
func (d *decoder) section() []Rule {
	n := d.number()
	if n == 0 {
		return nil
	}
	list := d.ruleSlab.take(d.fits(n-1, minRuleBytes))
	if list == nil {
		return []Rule{}
	}
	d.rules(list, 1)
	return list
}

func (d *decoder) rules(list []Rule, depth int) {
	if depth > MaxRuleDepth {
		d.fail("rules nested too deep")
		return
	}
	for i := range list {
		r := &list[i]
		r.Name = d.text()
		r.Attrs = d.attrSlab.take(d.count(minAttrBytes))
		for j := range r.Attrs {
			r.Attrs[j] = Attr{Name: d.text(), Value: d.text()}
		}
		r.Text = d.text()
		r.Children = d.ruleSlab.take(d.count(minRuleBytes))
		if r.Children != nil {
			d.rules(r.Children, depth+1)
		}
		if d.fault != "" {
			return
		}
	}
}
