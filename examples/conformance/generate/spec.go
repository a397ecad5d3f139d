package main

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"

	"github.com/updatescan/updatescan/internal/rules"
)

//go:embed spec_template/*.md
var specTemplates embed.FS

// specName is the specification's file in the folder of the vectors.
const specName = "SPEC.md"

const specHead = `# Specification

The software updates compliance scan of Configuration Manager 2007: the client,
from the trigger to the report that leaves, and the site that takes the report in.

This file is generated: edit the files in ` + "`examples/conformance/generate/spec_template`" + ` and run
` + "`go run ./examples/conformance/generate -spec`" + `.

`

// spec generates the specification. The folder of the vectors is looked at for
// how many there are of each rule; the rest comes from the registry of rules,
// the library's enumerations and the texts in spec_template.
func spec(vectors fs.FS) ([]byte, error) {
	registry, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	counts, err := countVectors(vectors)
	if err != nil {
		return nil, err
	}
	parts, err := templateParts()
	if err != nil {
		return nil, err
	}
	t := &ruleTexts{registry: registry, counts: counts, sections: citations(strings.Join(parts, ""))}
	funcs := tables()
	funcs["rules"] = t.group
	funcs["sources"] = t.sources
	out := new(bytes.Buffer)
	out.WriteString(specHead)
	for i, part := range parts {
		if i > 0 {
			out.WriteString("\n")
		}
		parsed, err := template.New("").Funcs(funcs).Parse(part)
		if err != nil {
			return nil, fmt.Errorf("generate: specification, part %d: %w", i+1, err)
		}
		if err := parsed.Execute(out, nil); err != nil {
			return nil, fmt.Errorf("generate: specification, part %d: %w", i+1, err)
		}
	}
	return out.Bytes(), nil
}

// templateParts returns the texts of the specification in order.
func templateParts() ([]string, error) {
	names, err := fs.Glob(specTemplates, "spec_template/*.md")
	if err != nil {
		return nil, fmt.Errorf("generate: %w", err)
	}
	parts := make([]string, len(names)) // Glob sorts
	for i, name := range names {
		data, err := fs.ReadFile(specTemplates, name)
		if err != nil {
			return nil, fmt.Errorf("generate: %s: %w", path.Base(name), err)
		}
		parts[i] = string(data)
	}
	return parts, nil
}
