package wusp_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// filled returns an empty message of each kind with every field set.
func filled(tb testing.TB, op wusp.Operation, response bool) wusp.Message {
	tb.Helper()
	name := op.Name() + "Request"
	if response {
		name = op.Name() + "Response"
	}
	for _, m := range []wusp.Message{
		new(wusp.GetConfigRequest), new(wusp.GetConfigResponse), new(wusp.GetAuthorizationCookieRequest), new(wusp.GetAuthorizationCookieResponse),
		new(wusp.GetCookieRequest), new(wusp.GetCookieResponse), new(wusp.RegisterComputerRequest), new(wusp.RegisterComputerResponse),
		new(wusp.StartCategoryScanRequest), new(wusp.StartCategoryScanResponse), new(wusp.SyncUpdatesRequest), new(wusp.SyncUpdatesResponse),
		new(wusp.RefreshCacheRequest), new(wusp.RefreshCacheResponse), new(wusp.GetExtendedUpdateInfoRequest), new(wusp.GetExtendedUpdateInfoResponse),
		new(wusp.GetExtendedUpdateInfo2Request), new(wusp.GetExtendedUpdateInfo2Response), new(wusp.GetFileLocationsRequest), new(wusp.GetFileLocationsResponse),
		new(wusp.ReportEventBatchRequest), new(wusp.ReportEventBatchResponse),
	} {
		v := reflect.ValueOf(m).Elem()
		if v.Type().Name() == name {
			n := 0
			fill(v, &n)
			return m
		}
	}
	tb.Fatalf("no message %s", name)
	return nil
}

func fill(v reflect.Value, n *int) {
	*n++
	if v.CanInterface() {
		switch v.Interface().(type) {
		case compliance.UpdateID:
			v.Set(reflect.ValueOf(compliance.UpdateID{1, 2, 3, byte(*n)}))
			return
		case wsus.Action:
			v.Set(reflect.ValueOf(wsus.ActionInstall))
			return
		case wusp.DateTime:
			v.SetString("2026-11-22T10:00:00.1234567Z")
			return
		}
	}
	switch v.Kind() { //nolint:exhaustive // messages are made of these
	case reflect.String:
		v.SetString(fmt.Sprintf(" <a & \"b\">\r\n\t]]> '%d' \u00e4\U0001F600 ", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(-*n))
	case reflect.Uint8:
		v.SetUint(uint64('a' + *n%26))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	}
}

func decode(data []byte, op wusp.Operation, response bool) (wusp.Message, error) {
	if response {
		return wusp.DecodeResponse(data, op, 0)
	}
	return wusp.DecodeRequest(data, 0)
}

// TestRoundTrip: every message with every field set, and with none, is read
// back as it was, by this reader and as XML by another.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for op := range wusp.Operations() {
		for _, response := range []bool{false, true} {
			m := filled(t, op, response)
			if m.Operation() != op || m.Response() != response {
				t.Errorf("%T says %v, %v", m, m.Operation(), m.Response())
			}
			data := wusp.AppendEnvelope(nil, m)
			got, err := decode(data, op, response)
			if err != nil {
				t.Fatalf("%T: %v in %s", m, err, data)
			}
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("%T (-want +got):\n%s", m, diff)
			}
			if again := wusp.AppendEnvelope(nil, got); !bytes.Equal(again, data) {
				t.Errorf("%T is written in two ways", m)
			}
			var any struct{ XMLName xml.Name }
			if err := xml.Unmarshal(data, &any); err != nil {
				t.Errorf("%T: encoding/xml: %v", m, err)
			}
			empty := reflect.New(reflect.TypeOf(m).Elem()).Interface().(wusp.Message)
			if _, err := decode(wusp.AppendEnvelope(nil, empty), op, response); err != nil {
				t.Errorf("empty %T: %v", m, err)
			}
		}
	}
}

