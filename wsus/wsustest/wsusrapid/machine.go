package wsusrapid

import (
	"encoding/json"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wsustest"
)

// object draws a JSON object: each field is there most of the time.
func object(t *rapid.T, label string, needed []string, fields map[string]func() any) map[string]any {
	o := map[string]any{}
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(needed, name) || !oneIn(t, 7, label+" without "+name) {
			o[name] = fields[name]()
		}
	}
	return o
}

// pick draws one of the values, all of them about equally often: a single draw
// of rapid prefers the first ones.
func pick[T any](t *rapid.T, label string, values []T) T {
	numbers := rapid.IntRange(0, len(values)-1)
	if len(values) < 3 {
		return values[numbers.Draw(t, label)]
	}
	return values[(numbers.Draw(t, label)+numbers.Draw(t, label)+numbers.Draw(t, label))%len(values)]
}

// oneIn is true once in so many times.
func oneIn(t *rapid.T, n int, label string) bool {
	list := make([]bool, n)
	list[n-1] = true
	return pick(t, label, list)
}

// of draws one of the values.
func of[T any](t *rapid.T, label string, values ...T) func() any {
	return func() any { return pick(t, label, values) }
}

// Machine draws a machine whose facts are near what [Rule] asks: some of them
// absent, some not available.
func Machine() *rapid.Generator[*applicability.Document] {
	return rapid.Custom(func(t *rapid.T) *applicability.Document {
		sections := map[string]func() any{
			"windows":        func() any { return windows(t, true) },
			"platform":       func() any { return platform(t) },
			"languages":      func() any { return spoken(t) },
			"system_metrics": func() any { return object(t, "metrics", nil, map[string]func() any{"86": of(t, "metric", -1, 0, 1)}) },
			"processor": func() any {
				return object(t, "processor", []string{"architecture"}, map[string]func() any{
					"architecture": of(t, "architecture", 0, 9, 12), "level": of[any](t, "level", 6, nil), "revision": of(t, "revision", 0, 1), "count": of(t, "count", 1, 2, 3),
				})
			},
			"cluster": func() any {
				return map[string]any{"node": rapid.Bool().Draw(t, "node"), "owns": []string{pick(t, "owned", []string{"aabcc", "ABC", "x"})}}
			},
			"registry": func() any {
				return covered(t, "keys", registry(t), `HKLM\SOFTWARE\A`, `HKLM\SOFTWARE\WOW6432Node`, `HKEY_LOCAL_MACHINE`)
			},
			"files": func() any { return covered(t, "entries", files(t), `C:\Windows\sub`, `C:\Windows`, `C:`, `D:\`) },
			"folders": func() any {
				return object(t, "folders", nil, map[string]func() any{"37": of(t, "folder", `C:\Windows\sub`, `D:\`)})
			},
			"licenses": func() any {
				return object(t, "licenses", nil, map[string]func() any{"L": of(t, "licence", 4, 5, 6), "T": of(t, "licence text", "abc", "5")})
			},
			"msi": func() any {
				return object(t, "msi", []string{"products"}, map[string]func() any{
					"complete": of(t, "complete", true, false),
					"products": func() any {
						return object(t, "products", nil, map[string]func() any{codes[0]: func() any { return product(t) }, codes[2]: func() any { return product(t) }})
					},
				})
			},
			"wmi":            func() any { return wmi(t) },
			"installed_once": func() any { return []string{wsustest.ID(pick(t, "installed once", []int{0, 1, 2, 3})).String()} },
			"generic_queries": func() any {
				asked := map[string]any{"namespace": "n", "type": "t", "parameter": "p", "result": rapid.Bool().Draw(t, "answer")}
				more := maps.Clone(asked)
				more["comparison"], more["value"], more["result"] = "EqualTo", "1", rapid.Bool().Draw(t, "other answer")
				return []any{asked, more}
			},
		}
		maps.Copy(sections, deviceSections(t))
		o := object(t, "machine", nil, sections)
		o["format"] = applicability.DocumentFormat
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatalf("wsusrapid: %v", err)
		}
		doc, err := applicability.ParseDocument(data)
		if err != nil {
			t.Fatalf("wsusrapid: %v\n%s", err, data)
		}
		return doc
	})
}

func windows(t *rapid.T, withBits bool) map[string]any {
	fields := map[string]func() any{
		"major": of(t, "major", 5, 6, 10), "minor": of(t, "minor", 0, 1, 2), "build": of(t, "build", 7600, 7601, 7602),
		"service_pack_major": of(t, "service pack", 0, 1, 2), "service_pack_minor": of(t, "service pack minor", 0, 1),
		"suite_mask": of(t, "suites", 0, 2, 256, 258), "product_type": of(t, "product type", 1, 2, 3),
	}
	if withBits {
		fields["bits"] = of(t, "bits", 32, 64)
	}
	return object(t, "windows", []string{"major", "minor", "build"}, fields)
}

func platform(t *rapid.T) map[string]any {
	return object(t, "platform", []string{"id"}, map[string]func() any{
		"id": of(t, "platform", "Windows", "WINDOWS", "Other"), "language": of(t, "platform language", "en-US", "de", "pt_BR"),
		"version": func() any { return windows(t, false) },
	})
}

func spoken(t *rapid.T) map[string]any {
	return object(t, "languages", nil, map[string]func() any{
		"system": of(t, "system", "en", "en-US", "de_AT", "pt-BR", "zh-TW"),
		"mui":    of[any](t, "mui", nil, nil, []string{}, []string{"de"}, []string{"en-GB", "pt-BR"}),
	})
}

// covered is a section with what it covers.
func covered(t *rapid.T, name string, content map[string]any, roots ...string) map[string]any {
	o := map[string]any{name: content}
	switch pick(t, name+" coverage", []string{"all", "all", "none", "some"}) {
	case "none":
		o["complete"] = false
	case "some":
		o["covers"] = rapid.SliceOfNDistinct(rapid.SampledFrom(roots), 0, 2, rapid.ID[string]).Draw(t, "covers")
	}
	return o
}

func registry(t *rapid.T) map[string]any {
	data := func(kind string, values ...any) any {
		return map[string]any{"type": kind, "data": rapid.SampledFrom(values).Draw(t, kind)}
	}
	number := of[any](t, "number", uint32(0), 4, 5, 5, 6, uint32(1<<32-1))
	text := of[any](t, "text", "abc", "ABC", "xabcx", "", "5")
	version := of[any](t, "version", "1.2.3.4", "1.2.3.4", " 1.2 ", "1.2.x", "2")
	folder := of[any](t, "folder", `C:\Windows`, `C:\Windows\`, `c:/windows/sub`, "abc", "")
	expand := func() any { return data("REG_EXPAND_SZ", "abc", "5", "") }
	mostly := func(kind func() any) func() any {
		return func() any {
			others := []func() any{
				number, text, expand,
				func() any { return data("REG_MULTI_SZ", []string{"abc"}, []string{}) },
				func() any { return data("REG_QWORD", 5) },
			}
			if oneIn(t, 5, "another type") {
				kind = pick(t, "type", others)
			}
			return kind()
		}
	}
	values := func() any {
		return object(t, "values", nil, map[string]func() any{
			"": mostly(text), "T": mostly(text), "D": mostly(number), "E": mostly(expand), "V": mostly(version), "F": mostly(folder),
		})
	}
	return object(t, "keys", nil, map[string]func() any{
		`HKEY_LOCAL_MACHINE\SOFTWARE\A`: values, `HKLM\software\a\b`: values, `HKLM\SOFTWARE\A\D\C`: values,
		`HKLM\SOFTWARE\WOW6432Node\A`: values, `HKLM\SOFTWARE\WOW6432Node\A\B\C`: values, `HKCU\SOFTWARE\A`: values,
	})
}

func files(t *rapid.T) map[string]any {
	file := func() any {
		return object(t, "file", nil, map[string]func() any{
			"version": of[any](t, "version", "1.2.3.3", "1.2.3.4", "1.2.3.5", nil), "size": of[any](t, "size", 4, 5, 6, nil), "language": of[any](t, "language", 0, 1033, nil),
			"created": of[any](t, "created", "2008-06-01T12:00:00Z", "2008-06-01T11:59:59.5Z", nil), "modified": of(t, "modified", "2008-06-01T12:00:00Z", "2008-06-01T12:00:00.5Z"),
			"directory": of(t, "directory", false, false, true),
		})
	}
	return object(t, "files", nil, map[string]func() any{
		`C:\Windows\file.sys`: file, `C:\windows\Sub\FILE.sys`: file, `D:\file.sys`: file, `\\server\share\file.sys`: file,
	})
}

func product(t *rapid.T) map[string]any {
	state := of(t, "state", "local", "local", "local", "source", "default", "absent", "advertised", "broken")
	return object(t, "product", nil, map[string]func() any{
		"state": state, "version": of[any](t, "version", "1.2.3.3", "1.2.3.4", "1.2.3.5", nil), "language": of[any](t, "language", 0, 1033, -5, nil),
		"features":   func() any { return object(t, "features", nil, map[string]func() any{"F": state, "G": state}) },
		"components": func() any { return object(t, "components", nil, map[string]func() any{"f": state, codes[2]: state}) },
		"patches": func() any {
			return []any{map[string]any{"code": pick(t, "patch", codes), "applied": rapid.Bool().Draw(t, "applied")}}
		},
	})
}

func wmi(t *rapid.T) map[string]any {
	cell := of[any](t, "cell", nil, "a", "b", "AB", "5", "05", "10", "a\\b", 5, 4, 6, -1, 0, 1, 9007199254740993, true, false, []int{5}, "")
	rows := make([]any, pick(t, "rows", []int{0, 1, 2, 3}))
	for i := range rows {
		rows[i] = object(t, "row", nil, map[string]func() any{"A": cell, "b": cell})
	}
	x := any(rows)
	if rapid.Bool().Draw(t, "with properties") {
		x = map[string]any{"rows": rows, "properties": []string{"C", "A"}}
	}
	return map[string]any{`root\CIMV2`: map[string]any{"Win32_X": x, "Gone": nil, "Empty": []any{}}}
}
