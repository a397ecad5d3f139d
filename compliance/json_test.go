package compliance_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/compliance/compliancetest"
	"github.com/updatescan/updatescan/compliance/compliancetest/compliancerapid"
	"pgregory.net/rapid"
)

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		next := compliancerapid.Pairs().Draw(t, "pair").Next
		s := compliancetest.Build(t, nil, next)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		// The form as any other reader sees it.
		var plain struct {
			Updates []struct {
				ID       string
				Revision uint32
				State    string
			}
		}
		if err := json.Unmarshal(text, &plain); err != nil || len(plain.Updates) != s.Len() {
			t.Fatalf("json.Unmarshal = %d updates, %v, want %d", len(plain.Updates), err, s.Len())
		}
		for i, u := range plain.Updates {
			r := s.At(i)
			if u.ID != r.ID.String() || u.Revision != uint32(r.Revision) || u.State != r.State.String() {
				t.Fatalf("update %d = %v, want %v", i, u, r)
			}
		}
		var got compliance.Snapshot
		if err := json.Unmarshal(text, &got); err != nil || !got.Equal(s) {
			t.Fatalf("Unmarshal(%s) = %v, want the same records", text, err)
		}
	})
}

func TestJSONIsFixed(t *testing.T) {
	t.Parallel()
	const want = `{"updates":[` +
		`{"id":"5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31","revision":200,"state":"required"},` +
		`{"id":"f0000000-0000-0000-0000-000000000002","revision":0,"state":"unknown"}]}`
	const other = ` { "updates" : [
		{"state":"unknown", "revision":0, "id":"{F0000000-0000-0000-0000-000000000002}"},
		{"\u0069d":"5D7E1F0A-93C4-4B1D-8A52-0C6F2E9B7D31", "state":"required", "revision":200} ] } `
	for _, text := range []string{want, other} {
		var s compliance.Snapshot
		if err := s.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatalf("UnmarshalJSON(%s) = %v, want no error", text, err)
		}
		got, err := json.Marshal(&s)
		if err != nil || string(got) != want {
			t.Errorf("json.Marshal = %s, %v, want %s", got, err, want)
		}
	}
}

func TestJSONNull(t *testing.T) {
	t.Parallel()
	in := struct{ A, B *compliance.Snapshot }{B: &compliance.Snapshot{}}
	text, err := json.Marshal(in)
	if want := `{"A":null,"B":{"updates":[]}}`; err != nil || string(text) != want {
		t.Fatalf("json.Marshal = %s, %v, want %s", text, err, want)
	}
	s := compliancetest.Build(t, nil, benchRecords(3, 1))
	if err := s.UnmarshalJSON([]byte(" null\n")); err != nil || s.Len() != 3 {
		t.Errorf("UnmarshalJSON(null) = %v, %d records, want no change", err, s.Len())
	}
}

