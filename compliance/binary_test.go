package compliance_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/compliance/compliancetest/compliancerapid"
	"pgregory.net/rapid"
)

// modelEncode writes the binary form as the package comment describes it.
func modelEncode(records []compliance.Record) []byte {
	n := len(records)
	b := append([]byte("USSNAP"), 0, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(n))
	for _, r := range records {
		b = append(b, r.ID[:]...)
	}
	for _, r := range records {
		b = binary.BigEndian.AppendUint32(b, uint32(r.Revision))
	}
	for i := 0; i < n; i += 32 {
		var word uint64
		for k, r := range records[i:min(n, i+32)] {
			word += uint64(r.State) << (2 * k)
		}
		b = binary.BigEndian.AppendUint64(b, word)
	}
	return sealed(b)
}

// sealed appends the checksum.
func sealed(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

func TestBinaryRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		next := compliancerapid.Pairs().Draw(t, "pair").Next
		s := compliancetest.Build(t, nil, next)
		data, err := s.AppendBinary([]byte("before"))
		want := append([]byte("before"), modelEncode(next)...)
		if err != nil || !bytes.Equal(data, want) {
			t.Fatalf("AppendBinary = %x, %v, want %x", data, err, want)
		}
		data = data[len("before"):]
		got, err := compliance.DecodeSnapshot(data)
		if err != nil || !got.Equal(s) {
			t.Fatalf("DecodeSnapshot = %v, %v, want %v", compliancetest.RecordsOf(got), err, compliancetest.RecordsOf(s))
		}
		clear(data)
		if !got.Equal(s) {
			t.Fatal("DecodeSnapshot keeps its argument")
		}
	})
}

func TestBinaryIsFixed(t *testing.T) {
	t.Parallel()
	s := compliancetest.Build(t, nil, []compliance.Record{
		{ID: parse(t, "f0000000-0000-0000-0000-000000000002"), Revision: 200, State: compliance.Installed},
		{ID: parse(t, sampleID), Revision: 7, State: compliance.Required},
	})
	const want = "5553534e4150" + "0001" + "00000002" +
		"5d7e1f0a93c44b1d8a520c6f2e9b7d31" + "f0000000000000000000000000000002" +
		"00000007" + "000000c8" + "000000000000000e" + "72e6ad57"
	got, err := s.MarshalBinary()
	if err != nil || hex.EncodeToString(got) != want {
		t.Errorf("MarshalBinary() = %x, %v, want %s", got, err, want)
	}
}

