package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// updatePage is the page of one update.
type updatePage struct {
	ID       string
	Declined bool
	Bar      bar
	Reasons  []reasonLine // why it is Unknown
	Filter   string       // the token of the state that is shown; empty for all
	Clients  []clientState
	After    string // where the next page begins; empty for none
}

// reasonLine is how often a reason occurs.
type reasonLine struct {
	Reason site.UnknownReason
	Count  int
}

// clientState is the state of an update on a client.
type clientState struct {
	ID, Name  string
	State     compliance.State
	Why       site.UnknownReason
	Since     time.Time // when the state changed, by the client's clock
	Received  time.Time
	LastHeard time.Time
}

// pageSize is how many clients a page shows.
const pageSize = 500

// update asks for the clients of an update.
func (c *Console) update(r *http.Request) (*view, error) {
	ctx, query := r.Context(), r.URL.Query()
	id := query.Get("id")
	if id == "" || len(id) > statemsg.MaxTopicIDBytes {
		return nil, errNotFound
	}
	p := &updatePage{ID: id, Filter: query.Get("state")}
	q := site.ClientQuery{Update: id, After: query.Get("after"), Limit: pageSize}
	if p.Filter != "" {
		st, err := compliance.ParseState(p.Filter)
		if err != nil {
			return nil, &site.QueryError{Field: "state", Reason: err.Error()}
		}
		q.States = []compliance.State{st}
	}
	sums, err := c.cfg.Reader.Summaries(ctx, site.SummaryQuery{Updates: []string{id}})
	if err != nil {
		return nil, err
	}
	if len(sums.Updates) == 0 {
		return nil, errNotFound
	}
	p.Bar = newBar(sums.Updates[0].Summary)
	_, declined, ok := c.cfg.Update(id)
	if !ok && p.Bar.Summary.Unknown == sums.Clients {
		return nil, errNotFound // nobody has ever said anything of it
	}
	p.Declined = declined
	found, err := c.cfg.Reader.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	for i := range found.Clients {
		p.Clients = append(p.Clients, newClientState(&found.Clients[i]))
	}
	if found.More {
		p.After = p.Clients[len(p.Clients)-1].ID
	}
	slices.SortStableFunc(p.Clients, func(a, b clientState) int { return cmp.Compare(a.Name, b.Name) })
	unknown, err := c.cfg.Reader.Search(ctx, site.ClientQuery{Update: id, States: []compliance.State{compliance.Unknown}, Limit: site.MaxLimit})
	if err != nil {
		return nil, err
	}
	p.Reasons = reasons(unknown.Clients)
	return &view{Title: c.title(id), AsOf: found.AsOf, Data: p}, nil
}

// newClientState is what facts say of an update on a client.
func newClientState(f *site.Facts) clientState {
	s := clientState{
		ID: f.Client.ID, Name: nameOf(&f.Client), State: f.State(), Why: f.Why(), LastHeard: f.Client.LastHeard,
	}
	if f.Detection != nil {
		s.Since, s.Received = f.Detection.Message.Time, f.Detection.Received
	}
	return s
}

// reasons counts why updates are Unknown, the most frequent reason first.
func reasons(unknown []site.Facts) []reasonLine {
	counts := make(map[site.UnknownReason]int)
	for i := range unknown {
		counts[unknown[i].Why()]++
	}
	var lines []reasonLine
	for r := range site.UnknownReasons() {
		if counts[r] > 0 {
			lines = append(lines, reasonLine{r, counts[r]})
		}
	}
	slices.SortStableFunc(lines, func(a, b reasonLine) int { return b.Count - a.Count })
	return lines
}
