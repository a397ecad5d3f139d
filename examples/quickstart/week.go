package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/scan"
)

// assignment is the deployment that is installed during the week.
const assignment = "{6E2F5C10-0001-4B7A-9C0D-200806050001}"

// moment is something that happens to the client, at a time after the
// beginning.
type moment struct {
	at time.Duration
	do func(context.Context, *world) error
}

const day = 24 * time.Hour

// clockTime is a time of day, as the distance from the beginning at 08:00.
func clockTime(d int, hour, minute time.Duration) time.Duration {
	return time.Duration(d-1)*day + (hour-8)*time.Hour + minute*time.Minute
}

// week is what happens. The scans of the schedules, the retries and the bulk
// sends come by themselves.
func week() []moment {
	return slices.Concat(firstDays(), deployment(), lastDays())
}

// firstDays are Monday to Wednesday: policy, a user, WSUS is down.
func firstDays() []moment {
	return []moment{
		{0, func(ctx context.Context, w *world) error {
			w.print.happened("machine policy arrives: software updates is enabled for the site")
			return w.agent.ApplyPolicy(ctx, scan.Policy{Enabled: true, ContentVersion: 1})
		}},
		{clockTime(2, 20, 0), func(ctx context.Context, w *world) error {
			w.print.happened("a user starts Software Updates Scan Cycle")
			return w.request(ctx, scan.ScanCycle)
		}},
		{clockTime(3, 6, 0), func(_ context.Context, w *world) error {
			w.print.happened(w.service() + " stops")
			w.wire.setDown(true)
			return nil
		}},
		{clockTime(3, 6, 10), func(ctx context.Context, w *world) error {
			w.print.happened("a user starts Software Updates Deployment Evaluation Cycle")
			return w.request(ctx, scan.DeploymentEvaluationCycle)
		}},
		{clockTime(3, 7, 30), func(_ context.Context, w *world) error {
			w.print.happened("the WSUS service is back")
			w.wire.setDown(false)
			return nil
		}},
	}
}

// deployment is Thursday: an update is deployed and installed, and the computer
// restarts.
func deployment() []moment {
	return []moment{
		{clockTime(4, 14, 0), func(ctx context.Context, w *world) error {
			base, err := w.agent.Baseline(ctx)
			if err != nil {
				return err
			}
			if w.deployed = w.target(base); len(w.deployed) == 0 {
				w.print.happened("nothing is required, so nothing is deployed")
				return nil
			}
			w.print.happened("a mandatory deployment arrives: " + short(w.title(w.deployed[0])))
			return w.request(ctx, scan.BeforeDownload, w.deployed...)
		}},
		{clockTime(4, 20, 0), func(ctx context.Context, w *world) error {
			if len(w.deployed) == 0 {
				return nil
			}
			w.print.happened("the deadline: the update is about to be installed")
			return w.request(ctx, scan.BeforeInstallation, w.deployed...)
		}},
		{clockTime(4, 20, 12), func(ctx context.Context, w *world) error {
			if len(w.deployed) == 0 {
				return nil
			}
			restart := w.reboot(w.deployed[0]) != "NeverReboots"
			if restart {
				w.print.happened("the installation ends; the computer must restart")
			} else {
				w.print.happened("the installation ends; no restart is needed")
			}
			if err := w.install(w.deployed[0]); err != nil {
				return err
			}
			return w.agent.InstallationFinished(ctx, scan.Installation{
				Assignment: assignment, Updates: w.deployed, RestartRequired: restart,
			})
		}},
		{clockTime(4, 21, 5), func(ctx context.Context, w *world) error {
			w.print.happened("the computer restarts")
			return w.agent.SystemRestarted(ctx)
		}},
	}
}

// lastDays are Friday and Saturday: new updates, and no way to the site.
func lastDays() []moment {
	return []moment{
		{clockTime(5, 3, 0), func(ctx context.Context, w *world) error {
			if w.in.next == nil {
				return nil
			}
			w.print.happened("the software update point has synchronized: new updates, policy says version 2")
			if err := w.wire.publish(w.in.news); err != nil {
				return err
			}
			return w.agent.ApplyPolicy(ctx, scan.Policy{Enabled: true, ContentVersion: 2})
		}},
		{clockTime(6, 9, 0), func(ctx context.Context, w *world) error {
			w.print.happened("the management point cannot be reached; a user starts a scan all the same")
			w.network.set(true)
			return w.request(ctx, scan.ScanCycle)
		}},
		{clockTime(6, 10, 20), func(_ context.Context, w *world) error {
			w.print.happened("the management point is back")
			w.network.set(false)
			return nil
		}},
	}
}

// service names the WSUS in the story. Another than our own is not touched.
func (w *world) service() string {
	if w.in.wire != nil {
		return "as far as the client can tell, the WSUS service on " + w.wire.location.Server
	}
	return "the WSUS service on sup01"
}

// set brings the network down or up.
func (n *network) set(down bool) {
	n.mu.Lock()
	n.down = down
	n.mu.Unlock()
}

// request starts a scan. That it fails or has to wait is part of the story.
func (w *world) request(ctx context.Context, t scan.Trigger, about ...compliance.UpdateID) error {
	_, err := w.agent.ScanRequest(ctx, scan.Request{Trigger: t, Updates: about})
	if err != nil && ctx.Err() == nil {
		if _, ok := errors.AsType[*scan.Error](err); ok {
			return nil
		}
	}
	return err
}

// live lets the client live through its days.
func (w *world) live(ctx context.Context) error {
	end := time.Duration(w.opt.days) * day
	for _, m := range week() {
		if m.at >= end {
			break
		}
		if err := w.until(ctx, monday.Add(m.at)); err != nil {
			return err
		}
		if err := m.do(ctx, w); err != nil {
			return err
		}
	}
	return w.until(ctx, monday.Add(end))
}
