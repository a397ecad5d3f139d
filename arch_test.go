package updatescan_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/updatescan/updatescan"

// room is what a package of the library may import besides the standard
// library.
type room struct {
	may   []string // packages of this module, without the module's path
	clock bool     // a shell: it may import the clock
	io    []string // packages of the standard library that pure rooms may not import
	kit   bool     // a test kit: it may import testing, the clock and go-cmp
	rapid bool     // generators of a kit: they may import rapid too
}

// rooms are all packages of the library. Imports run one way: scan knows
// everybody, compliance and ttl know nobody.
var rooms = map[string]room{
	"":                   {},
	"compliance":         {},
	"ttl":                {},
	"internal/xmltok":    {},
	"internal/rules":     {},
	"internal/contract":  {kit: true},
	"wsus":               {may: []string{"compliance"}},
	"wsus/netcode":       {may: []string{"wsus"}, io: []string{"net", "syscall", "crypto/tls", "crypto/x509"}},
	"wsus/metadata":      {may: []string{"compliance", "internal/xmltok", "wsus"}},
	"wsus/applicability": {may: []string{"compliance", "wsus"}},
	"wsus/wusp": {may: []string{
		"compliance", "internal/xmltok", "wsus", "wsus/applicability", "wsus/metadata", "wsus/netcode",
	}, clock: true, io: []string{"crypto/rand", "net/http"}},
	"statemsg":        {may: []string{"compliance", "internal/xmltok"}, clock: true},
	"statemsg/folder": {may: []string{"statemsg"}, io: []string{"os"}},
	"statemsg/mp": {may: []string{"statemsg"}, clock: true, io: []string{
		"crypto/tls", "crypto/x509", "net/http", "os",
	}},
	"statemsg/site":          {may: []string{"compliance", "statemsg"}, clock: true},
	"statemsg/site/sqlstore": {may: []string{"compliance", "internal/sqldb", "statemsg", "statemsg/site"}, io: []string{"database/sql"}},
	"scan/sqlstore":          {may: []string{"internal/sqldb", "scan"}, io: []string{"database/sql"}},
	"ttl/filestore":          {may: []string{"ttl"}, io: []string{"os"}},
	"internal/sqldb":         {io: []string{"database/sql", "os"}},

	"scan": {may: []string{"compliance", "statemsg", "ttl", "wsus", "wsus/netcode"}, clock: true},

	"compliance/compliancetest":                 {may: []string{"internal/contract", "compliance"}, kit: true},
	"compliance/compliancetest/compliancerapid": {may: []string{"compliance", "compliance/compliancetest"}, kit: true, rapid: true},
	"ttl/ttltest":             {may: []string{"internal/contract", "ttl"}, kit: true},
	"ttl/ttltest/ttlrapid":    {may: []string{"ttl", "ttl/ttltest"}, kit: true, rapid: true},
	"wsus/wsustest":           {may: []string{"internal/contract", "compliance", "wsus", "wsus/applicability"}, kit: true},
	"wsus/wsustest/wsusrapid": {may: []string{"compliance", "wsus", "wsus/applicability", "wsus/wsustest"}, kit: true, rapid: true},
	"wsus/wusp/wusptest": {may: []string{
		"compliance", "internal/contract", "wsus", "wsus/applicability", "wsus/wusp", "wsus/wsustest",
	}, kit: true, io: []string{"net/http"}},
	"wsus/wusp/wusptest/wusprapid":        {may: []string{"compliance", "wsus", "wsus/wusp", "wsus/wusp/wusptest"}, kit: true, rapid: true},
	"statemsg/statemsgtest":               {may: []string{"internal/contract", "compliance", "statemsg"}, kit: true},
	"statemsg/statemsgtest/statemsgrapid": {may: []string{"compliance", "statemsg", "statemsg/statemsgtest"}, kit: true, rapid: true},
	"statemsg/site/sitetest":              {may: []string{"compliance", "internal/contract", "statemsg", "statemsg/site", "statemsg/statemsgtest"}, kit: true},
	"statemsg/site/sitetest/siterapid":    {may: []string{"compliance", "statemsg", "statemsg/site", "statemsg/site/sitetest"}, kit: true, rapid: true},
	"scan/scantest": {may: []string{
		"compliance", "compliance/compliancetest", "internal/contract", "scan", "statemsg", "statemsg/statemsgtest",
		"scan/scantest/vectors", "ttl", "ttl/ttltest", "wsus", "wsus/wsustest",
	}, kit: true},
	"scan/scantest/scanrapid": {may: []string{
		"compliance", "scan", "scan/scantest", "statemsg", "ttl", "ttl/ttltest/ttlrapid", "wsus", "wsus/wsustest", "wsus/wsustest/wsusrapid",
	}, kit: true, rapid: true},
	"scan/scantest/vectors": {},
}

