package wsus_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

// updatesOf lists a catalogue's updates.
func updatesOf(c *wsus.Catalog) []wsus.Update {
	var list []wsus.Update
	for _, u := range c.All() {
		list = append(list, *u)
	}
	return list
}

// seal puts a correct checksum behind a body.
func seal(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(body), crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

func TestCatalogRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		version := rapid.Uint32().Draw(t, "version")
		c, err := wsus.NewCatalog(version, wsusrapid.Updates(6).Draw(t, "updates"))
		if err != nil {
			t.Fatal(err)
		}
		prefix := []byte("before")
		data, err := c.AppendBinary(bytes.Clone(prefix))
		if err != nil || !bytes.HasPrefix(data, prefix) {
			t.Fatalf("AppendBinary = %q, %v", data, err)
		}
		data = data[len(prefix):]
		got, err := wsus.DecodeCatalog(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(updatesOf(c), updatesOf(got), emptyIsNil()); diff != "" || got.Version() != version {
			t.Fatalf("DecodeCatalog: version %d, want %d (-want +got):\n%s", got.Version(), version, diff)
		}
		for i := range c.Len() {
			if !cmp.Equal(c.SupersededBy(i), got.SupersededBy(i)) || !cmp.Equal(c.BundledIn(i), got.BundledIn(i)) ||
				!cmp.Equal(c.RequiredBy(i), got.RequiredBy(i)) {
				t.Fatalf("relations of %d differ after decoding", i)
			}
		}
		again, _ := got.AppendBinary(nil)
		if !bytes.Equal(again, data) {
			t.Fatal("encoding the decoded catalogue gives other bytes")
		}
		for i := range data { // it keeps nothing of the data
			data[i] = 0xAA
		}
		if !got.Equal(c) {
			t.Fatal("the catalogue shares the bytes it was decoded from")
		}
	})
}

// sample is a small catalogue that uses every part of the form.
func sample(tb testing.TB) []byte {
	tb.Helper()
	c, err := wsus.NewCatalog(300, []wsus.Update{
		{
			Identity: wsus.Identity{ID: wsustest.ID(1), Revision: 201}, Kind: wsus.KindSoftware, Action: wsus.ActionBundle,
			Expired: true, Leaf: true, Title: "T", Description: "D", KBArticles: []string{"1", "2"}, Bulletins: []string{"B"},
			CVEs: []string{"C"}, Severity: "S", Vendor: "V", Classification: wsustest.ID(9), Products: []compliance.UpdateID{wsustest.ID(8)},
			Created: time.Date(2008, 6, 1, 2, 3, 4, 5, time.UTC), RebootBehavior: "R", Handler: "H", Origin: "O",
			Prerequisites: []wsus.Clause{{Category: true, Any: []compliance.UpdateID{wsustest.ID(2), wsustest.ID(3)}}},
			Bundled:       []wsus.BundleClause{{Any: []wsus.Identity{{ID: wsustest.ID(2), Revision: 300}}}},
			Supersedes:    []compliance.UpdateID{wsustest.ID(3)},
			Rules: wsus.Rules{
				IsInstalled: []wsus.Rule{{Name: "And", Children: []wsus.Rule{{Name: "x", Attrs: []wsus.Attr{{"a", "b"}}, Text: "t"}}}},
				Metadata:    []wsus.Rule{},
			},
		},
		{Identity: wsus.Identity{ID: wsustest.ID(2)}, Kind: wsus.KindDetectoid},
	})
	if err != nil {
		tb.Fatal(err)
	}
	data, _ := c.AppendBinary(nil)
	return data
}

