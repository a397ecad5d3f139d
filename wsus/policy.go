package wsus

import (
	"context"
	"errors"
	"fmt"
)

// Policy is the update agent's server setting (WF-3). The zero Policy means
// that none is set.
type Policy struct {
	// Server is WUServer, with scheme and port.
	Server string
	// StatusServer is WUStatusServer, the same URL.
	StatusServer string
	// Use is UseWUServer = 1: the agent goes to Server.
	Use bool
	// HigherAuthority is true when a domain policy set it, which the client
	// cannot overwrite (WF-5).
	HigherAuthority bool
}

// LocalPolicy reads and writes the update agent's server setting.
//
// Both methods may block until ctx is done and must then return promptly
// with an error that is ctx's. They are called by one goroutine at a time for
// one client. An error should carry a code ([CodeOf]).
type LocalPolicy interface {
	// Effective returns the policy in force: that of a higher authority
	// where there is one, marked as such, else the local one. The zero
	// Policy and no error means that none is set.
	Effective(ctx context.Context) (Policy, error)
	// Set writes the local policy and returns once the agent will see it.
	// HigherAuthority is ignored. It is not called when [PolicyFor] says
	// that nothing is to be written. On error the policy is as it was.
	Set(ctx context.Context, p Policy) error
}

// ErrPolicyConflict is matched by a [*PolicyConflictError].
var ErrPolicyConflict = errors.New("policy of a higher authority disagrees")

// PolicyConflictError says what a higher authority has set against the
// location (WF-5).
type PolicyConflictError struct {
	// Location is the URL the scan was to use.
	Location string
	// Effective is the policy in force.
	Effective Policy
}

// Error names the location and each value of the policy that disagrees with
// it, as [PolicyFor] compares them, and how: WUServer, WUStatusServer,
// UseWUServer.
func (e *PolicyConflictError) Error() string {
	if e == nil {
		return "wsus: " + ErrPolicyConflict.Error()
	}
	text := "wsus: location " + quote(e.Location) + ": " + ErrPolicyConflict.Error()
	sep := ": "
	for _, difference := range e.differences() {
		text += sep + difference
		sep = "; "
	}
	return text
}

// differences says what in the policy disagrees with the location. It is
// empty only for an error that PolicyFor does not return.
func (e *PolicyConflictError) differences() []string {
	var list []string
	if at, err := ParseEndpoint(e.Location); err == nil {
		if why := disagreement(at, e.Effective.Server); why != "" {
			list = append(list, "WUServer "+why)
		}
		if why := disagreement(at, e.Effective.StatusServer); why != "" && e.Effective.StatusServer != "" {
			list = append(list, "WUStatusServer "+why)
		}
	}
	if !e.Effective.Use {
		list = append(list, "UseWUServer is off")
	}
	return list
}

// Unwrap returns [ErrPolicyConflict].
func (e *PolicyConflictError) Unwrap() error { return ErrPolicyConflict }

// PolicyFor returns the policy under which the agent scans against a
// location, and whether it must be written first; it is pure (WF-3, WF-5).
//
// Without a policy of a higher authority: when the local one already names
// the location's server for both values, with scheme, host and port, and is
// in use, it is returned as it is and write is false; otherwise the policy to
// write is returned, in the form of [Endpoint.String], and write is true.
//
// With one: when it names the same host and port for WUServer, and for
// WUStatusServer if that is set, and is in use, it is returned and write is
// false. Everything else is a conflict: an [*Error] with
// [CodeGroupPolicyConflict] and a [*PolicyConflictError] as its cause, and
// nothing is to be written. Two cases in which the sources are silent are
// conflicts too: a policy of a higher authority that is not in use, or names
// no server at all, since what the client writes would not take effect; and
// http where the location is https, since the agent would connect without
// SSL (WF-4).
//
// Hosts are compared without regard to case, ports after filling in 80 or
// 443. A location whose URL is not usable is a [*LocationError].
func PolicyFor(loc Location, effective Policy) (p Policy, write bool, err error) {
	at, err := loc.Endpoint()
	if err != nil {
		return Policy{}, false, err
	}
	if effective.HigherAuthority {
		cause := &PolicyConflictError{Location: loc.URL, Effective: effective}
		if len(cause.differences()) > 0 { // WF-5
			return Policy{}, false, &Error{Op: "set policy", Code: CodeGroupPolicyConflict, Err: cause}
		}
		return effective, false, nil
	}
	server, serverErr := ParseEndpoint(effective.Server)
	status, statusErr := ParseEndpoint(effective.StatusServer)
	if effective.Use && serverErr == nil && statusErr == nil && server == at && status == at {
		return effective, false, nil
	}
	url := at.String()
	return Policy{Server: url, StatusServer: url, Use: true}, true, nil // WF-3
}

// disagreement says why a URL set by a higher authority does not let the
// agent go to the location; it is empty when it does.
func disagreement(at Endpoint, url string) string {
	if url == "" {
		return "is not set"
	}
	set, err := ParseEndpoint(url)
	if err != nil {
		return quote(url) + " is no server's URL"
	}
	if set.Host != at.Host {
		return quote(url) + " is another server"
	}
	if set.Port != at.Port {
		return fmt.Sprintf("%s is another port, %d instead of %d", quote(url), set.Port, at.Port)
	}
	if at.SSL() && !set.SSL() { // WF-4
		return quote(url) + " is not SSL"
	}
	return ""
}
