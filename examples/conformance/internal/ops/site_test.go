package ops_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// TestSiteMistakes holds the mistakes that the model of a site can make, and
// those of the vectors, together.
func TestSiteMistakes(t *testing.T) {
	t.Parallel()
	can := sitetest.Mistakes()
	maps.Copy(can, sitetest.ServerMistakes())
	listed := map[string]string{}
	for _, m := range readMutants(t) {
		if slices.Equal(m.Ops, []string{"site.run"}) {
			listed[m.ID] = m.Rule + ": " + m.Mistake
		}
	}
	if diff := cmp.Diff(can, listed); diff != "" {
		t.Errorf("mutants.json is not what the model can do (-model +listed)\n%s", diff)
	}
}
