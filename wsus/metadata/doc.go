// Package metadata reads update metadata in the forms it comes in, and
// returns it as [wsus.Update] values.
//
// # Forms
//
// [Parse] knows a document by the local name of its root element:
//
//  1. Update: an update document, as update servers exchange it (namespace
//     http://schemas.microsoft.com/msus/2002/12/Update). One update.
//  2. UpdateIdentity: a Core fragment, as an update server sends it to
//     clients: the parts of an update document side by side without a root,
//     without namespaces, and with b., m. or d. written before the names of
//     base, MSI and driver rules. One update. [AddExtended] and [AddLocalized]
//     complete it with the other fragments, which do not say whose they are.
//  3. SoftwareDistributionPackage: a package, the *.sdp file of publishing
//     tools. One update, or a bundle; see below.
//  4. SystemsManagementCatalog: a catalogue of packages in one document: all
//     the package elements in it, at any depth.
//
// [ReadFS] and [ReadZip] read the *.sdp and *.xml files of a folder or an
// archive. Cabinet files are refused.
//
// Elements and attributes are known by their local names; the order of parts
// is free; what is not known is passed over. A part that may occur once and
// occurs twice is refused, and so is every id, revision number, update type
// and date that is not one, the zero id wherever an id stands, a clause without
// a member, and an update without identity or type. Documents are UTF-8, or UTF-16 with a byte order mark, and
// as well-formed as package xmltok demands: no document type, no entities.
//
// # What becomes what
//
// A rule element becomes a [wsus.Rule]: local name without the textual
// prefix, attributes by local name in the order written without namespace
// declarations, child elements in order, and the element's own text in one
// piece without surrounding white space. The elements of Metadata, such as
// component manifests and MSI patch tables, become trees of the same kind. A
// section (IsInstalled, IsSuperseded, IsInstallable, Metadata) that is absent
// is nil; one without an expression is empty, not nil. Several expressions in
// a section hold together.
//
// A bare UpdateIdentity among prerequisites is a clause of one. A bundle
// member without a revision number has revision 0. Handler is the last segment
// of the handler's name, such as CommandLineInstallation. Classification is
// the first prerequisite that is a known classification (see
// [ClassificationName]); Products are the other members of category clauses.
// Expired is PublicationState Expired. A time without a zone is UTC.
//
// Title and Description are those of the text whose language
// [Options.Languages] ranks first: for each wanted language in turn the same
// tag, then the same language of another region; then the document's
// DefaultPropertiesLanguage, which counts for the texts that follow it; then
// the text that stands first.
//
// # Packages
//
// The rules of the package and of each of its items hold together: the
// sections IsInstalled and IsInstallable of an update made from an item are
// the package's expressions followed by the item's.
//
//   - A package without items is an update with the package's rules.
//   - A package with one item is one update, with the id of the package.
//   - A package with several items, or with BundledPackages, is a bundle: an
//     update with the id of the package and without rules, which bundles at
//     least one of the items and the bundled packages, in this order; and for
//     each item an update with the item's id, its rules, the package's texts
//     and [wsus.ActionBundle]. (Without items the bundle keeps the package's
//     rules.)
//
// Updates made from packages have revision 1. Their Classification follows
// UpdateClassification, or is "Applications" for ApplicationSpecificData;
// their one product is [LocallyPublished]. A publishing tool would also write
// both as prerequisites, in category clauses. This package does not: the
// categories are no packages, would be missing in a catalogue read from
// packages, and would make every update wait for them. For the same reason
// RestrictToClientServicingApi adds no prerequisite. Prerequisites of the
// package are clauses; SupersededPackages are what the update supersedes.
//
// # What is left out
//
// Files, installer command lines, URLs and end-user licences are not kept.
// UpdateServicesPackage, a server's wrapping of a package, is not read.
//
// # Bounds
//
// Whatever is larger, deeper or more than [Options] and the constants of this
// package allow is refused with [ErrLimit] or an error with a position. An
// archive is unpacked entry by entry, in memory, and never beyond a bound; no
// name in it is ever used as a path.
package metadata
