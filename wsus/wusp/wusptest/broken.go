package wusptest

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/wusp"
)

// BrokenClient makes clients that keep the contract as those of newClient do,
// but for the clause of the given id, one of those of [CheckClient], and what
// follows from it: they forget the new cookie, lose an update, follow a
// redirection, and so on. It panics for another id.
//
// It meddles with what goes over Setup.HTTP, or stands before the Source.
func BrokenClient(clause string, newClient func(Setup) ClientSubject) func(Setup) ClientSubject {
	for _, table := range []map[string]breach{sessionBreaches, syncBreaches, faultBreaches, hostileBreaches} {
		if b := table[clause]; b != nil {
			return b(newClient)
		}
	}
	panic("wusptest: no clause " + clause)
}

// breach makes broken clients of good ones.
type breach func(maker) maker

// exchange is a call on its way, which a breach may change, leave out, or
// make more than once.
type exchange struct {
	Call
	next http.RoundTripper
	err  error // of the last send
}

// send asks, and fills in the answer.
func (x *exchange) send() {
	x.Answer, x.Fault, x.Raw, x.err = nil, nil, nil, nil
	body := x.Body
	if body == nil {
		body = wusp.AppendEnvelope(nil, x.Request)
	}
	req := x.HTTP.Clone(x.HTTP.Context())
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp, err := x.next.RoundTrip(req)
	if err != nil {
		x.err = err
		return
	}
	data, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		x.err = err
		return
	}
	if resp.StatusCode == http.StatusOK {
		if x.Answer, err = wusp.DecodeResponse(data, x.Operation, 0); err == nil {
			return
		}
	}
	if resp.StatusCode == http.StatusInternalServerError {
		if f, ok, err := wusp.DecodeFault(data, 0); ok && err == nil {
			x.Fault = f
			return
		}
	}
	x.Answer, x.Raw = nil, &Raw{Status: resp.StatusCode, Header: resp.Header, Body: data}
}

// aside sends something else, whose answer is dropped.
func (x *exchange) aside(m wusp.Message) {
	y := exchange{Call: Call{Operation: m.Operation(), Request: m, HTTP: x.HTTP.Clone(x.HTTP.Context())}, next: x.next}
	y.HTTP.URL.Path = m.Operation().Path()
	y.HTTP.Header.Set("SOAPAction", `"`+m.Operation().Action()+`"`)
	y.send()
}

// saboteur is a transport that lets a breach meddle.
type saboteur struct {
	next   http.RoundTripper
	meddle func(*exchange)
}

// RoundTrip lets the breach send the request.
func (s *saboteur) RoundTrip(req *http.Request) (*http.Response, error) {
	data, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context()) // a RoundTripper leaves it as it is
	x := &exchange{Call: Call{HTTP: req, Body: data}, next: s.next}
	if x.Request, err = wusp.DecodeRequest(data, 0); err != nil {
		return nil, err
	}
	x.Operation, x.Body = x.Request.Operation(), nil
	s.meddle(x)
	if x.err != nil {
		return nil, x.err
	}
	a := &answer{header: make(http.Header)}
	x.raw().write(a)
	return a.response(req)
}

// onWire is a breach of what goes over the wire. It is made anew for each
// client, because it may remember something.
func onWire(newMeddler func(Setup) func(*exchange)) breach {
	return func(make maker) maker {
		return func(s Setup) ClientSubject {
			client := *s.HTTP
			client.Transport = &saboteur{next: s.HTTP.Transport, meddle: newMeddler(s)}
			s.HTTP = &client
			return make(s)
		}
	}
}

// before changes requests, after answers.
func before(change func(x *exchange)) breach {
	return onWire(func(Setup) func(*exchange) {
		return func(x *exchange) {
			change(x)
			x.send()
		}
	})
}

func after(change func(x *exchange)) breach {
	return onWire(func(Setup) func(*exchange) {
		return func(x *exchange) {
			x.send()
			change(x)
		}
	})
}

// syncing changes requests of SyncUpdates.
func syncing(change func(m *wusp.SyncUpdatesRequest)) breach {
	return before(func(x *exchange) {
		if m, ok := x.Request.(*wusp.SyncUpdatesRequest); ok {
			change(m)
		}
	})
}

// synced changes answers of SyncUpdates.
func synced(change func(m *wusp.SyncUpdatesResponse)) breach {
	return after(func(x *exchange) {
		if m, ok := x.Answer.(*wusp.SyncUpdatesResponse); ok {
			change(m)
		}
	})
}

// configured changes answers of GetConfig.
func configured(change func(m *wusp.GetConfigResponse)) breach {
	return after(func(x *exchange) {
		if m, ok := x.Answer.(*wusp.GetConfigResponse); ok {
			change(m)
		}
	})
}

// property is where the value of a property stands, which is added when it
// is missing.
func property(m *wusp.GetConfigResponse, name string) *string {
	for i := range m.Properties {
		if m.Properties[i].Name == name {
			return &m.Properties[i].Value
		}
	}
	m.Properties = append(m.Properties, wusp.Property{Name: name})
	return &m.Properties[len(m.Properties)-1].Value
}

// takenFor makes one fault another.
func takenFor(code, other wusp.ErrorCode) breach {
	return after(func(x *exchange) {
		if x.Fault != nil && x.Fault.ErrorCode == code {
			x.Fault = wusp.NewFault(other, "")
		}
	})
}

// onSource is a breach before the Source.
func onSource(retrieve func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error)) breach {
	return func(make maker) maker {
		return func(s Setup) ClientSubject {
			c := make(s)
			c.Source = &brokenSource{Source: c.Source, make: make, setup: s, retrieve: retrieve}
			return c
		}
	}
}

// brokenSource stands before a Source.
type brokenSource struct {
	wsus.Source
	make     maker
	setup    Setup
	retrieve func(ctx context.Context, s *brokenSource, req wsus.RetrieveRequest) (*wsus.Catalog, error)
}

// Retrieve is that of the breach.
func (s *brokenSource) Retrieve(ctx context.Context, req wsus.RetrieveRequest) (*wsus.Catalog, error) {
	return s.retrieve(ctx, s, req)
}
