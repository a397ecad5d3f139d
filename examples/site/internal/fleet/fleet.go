package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// Begin is when the virtual time begins, a Monday.
var Begin = time.Date(2008, 6, 9, 8, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// checkEvery is how often the site looks for missing messages (SITE-4).
const checkEvery = 15 * time.Minute

// Bounds of a Config.
const (
	MaxClients = 1000
	MaxDays    = 366
)

// Config configures a Fleet. All of it is required.
type Config struct {
	// Seed is what all random choices come from.
	Seed uint64
	// Clients is the number of clients, MinClients to MaxClients.
	Clients int
	// Days is the number of virtual days to live through, 1 to MaxDays.
	Days int
	// Clock is the virtual time. The fleet sets it.
	Clock *Clock
	// Outage takes the site's database away, and gives it back.
	Outage func(down bool)
	// Check is called every 15 minutes: the site looks for missing messages.
	Check func(context.Context) error
	// Tell is told what happens.
	Tell func(at time.Time, what string)
}

// Member is a client of a fleet, as the owner of a site knows it.
type Member struct {
	ID, Name, Token string
	Role            Role
}

// Fleet is the clients of a site. Use New, then Connect, then Live. Not safe for
// concurrent use, except for Update.
type Fleet struct {
	cfg     Config
	clients []*client
	source  *wsus.MemSource
	version atomic.Uint32 // of the catalogue that is served
	end     time.Time
}

// New makes up the clients of a fleet.
func New(cfg Config) (*Fleet, error) {
	if cfg.Clients < MinClients || cfg.Clients > MaxClients || cfg.Days < 1 || cfg.Days > MaxDays {
		return nil, fmt.Errorf("fleet: %d clients, %d days: want %d to %d clients and 1 to %d days",
			cfg.Clients, cfg.Days, MinClients, MaxClients, MaxDays)
	}
	if cfg.Clock == nil || cfg.Outage == nil || cfg.Check == nil || cfg.Tell == nil {
		return nil, errors.New("fleet: a field of the configuration is missing")
	}
	f := &Fleet{cfg: cfg, source: new(wsus.MemSource), end: Begin.Add(time.Duration(cfg.Days) * day)}
	programs := new(applicability.Programs)
	cast := slices.Concat(roles, make([]Role, cfg.Clients-len(roles)))
	r := rand.New(rand.NewPCG(cfg.Seed, 0))
	r.Shuffle(len(cast), func(i, j int) { cast[i], cast[j] = cast[j], cast[i] })
	for i, role := range cast {
		c, err := newClient(cfg.Seed, i, role, programs)
		if err != nil {
			return nil, err
		}
		f.clients = append(f.clients, c)
	}
	return f, nil
}

// Members are the clients.
func (f *Fleet) Members() []Member {
	members := make([]Member, len(f.clients))
	for i, c := range f.clients {
		members[i] = Member{ID: c.id, Name: c.name, Token: c.token, Role: c.role}
	}
	return members
}

// Connect tells the clients where the management point is.
func (f *Fleet) Connect(url string, h *http.Client) error {
	for _, c := range f.clients {
		if err := c.connect(f, url, h); err != nil {
			return err
		}
	}
	return nil
}

// End is the end of the virtual time.
func (f *Fleet) End() time.Time { return f.end }

// Live lets the clients live through their days. When ctx ends it returns soon, with
// an error.
func (f *Fleet) Live(ctx context.Context) error {
	if err := f.serve(1); err != nil {
		return err
	}
	story, check := f.story(), Begin
	for {
		now := f.end
		if len(story) > 0 && story[0].at.Before(now) {
			now = story[0].at
		}
		for _, c := range f.clients {
			if !c.next.IsZero() && c.next.Before(now) {
				now = c.next
			}
		}
		if check.Before(now) {
			now = check
		}
		if !now.Before(f.end) {
			f.cfg.Clock.Set(f.end)
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f.cfg.Clock.Set(now)
		for len(story) > 0 && !story[0].at.After(now) {
			m := story[0]
			story = story[1:]
			if err := f.play(ctx, m, now); err != nil {
				return err
			}
		}
		for _, c := range f.clients {
			if c.next.IsZero() || c.next.After(now) {
				continue
			}
			if err := c.tick(ctx, now); err != nil {
				return err
			}
		}
		if !check.After(now) {
			if err := f.cfg.Check(ctx); err != nil {
				return err
			}
			check = check.Add(checkEvery)
		}
	}
}

// play lets a moment of the story happen.
func (f *Fleet) play(ctx context.Context, m moment, now time.Time) error {
	if m.says != "" {
		f.cfg.Tell(now, m.says)
	}
	if m.all != nil {
		if err := m.all(f); err != nil {
			return err
		}
	}
	if m.one == nil || !m.client.awake {
		return nil
	}
	if err := m.one(ctx, m.client); err != nil && ctx.Err() == nil {
		return fmt.Errorf("client %s: %w", m.client.name, err)
	}
	return m.client.tick(ctx, now)
}

// serve lets the software update point serve a version of the catalogue.
func (f *Fleet) serve(version uint32) error {
	c, err := catalog(version)
	if err != nil {
		return err
	}
	f.source.Serve(c)
	f.version.Store(version)
	return nil
}

// Update returns the title of an update by the text form of its id, and whether it
// has been declined; ok is false when no catalogue has it.
func (f *Fleet) Update(id string) (title string, declined, ok bool) {
	parsed, err := compliance.ParseUpdateID(id)
	if err != nil {
		return "", false, false
	}
	u, ok := find(parsed)
	if !ok {
		return "", false, false
	}
	return u.name(), u.until != 0 && u.until <= f.version.Load(), true
}
