package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus"
)

const fileDoc = `"registry":{"keys":{"HKLM\\SOFTWARE\\A":{
	"Dir":"C:\\App\\","Expand":{"type":"REG_EXPAND_SZ","data":"C:\\App"},"Empty":""}}},
"files":{"entries":{
	"C:\\App\\a.dll":{"version":"1.2.3.4","created":"2020-01-02T03:04:05Z","modified":"2020-01-02T03:04:05.5Z","size":100,"language":1033},
	"C:\\App\\plain.txt":{"version":null,"language":null},
	"C:\\App\\bare.bin":{},
	"C:\\Windows\\System32\\a.sys":{"version":"6.1.0.0"},
	"C:\\Windows\\SysWOW64\\b.dll":{"version":"6.2.0.0"},
	"D:\\Folder":{"directory":true}}}`

const partialFiles = `"files":{"covers":["C:\\Known"],"entries":{"C:\\Known\\a.dll":{"version":"1.0"},"C:\\Other\\b.dll":{"version":"1.0"}}}`

func TestFileRules(t *testing.T) {
	t.Parallel()
	exists := func(attrs ...string) wsus.Rule { return rule("FileExists", attrs...) }
	version := func(attrs ...string) wsus.Rule { return rule("FileVersion", attrs...) }
	runRules(t, []ruleCase{
		{name: "there", doc: fileDoc, rule: exists("Path", `c:\app\A.DLL`), want: yes},
		{name: "doubled backslashes", doc: fileDoc, rule: exists("Path", `C:\\App\\a.dll`), want: yes},
		{name: "not there", doc: fileDoc, rule: exists("Path", `C:\App\b.dll`), want: no, cause: absent},
		{name: "no such folder", doc: fileDoc, rule: exists("Path", `C:\None\b.dll`), want: no, cause: absent},
		{name: "a folder", doc: fileDoc, rule: exists("Path", `D:\Folder`), want: yes},
		{name: "folder above a file", doc: fileDoc, rule: exists("Path", `C:\Windows`), want: yes},
		{name: "all parts", doc: fileDoc, rule: exists("Path", `C:\App\a.dll`, "Version", "1.2.3.4", "Created", "2020-01-02T03:04:05Z", "Modified", "2020-01-02T04:04:05.500+01:00", "Size", "100", "Language", "1033"), want: yes},
		{name: "one part differs", doc: fileDoc, rule: exists("Path", `C:\App\a.dll`, "Version", "1.2.3.4", "Size", "101"), want: no},
		{name: "part not recorded", doc: fileDoc, rule: exists("Path", `C:\App\bare.bin`, "Size", "101"), want: unknown, cause: unavailable},
		{name: "part not recorded, another differs", doc: fileDoc, rule: exists("Path", `C:\App\plain.txt`, "Size", "101", "Language", "7"), want: no, cause: absent},
		{name: "no version resource", doc: fileDoc, rule: exists("Path", `C:\App\plain.txt`, "Version", "1.0.0.0"), want: no, cause: absent},
		{name: "folder by number", doc: fileDoc, rule: exists("Path", `\a.sys`, "Csidl", "37"), want: yes},
		{name: "folder of a user", doc: fileDoc, rule: exists("Path", `a.sys`, "Csidl", "26"), want: unknown, cause: unavailable},
		{name: "folder overridden", doc: `"folders":{"37":"D:\\"},"files":{"entries":{"D:\\Folder\\x":{}}}`, rule: exists("Path", `Folder\x`, "Csidl", "37"), want: yes},
		{name: "outside what is covered", doc: partialFiles, rule: exists("Path", `C:\Other\c.dll`), want: unknown, cause: unavailable},
		{name: "listed outside what is covered", doc: partialFiles, rule: exists("Path", `C:\Other\b.dll`), want: yes},
		{name: "absent where covered", doc: partialFiles, rule: exists("Path", `C:\Known\c.dll`), want: no, cause: absent},
		{name: "covered by name, not by prefix", doc: partialFiles, rule: exists("Path", `C:\Knownish`), want: unknown, cause: unavailable},
		{name: "incomplete", doc: `"files":{"complete":false}`, rule: exists("Path", `C:\a`), want: unknown, cause: unavailable},
		{name: "unavailable", rule: exists("Path", `C:\a`), want: unknown, cause: unavailable},
		{name: "no path", doc: fileDoc, rule: exists("Csidl", "37"), want: unknown, cause: invalid},
		{name: "bad folder number", doc: fileDoc, rule: exists("Path", "a", "Csidl", "x"), want: unknown, cause: invalid},
		{name: "bad date", doc: fileDoc, rule: exists("Path", "a", "Created", "yesterday"), want: unknown, cause: invalid},
		{name: "bad size", doc: fileDoc, rule: exists("Path", "a", "Size", "-1"), want: unknown, cause: invalid},

		{name: "equal", doc: fileDoc, rule: version("Path", `C:\App\a.dll`, "Comparison", "EqualTo", "Version", "1.2.3.4"), want: yes},
		{name: "numeric, not textual", doc: fileDoc, rule: version("Path", `C:\App\a.dll`, "Comparison", "LessThan", "Version", "1.10.0.0"), want: yes},
		{name: "lower case comparison", doc: fileDoc, rule: version("Path", `C:\App\a.dll`, "Comparison", "greaterthan", "Version", "1.2.3.3"), want: yes},
		{name: "less or equal", doc: fileDoc, rule: version("Path", `C:\App\a.dll`, "Comparison", "LessThanOrEqualTo", "Version", "1.2.3.3"), want: no},
		{name: "missing file, less", doc: fileDoc, rule: version("Path", `C:\App\x.dll`, "Comparison", "LessThan", "Version", "9.0.0.0"), want: no, cause: absent},
		{name: "no version resource", doc: fileDoc, rule: version("Path", `C:\App\plain.txt`, "Comparison", "LessThan", "Version", "9.0.0.0"), want: no, cause: absent},
		{name: "version not recorded", doc: fileDoc, rule: version("Path", `C:\App\bare.bin`, "Comparison", "LessThan", "Version", "9.0.0.0"), want: unknown, cause: unavailable},
		{name: "64-bit folder", doc: fileDoc, rule: version("Path", `a.sys`, "Csidl", "37", "Comparison", "EqualTo", "Version", "6.1"), want: yes},
		{name: "32-bit folder", doc: fileDoc, rule: version("Path", `b.dll`, "Csidl", "41", "Comparison", "EqualTo", "Version", "6.2.0.0"), want: yes},
		{name: "32-bit Windows has one folder", doc: `"processor":{"architecture":0},` + fileDoc, rule: version("Path", `a.sys`, "Csidl", "41", "Comparison", "EqualTo", "Version", "6.1.0.0"), want: yes},
		{name: "32-bit Windows on a 64-bit processor", doc: `"processor":{"architecture":9},"windows":{"major":10,"minor":0,"build":1,"bits":32},` + fileDoc, rule: version("Path", `a.sys`, "Csidl", "41", "Comparison", "EqualTo", "Version", "6.1.0.0"), want: yes},
		{name: "unavailable", rule: version("Path", "C:\\a", "Comparison", "EqualTo", "Version", "1.0.0.0"), want: unknown, cause: unavailable},
		{name: "bad version", doc: fileDoc, rule: version("Path", "C:\\a", "Comparison", "EqualTo", "Version", "1.0.0.0.0"), want: unknown, cause: invalid},
		{name: "no comparison", doc: fileDoc, rule: version("Path", "C:\\a", "Version", "1.0.0.0"), want: unknown, cause: invalid},

		{name: "after", doc: fileDoc, rule: rule("FileCreated", "Path", `C:\App\a.dll`, "Comparison", "GreaterThan", "Created", "2020-01-02T03:04:04"), want: yes},
		{name: "equal without zone", doc: fileDoc, rule: rule("FileCreated", "Path", `C:\App\a.dll`, "Comparison", "EqualTo", "Created", "2020-01-02T03:04:05"), want: yes},
		{name: "missing file", doc: fileDoc, rule: rule("FileCreated", "Path", `C:\App\x`, "Comparison", "LessThan", "Created", "2030-01-01T00:00:00Z"), want: no, cause: absent},
		{name: "not recorded", doc: fileDoc, rule: rule("FileCreated", "Path", `C:\App\bare.bin`, "Comparison", "LessThan", "Created", "2030-01-01T00:00:00Z"), want: unknown, cause: unavailable},
		{name: "no date", doc: fileDoc, rule: rule("FileCreated", "Path", `C:\App\x`, "Comparison", "LessThan"), want: unknown, cause: invalid},

		{name: "fraction of a second counts", doc: fileDoc, rule: rule("FileModified", "Path", `C:\App\a.dll`, "Comparison", "GreaterThan", "Modified", "2020-01-02T03:04:05Z"), want: yes},
		{name: "missing file", doc: fileDoc, rule: rule("FileModified", "Path", `C:\App\x`, "Comparison", "LessThan", "Modified", "2030-01-01T00:00:00Z"), want: no, cause: absent},
		{name: "bad date", doc: fileDoc, rule: rule("FileModified", "Path", `C:\App\x`, "Comparison", "LessThan", "Modified", "2030-13-01T00:00:00Z"), want: unknown, cause: invalid},

		{name: "at most", doc: fileDoc, rule: rule("FileSize", "Path", `C:\App\a.dll`, "Comparison", "LessThanOrEqualTo", "Size", "100"), want: yes},
		{name: "missing file", doc: fileDoc, rule: rule("FileSize", "Path", `C:\App\x`, "Comparison", "LessThan", "Size", "100"), want: no, cause: absent},
		{name: "bad size", doc: fileDoc, rule: rule("FileSize", "Path", `C:\App\x`, "Comparison", "LessThan", "Size", "9223372036854775808"), want: unknown, cause: invalid},
	})
}

