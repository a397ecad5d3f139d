package compliancetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// Revision is the revision of the records that are made here.
const Revision compliance.Revision = 100

// ID returns the id whose first digits are those of n in decimal, from 0 to
// 99999999: ID(42) is 00000042-0000-0000-0000-000000000000. The order of ids
// is that of their numbers. A number outside is the zero id, as 0 is.
func ID(n int) compliance.UpdateID {
	id, err := compliance.ParseUpdateID(fmt.Sprintf("%08d-0000-0000-0000-000000000000", n))
	if err != nil {
		return compliance.UpdateID{}
	}
	return id
}

// Scattered returns an id for a small number. Some of these ids differ in the
// first eight bytes and some only in the last, and their order is not that of
// their numbers.
func Scattered(n int) compliance.UpdateID {
	var id compliance.UpdateID
	high := uint32(n/4) * 2654435761
	id[0], id[1], id[6], id[7] = byte(high>>24), byte(high>>16), byte(high>>8), byte(high)
	id[8+n%4*2] = byte(0xf0 - 64*(n%4))
	return id
}

// Required returns a record that is Required for each number, of which its
// [ID] is made.
func Required(numbers ...int) []compliance.Record { return records(compliance.Required, numbers) }

// Installed returns a record that is Installed for each number.
func Installed(numbers ...int) []compliance.Record { return records(compliance.Installed, numbers) }

// NotRequired returns a record that is Not Required for each number.
func NotRequired(numbers ...int) []compliance.Record { return records(compliance.NotRequired, numbers) }

// Unknown returns a record that could not be evaluated for each number.
func Unknown(numbers ...int) []compliance.Record { return records(compliance.Unknown, numbers) }

func records(s compliance.State, numbers []int) []compliance.Record {
	made := make([]compliance.Record, 0, len(numbers))
	for _, n := range numbers {
		made = append(made, compliance.Record{ID: ID(n), Revision: Revision, State: s})
	}
	return made
}

// Revised returns copies of the records with another revision.
func Revised(r compliance.Revision, given []compliance.Record) []compliance.Record {
	made := slices.Clone(given)
	for i := range made {
		made[i].Revision = r
	}
	return made
}

// TB is what Build needs of a test: a testing.TB or a *rapid.T.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Build returns the snapshot of records that are known to be good, and ends
// the test if they are not. The snapshot like is as in
// [compliance.NewSnapshot]; it may be nil.
func Build(tb TB, like *compliance.Snapshot, given []compliance.Record) *compliance.Snapshot {
	tb.Helper()
	s, err := compliance.NewSnapshot(like, given)
	if err != nil {
		tb.Fatalf("NewSnapshot(%d records) = %v, want no error", len(given), err)
	}
	return s
}

// RecordsOf lists a snapshot through its iterator.
func RecordsOf(s *compliance.Snapshot) []compliance.Record { return slices.Collect(s.All()) }

// Describe is the changes in one line for a person, such as
// "00000001 first required@100, 00000002 required@100 to installed@101". It
// shows the first group of each id.
func Describe(changes []compliance.Change) string {
	if len(changes) == 0 {
		return "no changes"
	}
	lines := make([]string, 0, len(changes))
	for _, c := range changes {
		was, is := state(c.From, c.FromRevision), state(c.To, c.Revision)
		line := c.ID.String()[:8] + " "
		switch c.Kind {
		case compliance.First:
			line += "first " + is
		case compliance.Changed:
			line += was + " to " + is
		case compliance.Revised:
			line += was + " revised to " + is
		case compliance.Removed:
			line += was + " removed"
		default:
			line += c.Kind.String()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

func state(s compliance.State, r compliance.Revision) string {
	return fmt.Sprintf("%v@%d", s, r)
}
