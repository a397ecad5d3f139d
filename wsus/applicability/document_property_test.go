package applicability_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus/applicability"
)

// sameAgain checks that a document is written, and read again as it is.
func sameAgain(t rapid.TB, doc *applicability.Document) {
	t.Helper()
	first, err := doc.MarshalJSON()
	if err != nil {
		t.Fatalf("MarshalJSON() = %v", err)
	}
	again, err := applicability.ParseDocument(first)
	if err != nil {
		t.Fatalf("ParseDocument(MarshalJSON()) = %v\n%s", err, first)
	}
	if !reflect.DeepEqual(doc, again) {
		second, _ := again.MarshalJSON()
		t.Fatalf("ParseDocument(MarshalJSON()) differs:\n%#v\n%#v\n%s\n%s", doc, again, first, second)
	}
}

// raw is JSON as it is written.
func raw(texts ...string) *rapid.Generator[any] {
	return rapid.Map(rapid.SampledFrom(texts), func(s string) any { return json.RawMessage(s) })
}

// anObject draws an object of some of the names; no two are the same in lower
// case.
func anObject(names []string, value *rapid.Generator[any]) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		o, seen := map[string]any{}, map[string]bool{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(t, "names") {
			if folded := strings.ToLower(name); !seen[folded] {
				seen[folded] = true
				o[name] = value.Draw(t, name)
			}
		}
		return o
	})
}

func anArray(value *rapid.Generator[any]) *rapid.Generator[any] {
	return rapid.Map(rapid.SliceOfN(value, 0, 3), func(l []any) any { return l })
}

// fieldsOf draws an object with the needed fields and some of the others.
func fieldsOf(needed, others map[string]*rapid.Generator[any]) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		o := map[string]any{}
		for _, name := range sortedNames(needed) {
			o[name] = needed[name].Draw(t, name)
		}
		for _, name := range sortedNames(others) {
			if rapid.Bool().Draw(t, "has "+name) {
				o[name] = others[name].Draw(t, name)
			}
		}
		return o
	})
}

func sortedNames(m map[string]*rapid.Generator[any]) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	for i := range names {
		for k := i + 1; k < len(names); k++ {
			if names[k] < names[i] {
				names[i], names[k] = names[k], names[i]
			}
		}
	}
	return names
}

type gens = map[string]*rapid.Generator[any]

func aCovered(others gens, roots *rapid.Generator[any]) *rapid.Generator[any] {
	open, listed, whole := gens{"complete": raw("true", "false")}, gens{"complete": raw("false"), "covers": anArray(roots)}, gens{}
	for name, g := range others {
		open[name], listed[name], whole[name] = g, g, g
	}
	return rapid.OneOf(fieldsOf(nil, open), fieldsOf(nil, listed), fieldsOf(nil, whole))
}

