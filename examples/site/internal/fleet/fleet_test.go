package fleet_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/examples/site/internal/fleet"
)

// config is a configuration that is accepted.
func config() fleet.Config {
	return fleet.Config{
		Seed: 1, Clients: fleet.MinClients, Days: 7, Clock: fleet.NewClock(fleet.Begin),
		Outage: func(bool) {}, Check: func(context.Context) error { return nil }, Tell: func(time.Time, string) {},
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	first, err := fleet.New(config())
	if err != nil {
		t.Fatal(err)
	}
	again, err := fleet.New(config())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Members(), again.Members()); diff != "" {
		t.Errorf("two fleets of one seed (-first +again):\n%s", diff)
	}
	ids, roles := make(map[string]bool), make(map[fleet.Role]int)
	for _, m := range first.Members() {
		ids[m.ID], ids[m.Token], ids[m.Name] = true, true, true
		roles[m.Role]++
	}
	if len(ids) != 3*fleet.MinClients {
		t.Errorf("ids, tokens or names occur twice: %v", first.Members())
	}
	for r := fleet.Ordinary; r <= fleet.Postponing; r++ {
		if roles[r] == 0 {
			t.Errorf("no client has the role %d", r)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*fleet.Config){
		"few clients": func(c *fleet.Config) { c.Clients = fleet.MinClients - 1 },
		"many":        func(c *fleet.Config) { c.Clients = fleet.MaxClients + 1 },
		"no day":      func(c *fleet.Config) { c.Days = 0 },
		"many days":   func(c *fleet.Config) { c.Days = fleet.MaxDays + 1 },
		"no clock":    func(c *fleet.Config) { c.Clock = nil },
		"no outage":   func(c *fleet.Config) { c.Outage = nil },
		"no check":    func(c *fleet.Config) { c.Check = nil },
		"no tell":     func(c *fleet.Config) { c.Tell = nil },
	} {
		c := config()
		spoil(&c)
		if _, err := fleet.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	f, err := fleet.New(config())
	if err != nil {
		t.Fatal(err)
	}
	if title, declined, ok := f.Update("7d1e9c40-5208-4b61-9a0c-0000000f1c03"); title != "Update for Help Content in Windows Vista (KB990211)" || declined || !ok {
		t.Errorf("Update = %q, %v, %v", title, declined, ok)
	}
	for _, id := range []string{"", "what", "7d1e9c40-5208-4b61-9a0c-000000000000"} {
		if title, _, ok := f.Update(id); ok {
			t.Errorf("Update(%q) = %q", id, title)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	c := fleet.NewClock(fleet.Begin.In(time.FixedZone("", 3600)))
	ctx, cancel := c.WithDeadline(t.Context(), fleet.Begin.Add(time.Hour))
	defer cancel()
	if d, ok := ctx.Deadline(); !ok || d.Before(fleet.Begin.Add(time.Hour)) || ctx.Err() != nil {
		t.Errorf("a deadline in an hour of virtual time is %v, %v", d, ctx.Err())
	}
	c.Set(fleet.Begin.Add(time.Minute))
	if c.Now() != fleet.Begin.Add(time.Minute) || c.Since(fleet.Begin) != time.Minute || c.Until(fleet.Begin) != -time.Minute {
		t.Errorf("the clock shows %v, since %v, until %v", c.Now(), c.Since(fleet.Begin), c.Until(fleet.Begin))
	}
}
