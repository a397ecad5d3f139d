package wusp

import (
	"sync"
	"time"
)

// clientTable is what a server remembers of its clients. It is bounded: the
// client that is known longest is forgotten first.
type clientTable struct {
	mu      sync.Mutex
	most    int
	known   map[string]*clientState
	arrived []string // a ring of the names in known
	oldest  int
}

type clientState struct {
	registered bool
	minute     int64
	calls      int
}

func (t *clientTable) init(most int) {
	t.most = most
	t.known = make(map[string]*clientState)
}

// state returns what is known of a client; the caller holds the lock.
func (t *clientTable) state(name string) *clientState {
	if c := t.known[name]; c != nil {
		return c
	}
	if len(t.arrived) < t.most {
		t.arrived = append(t.arrived, name)
	} else {
		delete(t.known, t.arrived[t.oldest])
		t.arrived[t.oldest] = name
		t.oldest = (t.oldest + 1) % t.most
	}
	c := new(clientState)
	t.known[name] = c
	return c
}

func (t *clientTable) register(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state(name).registered = true
}

func (t *clientTable) registered(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.known[name]
	return c != nil && c.registered
}

// allow counts a call, and reports whether the client may make it in this
// minute. Zero means that it may make any number.
func (t *clientTable) allow(name string, now time.Time, most int) bool {
	if most == 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.state(name)
	if minute := now.Unix() / 60; c.minute != minute {
		c.minute, c.calls = minute, 0
	}
	c.calls++
	return c.calls <= most
}
