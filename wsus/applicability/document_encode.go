package applicability

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/updatescan/updatescan/compliance"
)

// object is a JSON object; encoding/json sorts its names.
type object map[string]any

// MarshalJSON writes the document in the form that [ParseDocument] reads. The
// same document always gives the same bytes, and what ParseDocument makes of
// them is equal to the document. The only error is for a document that would
// take more than [MaxDocumentBytes].
func (d *Document) MarshalJSON() ([]byte, error) {
	o := object{"format": DocumentFormat}
	if d.name != "" {
		o["name"] = d.name
	}
	d.encodeSystem(o)
	d.encodeDevices(o)
	if d.registry != nil {
		o["registry"] = d.registry.encode()
	}
	if d.files != nil {
		o["files"] = d.files.encode()
	}
	if d.folders != nil {
		folders := object{}
		for csidl, path := range d.folders {
			folders[strconv.Itoa(csidl)] = path
		}
		o["folders"] = folders
	}
	if d.licenses != nil {
		licenses := object{}
		for _, l := range d.licenses {
			if l.value.DWord.Presence == Present {
				licenses[l.name] = l.value.DWord.Value
			} else {
				licenses[l.name] = l.value.Text
			}
		}
		o["licenses"] = licenses
	}
	if d.msi != nil {
		o["msi"] = d.msi.encode()
	}
	if d.wmi != nil {
		o["wmi"] = d.encodeWMI()
	}
	if d.installed != nil {
		o["installed_once"] = d.encodeInstalled()
	}
	if d.generic != nil {
		o["generic_queries"] = d.encodeGeneric()
	}
	data, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("applicability: machine document: %w", err)
	}
	if len(data) > MaxDocumentBytes {
		return nil, fmt.Errorf("applicability: machine document: %d bytes, want at most %d", len(data), MaxDocumentBytes)
	}
	return data, nil
}

// put adds a fact under a name: null when absent, nothing when unavailable.
func put[T any](o object, name string, f Fact[T], show func(T) any) {
	switch f.Presence {
	case Unavailable:
	case Absent:
		o[name] = nil
	case Present:
		o[name] = show(f.Value)
	}
}

func asIs[T any](v T) any { return v }

func encodeVersion(v Version) any { return v.String() }
func encodeTime(t time.Time) any  { return t.UTC().Format(time.RFC3339Nano) }
func encodeGUID(g GUID) any       { return g.String() }
func (w WindowsVersion) encode() object {
	return object{
		"major": w.Major, "minor": w.Minor, "build": w.Build,
		"service_pack_major": w.ServicePackMajor, "service_pack_minor": w.ServicePackMinor,
		"suite_mask": w.SuiteMask, "product_type": w.ProductType,
	}
}

func (d *Document) encodeSystem(o object) {
	if d.windows != nil {
		w := d.windows.encode()
		if d.bits != 0 {
			w["bits"] = d.bits
		}
		o["windows"] = w
	}
	if d.platform != nil {
		p := object{"id": d.platform.id}
		put(p, "version", d.platform.version, func(w WindowsVersion) any { return w.encode() })
		put(p, "language", d.platform.language, asIs[string])
		o["platform"] = p
	}
	if d.languages != nil {
		l := object{}
		put(l, "system", d.languages.system, asIs[string])
		put(l, "mui", d.languages.mui, asIs[[]string])
		o["languages"] = l
	}
	if d.metrics != nil {
		metrics := object{}
		for index, v := range d.metrics {
			metrics[strconv.Itoa(int(index))] = v
		}
		o["system_metrics"] = metrics
	}
	if d.processor != nil {
		p := object{"architecture": d.processor.Architecture}
		put(p, "level", d.processor.Level, asIs[uint16])
		put(p, "revision", d.processor.Revision, asIs[uint16])
		put(p, "count", d.count, asIs[uint32])
		o["processor"] = p
	}
	if d.cluster != nil {
		c := object{"node": d.cluster.node}
		if len(d.cluster.owned) > 0 {
			c["owns"] = slices.Sorted(maps.Values(d.cluster.owned))
		}
		o["cluster"] = c
	}
}

func (c *coverage) encode(o object) {
	if c.complete {
		return
	}
	if len(c.roots) == 0 {
		o["complete"] = false
		return
	}
	o["covers"] = c.roots
}

