package wusptest

import (
	"net/http"
	"slices"

	"github.com/updatescan/updatescan/wsus/wusp"
)

// Trick sees a call of a [Server], and may change what is answered. It runs
// with the Server to itself: it may use the Server's fields, must not call its
// methods other than Fragment, and may block, until the context of c.HTTP is
// done for instance. A nil Trick does nothing.
//
// The tricks of this package are for [Server.After]. Those that remember
// something are for one Server.
type Trick func(c *Call)

// see runs a trick that may be nil.
func (t Trick) see(c *Call) {
	if t != nil {
		t(c)
	}
}

// Tricks are several, one after the other.
func Tricks(list ...Trick) Trick {
	return func(c *Call) {
		for _, t := range list {
			t.see(c)
		}
	}
}

// At plays a trick at the operations only.
func At(t Trick, ops ...wusp.Operation) Trick {
	return func(c *Call) {
		if slices.Contains(ops, c.Operation) {
			t.see(c)
		}
	}
}

// Skip plays a trick at all calls but the first n.
func Skip(n int, t Trick) Trick {
	return func(c *Call) {
		if n > 0 {
			n--
			return
		}
		t.see(c)
	}
}

// Times plays a trick at the first n calls.
func Times(n int, t Trick) Trick {
	return func(c *Call) {
		if n > 0 {
			n--
			t.see(c)
		}
	}
}

// Repeats is a server that sends every update again in each answer, and
// takes none back.
func Repeats() Trick {
	var sent []wusp.UpdateInfo
	return func(c *Call) {
		m, ok := c.Answer.(*wusp.SyncUpdatesResponse)
		if !ok {
			return
		}
		for i := range m.NewUpdates {
			id := m.NewUpdates[i].ID
			if !slices.ContainsFunc(sent, func(o wusp.UpdateInfo) bool { return o.ID == id }) {
				sent = append(sent, m.NewUpdates[i])
			}
		}
		m.NewUpdates, m.OutOfScopeRevisionIDs = slices.Clone(sent), nil
	}
}

// Truncates is a server that says there is more after each answer of the
// software pass.
func Truncates() Trick {
	return func(c *Call) {
		if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok && !c.Request.(*wusp.SyncUpdatesRequest).SkipSoftwareSync { //nolint:errcheck,forcetypeassert // of the operation
			m.Truncated = true
		}
	}
}

// Duplicates is a server that sends each update twice in one answer.
func Duplicates() Trick {
	return func(c *Call) {
		if m, ok := c.Answer.(*wusp.SyncUpdatesResponse); ok {
			m.NewUpdates = append(m.NewUpdates, m.NewUpdates...)
		}
	}
}

// TakesBack is a server that says of revisions that they are out of scope,
// whether the client has them or not.
func TakesBack(numbers ...int32) Trick {
	return func(c *Call) {
		switch m := c.Answer.(type) {
		case *wusp.SyncUpdatesResponse:
			m.OutOfScopeRevisionIDs = append(m.OutOfScopeRevisionIDs, numbers...)
		case *wusp.GetExtendedUpdateInfoResponse:
			m.OutOfScopeRevisionIDs = append(m.OutOfScopeRevisionIDs, numbers...)
		}
	}
}

// Faulty answers with a fault.
func Faulty(f *wusp.Fault) Trick {
	return func(c *Call) { c.Fault = f }
}

// page is what a person would be shown.
const page = `<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>`

// WebPage answers with a page in HTML and the status, as proxies and captive
// portals do: 200, or 401 for a login page.
func WebPage(status int) Trick {
	return func(c *Call) {
		c.Raw = &Raw{Status: status, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(page)}
	}
}

// Redirect answers that what was asked is to be had at another URL, with the
// status, such as 302 or 307.
func Redirect(status int, to string) Trick {
	return func(c *Call) { c.Raw = &Raw{Status: status, Header: http.Header{"Location": {to}}} }
}

// ForeignService gives the URL as that of the authorization service.
func ForeignService(service string) Trick {
	return func(c *Call) {
		if m, ok := c.Answer.(*wusp.GetConfigResponse); ok {
			for i := range m.AuthInfo {
				m.AuthInfo[i].ServiceURL = service
			}
		}
	}
}

// WrongLength promises so many bytes more than there are, or fewer, of which
// no more are sent then.
func WrongLength(more int) Trick {
	return func(c *Call) {
		raw := *c.raw()
		raw.Length = max(1, int64(len(raw.Body)+more))
		c.Raw = &raw
	}
}

// CutAfter ends the connection when so many bytes of answers have been sent
// since it was made, and every connection from then on.
func CutAfter(bytes int) Trick {
	return func(c *Call) {
		raw := *c.raw()
		if len(raw.Body) <= bytes {
			bytes -= len(raw.Body)
			return
		}
		raw.Length = int64(len(raw.Body))
		raw.Body = raw.Body[:bytes]
		bytes, c.Raw = 0, &raw
	}
}
