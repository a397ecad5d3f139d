package fleet

// Role is what is special about a client.
type Role uint8

// The roles. The zero value is that of an ordinary client.
const (
	Ordinary Role = iota
	// NeverHeard is known to the site and was never switched on.
	NeverHeard
	// Off has the feature switched off by policy.
	Off
	// Late gets its policy shortly before the end; its initial scan is to come.
	Late
	// Asleep is switched off on the third day.
	Asleep
	// Conflict has a domain policy that names another WSUS server.
	Conflict
	// Restored is restored on the fifth day from a backup of the second.
	Restored
	// Lossy loses its first reports; the site notices and asks for a resync.
	Lossy
	// LossyNew is set up on the last day but one and loses its first reports.
	LossyNew
	// LossyLate loses reports on the sixth day.
	LossyLate
	// Deaf does not hear the first answer to each report.
	Deaf
	// Cut sends a report that is cut short.
	Cut
	// Miswritten sends a state that does not exist.
	Miswritten
	// Blind cannot read its registry.
	Blind
	// Postponing does not restart.
	Postponing
)

// roles are the special clients of a fleet.
var roles = []Role{
	NeverHeard, Off, Late, Asleep, Asleep, Conflict, Restored, Lossy, LossyNew, LossyLate,
	Deaf, Cut, Miswritten, Blind, Blind, Postponing, Postponing,
}

// MinClients is the smallest fleet: the special clients and a few ordinary ones.
const MinClients = 20
