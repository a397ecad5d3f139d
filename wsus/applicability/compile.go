package applicability

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"strconv"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
)

// Limits of rule trees.
const (
	// MaxRuleDepth is the greatest depth of a rule tree; a rule below it is
	// invalid.
	MaxRuleDepth = wsus.MaxRuleDepth
	// MaxRules is how many rules of one update are compiled at most; the
	// rest is invalid.
	MaxRules = 1 << 20
)

// leaf is a rule that reads facts.
type leaf interface {
	test(m *machine) outcome
}

type nodeOp uint8

const (
	opLeaf nodeOp = iota
	opTrue
	opFalse
	opAnd
	opOr
	opNot
	opLoop
	opIssue // unsupported or invalid: always unknown
)

// node is a compiled rule. Rules that are written the same share one node,
// so each is decided once in an evaluation, however often it occurs.
type node struct {
	op nodeOp
	// volatile: depends on the current subkey of a loop, so its outcome is
	// not remembered.
	volatile bool
	kids     []int32
	leaf     leaf
	// rule is the first occurrence, for explanations.
	rule  *wsus.Rule
	issue *Issue
}

// firstNodes is how many nodes there is room for at first.
const firstNodes = 64

// Issue is a rule that cannot be evaluated.
type Issue struct {
	// ID is the update it belongs to.
	ID compliance.UpdateID `json:"update"`
	// Path is where the rule stands, such as IsInstallable/And[2]/Processor:
	// names from the section down, with a number from 1 where several
	// siblings have the name.
	Path string `json:"path"`
	// Rule is the rule's name.
	Rule string `json:"rule"`
	// Cause is CauseUnsupported, CauseInvalid or CauseWQL.
	Cause Cause `json:"cause"`
	// Attribute is the attribute that makes the rule invalid, or "".
	Attribute string `json:"attribute,omitempty"`
	// Detail says what was found and what is expected.
	Detail string `json:"detail,omitempty"`

	node int32
}

// String is the issue on one line.
func (i Issue) String() string {
	s := i.Path + ": " + i.Cause.String()
	if i.Attribute != "" {
		s += " attribute " + i.Attribute
	}
	if i.Detail != "" {
		s += ": " + i.Detail
	}
	return s
}

// ruleSet is the distinct rules of a catalogue.
type ruleSet struct {
	nodes      []node
	conditions []wqlCondition
}

// compiler turns rule trees into nodes.
type compiler struct {
	set     *ruleSet
	index   map[string]int32 // nodes by what they say
	plain   map[uint64]int32 // likewise, by a hash of it
	seed    maphash.Seed
	queries queryCompiler

	update *wsus.Update
	issues []Issue
	count  int
	loops  int
	trail  []trailStep
	buf    []byte
	// open is the nodes of the operands that are being compiled, those of an
	// inner rule after those of its parents; ids is what kept ones are cut from.
	open, ids []int32
}

// trailStep is a level of the path to the rule that is being compiled: the
// rules at that level, which of them it is, and, once they are needed, the
// names of all.
type trailStep struct {
	siblings []wsus.Rule
	at       int
	names    []string
}

// newCompiler returns a compiler for about so many updates.
func newCompiler(updates int) *compiler {
	set := &ruleSet{}
	return &compiler{
		set:     set,
		index:   make(map[string]int32, 2*updates),
		plain:   make(map[uint64]int32, 2*updates),
		seed:    maphash.MakeSeed(),
		queries: newQueryCompiler(set),
	}
}

// section is a compiled section of an update's rules.
type section struct {
	name  string
	roots []int32
	rules []wsus.Rule
}

// compileSection compiles the expressions of a section. A section that is
// there but empty is like one that is absent: it says nothing (our reading).
func (c *compiler) compileSection(name string, rules []wsus.Rule) section {
	s := section{name: name, rules: rules}
	c.trail = append(c.trail[:0], trailStep{names: []string{name}})
	s.roots = c.keep(c.children(rules))
	return s
}

