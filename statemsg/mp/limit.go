package mp

import (
	"container/list"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// limits bounds what is taken in at the same time, and how often a client may
// send. Safe for concurrent use.
type limits struct {
	maxInFlight, maxPerClient int
	maxBytes                  int64
	retryAfter                time.Duration

	bytes atomic.Int64

	mu       sync.Mutex
	inFlight int
	clients  map[string]int // how many of inFlight, those above 0
	rates    rates
}

func newLimits(cfg HandlerConfig) *limits {
	l := &limits{
		maxInFlight:  cfg.MaxInFlight,
		maxPerClient: cfg.MaxPerClient,
		maxBytes:     int64(cfg.MaxMemoryBytes),
		retryAfter:   cfg.RetryAfter,
		clients:      make(map[string]int),
	}
	if cfg.RatePerMinute != Unlimited {
		l.rates = rates{
			interval: time.Minute / time.Duration(cfg.RatePerMinute),
			burst:    cfg.Burst,
			max:      cfg.MaxClients,
			byClient: make(map[string]*list.Element),
		}
	}
	return l
}

// place is a report in flight.
type place struct {
	limits *limits
	client string
	bytes  int64
}

// enter gives a report of the client a place, or refuses it. A report for which
// there is no place does not count for the client's rate.
func (l *limits) enter(client string, now time.Time) (*place, *refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients[client] >= l.maxPerClient {
		return nil, tooMany(l.retryAfter, "too many reports of this client at the same time")
	}
	if l.inFlight >= l.maxInFlight {
		return nil, l.busy()
	}
	if wait := l.rates.take(client, now); wait > 0 {
		return nil, tooMany(wait, "too many reports of this client")
	}
	l.inFlight++
	l.clients[client]++
	return &place{limits: l, client: client}, nil
}

// leave gives the place back.
func (p *place) leave() {
	p.limits.bytes.Add(-p.bytes)
	p.limits.mu.Lock()
	defer p.limits.mu.Unlock()
	p.limits.inFlight--
	if p.limits.clients[p.client]--; p.limits.clients[p.client] == 0 {
		delete(p.limits.clients, p.client)
	}
}

// charge counts n bytes of memory more, and says whether there are so many.
func (p *place) charge(n int) bool {
	p.bytes += int64(n)
	return p.limits.bytes.Add(int64(n)) <= p.limits.maxBytes
}

func (l *limits) busy() *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, code: codeBusy,
		detail: "too many reports at present", after: l.retryAfter,
	}
}

func tooMany(after time.Duration, detail string) *refusal {
	return &refusal{status: http.StatusTooManyRequests, code: codeTooMany, detail: detail, after: after}
}

// rates is a token bucket for each client, kept as the time at which the bucket
// is full again. The zero value has no limit.
type rates struct {
	interval time.Duration // in which a token comes
	burst    int           // tokens of a full bucket
	max      int           // clients
	byClient map[string]*list.Element
	recent   list.List // of *rate, the one used last in front
}

type rate struct {
	client string
	full   time.Time
}

// take takes a token, or says how long there is none.
func (r *rates) take(client string, now time.Time) (wait time.Duration) {
	if r.byClient == nil {
		return 0
	}
	e := r.byClient[client]
	if e == nil {
		if len(r.byClient) >= r.max {
			oldest := r.recent.Remove(r.recent.Back()).(*rate)
			delete(r.byClient, oldest.client)
		}
		e = r.recent.PushFront(&rate{client: client})
		r.byClient[client] = e
	}
	r.recent.MoveToFront(e)
	c := e.Value.(*rate)
	if c.full.Before(now) {
		c.full = now
	}
	whole := time.Duration(r.burst) * r.interval
	if empty := now.Add(whole); c.full.After(empty) {
		c.full = empty // the clock was moved back
	}
	if wait = c.full.Add(r.interval).Sub(now.Add(whole)); wait > 0 {
		return wait
	}
	c.full = c.full.Add(r.interval)
	return 0
}
