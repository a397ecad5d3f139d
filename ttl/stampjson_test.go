package ttl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/ttl"
)

func TestStampJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		stamp ttl.Stamp
		want  string
	}{
		{"absent", ttl.Stamp{}, `null`},
		{"ordinary", ttl.NewStamp(noon, 38), `{"time":"2008-06-01T12:00:00Z","version":38}`},
		{"no version", ttl.NewStamp(noon, 0), `{"time":"2008-06-01T12:00:00Z","version":0}`},
		{"nanoseconds", ttl.NewStamp(noon.Add(1_020), 1<<32-1), `{"time":"2008-06-01T12:00:00.00000102Z","version":4294967295}`},
		{"other zone", ttl.NewStamp(noon.In(time.FixedZone("", 3600)), 1), `{"time":"2008-06-01T12:00:00Z","version":1}`},
		{"first inside", ttl.NewStamp(firstInside, 1), `{"time":"1678-01-01T00:00:00Z","version":1}`},
		{"last inside", ttl.NewStamp(lastInside, 1), `{"time":"2261-12-31T23:59:59.999999999Z","version":1}`},
		{"early", ttl.NewStamp(time.Time{}, 2), `{"time":"1677-12-31T23:59:59.999999999Z","version":2}`},
		{"late", ttl.NewStamp(time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC), 3), `{"time":"2262-01-01T00:00:00Z","version":3}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", "TTL-3")
			got, err := json.Marshal(tt.stamp)
			if err != nil || string(got) != tt.want {
				t.Fatalf("Marshal(%v) = %s, %v, want %s", tt.stamp, got, err, tt.want)
			}
			// What stood there before is gone, also after null.
			again := struct{ S ttl.Stamp }{ttl.NewStamp(noon.Add(time.Hour), 7)}
			if err := json.Unmarshal([]byte(`{"S":`+tt.want+`}`), &again); err != nil || again.S != tt.stamp {
				t.Errorf("Unmarshal(%s) = %v, %v, want %v", tt.want, again.S, err, tt.stamp)
			}
		})
	}
}

func TestStampJSONAccepts(t *testing.T) {
	t.Parallel()
	want := ttl.NewStamp(noon, 38)
	for _, text := range []string{
		`{"version":38,"time":"2008-06-01T12:00:00Z"}`,
		" {\n\"time\" : \"2008-06-01T12:00:00.000000000Z\",\t\"version\" : 38 } ",
		`{"\u0074ime":"2008-06-01T12:00:00.0Z","version":38}`,
	} {
		var got ttl.Stamp
		if err := got.UnmarshalJSON([]byte(text)); err != nil || got != want {
			t.Errorf("UnmarshalJSON(%s) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestStampJSONRefuses(t *testing.T) {
	t.Parallel()
	at := func(text string) string { return `{"time":"` + text + `","version":1}` }
	version := func(text string) string { return `{"time":"2008-06-01T12:00:00Z","version":` + text + `}` }
	tests := []struct{ name, text, want string }{
		{"nothing", ``, "ends early"},
		{"no JSON", `x`, "not JSON"},
		{"cut", `{"time":"2008-06-01T12:00:00Z","version":1`, "ends early"},
		{"comma too many", `{"time":"2008-06-01T12:00:00Z","version":1,}`, "not JSON"},
		{"comma missing", `{"time":"2008-06-01T12:00:00Z" "version":1}`, "not JSON"},
		{"array", `[]`, "want an object or null"},
		{"string", `"2008-06-01T12:00:00Z"`, "want an object or null"},
		{"false", `false`, "want an object or null"},
		{"empty object", `{}`, `needs "time" and "version"`},
		{"no version", `{"time":"2008-06-01T12:00:00Z"}`, `needs "time" and "version"`},
		{"no time", `{"version":1}`, `needs "time" and "version"`},
		{"null time", `{"time":null,"version":1}`, "not a string"},
		{"numeric time", `{"time":1212321600,"version":1}`, "not a string"},
		{"unknown member", `{"time":"2008-06-01T12:00:00Z","version":1,"source":""}`, `unknown member "source"`},
		{"other case", `{"Time":"2008-06-01T12:00:00Z","version":1}`, `unknown member "Time"`},
		{"long name", `{"` + strings.Repeat("x", 999) + `":1}`, strings.Repeat("x", 64) + `"...`},
		{"time twice", `{"time":"2008-06-01T12:00:00Z","time":"2008-06-01T12:00:00Z","version":1}`, "given twice"},
		{"version twice", `{"version":1,"version":1}`, "given twice"},
		{"two stamps", `null null`, "more data"},
		{"rubbish behind", `null]`, "more data"},
		{"no zone", at("2008-06-01T12:00:00"), "RFC 3339"},
		{"other zone", at("2008-06-01T13:00:00+01:00"), "RFC 3339"},
		{"zero zone", at("2008-06-01T12:00:00+00:00"), "RFC 3339"},
		{"date", at("2008-06-01Z"), "RFC 3339"},
		{"no such day", at("2008-06-31T12:00:00Z"), "RFC 3339"},
		{"ten digits", at("2008-06-01T12:00:00.0000000000Z"), "RFC 3339"},
		{"comma", at("2008-06-01T12:00:00,5Z"), "RFC 3339"},
		{"no digits", at("2008-06-01T12:00:00.Z"), "RFC 3339"},
		{"space for a digit", at("2008-06- 1T12:00:00Z"), "RFC 3339"},
		{"leap second", at("2008-06-30T23:59:60Z"), "RFC 3339"},
		{"short hour", at("2008-06-01T1:00:00Z"), "RFC 3339"},
		{"short hour, fraction", at("2008-06-01T1:00:00.5Z"), "RFC 3339"},
		{"small letters", at("2008-06-01t12:00:00z"), "RFC 3339"},
		{"empty time", at(""), "RFC 3339"},
		{"before the early edge", at("1677-12-31T23:59:59.999999998Z"), "outside the years"},
		{"year 1", at("0001-01-01T00:00:00Z"), "outside the years"},
		{"after the late edge", at("2262-01-01T00:00:00.000000001Z"), "outside the years"},
		{"year 9999", at("9999-12-31T23:59:59Z"), "outside the years"},
		{"negative version", version("-1"), `"-1" is not a whole number`},
		{"version too high", version("4294967296"), "not a whole number"},
		{"fraction", version("1.0"), "not a whole number"},
		{"exponent", version("1e1"), "not a whole number"},
		{"version in quotes", version(`"1"`), "not a number"},
		{"null version", version("null"), "not a number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := ttl.NewStamp(noon, 7)
			got := before
			err := got.UnmarshalJSON([]byte(tt.text))
			e, ok := errors.AsType[*ttl.StampError](err)
			if !ok || !strings.Contains(e.Detail, tt.want) || e.Offset < 0 || e.Offset > len(tt.text) {
				t.Errorf("UnmarshalJSON(%s) = %v, want a StampError with %q", tt.text, err, tt.want)
			}
			if got != before {
				t.Errorf("UnmarshalJSON(%s) changed the stamp to %v", tt.text, got)
			}
			if err := json.Unmarshal([]byte(tt.text), &got); err == nil || got != before {
				t.Errorf("Unmarshal(%s) = %v, %v, want an error", tt.text, got, err)
			}
		})
	}
	var s ttl.Stamp
	if got, want := fmt.Sprint(s.UnmarshalJSON([]byte(`{"at":1}`))), `ttl: stamp: JSON: at byte 5: unknown member "at"`; got != want {
		t.Errorf("error text = %q, want %q", got, want)
	}
}

