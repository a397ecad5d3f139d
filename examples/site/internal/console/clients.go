package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/updatescan/updatescan/statemsg/site"
)

// clientsPage is the list of clients.
type clientsPage struct {
	Clients []clientLine
	After   string // where the next page begins; empty for none
}

// clientLine is a client in a list.
type clientLine struct {
	Client site.Client
	Name   string
	Scan   string    // the state of the last scan; empty for none
	Since  time.Time // of that state
	Params string
}

// clients asks for all clients, page by page.
func (c *Console) clients(r *http.Request) (*view, error) {
	found, err := c.cfg.Reader.Search(r.Context(), site.ClientQuery{After: r.URL.Query().Get("after"), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	p := new(clientsPage)
	for i := range found.Clients {
		p.Clients = append(p.Clients, c.clientLine(&found.Clients[i]))
	}
	if found.More {
		p.After = p.Clients[len(p.Clients)-1].Client.ID
	}
	slices.SortStableFunc(p.Clients, func(a, b clientLine) int { return cmp.Compare(a.Name, b.Name) })
	return &view{Title: "Clients", AsOf: found.AsOf, Data: p}, nil
}

// clientLine is a client with its last scan.
func (c *Console) clientLine(f *site.Facts) clientLine {
	l := clientLine{Client: f.Client, Name: nameOf(&f.Client)}
	if f.Scan != nil {
		scan := c.line(f.Scan)
		l.Scan, l.Since, l.Params = scan.State, scan.Since, scan.Params
	}
	return l
}
