package wusp_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus/metadata"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// FuzzPublish: a document is refused, or what becomes of it can be read.
func FuzzPublish(f *testing.F) {
	f.Add([]byte(samplePackage))
	f.Add([]byte(categoryDoc))
	f.Add([]byte(softwareDoc(1, 100, "")))
	f.Add([]byte(needing(1, []int{1}, []int{2, 3})))
	f.Add([]byte(`<x><SoftwareDistributionPackage><Properties PackageID="aaaaaaaa-0000-4000-8000-000000000001"/><BundledPackages><PackageID>aaaaaaaa-0000-4000-8000-000000000002</PackageID></BundledPackages></SoftwareDistributionPackage></x>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		store := wusp.NewStore(nil)
		if store.Publish(doc) != nil {
			if store.Len() != 0 {
				t.Fatal("a refused document has left something behind")
			}
			return
		}
		core, _, err := wusp.FragmentsOf(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := metadata.ParseFragment(core, metadata.Options{}); err != nil {
			t.Fatalf("Core fragment: %v\n%s", err, core)
		}
		_ = store.Unreachable()
	})
}
