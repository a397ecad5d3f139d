package wsustest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// document is a machine document as its JSON form has it; see the comment of
// package applicability for what it means.
type document struct {
	Windows *struct {
		Major            int64 `json:"major"`
		Minor            int64 `json:"minor"`
		Build            int64 `json:"build"`
		ServicePackMajor int64 `json:"service_pack_major"`
		ServicePackMinor int64 `json:"service_pack_minor"`
		SuiteMask        int64 `json:"suite_mask"`
		ProductType      int64 `json:"product_type"`
		Bits             int64 `json:"bits"`
	} `json:"windows"`
	Platform *struct {
		ID      string           `json:"id"`
		Version map[string]int64 `json:"version"`
		// Language of the platform, nil when it is that of Windows.
		Language *string `json:"language"`
	} `json:"platform"`
	Languages     map[string]any   `json:"languages"`
	SystemMetrics map[string]int64 `json:"system_metrics"`
	Processor     map[string]any   `json:"processor"`
	Cluster       *struct {
		Node bool     `json:"node"`
		Owns []string `json:"owns"`
	} `json:"cluster"`
	Registry *struct {
		coverage
		Keys map[string]map[string]any `json:"keys"`
	} `json:"registry"`
	Files *struct {
		coverage
		Entries map[string]map[string]any `json:"entries"`
	} `json:"files"`
	Folders  map[string]string `json:"folders"`
	Licenses map[string]any    `json:"licenses"`
	MSI      *struct {
		Complete *bool                     `json:"complete"`
		Products map[string]map[string]any `json:"products"`
	} `json:"msi"`
	WMI           map[string]map[string]*table `json:"wmi"`
	InstalledOnce []string                     `json:"installed_once"`
	Generic       []struct {
		Namespace  string `json:"namespace"`
		Type       string `json:"type"`
		Parameter  string `json:"parameter"`
		Comparison string `json:"comparison"`
		Value      string `json:"value"`
		Result     bool   `json:"result"`
	} `json:"generic_queries"`
	Devices  *[]map[string]any `json:"devices"`
	Packages *struct {
		Complete    *bool            `json:"complete"`
		States      map[string]int64 `json:"states"`
		Installable map[string]bool  `json:"installable"`
	} `json:"packages"`
	ProductReleases  map[string]string `json:"product_releases"`
	DeviceAttributes map[string]string `json:"device_attributes"`
	Memory           map[string]any    `json:"memory"`
}

// coverage says where what is not listed is known to be absent.
type coverage struct {
	Complete *bool     `json:"complete"`
	Covers   *[]string `json:"covers"`
}

// absent is no where what is not listed is known to be absent, otherwise
// unknown.
func (c coverage) absent(parts []string, split func(string) []string) tri {
	if c.Covers == nil {
		return map[bool]tri{true: no, false: unknown}[c.Complete == nil || *c.Complete]
	}
	for _, root := range *c.Covers {
		if isBelow(parts, split(root)) {
			return no
		}
	}
	return unknown
}

// isBelow reports whether a path is the one above or below it.
func isBelow(path, above []string) bool {
	return len(path) >= len(above) && slices.Equal(path[:len(above)], above)
}

// is64 reports whether Windows has 64 bits.
func (d *document) is64() bool {
	if d.Windows != nil && d.Windows.Bits != 0 {
		return d.Windows.Bits == 64
	}
	if d.Processor == nil {
		return true
	}
	architecture := integer(d.Processor["architecture"])
	return architecture != 0 && architecture != 5
}

// registryPath is a registry key in the native or the 32-bit view, in lower
// case, its root in full.
type registryPath struct {
	parts []string
	in32  bool
}

