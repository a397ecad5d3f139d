// Package statemsgtest is the kit for testers of state messages: fakes of a
// management point, contract checks for transports and outboxes of your own,
// and slow, obvious reference models of the outbox, the timetable, the messages
// of a scan and the wire form.
package statemsgtest
