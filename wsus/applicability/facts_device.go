package applicability

import "time"

// Devices tells which devices the machine has.
type Devices interface {
	// Devices is all devices of the machine, which may be none.
	Devices() Fact[[]Device]
}

// Packages tells about packages of component servicing (CBS). A package is
// named by its identity: name, public key token, architecture, language
// (empty when neutral) and version, with ~ between them, in any case.
type Packages interface {
	// PackageState is the CurrentState of the package: 112 is installed.
	// When it is Unavailable, the evaluator reads it from [Registry], where
	// Windows keeps it.
	PackageState(identity string) Fact[uint32]
	// PackageInstallable is whether component servicing would install the
	// package; only the machine itself can tell.
	PackageInstallable(identity string) Fact[bool]
}

// Releases tells which releases of products are installed.
type Releases interface {
	// ProductRelease is the installed version of the release, such as
	// Client.OS.RS2.ARM64, in any case.
	ProductRelease(name string) Fact[Version]
}

// Attributes tells the device attributes, which are about the whole machine.
type Attributes interface {
	// DeviceAttribute is the attribute of the name, such as OSSkuId, in any
	// case, as the update agent sends it.
	DeviceAttribute(name string) Fact[string]
}

// Memory tells how much memory the machine has.
type Memory interface {
	// MemoryMB is the size of the main memory, in MB.
	MemoryMB() Fact[uint32]
	// VideoMemoryMB is that of the graphics adapter.
	VideoMemoryMB() Fact[uint32]
}

// Device is a device. Its hardware ids, then its compatible ids, are in the
// order in which Windows has them, the most specific first.
type Device struct {
	HardwareIDs   []string
	CompatibleIDs []string
	// Driver is the installed driver; Absent when there is none.
	Driver Fact[Driver]
}

// Driver is the driver installed for a device.
type Driver struct {
	// Date and Version are those of DriverVer in its INF file. Of Date only
	// the day counts.
	Date    time.Time
	Version Version
	// MatchingID is the id of the device that the driver was chosen by.
	MatchingID Fact[string]
	// Provider is the company that provides it.
	Provider Fact[string]
}