// kitsOnly are what kits may import besides what pure rooms may: a kit runs in
// tests, and some of its fakes draw from a seeded source.
var kitsOnly = []string{"testing", "math/rand/v2"}

// external are the modules from elsewhere, and who may import them.
var external = map[string]func(room) bool{
	"github.com/benbjohnson/clock":         func(r room) bool { return r.clock || r.kit },
	"github.com/google/go-cmp/cmp":         func(r room) bool { return r.kit },
	"github.com/google/go-cmp/cmp/cmpopts": func(r room) bool { return r.kit },
	"pgregory.net/rapid":                   func(r room) bool { return r.rapid },
}

// impure are packages of the standard library that do I/O, hide state, or
// belong to tests. Pure rooms import none of them.
var impure = []string{
	"crypto/rand", "crypto/tls", "crypto/x509", "database/sql", "flag", "log", "math/rand", "math/rand/v2",
	"net", "net/http", "os", "os/exec", "os/signal", "syscall", "testing", "unsafe",
}

// TestImportGraph holds the walls between the rooms.
func TestImportGraph(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != "." && (name == "examples" || name == "testdata" && file != filepath.Join("internal", "testdata") || strings.HasPrefix(name, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		dir := path.Dir(filepath.ToSlash(file))
		if dir == "." {
			dir = ""
		}
		if dir == "internal/testdata" {
			return nil // a test kit
		}
		r, ok := rooms[dir]
		if !ok {
			t.Errorf("%s: package %q has no place in the table of rooms", file, dir)
			return nil
		}
		seen[dir] = true
		checkImports(t, file, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range rooms {
		if !seen[dir] {
			t.Errorf("package %q is in the table of rooms and not in the tree", dir)
		}
	}
}

// checkImports reports the imports of a file that its room may not have.
func checkImports(t *testing.T, file string, r room) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		own, inside := strings.CutPrefix(imp, module+"/")
		first, _, _ := strings.Cut(imp, "/")
		if inside {
			if !slices.Contains(r.may, own) {
				t.Errorf("%s: may not import %s", file, imp)
			}
			continue
		}
		if strings.Contains(first, ".") {
			if may := external[imp]; may == nil || !may(r) {
				t.Errorf("%s: may not import %s", file, imp)
			}
			continue
		}
		if r.kit && slices.Contains(kitsOnly, imp) {
			continue
		}
		if slices.Contains(impure, imp) && !slices.Contains(r.io, imp) {
			t.Errorf("%s: may not import %s", file, imp)
		}
	}
}

// TestDependencies holds the root module to its three dependencies.
func TestDependencies(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^\s*(?:require\s+)?([a-z0-9.-]+\.[a-z]+/\S+) v\S+`).FindAllStringSubmatch(string(data), -1) {
		got = append(got, m[1])
	}
	want := []string{"github.com/benbjohnson/clock", "github.com/google/go-cmp", "pgregory.net/rapid"}
	if !slices.Equal(got, want) {
		t.Errorf("go.mod requires %v, want %v and nothing else", got, want)
	}
}
