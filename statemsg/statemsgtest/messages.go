package statemsgtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
)

// Messages lists the messages for the changes that a scan found (DIFF-1,
// DIFF-2, DIFF-6, DIFF-7). The changes are in the order of a diff, by id, and so
// are the messages. Next are the results of the scan: only a mistake looks at
// them, one that sends what has not changed, and it sends nothing more when
// they are not given.
func (m Model) Messages(at time.Time, changes []compliance.Change, reportRemoved bool, next ...compliance.Record) []statemsg.Message {
	number := map[compliance.State]statemsg.StateID{
		compliance.Unknown: 0, compliance.NotRequired: 1, compliance.Required: 2, compliance.Installed: 3, // DIFF-1
	}
	if m.Mistake == "diff-states-swapped" {
		number[compliance.Required], number[compliance.Installed] = 3, 2
	}
	raises := map[compliance.ChangeKind]bool{
		compliance.First: true, compliance.Changed: true, // DIFF-2
		compliance.Revised: m.Mistake == "diff-revision-is-change",            // DIFF-7
		compliance.Removed: reportRemoved || m.Mistake == "diff-removed-sent", // DIFF-6
	}
	var send []compliance.Record
	for _, c := range changes {
		if c.Kind == compliance.First && c.To != compliance.Required && m.Mistake == "diff-first-only-required" {
			continue
		}
		if raises[c.Kind] {
			send = append(send, compliance.Record{ID: c.ID, State: c.To, Revision: c.Revision})
		}
	}
	if m.Mistake == "diff-unchanged-sent" {
		for _, r := range next {
			sent := slices.ContainsFunc(send, func(s compliance.Record) bool { return s.ID == r.ID })
			if r.State != compliance.Unknown && !sent {
				send = append(send, r)
			}
		}
		slices.SortFunc(send, func(a, b compliance.Record) int { return slices.Compare(a.ID[:], b.ID[:]) })
	}
	var messages []statemsg.Message
	for _, r := range send {
		message := statemsg.Message{
			TopicType: 500, TopicID: fmt.Sprint(r.ID), IDType: 3, StateID: number[r.State],
			Time: at.UTC().Truncate(time.Microsecond),
		}
		if m.Mistake != "diff-no-revision" {
			message.Params = []string{fmt.Sprint(r.Revision)} // DIFF-7
		}
		messages = append(messages, message)
	}
	return messages
}
