package applicability_test

import (
	"testing"

	"github.com/updatescan/updatescan/wsus/applicability"
)

func BenchmarkEvaluateVendorCatalog(b *testing.B) {
	c := vendorCatalog(b)
	e := newEvaluator(b, applicability.Config{Facts: laptop(b).Facts()})
	e.Compile(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Evaluate(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(c.Len()), "us/package")
}

// BenchmarkFirstEvaluateVendorCatalog is a scan with an Evaluator that has
// seen no catalogue before: it compiles what it needs and evaluates it.
func BenchmarkFirstEvaluateVendorCatalog(b *testing.B) {
	c := vendorCatalog(b)
	facts := laptop(b).Facts()
	b.ReportAllocs()
	for b.Loop() {
		e := newEvaluator(b, applicability.Config{Facts: facts})
		if _, err := e.Evaluate(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(c.Len()), "us/package")
}

func BenchmarkCompileVendorCatalog(b *testing.B) {
	c := vendorCatalog(b)
	b.ReportAllocs()
	for b.Loop() {
		applicability.Compile(c)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(c.Len()), "us/package")
}
