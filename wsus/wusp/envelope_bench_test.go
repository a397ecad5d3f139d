package wusp_test

import (
	"encoding/xml"
	"fmt"
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// pageOf is an answer of n updates with fragments like those of a real
// server.
func pageOf(n int) *wusp.SyncUpdatesResponse {
	m := &wusp.SyncUpdatesResponse{NewCookie: &wusp.Cookie{Expiration: "2026-11-22T11:00:00Z", EncryptedData: make([]byte, 240)}}
	for i := range n {
		m.NewUpdates = append(m.NewUpdates, wusp.UpdateInfo{
			ID: int32(100_000 + i), IsLeaf: true,
			Deployment: &wusp.Deployment{
				ID: int32(8000 + i), Action: wsus.ActionPreDeploymentCheck, IsAssigned: true, LastChangeTime: "2026-10-04",
				AutoSelect: "0", AutoDownload: "0", SupersedenceBehavior: "0",
			},
			XML: fmt.Appendf(nil, `<UpdateIdentity UpdateID="%08x-52b1-4d1c-9a6e-0123456789ab" RevisionNumber="%d" /><Properties UpdateType="Software" />`+
				`<ApplicabilityRules><IsInstalled><And><b.RegSz Key="HKEY_LOCAL_MACHINE" Subkey="SOFTWARE\Example\Product\%d" Value="Version" Comparison="EqualTo" Data="1.%d" />`+
				`<b.FileVersion Path="\system32\example.dll" Csidl="36" Comparison="LessThan" Version="10.0.%d.1" /></And></IsInstalled></ApplicabilityRules>`,
				i*7919, i%300, i, i%10, i%20000),
		})
	}
	return m
}

// The same answer for encoding/xml.
type (
	stdCookie struct {
		Expiration    string
		EncryptedData []byte
	}
	stdDeployment struct {
		ID                   int32
		Action               string
		IsAssigned           bool
		LastChangeTime       string
		AutoSelect           string
		AutoDownload         string
		SupersedenceBehavior string
	}
	stdUpdate struct {
		ID         int32
		Deployment *stdDeployment
		IsLeaf     bool
		XML        string `xml:"Xml"`
	}
	stdEnvelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Response struct {
				Result struct {
					NewUpdates struct {
						UpdateInfo []stdUpdate
					}
					Truncated bool
					NewCookie *stdCookie
				} `xml:"SyncUpdatesResult"`
			} `xml:"SyncUpdatesResponse"`
		}
	}
)

func BenchmarkDecodeSyncUpdates(b *testing.B) {
	for _, n := range []int{25, 1000} {
		data := wusp.AppendEnvelope(nil, pageOf(n))
		b.Run(fmt.Sprintf("updates=%d/wusp", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				m, err := wusp.DecodeResponse(data, wusp.OpSyncUpdates, 0)
				if err != nil || len(m.(*wusp.SyncUpdatesResponse).NewUpdates) != n {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("updates=%d/encoding-xml", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				var e stdEnvelope
				if err := xml.Unmarshal(data, &e); err != nil || len(e.Body.Response.Result.NewUpdates.UpdateInfo) != n {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecodeRequest is what a server reads of a client with 2,000
// revisions.
func BenchmarkDecodeRequest(b *testing.B) {
	m := &wusp.SyncUpdatesRequest{Cookie: &wusp.Cookie{EncryptedData: make([]byte, 240)}}
	for i := range int32(2000) {
		m.OtherCachedUpdateIDs = append(m.OtherCachedUpdateIDs, 100_000+i)
	}
	data := wusp.AppendEnvelope(nil, m)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := wusp.DecodeRequest(data, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeSyncUpdates(b *testing.B) {
	m := pageOf(1000)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = wusp.AppendEnvelope(buf[:0], m)
	}
	b.SetBytes(int64(len(buf)))
}
