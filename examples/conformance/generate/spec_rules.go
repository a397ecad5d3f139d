package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/updatescan/updatescan/internal/rules"
)

// vectorCount is how many vectors test a rule.
type vectorCount struct {
	core, generated int
	topics          []string // in which they are, sorted
}

// countVectors counts the vectors of each rule.
func countVectors(vectors fs.FS) (map[string]*vectorCount, error) {
	counts := make(map[string]*vectorCount)
	for _, folder := range []string{"core", "generated"} {
		names, err := fs.Glob(vectors, folder+"/*.json")
		if err != nil {
			return nil, fmt.Errorf("generate: %w", err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(vectors, name)
			if err != nil {
				return nil, fmt.Errorf("generate: %w", err)
			}
			var file struct {
				Vectors []struct {
					Rule string `json:"rule"`
				} `json:"vectors"`
			}
			if err := json.Unmarshal(data, &file); err != nil {
				return nil, fmt.Errorf("generate: %s: %w", name, err)
			}
			for _, v := range file.Vectors {
				c := counts[v.Rule]
				if c == nil {
					c = new(vectorCount)
					counts[v.Rule] = c
				}
				c.add(folder, strings.TrimSuffix(path.Base(name), ".json"))
			}
		}
	}
	return counts, nil
}

// add counts a vector of a topic.
func (c *vectorCount) add(folder, topic string) {
	if folder == "core" {
		c.core++
	} else {
		c.generated++
	}
	if i, found := slices.BinarySearch(c.topics, topic); !found {
		c.topics = slices.Insert(c.topics, i, topic)
	}
}

var (
	ruleID  = regexp.MustCompile(`\b(?:TRG|TTL|DEC|WF|DIFF|MSG|SITE)-[0-9]+\b`)
	heading = regexp.MustCompile(`^#{2,4} ([0-9][0-9.]*) `)
)

// citations finds the sections of the chapters 4, 5, 7 and 8 that name a rule, in
// order.
func citations(text string) map[string][]string {
	found := make(map[string][]string)
	section := ""
	for line := range strings.Lines(text) {
		if m := heading.FindStringSubmatch(line); m != nil {
			section = m[1]
		}
		if section == "" || !strings.Contains("4578", section[:1]) {
			continue
		}
		for _, id := range ruleID.FindAllString(line, -1) {
			if !slices.Contains(found[id], section) {
				found[id] = append(found[id], section)
			}
		}
	}
	return found
}

// ruleTexts writes the chapter of rules.
type ruleTexts struct {
	registry *rules.Registry
	counts   map[string]*vectorCount
	sections map[string][]string
}

// sources is the table of sources.
func (t *ruleTexts) sources() string {
	var rows []string
	for _, key := range slices.Sorted(maps.Keys(t.registry.Sources)) {
		rows = append(rows, "| "+key+" | "+t.registry.Sources[key]+" |")
	}
	return strings.Join(rows, "\n")
}

// group writes the rules of a group, such as "TTL".
func (t *ruleTexts) group(group, number, title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s %s: %s\n", number, group, title)
	for _, r := range t.registry.Rules {
		if strings.HasPrefix(r.ID, group+"-") {
			b.WriteString("\n")
			t.rule(&b, &r)
		}
	}
	return b.String()
}

// rule writes one rule.
func (t *ruleTexts) rule(b *strings.Builder, r *rules.Rule) {
	status := strings.ReplaceAll(strings.Join(r.Status, ", "), "_", " ")
	fmt.Fprintf(b, "**%s** %s\n<br>*%s*; source: %s. ", r.ID, r.Rule, status, r.SourceNote)
	if !r.Built {
		b.WriteString("Not yet specified here; no vectors.\n")
		return
	}
	if sections := t.sections[r.ID]; len(sections) > 0 {
		fmt.Fprintf(b, "In full: %s. ", strings.Join(sections, ", "))
	}
	c := t.counts[r.ID]
	if c == nil {
		b.WriteString("Vectors: none.\n")
		return
	}
	fmt.Fprintf(b, "Vectors: %d core, %d generated, in %s.\n", c.core, c.generated, strings.Join(c.topics, ", "))
}
