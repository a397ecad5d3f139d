package applicability

import (
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// once holds a fact that takes no argument.
type once[T any] struct {
	read bool
	fact Fact[T]
}

func (o *once[T]) get(read func() Fact[T]) Fact[T] {
	if !o.read {
		o.fact, o.read = read(), true
	}
	return o.fact
}

// recall returns m[key], reading it when it is not there yet.
func recall[K comparable, V any](m *map[K]V, key K, read func() V) V {
	if v, ok := (*m)[key]; ok {
		return v
	}
	if *m == nil {
		*m = map[K]V{}
	}
	v := read()
	(*m)[key] = v
	return v
}

// keyID is a registry key in folded form.
type keyID struct {
	path  string
	wow32 bool
}

type valueID struct {
	key  keyID
	name string
}

type productPart struct {
	product GUID
	part    string
}

// reader asks Facts and remembers each answer for the length of an
// evaluation, so that one evaluation sees one reading of every fact and slow
// facts are read once. Not safe for concurrent use.
type reader struct {
	facts Facts

	windows, platformVersion       once[WindowsVersion]
	platformID, language, platLang once[string]
	mui                            once[[]string]
	processor                      once[Processor]
	processors                     once[uint32]
	clustered                      once[bool]
	installer                      once[Version]

	keys       map[keyID]Presence
	values     map[valueID]Fact[RegistryValue]
	subkeys    map[keyID]Fact[[]string]
	folders    map[int]Fact[string]
	files      map[string]Fact[File]
	metrics    map[int32]Fact[int32]
	owned      map[string]Fact[bool]
	licenses   map[string]Fact[LicenseValue]
	tables     map[classID]Fact[*Table]
	products   map[GUID]Fact[Product]
	features   map[productPart]Fact[InstallState]
	components map[productPart]Fact[InstallState]
	patches    map[GUID]Fact[[]Patch]
	installed  map[compliance.UpdateID]Fact[bool]
	generic    map[GenericQuery]Fact[bool]
	queries    map[queryID]Fact[bool]

	device deviceReader
}

func (r *reader) readWindows() Fact[WindowsVersion] {
	if r.facts.Windows == nil {
		return Fact[WindowsVersion]{}
	}
	return r.windows.get(r.facts.Windows.Windows)
}

func (r *reader) readPlatformID() Fact[string] {
	if r.facts.Platform == nil {
		return Fact[string]{}
	}
	return r.platformID.get(r.facts.Platform.PlatformID)
}

func (r *reader) readPlatformVersion() Fact[WindowsVersion] {
	if r.facts.Platform == nil {
		return Fact[WindowsVersion]{}
	}
	return r.platformVersion.get(r.facts.Platform.PlatformVersion)
}

func (r *reader) readLanguage() Fact[string] {
	if r.facts.Languages == nil {
		return Fact[string]{}
	}
	return r.language.get(r.facts.Languages.Language)
}

func (r *reader) readPlatformLanguage() Fact[string] {
	if r.facts.Languages == nil {
		return Fact[string]{}
	}
	return r.platLang.get(r.facts.Languages.PlatformLanguage)
}

func (r *reader) readMUI() Fact[[]string] {
	if r.facts.Languages == nil {
		return Fact[[]string]{}
	}
	return r.mui.get(r.facts.Languages.MUI)
}

func (r *reader) readProcessor() Fact[Processor] {
	if r.facts.Processors == nil {
		return Fact[Processor]{}
	}
	return r.processor.get(r.facts.Processors.Processor)
}

func (r *reader) readProcessorCount() Fact[uint32] {
	if r.facts.Processors == nil {
		return Fact[uint32]{}
	}
	return r.processors.get(r.facts.Processors.ProcessorCount)
}

func (r *reader) readClustered() Fact[bool] {
	if r.facts.Cluster == nil {
		return Fact[bool]{}
	}
	return r.clustered.get(r.facts.Cluster.Clustered)
}

func (r *reader) readOwned(name string) Fact[bool] {
	if r.facts.Cluster == nil {
		return Fact[bool]{}
	}
	return recall(&r.owned, fold(name), func() Fact[bool] { return r.facts.Cluster.OwnsResource(name) })
}

func (r *reader) readMetric(index int32) Fact[int32] {
	if r.facts.Metrics == nil {
		return Fact[int32]{}
	}
	return recall(&r.metrics, index, func() Fact[int32] { return r.facts.Metrics.SystemMetric(index) })
}

func (r *reader) readKey(k resolvedKey) Presence {
	if r.facts.Registry == nil {
		return Unavailable
	}
	return recall(&r.keys, k.id, func() Presence { return r.facts.Registry.Key(k.key) })
}

// readValue reads the value whose name in folded form is folded.
func (r *reader) readValue(k resolvedKey, name, folded string) Fact[RegistryValue] {
	if r.facts.Registry == nil {
		return Fact[RegistryValue]{}
	}
	return recall(&r.values, valueID{k.id, folded}, func() Fact[RegistryValue] {
		return r.facts.Registry.Value(k.key, name)
	})
}

func (r *reader) readSubkeys(k resolvedKey) Fact[[]string] {
	if r.facts.Registry == nil {
		return Fact[[]string]{}
	}
	return recall(&r.subkeys, k.id, func() Fact[[]string] { return r.facts.Registry.Subkeys(k.key) })
}

func (r *reader) readFolder(csidl int) Fact[string] {
	if r.facts.Folders == nil {
		return Fact[string]{}
	}
	return recall(&r.folders, csidl, func() Fact[string] { return r.facts.Folders.Folder(csidl) })
}

func (r *reader) readFile(path string) Fact[File] {
	if r.facts.Files == nil {
		return Fact[File]{}
	}
	return recall(&r.files, fold(path), func() Fact[File] { return r.facts.Files.File(path) })
}

func (r *reader) readLicense(name string) Fact[LicenseValue] {
	if r.facts.Licenses == nil {
		return Fact[LicenseValue]{}
	}
	return recall(&r.licenses, fold(name), func() Fact[LicenseValue] { return r.facts.Licenses.License(name) })
}

func (r *reader) readTable(c classID) Fact[*Table] {
	if r.facts.WMI == nil {
		return Fact[*Table]{}
	}
	return recall(&r.tables, c, func() Fact[*Table] { return r.facts.WMI.Table(c.namespace, c.class) })
}

func (r *reader) readQuery(q queryID) Fact[bool] {
	if r.facts.Queries == nil {
		return Fact[bool]{}
	}
	return recall(&r.queries, q, func() Fact[bool] { return r.facts.Queries.Query(q.namespace, q.wql) })
}

func (r *reader) readProduct(code GUID) Fact[Product] {
	if r.facts.MSI == nil {
		return Fact[Product]{}
	}
	return recall(&r.products, code, func() Fact[Product] { return r.facts.MSI.Product(code) })
}

func (r *reader) readFeature(code GUID, name string) Fact[InstallState] {
	if r.facts.MSI == nil {
		return Fact[InstallState]{}
	}
	// The names of features are case-sensitive in Windows Installer.
	return recall(&r.features, productPart{code, name}, func() Fact[InstallState] {
		return r.facts.MSI.Feature(code, name)
	})
}

func (r *reader) readComponent(code GUID, component string) Fact[InstallState] {
	if r.facts.MSI == nil {
		return Fact[InstallState]{}
	}
	return recall(&r.components, productPart{code, strings.ToLower(component)}, func() Fact[InstallState] {
		return r.facts.MSI.Component(code, component)
	})
}

func (r *reader) readPatches(code GUID) Fact[[]Patch] {
	if r.facts.Patches == nil {
		return Fact[[]Patch]{}
	}
	return recall(&r.patches, code, func() Fact[[]Patch] { return r.facts.Patches.Patches(code) })
}

func (r *reader) readInstaller() Fact[Version] {
	if r.facts.Patches == nil {
		return Fact[Version]{}
	}
	return r.installer.get(r.facts.Patches.InstallerVersion)
}

func (r *reader) readInstalledOnce(id compliance.UpdateID) Fact[bool] {
	if r.facts.History == nil {
		return Fact[bool]{}
	}
	return recall(&r.installed, id, func() Fact[bool] { return r.facts.History.InstalledOnce(id) })
}

func (r *reader) readGeneric(q GenericQuery) Fact[bool] {
	if r.facts.Generic == nil {
		return Fact[bool]{}
	}
	return recall(&r.generic, q, func() Fact[bool] { return r.facts.Generic.Generic(q) })
}
