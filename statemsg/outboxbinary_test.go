package statemsg_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/updatescan/updatescan/statemsg"
)

func TestDecodeOutboxRefusesDamage(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	var o statemsg.Outbox
	record(t, &o, update(1, 2, 0), update(2, 2, 1))
	o.Acknowledge(batch(t, &o, at(3), 1).ID)
	batch(t, &o, at(4), 1)
	record(t, &o, update(3, 1, 5))
	data, err := o.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := statemsg.DecodeOutbox(data[:n]); !errors.Is(err, statemsg.ErrOutbox) {
			t.Fatalf("DecodeOutbox of the first %d of %d bytes = %v, want ErrOutbox", n, len(data), err)
		}
		for _, flip := range []byte{1, 0x80} {
			bad := slices.Clone(data)
			bad[n] ^= flip
			if _, err := statemsg.DecodeOutbox(bad); !errors.Is(err, statemsg.ErrOutbox) {
				t.Fatalf("DecodeOutbox with byte %d changed = %v, want ErrOutbox", n, err)
			}
		}
	}
	if _, err := statemsg.DecodeOutbox(append(data, 0)); !errors.Is(err, statemsg.ErrOutbox) {
		t.Errorf("DecodeOutbox with a byte more = %v, want ErrOutbox", err)
	}
}

// TestDecodeOutboxRefusesTheImpossible has whole and undamaged forms that no
// outbox can have written.
func TestDecodeOutboxRefusesTheImpossible(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-5")
	type b = []byte
	message := func(topic string, rest ...byte) b {
		m := append(b{0xF4, 3, 3, 2, 0, 2, byte(len(topic))}, topic...) // type 500, id type 3, state 2, criticality 0, time 1 us
		return append(append(m, 0, 0), rest...)                         // no details, no parameters
	}
	body := func(parts ...b) b { return bytes.Join(parts, nil) }
	inFlight := body(b{2, 0, 0, 1, 2, 0}, message("u", 1))
	for _, c := range []struct {
		name string
		body b
		ok   bool
	}{
		{"empty", b{0, 0, 0, 0}, true},
		{"nothing left but the serial", b{7, 0, 0, 0}, true},
		{"bytes after the end", b{0, 0, 0, 0, 0}, false},
		{"long number", b{0x80, 0, 0, 0, 0}, false},
		{"too high serial", body(b{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1}, b{0, 0, 0}), false},
		{"waiting", body(b{0, 1}, message("u"), b{0, 0}), true},
		{"more waiting than there is room for", body(b{0, 9}, message("u"), b{0, 0}), false},
		{"topic waiting twice", body(b{0, 2}, message("u"), message("u"), b{0, 0}), false},
		{"sent", body(b{7, 0, 2, 1}, message("u"), b{6}, message("v"), b{0}), true},
		{"sent with serial 0", body(b{7, 0, 1, 0}, message("u"), b{0}), false},
		{"sent with the same serial", body(b{7, 0, 2, 1}, message("u"), b{0}, message("v"), b{0}), false},
		{"sent with a serial not assigned", body(b{7, 0, 1, 8}, message("u"), b{0}), false},
		{"waiting and sent", body(b{7, 1}, message("u"), b{1, 7}, message("u"), b{0}), false},
		{"in flight", inFlight, true},
		{"in flight and forgotten", body(b{2, 0, 0, 1, 2, 0}, message("u", 0)), true},
		{"in flight with another mark", body(b{2, 0, 0, 1, 2, 0}, message("u", 2)), false},
		{"in flight with serial 0", body(b{0, 0, 0, 1, 0, 0}, message("u", 1)), false},
		{"in flight, not the last serial", body(b{3, 0, 0, 1, 2, 0}, message("u", 1)), false},
		{"in flight after the last serial", body(b{1, 0, 0, 1, 2, 0}, message("u", 1)), false},
		{"sent with a serial in flight", body(b{2, 0, 1, 2}, message("v"), b{1, 2, 0}, message("u", 1)), false},
		{"waiting and last in flight", body(b{2, 1}, message("u"), b{0, 1, 2, 0}, message("u", 1)), false},
		{"waiting and overtaken in flight", body(b{2, 1}, message("u"), b{0, 1, 2, 0}, message("u", 0)), true},
		{"twice in flight", body(b{3, 0, 0, 2, 2, 0}, message("u", 0), message("u", 0)), false},
		{"no topic type", body(b{0, 1, 0, 3, 2, 0, 2, 1, 'u', 0, 0, 0, 0}), false},
		{"control character", body(b{0, 1}, message("\x01"), b{0, 0}), false},
		{"six parameters", body(b{0, 1}, message("u")[:9], b{6, 0, 0, 0, 0, 0, 0, 0, 0}), false},
		{"five parameters", body(b{0, 1}, message("u")[:9], b{5, 0, 0, 0, 0, 0, 0, 0}), true},
		{"time out of range", body(b{0, 1, 0xF4, 3, 3, 2, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1, 'u', 0, 0, 0, 0}), false},
		{"criticality out of range", body(b{0, 1, 0xF4, 3, 3, 2, 0xFE, 0xFF, 0xFF, 0xFF, 0x7F, 2, 1, 'u', 0, 0, 0, 0}), false},
		{"GUID written as text", body(b{0, 1}, message("0e6cf4ac-2853-48aa-825b-8fe28206575f"), b{0, 0}), false},
		{"other text of that length", body(b{0, 1}, message("0E6CF4AC-2853-48aa-825b-8fe28206575f"), b{0, 0}), true},
	} {
		data := statemsg.SealOutbox(c.body)
		o, err := statemsg.DecodeOutbox(data)
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, statemsg.ErrOutbox)) {
			t.Errorf("%s: DecodeOutbox = %v, want ok %v", c.name, err, c.ok)
			continue
		}
		if err != nil {
			continue
		}
		if again, _ := o.AppendBinary(nil); !bytes.Equal(again, data) {
			t.Errorf("%s: written again as %x, want %x", c.name, again, data)
		}
	}
}

// FuzzDecodeOutbox gives the decoder bodies with a right checksum: what it
// accepts it must write again in the same bytes.
func FuzzDecodeOutbox(f *testing.F) {
	var o statemsg.Outbox
	add := func() {
		data, _ := o.AppendBinary(nil)
		f.Add(data[5 : len(data)-4])
	}
	add()
	record(f, &o, update(1, 2, 0), update(2, 2, 1))
	add()
	o.Acknowledge(batch(f, &o, at(3), 1).ID)
	batch(f, &o, at(4), 1)
	m := update(3, 1, 5)
	m.TopicID = "0e6cf4ac-2853-48aa-825b-8fe28206575f"
	m.Details = "details"
	record(f, &o, m, update(2, 3, 7))
	add()
	f.Fuzz(func(t *testing.T, body []byte) {
		data := statemsg.SealOutbox(body)
		o, err := statemsg.DecodeOutbox(data)
		if err != nil {
			if !errors.Is(err, statemsg.ErrOutbox) {
				t.Fatalf("DecodeOutbox = %v, want ErrOutbox", err)
			}
			return
		}
		again, err := o.AppendBinary(nil)
		if err != nil || string(again) != string(data) {
			t.Fatalf("accepted form is not the one that is written, %v:\n%x\n%x", err, data, again)
		}
	})
}
