package applicability

import (
	"cmp"
	"fmt"

	"github.com/updatescan/updatescan/compliance"
)

// SetName sets the machine's name.
func (d *Document) SetName(name string) { d.name = validText(name) }

// SetWindows sets the version of Windows, and whether it has 32 or 64 bits; 0
// leaves that to the processor, as does any other number. A ProductType of 0
// is 1, a workstation, as when it is missing in JSON, and so is any that is
// none of the three.
func (d *Document) SetWindows(v WindowsVersion, bits int) {
	if v.ProductType < 1 || v.ProductType > 3 {
		v.ProductType = 1
	}
	d.windows, d.bits = &v, 0
	if bits == 32 || bits == 64 {
		d.bits = bits
	}
}

// SetProcessor sets the native processor, and the number of processors; 0 is
// not known.
func (d *Document) SetProcessor(p Processor, count uint32) {
	p.Level, p.Revision = p.Level.clean(), p.Revision.clean()
	d.processor = &p
	d.count = Fact[uint32]{}
	if count > 0 {
		d.count = FactOf(count)
	}
}

// SetLanguage sets the language of Windows, an RFC 3066 tag, and the languages
// of the Multilingual User Interface; none means that it is not installed.
// Tags are not checked.
func (d *Document) SetLanguage(system string, mui ...string) {
	d.languages = &documentLanguages{system: FactOf(validText(system)), mui: NoFact[[]string]()}
	if len(mui) > 0 {
		tags := make([]string, 0, len(mui))
		for _, tag := range mui {
			tags = append(tags, validText(tag))
		}
		d.languages.mui = FactOf(tags)
	}
}

// SetMetric sets a system metric. All metrics of a document that are not set
// are 0.
func (d *Document) SetMetric(index, value int32) {
	if d.metrics == nil {
		d.metrics = map[int32]int32{}
	}
	d.metrics[index] = value
}

// SetCluster sets whether the machine is a node of a cluster, and the
// resources it owns.
func (d *Document) SetCluster(node bool, owns ...string) {
	d.cluster = &documentCluster{node: node, owned: map[string]string{}}
	for _, name := range owns {
		name = validText(name)
		d.cluster.owned[fold(name)] = name
	}
}

// SetLicense sets a licence value of 32 bits. All values of a document that
// are not set are absent.
func (d *Document) SetLicense(name string, value uint32) {
	if d.licenses == nil {
		d.licenses = map[string]documentLicense{}
	}
	name = validText(name)
	d.licenses[fold(name)] = documentLicense{name, LicenseValue{DWord: FactOf(value)}}
}

// SetInstalledOnce records that the update was installed. All updates for
// which that is not recorded were not.
func (d *Document) SetInstalledOnce(id compliance.UpdateID) {
	if d.installed == nil {
		d.installed = map[compliance.UpdateID]bool{}
	}
	d.installed[id] = true
}

// SetGeneric sets the answer to a generic query. A comparison that is not
// empty and none of the schema's is an error: no rule can ask it.
func (d *Document) SetGeneric(q GenericQuery, result bool) error {
	if _, ok := parseScalar(q.Comparison); !ok && q.Comparison != "" {
		return fmt.Errorf("applicability: generic query: %s is no comparison", quoteShort(q.Comparison))
	}
	if d.generic == nil {
		d.generic = map[GenericQuery]bool{}
	}
	q.Namespace, q.Type = validText(q.Namespace), validText(q.Type)
	q.Parameter, q.Value = validText(q.Parameter), validText(q.Value)
	d.generic[q.normal()] = result
	return nil
}

// compare orders queries by their fields.
func (q GenericQuery) compare(other GenericQuery) int {
	return cmp.Or(
		cmp.Compare(q.Namespace, other.Namespace), cmp.Compare(q.Type, other.Type),
		cmp.Compare(q.Parameter, other.Parameter), cmp.Compare(q.Comparison, other.Comparison),
		cmp.Compare(q.Value, other.Value),
	)
}