// TestTolerance: the ways in which real servers write.
func TestTolerance(t *testing.T) {
	t.Parallel()
	const ns = "http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService"
	want := &wusp.SyncUpdatesResponse{NewUpdates: []wusp.UpdateInfo{{ID: 5, IsLeaf: true, XML: []byte("<a/>")}}, OutOfScopeRevisionIDs: []int32{1, -2, 3}, Truncated: true}
	for name, text := range map[string]string{
		"prefixes":   `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="` + ns + `"><soap:Header><x/></soap:Header><soap:Body><n:SyncUpdatesResponse><n:SyncUpdatesResult><n:NewUpdates><n:UpdateInfo><n:ID>5</n:ID><n:IsLeaf>1</n:IsLeaf><n:Xml>&lt;a/&gt;</n:Xml></n:UpdateInfo></n:NewUpdates><n:OutOfScopeRevisionIDs><n:int>1</n:int><n:int>-2</n:int><n:int> 3 </n:int></n:OutOfScopeRevisionIDs><n:Truncated> true </n:Truncated></n:SyncUpdatesResult></n:SyncUpdatesResponse></soap:Body></soap:Envelope>`,
		"order":      `<Envelope><Body><SyncUpdatesResponse><SyncUpdatesResult><Truncated>true</Truncated><Unknown><int>9</int></Unknown><OutOfScopeRevisionIDs><int>1</int><!-- x --><int>-2</int><int>3</int></OutOfScopeRevisionIDs><ChangedUpdates/><NewUpdates><UpdateInfo><Xml><![CDATA[<a/>]]></Xml><IsLeaf>true</IsLeaf><ID>5</ID></UpdateInfo></NewUpdates></SyncUpdatesResult></SyncUpdatesResponse></Body></Envelope>`,
		"soap array": `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><SyncUpdatesResponse xmlns="` + ns + `"><SyncUpdatesResult><NewUpdates e:arrayType="x[1]"><UpdateInfo><ID>5</ID><Deployment xsi:nil="1"/><IsLeaf>true</IsLeaf><Xml>&lt;a/&gt;</Xml></UpdateInfo><UpdateInfo xsi:nil="true"/></NewUpdates><OutOfScopeRevisionIDs><int>1</int><int>-2</int><int>3</int></OutOfScopeRevisionIDs><ChangedUpdates xsi:nil="true"/><Truncated>1</Truncated><NewCookie xsi:nil="true"/></SyncUpdatesResult></SyncUpdatesResponse></s:Body></s:Envelope>`,
	} {
		got, err := wusp.DecodeResponse([]byte(text), wusp.OpSyncUpdates, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(wusp.Message(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestRefuses: what is no envelope, by its kind and with its place.
func TestRefuses(t *testing.T) {
	t.Parallel()
	wrap := func(s string) string { return "<Envelope><Body>" + s + "</Body></Envelope>" }
	for _, tt := range []struct {
		text string
		kind error
	}{
		{"", wusp.ErrNotSOAP},
		{"hello", wusp.ErrNotSOAP},
		{"<html/>", wusp.ErrNotSOAP},
		{"<Envelope/>", wusp.ErrNotSOAP},
		{wrap(""), wusp.ErrNotSOAP},
		{wrap("<Surprise/>"), wusp.ErrUnknownOperation},
		{wrap("<SyncUpdates><parameters><OtherCachedUpdateIDs><int>x</int></OtherCachedUpdateIDs></parameters></SyncUpdates>"), nil},
		{wrap("<SyncUpdates><parameters><OtherCachedUpdateIDs><int>99999999999</int></OtherCachedUpdateIDs></parameters></SyncUpdates>"), nil},
		{wrap("<SyncUpdates><parameters><OtherCachedUpdateIDs><int>1</int><int>2</int>"), nil},
		{wrap("<SyncUpdates><parameters><SkipSoftwareSync>maybe</SkipSoftwareSync></parameters></SyncUpdates>"), nil},
		{wrap("<StartCategoryScan><requestedCategories><a><CategoryId>no</CategoryId></a></requestedCategories></StartCategoryScan>"), nil},
		{wrap("<GetCookie><oldCookie><EncryptedData>%%</EncryptedData></oldCookie></GetCookie>"), nil},
		{wrap("<GetConfig/>") + "<more/>", nil},
		{laughs + wrap("<GetConfig/>"), nil},
		{strings.Repeat("<Envelope>", 1000), nil},
	} {
		m, err := wusp.DecodeRequest([]byte(tt.text), 0)
		e, ok := errors.AsType[*wusp.DecodeError](err)
		if !ok || m != nil || tt.kind != nil && !errors.Is(err, tt.kind) || e.Code() != wsus.CodeParse {
			t.Errorf("DecodeRequest(%.60q) = %v, %v, want %v", tt.text, m, err, tt.kind)
		}
	}
	if _, err := wusp.DecodeRequest(make([]byte, 101), 100); !errors.Is(err, wusp.ErrTooLarge) {
		t.Errorf("over the bound: %v", err)
	}
	if _, err := wusp.DecodeResponse(nil, 0, 0); !errors.Is(err, wusp.ErrUnknownOperation) {
		t.Errorf("no operation: %v", err)
	}
	if _, _, err := wusp.DecodeFault([]byte("x"), 0); !errors.Is(err, wusp.ErrNotSOAP) {
		t.Errorf("no fault: %v", err)
	}
	_, err := wusp.DecodeRequest([]byte("<Envelope>\n<Body><GetConfig></GetConfi></Body></Envelope>"), 0)
	if e, ok := errors.AsType[*wusp.DecodeError](err); !ok || e.Line != 2 {
		t.Errorf("no position: %v", err)
	}
}

// TestFault: the code, the two spellings, and the form on the wire.
func TestFault(t *testing.T) {
	t.Parallel()
	f := wusp.NewFault(wusp.InvalidParameters, "parameters.InstalledNonLeafUpdateIDs")
	f.ID, f.Method = "id", `"method"`
	data := wusp.AppendFault(nil, f)
	if want := `<detail><ErrorCode>InvalidParameters</ErrorCode><Message>parameters.InstalledNonLeafUpdateIDs</Message><ID>id</ID><Method>"method"</Method></detail>`; !strings.Contains(string(data), want) {
		t.Errorf("AppendFault = %s", data)
	}
	got, ok, err := wusp.DecodeFault(data, 0)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if diff := cmp.Diff(f, got); diff != "" {
		t.Errorf("fault (-want +got):\n%s", diff)
	}
	if wusp.ErrorCode("InvalidParameter").Normal() != wusp.InvalidParameters || wusp.ErrorCode("FileLocationsChanged").Normal() != wusp.FileLocationChanged {
		t.Error("the second spellings are not known")
	}
	if wusp.NewFault(wusp.ServerBusy, "").FaultCode != "Server" || f.FaultCode != "Client" {
		t.Error("the wrong side is at fault")
	}
	if !strings.Contains(f.Error(), "InstalledNonLeaf") || !strings.Contains((&wusp.Fault{FaultString: "stack"}).Error(), "stack") {
		t.Errorf("Error() = %q", f)
	}
}

func TestOperation(t *testing.T) {
	t.Parallel()
	valid := make(map[wusp.Operation]bool)
	for op := range wusp.Operations() {
		valid[op] = true
		if op.Name() == "" || !strings.HasSuffix(op.Action(), "/"+op.Name()) || !strings.HasPrefix(op.Path(), "/") {
			t.Errorf("%v: %q %q %q", op, op.Name(), op.Action(), op.Path())
		}
	}
	for i := range math.MaxUint8 + 1 {
		op := wusp.Operation(i)
		text, err := op.MarshalText()
		if valid[op] != (err == nil) || op.Valid() != valid[op] || (op.Name() != "") != valid[op] {
			t.Fatalf("Operation(%d): %q, %v", i, text, err)
		}
		if err != nil && (!errors.Is(err, wusp.ErrBadOperation) || op.String() != fmt.Sprintf("Operation(%d)", i)) {
			t.Errorf("Operation(%d): %v, %s", i, err, op)
		}
		var back wusp.Operation
		if err == nil && (back.UnmarshalText(text) != nil || back != op || op.String() != string(text)) {
			t.Errorf("%s is read as %v", text, back)
		}
	}
	op := wusp.OpGetCookie
	if err := op.UnmarshalText([]byte("GetCookie")); !errors.Is(err, wusp.ErrBadOperation) || op != wusp.OpGetCookie {
		t.Errorf("UnmarshalText = %v, %v", err, op)
	}
	for a := range wsus.Actions() {
		if got, ok := wusp.ParseActionName(strings.ToUpper(wusp.ActionName(a))); a != wsus.ActionNone && (!ok || got != a) {
			t.Errorf("action %v: %v, %v", a, got, ok)
		}
	}
	if _, ok := wusp.ParseActionName("Dance"); ok {
		t.Error("an action that is none")
	}
}

// FuzzEnvelope: no input makes the decoder panic, and what it accepts it
// writes in a form that it reads as the same.
func FuzzEnvelope(f *testing.F) {
	for op := range wusp.Operations() {
		f.Add(wusp.AppendEnvelope(nil, filled(f, op, false)))
		f.Add(wusp.AppendEnvelope(nil, filled(f, op, true)))
	}
	f.Add(wusp.AppendFault(nil, wusp.NewFault(wusp.ServerBusy, "x")))
	f.Add([]byte(laughs))
	f.Fuzz(func(t *testing.T, data []byte) {
		check := func(m wusp.Message, err error, op wusp.Operation, response bool) {
			if err != nil {
				if wsus.CodeOf(err) == wsus.CodeUnspecified {
					t.Errorf("error without a code: %v", err)
				}
				return
			}
			once := wusp.AppendEnvelope(nil, m)
			again, err := decode(once, op, response)
			if err != nil {
				t.Fatalf("%v in what was written: %s", err, once)
			}
			if twice := wusp.AppendEnvelope(nil, again); !bytes.Equal(once, twice) {
				t.Errorf("written as\n%s\nthen as\n%s", once, twice)
			}
		}
		m, err := wusp.DecodeRequest(data, 1<<20)
		op := wusp.Operation(0)
		if m != nil {
			op = m.Operation()
		}
		check(m, err, op, false)
		for op := range wusp.Operations() {
			m, err := wusp.DecodeResponse(data, op, 1<<20)
			check(m, err, op, true)
		}
		if fault, ok, err := wusp.DecodeFault(data, 1<<20); ok && err == nil {
			if _, ok, err := wusp.DecodeFault(wusp.AppendFault(nil, fault), 0); !ok || err != nil {
				t.Errorf("fault is not read back: %v", err)
			}
		}
	})
}
