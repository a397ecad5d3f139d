package wusp_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/updatescan/updatescan/internal/testdata"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// exchanges returns every captured or published envelope, by file.
func exchanges(t *testing.T) map[string][]byte {
	t.Helper()
	found := make(map[string][]byte)
	for _, pattern := range []string{
		filepath.Join(testdata.Dir(t, "ms-wusp", "examples"), "[0-9]*.xml"),
		filepath.Join(testdata.Dir(t, "wsus-captures", "category-scan"), "*", "*.body"),
		filepath.Join(testdata.Dir(t, "wsus-captures", "cbs"), "get-file-locations-response.xml"),
	} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("Glob(%s) = %v, %v", pattern, names, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = data
		}
	}
	return found
}

// operationOf finds the operation by the element in the body, as text.
func operationOf(t *testing.T, data []byte) (op wusp.Operation, response, fault bool) {
	t.Helper()
	_, body, _ := bytes.Cut(data, []byte("Body"))
	for o := range wusp.Operations() {
		if bytes.Contains(body, []byte("<"+o.Name()+"Response")) {
			return o, true, false
		}
		if bytes.Contains(body, []byte("<"+o.Name()+" ")) || bytes.Contains(body, []byte("<"+o.Name()+"\n")) {
			return o, false, false
		}
	}
	return 0, true, bytes.Contains(body, []byte("Fault>"))
}

// node is an element without what means nothing: empty elements, nil ones,
// white space, and the ways in which names, ids and booleans may be written.
type node struct {
	Name string
	Text string
	Kids []node
}

func meaning(t *testing.T, data []byte) node {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	stack := []*node{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			stack[0].Text = ""
			return *stack[0]
		}
		if err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			space := token.Name.Space
			if strings.Contains(space, "/soap/envelope/") {
				space = "soap"
			}
			stack = append(stack, &node{Name: space + " " + token.Name.Local})
		case xml.CharData:
			top.Text += string(token)
		case xml.EndElement:
			if len(top.Kids) > 0 || strings.TrimSpace(top.Text) == "" {
				top.Text = ""
			}
			top.Text = plain(top.Name, top.Text)
			stack = stack[:len(stack)-1]
			if parent := stack[len(stack)-1]; len(top.Kids) > 0 || top.Text != "" {
				parent.Kids = append(parent.Kids, *top)
			}
		}
	}
}

// plain is a text as it is compared. A prefix in faultcode is a name of no
// one's choice, base64 may be broken into lines, ids have no case.
func plain(name, text string) string {
	switch {
	case strings.HasSuffix(name, " faultcode"):
		return text[strings.Index(text, ":")+1:]
	case strings.HasSuffix(name, "Data") && strings.HasSuffix(text, "="):
		return strings.Join(strings.Fields(text), "")
	case strings.HasSuffix(name, " EventInstanceID"), strings.HasSuffix(name, " UpdateID"):
		return strings.ToLower(text)
	}
	return strings.ReplaceAll(text, "\r\n", "\n")
}

// TestCaptures: every genuine envelope decodes, and what is encoded for it
// means the same.
func TestCaptures(t *testing.T) {
	t.Parallel()
	seen := make(map[wusp.Operation]bool)
	for name, data := range exchanges(t) {
		op, response, fault := operationOf(t, data)
		var again []byte
		switch {
		case fault:
			f, ok, err := wusp.DecodeFault(data, 0)
			if err != nil || !ok {
				t.Errorf("%s: DecodeFault = %v, %v", name, ok, err)
				continue
			}
			again = wusp.AppendFault(nil, f)
		case response:
			m, err := wusp.DecodeResponse(data, op, 0)
			if err != nil {
				t.Errorf("%s: DecodeResponse = %v", name, err)
				continue
			}
			again = wusp.AppendEnvelope(nil, m)
		default:
			m, err := wusp.DecodeRequest(data, 0)
			if err != nil {
				t.Errorf("%s: DecodeRequest = %v", name, err)
				continue
			}
			again = wusp.AppendEnvelope(nil, m)
		}
		seen[op] = true
		if diff := cmp.Diff(meaning(t, data), meaning(t, again)); diff != "" {
			t.Errorf("%s: meaning changed (-want +got):\n%s", name, diff)
		}
	}
	for op := range wusp.Operations() {
		if !seen[op] && op != wusp.OpGetExtendedUpdateInfo2 {
			t.Errorf("no envelope of %s", op)
		}
	}
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 10, 4, 16, 3, 35, 996723600, time.UTC)
	for text, want := range map[wusp.DateTime]time.Time{
		"2026-10-04T16:03:35.9967236Z":      at,
		"2026-10-04T18:03:35.9967236+02:00": at,
		"2026-10-04T16:03:35.9967236":       at,
		"2026-10-04T16:03:35Z":              at.Truncate(time.Second),
		"2026-10-04":                        time.Date(2026, 10, 4, 0, 0, 0, 0, time.UTC),
	} {
		if got, ok := text.Time(); !ok || !got.Equal(want) {
			t.Errorf("DateTime(%s).Time() = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []wusp.DateTime{"", "REDACTED", "2026-13-01"} {
		if got, ok := text.Time(); ok {
			t.Errorf("DateTime(%s).Time() = %v, want none", text, got)
		}
	}
	if got := wusp.NewDateTime(at.Add(12)); got != "2026-10-04T16:03:35.9967236Z" {
		t.Errorf("NewDateTime = %s", got)
	}
}
