package compliance_test

import (
	"encoding/json"
	"fmt"

	"github.com/updatescan/updatescan/compliance"
)

// A client keeps its last recorded states, compares each scan with them, and
// records what changed.
func ExampleDiff() {
	flash, _ := compliance.ParseUpdateID("{0B5A7C52-3D1E-4F60-9A77-2C1D5E8F9A01}")
	kernel, _ := compliance.ParseUpdateID("3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02")
	office, _ := compliance.ParseUpdateID("c41e8b7d-0f25-4e93-b6a8-1d9f3e2c5a03")

	var base *compliance.Snapshot // nothing recorded yet
	scans := [][]compliance.Record{
		{
			{ID: kernel, Revision: 101, State: compliance.Required},
			{ID: flash, Revision: 200, State: compliance.NotRequired},
		},
		{ // the kernel update was installed, an Office update came up
			{ID: office, Revision: 100, State: compliance.Required},
			{ID: kernel, Revision: 101, State: compliance.Installed},
			{ID: flash, Revision: 201, State: compliance.NotRequired},
		},
		{ // the Office update could not be evaluated, flash was declined
			{ID: office, Revision: 100, State: compliance.Unknown},
			{ID: kernel, Revision: 101, State: compliance.Installed},
		},
	}
	for i, records := range scans {
		next, err := compliance.NewSnapshot(base, records)
		if err != nil {
			fmt.Println(err)
			return
		}
		changes := compliance.Diff(base, next)
		if base, err = compliance.Apply(base, changes); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("scan %d: %d of %d updates changed\n", i+1, len(changes), next.Len())
		for _, c := range changes {
			fmt.Printf("  %v %-7v %v -> %v, revision %d, message: %t\n", c.ID, c.Kind, c.From, c.To, c.Revision, c.Reported())
		}
	}
	// Output:
	// scan 1: 2 of 2 updates changed
	//   0b5a7c52-3d1e-4f60-9a77-2c1d5e8f9a01 first   unknown -> not_required, revision 200, message: true
	//   3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02 first   unknown -> required, revision 101, message: true
	// scan 2: 3 of 3 updates changed
	//   0b5a7c52-3d1e-4f60-9a77-2c1d5e8f9a01 revised not_required -> not_required, revision 201, message: false
	//   3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02 changed required -> installed, revision 101, message: true
	//   c41e8b7d-0f25-4e93-b6a8-1d9f3e2c5a03 first   unknown -> required, revision 100, message: true
	// scan 3: 1 of 2 updates changed
	//   0b5a7c52-3d1e-4f60-9a77-2c1d5e8f9a01 removed not_required -> unknown, revision 201, message: false
}

// A change that does not fit is refused by name, and nothing is applied.
func ExampleApply() {
	id, _ := compliance.ParseUpdateID("3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02")
	first := compliance.Change{ID: id, Kind: compliance.First, To: compliance.Required, Revision: 101}

	base, err := compliance.Apply(nil, []compliance.Change{first})
	fmt.Println(base.Len(), err)
	_, err = compliance.Apply(base, []compliance.Change{first})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// compliance: apply: change 0, first of 3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02: already recorded
}

// The share of compliant clients counts those that are not known in the
// total.
func ExampleSummary() {
	var s compliance.Summary
	for _, client := range []compliance.State{
		compliance.Installed, compliance.NotRequired, compliance.Required, compliance.Unknown,
	} {
		s.Add(client)
	}
	percent, ok := s.Percent()
	fmt.Printf("%d clients, %d required, %d unknown: %.0f %% compliant, %t\n", s.Total(), s.Required, s.Unknown, percent, ok)
	// Output:
	// 4 clients, 1 required, 1 unknown: 50 % compliant, true
}

// An id has one text form, whichever way it was written.
func ExampleParseUpdateID() {
	id, err := compliance.ParseUpdateID("{3F9D2A10-66B4-4C0E-8F1B-7A2E5D4C3B02}")
	fmt.Println(id, err)
	_, err = compliance.ParseUpdateID("3F9D2A10_66B4-4C0E-8F1B-7A2E5D4C3B02")
	fmt.Println(err)
	// Output:
	// 3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02 <nil>
	// compliance: update id "3F9D2A10_66B4-4C0E-8F1B-7A2E5D4C3B02": offset 8: want '-', got '_'
}

// A snapshot stored in its binary form is read back whole or refused.
func ExampleDecodeSnapshot() {
	id, _ := compliance.ParseUpdateID("3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02")
	s, _ := compliance.NewSnapshot(nil, []compliance.Record{{ID: id, Revision: 101, State: compliance.Required}})
	data, _ := s.MarshalBinary()
	data[20] ^= 0x01
	_, err := compliance.DecodeSnapshot(data)
	fmt.Println(err)
	text, _ := json.Marshal(s)
	fmt.Println(string(text))
	// Output:
	// compliance: snapshot: corrupt: offset 40: checksum 34d4e5ff does not match 03971242
	// {"updates":[{"id":"3f9d2a10-66b4-4c0e-8f1b-7a2e5d4c3b02","revision":101,"state":"required"}]}
}
