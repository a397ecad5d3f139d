package applicability_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

const fullDoc = `"name":"PC","windows":{"major":10,"minor":0,"build":19045,"service_pack_major":0,"service_pack_minor":0,"suite_mask":256,"product_type":1,"bits":64},
	"platform":{"id":"Windows","version":{"major":10,"minor":0,"build":1},"language":"en"},
	"languages":{"system":"en","mui":["en","de"]},"system_metrics":{"86":1,"-1":-5},
	"processor":{"architecture":9,"level":6,"revision":null,"count":8},"cluster":{"node":true,"owns":["A","B"]},
	"folders":{"36":"D:\\Windows"},"licenses":{"N":4,"T":"text"},"installed_once":["00000000-0000-4000-8000-000000000001"],
	"generic_queries":[{"namespace":"n","type":"t","parameter":"p","result":true},{"namespace":"n","type":"t","parameter":"p","comparison":"LessThan","value":"1","result":false}],` +
	registryDoc + "," + msiDoc + "," + wmiDoc + `,"files":{"covers":["C:\\Windows","D:\\"],"entries":{
	"C:\\Windows\\a.dll":{"version":"1.2.3.4","created":"2020-01-02T03:04:05.6Z","modified":"2020-01-02T03:04:05+02:00","size":9223372036854775807,"language":1033},
	"C:\\Windows\\b":{"version":null,"language":null},"C:\\Windows\\d":{"directory":true}}}`

func TestDocumentRoundTrip(t *testing.T) {
	t.Parallel()
	for name, sections := range map[string]string{"empty": `"name":"x"`, "full": fullDoc, "partial": partialRegistry + "," + partialFiles, "incomplete": `"registry":{"complete":false},"files":{"complete":false},"msi":{"complete":false}`} {
		doc := document(t, sections)
		first, err := doc.MarshalJSON()
		if err != nil {
			t.Fatalf("%s: MarshalJSON() = %v", name, err)
		}
		again, err := applicability.ParseDocument(first)
		if err != nil {
			t.Fatalf("%s: ParseDocument(MarshalJSON()) = %v\n%s", name, err, first)
		}
		second, err := again.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(first), string(second)); diff != "" {
			t.Errorf("%s: second round differs (-first +second):\n%s", name, diff)
		}
		clone, err := doc.Clone().MarshalJSON()
		if err != nil || !bytes.Equal(first, clone) {
			t.Errorf("%s: clone differs: %v", name, err)
		}
	}
}

