package wsus

import (
	"encoding/binary"
	"iter"
	"slices"
)

// RetryTable is a set of codes that are retried (WF-9). The zero RetryTable
// is the documented table, so that a zero [RetryPolicy] retries what
// ConfigMgr retries; a table that retries nothing is NewRetryTable().
//
// A RetryTable is an immutable value and safe for concurrent use. Two tables
// are equal with == exactly when they hold the same codes.
type RetryTable struct {
	// packed is tableMark and then the codes, ascending and distinct, four
	// bytes each, big-endian. Empty means the documented table, and a table
	// with just its codes is always stored that way.
	packed string
}

// tableMark starts every packed table, so that the empty table is not the
// zero RetryTable.
const tableMark = "\x00"

// documentedRetryCodes are the 36 codes, ascending, packed as in RetryTable
// but without the mark.
const documentedRetryCodes = "" +
	"\x80\x04\x06\x93" + // agent version too low, 2007 numbering (inferred)
	"\x80\x07\x2E\xFD" + // cannot connect (recalled)
	"\x80\x07\x2E\xFE" + // connection aborted (recalled)
	"\x80\x24\x00\x1A" + "\x80\x24\x00\x1E" +
	"\x80\x24\x40\x04" + "\x80\x24\x40\x05" + "\x80\x24\x40\x06" + "\x80\x24\x40\x07" +
	"\x80\x24\x40\x08" + "\x80\x24\x40\x09" + "\x80\x24\x40\x0A" + "\x80\x24\x40\x0B" +
	"\x80\x24\x40\x0C" + "\x80\x24\x40\x0D" + "\x80\x24\x40\x0E" +
	"\x80\x24\x40\x10" + "\x80\x24\x40\x15" +
	"\x80\x24\x40\x16" + // HTTP 400; 401 is not in the table
	"\x80\x24\x40\x18" + "\x80\x24\x40\x19" + "\x80\x24\x40\x1A" + // HTTP 403, 404, 405; 407 is not
	"\x80\x24\x40\x1C" + "\x80\x24\x40\x1D" + "\x80\x24\x40\x1E" + // HTTP 408, 409, 410
	"\x80\x24\x40\x1F" + "\x80\x24\x40\x20" + "\x80\x24\x40\x21" + // HTTP 500, 501, 502
	"\x80\x24\x40\x22" + "\x80\x24\x40\x23" + "\x80\x24\x40\x24" + // HTTP 503, 504, 505
	"\x80\x24\x40\x26" + "\x80\x24\x40\x27" +
	"\x80\x24\x40\x2B" + "\x80\x24\x40\x2C" +
	"\x80\x24\xF0\x04"

// DocumentedRetryCodes returns the published table of 36 codes. It is the
// zero RetryTable.
//
// It has gaps that look like oversights; the one that hurts most is that a
// time-out, 0x80072EE2, is final: a client whose server hangs never fails
// over. [WiderRetryCodes] closes them.
func DocumentedRetryCodes() RetryTable { return RetryTable{} }

// WiderRetryCodes returns the documented table and three codes more, each of
// which is another spelling of a fault that the documented table retries.
// Which codes these are is this library's choice:
//
//   - 0x80072EE2, time-out: the table has the server's own time-outs (HTTP
//     408 and 504) and "cannot connect", but not the client's time-out;
//   - 0x80072EE7, name not resolved: the table has the same fault as
//     0x8024402C, and which of the two is logged depends on the layer;
//   - 0x80072EFF, connection reset: the table has "connection aborted".
//
// Left out on purpose: 0x80244017 and 0x8024401B (HTTP 401 and 407). They are
// the only two statuses that the documented table skips in the run from 400
// to 505, so that looks deliberate, and repeating refused credentials can
// lock an account. 0x80072F8F and 0x80072F7D (certificate, TLS): waiting does
// not make a server trusted. 0x80244011 (WUServer missing) and 0x87D00692
// (policy conflict): faults of the client's own policy. 0x80244025: about
// files, not about a scan.
func WiderRetryCodes() RetryTable {
	return newRetryTable(slices.AppendSeq(
		[]Code{CodeTimeout, CodeWinINetNameNotResolved, CodeConnectionReset},
		DocumentedRetryCodes().All()))
}

// NewRetryTable returns a table of exactly the given codes, in any order,
// repetitions allowed. A code that is no failure ([Code.Failed]) and
// [CodeCancelled] are left out: a success is never retried, and what was cut
// short is not a failure (WF-10).
func NewRetryTable(codes ...Code) RetryTable { return newRetryTable(slices.Clone(codes)) }

// newRetryTable packs codes, which it may reorder.
func newRetryTable(codes []Code) RetryTable {
	slices.Sort(codes)
	packed := make([]byte, 0, len(tableMark)+4*len(codes))
	packed = append(packed, tableMark...)
	for _, c := range slices.Compact(codes) {
		if c.Failed() && c != CodeCancelled {
			packed = binary.BigEndian.AppendUint32(packed, uint32(c))
		}
	}
	if string(packed[len(tableMark):]) == documentedRetryCodes {
		return RetryTable{}
	}
	return RetryTable{packed: string(packed)}
}

// codes returns the packed codes.
func (t RetryTable) codes() string {
	if t.packed == "" {
		return documentedRetryCodes
	}
	return t.packed[len(tableMark):]
}

// codeAt returns the i-th packed code.
func codeAt(packed string, i int) Code {
	s := packed[4*i : 4*i+4]
	return Code(s[0])<<24 | Code(s[1])<<16 | Code(s[2])<<8 | Code(s[3])
}

// Has reports whether a failure with the code is retried. It allocates
// nothing.
func (t RetryTable) Has(c Code) bool {
	packed := t.codes()
	low, high := 0, len(packed)/4
	for low < high {
		mid := int(uint(low+high) / 2)
		at := codeAt(packed, mid)
		if at == c {
			return true
		}
		if at < c {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return false
}

// Len returns the number of codes.
func (t RetryTable) Len() int { return len(t.codes()) / 4 }

// All returns the codes in ascending order.
func (t RetryTable) All() iter.Seq[Code] {
	packed := t.codes()
	return func(yield func(Code) bool) {
		for i := range len(packed) / 4 {
			if !yield(codeAt(packed, i)) {
				return
			}
		}
	}
}