func TestUnmarshalJSONRefuses(t *testing.T) {
	t.Parallel()
	const (
		id  = `"id":"` + sampleID + `"`
		rev = `"revision":200`
		st  = `"state":"required"`
		ok  = `{` + id + `,` + rev + `,` + st + `}`
	)
	tests := []struct{ name, text, fault string }{
		{"empty", ``, "truncated"},
		{"spaces", "  ", "truncated"},
		{"array", `[]`, "want '{'"},
		{"string", `"x"`, "want '{'"},
		{"no updates", `{}`, `"updates" is missing`},
		{"updates twice", `{"updates":[],"updates":[]}`, "given twice"},
		{"updates in capitals", `{"Updates":[]}`, `unknown member "Updates"`},
		{"unknown member", `{"updates":[],"x":1}`, `unknown member "x"`},
		{"updates an object", `{"updates":{}}`, "want '['"},
		{"updates null", `{"updates":null}`, "want '['"},
		{"update a number", `{"updates":[1]}`, "want '{'"},
		{"update null", `{"updates":[null]}`, "want '{'"},
		{"behind", `{"updates":[]} {}`, "more data"},
		{"bracket behind", `{"updates":[]}]`, "more data"},
		{"brace behind", `{"updates":[]}}`, "more data"},
		{"garbage behind", `{"updates":[]}x`, "more data"},
		{"truncated array", `{"updates":[` + ok, "truncated"},
		{"truncated object", `{"updates":[]`, "truncated"},
		{"truncated string", `{"updates":[{"id":"5d7e`, "not JSON"},
		{"comma at the end", `{"updates":[` + ok + `,]}`, "not JSON"},
		{"comma behind updates", `{"updates":[],}`, "not JSON"},
		{"no comma", `{"updates":[` + ok + ok + `]}`, "not JSON"},
		{"no colon", `{"updates" []}`, "not JSON"},
		{"wrong bracket", `{"updates":[}]`, "not JSON"},
		{"update truncated", `{"updates":[{` + id, "truncated"},
		{"name truncated", `{"updates":[{`, "truncated"},
		{"value missing", `{"updates":[{"id":`, "truncated"},
		{"no id", `{"updates":[{` + rev + `,` + st + `}]}`, `needs "id"`},
		{"no revision", `{"updates":[{` + id + `,` + st + `}]}`, `needs "id"`},
		{"no state", `{"updates":[{` + id + `,` + rev + `}]}`, `needs "id"`},
		{"id twice", `{"updates":[{` + id + `,` + id + `,` + rev + `,` + st + `}]}`, `"id" given twice`},
		{"revision twice", `{"updates":[{` + rev + `,` + id + `,` + rev + `,` + st + `}]}`, `"revision" given twice`},
		{"state twice", `{"updates":[{` + id + `,` + st + `,` + rev + `,` + st + `}]}`, `"state" given twice`},
		{"title", `{"updates":[{` + id + `,"title":"x",` + rev + `,` + st + `}]}`, `unknown member "title"`},
		{"id in capitals", `{"updates":[{"ID":"` + sampleID + `",` + rev + `,` + st + `}]}`, `unknown member "ID"`},
		{"id a number", `{"updates":[{"id":1,` + rev + `,` + st + `}]}`, "id is not a string"},
		{"id null", `{"updates":[{"id":null,` + rev + `,` + st + `}]}`, "id is not a string"},
		{"id bad", `{"updates":[{"id":"x",` + rev + `,` + st + `}]}`, "update id"},
		{"state bad", `{"updates":[{` + id + `,` + rev + `,"state":"Required"}]}`, `"Required" is not one`},
		{"state a number", `{"updates":[{` + id + `,` + rev + `,"state":2}]}`, "state is not a string"},
		{"state an object", `{"updates":[{` + id + `,` + rev + `,"state":{}}]}`, "state is not a string"},
		{"revision a string", `{"updates":[{` + id + `,` + st + `,"revision":"200"}]}`, "revision is not a number"},
		{"revision negative", `{"updates":[{` + id + `,` + st + `,"revision":-1}]}`, "not a whole number"},
		{"revision minus zero", `{"updates":[{` + id + `,` + st + `,"revision":-0}]}`, "not a whole number"},
		{"revision broken", `{"updates":[{` + id + `,` + st + `,"revision":1.0}]}`, "not a whole number"},
		{"revision exponent", `{"updates":[{` + id + `,` + st + `,"revision":1e2}]}`, "not a whole number"},
		{"revision over", `{"updates":[{` + id + `,` + st + `,"revision":2147483648}]}`, "not a whole number"},
		{"revision far over", `{"updates":[{` + id + `,` + st + `,"revision":4294967296}]}`, "not a whole number"},
		{"duplicate", `{"updates":[` + ok + `,` + ok + `]}`, "duplicate update: " + sampleID},
		{"huge name", `{"updates":[],"` + strings.Repeat("x", 9999) + `":1}`, "unknown member"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := compliancetest.Build(t, nil, benchRecords(3, 1))
			err := s.UnmarshalJSON([]byte(test.text))
			e, isDecode := errors.AsType[*compliance.DecodeError](err)
			if !isDecode || !errors.Is(err, compliance.ErrCorrupt) || !strings.Contains(err.Error(), test.fault) {
				t.Fatalf("UnmarshalJSON(%.90s) = %v, want %v: %s", test.text, err, compliance.ErrCorrupt, test.fault)
			}
			if e.Offset < 0 || e.Offset > len(test.text) {
				t.Errorf("offset = %d, want one within %d bytes", e.Offset, len(test.text))
			}
			if n := len(err.Error()); n > 400 {
				t.Errorf("error text has %d bytes, want a bounded one", n)
			}
			if !s.Equal(compliancetest.Build(t, nil, benchRecords(3, 1))) {
				t.Error("UnmarshalJSON changed its receiver on error")
			}
		})
	}
	t.Run("causes", func(t *testing.T) {
		t.Parallel()
		var s compliance.Snapshot
		err := s.UnmarshalJSON([]byte(`{"updates":[` + ok + `,` + ok + `]}`))
		if dup, is := errors.AsType[*compliance.DuplicateError](err); !is || dup.ID != parse(t, sampleID) {
			t.Errorf("UnmarshalJSON = %v, want a *DuplicateError", err)
		}
		err = s.UnmarshalJSON([]byte(`{"updates":[{"id":"zz"}]}`))
		if bad, is := errors.AsType[*compliance.IDError](err); !is || bad.Text != "zz" {
			t.Errorf("UnmarshalJSON = %v, want an *IDError", err)
		}
	})
}

func TestUnmarshalJSONEveryPrefix(t *testing.T) {
	t.Parallel()
	text, err := compliancetest.Build(t, nil, benchRecords(3, 1)).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		var s compliance.Snapshot
		if err := s.UnmarshalJSON(text[:i]); !errors.Is(err, compliance.ErrCorrupt) {
			t.Errorf("UnmarshalJSON(%s) = %v, want %v", text[:i], err, compliance.ErrCorrupt)
		}
	}
}

func FuzzSnapshotUnmarshalJSON(f *testing.F) {
	f.Add([]byte(`{"updates":[]}`))
	f.Add([]byte(`{"updates":[{"id":"` + sampleID + `","revision":200,"state":"required"}]}`))
	f.Add([]byte(`{"updates":[{"state":"unknown","id":"{` + sampleID + `}","revision":2147483647},]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := compliancetest.Build(t, nil, []compliance.Record{{ID: compliancetest.Scattered(1), State: compliance.Required}})
		s := *before
		err := s.UnmarshalJSON(data)
		if err != nil {
			if !errors.Is(err, compliance.ErrCorrupt) || !s.Equal(before) {
				t.Fatalf("UnmarshalJSON(%q) = %v, want %v and no change", data, err, compliance.ErrCorrupt)
			}
			return
		}
		if !json.Valid(data) {
			t.Fatalf("UnmarshalJSON(%q) = nil, but it is not JSON", data)
		}
		text, err := s.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var again compliance.Snapshot
		if err := again.UnmarshalJSON(text); err != nil || !again.Equal(&s) {
			t.Fatalf("UnmarshalJSON(%s) = %v, want the same records", text, err)
		}
	})
}
