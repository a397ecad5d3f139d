package wsustest

import "github.com/updatescan/updatescan/wsus"

// PolicyFor is the reference of [wsus.PolicyFor]: the policy under which the
// agent scans against a location, and whether it is to be written (WF-3), or a
// conflict with a higher authority (WF-5): a [*wsus.Error] with
// CodeGroupPolicyConflict and a [*wsus.PolicyConflictError] as its cause. A URL
// that is not usable is a [*wsus.LocationError] of the kind ErrBadLocation.
func (m Model) PolicyFor(loc wsus.Location, effective wsus.Policy) (wsus.Policy, bool, error) {
	at, ok := readURL(loc.URL)
	if !ok {
		return wsus.Policy{}, false, &wsus.LocationError{URL: loc.URL, Kind: wsus.ErrBadLocation}
	}
	url := at.text(true) // WF-3: with scheme and port
	if m.Mistake == "wf-policy-without-port" && at.defaultPort() {
		url = at.text(false)
	}
	written := wsus.Policy{Server: url, StatusServer: url, Use: true}
	if !effective.HigherAuthority {
		if effective.Use && sameURL(effective.Server, loc.URL) && sameURL(effective.StatusServer, loc.URL) {
			return effective, false, nil
		}
		return written, true, nil
	}
	named := []string{effective.Server}
	if effective.StatusServer != "" {
		named = append(named, effective.StatusServer)
	}
	otherServer := false
	lets := effective.Use
	for _, n := range named { // WF-5
		set, ok := readURL(n)
		if !ok || at.scheme == "https" && set.scheme == "http" { // WF-4
			lets = false
			continue
		}
		if set.port != at.port && m.Mistake != "wf-conflict-ignores-port" {
			lets, otherServer = false, true
		}
		if set.host != at.host {
			lets, otherServer = false, true
		}
	}
	if lets {
		return effective, false, nil
	}
	if otherServer && m.Mistake == "wf-conflict-overwritten" {
		return written, true, nil
	}
	return wsus.Policy{}, false, &wsus.Error{
		Op: "set policy", Code: 0x87D00692, Err: &wsus.PolicyConflictError{Location: loc.URL, Effective: effective},
	}
}