// children compiles sibling rules. The result is the compiler's until it
// compiles other rules.
func (c *compiler) children(siblings []wsus.Rule) []int32 {
	top, from := len(c.trail), len(c.open)
	c.trail = append(c.trail, trailStep{siblings: siblings})
	for i := range siblings {
		c.trail[top].at = i
		id := c.compile(&siblings[i])
		c.open = append(c.open, id)
	}
	c.trail = c.trail[:top]
	ids := c.open[from:]
	c.open = c.open[:from]
	return ids
}

// idChunk is how many ids are allocated at once.
const idChunk = 1024

// keep returns a copy of ids that stays; nil when there are none.
func (c *compiler) keep(ids []int32) []int32 {
	if len(ids) == 0 {
		return nil
	}
	if cap(c.ids)-len(c.ids) < len(ids) {
		c.ids = make([]int32, 0, max(idChunk, len(ids)))
	}
	from := len(c.ids)
	c.ids = append(c.ids, ids...)
	return c.ids[from:len(c.ids):len(c.ids)]
}

func (c *compiler) compile(r *wsus.Rule) int32 {
	c.count++
	if c.count > MaxRules {
		return c.issue(r, CauseInvalid, "", "more than "+strconv.Itoa(MaxRules)+" rules in an update")
	}
	if len(c.trail)-1 > MaxRuleDepth {
		return c.issue(r, CauseInvalid, "", "nested more than "+strconv.Itoa(MaxRuleDepth)+" deep")
	}
	if id, ok := c.logical(r); ok {
		return id
	}
	if r.Name == "RegKeyLoop" {
		return c.compileLoop(r)
	}
	if c.loops > 0 || usesUpdate(r.Name) || readsChildren(r.Name) {
		return c.indexed(r)
	}
	hash := c.hash(r)
	id, seen := c.plain[hash]
	if seen {
		if first := c.set.nodes[id].rule; first.Name == r.Name && slices.Equal(first.Attrs, r.Attrs) {
			return id
		}
		return c.indexed(r)
	}
	id, sound := c.compileLeaf(r)
	if sound {
		c.plain[hash] = id
	}
	return id
}

// hash hashes a rule that says no more than its name and its attributes do. Its
// seed is of no consequence: rules of the same hash are compared.
func (c *compiler) hash(r *wsus.Rule) uint64 {
	const prime = 0x9E3779B97F4A7C15
	h := maphash.String(c.seed, r.Name)
	for i := range r.Attrs {
		h = bits.RotateLeft64(h, 5) ^ maphash.String(c.seed, r.Attrs[i].Name)
		h = (bits.RotateLeft64(h, 29) ^ maphash.String(c.seed, r.Attrs[i].Value)) * prime
	}
	return h
}

// indexed compiles a rule that reads facts, unless the same one is in the index.
func (c *compiler) indexed(r *wsus.Rule) int32 {
	key := c.leafKey(r)
	if id, ok := c.index[string(key)]; ok {
		return id
	}
	// Compiling the rule uses the buffer that key is in.
	text := string(key)
	id, sound := c.compileLeaf(r)
	if sound {
		c.index[text] = id
	}
	return id
}

// compileLeaf compiles a rule that reads facts into a new node. It is sound
// unless it is an issue: each occurrence of one is recorded.
func (c *compiler) compileLeaf(r *wsus.Rule) (id int32, sound bool) {
	a := &attrs{c: c, r: r}
	l, ok := c.leafRule(r, a)
	if !ok {
		return c.issue(r, CauseUnsupported, "", ""), false
	}
	if a.bad {
		return c.issue(r, CauseInvalid, a.badAttr, a.badDetail), false
	}
	if q, isQuery := l.(*wmiQuery); isQuery && q.query.err != nil {
		return c.badQuery(r, q), false
	}
	return c.add(node{op: opLeaf, leaf: l, rule: r, volatile: a.volatile}), true
}

// add appends a node.
func (c *compiler) add(n node) int32 {
	if n := len(c.set.nodes); n == cap(c.set.nodes) {
		c.set.nodes = slices.Grow(c.set.nodes, max(n, firstNodes))
	}
	c.set.nodes = append(c.set.nodes, n)
	return int32(len(c.set.nodes) - 1)
}

