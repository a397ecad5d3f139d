package ttl_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/ttl/ttltest/ttlrapid"
)

var smallEntry = ttl.Entry{Stamp: ttl.NewStamp(noon, 38), Source: "https://wsus:8531", Data: []byte("<updates/>")}

// build writes the stored form from the specification, by its own means.
func build(format, version uint32, at int64, s uint32, d uint64, rest string) []byte {
	var b bytes.Buffer
	b.WriteString("\x89USTTL\r\n")
	for _, v := range []any{format, version, at, s, d} {
		_ = binary.Write(&b, binary.BigEndian, v)
	}
	b.WriteString(rest)
	_ = binary.Write(&b, binary.BigEndian, crc32.Checksum(b.Bytes(), crc32.MakeTable(crc32.Castagnoli)))
	return b.Bytes()
}

func TestStoredFormIsAsSpecified(t *testing.T) {
	t.Parallel()
	want := build(1, 38, noon.UnixNano(), 17, 10, "https://wsus:8531<updates/>")
	if got := ttl.AppendEntry(nil, smallEntry); !bytes.Equal(got, want) {
		t.Errorf("AppendEntry(nil, small) = %x, want %x", got, want)
	}
	if got := ttl.AppendEntry([]byte("before"), smallEntry); !bytes.Equal(got, append([]byte("before"), want...)) {
		t.Errorf("AppendEntry(before, small) = %x, want before and %x", got, want)
	}
	got, err := ttl.DecodeEntry(want)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(smallEntry, got); d != "" {
		t.Errorf("DecodeEntry (-want +got):\n%s", d)
	}
	if &got.Data[0] != &want[36+17] || cap(got.Data) != len(got.Data) {
		t.Error("DecodeEntry: Data does not alias its input, or may be appended to over the checksum")
	}
}

func TestEveryCorruptionIsRefused(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "TTL-6")
	whole := ttl.AppendEntry(nil, smallEntry)
	refuse := func(what string, b []byte) {
		t.Helper()
		e, err := ttl.DecodeEntry(b)
		stored, ok := errors.AsType[*ttl.StoredError](err)
		if !ok || errors.Is(err, ttl.ErrDamaged) == errors.Is(err, ttl.ErrForeign) {
			t.Fatalf("%s: DecodeEntry(%x) = %v, %v, want a StoredError", what, b, e, err)
		}
		if stored.Offset < 0 || stored.Offset > len(b) || stored.Detail == "" {
			t.Errorf("%s: %+v, want an offset in 0 to %d and a detail", what, stored, len(b))
		}
		if e.Stamp.Present() || e.Source != "" || e.Data != nil {
			t.Errorf("%s: DecodeEntry gave %v beside its error", what, e)
		}
	}
	for i := range whole {
		b := bytes.Clone(whole)
		for change := 1; change <= math.MaxUint8; change++ {
			b[i] = whole[i] ^ byte(change)
			refuse("changed byte", b)
		}
		if i > 0 {
			refuse("truncated", whole[:i])
		}
		refuse("byte removed", append(bytes.Clone(whole[:i]), whole[i+1:]...))
		refuse("byte inserted", append(append(bytes.Clone(whole[:i]), 0), whole[i:]...))
		if i > 0 { // All zeros from here on, as a torn write leaves it.
			refuse("zeroed", append(bytes.Clone(whole[:i]), make([]byte, len(whole)-i)...))
		}
	}
	refuse("appended", append(bytes.Clone(whole), 0))
	refuse("twice", append(bytes.Clone(whole), whole...))
	refuse("zeros", make([]byte, 4096))
}

