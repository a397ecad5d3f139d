package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// clientPage is the page of one client.
type clientPage struct {
	Client  site.Client
	Name    string
	Bar     bar
	Scans   []messageLine
	Updates []updateState
	Others  []messageLine // of all other topics
	Kept    []site.NumberedKept
	More    bool // there are more rows than are shown
}

// updateState is the state of an update on the client.
type updateState struct {
	ID, Title string
	Declined  bool
	State     compliance.State
	Why       site.UnknownReason
	Since     time.Time
	Received  time.Time
}

// messageLine is a message in a list.
type messageLine struct {
	Topic, About, State string
	Params              string
	Since, Received     time.Time
}

// client asks for all that is known of a client.
func (c *Console) client(r *http.Request) (*view, error) {
	ctx := r.Context()
	id, err := site.NormalID(r.URL.Query().Get("id"))
	if err != nil {
		return nil, errNotFound
	}
	states, err := c.cfg.Reader.States(ctx, site.StateQuery{Client: id, Limit: site.MaxLimit})
	if err != nil {
		return nil, err
	}
	if !states.Client.Known() {
		return nil, errNotFound
	}
	p := &clientPage{Client: states.Client, Name: nameOf(&states.Client), More: states.More}
	kept, err := c.cfg.Reader.Inspect(ctx, site.KeptQuery{Client: id, Limit: 100})
	if err != nil {
		return nil, err
	}
	p.Kept = kept.Kept
	detected := make(map[string]*site.Row)
	var scan *site.Row
	for i := range states.Rows {
		row := &states.Rows[i]
		if row.Message.TopicType == statemsg.UpdateDetection {
			detected[row.Message.TopicID] = row
			continue
		}
		line := c.line(row)
		if row.Message.TopicType == statemsg.UpdateSourceScan {
			p.Scans = append(p.Scans, line)
			if scan == nil || scan.Mark().Compare(row.Mark()) < 0 {
				scan = row
			}
			continue
		}
		p.Others = append(p.Others, line)
	}
	if err := c.updates(ctx, p, detected, scan); err != nil {
		return nil, err
	}
	return &view{Title: p.Name, AsOf: states.AsOf, Data: p}, nil
}

// line is a row in a list.
func (c *Console) line(row *site.Row) messageLine {
	m := &row.Message
	line := messageLine{
		Topic: topicOf(m.TopicType), About: m.TopicID, State: stateOf(m), Params: params(m),
		Since: m.Time, Received: row.Received,
	}
	if m.TopicType == statemsg.UpdateEnforcement {
		line.About = c.title(m.TopicID)
	}
	return line
}

// updates adds the state of every update that the site knows, with the reason where
// it is Unknown.
func (c *Console) updates(ctx context.Context, p *clientPage, detected map[string]*site.Row, scan *site.Row) error {
	all, err := c.cfg.Reader.Summaries(ctx, site.SummaryQuery{Limit: site.MaxLimit})
	if err != nil {
		return err
	}
	var sum compliance.Summary // of what is not declined
	for _, u := range all.Updates {
		f := site.Facts{Client: p.Client, Detection: detected[u.Update], Scan: scan, Bad: bad(p.Kept, u.Update)}
		s := updateState{ID: u.Update, Title: c.title(u.Update), State: f.State(), Why: f.Why()}
		if f.Detection != nil {
			s.Since, s.Received = f.Detection.Message.Time, f.Detection.Received
		}
		if _, s.Declined, _ = c.cfg.Update(u.Update); !s.Declined {
			sum.Add(s.State)
		}
		p.Updates = append(p.Updates, s)
	}
	slices.SortStableFunc(p.Updates, func(a, b updateState) int {
		return cmp.Compare(slices.Index(shown, a.State), slices.Index(shown, b.State))
	})
	p.Bar = newBar(sum)
	return nil
}

// bad says whether something bad is kept that may have been the state of an update.
func bad(kept []site.NumberedKept, update string) bool {
	return slices.ContainsFunc(kept, func(k site.NumberedKept) bool {
		return k.Report || k.TopicType == statemsg.UpdateDetection && k.TopicID == update
	})
}
