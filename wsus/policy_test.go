package wsus_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wsustest"
	"github.com/updatescan/updatescan/wsus/wsustest/wsusrapid"
)

func TestPolicyFor(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-3")
	t.Attr("rule", "WF-4")
	t.Attr("rule", "WF-5")
	const url = "http://wsus.example.test:8530"
	loc := wsus.Location{URL: url}
	set := func(server, status string, use, higher bool) wsus.Policy {
		return wsus.Policy{Server: server, StatusServer: status, Use: use, HigherAuthority: higher}
	}
	fresh := set(url, url, true, false)
	tests := []struct {
		name      string
		rule      string
		loc       wsus.Location
		effective wsus.Policy
		want      wsus.Policy
		write     bool
		conflict  bool
	}{
		{"none set", "WF-3", loc, wsus.Policy{}, fresh, true, false},
		{"already written", "WF-3", loc, fresh, fresh, false, false},
		{"already written in another spelling", "WF-3", loc, set("HTTP://WSUS.example.test:8530/", url, true, false), set("HTTP://WSUS.example.test:8530/", url, true, false), false, false},
		{"not in use", "WF-3", loc, set(url, url, false, false), fresh, true, false},
		{"no status server", "WF-3", loc, set(url, "", true, false), fresh, true, false},
		{"other status server", "WF-3", loc, set(url, "http://x:8530", true, false), fresh, true, false},
		{"other server", "WF-3", loc, set("http://x:8530", url, true, false), fresh, true, false},
		{"other port", "WF-3", loc, set("http://wsus.example.test", url, true, false), fresh, true, false},
		{"other scheme", "WF-3", loc, set("https://wsus.example.test:8530", url, true, false), fresh, true, false},
		{"nonsense is overwritten", "WF-3", loc, set("wsus", "wsus", true, false), fresh, true, false},
		{"default port written out", "WF-3", wsus.Location{URL: "https://WSUS"}, wsus.Policy{}, set("https://wsus:443", "https://wsus:443", true, false), true, false},
		{"default port is the same port", "WF-3", wsus.Location{URL: "http://wsus:80"}, set("http://wsus", "http://wsus/", true, false), set("http://wsus", "http://wsus/", true, false), false, false},

		{"domain names the same", "WF-5", loc, set(url, url, true, true), set(url, url, true, true), false, false},
		{"domain names the same in capitals", "WF-5", loc, set(strings.ToUpper(url), "", true, true), set(strings.ToUpper(url), "", true, true), false, false},
		{"domain names another server", "WF-5", loc, set("http://x:8530", "http://x:8530", true, true), wsus.Policy{}, false, true},
		{"domain names another port", "WF-5", loc, set("http://wsus.example.test:80", url, true, true), wsus.Policy{}, false, true},
		{"domain leaves the port out", "WF-5", loc, set("http://wsus.example.test", "", true, true), wsus.Policy{}, false, true},
		{"domain names another status server", "WF-5", loc, set(url, "http://x:8530", true, true), wsus.Policy{}, false, true},
		{"domain turns it off", "WF-5", loc, set(url, url, false, true), wsus.Policy{}, false, true},
		{"domain names none", "WF-5", loc, set("", "", true, true), wsus.Policy{}, false, true},
		{"domain names nonsense", "WF-5", loc, set("wsus", "", true, true), wsus.Policy{}, false, true},
		{"domain has SSL on the same port", "WF-5", loc, set("https://wsus.example.test:8530", "", true, true), set("https://wsus.example.test:8530", "", true, true), false, false},
		{"domain takes SSL away", "WF-4", wsus.Location{URL: "https://wsus:8531"}, set("http://wsus:8531", "", true, true), wsus.Policy{}, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			t.Attr("rule", tt.rule)
			got, write, err := wsus.PolicyFor(tt.loc, tt.effective)
			if diff := cmp.Diff(tt.want, got); diff != "" || write != tt.write {
				t.Errorf("PolicyFor(%v, %+v) = %+v, write %t, %v, want %+v, write %t", tt.loc.URL, tt.effective, got, write, err, tt.want, tt.write)
			}
			if errors.Is(err, wsus.ErrPolicyConflict) != tt.conflict || (err != nil) != tt.conflict {
				t.Errorf("PolicyFor(%v, %+v) error %v, want conflict %t", tt.loc.URL, tt.effective, err, tt.conflict)
			}
			if tt.conflict && wsus.CodeOf(err) != 0x87D00692 {
				t.Errorf("CodeOf(%v) = %v, want 0x87D00692", err, wsus.CodeOf(err))
			}
		})
	}
}

