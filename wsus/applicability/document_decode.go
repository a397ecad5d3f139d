package applicability

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/updatescan/updatescan/compliance"
)

// DocumentFormat is the value of a machine document's format field.
const DocumentFormat = "updatescan-machine-1"

// MaxDocumentBytes is the size of the largest machine document that is read.
const MaxDocumentBytes = 32 << 20

// ParseDocument reads a machine document. Every fault is a [*DocumentError]:
// JSON that is not well-formed, a field that is unknown or occurs twice, a
// value of the wrong form, a document that is too large.
func ParseDocument(data []byte) (*Document, error) {
	if len(data) > MaxDocumentBytes {
		return nil, &DocumentError{
			Line: 1, Column: 1, Path: "$",
			Detail: strconv.Itoa(len(data)) + " bytes, want at most " + strconv.Itoa(MaxDocumentBytes),
		}
	}
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return nil, &DocumentError{Line: 1, Column: 1, Path: "$", Detail: "found UTF-16, want UTF-8"}
	}
	// Editors and shells of Windows put a byte-order mark before UTF-8.
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	root, err := parseJSON(data)
	if err != nil {
		return nil, locate(data, err)
	}
	r := &jsonReader{}
	doc := r.document(root)
	if r.fault != nil {
		return nil, locate(data, r.fault)
	}
	return doc, nil
}

// locate turns a fault into an error with line and column.
func locate(data []byte, err error) error {
	fault, ok := errors.AsType[*jsonError](err)
	if !ok {
		return err
	}
	before := data[:min(fault.offset, len(data))]
	return &DocumentError{
		Line:   1 + bytes.Count(before, []byte{'\n'}),
		Column: len(before) - bytes.LastIndexByte(before, '\n'),
		Path:   fault.path,
		Detail: fault.text,
	}
}

// document reads the whole document.
func (d *jsonReader) document(n *jsonNode) *Document {
	f := d.object(n, "format", "name", "windows", "platform", "languages", "system_metrics", "processor", "cluster",
		"registry", "files", "folders", "licenses", "msi", "wmi", "installed_once", "generic_queries",
		"devices", "packages", "product_releases", "device_attributes", "memory")
	doc := &Document{}
	if f == nil {
		return doc
	}
	format := d.need(n, f, "format")
	if d.fault == nil && (format.kind != jsonString || format.text != DocumentFormat) {
		d.fail(format, "found %s, want %q", describeJSON(format), DocumentFormat)
	}
	if f["name"] != nil {
		doc.name = d.text(f["name"], "the machine's name")
	}
	d.system(f, doc)
	d.deviceSections(f, doc)
	if f["registry"] != nil {
		doc.registry = d.readRegistry(f["registry"])
	}
	if f["files"] != nil {
		doc.files = d.readFiles(f["files"])
	}
	if f["folders"] != nil {
		doc.folders = d.readFolders(f["folders"])
	}
	if f["licenses"] != nil {
		doc.licenses = d.readLicenses(f["licenses"])
	}
	if f["msi"] != nil {
		doc.msi = d.readMSI(f["msi"])
	}
	if f["wmi"] != nil {
		doc.wmi = d.readWMI(f["wmi"])
	}
	if f["installed_once"] != nil {
		doc.installed = map[compliance.UpdateID]bool{}
		for _, item := range d.elements(f["installed_once"], "an array of update ids") {
			doc.installed[d.updateID(item)] = true
		}
	}
	if f["generic_queries"] != nil {
		doc.generic = d.readGeneric(f["generic_queries"])
	}
	return doc
}