func (r *documentRegistry) encode() object {
	keys := object{}
	for _, k := range r.keys {
		if !k.listed {
			continue
		}
		values := object{}
		for _, v := range k.values {
			values[v.name] = v.value.encode()
		}
		keys[k.path] = values
	}
	o := object{"keys": keys}
	r.coverage.encode(o)
	return o
}

func (v RegistryValue) encode() any {
	switch v.Type {
	case RegSZ:
		return v.Text
	case RegDWord:
		return v.Number
	case RegExpandSZ:
		return object{"type": v.Type, "data": v.Text}
	case RegQWord:
		return object{"type": v.Type, "data": v.Number}
	case RegMultiSZ:
		return object{"type": v.Type, "data": append([]string{}, v.Texts...)}
	case RegBinary, RegFullResourceDescriptor, RegNone:
		return object{"type": v.Type, "data": hex.EncodeToString(v.Bytes)}
	}
	return nil
}

func (s *documentFiles) encode() object {
	entries := object{}
	for _, e := range s.entries {
		f := object{}
		if e.file.Directory {
			f["directory"] = true
		} else {
			put(f, "version", e.file.Version, encodeVersion)
			put(f, "language", e.file.Language, asIs[uint16])
		}
		put(f, "created", e.file.Created, encodeTime)
		put(f, "modified", e.file.Modified, encodeTime)
		put(f, "size", e.file.Size, asIs[int64])
		entries[e.path] = f
	}
	o := object{"entries": entries}
	s.coverage.encode(o)
	return o
}

func (s *documentMSI) encode() object {
	products := object{}
	for code, p := range s.products {
		e := object{"state": p.product.State}
		put(e, "version", p.product.Version, encodeVersion)
		put(e, "language", p.product.Language, asIs[int32])
		put(e, "upgrade_code", p.product.UpgradeCode, encodeGUID)
		if p.features != nil {
			e["features"] = p.features
		}
		if p.components != nil {
			components := object{}
			for _, c := range p.components {
				components[c.code] = c.state
			}
			e["components"] = components
		}
		if p.hasPatches {
			patches := make([]object, 0, len(p.patches))
			for i := range p.patches {
				patches = append(patches, p.patches[i].encode())
			}
			e["patches"] = patches
		}
		products[code.String()] = e
	}
	o := object{"complete": s.complete, "products": products}
	put(o, "installer", s.installer, encodeVersion)
	return o
}

func (p *Patch) encode() object {
	o := object{"code": p.Code.String(), "applied": p.Applied}
	if len(p.Obsoletes) > 0 {
		codes := make([]string, 0, len(p.Obsoletes))
		for _, code := range p.Obsoletes {
			codes = append(codes, code.String())
		}
		o["obsoletes"] = codes
	}
	if len(p.Sequences) > 0 {
		sequences := make([]object, 0, len(p.Sequences))
		for _, s := range p.Sequences {
			sequences = append(sequences, object{
				"family": s.Family, "sequence": s.Sequence.String(), "supersedes": s.Supersedes,
			})
		}
		o["sequences"] = sequences
	}
	return o
}

func (d *Document) encodeWMI() object {
	namespaces := object{}
	for _, c := range d.wmi {
		classes, _ := namespaces[c.namespace].(object)
		if classes == nil {
			classes = object{}
			namespaces[c.namespace] = classes
		}
		if c.table == nil {
			classes[c.class] = nil
			continue
		}
		e := object{"rows": append([]map[string]any{}, c.rows...)}
		if len(c.properties) > 0 {
			e["properties"] = c.properties
		}
		classes[c.class] = e
	}
	return namespaces
}

func (d *Document) encodeInstalled() []string {
	ids := make([]string, 0, len(d.installed))
	for _, id := range slices.SortedFunc(maps.Keys(d.installed), compliance.UpdateID.Compare) {
		if d.installed[id] {
			ids = append(ids, id.String())
		}
	}
	return ids
}

func (d *Document) encodeGeneric() []object {
	list := make([]object, 0, len(d.generic))
	for _, q := range slices.SortedFunc(maps.Keys(d.generic), GenericQuery.compare) {
		o := object{"namespace": q.Namespace, "type": q.Type, "parameter": q.Parameter, "result": d.generic[q]}
		if q.Comparison != "" {
			o["comparison"] = q.Comparison
		}
		if q.Value != "" {
			o["value"] = q.Value
		}
		list = append(list, o)
	}
	return list
}