// small is the binary form of three records.
func small(tb testing.TB) []byte {
	tb.Helper()
	data, err := compliancetest.Build(tb, nil, []compliance.Record{
		{ID: compliancetest.Scattered(1), Revision: 7, State: compliance.Required},
		{ID: compliancetest.Scattered(2), Revision: 0, State: compliance.Installed},
		{ID: compliancetest.Scattered(3), Revision: compliance.MaxRevision, State: compliance.NotRequired},
	}).MarshalBinary()
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestDecodeRefusesEveryDamage(t *testing.T) {
	t.Parallel()
	data := small(t)
	for i := range data {
		for flip := 1; flip < 256; flip++ {
			bad := slices.Clone(data)
			bad[i] ^= byte(flip)
			kind := compliance.ErrCorrupt
			if i < 8 {
				kind = compliance.ErrFormat
			}
			if s, err := compliance.DecodeSnapshot(bad); s != nil || !errors.Is(err, kind) {
				t.Fatalf("DecodeSnapshot with byte %d changed by %02x = %v, %v, want %v", i, flip, s, err, kind)
			}
		}
		if s, err := compliance.DecodeSnapshot(data[:i]); s != nil || !errors.Is(err, compliance.ErrCorrupt) {
			t.Errorf("DecodeSnapshot of the first %d bytes = %v, %v, want %v", i, s, err, compliance.ErrCorrupt)
		}
		if s, err := compliance.DecodeSnapshot(data[i+1:]); s != nil || err == nil {
			t.Errorf("DecodeSnapshot without the first %d bytes = %v, nil, want an error", i+1, s)
		}
		if s, err := compliance.DecodeSnapshot(slices.Insert(slices.Clone(data), i, data[i])); s != nil || err == nil {
			t.Errorf("DecodeSnapshot with byte %d twice = %v, nil, want an error", i, s)
		}
	}
	if s, err := compliance.DecodeSnapshot(append(data, 0)); s != nil || !errors.Is(err, compliance.ErrCorrupt) {
		t.Errorf("DecodeSnapshot with a byte behind = %v, %v, want %v", s, err, compliance.ErrCorrupt)
	}
}

func TestDecodeNamesTheFault(t *testing.T) {
	t.Parallel()
	one, two := compliancetest.Scattered(1), compliancetest.Scattered(2)
	if one.Compare(two) > 0 {
		one, two = two, one
	}
	rec := func(id compliance.UpdateID) compliance.Record {
		return compliance.Record{ID: id, State: compliance.Required}
	}
	edited := func(at int, v byte) []byte {
		b := modelEncode([]compliance.Record{rec(one), rec(two)})
		b[at] = v
		return sealed(b[:len(b)-4])
	}
	header := func(version, count int) []byte {
		b := append([]byte("USSNAP"), byte(version>>8), byte(version))
		return sealed(binary.BigEndian.AppendUint32(b, uint32(count)))
	}
	tests := []struct {
		name   string
		data   []byte
		kind   error
		offset int
		fault  string
	}{
		{"empty", nil, compliance.ErrCorrupt, 0, "truncated"},
		{"half a magic", []byte("USS"), compliance.ErrCorrupt, 3, "truncated"},
		{"another file", []byte("%PDF-1.4 and so on"), compliance.ErrFormat, 0, "magic"},
		{"another short file", []byte("%"), compliance.ErrFormat, 0, "magic"},
		{"newer version", header(2, 0), compliance.ErrFormat, 6, "version 2, want 1"},
		{"newer version of another length", []byte("USSNAP\x02\x00"), compliance.ErrFormat, 6, "version 512, want 1"},
		{"version only", []byte("USSNAP\x00\x01"), compliance.ErrCorrupt, 8, "truncated"},
		{"huge count", header(1, 1<<32-1), compliance.ErrCorrupt, 8, "4294967295 records are over 1048576"},
		{"count over the bound", header(1, compliance.MaxRecords+1), compliance.ErrCorrupt, 8, "over 1048576"},
		{"count without records", header(1, compliance.MaxRecords), compliance.ErrCorrupt, 16, "16 bytes, want 21233680 for 1048576"},
		{"duplicate", modelEncode([]compliance.Record{rec(one), rec(two), rec(two)}), compliance.ErrCorrupt, 12 + 32, "twice: compliance: duplicate update: " + two.String()},
		{"order", modelEncode([]compliance.Record{rec(two), rec(one)}), compliance.ErrCorrupt, 12 + 16, one.String() + " is out of order"},
		{"revision", edited(12+32+4, 0x80), compliance.ErrCorrupt, 12 + 32 + 4, "revision 2147483648 is over"},
		{"first unused lane", edited(12+32+8+7, 0x1a), compliance.ErrCorrupt, 12 + 32 + 8, "behind the last record"},
		{"last unused lane", edited(12+32+8, 0x80), compliance.ErrCorrupt, 12 + 32 + 8, "behind the last record"},
		{"word behind", sealed(append(modelEncode(nil)[:12], make([]byte, 8)...)), compliance.ErrCorrupt, 16, "24 bytes, want 16 for 0 records"},
		{"checksum", append(small(t)[:len(small(t))-4], 0, 0, 0, 0), compliance.ErrCorrupt, 12 + 60 + 8, "checksum 00000000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := compliancetest.Build(t, nil, []compliance.Record{rec(one)})
			for name, decode := range map[string]func() error{
				"DecodeSnapshot":  func() error { _, err := compliance.DecodeSnapshot(test.data); return err },
				"UnmarshalBinary": func() error { return before.UnmarshalBinary(test.data) },
			} {
				err := decode()
				e, ok := errors.AsType[*compliance.DecodeError](err)
				if !ok || !errors.Is(err, test.kind) || e.Offset != test.offset || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("%s = %v, want %v at %d: %s", name, err, test.kind, test.offset, test.fault)
				}
			}
			if !before.Equal(compliancetest.Build(t, nil, []compliance.Record{rec(one)})) {
				t.Error("UnmarshalBinary changed its receiver on error")
			}
		})
	}
	t.Run("cause", func(t *testing.T) {
		t.Parallel()
		_, err := compliance.DecodeSnapshot(modelEncode([]compliance.Record{rec(two), rec(two)}))
		if dup, ok := errors.AsType[*compliance.DuplicateError](err); !ok || dup.ID != two {
			t.Errorf("DecodeSnapshot = %v, want a *DuplicateError of %v", err, two)
		}
	})
}

func TestUnmarshalBinary(t *testing.T) {
	t.Parallel()
	old := compliancetest.Build(t, nil, benchRecords(50, 1))
	s := *old
	next := compliancetest.Build(t, nil, benchRecords(40, 2))
	data, err := next.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UnmarshalBinary(data); err != nil || !s.Equal(next) {
		t.Errorf("UnmarshalBinary = %v, want the %d records", err, next.Len())
	}
	if !old.Equal(compliancetest.Build(t, nil, benchRecords(50, 1))) {
		t.Error("UnmarshalBinary into a copy changed the original")
	}
}

func FuzzDecodeSnapshot(f *testing.F) {
	f.Add(small(f))
	f.Add(modelEncode(nil))
	f.Add([]byte("USSNAP\x00\x01\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		forms := [][]byte{data}
		if len(data) >= 4 { // with a right checksum, to get behind it
			forms = append(forms, sealed(slices.Clone(data[:len(data)-4])))
		}
		for _, form := range forms {
			s, err := compliance.DecodeSnapshot(form)
			if err != nil {
				if s != nil || !errors.Is(err, compliance.ErrCorrupt) && !errors.Is(err, compliance.ErrFormat) {
					t.Fatalf("DecodeSnapshot(%x) = %v, %v, want a kind of error", form, s, err)
				}
				continue
			}
			if got := modelEncode(compliancetest.RecordsOf(s)); !bytes.Equal(got, form) {
				t.Fatalf("DecodeSnapshot(%x) is written as %x", form, got)
			}
			if again, err := compliance.NewSnapshot(nil, compliancetest.RecordsOf(s)); err != nil || !again.Equal(s) {
				t.Fatalf("DecodeSnapshot(%x) has records that are refused: %v", form, err)
			}
		}
	})
}