func TestDecodeCatalogDamage(t *testing.T) {
	t.Parallel()
	data := sample(t)
	refused := func(what string, data []byte) {
		t.Helper()
		c, err := wsus.DecodeCatalog(data)
		if c != nil || !errors.Is(err, wsus.ErrCatalogDamaged) && !errors.Is(err, wsus.ErrCatalogForeign) {
			t.Errorf("%s: DecodeCatalog = %v, %v, want a refusal", what, c, err)
		}
	}
	for i := range data {
		for x := 1; x < 256; x++ {
			data[i] ^= byte(x)
			refused("a byte altered", data)
			data[i] ^= byte(x)
		}
		refused("cut short", data[:i])
	}
	refused("a byte more", append(bytes.Clone(data), 0))
	refused("twice", append(bytes.Clone(data), data...))
	if _, err := wsus.DecodeCatalog(data); err != nil {
		t.Fatal(err)
	}
}

func TestDecodeCatalogForeign(t *testing.T) {
	t.Parallel()
	data := sample(t)
	newer := bytes.Clone(data)
	newer[7]++
	tests := []struct {
		name string
		data []byte
		want error
	}{
		{"empty", nil, wsus.ErrCatalogDamaged},
		{"start of the magic", []byte("WSUS"), wsus.ErrCatalogDamaged},
		{"only the magic", []byte("WSUSCAT"), wsus.ErrCatalogDamaged},
		{"magic and format", []byte("WSUSCAT\x01"), wsus.ErrCatalogDamaged},
		{"other format", newer, wsus.ErrCatalogForeign},
		{"other file", []byte("PK\x03\x04 and so on"), wsus.ErrCatalogForeign},
		{"other short file", []byte("x"), wsus.ErrCatalogForeign},
		{"damaged", append(bytes.Clone(data[:len(data)-1]), data[len(data)-1]+1), wsus.ErrCatalogDamaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if c, err := wsus.DecodeCatalog(tt.data); !errors.Is(err, tt.want) || c != nil {
				t.Errorf("DecodeCatalog(%q) = %v, %v, want %v", tt.data, c, err, tt.want)
			}
		})
	}
}

