package compliance

import "math/bits"

// lanes is a packed sequence of states, two bits each, 32 to a word: state i
// is in bits 2(i mod 32) and 2(i mod 32)+1 of word i/32. The lanes behind the
// last state are zero, which lets two sequences of one length be compared by
// words.
type lanes []uint64

const (
	// lanesPerWord is the number of states in a word.
	lanesPerWord = 32
	// wordBits is the number of bits of a word.
	wordBits = 64
	// laneMask covers one state.
	laneMask = 3
	// lowBits has the low bit of every lane.
	lowBits = 0x5555_5555_5555_5555
)

// laneWords is the number of words that n states take.
func laneWords(n int) int { return (n + lanesPerWord - 1) / lanesPerWord }

// nonzero returns the low bit of each lane of x that is not zero.
func nonzero(x uint64) uint64 { return (x | x>>1) & lowBits }

// firstLanes covers the first n lanes of a word, n from 0 to 32.
func firstLanes(n int) uint64 { return 1<<(2*uint(n)) - 1 }

// at returns state i.
func (l lanes) at(i int) State {
	return State(l[uint(i)/lanesPerWord] >> (2 * (uint(i) % lanesPerWord)) & laneMask)
}

// set replaces state i.
func (l lanes) set(i int, s State) {
	shift := 2 * (uint(i) % lanesPerWord)
	w := &l[uint(i)/lanesPerWord]
	*w = *w&^(laneMask<<shift) | uint64(s)<<shift
}

// window returns the 32 lanes from state i on, aligned or not; those behind
// the end are zero. State i must exist.
func (l lanes) window(i int) uint64 {
	k, shift := uint(i)/lanesPerWord, 2*(uint(i)%lanesPerWord)
	w := l[k] >> shift
	if k+1 < uint(len(l)) {
		w |= l[k+1] << (wordBits - shift)
	}
	return w
}

// blit copies n states of src from from on to l at at, where l must still be
// zero.
func (l lanes) blit(at int, src lanes, from, n int) {
	for n > 0 {
		part := min(n, lanesPerWord)
		w := src.window(from) & firstLanes(part)
		k, shift := uint(at)/lanesPerWord, 2*(uint(at)%lanesPerWord)
		l[k] |= w << shift
		if rest := w >> (wordBits - shift); rest != 0 {
			l[k+1] |= rest
		}
		at, from, n = at+part, from+part, n-part
	}
}

// summary counts the states among the first n lanes.
func (l lanes) summary(n int) Summary {
	var c Summary
	for _, w := range l {
		low, high := w&lowBits, w>>1&lowBits
		c.NotRequired += bits.OnesCount64(low &^ high)
		c.Required += bits.OnesCount64(high &^ low)
		c.Installed += bits.OnesCount64(low & high)
	}
	c.Unknown = n - c.NotRequired - c.Required - c.Installed
	return c
}
