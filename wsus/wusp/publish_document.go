package wusp

import "strconv"

// documentPrefixes are the prefixes of the namespaces that an update document
// declares at its root.
var documentPrefixes = [...][2]string{
	{"upd", updateSpace},
	{"lar", logicalSpace},
	{"bar", publishSpace + "BaseApplicabilityRules.xsd"},
	{"msiar", publishSpace + "MsiApplicabilityRules.xsd"},
	{"drv", publishSpace + "Installers/WindowsDriver.xsd"},
	{"cmd", commandSpace},
	{"msp", mspSpace},
	{"psf", patchSpace},
	{"cat", categorySpace},
	{"mspblob", "http://www.microsoft.com/msi/patch_applicability.xsd"},
	{"xsi", instanceSpace},
}

// PackageDocuments returns the update documents that a software distribution
// package, or a catalogue of packages, becomes when it is published: what
// Microsoft's stylesheet makes of it, in the form of update servers. The
// conditions of a package are combined with those of its items. A package
// with several parts becomes a bundle and its members.
func PackageDocuments(sdp []byte) ([][]byte, error) {
	var r nodeReader
	roots, err := r.read(sdp, false)
	if err != nil {
		return nil, err
	}
	var documents [][]byte
	for _, p := range packagesIn(roots, nil) {
		updates, err := packageUpdates(p)
		if err != nil {
			return nil, err
		}
		for _, u := range updates {
			documents = append(documents, appendDocument(nil, u))
		}
	}
	if documents == nil {
		return nil, &DecodeError{Msg: "no package", Err: ErrNotPublishable}
	}
	return documents, nil
}

// packagesIn appends the package elements among the nodes, at any depth.
func packagesIn(nodes, found []*node) []*node {
	for _, n := range nodes {
		if n.local == "SoftwareDistributionPackage" {
			found = append(found, n)
			continue
		}
		found = packagesIn(n.kids, found)
	}
	return found
}

// appendDocument appends a document with the declarations at its root.
func appendDocument(b []byte, root *node) []byte {
	b = append(b, `<?xml version="1.0" encoding="utf-8"?>`...)
	return appendElement(b, root, true)
}

func appendElement(b []byte, n *node, root bool) []byte {
	name, declare := documentName(n.space, n.local, "x")
	b = append(b, '<')
	b = append(b, name...)
	if root {
		for _, p := range documentPrefixes {
			b = appendAttr(b, "xmlns:"+p[0], p[1])
		}
	}
	if declare {
		b = appendAttr(b, "xmlns:x", n.space)
	}
	for i, a := range n.attrs {
		own := "x" + strconv.Itoa(i)
		full, declare := documentName(a.space, a.local, own)
		if declare {
			b = appendAttr(b, "xmlns:"+own, a.space)
		}
		b = appendAttr(b, full, a.value)
	}
	if n.text == "" && len(n.kids) == 0 {
		return append(b, " />"...)
	}
	b = append(b, '>')
	b = appendEscaped(b, n.text)
	for _, k := range n.kids {
		b = appendElement(b, k, false)
	}
	b = append(b, '<', '/')
	b = append(b, name...)
	return append(b, '>')
}

// documentName is a name with its prefix; declare means that the prefix is
// not one of those at the root.
func documentName(space, local, other string) (name string, declare bool) {
	if space == "" {
		return local, false
	}
	for _, p := range documentPrefixes {
		if p[1] == space {
			return p[0] + ":" + local, false
		}
	}
	return other + ":" + local, true
}