// drawStamp draws from all stamps, half of those present near an edge.
func drawStamp(t *rapid.T) ttl.Stamp {
	if rapid.IntRange(0, 9).Draw(t, "absent") == 0 {
		return ttl.Stamp{}
	}
	near := rapid.Custom(func(t *rapid.T) time.Time {
		edge := rapid.SampledFrom([]time.Time{firstInside, lastInside, noon, time.Unix(0, 0)}).Draw(t, "edge")
		return edge.Add(time.Duration(rapid.Int64Range(-3, 3).Draw(t, "ns")))
	})
	far := rapid.Custom(func(t *rapid.T) time.Time {
		sec := rapid.Int64Range(firstInside.Unix()-1e9, lastInside.Unix()+1e9).Draw(t, "sec")
		return time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "nsec"))
	})
	return ttl.NewStamp(rapid.OneOf(near, far).Draw(t, "at"), ttl.Version(rapid.Uint32().Draw(t, "version")))
}

func TestStampJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawStamp(t)
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := drawStamp(t)
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Fatalf("Unmarshal(%s) = %v, %v, want %v", text, got, err, want)
		}
		// The second implementation: encoding/json and package time.
		var model *struct {
			Time    time.Time   `json:"time"`
			Version ttl.Version `json:"version"`
		}
		if err := json.Unmarshal(text, &model); err != nil || (model != nil) != want.Present() {
			t.Fatalf("Unmarshal(%s) into a struct = %v, %v", text, model, err)
		}
		if model != nil {
			if at, _ := want.Time(); !at.Equal(model.Time) || model.Version != want.Version() {
				t.Fatalf("%s says %+v, want %v", text, model, want)
			}
			if same, err := json.Marshal(model); err != nil || !bytes.Equal(same, text) {
				t.Fatalf("Marshal = %s, want %s", text, same)
			}
		}
	})
}