// leafRule compiles a rule that reads facts; false when the name is none of
// the vocabulary.
func (c *compiler) leafRule(r *wsus.Rule, a *attrs) (leaf, bool) {
	for _, family := range [...]func(*wsus.Rule, *attrs) leaf{
		systemRule, languageRule, fileRule, registryRule, licenseRule, otherRule, msiRule, msiMetadataRule,
		driverRule, packageRule, deviceRule,
	} {
		if l := family(r, a); l != nil {
			return l, true
		}
	}
	return nil, false
}

// leafKey is what a rule says, in one text: name, attributes, children. The
// few rules that depend on the update, and those inside loops, say so too.
func (c *compiler) leafKey(r *wsus.Rule) []byte {
	b := appendRule(c.buf[:0], r, 0)
	if usesUpdate(r.Name) {
		b = append(b, '#')
		b = append(b, c.update.ID[:]...)
	}
	if c.loops > 0 {
		b = append(b, '@')
	}
	c.buf = b
	return b
}

// appendRule writes a rule unambiguously. Nothing of the vocabulary reads
// deeper than its own children.
func appendRule(b []byte, r *wsus.Rule, depth int) []byte {
	b = appendText(b, r.Name)
	for i := range r.Attrs {
		b = appendText(append(b, '='), r.Attrs[i].Name)
		b = appendText(b, r.Attrs[i].Value)
	}
	b = append(b, ';')
	if depth == 0 && readsChildren(r.Name) {
		for i := range r.Children {
			b = appendRule(b, &r.Children[i], depth+1)
			b = appendText(b, r.Children[i].Text)
		}
	}
	return b
}

// appendText writes a text after its length.
func appendText(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	return append(b, s...)
}

// intern returns the node with the key, adding it when it is new.
func (c *compiler) intern(key string, n node) int32 {
	if id, ok := c.index[key]; ok {
		return id
	}
	id := c.add(n)
	c.index[key] = id
	return id
}

// issue records that a rule cannot be evaluated and returns a node that is
// always unknown.
func (c *compiler) issue(r *wsus.Rule, cause Cause, attribute, detail string) int32 {
	issue := Issue{Path: c.path(), Rule: r.Name, Cause: cause, Attribute: attribute, Detail: detail, ID: c.update.ID}
	key := fmt.Sprintf("?%d %q %q %q", cause, attribute, detail, appendRule(nil, r, 1))
	issue.node = c.intern(key, node{op: opIssue, rule: r, issue: &Issue{Rule: r.Name, Cause: cause, Attribute: attribute, Detail: detail}})
	c.issues = append(c.issues, issue)
	return issue.node
}

// badQuery records a WQL query that is not understood; its leaf stays,
// because the facts may be able to answer the query as a whole.
func (c *compiler) badQuery(r *wsus.Rule, q *wmiQuery) int32 {
	detail := q.query.err.Error()
	issue := Issue{ID: c.update.ID, Path: c.path(), Rule: r.Name, Cause: CauseWQL, Attribute: "WqlQuery", Detail: detail}
	shared := issue
	shared.ID, shared.Path = compliance.UpdateID{}, ""
	issue.node = c.intern("!"+string(c.leafKey(r)), node{op: opLeaf, leaf: q, rule: r, issue: &shared})
	c.issues = append(c.issues, issue)
	return issue.node
}

// path names the rule that is being compiled.
func (c *compiler) path() string {
	var b []byte
	for i := range c.trail {
		step := &c.trail[i]
		if step.names == nil {
			step.names = stepNames(step.siblings)
		}
		if i > 0 {
			b = append(b, '/')
		}
		b = append(b, step.names[step.at]...)
	}
	return string(b)
}

// stepNames is the names of sibling rules, each with its number from 1 among
// those that have the same name when there are several.
func stepNames(siblings []wsus.Rule) []string {
	total := make(map[string]int, len(siblings))
	for i := range siblings {
		total[siblings[i].Name]++
	}
	count := make(map[string]int, len(total))
	names := make([]string, 0, len(siblings))
	for i := range siblings {
		name := siblings[i].Name
		if total[name] > 1 {
			count[name]++
			name += "[" + strconv.Itoa(count[name]) + "]"
		}
		names = append(names, name)
	}
	return names
}
