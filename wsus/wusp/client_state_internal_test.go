package wusp

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// stateFilter is the filter of the states here.
const stateFilter = "0 filter;"

// stateFor is a server with a bit of everything that is stored.
func stateFor(refresh bool) *server {
	sv := &server{
		config:     &GetConfigResponse{LastChange: "2026-11-01T08:00:00Z", IsRegistrationRequired: true, Properties: []Property{{Name: PropertyMaxExtended, Value: "50"}}},
		cookie:     &Cookie{Expiration: "2026-11-22T11:00:00Z", EncryptedData: []byte("cookie")},
		registered: &ComputerInfo{DNSName: "pc01.example.test", BiosReleaseDate: noDateTime},
		refresh:    refresh, seeded: refresh,
	}
	sv.cache.entries = make(map[int32]*entry)
	for i := range int32(3) {
		u := wsus.Update{
			Identity: wsus.Identity{ID: compliance.UpdateID{15: byte(i + 1)}, Revision: 100}, Kind: wsus.KindSoftware,
			Action: wsus.ActionInstall, Leaf: i > 0, Title: "An update",
		}
		sv.cache.put(&entry{id: 100 - 99*i, update: u, extended: i == 1})
	}
	return sv
}

// FuzzState: any bytes are a state or an error, which leaves the server as it
// was; a state that was read is written as one that reads the same. The
// checksum is put right, or hardly anything would get past it.
func FuzzState(f *testing.F) {
	for _, sv := range []*server{stateFor(false), stateFor(true), {}} {
		data, err := sv.encode(stateFilter)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte(stateMagic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, mended := range []bool{false, true} {
			if mended {
				data = mend(bytes.Clone(data))
			}
			checkState(t, data)
		}
	})
}

// mend puts the checksum at the end of a state right.
func mend(data []byte) []byte {
	if body := len(data) - 4; body >= 0 {
		binary.LittleEndian.PutUint32(data[body:], crc32.Checksum(data[:body], castagnoli))
	}
	return data
}

// checkState reads a state into a server, and what it writes into another.
func checkState(t *testing.T, data []byte) {
	t.Helper()
	sv := stateFor(true)
	before := encoded(t, sv)
	if err := sv.decode(data, stateFilter); err != nil {
		if !bytes.Equal(encoded(t, sv), before) {
			t.Fatalf("decode = %v, and the server is another", err)
		}
		return
	}
	var one, two server
	if err := one.decode(data, stateFilter); err != nil {
		t.Fatalf("decode into a new server = %v, into another one nil", err)
	}
	short := mend(bytes.Clone(data[:len(data)-1]))
	if err := new(server).decode(short, stateFilter); err == nil {
		t.Fatal("a state without its last byte was read")
	}
	again := encoded(t, &one)
	if err := two.decode(again, stateFilter); err != nil {
		t.Fatalf("decode of what was written = %v", err)
	}
	if !bytes.Equal(encoded(t, &two), again) {
		t.Fatal("what was read is written otherwise the second time")
	}
	if len(one.cache.entries) != len(two.cache.entries) || one.refresh != two.refresh || one.seeded != two.seeded || (one.config == nil) != (two.config == nil) {
		t.Fatalf("%d entries, refresh %t, seeded %t became %d, %t, %t",
			len(one.cache.entries), one.refresh, one.seeded, len(two.cache.entries), two.refresh, two.seeded)
	}
	for id, e := range one.cache.entries {
		o := two.cache.entries[id]
		if o == nil || o.extended != e.extended || o.update.Identity != e.update.Identity || o.update.Leaf != e.update.Leaf || o.update.Action != e.update.Action {
			t.Fatalf("revision %d: %+v became %+v", id, e, o)
		}
	}
}

func encoded(t *testing.T, sv *server) []byte {
	t.Helper()
	data, err := sv.encode(stateFilter)
	if err != nil {
		t.Fatalf("encode = %v", err)
	}
	return data
}