func TestFilePrependRules(t *testing.T) {
	t.Parallel()
	at := func(value string, attrs ...string) []string {
		return append([]string{"Key", "HKEY_LOCAL_MACHINE", "Subkey", `SOFTWARE\A`, "Value", value}, attrs...)
	}
	runRules(t, []ruleCase{
		{name: "one backslash between", doc: fileDoc, rule: rule("FileExistsPrependRegSz", at("Dir", "Path", `\a.dll`)...), want: yes},
		{name: "value missing", doc: fileDoc, rule: rule("FileExistsPrependRegSz", at("None", "Path", "a.dll")...), want: no, cause: absent},
		{name: "value of another type", doc: fileDoc, rule: rule("FileExistsPrependRegSz", at("Expand", "Path", "a.dll")...), want: no, cause: otherType},
		{name: "registry unavailable", doc: `"files":{}`, rule: rule("FileExistsPrependRegSz", at("Dir", "Path", "a.dll")...), want: unknown, cause: unavailable},
		{name: "files unavailable", doc: `"registry":{"keys":{"HKLM\\SOFTWARE\\A":{"Dir":"C:\\"}}}`, rule: rule("FileExistsPrependRegSz", at("Dir", "Path", "a.dll")...), want: unknown, cause: unavailable},
		{name: "no value", doc: fileDoc, rule: rule("FileExistsPrependRegSz", "Key", "HKEY_LOCAL_MACHINE", "Subkey", "A", "Path", "a"), want: unknown, cause: invalid},
		{name: "no key", doc: fileDoc, rule: rule("FileExistsPrependRegSz", "Subkey", "A", "Value", "V", "Path", "a"), want: unknown, cause: invalid},
		{name: "at least", doc: fileDoc, rule: rule("FileVersionPrependRegSz", at("Dir", "Path", "a.dll", "Comparison", "GreaterThanOrEqualTo", "Version", "1.2.3.4")...), want: yes},
		{name: "file missing", doc: fileDoc, rule: rule("FileVersionPrependRegSz", at("Dir", "Path", "b.dll", "Comparison", "LessThan", "Version", "1.2.3.4")...), want: no, cause: absent},
		{name: "bad version", doc: fileDoc, rule: rule("FileVersionPrependRegSz", at("Dir", "Path", "b.dll", "Comparison", "LessThan", "Version", "one")...), want: unknown, cause: invalid},
		{name: "equal", doc: fileDoc, rule: rule("FileCreatedPrependRegSz", at("Dir", "Path", "a.dll", "Comparison", "EqualTo", "Created", "2020-01-02T03:04:05Z")...), want: yes},
		{name: "value missing", doc: fileDoc, rule: rule("FileCreatedPrependRegSz", at("None", "Path", "a.dll", "Comparison", "EqualTo", "Created", "2020-01-02T03:04:05Z")...), want: no, cause: absent},
		{name: "later", doc: fileDoc, rule: rule("FileModifiedPrependRegSz", at("Dir", "Path", "a.dll", "Comparison", "GreaterThan", "Modified", "2019-01-02T03:04:05Z")...), want: yes},
		{name: "no date", doc: fileDoc, rule: rule("FileModifiedPrependRegSz", at("Dir", "Path", "a.dll", "Comparison", "GreaterThan")...), want: unknown, cause: invalid},
		{name: "greater", doc: fileDoc, rule: rule("FileSizePrependRegSz", at("Dir", "Path", "a.dll", "Comparison", "GreaterThan", "Size", "99")...), want: yes},
		{name: "not greater", doc: fileDoc, rule: rule("FileSizePrependRegSz", at("Dir", "Path", "a.dll", "Comparison", "GreaterThan", "Size", "100")...), want: no},
	})
}
