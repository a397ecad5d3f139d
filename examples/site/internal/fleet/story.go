package fleet

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// moment is something that happens at a time. Scans of the schedules, retries and
// bulk sends come by themselves.
type moment struct {
	at   time.Time
	says string
	// all happens to the surroundings of the clients.
	all func(*Fleet) error
	// one happens to one client.
	client *client
	one    func(context.Context, *client) error
}

// on is a time of the day with a number, the first being that of Begin.
func on(d int, hour, minute time.Duration) time.Time {
	return Begin.Add(time.Duration(d-1)*day + (hour-8)*time.Hour + minute*time.Minute)
}

// story is what happens, in order.
func (f *Fleet) story() []moment {
	all := f.surroundings()
	for _, c := range f.clients {
		all = append(all, f.life(c)...)
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return slices.DeleteFunc(all, func(m moment) bool { return !m.at.Before(f.end) })
}

// surroundings is what happens to all clients.
func (f *Fleet) surroundings() []moment {
	up := func(version uint32) func(*Fleet) error {
		return func(f *Fleet) error { return f.serve(version) }
	}
	down := func(code wsus.Code) func(*Fleet) error {
		return func(f *Fleet) error { f.source.SetDown(code); return nil }
	}
	outage := func(down bool) func(*Fleet) error {
		return func(f *Fleet) error { f.cfg.Outage(down); return nil }
	}
	return []moment{
		{at: Begin, says: "machine policy enables software updates; the initial scans are spread over two hours"},
		{at: on(2, 12, 0), says: "deadline of the removal tool, which needs no restart"},
		{at: on(3, 3, 0), says: "the software update point has synchronized: four new updates", all: up(2)},
		{at: on(3, 7, 30), says: "the software update point is down", all: down(wsus.CodeCannotConnect)},
		{at: on(3, 11, 0), says: "the software update point is back", all: down(0)},
		{at: on(4, 19, 0), says: "the site's database is closed for maintenance: the management point answers 503", all: outage(true)},
		{at: on(4, 20, 0), says: "deadline of the kernel updates, which need a restart"},
		{at: on(5, 2, 0), says: "the management point takes reports again", all: outage(false)},
		{at: on(5, 3, 0), says: "an update is declined", all: up(3)},
		{at: on(6, 12, 0), says: "deadline of the suite's update, for those who are at work on a Saturday"},
	}
}

// life is what happens to one client.
func (f *Fleet) life(c *client) []moment {
	var all []moment
	add := func(at time.Time, do func(context.Context, *client) error) {
		all = append(all, moment{at: at, client: c, one: do})
	}
	policy := func(version ttl.Version) func(context.Context, *client) error {
		return func(ctx context.Context, c *client) error {
			return c.agent.ApplyPolicy(ctx, scan.Policy{Enabled: c.role != Off, ContentVersion: version})
		}
	}
	if c.role == NeverHeard {
		return nil
	}
	if c.role == Late {
		add(f.end.Add(-20*time.Minute), func(ctx context.Context, c *client) error {
			if err := policy(3)(ctx, c); err != nil {
				return err
			}
			return c.agent.Refresh(ctx)
		})
		return all
	}
	if c.role == LossyNew {
		add(f.end.Add(-20*time.Hour), func(ctx context.Context, c *client) error {
			c.line.fault = losing
			return policy(3)(ctx, c)
		})
		add(f.end.Add(-16*time.Hour), func(ctx context.Context, c *client) error {
			c.line.fault = nothing
			return c.request(ctx, scan.Request{Trigger: scan.ScanCycle})
		})
		return all
	}
	add(Begin.Add(c.within(5*time.Minute)), policy(1))
	add(on(3, 3, 5).Add(c.within(time.Hour)), policy(2))
	add(on(5, 3, 5).Add(c.within(time.Hour)), policy(3))
	add(on(1+c.rand.IntN(7), 10, 30).Add(c.within(6*time.Hour)), c.user)
	if c.role == Off {
		return all
	}
	all = append(all, c.deployment(on(2, 12, 0), "{6E2F5C10-0001-4B7A-9C0D-200806100001}", kbCleaner)...)
	all = append(all, c.deployment(on(4, 20, 0), "{6E2F5C10-0002-4B7A-9C0D-200806120002}", kbKernelVista, kbKernelXP, kbKernelServer)...)
	if c.rand.IntN(3) == 0 || c.role == LossyLate {
		all = append(all, c.deployment(on(6, 12, 0), "{6E2F5C10-0003-4B7A-9C0D-200806140003}", kbSuite)...)
	}
	return append(all, f.accidents(c)...)
}

// within draws a time of less than a duration, in whole seconds.
func (c *client) within(d time.Duration) time.Duration {
	return time.Duration(c.rand.Int64N(int64(d/time.Second))) * time.Second
}

// user starts a scan by hand, one client in three.
func (c *client) user(ctx context.Context, _ *client) error {
	if c.rand.IntN(3) != 0 {
		return nil
	}
	return c.request(ctx, scan.Request{Trigger: scan.ScanCycle})
}

// deployment is the installation of updates at a deadline, as far as they are
// Required, and the restart after it.
func (c *client) deployment(deadline time.Time, assignment string, kbs ...int) []moment {
	begin := deadline.Add(c.within(10 * time.Minute))
	end := begin.Add(3*time.Minute + c.within(20*time.Minute))
	check := func(t scan.Trigger) func(context.Context, *client) error {
		return func(ctx context.Context, c *client) error {
			ids, err := c.required(ctx, kbs...)
			if err != nil || len(ids) == 0 {
				return err
			}
			return c.request(ctx, scan.Request{Trigger: t, Updates: ids})
		}
	}
	all := []moment{
		{at: deadline.Add(-c.within(90 * time.Minute)), client: c, one: check(scan.BeforeDownload)},
		{at: begin, client: c, one: check(scan.BeforeInstallation)},
		{at: end, client: c, one: func(ctx context.Context, c *client) error {
			ids, err := c.required(ctx, kbs...)
			if err != nil || len(ids) == 0 {
				return err
			}
			return c.install(ctx, assignment, ids)
		}},
	}
	if restart := end.Add(2*time.Minute + c.within(time.Hour)); c.role != Postponing {
		all = append(all, moment{at: restart, client: c, one: func(ctx context.Context, c *client) error {
			s, err := c.agent.Status(ctx)
			if err != nil || s.PendingRestart == 0 {
				return err
			}
			return c.agent.SystemRestarted(ctx)
		}})
	}
	return all
}

// accidents are what the role of a client has in store for it.
func (f *Fleet) accidents(c *client) []moment {
	has := func(x fault) func(context.Context, *client) error {
		return func(_ context.Context, c *client) error { c.line.fault = x; return nil }
	}
	at := func(t time.Time, says string, one func(context.Context, *client) error) moment {
		return moment{at: t, says: says, client: c, one: one}
	}
	switch c.role {
	case Asleep:
		return []moment{at(on(3, 18, 0).Add(c.within(time.Hour)), c.name+" is switched off", func(_ context.Context, c *client) error {
			c.awake = false
			return nil
		})}
	case Restored:
		return []moment{
			at(on(2, 22, 0), c.name+" is backed up", func(ctx context.Context, c *client) error { return c.save(ctx) }),
			at(on(5, 13, 0), c.name+" is restored from the backup of the second day", func(ctx context.Context, c *client) error { return c.restore(ctx, f) }),
		}
	case Lossy:
		return []moment{
			at(Begin, c.name+" loses its reports on the way", has(losing)),
			at(on(2, 0, 0), "the reports of "+c.name+" arrive", has(nothing)),
		}
	case LossyLate:
		return []moment{
			at(on(6, 0, 0), c.name+" loses its reports on the way", has(losing)),
			at(on(7, 0, 0), "the reports of "+c.name+" arrive again", has(nothing)),
		}
	case Deaf:
		return []moment{at(on(2, 0, 0), c.name+" does not hear the answers of the management point", has(deaf))}
	case Cut:
		return []moment{at(on(3, 0, 0), "a report of "+c.name+" arrives cut short", has(cutting))}
	case Ordinary, NeverHeard, Off, Late, LossyNew, Conflict, Miswritten, Blind, Postponing:
	}
	return nil
}
