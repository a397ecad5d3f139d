package compliance_test

import (
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
)

// TestAllocations is not parallel: allocations are counted for the process.
func TestAllocations(t *testing.T) {
	records := benchRecords(20000, 1)
	base := compliancetest.Build(t, nil, records)
	same := compliancetest.Build(t, base, records)
	apart := compliancetest.Build(t, nil, records)
	states := compliancetest.Build(t, base, every(benchRecords(20000, 1), 100, nextState))
	ids := compliancetest.Build(t, base, every(benchRecords(20000, 1), 100, otherID))
	allIDs := compliancetest.Build(t, base, every(benchRecords(20000, 1), 1, otherID))
	buf := make([]compliance.Change, 0, 40000)
	data := make([]byte, 0, 1<<20)
	id := base.At(777).ID
	text := id.String()
	raw := []byte(text)
	tests := []struct {
		name string
		want float64
		f    func()
	}{
		{"Diff, unchanged, shared", 0, func() { compliance.Diff(base, same) }},
		{"Diff, unchanged, not shared", 0, func() { compliance.Diff(base, apart) }},
		{"Diff, states changed", 1, func() { compliance.Diff(base, states) }},
		{"Diff, few ids changed", 1, func() { compliance.Diff(base, ids) }},
		{"Diff, all ids changed", 1, func() { compliance.Diff(base, allIDs) }},
		{"AppendDiff, states changed", 0, func() { buf = compliance.AppendDiff(buf[:0], base, states) }},
		{"AppendDiff, few ids changed", 0, func() { buf = compliance.AppendDiff(buf[:0], base, ids) }},
		{"AppendDiff, all ids changed", 0, func() { buf = compliance.AppendDiff(buf[:0], base, allIDs) }},
		{"AppendDiff, no room", 1, func() { compliance.AppendDiff(nil, base, allIDs) }},
		{"Find", 0, func() { base.Find(id) }},
		{"Summary", 0, func() { base.Summary() }},
		{"AppendBinary", 0, func() { data, _ = base.AppendBinary(data[:0]) }},
		{"ParseUpdateID", 0, func() { _, _ = compliance.ParseUpdateID(text) }},
		{"UpdateID.UnmarshalText", 0, func() { _ = id.UnmarshalText(raw) }},
		{"UpdateID.AppendText", 0, func() { data, _ = id.AppendText(data[:0]) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if raceEnabled && test.want > 0 {
				t.Skip("SKIPPED: the race detector adds an allocation to growing a slice")
			}
			if got := testing.AllocsPerRun(10, test.f); got != test.want {
				t.Errorf("AllocsPerRun = %v, want %v", got, test.want)
			}
		})
	}
}