// keyParts are the names of a registry path, in lower case.
func keyParts(path string) []string {
	return slices.DeleteFunc(strings.Split(lower(path), `\`), func(s string) bool { return s == "" })
}

// below is a key below another, in the 32-bit view if either is.
func (p registryPath) below(parts []string, in32 bool) registryPath {
	return registryPath{parts: slices.Concat(p.parts, parts), in32: p.in32 || in32}
}

// native is where a key is stored.
func (d *document) native(p registryPath) []string {
	software := []string{"hkey_local_machine", "software"}
	node := append(slices.Clone(software), "wow6432node")
	if p.in32 && d.is64() && isBelow(p.parts, software) && !isBelow(p.parts, node) {
		return append(node, p.parts[2:]...)
	}
	return p.parts
}

// hasKey is whether a key is there: it is listed, or one below it is.
func (d *document) hasKey(p registryPath) tri {
	if d.Registry == nil {
		return unknown
	}
	path := d.native(p)
	for listed := range d.Registry.Keys {
		if isBelow(keyParts(listed), path) {
			return yes
		}
	}
	return d.Registry.absent(path, keyParts)
}

// regValue is a registry value: its type and data, and whether it is there.
func (d *document) regValue(p registryPath, name string) (kind string, data any, there tri) {
	if d.Registry == nil {
		return "", nil, unknown
	}
	path := d.native(p)
	for listed, values := range d.Registry.Keys {
		if !slices.Equal(keyParts(listed), path) {
			continue
		}
		for n, v := range values {
			if lower(n) == lower(name) {
				return typed(v)
			}
		}
	}
	return "", nil, d.Registry.absent(path, keyParts)
}

// typed is a registry value: a text is a REG_SZ, a number a REG_DWORD, an
// object names its type.
func typed(v any) (kind string, data any, there tri) {
	switch v := v.(type) {
	case string:
		return "REG_SZ", v, yes
	case json.Number:
		return "REG_DWORD", v, yes
	case map[string]any:
		kind, _ := v["type"].(string)
		return kind, v["data"], yes
	}
	return "", nil, unknown
}

// subkeys are the names of the direct subkeys, and whether they are known.
func (d *document) subkeys(p registryPath) ([]string, bool) {
	if d.Registry == nil {
		return nil, false
	}
	path := d.native(p)
	if d.Registry.absent(path, keyParts) != no {
		return nil, false
	}
	names := map[string]bool{}
	for listed := range d.Registry.Keys {
		if k := keyParts(listed); len(k) > len(path) && isBelow(k, path) {
			names[k[len(path)]] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), true
}

// pathParts are the names of a file's path, in lower case, resolved; those of
// a network path begin with an empty one.
func pathParts(path string) []string {
	var parts []string
	path = strings.ReplaceAll(path, "/", `\`)
	for _, name := range strings.Split(lower(path), `\`) {
		switch name {
		case "", ".":
		case "..":
			if len(parts) > 0 && !strings.HasSuffix(parts[len(parts)-1], ":") {
				parts = parts[:len(parts)-1]
			}
		default:
			parts = append(parts, name)
		}
	}
	if strings.HasPrefix(path, `\\`) {
		return append([]string{""}, parts...)
	}
	return parts
}

// file is what is known of a file or folder, and whether it is there. A folder
// above a listed file is there, and has neither version nor language.
func (d *document) file(path string) (map[string]any, tri) {
	if d.Files == nil {
		return nil, unknown
	}
	parts := pathParts(path)
	folder := false
	for listed, entry := range d.Files.Entries {
		p := pathParts(listed)
		if slices.Equal(p, parts) {
			if entry["directory"] == true {
				entry = maps.Clone(entry)
				entry["version"], entry["language"] = nil, nil
			}
			return entry, yes
		}
		folder = folder || isBelow(p, parts) && len(parts) > 0 && parts[len(parts)-1] != ""
	}
	if folder {
		return map[string]any{"version": nil, "language": nil}, yes
	}
	return nil, d.Files.absent(parts, pathParts)
}

// part is a part of something: missing is unknown, null is absent.
func part(thing map[string]any, name string) (any, tri) {
	v, ok := thing[name]
	if !ok {
		return nil, unknown
	}
	if v == nil {
		return nil, no
	}
	return v, yes
}

// folder is the path of a known folder, and whether it is known.
func (d *document) folder(csidl string) (string, bool) {
	if path, ok := d.Folders[csidl]; ok {
		return path, true
	}
	if same := map[string]string{"41": "37", "42": "38", "44": "43"}[csidl]; same != "" && !d.is64() {
		return d.folder(same)
	}
	const menu = `C:\ProgramData\Microsoft\Windows\Start Menu`
	path, ok := map[string]string{
		"20": `C:\Windows\Fonts`, "22": menu, "23": menu + `\Programs`, "24": menu + `\Programs\Startup`, "25": `C:\Users\Public\Desktop`,
		"35": `C:\ProgramData`, "36": `C:\Windows`, "37": `C:\Windows\System32`, "38": `C:\Program Files`, "41": `C:\Windows\SysWOW64`,
		"42": `C:\Program Files (x86)`, "43": `C:\Program Files\Common Files`, "44": `C:\Program Files (x86)\Common Files`,
		"45": `C:\ProgramData\Microsoft\Windows\Templates`, "46": `C:\Users\Public\Documents`,
	}[csidl]
	return path, ok
}

// lower is the form in which names are compared. (Not strings.EqualFold, for
// which more letters are equal.)
func lower(s string) string { return strings.ToLower(s) }

// integer is a JSON number that is whole and fits in 64 bits.
func integer(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}

// moment is a time of the document.
func moment(v any) time.Time {
	s, _ := v.(string)
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}
