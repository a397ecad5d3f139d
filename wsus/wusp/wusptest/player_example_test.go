package wusptest_test

import (
	"context"
	"fmt"
	"reflect"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp/wusptest"
)

// A server whose cookie expires between two pages: what the reference model of
// an update agent does, and that the library's client does the same.
func ExamplePlay() {
	page := func(number int32, truncated bool) *wusptest.ScriptAnswer {
		return &wusptest.ScriptAnswer{Sync: &wusptest.ScriptSync{
			New: []wusptest.ScriptUpdate{{
				ID: number, Identity: wsus.Identity{ID: compliance.UpdateID{15: byte(number)}, Revision: 100},
				Kind: wsus.KindSoftware, Leaf: true, Action: wsus.ActionInstall,
			}},
			Truncated: truncated,
		}}
	}
	script := wusptest.Script{
		Server: wusptest.ScriptServer{Answers: map[string][]*wusptest.ScriptAnswer{
			wusptest.CallSyncUpdates: {page(1, true), {Fault: new("CookieExpired")}, page(2, false)},
		}},
		Retrievals: []wusptest.ScriptRetrieval{{}},
	}
	want := wusptest.Model{}.Run(script)
	for _, call := range want.Retrievals[0].Calls {
		fmt.Println(call.Op, call.Other)
	}
	got, err := wusptest.Play(context.Background(), script)
	fmt.Println(err, reflect.DeepEqual(got, want))
	// Output:
	// get_config []
	// get_authorization_cookie []
	// get_cookie []
	// register_computer []
	// sync_updates []
	// sync_updates [1]
	// get_authorization_cookie []
	// get_cookie []
	// sync_updates [1]
	// get_extended_update_info []
	// <nil> true
}
