package applicability

import (
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// Facts is where rules get what they need to know of the machine: one small
// interface for each kind of fact. A nil interface means that facts of this
// kind are unavailable, so the rules that need them are unknown; an embedder
// fills in what it can find out and nothing else.
//
// Every method answers with a presence: Present with a value, Absent when the
// thing is known not to exist, Unavailable when that is not known (a failed
// look-up is Unavailable, never Absent). An evaluation asks for each fact at
// most once. The methods must be safe for concurrent use if the Evaluator is
// used concurrently, and must not keep or modify their arguments. What they
// return must not be modified afterwards.
type Facts struct {
	Windows    Windows
	Platform   Platform
	Languages  Languages
	Metrics    Metrics
	Processors Processors
	Cluster    Cluster
	Registry   Registry
	Folders    Folders
	Files      Files
	Licenses   Licenses
	// Queries, when not nil, is asked before WMI; see there.
	Queries Queries
	WMI     WMI
	MSI     MSI
	Patches Patches
	History History
	Generic Generic

	Devices    Devices
	Packages   Packages
	Releases   Releases
	Attributes Attributes
	Memory     Memory
}

// Windows tells the version of Windows.
type Windows interface {
	// Windows is the true version (RtlGetVersion), not the one that a
	// manifest makes the system report.
	Windows() Fact[WindowsVersion]
}

// Platform tells about the platform, which on every machine seen is Windows.
type Platform interface {
	// PlatformID is the platform family, such as "Windows".
	PlatformID() Fact[string]
	// PlatformVersion is the platform's version.
	PlatformVersion() Fact[WindowsVersion]
}

// Languages tells the languages of the system.
type Languages interface {
	// Language is the language Windows is localised in, an RFC 3066 tag.
	Language() Fact[string]
	// PlatformLanguage is the language the platform is localised in.
	PlatformLanguage() Fact[string]
	// MUI is the languages of the Multilingual User Interface; Absent when
	// it is not installed.
	MUI() Fact[[]string]
}

// Metrics tells system metrics.
type Metrics interface {
	// SystemMetric is what GetSystemMetrics returns for the index. Absent
	// counts as 0, which is what the call returns for an unknown index.
	SystemMetric(index int32) Fact[int32]
}

// Processors tells about the processors.
type Processors interface {
	// Processor is the native processor.
	Processor() Fact[Processor]
	// ProcessorCount is the number of logical processors.
	ProcessorCount() Fact[uint32]
}

// Cluster tells about failover clustering.
type Cluster interface {
	// Clustered is whether the machine is a node of a cluster.
	Clustered() Fact[bool]
	// OwnsResource is whether the named cluster resource is owned by this
	// node; Absent when it cannot be opened.
	OwnsResource(name string) Fact[bool]
}

// Registry reads the registry.
type Registry interface {
	// Key is whether the key exists.
	Key(key RegistryKey) Presence
	// Value is the named value of the key, "" for its default value.
	Value(key RegistryKey, name string) Fact[RegistryValue]
	// Subkeys is the names of all direct subkeys; Absent when the key does
	// not exist, Unavailable unless the list is complete.
	Subkeys(key RegistryKey) Fact[[]string]
}

// Folders tells the paths of known folders.
type Folders interface {
	// Folder is the path that SHGetFolderPath returns for the CSIDL number.
	Folder(csidl int) Fact[string]
}

// Files tells about files.
type Files interface {
	// File is the file or directory with the path, which is absolute and in
	// canonical form (single backslashes), in any case.
	File(path string) Fact[File]
}

// Licenses reads software licensing values.
type Licenses interface {
	// License is the value that SLGetWindowsInformation returns.
	License(name string) Fact[LicenseValue]
}

// Queries answers WMI queries as a whole, for machines that can run them.
type Queries interface {
	// Query is whether the query returns at least one row. When it is not
	// Present, the evaluator answers the query from the tables of [WMI].
	Query(namespace, wql string) Fact[bool]
}

// WMI gives the rows of WMI classes.
type WMI interface {
	// Table is the rows of the class, both names in any case; Unavailable
	// when the rows are not known. A class that is known to have no
	// instances, or known not to exist, is Absent or an empty table.
	Table(namespace, class string) Fact[*Table]
}

// MSI tells about products of Windows Installer.
type MSI interface {
	// Product is the product with the code.
	Product(code GUID) Fact[Product]
	// Feature is the state of a product's feature. Absent when the product
	// or the feature does not exist.
	Feature(product GUID, feature string) Fact[InstallState]
	// Component is the state of a product's component, likewise.
	Component(product GUID, component string) Fact[InstallState]
}

// Patches tells about patches of Windows Installer.
type Patches interface {
	// Patches is the patches registered for the product, which may be none;
	// Absent when the product is not installed.
	Patches(product GUID) Fact[[]Patch]
	// InstallerVersion is the version of Windows Installer itself.
	InstallerVersion() Fact[Version]
}

// History tells what this client installed before.
type History interface {
	// InstalledOnce is whether the update was ever installed successfully.
	InstalledOnce(id compliance.UpdateID) Fact[bool]
}

// Generic evaluates the vendor extension rule GenericQuery.
type Generic interface {
	// Generic is the rule's value; Absent counts as false, Unavailable when
	// no handler knows the namespace.
	Generic(q GenericQuery) Fact[bool]
}

// WindowsVersion is a version of Windows, with the fields of OSVERSIONINFOEX.
type WindowsVersion struct {
	Major, Minor, Build                uint32
	ServicePackMajor, ServicePackMinor uint16
	SuiteMask                          uint16
	// ProductType is 1 for a workstation, 2 for a domain controller, 3 for
	// a server.
	ProductType uint16
}

// Processor is a processor as SYSTEM_INFO has it: 0 x86, 5 ARM, 6 IA64,
// 9 AMD64, 12 ARM64.
type Processor struct {
	Architecture    uint16
	Level, Revision Fact[uint16]
}

// RegistryKey names a key: the root's full name, a backslash, the subkey. Wow32 asks for
// the 32-bit view of a 64-bit machine; the native view otherwise.
type RegistryKey struct {
	Path  string
	Wow32 bool
}

// File is a file or directory. Version and Language are Absent when the file
// has no version resource.
type File struct {
	Directory bool
	Version   Fact[Version]
	Created   Fact[time.Time]
	Modified  Fact[time.Time]
	Size      Fact[int64]
	Language  Fact[uint16]
}

// LicenseValue is a software licensing value.
type LicenseValue struct {
	// DWord is Present when the value is a number of 32 bits.
	DWord Fact[uint32]
	// Text is the value's text when it is no number.
	Text string
}

// GenericQuery is a GenericQuery rule. Comparison is one of the names of the
// schema, such as "EqualTo"; it and Value are empty when the rule has none.
type GenericQuery struct {
	Namespace, Type, Parameter, Comparison, Value string
}
