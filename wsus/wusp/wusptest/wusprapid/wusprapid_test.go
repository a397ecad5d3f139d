package wusprapid_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest/wusprapid"
)

// TestClientIsTheModel plays scripts for the library's client: it calls, and
// ends, as the reference model says (WF-3, WF-4, WF-9, WF-10, DEC-8).
func TestClientIsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for range 12 {
			s := wusprapid.Script(4).Draw(t, "script")
			got, err := wusptest.Play(context.Background(), s)
			if err != nil {
				t.Fatalf("Play = %v", err)
			}
			if want := (wusptest.Model{}).Run(s); !reflect.DeepEqual(got, want) {
				t.Fatalf("the client is not the model (-model +client)\n%s", cmp.Diff(want, got))
			}
		}
	})
}