// aDocument draws the text of a machine document that is valid, with the
// sections in every form that the format has.
func aDocument() *rapid.Generator[any] {
	text := raw(`""`, `"a"`, `"A"`, `"İ\u2028<\ud83d\ude00"`, `" x "`)
	flag := raw("true", "false")
	guids := []string{productA, strings.Trim(productA, "{}"), "00000000-0000-0000-0000-000000000000"}
	guid := raw(`"`+productA+`"`, `"00000000-0000-0000-0000-000000000000"`)
	state := raw(`"local"`, `"default"`, `"absent"`, `"broken"`)
	version := raw(`"1"`, `"007.2"`, `"4294967295.0.0.1"`)
	short := raw("0", "1", "65535", "null")
	moment := raw(`"2020-01-02T03:04:05.678901234+13:00"`, `"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, "null")
	keys := []string{`HKLM`, `hklm\a`, `HKLM\A\B`, `HKEY_LOCAL_MACHINE\\a\b\C\`, `HKLM\A\b\c\D`, `HKCU\a/b`, `HKLM\x\y`, `HKLM\X\z`}
	key := raw(`"HKLM"`, `"hklm\\A"`, `"HKLM\\a"`, `"HKCU\\z"`)
	paths := []string{`C:`, `c:\`, `C:/a\..\B`, `c:\b`, `C:\b\c`, `\\server\share\x`, `\\?\C:\y`, `\\`}
	path := raw(`"C:"`, `"c:\\"`, `"C:\\b\\..\\A"`, `"//s/t"`)
	windows := gens{"major": raw("6", "10"), "minor": raw("1"), "build": raw("4294967295")}
	more := gens{
		"service_pack_major": raw("0", "65535"), "service_pack_minor": raw("1"), "suite_mask": raw("256"), "product_type": raw("1", "2", "3"),
	}
	bits := gens{"bits": raw("32", "64")}
	for name, g := range more {
		bits[name] = g
	}
	value := rapid.OneOf(
		text, raw("0", "4294967295"), fieldsOf(gens{"type": raw(`"REG_MULTI_SZ"`), "data": anArray(text)}, nil),
		fieldsOf(gens{"type": raw(`"REG_QWORD"`), "data": raw("0", "18446744073709551615")}, nil),
		fieldsOf(gens{"type": raw(`"REG_DWORD"`), "data": raw("1")}, nil),
		fieldsOf(gens{"type": raw(`"REG_SZ"`, `"REG_EXPAND_SZ"`), "data": text}, nil),
		fieldsOf(gens{"type": raw(`"REG_BINARY"`, `"REG_NONE"`, `"REG_FULL_RESOURCE_DESCRIPTOR"`), "data": raw(`""`, `"0A fF"`)}, nil),
	)
	file := fieldsOf(nil, gens{
		"directory": flag, "version": rapid.OneOf(version, raw("null")), "created": moment, "modified": moment,
		"size": raw("0", "9223372036854775807", "null"), "language": short,
	})
	product := fieldsOf(nil, gens{
		"state": state, "version": version, "language": raw("-2147483648", "null"), "upgrade_code": rapid.OneOf(guid, raw("null")),
		"features": anObject([]string{"", "F", "g"}, state), "components": anObject([]string{"C", "c", "d"}, state),
		"patches": anArray(fieldsOf(gens{"code": guid}, gens{
			"applied": flag, "obsoletes": anArray(guid),
			"sequences": anArray(fieldsOf(gens{"family": text, "sequence": version}, gens{"supersedes": flag})),
		})),
	})
	cells := rapid.OneOf(text, flag, raw("null", "0", "-0", "-0.0", "1e3", "1e20", "1e21", "-1e19", "0.1", "1e-7", "1e-999", "1.7e308",
		"9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1.5e19", "9007199254740993.0",
		"[]", "[[[[[[[[]]]]]]]]", `{"a":[1e3,{"b":null}]}`))
	row := anObject([]string{"A", "a", "B", ""}, cells)
	class := rapid.OneOf(raw("null"), anArray(row), fieldsOf(gens{"rows": anArray(row)}, gens{"properties": anArray(text)}))
	return fieldsOf(gens{"format": raw(`"updatescan-machine-1"`)}, gens{
		"name": text, "windows": fieldsOf(windows, bits),
		"platform":       fieldsOf(gens{"id": text}, gens{"language": text, "version": fieldsOf(windows, more)}),
		"languages":      fieldsOf(nil, gens{"system": text, "mui": rapid.OneOf(raw("null"), anArray(text))}),
		"system_metrics": anObject([]string{"-1", "+2", "003"}, raw("-2147483648", "7")),
		"processor":      fieldsOf(gens{"architecture": raw("0", "9")}, gens{"level": short, "revision": short, "count": raw("0", "4294967295")}),
		"cluster":        fieldsOf(gens{"node": flag}, gens{"owns": anArray(text)}),
		"registry":       aCovered(gens{"keys": anObject(keys, anObject([]string{"", "V", "v", "w"}, value))}, key),
		"files":          aCovered(gens{"entries": anObject(paths, file)}, path),
		"folders":        anObject([]string{"0", "032", "32767"}, path),
		"licenses":       anObject([]string{"", "L", "l"}, rapid.OneOf(text, raw("0", "4294967295"))),
		"msi":            fieldsOf(nil, gens{"complete": flag, "installer": version, "products": anObject(guids, product)}),
		"wmi":            anObject([]string{`root\cimv2`, `ROOT/b`, ` \ r\\s `, `\\.\root`, ""}, anObject([]string{"X", "x", "y", ""}, class)),
		"installed_once": anArray(guid),
		"devices": anArray(fieldsOf(nil, gens{
			"hardware_ids": anArray(text), "compatible_ids": anArray(text),
			"driver": rapid.OneOf(raw("null"), fieldsOf(gens{"date": raw(`"0000-01-01"`, `"9999-12-31"`), "version": version}, gens{
				"matching_id": text, "provider": rapid.OneOf(text, raw("null")),
			})),
		})),
		"packages": fieldsOf(nil, gens{
			"complete": flag, "states": anObject([]string{"", "P", "p"}, raw("0", "4294967295")),
			"installable": anObject([]string{"", "P", "p"}, flag),
		}),
		"product_releases":  anObject([]string{"", "R", "r"}, version),
		"device_attributes": anObject([]string{"", "R", "r"}, text),
		"memory":            fieldsOf(nil, gens{"mb": raw("0", "4294967295", "null"), "video_mb": raw("1", "null")}),
		"generic_queries": rapid.Map(fieldsOf(gens{"namespace": text, "type": text, "parameter": text, "result": flag}, gens{
			"comparison": raw(`"EqualTo"`, `"lessthan"`), "value": text,
		}), func(q any) any { return []any{q} }),
	})
}

func TestDocumentsAreReadAgainAsTheyAre(t *testing.T) {
	t.Parallel()
	read, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.Marshal(aDocument().Draw(t, "document"))
		if err != nil {
			t.Fatal(err)
		}
		all++
		doc, err := applicability.ParseDocument(data)
		if err != nil {
			if !strings.Contains(err.Error(), "written differently") && !strings.Contains(err.Error(), "twice") {
				t.Fatalf("ParseDocument() = %v\n%s", err, data)
			}
			return
		}
		read++
		sameAgain(t, doc)
	})
	if read*2 < all && !testing.Short() { // which draws a fifth
		t.Errorf("%d of %d documents were read, want at least half", read, all)
	}
}

func TestDocumentSectionsAreReadAgain(t *testing.T) {
	t.Parallel()
	for name, sections := range map[string]string{
		"no resources":            `"cluster":{"node":false}`,
		"empty sections":          `"system_metrics":{},"registry":{},"files":{},"folders":{},"licenses":{},"msi":{},"wmi":{"a":{}},"installed_once":[],"generic_queries":[],"languages":{}`,
		"no covers":               `"registry":{"covers":[]},"files":{"covers":[]}`,
		"covers in another order": `"registry":{"covers":["HKLM\\b","HKLM\\a"]}`,
		"keys in two spellings":   `"registry":{"keys":{"HKLM\\A\\C":{},"HKLM\\a":{},"HKLM\\a\\B":{}}}`,
		"last second":             `"files":{"entries":{"C:\\A":{"modified":"9999-12-31T23:59:59.999999999Z","created":"0000-01-01T00:00:00Z"}}}`,
		"numbers":                 `"wmi":{"a":{"B":[{"A":1e3,"B":18446744073709551615,"C":-0.0,"D":1e20}]}}`,
		"nested arrays":           `"wmi":{"a":{"B":[{"A":[[[[[[[[]]]]]]]]}]}}`,
		"namespace":               `"wmi":{"\\ a\\":{"B":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameAgain(t, document(t, sections))
		})
	}
	if _, err := applicability.ParseDocument([]byte(`{"format":"updatescan-machine-1","registry":{"keys":{"HKLM\\` + strings.Repeat("a", 4096-5) + `":{}}}}`)); err == nil {
		t.Error("ParseDocument(key of 4,110 bytes with its root in full) = nil, want an error")
	}
}