func TestDocumentFaultsSayWhere(t *testing.T) {
	t.Parallel()
	head := `{"format":"updatescan-machine-1",` + "\n"
	for _, c := range []struct {
		name, text   string
		line, column int
		path, detail string
	}{
		{"not JSON", "nope", 1, 1, "$", "want a value"},
		{"nothing", "", 1, 1, "$", "the document ends where a value should be"},
		{"array", "[]", 1, 1, "$", "found an array, want an object"},
		{"no format", "{}", 1, 1, "$", `field "format" is missing`},
		{"other format", `{"format":"x"}`, 1, 11, "$.format", `found "x", want "updatescan-machine-1"`},
		{"text after the end", `{"format":"updatescan-machine-1"} x`, 1, 35, "$", "text after the end"},
		{"unknown section", head + `  "widows": {}}`, 2, 13, "$.widows", "unknown field, want one of: format"},
		{"twice", head + `"name":"a","name":"b"}`, 2, 12, "$.name", "the name occurs twice"},
		{"cut off", head + `"name":"a`, 2, 8, "$.name", "string without an end"},
		{"bad escape", head + `"files":{"entries":{"C:\a":{}}}}`, 2, 24, "$.files.entries", "a backslash of a path is written twice"},
		{"lone surrogate", head + `"name":"\ud800x"}`, 2, 9, "$.name", "half of a surrogate pair"},
		{"control character", head + "\"name\":\"a\tb\"}", 2, 10, "$.name", "control character"},
		{"bad UTF-8", head + "\"name\":\"\xff\"}", 2, 9, "$.name", "not valid UTF-8"},
		{"leading zero", head + `"windows":{"major":010}}`, 2, 20, "$.windows.major", "not a number"},
		{"no comma", head + `"windows":{"major":1 "minor":1}}`, 2, 22, "$.windows", "want a comma or }"},
		{"no colon", head + `"windows" {}}`, 2, 11, "$", "want a colon"},
		{"no name", head + `{}}`, 2, 1, "$", "want a name in double quotes"},
		{"trailing comma", head + `"name":"a",}`, 2, 12, "$", "want a name in double quotes"},
		{"too deep", head + `"wmi":` + strings.Repeat("[", 50), 2, 38, "$.wmi[0]", "nested more than 32 deep"},
		{"missing field", head + `"windows":{"major":10,"minor":0}}`, 2, 11, "$.windows", `field "build" is missing`},
		{"fraction", head + `"windows":{"major":10.5,"minor":0,"build":1}}`, 2, 20, "$.windows.major", "found 10.5, want a whole number from 0 to 4294967295"},
		{"negative", head + `"processor":{"architecture":-1}}`, 2, 29, "$.processor.architecture", "want a whole number from 0 to 65535"},
		{"product type", head + `"windows":{"major":10,"minor":0,"build":1,"product_type":4}}`, 2, 58, "$.windows.product_type", "found 4, want 1 (workstation)"},
		{"bits", head + `"windows":{"major":10,"minor":0,"build":1,"bits":16}}`, 2, 50, "$.windows.bits", "want 32 or 64"},
		{"text for a number", head + `"processor":{"architecture":"x64"}}`, 2, 29, "$.processor.architecture", `found "x64"`},
		{"number for a text", head + `"languages":{"system":1}}`, 2, 23, "$.languages.system", "found a number, want a language tag"},
		{"metric", head + `"system_metrics":{"x":1}}`, 2, 23, "$.system_metrics.x", "not the number of a system metric"},
		{"metric value", head + `"system_metrics":{"1":2147483648}}`, 2, 23, "$.system_metrics.1", "want a whole number of 32 bits"},
		{"no root", head + `"registry":{"keys":{"SOFTWARE\\A":{}}}}`, 2, 35, `$.registry.keys["SOFTWARE\\A"]`, "not a registry key"},
		{"same key", head + `"registry":{"keys":{"HKLM\\A":{},"HKEY_LOCAL_MACHINE\\a":{}}}}`, 2, 58, `$.registry.keys["HKEY_LOCAL_MACHINE\\a"]`, "the same key as"},
		{"same value", head + `"registry":{"keys":{"HKLM\\A":{"v":1,"V":2}}}}`, 2, 42, `$.registry.keys["HKLM\\A"].V`, "the same value as"},
		{"value", head + `"registry":{"keys":{"HKLM\\A":{"v":true}}}}`, 2, 36, `$.registry.keys["HKLM\\A"].v`, "want a string (REG_SZ)"},
		{"registry type", head + `"registry":{"keys":{"HKLM\\A":{"v":{"type":"SZ","data":""}}}}}`, 2, 44, `$.registry.keys["HKLM\\A"].v.type`, "want a registry type"},
		{"no data", head + `"registry":{"keys":{"HKLM\\A":{"v":{"type":"REG_SZ"}}}}}`, 2, 36, `$.registry.keys["HKLM\\A"].v`, `field "data" is missing`},
		{"hexadecimal", head + `"registry":{"keys":{"HKLM\\A":{"v":{"type":"REG_BINARY","data":"0"}}}}}`, 2, 64, `$.registry.keys["HKLM\\A"].v.data`, "want hexadecimal digits"},
		{"complete and covers", head + `"registry":{"complete":true,"covers":["HKLM"]}}`, 2, 24, "$.registry.complete", "a complete section cannot list"},
		{"covers", head + `"registry":{"covers":["C:\\"]}}`, 2, 23, "$.registry.covers[0]", "want a registry key"},
		{"relative path", head + `"files":{"entries":{"Windows\\a":{}}}}`, 2, 34, `$.files.entries["Windows\\a"]`, "want an absolute path"},
		{"same file", head + `"files":{"entries":{"C:\\A":{},"c:\\a":{}}}}`, 2, 40, `$.files.entries["c:\\a"]`, "the same file as"},
		{"version", head + `"files":{"entries":{"C:\\A":{"version":"1.2.3.4.5"}}}}`, 2, 40, `$.files.entries["C:\\A"].version`, `found "1.2.3.4.5", want a version`},
		{"time after 9999", head + `"files":{"entries":{"C:\\A":{"modified":"9999-12-31T23:59:59.999999999-23:59"}}}}`, 2, 41, `$.files.entries["C:\\A"].modified`, "want a time in the years 0000 to 9999 of UTC"},
		{"time before 0000", head + `"files":{"entries":{"C:\\A":{"modified":"0000-01-01T00:00:00+00:01"}}}}`, 2, 41, `$.files.entries["C:\\A"].modified`, "want a time in the years 0000 to 9999 of UTC"},
		{"same metric", head + `"system_metrics":{"1":1,"01":1}}`, 2, 30, "$.system_metrics.01", "the same metric twice"},
		{"same folder", head + `"folders":{"1":"C:","01":"C:"}}`, 2, 26, "$.folders.01", "the same folder twice"},
		{"same component", head + `"msi":{"products":{"` + productA + `":{"components":{"a":"local","A":"local"}}}}}`, 2, 92, `$.msi.products["` + productA + `"].components.A`, "the same component as"},
		{"complete and no covers", head + `"files":{"complete":true,"covers":[]}}`, 2, 21, "$.files.complete", "a complete section cannot list"},
		{"arrays", head + `"wmi":{"root":{"X":[{"A":[[[[[[[[[]]]]]]]]]}]}}}`, 2, 34, "$.wmi.root.X[0].A[0]", "nested more than 8 deep"},
		{"query without parameter", head + `"generic_queries":[{"namespace":"n","type":"t","result":true}]}`, 2, 20, "$.generic_queries[0]", `field "parameter" is missing`},
		{"query without result", head + `"generic_queries":[{"namespace":"n","type":"t","parameter":"p"}]}`, 2, 20, "$.generic_queries[0]", `field "result" is missing`},
		{"time", head + `"files":{"entries":{"C:\\A":{"created":"2020-01-01"}}}}`, 2, 40, `$.files.entries["C:\\A"].created`, "want a time such as"},
		{"unknown part", head + `"files":{"entries":{"C:\\A":{"sise":1}}}}`, 2, 37, `$.files.entries["C:\\A"].sise`, "unknown field"},
		{"folder number", head + `"folders":{"windows":"C:\\"}}`, 2, 22, "$.folders.windows", "not a CSIDL number"},
		{"product code", head + `"msi":{"products":{"x":{}}}}`, 2, 24, "$.msi.products.x", "want a GUID"},
		{"state", head + `"msi":{"products":{"` + productA + `":{"state":"there"}}}}`, 2, 70, `$.msi.products["` + productA + `"].state`, "want local, source"},
		{"rows", head + `"wmi":{"root":{"X":"none"}}}`, 2, 20, "$.wmi.root.X", "want an array of rows"},
		{"row", head + `"wmi":{"root":{"X":[1]}}}`, 2, 21, "$.wmi.root.X[0]", "want an object of properties"},
		{"same class", head + `"wmi":{"root":{"X":[]},"ROOT":{"x":[]}}}`, 2, 36, "$.wmi.ROOT.x", "the same class as root:X"},
		{"same property", head + `"wmi":{"root":{"X":[{"A":1,"a":2}]}}}`, 2, 32, "$.wmi.root.X[0].a", "the same property twice"},
		{"huge number", head + `"wmi":{"root":{"X":[{"A":1e999}]}}}`, 2, 26, "$.wmi.root.X[0].A", "want a number of 64 bits"},
		{"update id", head + `"installed_once":["x"]}`, 2, 19, "$.installed_once[0]", "want a GUID"},
		{"comparison", head + `"generic_queries":[{"namespace":"n","type":"t","parameter":"p","comparison":"x","result":true}]}`, 2, 77, "$.generic_queries[0].comparison", "want a comparison"},
		{"same query", head + `"generic_queries":[{"namespace":"n","type":"t","parameter":"p","result":true},{"namespace":"n","type":"t","parameter":"p","result":true}]}`, 2, 79, "$.generic_queries[1]", "the same query twice"},
		{"UTF-16", "\xff\xfe{\x00", 1, 1, "$", "found UTF-16, want UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, err := applicability.ParseDocument([]byte(c.text))
			e, ok := errors.AsType[*applicability.DocumentError](err)
			if !ok || doc != nil {
				t.Fatalf("ParseDocument() = %v, %v, want a DocumentError", doc, err)
			}
			if e.Line != c.line || e.Column != c.column || !strings.HasPrefix(e.Path, c.path) || !strings.Contains(e.Detail, c.detail) {
				t.Errorf("ParseDocument() = %v\nwant %d:%d: %s: … %s …", e, c.line, c.column, c.path, c.detail)
			}
			if want := fmt.Sprintf("applicability: machine document: %d:%d: ", c.line, c.column); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("Error() = %q, want it to begin with %q", err, want)
			}
		})
	}
}

