package applicability

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/updatescan/updatescan/compliance"
)

// Document is a machine document: a snapshot of the facts about a machine, so
// that it can be evaluated elsewhere. Its JSON form is specified in the
// package comment. A section that the document does not have makes its facts
// unavailable.
//
// What the methods that modify accept, MarshalJSON can write: they refuse with
// an error, and then change nothing, what the format cannot hold, or put it
// into a form that it can, as each says. All replace bytes that are not UTF-8
// by U+FFFD, keep no slice or map they are given, and take a fact whose
// Presence is none of the three for Unavailable.
//
// The zero Document is empty and usable. The methods that read are safe for
// concurrent use; those that modify are not, neither with each other nor with
// readers. To evaluate a machine while changing it, change a Clone.
type Document struct {
	name      string
	windows   *WindowsVersion
	bits      int // of Windows: 32, 64, or 0 when not given
	platform  *documentPlatform
	languages *documentLanguages
	metrics   map[int32]int32
	processor *Processor
	count     Fact[uint32]
	cluster   *documentCluster
	registry  *documentRegistry
	files     *documentFiles
	folders   map[int]string
	licenses  map[string]documentLicense
	msi       *documentMSI
	wmi       map[classID]*documentClass
	installed map[compliance.UpdateID]bool
	generic   map[GenericQuery]bool

	devices    []Device // nil when not given
	packages   *documentPackages
	releases   map[string]documentRelease   // by folded name
	attributes map[string]documentAttribute // likewise
	memory     documentMemory
}

type documentPlatform struct {
	id       string
	version  Fact[WindowsVersion]
	language Fact[string]
}

type documentLanguages struct {
	system Fact[string]
	mui    Fact[[]string]
}

type documentCluster struct {
	node  bool
	owned map[string]string // folded: as written
}

type documentLicense struct {
	name  string
	value LicenseValue
}

// Name is the machine's name, if the document has one.
func (d *Document) Name() string { return d.name }

// Facts is the document as facts for an Evaluator. It reads the document, it
// does not copy it.
func (d *Document) Facts() Facts {
	return Facts{
		Windows: d, Platform: d, Languages: d, Metrics: d, Processors: d, Cluster: d, Registry: d, Folders: d,
		Files: d, Licenses: d, WMI: d, MSI: d, Patches: d, History: d, Generic: d,
		Devices: d, Packages: d, Releases: d, Attributes: d, Memory: d,
	}
}

// Clone returns a copy that shares nothing that can be modified.
func (d *Document) Clone() *Document {
	c := *d
	if d.windows != nil {
		w := *d.windows
		c.windows = &w
	}
	if d.platform != nil {
		p := *d.platform
		c.platform = &p
	}
	if d.languages != nil {
		l := *d.languages
		c.languages = &l
	}
	if d.processor != nil {
		p := *d.processor
		c.processor = &p
	}
	if d.cluster != nil {
		c.cluster = &documentCluster{node: d.cluster.node, owned: maps.Clone(d.cluster.owned)}
	}
	c.metrics = maps.Clone(d.metrics)
	c.registry = d.registry.clone()
	c.files = d.files.clone()
	c.folders = maps.Clone(d.folders)
	c.licenses = maps.Clone(d.licenses)
	c.msi = d.msi.clone()
	c.wmi = maps.Clone(d.wmi)
	c.installed = maps.Clone(d.installed)
	c.generic = maps.Clone(d.generic)
	// SetDevices replaces the devices, it never changes them.
	c.packages = d.packages.clone()
	c.releases = maps.Clone(d.releases)
	c.attributes = maps.Clone(d.attributes)
	return &c
}

// is64Bit reports whether Windows has 64 bits: as the document says, or else
// as the processor has, or else yes.
func (d *Document) is64Bit() bool {
	if d.bits != 0 {
		return d.bits == 64
	}
	return d.processor == nil || (d.processor.Architecture != 0 && d.processor.Architecture != 5)
}

// Windows implements [Windows].
func (d *Document) Windows() Fact[WindowsVersion] {
	if d.windows == nil {
		return Fact[WindowsVersion]{}
	}
	return FactOf(*d.windows)
}

// PlatformID implements [Platform]. A document without a platform, but with
// Windows, is of the platform Windows.
func (d *Document) PlatformID() Fact[string] {
	if d.platform != nil {
		return FactOf(d.platform.id)
	}
	if d.windows != nil {
		return FactOf("Windows")
	}
	return Fact[string]{}
}

// PlatformVersion implements [Platform]; it is the version of Windows unless
// the document says otherwise.
func (d *Document) PlatformVersion() Fact[WindowsVersion] {
	if d.platform != nil && d.platform.version.Presence == Present {
		return d.platform.version
	}
	if d.platform != nil && fold(d.platform.id) != "windows" {
		return Fact[WindowsVersion]{}
	}
	return d.Windows()
}

