package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/updatescan/updatescan/examples/internal/siteload"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// pointClients is how many clients send at the same time, at most, and pointReports
// how many reports each sends in an operation.
const pointClients, pointReports = 64, 8

// point is a management point with a site on SQLite behind it, and what somebody
// would write who has net/http, encoding/xml and a table.
type point struct {
	pair

	clients      int
	ours, theirs *httptest.Server
	senders      []*mp.Client
	bodies       sync.Mutex // the peer's connection
	next         int        // round of the senders
	peerNext     int
	took         []time.Duration // of our sends
}

// open starts both servers.
func (p *point) open() error {
	if err := p.pair.open(0, 0); err != nil {
		return err
	}
	server, err := site.New(site.Config{Store: p.store})
	if err != nil {
		return err
	}
	tokens := make(map[string]string, p.clients)
	for c := range p.clients {
		tokens[token(c)] = siteload.ClientID(c)
	}
	auth, err := mp.NewBearerTokens(tokens)
	if err != nil {
		return err
	}
	handler, err := mp.NewHandler(mp.HandlerConfig{Receiver: server, Authenticator: auth, Reject: server.Reject, RatePerMinute: mp.Unlimited})
	if err != nil {
		return err
	}
	p.ours = httptest.NewServer(handler)
	p.theirs = httptest.NewServer(http.HandlerFunc(p.peer))
	p.done = append(p.done, func() { p.ours.Close(); p.theirs.Close(); _ = server.Close(p.ctx) })
	for _, s := range []*httptest.Server{p.ours, p.theirs} {
		s.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = p.clients
	}
	for c := range p.clients {
		sender, err := mp.NewClient(mp.ClientConfig{
			URL: p.ours.URL, AllowHTTP: true, HTTP: p.ours.Client(), Token: mp.FixedToken(token(c)), Rand: rand.NewPCG(1, uint64(c)),
		})
		if err != nil {
			return err
		}
		p.senders = append(p.senders, sender)
	}
	return nil
}

func (p *point) shut() {
	p.pair.shut()
	p.senders = nil
}

// token is a client's.
func token(client int) string { return fmt.Sprintf("bench-token-of-client-%06d", client) }

// peer reads a report, upserts its rows in a transaction and answers.
func (p *point) peer(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var messages []statemsg.Message
	if err == nil {
		messages, err = unmarshal(body)
	}
	rows := make([]siteload.Row, len(messages))
	client, cerr := strconv.Atoi(req.Header.Get("Client"))
	err = errors.Join(err, cerr)
	for i, m := range messages {
		n, uerr := siteload.UpdateNumber(m.TopicID)
		err = errors.Join(err, uerr)
		rows[i] = siteload.Row{
			int64(client + 1), int64(n + 1), int64(m.StateID), 102, int64(m.Serial), m.Time.UnixMicro(), siteload.Start().Unix(), 1,
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.bodies.Lock()
	defer p.bodies.Unlock()
	if err := p.bare.Upsert(req.Context(), len(rows), func(i int) siteload.Row { return rows[i] }); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	}
}

// sendAll lets all clients send so many reports each, at the same time.
func sendAll(clients, reports int, send func(client, i int) error) error {
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range reports {
				if errs[c] = send(c, i); errs[c] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// send sends reports with our client to our management point.
func (p *point) send(reports int) error {
	took := make([]time.Duration, p.clients*reports)
	err := sendAll(p.clients, reports, func(c, i int) error {
		r := siteload.Full(c, p.next+i, siteMessages)
		start := time.Now()
		err := p.senders[c].Send(p.ctx, r)
		took[c*reports+i] = time.Since(start)
		return err
	})
	p.next += reports
	p.took = append(p.took, took...)
	return err
}

// post sends reports to the peer. They are written by ours, since it is the server
// that is compared.
func (p *point) post(reports int) error {
	err := sendAll(p.clients, reports, func(c, i int) error {
		body, err := wire(siteload.Full(c, p.peerNext+i, siteMessages))
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(p.ctx, http.MethodPost, p.theirs.URL, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Client", strconv.Itoa(c))
		answer, err := p.theirs.Client().Do(req)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("peer: %s: %s", answer.Status, text)
		}
		return err
	})
	p.peerNext += reports
	return err
}

// percentile is the time within which so many of a hundred sends are answered.
func percentile(took []time.Duration, n int) float64 {
	slices.Sort(took)
	return took[(len(took)-1)*n/100].Seconds() * 1000
}

// pointGroup compares our management point with the simple one.
func pointGroup(clients int) group {
	clients = min(clients, pointClients)
	p := &point{clients: clients, pair: pair{ctx: context.Background(), dialect: sqlstore.SQLite}}
	return group{
		name: fmt.Sprintf("management point: reports of %d messages over loopback HTTP, %d clients at a time, SQLite", siteMessages, clients), unit: "ns a report",
		note:   "acknowledged after the commit; the peer authenticates nobody, checks nothing and commits each report by itself",
		rounds: siteRounds, open: p.open, shut: p.shut,
		check: func() error {
			other := &point{clients: clients, pair: pair{ctx: p.ctx, dialect: p.dialect}}
			defer other.shut()
			if err := errors.Join(other.open(), other.send(2), other.post(2)); err != nil {
				return err
			}
			return other.agree(clients * siteMessages)
		},
		entries: []entry{
			{name: "mp.Client, mp.Handler, site.Server, sqlstore", ours: true, per: clients * pointReports, run: func(b *testing.B) {
				b.ReportAllocs()
				p.took = nil
				for b.Loop() {
					fail(b, p.send(pointReports))
				}
				b.ReportMetric(percentile(p.took, 50), "p50-ms")
				b.ReportMetric(percentile(p.took, 99), "p99-ms")
			}},
			{name: "net/http, encoding/xml, a bare upsert a report", per: clients * pointReports, run: func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					fail(b, p.post(pointReports))
				}
			}},
		},
		goals: []goal{{what: "reports acknowledged", unit: "a second", perSecond: true, peer: 1, least: 500}},
	}
}
