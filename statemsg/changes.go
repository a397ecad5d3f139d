package statemsg

import (
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// FromChanges appends to dst the messages for the changes of a scan that
// completed at the given time, in the order of the changes, and returns the
// extended slice.
//
// A First or Changed change gives one message (DIFF-2): topic type 500, the
// update's id with id type 3, the new state, and the revision as its only
// parameter (DIFF-7). A Revised change gives none. A Removed change gives none
// unless removed is true; then it gives 500/0 with the revision last seen
// (DIFF-6).
func FromChanges(dst []Message, at time.Time, changes []compliance.Change, removed bool) []Message {
	at = wireTime(at)
	for i := range changes {
		c := &changes[i]
		state := StateID(c.To)
		if c.Kind == compliance.Removed {
			if !removed { // DIFF-6
				continue
			}
			state = DetectionUnknown
		} else if !c.Reported() { // DIFF-2
			continue
		}
		dst = append(dst, Message{
			TopicType: UpdateDetection,
			TopicID:   c.ID.String(),
			IDType:    IDTypeUpdate,
			StateID:   state,
			Params:    []string{strconv.FormatUint(uint64(c.Revision), 10)}, // DIFF-7
			Time:      at,
		})
	}
	return dst
}
