package wsus_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
)

func TestCodeText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		code  wsus.Code
		text  string
		int32 int32
	}{
		{"success", 0, "0x00000000", 0},
		{"policy conflict", wsus.CodeGroupPolicyConflict, "0x87D00692", -2016409966},
		{"offline history", wsus.CodeOfflineHistoryNotFound, "0x87D00606", -2016410106},
		{"time-out", wsus.CodeTimeout, "0x80072EE2", -2147012894},
		{"highest", 0xFFFFFFFF, "0xFFFFFFFF", -1},
		{"highest that is no failure", 0x7FFFFFFF, "0x7FFFFFFF", 2147483647},
		{"leading zeros", 0xB, "0x0000000B", 11},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.code.String(); got != tt.text {
				t.Errorf("Code(%d).String() = %q, want %q", uint32(tt.code), got, tt.text)
			}
			if got := tt.code.Int32(); got != tt.int32 {
				t.Errorf("%v.Int32() = %d, want %d", tt.code, got, tt.int32)
			}
			if got, want := tt.code.Failed(), tt.int32 < 0; got != want {
				t.Errorf("%v.Failed() = %t, want %t", tt.code, got, want)
			}
		})
	}
}

func TestParseCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want wsus.Code
		ok   bool
	}{
		{"0x87D00692", wsus.CodeGroupPolicyConflict, true},
		{"0X87d00692", wsus.CodeGroupPolicyConflict, true},
		{"0xB", 0xB, true},
		{"2278557330", wsus.CodeGroupPolicyConflict, true},
		{"-2016409966", wsus.CodeGroupPolicyConflict, true},
		{"0", 0, true},
		{"4294967295", 0xFFFFFFFF, true},
		{"-2147483648", 0x80000000, true},
		{"-1", 0xFFFFFFFF, true},
		{"4294967296", 0, false},
		{"-2147483649", 0, false},
		{"0x", 0, false},
		{"0x123456789", 0, false},
		{"0x000000001", 0, false},
		{"", 0, false},
		{"-", 0, false},
		{"+1", 0, false},
		{"0x-1", 0, false},
		{"0x+1", 0, false},
		{"-0x1", 0, false},
		{"1_0", 0, false},
		{"0x1_0", 0, false},
		{" 1", 0, false},
		{"87D00692", 0, false},
		{"0x87D0069G", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, err := wsus.ParseCode(tt.text)
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("ParseCode(%q) = %v, %v, want %v, ok %t", tt.text, got, err, tt.want, tt.ok)
			}
			if err != nil && !errors.Is(err, wsus.ErrBadCode) {
				t.Errorf("ParseCode(%q) error %v does not match ErrBadCode", tt.text, err)
			}
			c := wsus.Code(7)
			if err := c.UnmarshalText([]byte(tt.text)); err != nil && c != 7 {
				t.Errorf("UnmarshalText(%q) changed the receiver to %v", tt.text, c)
			}
		})
	}
}

func TestParseCodeReadsEveryForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := wsus.Code(rapid.Uint32().Draw(t, "code"))
		for _, text := range []string{
			c.String(),
			strconv.FormatUint(uint64(c), 10),
			strconv.FormatInt(int64(c.Int32()), 10),
			fmt.Sprintf("0x%x", uint32(c)),
		} {
			if got, err := wsus.ParseCode(text); got != c || err != nil {
				t.Fatalf("ParseCode(%q) = %v, %v, want %v", text, got, err, c)
			}
		}
	})
}

func TestCodeJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(map[string]wsus.Code{"code": wsus.CodeSourceNotFound})
	if want := `{"code":"0x87D00691"}`; string(got) != want || err != nil {
		t.Errorf("json.Marshal = %s, %v, want %s", got, err, want)
	}
}

func TestCodeNames(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "DEC-4")
	want := map[wsus.Code]string{
		0x87D00606: "Offline scan tool history not found",
		0x87D00692: "Group policy conflict",
		0x87D00691: "Software update source not found",
		0x80244010: "WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS",
		0x8024402C: "WU_E_PT_WINHTTP_NAME_NOT_RESOLVED",
		0x80072EE2: "WININET_E_TIMEOUT",
		0:          "",
		1:          "",
		0xFFFFFFFF: "",
	}
	for c, name := range want {
		if got := c.Name(); got != name {
			t.Errorf("%v.Name() = %q, want %q", c, got, name)
		}
	}
	codes := slices.Collect(wsus.Codes())
	if !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
		t.Error("Codes() is not ascending and distinct")
	}
	for _, c := range codes {
		if c.Name() == "" || !c.Failed() {
			t.Errorf("%v of Codes(): name %q, failed %t", c, c.Name(), c.Failed())
		}
	}
	for c := range wsus.WiderRetryCodes().All() {
		if c.Name() == "" {
			t.Errorf("%v is retried but has no name", c)
		}
	}
	for _, c := range []wsus.Code{0x87D00600, 0x87D00634, 0x87D00650, 0x87D00697, 0x80244025, 0x80244029, 0x8024402A} {
		if c.Name() == "" {
			t.Errorf("%v has no name", c)
		}
	}
}

func TestCodeForHTTPStatus(t *testing.T) {
	t.Parallel()
	ordered := []int{400, 401, 403, 404, 405, 407, 408, 409, 410, 500, 501, 502, 503, 504, 505}
	for i, status := range ordered {
		want := wsus.Code(0x80244016 + i)
		if got := wsus.CodeForHTTPStatus(status); got != want {
			t.Errorf("CodeForHTTPStatus(%d) = %v, want %v", status, got, want)
		}
		if got, ok := want.HTTPStatus(); got != status || !ok {
			t.Errorf("%v.HTTPStatus() = %d, %t, want %d, true", want, got, ok, status)
		}
	}
	for status := range 1000 {
		got := wsus.CodeForHTTPStatus(status)
		if status >= 200 && status < 300 {
			if got != 0 {
				t.Errorf("CodeForHTTPStatus(%d) = %v, want success", status, got)
			}
		} else if !slices.Contains(ordered, status) && got != wsus.CodeHTTPNotMapped {
			t.Errorf("CodeForHTTPStatus(%d) = %v, want %v", status, got, wsus.CodeHTTPNotMapped)
		}
	}
	for _, c := range []wsus.Code{0, 0x80244015, 0x80244025, wsus.CodeHTTPNotMapped} {
		if got, ok := c.HTTPStatus(); got != 0 || ok {
			t.Errorf("%v.HTTPStatus() = %d, %t, want 0, false", c, got, ok)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"0x87D00692", "-2016409966", "2278557330", "", "0x", "0xfffffffff", "1e3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := wsus.ParseCode(s)
		if err != nil {
			if c != 0 || !errors.Is(err, wsus.ErrBadCode) || len(err.Error()) > 1000 {
				t.Fatalf("ParseCode(%q) = %v, %v", s, c, err)
			}
			return
		}
		if again, err := wsus.ParseCode(c.String()); again != c || err != nil {
			t.Fatalf("ParseCode(%q) = %v, %v, want %v", c, again, err, c)
		}
	})
}

func ExampleCode() {
	c, _ := wsus.ParseCode("-2016409966")
	fmt.Println(c, c.Name())
	fmt.Println(wsus.CodeForHTTPStatus(503), wsus.CodeForHTTPStatus(503).Name())
	// Output:
	// 0x87D00692 Group policy conflict
	// 0x80244022 WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL
}
