// Package rules is the registry of the rules that the library implements: every
// rule's ID, its sentence, its status and its source, in registry.json.
package rules

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed registry.json
var registry []byte

// Rule is one numbered rule.
type Rule struct {
	// ID is the rule's name, such as "TTL-2". It is never reused.
	ID string `json:"id"`
	// Rule is what it says.
	Rule string `json:"rule"`
	// Status is where it comes from: documented, seen_in_logs, our_choice,
	// or several of them.
	Status []string `json:"status"`
	// Sources are the keys of its sources, explained in Registry.Sources.
	Sources []string `json:"sources"`
	// SourceNote is the source in full.
	SourceNote string `json:"source_note"`
	// Built says that the library implements the rule.
	Built bool `json:"built"`
}

// Registry is all rules.
type Registry struct {
	Format  int               `json:"format"`
	Sources map[string]string `json:"sources"`
	Rules   []Rule            `json:"rules"`
}

// Load returns the registry.
func Load() (*Registry, error) {
	dec := json.NewDecoder(bytes.NewReader(registry))
	dec.DisallowUnknownFields()
	r := new(Registry)
	if err := dec.Decode(r); err != nil {
		return nil, fmt.Errorf("rules: registry.json: %w", err)
	}
	return r, nil
}