func TestDecodeEntryErrors(t *testing.T) {
	t.Parallel()
	const magic = "\x89USTTL\r\n"
	tests := []struct {
		name string
		form []byte
		want error
		text string
	}{
		{"empty", nil, ttl.ErrAbsent, "ttl: no metadata is stored"},
		{"other file", []byte("PK\x03\x04 and so on"), ttl.ErrForeign, "ttl: stored metadata is of a foreign format: at byte 0: the magic is not ours"},
		{"one other byte", []byte("{"), ttl.ErrForeign, "ttl: stored metadata is of a foreign format: at byte 0: the magic is not ours"},
		{"start of the magic", []byte(magic[:3]), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 3: ends within the header"},
		{"only the magic", []byte(magic), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 8: ends within the header"},
		{"next format", build(2, 0, 0, 0, 0, ""), ttl.ErrForeign, "ttl: stored metadata is of a foreign format: at byte 8: format version 2, not 1"},
		{"format 0", build(0, 0, 0, 0, 0, ""), ttl.ErrForeign, "ttl: stored metadata is of a foreign format: at byte 8: format version 0, not 1"},
		{"early end", build(1, 0, 0, 1, 2, "ab"), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 42: ends early, it needs 43 bytes"},
		{"late end", build(1, 0, 0, 1, 0, "ab"), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 41: goes on after its end"},
		{"long source", build(1, 0, 0, 4097, 0, strings.Repeat("s", 4097)), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 24: the source is too long"},
		{"long data", build(1, 0, 0, 0, 1<<30+1, ""), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 28: the data is too long"},
		{"longest lengths", build(1, 0, 0, math.MaxUint32, math.MaxUint64, ""), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 24: the source is too long"},
		{"stamp too early", build(1, 0, -9214560000000000002, 0, 0, ""), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 16: the stamp is out of range"},
		{"stamp too late", build(1, 0, 9214646400000000001, 0, 0, ""), ttl.ErrDamaged, "ttl: stored metadata is damaged: at byte 16: the stamp is out of range"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ttl.DecodeEntry(tt.form)
			if !errors.Is(err, tt.want) || err.Error() != tt.text {
				t.Errorf("DecodeEntry(%.40x) = %v, want %q", tt.form, err, tt.text)
			}
		})
	}
	for _, at := range []int64{-9214560000000000001, 9214646400000000000} {
		e, err := ttl.DecodeEntry(build(1, 0, at, 0, 0, ""))
		if err != nil || e.Stamp != ttl.NewStamp(time.Unix(0, at), 0) {
			t.Errorf("the stamp at the end of the range, %d: %v, %v", at, e.Stamp, err)
		}
		for _, now := range []time.Time{noon, time.Unix(0, at), firstInside, lastInside} {
			if v := (ttl.Policy{TTL: math.MaxInt64}).Check(e.Stamp, 0, now); v.Fresh() {
				t.Errorf("the stamp at the end of the range at %v: %v", now, v)
			}
		}
	}
}

func TestEntryValidate(t *testing.T) {
	t.Parallel()
	stamp := ttl.NewStamp(noon, 1)
	big := hugeData(t)
	tests := []struct {
		name  string
		entry ttl.Entry
		want  error
		text  string
	}{
		{"least", ttl.Entry{Stamp: stamp}, nil, ""},
		{"longest source", ttl.Entry{Stamp: stamp, Source: strings.Repeat("s", ttl.MaxSourceBytes)}, nil, ""},
		{"absent", ttl.Entry{Source: "s", Data: []byte("d")}, ttl.ErrAbsent, "ttl: no metadata is stored"},
		{
			"long source",
			ttl.Entry{Stamp: stamp, Source: strings.Repeat("s", ttl.MaxSourceBytes+1)},
			&ttl.SizeError{Field: "Source", Bytes: 4097, MaxBytes: 4096}, "ttl: entry: Source: 4097 bytes, at most 4096",
		},
		{
			"long data",
			ttl.Entry{Stamp: stamp, Data: big},
			&ttl.SizeError{Field: "Data", Bytes: 1<<30 + 1, MaxBytes: 1 << 30}, "ttl: entry: Data: 1073741825 bytes, at most 1073741824",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.name == "long data" && tt.entry.Data == nil {
				t.Skip("SKIPPED: 1 GiB of data is too much under the race detector")
			}
			err := tt.entry.Validate()
			if tt.want == nil {
				if err != nil {
					t.Fatalf("Validate() = %v, want nil", err)
				}
				e, err := ttl.DecodeEntry(ttl.AppendEntry(nil, tt.entry))
				if d := cmp.Diff(tt.entry, e); d != "" || err != nil {
					t.Errorf("DecodeEntry(AppendEntry(e)): %v (-want +got):\n%s", err, d)
				}
				return
			}
			if err == nil || err.Error() != tt.text {
				t.Errorf("Validate() = %v, want %q", err, tt.text)
			}
			var size *ttl.SizeError
			if errors.As(tt.want, &size) {
				if got, ok := errors.AsType[*ttl.SizeError](err); !ok || *got != *size {
					t.Errorf("Validate() = %#v, want %#v", err, size)
				}
			} else if !errors.Is(err, tt.want) {
				t.Errorf("Validate() = %v, want %v", err, tt.want)
			}
			if got := ttl.AppendEntry([]byte("x"), tt.entry); string(got) != "x" {
				t.Errorf("AppendEntry of what Validate refuses appended %d bytes", len(got)-1)
			}
		})
	}
}

func TestStoredFormRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := ttlrapid.Entries().Draw(t, "entry")
		b := ttl.AppendEntry(nil, want)
		got, err := ttl.DecodeEntry(b)
		if err != nil {
			t.Fatalf("DecodeEntry(AppendEntry(%v)): %v", want, err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("DecodeEntry(AppendEntry(e)) (-want +got):\n%s", d)
		}
		i := rapid.IntRange(0, len(b)-1).Draw(t, "i")
		b[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		if _, err := ttl.DecodeEntry(b); err == nil {
			t.Fatalf("byte %d changed, not refused", i)
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(ttl.AppendEntry(nil, smallEntry))
	f.Add(ttl.AppendEntry(nil, ttl.Entry{Stamp: ttl.NewStamp(time.Time{}, 0)}))
	f.Add([]byte("\x89USTTL\r\n\x00\x00\x00\x02"))
	f.Add(build(1, 0, 0, math.MaxUint32, math.MaxUint64, ""))
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(b []byte) {
			e, err := ttl.DecodeEntry(b)
			if err == nil {
				// There is one form of each entry.
				if again := ttl.AppendEntry(nil, e); !bytes.Equal(again, b) {
					t.Errorf("AppendEntry(DecodeEntry(%x)) = %x", b, again)
				}
				return
			}
			if stored, ok := errors.AsType[*ttl.StoredError](err); ok {
				if len(b) == 0 || stored.Offset < 0 || stored.Offset > len(b) {
					t.Errorf("DecodeEntry(%x): %v", b, err)
				}
			} else if len(b) != 0 || !errors.Is(err, ttl.ErrAbsent) {
				t.Errorf("DecodeEntry(%x): %v", b, err)
			}
		}
		check(b)
		// Once more with a checksum that agrees, to get past it.
		check(binary.BigEndian.AppendUint32(bytes.Clone(b), crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))))
	})
}
