package console

import (
	"net/http"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// problemsPage lists what needs somebody's attention.
type problemsPage struct {
	Never   []clientLine // never heard from
	Quiet   []clientLine // not heard from for long
	Scans   []clientLine // whose last scan did not complete without errors
	Missing []clientLine
	Resyncs []clientLine
	Resets  []clientLine
	Total   uint64 // bad records and reports ever kept
	Kept    []keptLine
	Journal []Entry
	More    bool // there are more clients than were looked at
}

// keptLine is a bad record or report.
type keptLine struct {
	site.NumberedKept
	Name string // of the client
	Body string
}

// maxShown is how much of a bad body is shown, in bytes.
const maxShown = 1000

// problems asks for what is wrong.
func (c *Console) problems(r *http.Request) (*view, error) {
	found, err := c.cfg.Reader.Search(r.Context(), site.ClientQuery{Limit: site.MaxLimit})
	if err != nil {
		return nil, err
	}
	p := &problemsPage{More: found.More, Journal: c.cfg.Journal.Newest()}
	since, names := c.cfg.Now().Add(-quiet), make(map[string]string)
	for i := range found.Clients {
		l := c.clientLine(&found.Clients[i])
		names[l.Client.ID] = l.Name
		p.sort(l, found.Clients[i].Scan, since)
	}
	kept, err := c.cfg.Reader.Inspect(r.Context(), site.KeptQuery{Limit: 100})
	if err != nil {
		return nil, err
	}
	p.Total = kept.Total
	for _, k := range kept.Kept {
		p.Kept = append(p.Kept, keptLine{NumberedKept: k, Name: names[k.Client], Body: readable(k.Body)})
	}
	return &view{Title: "Problems", AsOf: found.AsOf, Data: p}, nil
}

// sort puts a client into the lists that it belongs to.
func (p *problemsPage) sort(l clientLine, scan *site.Row, since time.Time) {
	c := &l.Client
	if !c.Heard() {
		p.Never = append(p.Never, l)
	} else if c.LastHeard.Before(since) {
		p.Quiet = append(p.Quiet, l)
	}
	if scan != nil && scan.Message.StateID != statemsg.ScanCompleted {
		p.Scans = append(p.Scans, l)
	}
	if len(c.Missing) > 0 {
		p.Missing = append(p.Missing, l)
	}
	if c.Resync.Number > 0 || c.Resync.Wanted {
		p.Resyncs = append(p.Resyncs, l)
	}
	if c.Resets() > 0 {
		p.Resets = append(p.Resets, l)
	}
}

// readable is the beginning of a body of any bytes: what can be read, and a dot for
// what cannot. The zero bytes of UTF-16 are left out.
func readable(body []byte) string {
	var out []byte
	for _, b := range body {
		if len(out) == maxShown {
			return string(out) + " …"
		}
		if b == 0 {
			continue
		}
		if b < ' ' && b != '\n' || b > '~' {
			b = '.'
		}
		out = append(out, b)
	}
	return string(out)
}