// TestDecodeCatalogHostile alters bytes and puts the checksum right again:
// whatever is accepted must be a sound catalogue.
func TestDecodeCatalogHostile(t *testing.T) {
	t.Parallel()
	data := sample(t)
	body := data[:len(data)-4]
	for i := range body {
		for _, x := range []byte{1, 2, 0x10, 0x7F, 0x80} {
			body := bytes.Clone(body)
			body[i] ^= x
			checkDecode(t, seal(body))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		body := bytes.Clone(body)
		for range 1 + random.IntN(4) {
			body[8+random.IntN(len(body)-8)] = byte(random.Uint32())
		}
		checkDecode(t, seal(body[:len(body)-random.IntN(3)]))
	}
}

// checkDecode reports when DecodeCatalog accepts what NewCatalog would not
// have made, or refuses without saying why.
func checkDecode(tb testing.TB, data []byte) {
	tb.Helper()
	c, err := wsus.DecodeCatalog(data)
	if err != nil {
		if c != nil || !errors.Is(err, wsus.ErrCatalogDamaged) && !errors.Is(err, wsus.ErrCatalogForeign) {
			tb.Fatalf("DecodeCatalog = %v, %v", c, err)
		}
		return
	}
	made, err := wsus.NewCatalog(c.Version(), updatesOf(c))
	if err != nil || !made.Equal(c) {
		tb.Fatalf("DecodeCatalog accepted what NewCatalog refuses: %v", err)
	}
	stored, _ := c.AppendBinary(nil)
	if again, err := wsus.DecodeCatalog(stored); err != nil || !again.Equal(c) {
		tb.Fatalf("an accepted catalogue does not come back: %v", err)
	}
}

// storedUpdate is the stored form of an update with the number of its id,
// its revision, its flags and what the flags announce, and its last section
// of rules.
func storedUpdate(id byte, revision uint64, flags byte, announced, metadata []byte) []byte {
	b := binary.AppendUvarint([]byte{id}, revision)
	b = append(b, byte(wsus.KindSoftware), byte(wsus.ActionNone), flags)
	b = append(b, announced...)
	b = append(b, make([]byte, 8+3+2+1+1+3)...) // no strings, no lists, no sections
	return append(b, metadata...)
}

// storedCatalog is a body without strings and with two ids, the second of
// which sorts first.
func storedCatalog(updates ...[]byte) []byte {
	b := append([]byte("WSUSCAT\x01"), 7, 0, 2)
	for _, n := range []int{2, 1} {
		id := wsustest.ID(n)
		b = append(b, id[:]...)
	}
	b = append(b, byte(len(updates)))
	return append(b, bytes.Join(updates, nil)...)
}

// TestDecodeCatalogEdges writes the stored form by hand, as the package
// comment specifies it, on and beyond each of its limits.
func TestDecodeCatalogEdges(t *testing.T) {
	t.Parallel()
	none := []byte{0}
	plain := func(id byte) []byte { return storedUpdate(id, 1, 0, nil, none) }
	nested := func(depth int) []byte { // one rule in a section, one child in each
		b := []byte{2}
		for range depth - 1 {
			b = append(b, 0, 0, 0, 1)
		}
		return append(b, 0, 0, 0, 0)
	}
	created := func(nanos uint64) []byte {
		return binary.AppendUvarint(binary.AppendVarint(nil, 1_212_278_400), nanos)
	}
	kind := func(k, a byte) []byte {
		b := plain(0)
		b[2], b[3] = k, a
		return b
	}
	version := func(v uint64) []byte {
		b := binary.AppendUvarint([]byte("WSUSCAT\x01"), v)
		return append(b, 0, 0, 0)
	}
	tests := []struct {
		name string
		body []byte
		ok   bool
	}{
		{"one update", storedCatalog(plain(0)), true},
		{"in order", storedCatalog(plain(1), plain(0)), true},
		{"out of order", storedCatalog(plain(0), plain(1)), false},
		{"the same id twice", storedCatalog(plain(1), plain(1)), false},
		{"zero id", append(append([]byte("WSUSCAT\x01\x07\x00\x01"), make([]byte, 16)...), append([]byte{1}, plain(0)...)...), false},
		{"id number too high", storedCatalog(plain(2)), false},
		{"more updates than ids", storedCatalog(plain(1), plain(0), plain(0)), false},
		{"data after the last", append(storedCatalog(plain(0)), 0), false},
		{"highest revision", storedCatalog(storedUpdate(0, 1<<31-1, 0, nil, none)), true},
		{"revision too high", storedCatalog(storedUpdate(0, 1<<31, 0, nil, none)), false},
		{"known flags", storedCatalog(storedUpdate(0, 1, 3, nil, none)), true},
		{"unknown flag", storedCatalog(storedUpdate(0, 1, 16, nil, none)), false},
		{"highest nanosecond", storedCatalog(storedUpdate(0, 1, 4, created(999_999_999), none)), true},
		{"nanosecond too high", storedCatalog(storedUpdate(0, 1, 4, created(1_000_000_000), none)), false},
		{"date cut", storedCatalog(storedUpdate(0, 1, 4, bytes.Repeat([]byte{0xFF}, 11), none)), false},
		{"classification", storedCatalog(storedUpdate(0, 1, 8, []byte{1}, none)), true},
		{"no such classification", storedCatalog(storedUpdate(0, 1, 8, []byte{2}, none)), false},
		{"highest kind and action", storedCatalog(kind(4, 7)), true},
		{"kind 0", storedCatalog(kind(0, 0)), false},
		{"kind too high", storedCatalog(kind(5, 0)), false},
		{"action too high", storedCatalog(kind(1, 8)), false},
		{"empty section", storedCatalog(storedUpdate(0, 1, 0, nil, []byte{1})), true},
		{"deepest rule", storedCatalog(storedUpdate(0, 1, 0, nil, nested(wsus.MaxRuleDepth))), true},
		{"rule too deep", storedCatalog(storedUpdate(0, 1, 0, nil, nested(wsus.MaxRuleDepth+1))), false},
		{"no such string", storedCatalog(storedUpdate(0, 1, 0, nil, []byte{2, 1, 0, 0, 0})), false},
		{"highest version", version(1<<32 - 1), true},
		{"version too high", version(1 << 32), false},
		{"number of 65 bits", append([]byte("WSUSCAT\x01"), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0), false},
		{"length of a string cut", append([]byte("WSUSCAT\x01"), 0, 3, 0, 0, 0x80), false},
		{"string longer than the data", append([]byte("WSUSCAT\x01"), 0, 1, 3, 'a', 'b'), false},
		{"strings longer than the data", append([]byte("WSUSCAT\x01"), 0, 2, 2, 2, 'a', 'b', 'c'), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := wsus.DecodeCatalog(seal(tt.body))
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, wsus.ErrCatalogDamaged) {
				t.Fatalf("DecodeCatalog = %v, want accepted %t", err, tt.ok)
			}
			checkDecode(t, seal(tt.body))
		})
	}
}

