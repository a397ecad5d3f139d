package applicability

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

const (
	softwareKey = `hkey_local_machine\software`
	wowNode     = `WOW6432Node`
)

// documentRegistry is the registry section: the native view of one hive.
type documentRegistry struct {
	coverage
	keys map[string]*documentKey // by folded path
}

// documentKey is a key that exists.
type documentKey struct {
	path     string
	listed   bool                     // in the document, not only above a listed key
	values   map[string]documentValue // by folded name
	children map[string]string        // folded name: as written
}

type documentValue struct {
	name  string
	value RegistryValue
}

func (r *documentRegistry) clone() *documentRegistry {
	if r == nil {
		return nil
	}
	c := &documentRegistry{coverage: r.coverage.clone(), keys: make(map[string]*documentKey, len(r.keys))}
	for folded, k := range r.keys {
		c.keys[folded] = &documentKey{k.path, k.listed, maps.Clone(k.values), maps.Clone(k.children)}
	}
	return c
}

// ensure returns the key, adding it and all keys above it. Of several
// spellings of a key that is not listed the one that sorts first is kept, so
// that the order of the keys does not show.
func (r *documentRegistry) ensure(path string) *documentKey {
	folded := fold(path)
	k := r.keys[folded]
	if k != nil && k.path == path {
		return k
	}
	if k == nil {
		k = &documentKey{path: path, values: map[string]documentValue{}, children: map[string]string{}}
		r.keys[folded] = k
	} else if !k.listed && path < k.path {
		k.path = path
	}
	r.nameChild(path, k)
	return k
}

// nameChild tells the key above that it has this one, as it is spelled.
func (r *documentRegistry) nameChild(path string, k *documentKey) {
	if i := strings.LastIndexByte(path, '\\'); i >= 0 {
		name := k.path[strings.LastIndexByte(k.path, '\\')+1:]
		r.ensure(path[:i]).children[fold(name)] = name
	}
}

// list adds a key with all above it, and its spelling counts. A key that is
// listed already keeps the spelling it has.
func (r *documentRegistry) list(path string) *documentKey {
	if k := r.keys[fold(path)]; k != nil && k.listed {
		return k
	}
	k := r.ensure(path)
	k.listed, k.path = true, path
	r.nameChild(path, k)
	return k
}