// The text names what disagrees, and only that.
func TestPolicyConflictText(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-5")
	const url = "https://wsus:8531"
	tests := []struct {
		name   string
		policy wsus.Policy
		want   string
	}{
		{"status server", wsus.Policy{Server: url, StatusServer: "https://x:8531", Use: true}, `WUStatusServer "https://x:8531" is another server`},
		{"status server without SSL", wsus.Policy{Server: url, StatusServer: "http://wsus:8531", Use: true}, `WUStatusServer "http://wsus:8531" is not SSL`},
		{"status server is nonsense", wsus.Policy{Server: url, StatusServer: "wsus", Use: true}, `WUStatusServer "wsus" is no server's URL`},
		{"server", wsus.Policy{Server: "https://x:8531", StatusServer: url, Use: true}, `WUServer "https://x:8531" is another server`},
		{"port", wsus.Policy{Server: "https://wsus", Use: true}, `WUServer "https://wsus" is another port, 443 instead of 8531`},
		{"scheme", wsus.Policy{Server: "http://wsus:8531", StatusServer: url, Use: true}, `WUServer "http://wsus:8531" is not SSL`},
		{"no server", wsus.Policy{StatusServer: url, Use: true}, "WUServer is not set"},
		{"off", wsus.Policy{Server: url, StatusServer: url}, "UseWUServer is off"},
		{"all", wsus.Policy{StatusServer: "http://wsus:8531"}, `WUServer is not set; WUStatusServer "http://wsus:8531" is not SSL; UseWUServer is off`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.policy.HigherAuthority = true
			_, _, err := wsus.PolicyFor(wsus.Location{URL: url}, tt.policy)
			e, ok := errors.AsType[*wsus.PolicyConflictError](err)
			want := `wsus: location "https://wsus:8531": policy of a higher authority disagrees: ` + tt.want
			if !ok || e.Error() != want {
				t.Errorf("PolicyFor(%s, %+v) = %v, want %s", url, tt.policy, err, want)
			}
		})
	}
	made := &wsus.PolicyConflictError{Location: url, Effective: wsus.Policy{Server: url, Use: true}}
	if got, want := made.Error(), `wsus: location "https://wsus:8531": policy of a higher authority disagrees`; got != want {
		t.Errorf("Error() of a policy that does not disagree = %q, want %q", got, want)
	}
}

func TestPolicyForBadLocation(t *testing.T) {
	t.Parallel()
	got, write, err := wsus.PolicyFor(wsus.Location{URL: "wsus"}, wsus.Policy{})
	if !errors.Is(err, wsus.ErrBadLocation) || write || got != (wsus.Policy{}) {
		t.Errorf("PolicyFor = %+v, %t, %v, want ErrBadLocation", got, write, err)
	}
}

// TestPolicyForModel compares with the second implementation.
func TestPolicyForModel(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "WF-3")
	t.Attr("rule", "WF-5")
	rapid.Check(t, func(t *rapid.T) {
		loc := wsus.Location{URL: wsusrapid.URL().Draw(t, "location")}
		e := wsusrapid.Effective(loc.URL).Draw(t, "effective")
		got, write, err := wsus.PolicyFor(loc, e)
		want, wantWrite, wantErr := wsustest.Model{}.PolicyFor(loc, e)
		if got != want || write != wantWrite || (err == nil) != (wantErr == nil) {
			t.Fatalf("PolicyFor(%s, %+v) = %+v, %t, %v, want %+v, %t, %v", loc.URL, e, got, write, err, want, wantWrite, wantErr)
		}
		if err != nil {
			if wsus.CodeOf(err) != wsus.CodeOf(wantErr) || !errors.Is(err, wsus.ErrPolicyConflict) {
				t.Fatalf("PolicyFor(%s, %+v) = %v, want %v", loc.URL, e, err, wantErr)
			}
			return
		}
		if again, write2, err := wsus.PolicyFor(loc, got); write2 || err != nil || again != got {
			t.Fatalf("PolicyFor after writing %+v = %+v, %t, %v, want nothing to write", got, again, write2, err)
		}
	})
}

func ExamplePolicyFor() {
	loc := wsus.Location{URL: "http://wsus.example.test:8530"}
	p, write, err := wsus.PolicyFor(loc, wsus.Policy{})
	fmt.Println(p.Server, p.Use, write, err)

	domain := wsus.Policy{Server: "http://other.example.test:8530", Use: true, HigherAuthority: true}
	_, write, err = wsus.PolicyFor(loc, domain)
	fmt.Println(write, wsus.CodeOf(err))
	fmt.Println(err)
	// Output:
	// http://wsus.example.test:8530 true true <nil>
	// false 0x87D00692
	// wsus: set policy: 0x87D00692 (Group policy conflict): wsus: location "http://wsus.example.test:8530": policy of a higher authority disagrees: WUServer "http://other.example.test:8530" is another server
}
