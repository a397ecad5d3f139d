package wusp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/updatescan/updatescan/wsus"
)

// StateStore keeps what a client knows of its servers.
//
// Load returns what was saved last under the key, or nothing and no error.
// Save replaces it, all or nothing. Both may block until ctx is done. They
// are called by one goroutine at a time for one key; keys are the URLs of
// servers.
type StateStore interface {
	Load(ctx context.Context, key string) ([]byte, error)
	Save(ctx context.Context, key string, data []byte) error
}

// stateMagic begins a stored state, its last byte is the format.
const stateMagic = "WUSPSTA\x01"

// errState means that a stored state is foreign or damaged.
var errState = errors.New("wusp: stored state is foreign or damaged")

// castagnoli is the polynomial of the checksum at the end.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Flags in a stored state: of an entry, and of the whole.
const (
	stateExtended = 1

	stateRefresh = 1
	stateSeeded  = 2
)

// save stores the state. After a failure its own failure is not worth more
// than the one that is there, and ctx may be done.
func (s *session) save(ctx context.Context, failed bool) error {
	store := s.client.cfg.Store
	if store == nil {
		return nil
	}
	if failed {
		ctx = context.WithoutCancel(ctx)
	}
	data, err := s.server.encode(s.client.filter)
	if err == nil {
		err = store.Save(ctx, s.server.at.String(), data)
	}
	if err != nil {
		return fmt.Errorf("wusp: save state: %w", err)
	}
	return nil
}

// encode returns the stored form: the magic, the filter, the envelopes of
// configuration, cookie and registration, a catalogue, and for each of its
// updates a revision number and flags; a checksum.
func (sv *server) encode(filter string) ([]byte, error) {
	newest := make(map[wsus.Identity]*entry)
	for _, e := range sv.cache.sorted() {
		if !e.unread {
			newest[e.update.Identity] = e
		}
	}
	updates := make([]wsus.Update, 0, len(newest))
	for _, e := range newest {
		updates = append(updates, e.update)
	}
	catalog, err := wsus.NewCatalog(0, updates)
	if err != nil {
		return nil, err
	}
	b := []byte(stateMagic)
	b = appendPart(b, []byte(filter))
	b = appendPart(b, envelopeOf(sv.config != nil, func() Message { return sv.config }))
	b = appendPart(b, envelopeOf(sv.cookie != nil, func() Message { return &GetCookieResponse{Cookie: *sv.cookie} }))
	b = appendPart(b, envelopeOf(sv.registered != nil, func() Message { return &RegisterComputerRequest{ComputerInfo: *sv.registered} }))
	stored, err := catalog.MarshalBinary()
	if err != nil {
		return nil, err
	}
	b = appendPart(b, stored)
	state := byte(0)
	if sv.refresh {
		state |= stateRefresh
	}
	if sv.seeded {
		state |= stateSeeded
	}
	b = append(b, state)
	for _, u := range catalog.All() {
		e, flags := newest[u.Identity], byte(0)
		if e.extended {
			flags |= stateExtended
		}
		b = binary.AppendVarint(b, int64(e.id))
		b = append(b, flags)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

func envelopeOf(is bool, m func() Message) []byte {
	if !is {
		return nil
	}
	return AppendEnvelope(nil, m())
}

func appendPart(b, part []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(part)))
	return append(b, part...)
}

// decode reads the stored form into a server that knows nothing. On error it
// is as it was.
func (sv *server) decode(data []byte, filter string) error {
	if len(data) < len(stateMagic)+4 || string(data[:len(stateMagic)]) != stateMagic {
		return errState
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if crc32.Checksum(body, castagnoli) != sum {
		return errState
	}
	p := parts{b: body[len(stateMagic):]}
	if string(p.part()) != filter {
		return errState
	}
	config, cookie, registered := p.part(), p.part(), p.part()
	catalog, err := wsus.DecodeCatalog(p.part())
	if err != nil || p.bad {
		return errState
	}
	state := p.byte()
	entries := make(map[int32]*entry, catalog.Len())
	for _, u := range catalog.All() {
		id, flags := p.varint(), p.byte()
		if p.bad || id < math.MinInt32 || id > math.MaxInt32 {
			return errState
		}
		e := &entry{id: int32(id), update: *u, extended: flags&stateExtended != 0}
		entries[e.id] = e
	}
	if p.bad || len(p.b) > 0 {
		return errState
	}
	if m, err := DecodeResponse(config, OpGetConfig, 0); err == nil {
		sv.config = m.(*GetConfigResponse) //nolint:errcheck,forcetypeassert // of the operation
	}
	if m, err := DecodeResponse(cookie, OpGetCookie, 0); err == nil && sv.config != nil {
		sv.cookie = &m.(*GetCookieResponse).Cookie //nolint:errcheck,forcetypeassert // of the operation
	}
	if m, err := DecodeRequest(registered, 0); err == nil {
		if r, ok := m.(*RegisterComputerRequest); ok {
			sv.registered = &r.ComputerInfo
		}
	}
	sv.cache.replace(entries)
	sv.refresh, sv.seeded = state&stateRefresh != 0, state&stateSeeded != 0
	return nil
}

// parts reads a stored state; bad says that it ended early.
type parts struct {
	b   []byte
	bad bool
}

func (p *parts) part() []byte {
	n, size := binary.Uvarint(p.b)
	if size <= 0 || n > uint64(len(p.b)-size) {
		p.bad, p.b = true, nil
		return nil
	}
	part := p.b[size : size+int(n)]
	p.b = p.b[size+int(n):]
	return part
}

func (p *parts) varint() int64 {
	n, size := binary.Varint(p.b)
	if size <= 0 {
		p.bad, p.b = true, nil
		return 0
	}
	p.b = p.b[size:]
	return n
}

func (p *parts) byte() byte {
	if len(p.b) == 0 {
		p.bad = true
		return 0
	}
	c := p.b[0]
	p.b = p.b[1:]
	return c
}