// Language implements [Languages].
func (d *Document) Language() Fact[string] {
	if d.languages == nil {
		return Fact[string]{}
	}
	return d.languages.system
}

// PlatformLanguage implements [Languages]; it is the language of Windows
// unless the document says otherwise.
func (d *Document) PlatformLanguage() Fact[string] {
	if d.platform != nil && d.platform.language.Presence == Present {
		return d.platform.language
	}
	return d.Language()
}

// MUI implements [Languages].
func (d *Document) MUI() Fact[[]string] {
	if d.languages == nil {
		return Fact[[]string]{}
	}
	return d.languages.mui
}

// SystemMetric implements [Metrics].
func (d *Document) SystemMetric(index int32) Fact[int32] {
	if d.metrics == nil {
		return Fact[int32]{}
	}
	if v, ok := d.metrics[index]; ok {
		return FactOf(v)
	}
	return NoFact[int32]()
}

// Processor implements [Processors].
func (d *Document) Processor() Fact[Processor] {
	if d.processor == nil {
		return Fact[Processor]{}
	}
	return FactOf(*d.processor)
}

// ProcessorCount implements [Processors].
func (d *Document) ProcessorCount() Fact[uint32] { return d.count }

// Clustered implements [Cluster].
func (d *Document) Clustered() Fact[bool] {
	if d.cluster == nil {
		return Fact[bool]{}
	}
	return FactOf(d.cluster.node)
}

// OwnsResource implements [Cluster].
func (d *Document) OwnsResource(name string) Fact[bool] {
	if d.cluster == nil {
		return Fact[bool]{}
	}
	_, owned := d.cluster.owned[fold(name)]
	return FactOf(owned)
}

// License implements [Licenses].
func (d *Document) License(name string) Fact[LicenseValue] {
	if d.licenses == nil {
		return Fact[LicenseValue]{}
	}
	if v, ok := d.licenses[fold(name)]; ok {
		return FactOf(v.value)
	}
	return NoFact[LicenseValue]()
}

// InstalledOnce implements [History].
func (d *Document) InstalledOnce(id compliance.UpdateID) Fact[bool] {
	if d.installed == nil {
		return Fact[bool]{}
	}
	return FactOf(d.installed[id])
}

// Generic implements [Generic].
func (d *Document) Generic(q GenericQuery) Fact[bool] {
	if v, ok := d.generic[q.normal()]; ok {
		return FactOf(v)
	}
	return Fact[bool]{}
}

// validText is the text with U+FFFD for each byte that is not UTF-8, because
// JSON can hold nothing else.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// clean is the fact without a value that does not count.
func (f Fact[T]) clean() Fact[T] {
	switch f.Presence {
	case Present:
		return f
	case Absent:
		return NoFact[T]()
	case Unavailable:
	}
	return Fact[T]{}
}

// normal is the query with its comparison folded.
func (q GenericQuery) normal() GenericQuery {
	q.Comparison = fold(q.Comparison)
	return q
}

// maxCovers is how many roots a section of a document covers at most.
const maxCovers = 1024

// coverage says for which paths what is not listed is known to be absent.
type coverage struct {
	complete bool
	roots    []string // as written, sorted
	folded   []string
}

// add keeps the roots sorted, so that their order says nothing.
func (c *coverage) add(root string) {
	if folded := fold(root); !slices.Contains(c.folded, folded) {
		i, _ := slices.BinarySearch(c.roots, root)
		c.roots = slices.Insert(c.roots, i, root)
		c.folded = slices.Insert(c.folded, i, folded)
	}
}

// extend adds the paths, or makes the section complete when there are none. A
// complete section stays as it is.
func (c *coverage) extend(paths []string) error {
	if c.complete || len(paths) == 0 {
		*c = coverage{complete: true}
		return nil
	}
	wider := c.clone()
	for _, path := range paths {
		if wider.add(path); len(wider.roots) > maxCovers {
			return fmt.Errorf("applicability: covers: want at most %d roots", maxCovers)
		}
	}
	*c = wider
	return nil
}

func (c *coverage) covers(folded string) bool {
	if c.complete {
		return true
	}
	for _, root := range c.folded {
		if under(folded, root) {
			return true
		}
	}
	return false
}

func (c *coverage) clone() coverage {
	return coverage{c.complete, slices.Clone(c.roots), slices.Clone(c.folded)}
}

// absent is the presence of what is not listed at the path.
func (c *coverage) absent(folded string) Presence {
	if c.covers(folded) {
		return Absent
	}
	return Unavailable
}