// view maps a path of the 32-bit view to where it is stored. On 64-bit
// Windows HKEY_LOCAL_MACHINE\SOFTWARE is redirected to its WOW6432Node; every
// other path, and every path on 32-bit Windows, is the same in both views.
// (The few keys below SOFTWARE that Windows shares between the views are not
// modelled.)
func (d *Document) view(key RegistryKey) string {
	path := cleanKey(key.Path)
	if !key.Wow32 || !d.is64Bit() {
		return path
	}
	folded := fold(path)
	if !under(folded, softwareKey) || under(folded, softwareKey+`\`+fold(wowNode)) {
		return path
	}
	return path[:len(softwareKey)] + `\` + wowNode + path[len(softwareKey):]
}

// Key implements [Registry].
func (d *Document) Key(key RegistryKey) Presence {
	if d.registry == nil {
		return Unavailable
	}
	folded := fold(d.view(key))
	if d.registry.keys[folded] != nil {
		return Present
	}
	return d.registry.absent(folded)
}

// Value implements [Registry].
func (d *Document) Value(key RegistryKey, name string) Fact[RegistryValue] {
	if d.registry == nil {
		return Fact[RegistryValue]{}
	}
	folded := fold(d.view(key))
	if k := d.registry.keys[folded]; k != nil {
		if v, ok := k.values[fold(name)]; ok {
			return FactOf(v.value)
		}
	}
	return Fact[RegistryValue]{Presence: d.registry.absent(folded)}
}

// Subkeys implements [Registry]. The list of a key that the document does not
// cover is unavailable, because it may lack some.
func (d *Document) Subkeys(key RegistryKey) Fact[[]string] {
	if d.registry == nil {
		return Fact[[]string]{}
	}
	folded := fold(d.view(key))
	if !d.registry.covers(folded) {
		return Fact[[]string]{}
	}
	k := d.registry.keys[folded]
	if k == nil {
		return NoFact[[]string]()
	}
	names := make([]string, 0, len(k.children))
	for _, folded := range slices.Sorted(maps.Keys(k.children)) {
		names = append(names, k.children[folded])
	}
	return FactOf(names)
}

// readRegistry reads the registry section.
func (d *jsonReader) readRegistry(n *jsonNode) *documentRegistry {
	f := d.object(n, "complete", "covers", "keys")
	r := &documentRegistry{keys: map[string]*documentKey{}}
	r.coverage = d.coverage(f, func(n *jsonNode) string {
		path, ok := parseKeyPath(d.text(n, "a registry key"))
		if !ok {
			d.fail(n, `found %s, want a registry key such as "HKEY_LOCAL_MACHINE\\SOFTWARE"`, describeJSON(n))
		}
		return path
	})
	if f["keys"] == nil {
		return r
	}
	for _, item := range d.members(f["keys"], "an object of registry keys") {
		path, ok := parseKeyPath(item.key)
		if !ok {
			d.fail(item, `not a registry key: want a path such as "HKEY_LOCAL_MACHINE\\SOFTWARE\\Example"`)
			continue
		}
		if old := r.keys[fold(path)]; old != nil && old.listed {
			d.fail(item, "the same key as %q, written differently", old.path)
		}
		key := r.list(path)
		for _, v := range d.members(item, "an object of registry values") {
			if old, ok := key.values[fold(v.key)]; ok {
				d.fail(v, "the same value as %q, written differently", old.name)
			}
			key.values[fold(v.key)] = documentValue{v.key, d.registryValue(v)}
		}
	}
	return r
}

// coverage reads complete and covers.
func (d *jsonReader) coverage(f fields, root func(*jsonNode) string) coverage {
	c := coverage{complete: f["covers"] == nil}
	if item := f["complete"]; item != nil {
		c.complete = d.flag(item)
		if c.complete && f["covers"] != nil {
			d.fail(item, "a complete section cannot list what it covers: want false, or no covers")
		}
	}
	if f["covers"] != nil {
		items := d.elements(f["covers"], "an array of paths")
		if len(items) > maxCovers {
			d.fail(f["covers"], "found %d paths, want at most %d", len(items), maxCovers)
			return c
		}
		for _, item := range items {
			c.add(root(item))
		}
	}
	return c
}

// SetRegistry sets a value, "" being the key's default value, and adds the
// key if it is not there. A key's root may be written in full or short
// (HKLM); a path that has none is an error, and so are a type that is none
// and a number that the type cannot hold. Fields of the value that its type
// does not use are ignored. A document without a registry section gets one
// that covers nothing.
func (d *Document) SetRegistry(key, name string, value RegistryValue) error {
	path, err := checkKey(key)
	if err != nil {
		return err
	}
	if value.Type.token() == "" {
		return fmt.Errorf("applicability: registry value %s: %v is no type", quoteShort(name), value.Type)
	}
	if value.Type == RegDWord && value.Number > math.MaxUint32 {
		return fmt.Errorf("applicability: registry value %s: %d does not fit in a REG_DWORD", quoteShort(name), value.Number)
	}
	name = validText(name)
	d.registrySection().list(path).values[fold(name)] = documentValue{name, value.clean()}
	return nil
}

// SetRegistryKey adds a key without values, if it is not there.
func (d *Document) SetRegistryKey(key string) error {
	path, err := checkKey(key)
	if err == nil {
		d.registrySection().list(path)
	}
	return err
}

// DeleteRegistryValue removes a value. Whether it is absent afterwards or
// unavailable depends on what the section covers.
func (d *Document) DeleteRegistryValue(key, name string) error {
	path, err := checkKey(key)
	if err != nil || d.registry == nil {
		return err
	}
	if k := d.registry.keys[fold(path)]; k != nil {
		delete(k.values, fold(name))
	}
	return nil
}

// DeleteRegistryKey removes a key with everything below it. The key above it
// stays.
func (d *Document) DeleteRegistryKey(key string) error {
	path, err := checkKey(key)
	if err != nil || d.registry == nil {
		return err
	}
	folded := fold(path)
	if d.registry.keys[folded] == nil {
		return nil
	}
	if i := strings.LastIndexByte(folded, '\\'); i >= 0 {
		parent := d.registry.keys[folded[:i]]
		d.registry.list(parent.path)
	}
	// The keys that are not listed follow from those that are.
	left := &documentRegistry{coverage: d.registry.coverage, keys: map[string]*documentKey{}}
	for at, k := range d.registry.keys {
		if k.listed && !under(at, folded) {
			left.list(k.path).values = k.values
		}
	}
	d.registry = left
	return nil
}

// CoverRegistry says that the registry is completely listed at and below the
// roots, or everywhere when none is given. What was covered stays so. A path
// that is no key, and more than 1,024 roots in all, are an error.
func (d *Document) CoverRegistry(roots ...string) error {
	paths := make([]string, 0, len(roots))
	for _, root := range roots {
		path, err := checkKey(root)
		if err != nil {
			return err
		}
		paths = append(paths, path)
	}
	var c coverage
	if d.registry != nil {
		c = d.registry.coverage
	}
	if err := c.extend(paths); err != nil {
		return err
	}
	d.registrySection().coverage = c
	return nil
}

func (d *Document) registrySection() *documentRegistry {
	if d.registry == nil {
		d.registry = &documentRegistry{keys: map[string]*documentKey{}}
	}
	return d.registry
}

func checkKey(key string) (string, error) {
	path, ok := parseKeyPath(validText(key))
	if !ok {
		return "", fmt.Errorf("applicability: registry key %s: want a root such as HKEY_LOCAL_MACHINE, at most %d bytes and %d levels",
			quoteShort(key), maxPathLength, maxKeyLevels)
	}
	return path, nil
}