func FuzzStampJSON(f *testing.F) {
	for _, s := range []string{
		`null`, `{"time":"2008-06-01T12:00:00Z","version":38}`, `{"version":0,"time":"2262-01-01T00:00:00Z"}`,
		`{"time":"1677-12-31T23:59:59.999999999Z","version":4294967295}`, `{"time":"","time":1}`, `{,}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := ttl.NewStamp(noon, 7)
		got := before
		if err := got.UnmarshalJSON(data); err != nil {
			if _, ok := errors.AsType[*ttl.StampError](err); !ok || got != before || len(err.Error()) > 1000 {
				t.Fatalf("UnmarshalJSON(%q) = %v, stamp %v", data, err, got)
			}
			return
		}
		if !json.Valid(data) {
			t.Fatalf("UnmarshalJSON(%q) accepts what is no JSON", data)
		}
		text, err := got.MarshalJSON()
		var again ttl.Stamp
		if err != nil || again.UnmarshalJSON(text) != nil || again != got {
			t.Fatalf("UnmarshalJSON(%q) = %v, again %s = %v", data, got, text, again)
		}
	})
}

func TestVerdictJSON(t *testing.T) {
	t.Parallel()
	known := ttl.NewStamp(noon, 38)
	tests := []struct {
		name    string
		verdict ttl.Verdict
		want    string
	}{
		{
			"fresh", (ttl.Policy{}).Check(known, 38, noon.Add(time.Hour)),
			`{"reason":"within_ttl","age_ns":3600000000000,"ttl_ns":86400000000000,"stamp":{"time":"2008-06-01T12:00:00Z","version":38},"required":38}`,
		},
		{
			"from the future", (ttl.Policy{TTL: 1}).Check(known, 0, noon.Add(-time.Hour)),
			`{"reason":"from_future","age_ns":-3600000000000,"ttl_ns":1,"stamp":{"time":"2008-06-01T12:00:00Z","version":38},"required":0}`,
		},
		{
			"absent", (ttl.Policy{}).Check(ttl.Stamp{}, 0, noon),
			`{"reason":"absent","age_ns":0,"ttl_ns":86400000000000,"stamp":null,"required":0}`,
		},
		{"zero", ttl.Verdict{}, `{"age_ns":0,"ttl_ns":0,"stamp":null,"required":0}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tt.verdict)
			if err != nil || string(got) != tt.want {
				t.Fatalf("Marshal(%v) = %s, %v, want %s", tt.verdict, got, err, tt.want)
			}
			var again ttl.Verdict
			if err := json.Unmarshal(got, &again); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.verdict, again); d != "" {
				t.Errorf("Unmarshal(%s) (-want +got):\n%s", got, d)
			}
		})
	}
	if text, err := json.Marshal(ttl.Verdict{Reason: 9}); err == nil {
		t.Errorf("Marshal of an invalid reason = %s, want an error", text)
	}
}

func ExampleVerdict_json() {
	retrieved := time.Date(2008, 6, 1, 3, 0, 0, 0, time.UTC)
	verdict := ttl.Policy{}.Check(ttl.NewStamp(retrieved, 38), 0, retrieved.Add(25*time.Hour))
	text, err := json.MarshalIndent(verdict, "", "  ")
	fmt.Println(string(text), err)
	// Output:
	// {
	//   "reason": "expired",
	//   "age_ns": 90000000000000,
	//   "ttl_ns": 86400000000000,
	//   "stamp": {
	//     "time": "2008-06-01T03:00:00Z",
	//     "version": 38
	//   },
	//   "required": 0
	// } <nil>
}
