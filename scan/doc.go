// Package scan models the scan for software updates compliance of a
// Configuration Manager 2007 client: what starts it, what it does about
// metadata and why, and everything that follows until the state messages have
// left.
//
// It has three layers, and each can be used without those after it:
//
//   - [Trigger], [Type] and [Decide] are the rules of what a scan does, as pure
//     functions.
//   - [Machine] is the client's whole workflow as one deterministic state
//     machine: events and the time go in, effects come out. It can be saved
//     and restored after any step.
//   - [Agent] drives a Machine over interfaces: a locator, the local policy, a
//     source of metadata, an evaluator, a transport, a storage and a clock.
//
// # Events and effects
//
// A scan that connects goes through these steps (WF-3), an answer with a
// failure ends it at any of them:
//
//	event           what happens                                     effect         501
//	Requested       queued, or joined to a scan (WF-11); in turn:    Locate         1
//	Located         a location is chosen (WF-4, WF-6)                ReadPolicy
//	PolicyRead      a conflict ends the scan (WF-5)                  WritePolicy
//	PolicyWritten   the request is passed to the update agent        Retrieve       2
//	Retrieved                                                        Evaluate
//	Evaluated       states are compared, messages recorded (WF-7)    Finished       3, 6
//
// PolicyRead goes straight to Retrieve when the policy names the location
// already. A scan with the stored metadata goes from its turn to Evaluate, with
// 501/2. A failed attempt gives [Finished] with 501/4 when it is tried again
// (WF-9) and with 501/5 when it is not.
//
// Beside the scans: [PolicyReceived] enables the feature or makes it dormant
// (WF-1, WF-14), [Installed] and [Restarted] start the offline scans (WF-12),
// [RefreshAsked] records every state again (DIFF-8), and messages that wait
// leave by [Send], answered by [SendEnded] (MSG-3 to MSG-7), with which the site
// may ask for every state too.
//
// # Where the sources are silent
//
// Beside what the registry of rules marks as our choice, these are choices of
// this package:
//
//   - A scan that uses local metadata asks for no location: it must work when
//     the management point does not.
//   - A request from outside that joins a scan waiting for its retry makes it
//     run now, and that uses up no retry: somebody is waiting. A schedule that
//     fires only joins.
//   - An implementation that gives up by itself, with an error that is
//     context.Canceled, has not failed: its scan is made again after the delay
//     of a retry and uses none up.
//   - A retry decides anew whether to connect, and stays with its location
//     while that is offered. That holds for the initial scan too: it connects,
//     unless another scan has retrieved metadata since its history was cleared.
//   - A refresh repeats messages as they were recorded, with the revision of
//     that time (DIFF-7 raises none for a new revision).
//   - A resync is answered once, by its number. A client that has lost its
//     outbox answers the number again.
//   - Stored metadata that is damaged or of a foreign format is absent, and so
//     are the baseline and the outbox; a workflow that cannot be read is an
//     error, because nothing else knows the serial numbers.
//   - A dormant client (WF-14) ends the scan it is at, starts no other, and
//     still sends the messages that wait. Scans that wait stay in the queue.
//   - The time-to-live is taken at the start of an attempt, the stamp at its
//     end.
//   - Metadata that turns out to be of a lower version than the request
//     requires fails the scan with the code of a source that is not found.
//   - What a scan finds of updates waiting for a restart is held back only
//     where it says Installed (WF-12).
//
// # What is not here
//
// Installing updates, evaluating deployments, maintenance windows and the
// download of update files: the package is told of them by events. The real
// client's wait for Group Policy to take effect is not modelled; a
// [wsus.LocalPolicy] may wait.
package scan
