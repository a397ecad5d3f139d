package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/mp"
	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
)

// client is one client of the fleet.
type client struct {
	id    string
	name  string
	token string
	role  Role
	seed  uint64
	index uint64
	rand  *rand.Rand // for what its user does

	computer *computer
	line     *line
	policy   *wsus.MemPolicy
	storage  *scan.MemStorage
	agent    *scan.Agent

	awake bool
	next  time.Time // when the agent wants to be called; zero for never

	backup struct {
		blobs []scan.Blob
		doc   *applicability.Document
	}
}

// newClient makes up a client.
func newClient(seed uint64, index int, role Role, programs *applicability.Programs) (*client, error) {
	c := &client{role: role, seed: seed, index: uint64(index), awake: role != NeverHeard}
	made := rand.New(rand.NewPCG(seed, c.index<<2|1))
	c.rand = rand.New(rand.NewPCG(seed, c.index<<2|2))
	p, prefix := xp, "DESK"
	if n := made.IntN(10); n >= 8 {
		p, prefix = server, "SRV"
	} else if n >= 4 {
		p, prefix = vista, "LAP"
	}
	if role == Blind {
		p, prefix = vista, "R&D" // an ampersand is a fine character in such a name
	}
	if role == Postponing && p == server {
		p, prefix = xp, "DESK"
	}
	c.id = fmt.Sprintf("GUID:%08X-%04X-4D7E-9C55-2008060900%02X", made.Uint32(), index, made.IntN(256))
	c.name = fmt.Sprintf("%s-%04d", prefix, 1+index)
	c.token = fmt.Sprintf("%016x%016x", made.Uint64(), made.Uint64())
	var err error
	c.computer, err = newComputer(p, role == Blind, programs, made)
	return c, err
}

// sup is the URL of the software update point.
const sup = "http://sup01.example.test:8530"

// connect gives the client its way to the management point, and its agent.
func (c *client) connect(f *Fleet, url string, h *http.Client) error {
	to, err := mp.NewClient(mp.ClientConfig{
		URL: url, AllowHTTP: true, Token: mp.FixedToken(c.token), HTTP: h, Gzip: true,
		Rand: rand.NewPCG(c.seed, c.index<<2|3), Clock: f.cfg.Clock,
	})
	if err != nil {
		return err
	}
	c.line = &line{to: to, http: h, url: url + mp.ReportPath, token: c.token}
	if c.role == Miswritten {
		c.line.fault = miswriting
	}
	c.policy = new(wsus.MemPolicy)
	if c.role == Conflict {
		other := "http://other.example.test:8530"
		c.policy.SetDomain(wsus.Policy{Server: other, StatusServer: other, Use: true})
	}
	return c.start(f, new(scan.MemStorage))
}

// start starts an agent with what a storage remembers.
func (c *client) start(f *Fleet, storage *scan.MemStorage) error {
	agent, err := scan.New(scan.Config{
		Machine: scan.MachineConfig{
			UpdateSource: updateSource, SiteCode: "PS1", Rand: rand.NewPCG(c.seed, c.index<<2),
			ScanSchedule: scan.Schedule{Interval: day},
			// A declined update is told of, so that the site does not go on
			// showing it (DIFF-6).
			ReportRemoved: true,
		},
		Client:      statemsg.Client{ID: c.id, Version: "4.00.6221.1000", NetBIOSName: c.name, CodePage: 437, LCID: 1033},
		Locator:     wsus.StaticLocator{{URL: sup, Server: "sup01.example.test", Version: 3, SameForest: true}},
		LocalPolicy: c.policy,
		Source:      f.source,
		Evaluator:   c.computer,
		Transport:   c.line,
		Storage:     storage,
		Clock:       f.cfg.Clock,
	})
	if err != nil {
		return err
	}
	c.agent, c.storage = agent, storage
	return nil
}

// tick lets the client do what is due.
func (c *client) tick(ctx context.Context, now time.Time) error {
	if !c.awake {
		c.next = time.Time{}
		return nil
	}
	next, ok, err := c.agent.Tick(ctx)
	if err != nil {
		return fmt.Errorf("client %s: %w", c.name, err)
	}
	c.next = time.Time{}
	if ok {
		// What is past is due again in a second at the earliest.
		if c.next = next.UTC(); !next.After(now) {
			c.next = now.Add(time.Second)
		}
	}
	return nil
}

// request starts a scan. That it fails or has to wait is part of the story.
func (c *client) request(ctx context.Context, r scan.Request) error {
	_, err := c.agent.ScanRequest(ctx, r)
	if err != nil && ctx.Err() == nil {
		if _, ok := errors.AsType[*scan.Error](err); ok {
			return nil
		}
	}
	return err
}

// required are those of the updates that are Required on the client.
func (c *client) required(ctx context.Context, kbs ...int) ([]compliance.UpdateID, error) {
	base, err := c.agent.Baseline(ctx)
	if err != nil {
		return nil, err
	}
	var ids []compliance.UpdateID
	for i := range updates {
		for _, kb := range kbs {
			if rec, ok := base.Find(updates[i].id()); ok && updates[i].kb == kb && rec.State == compliance.Required {
				ids = append(ids, rec.ID)
			}
		}
	}
	return ids, nil
}

// install installs updates. With a restart they are finished only after it.
func (c *client) install(ctx context.Context, assignment string, ids []compliance.UpdateID) error {
	restart := false
	for _, id := range ids {
		u, ok := find(id)
		if !ok {
			return fmt.Errorf("client %s: no update %s", c.name, id)
		}
		restart = restart || u.restart
		if err := c.computer.install(u); err != nil {
			return err
		}
	}
	return c.agent.InstallationFinished(ctx, scan.Installation{
		Assignment: assignment, Updates: ids, RestartRequired: restart,
	})
}

// save makes a backup of the whole computer.
func (c *client) save(ctx context.Context) error {
	blobs, err := c.storage.Load(ctx)
	if err != nil {
		return err
	}
	c.backup.blobs, c.backup.doc = blobs, c.computer.doc
	return nil
}

// restore brings the computer back to what the backup has. Its serial numbers start
// again from there (SITE-5).
func (c *client) restore(ctx context.Context, f *Fleet) error {
	if c.backup.doc == nil {
		return nil
	}
	storage := new(scan.MemStorage)
	if err := storage.Commit(ctx, c.backup.blobs); err != nil {
		return err
	}
	c.computer.doc = c.backup.doc
	return c.start(f, storage)
}