// system reads the sections about Windows and hardware.
func (d *jsonReader) system(f fields, doc *Document) {
	if f["windows"] != nil {
		w, bits := d.readWindows(f["windows"], true)
		doc.windows, doc.bits = &w, bits
	}
	if f["platform"] != nil {
		doc.platform = d.readPlatform(f["platform"])
	}
	if f["languages"] != nil {
		doc.languages = d.readLanguages(f["languages"])
	}
	if f["system_metrics"] != nil {
		doc.metrics = map[int32]int32{}
		for _, item := range d.members(f["system_metrics"], "an object of metric numbers") {
			index, err := strconv.ParseInt(item.key, 10, 32)
			if err != nil {
				d.fail(item, "the name is not the number of a system metric")
			}
			if _, ok := doc.metrics[int32(index)]; ok {
				d.fail(item, "the same metric twice, written differently")
			}
			doc.metrics[int32(index)] = d.signed(item)
		}
	}
	if f["processor"] != nil {
		d.readProcessor(f["processor"], doc)
	}
	if f["cluster"] != nil {
		doc.cluster = d.readCluster(f["cluster"])
	}
}

func (d *jsonReader) readWindows(n *jsonNode, withBits bool) (WindowsVersion, int) {
	names := []string{
		"major", "minor", "build", "service_pack_major", "service_pack_minor", "suite_mask", "product_type",
	}
	if withBits {
		names = append(names, "bits")
	}
	f := d.object(n, names...)
	w := WindowsVersion{
		Major: uint32(d.unsigned(d.need(n, f, "major"), 1<<32-1)),
		Minor: uint32(d.unsigned(d.need(n, f, "minor"), 1<<32-1)),
		Build: uint32(d.unsigned(d.need(n, f, "build"), 1<<32-1)),
	}
	short := func(name string) uint16 {
		if f[name] == nil {
			return 0
		}
		return uint16(d.unsigned(f[name], 1<<16-1))
	}
	w.ServicePackMajor, w.ServicePackMinor = short("service_pack_major"), short("service_pack_minor")
	w.SuiteMask = short("suite_mask")
	w.ProductType = 1
	if f["product_type"] != nil {
		if w.ProductType = short("product_type"); w.ProductType < 1 || w.ProductType > 3 {
			d.fail(f["product_type"], "found %d, want 1 (workstation), 2 (domain controller) or 3 (server)", w.ProductType)
		}
	}
	bits := 0
	if f["bits"] != nil {
		if bits = int(d.unsigned(f["bits"], 64)); bits != 32 && bits != 64 {
			d.fail(f["bits"], "found %d, want 32 or 64", bits)
		}
	}
	return w, bits
}

func (d *jsonReader) readPlatform(n *jsonNode) *documentPlatform {
	f := d.object(n, "id", "version", "language")
	p := &documentPlatform{id: d.text(d.need(n, f, "id"), `a platform such as "Windows"`)}
	if f["version"] != nil {
		v, _ := d.readWindows(f["version"], false)
		p.version = FactOf(v)
	}
	if f["language"] != nil {
		p.language = FactOf(d.text(f["language"], "a language tag"))
	}
	return p
}

func (d *jsonReader) readLanguages(n *jsonNode) *documentLanguages {
	f := d.object(n, "system", "mui")
	l := &documentLanguages{}
	if f["system"] != nil {
		l.system = FactOf(d.text(f["system"], `a language tag such as "en"`))
	}
	l.mui = maybe(f, "mui", func(n *jsonNode) []string { return d.texts(n, "a language tag") })
	return l
}

func (d *jsonReader) readProcessor(n *jsonNode, doc *Document) {
	f := d.object(n, "architecture", "level", "revision", "count")
	number := func(n *jsonNode) uint16 { return uint16(d.unsigned(n, 1<<16-1)) }
	doc.processor = &Processor{
		Architecture: number(d.need(n, f, "architecture")),
		Level:        maybe(f, "level", number),
		Revision:     maybe(f, "revision", number),
	}
	if f["count"] != nil {
		doc.count = FactOf(uint32(d.unsigned(f["count"], 1<<32-1)))
	}
}

func (d *jsonReader) readCluster(n *jsonNode) *documentCluster {
	f := d.object(n, "node", "owns")
	c := &documentCluster{node: d.flag(d.need(n, f, "node")), owned: map[string]string{}}
	if f["owns"] != nil {
		for _, name := range d.texts(f["owns"], "a resource name") {
			c.owned[fold(name)] = name
		}
	}
	return c
}

