package scan

import (
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// Event is something that happened to the client. The types of this file are
// all there are.
type Event interface{ isEvent() }

// Run names one attempt of a scan. Effects carry it and the events that answer
// them carry it back; an event of an attempt that is over is ignored.
type Run struct {
	// Job is the scan's number, counted from 1 in order of arrival.
	Job uint64
	// Attempt counts the starts of the scan from 1.
	Attempt uint32
}

// Failure is why something that was asked for failed. The zero Failure means
// that it did not.
type Failure struct {
	// Code is the result code; 0 means success.
	Code wsus.Code
	// Detail is the failure in words, for a person; it may be empty.
	Detail string
	// Err is the error itself, for errors.Is and errors.As; it may be nil.
	Err error
}

// Failed reports whether f is a failure.
func (f Failure) Failed() bool { return f.Code != 0 }

// Policy is the machine policy that enables or disables the feature.
type Policy struct {
	// Enabled says whether software updates is enabled for the client.
	Enabled bool
	// ContentVersion is the version of the catalogue on the software update
	// point, 0 when not known. A newer one starts no scan (TTL-8).
	ContentVersion ttl.Version
	// NativeMode says that the site is in native mode: its clients connect
	// to WSUS by SSL only (WF-4).
	NativeMode bool
}

// Installation is the end of an installation of software updates.
type Installation struct {
	// Assignment identifies the deployment, the topic id of its enforcement
	// messages; empty when there is none.
	Assignment string
	// Updates are the updates that were installed: 1 to [MaxRequestUpdates].
	Updates []compliance.UpdateID
	// RestartRequired says that the installation ends only with a restart of
	// the system (WF-12).
	RestartRequired bool
}

type (
	// Tick is the passing of time, and nothing else.
	Tick struct{}

	// PolicyReceived is the arrival of machine policy (WF-1, WF-14).
	PolicyReceived struct{ Policy Policy }

	// Requested is a request for a scan. Token, when not 0, comes back in
	// the result of the scan that answers the request.
	Requested struct {
		Request Request
		Token   uint64
	}

	// Roamed says that the client is now on the internet, or again on the
	// intranet. Internet-based clients connect by SSL only (WF-4).
	Roamed struct{ Internet bool }

	// Located answers [Locate].
	Located struct {
		Run       Run
		Locations []wsus.Location
		Failure   Failure
	}

	// PolicyRead answers [ReadPolicy] with the policy in force.
	PolicyRead struct {
		Run       Run
		Effective wsus.Policy
		Failure   Failure
	}

	// PolicyWritten answers [WritePolicy].
	PolicyWritten struct {
		Run     Run
		Failure Failure
	}

	// Retrieved answers [Retrieve]: metadata of the given version has been
	// retrieved and is held by the shell until the scan ends.
	Retrieved struct {
		Run     Run
		Version ttl.Version
		Failure Failure
	}

	// Evaluated answers [Evaluate].
	Evaluated struct {
		Run        Run
		Evaluation wsus.Evaluation
		Failure    Failure
	}

	// Interrupted says that an attempt was cut short by the client itself,
	// by a stop or a power-off. That is no failure and uses up no retry
	// (WF-10): the scan waits for [Resumed] and starts anew.
	Interrupted struct{ Run Run }

	// SendEnded answers [Send].
	SendEnded struct {
		// Batch is the id of the batch that was sent.
		Batch uint64
		// Failure is zero when the receiver acknowledged the report.
		Failure Failure
		// RetryAfter is how long the receiver asked to be left alone, 0
		// when it did not.
		RetryAfter time.Duration
		// Interrupted says that the client itself cut the send short.
		Interrupted bool
		// Resync is the number of the resync that the receiver asked for
		// when it acknowledged the report, 0 for none. One that is not the
		// number answered last causes a refresh, as [RefreshAsked] does,
		// together with the acknowledgement; of a send that failed or was
		// cut short, and above [statemsg.MaxSerial], it means nothing
		// (DIFF-8).
		Resync uint64
	}

	// Resumed says that the shell is at work again after it had stopped:
	// what was interrupted may start anew.
	Resumed struct{}

	// Installed is the end of an installation (WF-12, MSG-4).
	Installed struct{ Installation Installation }

	// Restarted is a restart of the system (WF-12).
	Restarted struct{}

	// RefreshAsked asks for a state message for every known state: the
	// client's refresh of server compliance state (DIFF-8). The last of them
	// is a [statemsg.RefreshMarker], which tells the site that there is
	// nothing else (SITE-9). A client that knows nothing records the marker
	// alone. The resync that a site asks for comes with [SendEnded].
	RefreshAsked struct{}

	// SendAsked asks that what waits is sent now, without waiting for the
	// next tick, a back-off or the gap between two batches.
	SendAsked struct{}

	// MetadataLost says that the stored metadata could not be read. It is
	// absent from now on (TTL-3).
	MetadataLost struct{ Detail string }
)

func (Tick) isEvent()           {}
func (PolicyReceived) isEvent() {}
func (Requested) isEvent()      {}
func (Roamed) isEvent()         {}
func (Located) isEvent()        {}
func (PolicyRead) isEvent()     {}
func (PolicyWritten) isEvent()  {}
func (Retrieved) isEvent()      {}
func (Evaluated) isEvent()      {}
func (Interrupted) isEvent()    {}
func (SendEnded) isEvent()      {}
func (Resumed) isEvent()        {}
func (Installed) isEvent()      {}
func (Restarted) isEvent()      {}
func (RefreshAsked) isEvent()   {}
func (SendAsked) isEvent()      {}
func (MetadataLost) isEvent()   {}