func TestDocumentBounds(t *testing.T) {
	t.Parallel()
	if _, err := applicability.ParseDocument(make([]byte, applicability.MaxDocumentBytes+1)); err == nil || !strings.Contains(err.Error(), "want at most 33554432") {
		t.Errorf("ParseDocument(too large) = %v", err)
	}
	if _, err := applicability.ParseDocument([]byte("\xEF\xBB\xBF" + `{"format":"updatescan-machine-1"}`)); err != nil {
		t.Errorf("ParseDocument(byte-order mark) = %v", err)
	}
	long := `HKLM\\` + strings.Repeat(`a\\`, 3000)
	if _, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1","registry":{"keys":{"` + long + `":{}}}}`)); err == nil {
		t.Error("ParseDocument(key of 6,000 bytes) = nil, want an error")
	}
	many := `"HKLM\\a"` + strings.Repeat(`,"HKLM\\a"`, 1024)
	if _, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1","registry":{"covers":[` + many + `]}}`)); err == nil {
		t.Error("ParseDocument(1,025 covers) = nil, want an error")
	}
}

func TestDocumentIsModified(t *testing.T) {
	t.Parallel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	doc := &applicability.Document{}
	doc.SetName("PC")
	doc.SetWindows(applicability.WindowsVersion{Major: 10, Build: 19045, ProductType: 1}, 64)
	doc.SetProcessor(applicability.Processor{Architecture: 9}, 4)
	doc.SetLanguage("en", "en", "de")
	doc.SetMetric(86, 1)
	doc.SetCluster(true, "Disk")
	doc.SetLicense("L", 3)
	doc.SetInstalledOnce(updateID(1))
	must(doc.SetGeneric(applicability.GenericQuery{Namespace: "n", Type: "t", Parameter: "p"}, true))
	must(doc.SetFolder(36, `D:\Windows\`))
	must(doc.SetRegistry(`HKLM\SOFTWARE\A`, "V", applicability.SZ("x")))
	must(doc.SetRegistry(`HKLM\SOFTWARE\A`, "E", applicability.ExpandSZ("%x%")))
	must(doc.CoverRegistry(`HKLM\SOFTWARE`))
	must(doc.SetFile(`C:\a\b.dll`, applicability.NewFile(applicability.Version{1, 2}, time.Unix(0, 0))))
	must(doc.CoverFiles(`C:\a`))
	code, err := applicability.ParseGUID(productA)
	must(err)
	must(doc.SetProduct(code, applicability.Product{State: applicability.StateLocal, Version: applicability.FactOf(applicability.Version{1})}))
	must(doc.SetFeature(code, "F", applicability.StateLocal))
	must(doc.SetComponent(code, "C", applicability.StateSource))
	doc.SetPatches(code, applicability.Patch{Code: code, Applied: true})
	doc.CoverMSI()
	must(doc.SetWMI(`root\cimv2`, "X", map[string]any{"A": uint64(1) << 63, "B": []any{1}}))

	clone := doc.Clone()
	before, err := clone.MarshalJSON()
	must(err)
	check := func(name string, want applicability.Value, attrs ...string) {
		t.Helper()
		r := rule(name, attrs...)
		if got := applicability.ExplainRule(doc.Facts(), &r); got.Value != want {
			t.Errorf("%s %v = %v, want %v\n%s", name, attrs, got.Value, want, got.String())
		}
	}
	check("RegKeyExists", yes, regAttrs(`SOFTWARE\A`)...)
	must(doc.DeleteRegistryValue(`HKLM\SOFTWARE\A`, "v"))
	check("RegValueExists", no, regAttrs(`SOFTWARE\A`, "Value", "V")...)
	check("RegValueExists", yes, regAttrs(`SOFTWARE\A`, "Value", "E")...)
	must(doc.SetRegistryKey(`HKLM\SOFTWARE\A\Sub`))
	must(doc.DeleteRegistryKey(`HKLM\SOFTWARE\A`))
	check("RegKeyExists", no, regAttrs(`SOFTWARE\A\Sub`)...)
	check("RegKeyExists", unknown, regAttrs(`SYSTEM`)...)
	must(doc.CoverRegistry())
	check("RegKeyExists", no, regAttrs(`SYSTEM`)...)
	check("FileExists", yes, "Path", `C:\a\b.dll`)
	must(doc.DeleteFile(`c:\A\B.DLL`))
	check("FileExists", no, "Path", `C:\a\b.dll`)
	check("FileExists", unknown, "Path", `C:\b`)
	must(doc.CoverFiles())
	check("FileExists", no, "Path", `C:\b`)
	check("MsiProductInstalled", yes, "ProductCode", productA)
	doc.DeleteProduct(code)
	check("MsiProductInstalled", no, "ProductCode", productA)
	must(doc.SetWMI(`root\cimv2`, "x"))
	check("WmiQuery", no, "WqlQuery", "SELECT * FROM X")

	after, err := clone.MarshalJSON()
	must(err)
	if !bytes.Equal(before, after) {
		t.Error("changing a document changed its clone")
	}
	if _, err := applicability.ParseDocument(before); err != nil {
		t.Errorf("ParseDocument(MarshalJSON of a built document) = %v\n%s", err, before)
	}
	if doc.Name() != "PC" {
		t.Errorf("Name() = %q", doc.Name())
	}
}

func TestDocumentRefusesWhatItCannotHold(t *testing.T) {
	t.Parallel()
	doc := &applicability.Document{}
	for name, err := range map[string]error{
		"SetRegistry":             doc.SetRegistry(`SOFTWARE\A`, "V", applicability.DWord(1)),
		"SetRegistry of no type":  doc.SetRegistry(`HKLM\A`, "V", applicability.RegistryValue{}),
		"SetRegistryKey":          doc.SetRegistryKey(`A`),
		"DeleteRegistryValue":     doc.DeleteRegistryValue(`A`, ""),
		"DeleteRegistryKey":       doc.DeleteRegistryKey(`A`),
		"CoverRegistry":           doc.CoverRegistry(`A`),
		"SetFile":                 doc.SetFile(`a`, applicability.File{}),
		"SetFile relative":        doc.SetFile(`C:a`, applicability.File{}),
		"DeleteFile":              doc.DeleteFile(`a`),
		"CoverFiles":              doc.CoverFiles(`a`),
		"SetFolder":               doc.SetFolder(36, `a`),
		"SetWMI":                  doc.SetWMI("root", "X", map[string]any{"A": struct{}{}}),
		"SetWMI twice":            doc.SetWMI("root", "X", map[string]any{"A": 1, "a": 2}),
		"SetWMI twice, not UTF-8": doc.SetWMI("root", "X", map[string]any{"\xff": 1, "\xfe": 2}),
		"SetWMI with a nil row":   doc.SetWMI("root", "X", nil, map[string]any{}),
		"SetWMI of NaN":           doc.SetWMI("root", "X", map[string]any{"A": math.NaN()}),
		"SetWMI of any slice":     doc.SetWMI("root", "X", map[string]any{"A": []any{struct{}{}}}),
		"SetRegistry of 1<<40":    doc.SetRegistry(`HKLM\A`, "V", applicability.RegistryValue{Type: applicability.RegDWord, Number: 1 << 40}),
		"SetFile of -1 bytes":     doc.SetFile(`C:\a`, applicability.File{Size: applicability.FactOf[int64](-1)}),
		"SetFile after 9999":      doc.SetFile(`C:\a`, applicability.NewFile(applicability.Version{}, time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600)))),
		"SetFile before 0000":     doc.SetFile(`C:\a`, applicability.NewFile(applicability.Version{}, time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC))),
		"SetFolder -99":           doc.SetFolder(-99, `C:\a`),
		"SetFolder 32768":         doc.SetFolder(1<<15, `C:\a`),
		"SetGeneric":              doc.SetGeneric(applicability.GenericQuery{Namespace: "n", Type: "t", Parameter: "p", Comparison: "Like"}, true),
		"SetProduct":              doc.SetProduct(applicability.GUID{}, applicability.Product{State: 99}),
		"SetFeature":              doc.SetFeature(applicability.GUID{}, "F", 99),
		"SetComponent":            doc.SetComponent(applicability.GUID{}, "C", 7),
		"CoverFiles too many":     doc.CoverFiles(manyPaths(`C:\`, 1025)...),
		"CoverRegistry too many":  doc.CoverRegistry(manyPaths(`HKLM\`, 1025)...),
	} {
		if err == nil {
			t.Errorf("%s = nil, want an error", name)
		}
	}
	if data, err := doc.MarshalJSON(); err != nil || string(data) != `{"format":"updatescan-machine-1"}` {
		t.Errorf("a refused change changed the document: %s, %v", data, err)
	}
}

// manyPaths is n paths that begin alike.
func manyPaths(prefix string, n int) []string {
	list := make([]string, 0, n)
	for i := range n {
		list = append(list, fmt.Sprint(prefix, i))
	}
	return list
}

// What a caller leaves out means what it means when JSON leaves it out.
func TestDocumentDefaults(t *testing.T) {
	t.Parallel()
	code, err := applicability.ParseGUID(productA)
	if err != nil {
		t.Fatal(err)
	}
	doc := &applicability.Document{}
	doc.SetWindows(applicability.WindowsVersion{Major: 10, Build: 1}, 0)
	for _, err := range []error{
		doc.SetFeature(code, "F", 0), doc.SetComponent(code, "C", 0), doc.SetProduct(code, applicability.Product{}),
		doc.CoverFiles(manyPaths(`C:\`, 1024)...), doc.CoverFiles(`c:\0`), doc.SetFile(`D:\a\b`, applicability.File{}), doc.DeleteFile(`D:\A\B`),
		doc.SetRegistry(`HKLM\A\B`, "v", applicability.SZ("x")),
		doc.SetRegistry(`HKLM\C`, "", applicability.RegistryValue{Type: applicability.RegMultiSZ, Text: "x", Texts: []string{"\xff"}}), doc.DeleteRegistryKey(`HKLM\a\b`),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := doc.CoverFiles(`D:`); err == nil {
		t.Error("CoverFiles(the 1,025th) = nil, want an error")
	}
	sameAgain(t, doc)
	for name, r := range map[string]wsus.Rule{
		"workstation":       rule("WindowsVersion", "ProductType", "1"),
		"product":           rule("MsiProductInstalled", "ProductCode", productA),
		"key above":         rule("RegKeyExists", regAttrs("A")...),
		"file in a covered": parent("Not", rule("FileExists", "Path", `C:\0\a`)),
	} {
		if got := applicability.ExplainRule(doc.Facts(), &r); got.Value != yes {
			t.Errorf("%s: %v, want true\n%s", name, got.Value, got)
		}
	}
	if f := doc.File(`D:\a`); !f.Value.Directory {
		t.Errorf("File(folder of a deleted file) = %v, want a directory", f)
	}
}

func TestDocumentTooLargeIsNotWritten(t *testing.T) {
	t.Parallel()
	doc := &applicability.Document{}
	doc.SetName(strings.Repeat("\u2028", applicability.MaxDocumentBytes/6))
	if data, err := doc.MarshalJSON(); err == nil || !strings.Contains(err.Error(), "want at most 33554432") {
		t.Errorf("MarshalJSON(too large) = %d bytes, %v, want an error", len(data), err)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"format":"updatescan-machine-1",` + fullDoc + `}`))
	f.Add([]byte(`{"format":"updatescan-machine-1",` + partialRegistry + "," + partialFiles + `}`))
	f.Add([]byte(`{"format":"updatescan-machine-1","name":"\ud83d\ude00","cluster":{"node":false}}`))
	f.Add([]byte(`{"format":"updatescan-machine-1","wmi":{" \\ r ":{"X":[{"A":[-0.0,1e3,1e20,18446744073709551615]}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := applicability.ParseDocument(data)
		if err != nil {
			if e, ok := errors.AsType[*applicability.DocumentError](err); !ok || e.Line < 1 || e.Column < 1 || e.Path == "" || e.Detail == "" {
				t.Errorf("ParseDocument() = %v, want a complete DocumentError", err)
			}
			return
		}
		first, err := doc.MarshalJSON()
		if err != nil {
			t.Fatalf("MarshalJSON() = %v", err)
		}
		again, err := applicability.ParseDocument(first)
		if err != nil {
			t.Fatalf("ParseDocument(MarshalJSON()) = %v\n%s", err, first)
		}
		if !reflect.DeepEqual(doc, again) {
			second, err := again.MarshalJSON()
			t.Errorf("ParseDocument(MarshalJSON()) differs: %v\n%s\n%s", err, first, second)
		}
	})
}