// TestDecodeCatalogMemory feeds counts that promise far more than there is.
func TestDecodeCatalogMemory(t *testing.T) {
	head := []byte("WSUSCAT\x01\x00")
	huge := binary.AppendUvarint(nil, 1<<40)
	bodies := map[string][]byte{
		"strings": append(bytes.Clone(head), huge...),
		"lengths": append(append(bytes.Clone(head), 1), huge...),
		"ids":     append(append(bytes.Clone(head), 0), huge...),
		"updates": append(append(bytes.Clone(head), 0, 0), huge...),
	}
	for name, body := range bodies {
		if _, err := wsus.DecodeCatalog(seal(body)); !errors.Is(err, wsus.ErrCatalogDamaged) {
			t.Errorf("%s: %v, want ErrCatalogDamaged", name, err)
		}
	}
	// The densest lists there are: empty strings, and empty clauses.
	dense := append(append(bytes.Clone(head), binary.AppendUvarint(nil, 1<<18)...), make([]byte, 1<<18+2)...)
	update := append([]byte{0, 0, 1, 0, 0}, make([]byte, 13)...)
	update = binary.AppendUvarint(update, 1<<18)
	update = append(update, make([]byte, 1<<18+5)...)
	id := wsustest.ID(1)
	clauses := append(append(bytes.Clone(head), 0, 1), id[:]...)
	clauses = append(append(clauses, 1), update...)
	for name, body := range map[string][]byte{"dense strings": dense, "dense clauses": clauses} {
		data := seal(body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := wsus.DecodeCatalog(data)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > uint64(64*len(data)) {
			t.Errorf("%s: %v, %d bytes of memory for %d of data, at most 64 times", name, err, used, len(data))
		}
	}
}

func FuzzDecodeCatalog(f *testing.F) {
	data := sample(f)
	f.Add(data[:len(data)-4])
	f.Add([]byte("WSUSCAT\x01\x00\x00\x00\x00"))
	f.Add([]byte("WSUSCAT"))
	f.Fuzz(func(t *testing.T, body []byte) {
		checkDecode(t, body)
		checkDecode(t, seal(body)) // past the checksum
	})
}

func BenchmarkCatalog(b *testing.B) {
	c := wsustest.BigCatalog(5000, 20)
	data, _ := c.AppendBinary(nil)
	b.Run("encode/updates=5000", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		buf := make([]byte, 0, len(data))
		for b.Loop() {
			buf, _ = c.AppendBinary(buf[:0])
		}
	})
	b.Run("decode/updates=5000", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := wsus.DecodeCatalog(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new/updates=5000", func(b *testing.B) {
		list := updatesOf(c)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := wsus.NewCatalog(1, list); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("find/updates=5000", func(b *testing.B) {
		id := c.At(1234).ID
		b.ReportAllocs()
		for b.Loop() {
			c.Find(id)
		}
	})
}
