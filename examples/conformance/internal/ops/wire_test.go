package ops_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// TestWireMistakes holds the mistakes that the model of an update agent can
// make, and those of the vectors, together.
func TestWireMistakes(t *testing.T) {
	t.Parallel()
	listed := map[string]string{}
	for _, m := range readMutants(t) {
		if slices.Equal(m.Ops, []string{"wire.run"}) {
			listed[m.ID] = m.Rule + ": " + m.Mistake
		}
	}
	if diff := cmp.Diff(wusptest.Mistakes(), listed); diff != "" {
		t.Errorf("mutants.json is not what the model can do (-model +listed)\n%s", diff)
	}
}
