// Package applicability decides, from update metadata and facts about a
// machine, which updates are required, not required or installed there. It
// never connects and asks the machine nothing by itself: facts come through
// [Facts], and [Document] is a snapshot of them, so that a Windows machine can
// be evaluated anywhere.
//
// # Rules
//
// Every rule has one of three values: true, false, or unknown because a fact
// was not available. Logic is Kleene's: And is false as soon as one operand
// is, whatever the others; Not of unknown is unknown. A fact that is known to
// be absent (a file that is not there) is not an unavailable one (a folder
// that nobody looked into): the former gives definite answers, mostly false,
// the latter unknown.
//
// The 62 rules of [Vocabulary] are evaluated. Any other rule (Direct3D,
// SensorById, NFC and Camera of Store applications, for example) is
// unsupported: unknown, and counted by name. So is Memory or VideoMemory with
// a Type, which no source explains. A rule that is written wrongly is invalid:
// unknown, and listed with its path and the attribute. Neither is ever false
// in silence.
// Comments say where a meaning comes from: "specified" is the published
// protocol or schema, "observed" is captured traffic or vendors' metadata,
// "our reading" is an inference, "our choice" is a policy of this package.
//
// A section (IsInstalled, IsSuperseded, IsInstallable) is the conjunction of
// its rules; a section that is missing or empty is false.
//
// # Drivers, packages, releases
//
// A driver rule compares the drivers of its update's WindowsDriverMetaData
// with those installed (specified: WindowsDriverInstalled is an equal match,
// WindowsDriverSuperseded a worse, WindowsDriverInstallable a better one).
//
//  1. An entry matches the devices that have its HardwareID among their ids,
//     in any case; of an update's entries the best counts for each device.
//  2. A match at an earlier id of the device is better; of two at the same, the
//     one with the later DriverVerDate; then the higher DriverVerVersion
//     (specified). Any driver is better than none.
//  3. On a printer, a driver is better than an installed one only if that is
//     of its Provider or of a CompatibleProvider (specified).
//  4. With several devices, Installable is true if it is for one; Installed if
//     it is for one and none is installable; Superseded if it is for one and
//     none is either (our choice: of the three at most one holds).
//  5. The comparison is unknown if the installed driver is, or the id that it
//     was chosen by, or if the entry has a FeatureScore or ids of computers:
//     how a machine evaluates these no source tells.
//
// A package of component servicing is installed when its CurrentState is 112
// (observed). Its identity is written in CbsPackageInstalledByIdentity, and
// for CbsPackageInstalled and CbsPackageInstallable it is that of the manifest
// in the metadata: name~publicKeyToken~processorArchitecture~language~version,
// without a language when it is neutral (observed). The state is read from the
// packages, or where these do not tell from the registry, below
// SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages.
// CbsPackageInstallable depends on the component store and is what the facts
// answer, otherwise unknown.
//
// ProductReleaseVersion compares the installed version of a release;
// ProductReleaseInstalled is true at exactly its version, false at an earlier
// one or none, and unknown at a later one, for which its meaning is not
// established. DeviceAttribute compares as text (EqualTo, BeginsWith,
// Contains, EndsWith, in any case) or as versions, as its Type says. Memory
// and VideoMemory hold when at least MinSizeInMB is there (our reading).
//
// # Updates
//
//  1. Detectoids, categories and updates are decided in the order of their
//     prerequisites. A prerequisite clause holds when one of its updates is
//     installed. Updates that are not in the catalogue are not installed; but
//     a clause about categories none of which is in the catalogue holds (our
//     choice: catalogues read from packages carry no categories).
//  2. Updates that are prerequisites of each other are installed only as far
//     as something outside the cycle makes them so.
//  3. An update is Installed when its prerequisites hold and IsInstalled is
//     true; otherwise Required when its prerequisites hold, IsSuperseded is
//     false and IsInstallable is true; otherwise Not Required. It is Unknown
//     when unknown values keep that open.
//  4. A bundle that has no rules of its own takes its state from its members;
//     see [DeriveBundle], which a [Config] can replace.
//  5. A scan reports software and drivers, except expired ones, those with the
//     action evaluate, bundle or block, and bundle members without an action.
//  6. Superseded updates are pruned from the report; see [Supersedence]. Their
//     raw verdict stays available.
//
// # WQL
//
// WmiQuery is answered from tables by an evaluator of this subset:
//
//	SELECT (* | property, ...) FROM class [WHERE condition]
//	condition: property op literal | literal op property |
//	           property LIKE 'pattern' | property IS [NOT] NULL |
//	           NOT condition | condition AND condition |
//	           condition OR condition | (condition)
//	op:        = <> != < <= > >=
//	literal:   'text', "text", a number, TRUE, FALSE
//
// Keywords, names and strings are compared without regard to case. In a
// string a backslash precedes a backslash or a quote. In a pattern % is any
// text, _ one character, [a-f] one of a set, [^a-f] one not of it. AND binds
// more than OR. A comparison of two texts orders them as text; otherwise
// both sides are compared as numbers if they can be read as such (TRUE is 1),
// else as text. A comparison with NULL is neither true nor false, and a row
// counts only if its condition is true. A property that a table does not know
// makes the rows unknown that depend on it. Any other syntax, more than
// [MaxQueryLength] bytes or more than [MaxQueryDepth] levels make the rule
// unknown, with the position in the query, never false.
//
// # Machine documents
//
// A machine document is a JSON object (RFC 8259, UTF-8, a byte-order mark is
// skipped) of at most [MaxDocumentBytes]. Unknown fields, fields that occur
// twice, and names that differ only in case where Windows does not
// distinguish case, or numbers and codes that differ only in how they are
// written, are refused, with line, column and path. Every section but format
// may be missing; its facts are then unavailable, and a rule that needs one is
// unknown. A document that is read and written again is an equal document:
// what a missing field stands for may be written out.
//
//	format           "updatescan-machine-1", required
//	name             the machine's name, for people
//	windows          major, minor, build (required); service_pack_major,
//	                 service_pack_minor, suite_mask (0 when missing);
//	                 product_type (1 workstation, 2 domain controller, 3
//	                 server; 1 when missing); bits (32 or 64; when missing the
//	                 processor's, or 64)
//	platform         id (required), version (as windows without bits),
//	                 language; when missing it is Windows itself
//	languages        system: an RFC 3066 tag; mui: an array of tags, or null
//	                 when the Multilingual User Interface is not installed;
//	                 neither form nor registration of a tag is checked, one
//	                 that does not exist only matches no rule
//	system_metrics   object of metric number to value; others are 0
//	processor        architecture (required), level, revision, count
//	cluster          node (required boolean), owns: names of the cluster
//	                 resources this node owns; others it does not own
//	registry         keys: object of key to object of value name to value
//	files            entries: object of absolute path to file
//	folders          object of CSIDL number (0 to 32,767) to path
//	licenses         object of name to number or text; others are absent
//	msi              products: object of product code to product; installer:
//	                 version of Windows Installer (5.0 from Windows 7 on)
//	wmi              object of namespace to object of class to rows
//	installed_once   array of ids of updates installed before; others were not
//	generic_queries  array of {namespace, type, parameter, comparison, value,
//	                 result}: texts, but result is a boolean; comparison (a
//	                 scalar comparison such as EqualTo) and value may be
//	                 missing, the others are required; queries that are not
//	                 listed are unavailable
//	devices          array of all devices, each {hardware_ids, compatible_ids,
//	                 driver}
//	packages         states: object of identity to CurrentState; installable:
//	                 object of identity to boolean, what component servicing
//	                 answers; packages not listed there are unavailable
//	product_releases object of name to installed version; others are absent
//	device_attributes
//	                 object of name to text; others are absent
//	memory           mb, video_mb: sizes of the main memory and of the graphics
//	                 adapter's
//
// Coverage. In registry, files, msi and the states of packages what is not
// listed is absent, unless the section says otherwise: with "complete": false nothing is known of what
// is not listed, and with "covers", an array of at most 1,024 keys or folders
// (registry and files only), what is not listed is absent at or below one of
// these and unavailable elsewhere. "complete": true together with "covers" is
// refused, even if covers is empty. A key that lies above a listed key, and a
// folder above a listed file, exist. The subkeys of a key, which RegKeyLoop
// needs, are known only if the key is covered.
//
// Registry. A key begins with a root, in full or short (HKLM), and has at most
// 4,096 bytes with its root in full; so has a path of a file. A value is a
// string (REG_SZ), a number (REG_DWORD), or an object with type and data:
// text for REG_SZ and REG_EXPAND_SZ, a number for REG_DWORD and REG_QWORD, an
// array of texts for REG_MULTI_SZ, hexadecimal digits for REG_BINARY,
// REG_FULL_RESOURCE_DESCRIPTOR and REG_NONE. The name "" is the default value.
// The section is the native view. The 32-bit view (RegType32) of a 64-bit
// Windows reads HKEY_LOCAL_MACHINE\SOFTWARE\X at
// HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\X; everything else, and everything
// on 32-bit Windows, is the same in both views.
//
// Files. A file is an object of version, created, modified (RFC 3339, in the
// years 0000 to 9999 of UTC), size in bytes, language (a number), directory
// (boolean; a directory has neither version nor language). A part that is
// missing is unavailable; null is absent, so a file without version resource
// has "version": null.
//
// Folders. Those of the machine have the defaults of a standard installation
// (36 is C:\Windows, 37 C:\Windows\System32, 38 C:\Program Files, 41
// C:\Windows\SysWOW64, 42 C:\Program Files (x86) and so on), which the section
// overrides; on 32-bit Windows 41, 42 and 44 are 37, 38 and 43.
//
// Products. A product is an object of state (local, source, default,
// advertised, absent, broken; default when missing), version, language,
// upgrade_code (missing: unavailable, null: absent), features (object of name
// to state), components (object of code to state), patches (array of {code,
// applied, obsoletes: codes, sequences: {family, sequence, supersedes}}). Of
// the last three, a missing one is unavailable, and what one does not list is
// absent.
//
// Devices. hardware_ids and compatible_ids are arrays in the order that Windows
// has, empty when missing. driver is an object of date ("2008-06-01") and
// version, as DriverVer of the INF file has them (required), matching_id, the
// id by which it was chosen (missing: unavailable), and provider (missing:
// unavailable, null: absent); null is a device without driver, a missing one
// is unavailable.
//
// WMI. The rows of a class are an array of objects of property to value, or an
// object with rows and properties, the names of properties that are known
// beside those in the rows. A value is null, a text, a boolean, a number of 64
// bits, or an array or object, nested at most 8 deep, which queries can test
// for NULL only. A known property that a row lacks is NULL. null instead of
// rows is a class known not to exist, which has no rows; a class that is not
// listed is unavailable.
package applicability