func factOf[T any](values ...T) *rapid.Generator[applicability.Fact[T]] {
	return rapid.Custom(func(t *rapid.T) applicability.Fact[T] {
		return applicability.Fact[T]{
			Presence: applicability.Presence(rapid.IntRange(0, 3).Draw(t, "presence")),
			Value:    rapid.SampledFrom(values).Draw(t, "value"),
		}
	})
}

// step draws a call of a method that modifies the document.
func step(t *rapid.T, doc *applicability.Document) error {
	texts := rapid.SampledFrom([]string{"", "a", "A", "B", "\xff\xfe", "\ufffd", "<"})
	text := func(what string) string { return texts.Draw(t, what) }
	list := func(what string) []string { return rapid.SliceOfN(texts, 0, 3).Draw(t, what) }
	flag := func(what string) bool { return rapid.Bool().Draw(t, what) }
	key := rapid.SampledFrom([]string{`HKLM`, `hklm\a`, `HKLM\A\B`, `HKLM\a\b\C`, `HKLM\A\b\`, "HKCU\\\xff", `B`, `HKLM\` + strings.Repeat("a", 4090)}).Draw(t, "key")
	path := rapid.SampledFrom([]string{`C:`, `C:\a`, `c:\A\b`, `C:\A\B\c`, `\\s\t\u`, `\\s`, "C:\\\xff", `a`, `C:\` + strings.Repeat("\xff", 2000)}).Draw(t, "path")
	state := applicability.InstallState(rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 7, 99}).Draw(t, "state"))
	guid := rapid.SampledFrom([]applicability.GUID{{}, {1}}).Draw(t, "guid")
	moments := factOf(time.Time{}, time.Unix(0, 1), time.Unix(253402300800, -1), time.Unix(253402300800, 0), time.Unix(-62167219200, 0).Local(),
		time.Unix(-62167219200, -1), time.Unix(math.MaxInt64, 0), time.Date(2020, 1, 2, 3, 4, 5, 6, time.FixedZone("", -7200)), time.Now())
	switch rapid.IntRange(0, 27).Draw(t, "method") {
	case 0:
		doc.SetName(text("name"))
	case 1:
		doc.SetWindows(applicability.WindowsVersion{
			Major: rapid.Uint32().Draw(t, "major"), SuiteMask: 1, ProductType: rapid.Uint16Range(0, 5).Draw(t, "type"),
		}, rapid.SampledFrom([]int{0, 32, 64, -1, 16}).Draw(t, "bits"))
	case 2:
		level := factOf[uint16](0, 7)
		doc.SetProcessor(applicability.Processor{Architecture: 12, Level: level.Draw(t, "level"), Revision: level.Draw(t, "revision")},
			rapid.Uint32Range(0, 2).Draw(t, "count"))
	case 3:
		doc.SetLanguage(text("language"), list("mui")...)
	case 4:
		doc.SetMetric(rapid.Int32().Draw(t, "index"), rapid.Int32().Draw(t, "metric"))
	case 5:
		doc.SetCluster(flag("node"), list("owns")...)
	case 6:
		doc.SetLicense(text("license"), rapid.Uint32().Draw(t, "value"))
	case 7:
		doc.SetInstalledOnce(updateID(rapid.IntRange(0, 3).Draw(t, "update")))
	case 8:
		return doc.SetGeneric(applicability.GenericQuery{
			Namespace: text("namespace"), Type: text("type"), Parameter: text("parameter"), Value: text("value"),
			Comparison: rapid.SampledFrom([]string{"", "EqualTo", "equalTO", "LESSTHAN", " ", "like", "\xff"}).Draw(t, "comparison"),
		}, flag("result"))
	case 9:
		return doc.SetFolder(rapid.SampledFrom([]int{-99, -1, 0, 36, 32767, 32768, math.MaxInt}).Draw(t, "csidl"), path)
	case 10, 11:
		return doc.SetRegistry(key, text("value name"), applicability.RegistryValue{
			Type: applicability.RegistryType(rapid.IntRange(0, 9).Draw(t, "type")), Text: text("text"), Texts: list("texts"),
			Number: rapid.SampledFrom([]uint64{0, 1<<32 - 1, 1 << 32, 1 << 40, math.MaxUint64}).Draw(t, "number"), Bytes: []byte(text("bytes")),
		})
	case 12:
		return doc.SetRegistryKey(key)
	case 13:
		return doc.DeleteRegistryValue(key, text("value name"))
	case 14:
		return doc.DeleteRegistryKey(key)
	case 15:
		return doc.CoverRegistry(rapid.SliceOfN(rapid.SampledFrom([]string{`HKLM\b`, `HKLM\a`, `HKLM\A`, key}), 0, 4).Draw(t, "covers")...)
	case 16, 17:
		return doc.SetFile(path, applicability.File{
			Directory: flag("directory"), Version: factOf(applicability.Version{}, applicability.Version{1, 2, 3, math.MaxUint32}).Draw(t, "version"),
			Created: moments.Draw(t, "created"), Modified: moments.Draw(t, "modified"),
			Size: factOf[int64](0, -1, math.MaxInt64, math.MinInt64).Draw(t, "size"), Language: factOf[uint16](0, 1033).Draw(t, "language"),
		})
	case 18:
		return doc.DeleteFile(path)
	case 19:
		return doc.CoverFiles(rapid.SliceOfN(rapid.SampledFrom([]string{`D:\b`, `D:\a`, `D:\A`, path}), 0, 4).Draw(t, "covers")...)
	case 20:
		if flag("delete") {
			doc.DeleteProduct(guid)
		}
		if flag("cover") {
			doc.CoverMSI()
		}
		doc.SetPatches(guid, rapid.SampledFrom([][]applicability.Patch{nil, {{}}, {
			{Code: guid, Applied: true, Obsoletes: []applicability.GUID{guid}, Sequences: []applicability.PatchSequence{{Family: text("family"), Supersedes: true}}},
			{Obsoletes: []applicability.GUID{}, Sequences: []applicability.PatchSequence{}},
		}}).Draw(t, "patches")...)
	case 21:
		return doc.SetFeature(guid, text("feature"), state)
	case 22:
		return doc.SetComponent(guid, text("component"), state)
	case 23:
		return doc.SetProduct(guid, applicability.Product{
			State: state, Version: factOf(applicability.Version{1}).Draw(t, "version"),
			Language: factOf[int32](0, math.MinInt32).Draw(t, "language"), UpgradeCode: factOf(guid).Draw(t, "upgrade"),
		})
	case 25:
		driver := applicability.Driver{
			Date: moments.Draw(t, "date").Value, Version: applicability.Version{1},
			MatchingID: factOf("", "a", "\xff").Draw(t, "matching id"), Provider: factOf("", "\xff").Draw(t, "provider"),
		}
		return doc.SetDevices(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) applicability.Device {
			return applicability.Device{
				HardwareIDs: list("hardware ids"), CompatibleIDs: list("compatible ids"), Driver: factOf(driver).Draw(t, "driver"),
			}
		}), 0, 3).Draw(t, "devices")...)
	case 26:
		doc.SetPackage(text("package"), rapid.Uint32().Draw(t, "package state"))
		doc.SetPackageInstallable(text("package"), flag("installable"))
	case 27:
		doc.SetProductRelease(text("release"), applicability.Version{1, 2})
		doc.SetDeviceAttribute(text("attribute"), text("attribute value"))
		doc.SetMemory(factOf[uint32](0, 1).Draw(t, "memory"), factOf[uint32](0, math.MaxUint32).Draw(t, "video memory"))
	case 24:
		value := rapid.SampledFrom([]any{
			nil, true, "", "\xff", 1, int32(-1), uint16(2), uint32(math.MaxUint32), uint64(math.MaxUint64), uint64(1) << 63, int64(math.MinInt64),
			0.5, 1e6, 1e19, 1e20, 1e21, -1e19, math.Copysign(0, -1), math.NaN(), math.Inf(1), float64(1 << 63), 9007199254740992.0,
			[]string(nil),
			[]string{"\xff"},
			[]any{1, []any{uint64(5), []string{"x"}}},
			[]any{struct{}{}},
			[]any{[]any{[]any{[]any{[]any{[]any{[]any{[]any{}}}}}}}},
			[]any{[]any{[]any{[]any{[]any{[]any{[]any{[]any{[]any{}}}}}}}}},
			make(chan int),
		})
		rows := rapid.Custom(func(t *rapid.T) map[string]any {
			if rapid.IntRange(0, 9).Draw(t, "nil row") == 0 {
				return nil
			}
			return map[string]any{text("property"): value.Draw(t, "first"), text("property"): value.Draw(t, "second")}
		})
		namespace := rapid.SampledFrom([]string{`root`, `ROOT\`, ` / r//s `, "\\\\.\\root", "\xff"}).Draw(t, "namespace")
		return doc.SetWMI(namespace, text("class"), rapid.SliceOfN(rows, 0, 3).Draw(t, "rows")...)
	}
	return nil
}

// Whatever the methods that modify accept is written and read again as it is;
// what they refuse changes nothing.
func TestModifiedDocumentsAreReadAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := &applicability.Document{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			before := doc.Clone()
			if err := step(t, doc); err != nil && !reflect.DeepEqual(before, doc) {
				t.Fatalf("%v, but the document changed:\n%#v\n%#v", err, before, doc)
			}
		}
		sameAgain(t, doc)
	})
}