func (d *jsonReader) readFolders(n *jsonNode) map[int]string {
	folders := map[int]string{}
	for _, item := range d.members(n, "an object of CSIDL numbers") {
		csidl, err := strconv.ParseUint(item.key, 10, 15)
		if err != nil {
			d.fail(item, "the name is not a CSIDL number")
		}
		if _, ok := folders[int(csidl)]; ok {
			d.fail(item, "the same folder twice, written differently")
		}
		folders[int(csidl)] = d.filePath(item, d.text(item, "a path"))
	}
	return folders
}

func (d *jsonReader) readLicenses(n *jsonNode) map[string]documentLicense {
	licenses := map[string]documentLicense{}
	for _, item := range d.members(n, "an object of licence values") {
		if old, ok := licenses[fold(item.key)]; ok {
			d.fail(item, "the same value as %q, written differently", old.name)
		}
		v := LicenseValue{DWord: NoFact[uint32]()}
		if item.kind == jsonString {
			v.Text = item.text
		} else {
			v.DWord = FactOf(uint32(d.unsigned(item, 1<<32-1)))
		}
		licenses[fold(item.key)] = documentLicense{item.key, v}
	}
	return licenses
}

func (d *jsonReader) readGeneric(n *jsonNode) map[GenericQuery]bool {
	answers := map[GenericQuery]bool{}
	for _, item := range d.elements(n, "an array of answers") {
		f := d.object(item, "namespace", "type", "parameter", "comparison", "value", "result")
		q := GenericQuery{
			Namespace: d.text(d.need(item, f, "namespace"), "a namespace"),
			Type:      d.text(d.need(item, f, "type"), "a type"),
			Parameter: d.text(d.need(item, f, "parameter"), "a parameter"),
		}
		if c := f["comparison"]; c != nil {
			q.Comparison = d.text(c, "a comparison")
			if _, ok := parseScalar(q.Comparison); !ok {
				d.fail(c, "found %s, want a comparison such as EqualTo", describeJSON(c))
			}
		}
		if f["value"] != nil {
			q.Value = d.text(f["value"], "a value")
		}
		result := d.flag(d.need(item, f, "result"))
		if _, ok := answers[q.normal()]; ok {
			d.fail(item, "the same query twice")
		}
		answers[q.normal()] = result
	}
	return answers
}

// registryValue reads a registry value: a string is a REG_SZ, a number a
// REG_DWORD, and an object names the type.
func (d *jsonReader) registryValue(n *jsonNode) RegistryValue {
	if n.kind == jsonString {
		return SZ(n.text)
	}
	if n.kind == jsonNumber {
		return DWord(uint32(d.unsigned(n, 1<<32-1)))
	}
	if n.kind != jsonObject {
		d.fail(n, "found %v, want a string (REG_SZ), a number (REG_DWORD) or an object with type and data", n.kind)
		return RegistryValue{}
	}
	f := d.object(n, "type", "data")
	name, data := d.need(n, f, "type"), d.need(n, f, "data")
	if d.fault != nil {
		return RegistryValue{}
	}
	t, err := ParseRegistryType(name.text)
	if err != nil {
		d.fail(name, "found %s, want a registry type such as REG_SZ", describeJSON(name))
	}
	v := RegistryValue{Type: t}
	switch t {
	case RegSZ, RegExpandSZ:
		v.Text = d.text(data, "a string")
	case RegDWord:
		v.Number = d.unsigned(data, 1<<32-1)
	case RegQWord:
		v.Number = d.unsigned(data, 1<<64-1)
	case RegMultiSZ:
		v.Texts = d.texts(data, "a string")
	case RegBinary, RegFullResourceDescriptor, RegNone:
		text := d.text(data, "hexadecimal digits")
		if v.Bytes, err = hex.DecodeString(strings.ReplaceAll(text, " ", "")); err != nil {
			d.fail(data, "found %s, want hexadecimal digits in pairs", describeJSON(data))
		}
	}
	return v.clean()
}
