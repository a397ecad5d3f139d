package scan

import (
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// Effect is something that the shell does for the machine. The types of this
// file, with [Notice], are all there are. Effects are performed in the order
// in which [Machine.Step] returns them; where a [Commit] is among them it is
// the first, and nothing after it may be done before it has succeeded.
type Effect interface{ isEffect() }

// MetadataChange says what a commit does to the stored metadata.
type MetadataChange uint8

const (
	// KeepMetadata leaves it as it is. A commit with the zero value does so.
	KeepMetadata MetadataChange = iota
	// StoreMetadata replaces it by what the run named in the commit
	// retrieved, with the commit's stamp (TTL-4).
	StoreMetadata
	// ClearMetadata forgets it: the scan history was cleared (WF-2).
	ClearMetadata
)

type (
	// Commit makes what the last step changed durable, in one piece (DIFF-9):
	// each part of Parts in the form that [Machine.AppendPart] gives it, and
	// the metadata.
	Commit struct {
		// Parts are the parts that changed, in ascending order, the metadata
		// left out.
		Parts []Part
		// Metadata says what becomes of the stored metadata.
		Metadata MetadataChange
		// Run is the run whose metadata is stored, for StoreMetadata.
		Run Run
		// Stamp is the stamp to store with it, for StoreMetadata.
		Stamp ttl.Stamp
		// Source is the URL of the server it came from, for StoreMetadata.
		Source string
	}

	// Locate asks for the WSUS location (WF-3). It is answered by [Located].
	Locate struct {
		Run     Run
		Request wsus.LocateRequest
	}

	// ReadPolicy asks for the policy in force (WF-5). It is answered by
	// [PolicyRead].
	ReadPolicy struct{ Run Run }

	// WritePolicy writes the WSUS location to the local policy (WF-3). It is
	// answered by [PolicyWritten].
	WritePolicy struct {
		Run    Run
		Policy wsus.Policy
	}

	// Retrieve connects to WSUS and retrieves the metadata. It is answered
	// by [Retrieved]. No forced offline scan has this effect (DEC-3).
	Retrieve struct {
		Run      Run
		Location wsus.Location
		// SSLOnly says that an http location must be refused before a byte
		// is sent (WF-4).
		SSLOnly bool
	}

	// Evaluate evaluates the machine. It is answered by [Evaluated]. Stored
	// says with which metadata: what is stored on the client, or else what
	// this run has just retrieved.
	Evaluate struct {
		Run    Run
		Stored bool
	}

	// Send hands a batch to the transport. It is answered by [SendEnded].
	Send struct{ Batch statemsg.Batch }

	// Finished says how an attempt of a scan ended.
	Finished struct{ Result Result }
)

func (Commit) isEffect()      {}
func (Locate) isEffect()      {}
func (ReadPolicy) isEffect()  {}
func (WritePolicy) isEffect() {}
func (Retrieve) isEffect()    {}
func (Evaluate) isEffect()    {}
func (Send) isEffect()        {}
func (Finished) isEffect()    {}
func (Notice) isEffect()      {}
