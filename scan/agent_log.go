package scan

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/updatescan/updatescan/statemsg"
)

// logNotice logs what the machine tells.
func (a *Agent) logNotice(ctx context.Context, n Notice) {
	level := slog.LevelInfo
	if n.Failure.Failed() {
		level = slog.LevelWarn
	}
	if !a.cfg.Logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.Time("at", n.At)}
	if n.Job != 0 {
		attrs = append(attrs, slog.Uint64("job", n.Job))
	}
	if n.Trigger != 0 {
		attrs = append(attrs, slog.String("trigger", n.Trigger.String()))
	}
	if n.Decision.Action != 0 {
		attrs = append(attrs, slog.String("decision", n.Decision.String()))
	}
	if n.Location.URL != "" {
		attrs = append(attrs, slog.String("server", n.Location.URL))
	}
	if !n.Due.IsZero() {
		attrs = append(attrs, slog.Time("due", n.Due))
	}
	if n.Count != 0 {
		attrs = append(attrs, slog.Int("count", n.Count))
	}
	if n.Failure.Failed() {
		attrs = append(attrs, slog.String("code", n.Failure.Code.String()), slog.String("detail", n.Failure.Detail))
	}
	a.cfg.Logger.LogAttrs(ctx, level, n.Kind.String(), attrs...)
}

// logResult logs how an attempt ended.
func (a *Agent) logResult(ctx context.Context, r *Result) {
	level := slog.LevelInfo
	if r.Failure.Failed() {
		level = slog.LevelWarn
	}
	if !a.cfg.Logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.Time("at", r.Finished), slog.Uint64("job", r.Run.Job), slog.String("type", r.Type.String()),
		slog.Bool("connected", r.Connected), slog.Int("changes", len(r.Changes)),
	}
	if r.Failure.Failed() {
		attrs = append(attrs, slog.String("code", r.Failure.Code.String()), slog.String("detail", r.Failure.Detail))
	}
	if !r.RetryAt.IsZero() {
		attrs = append(attrs, slog.Time("retry_at", r.RetryAt))
	}
	a.cfg.Logger.LogAttrs(ctx, level, r.Outcome.String(), attrs...)
}

// logSend logs how a send ended. A report that the receiver will never accept
// is an error: somebody has to look at it.
func (a *Agent) logSend(ctx context.Context, at time.Time, e SendEnded) {
	attrs := []slog.Attr{slog.Time("at", at.UTC()), slog.Uint64("batch", e.Batch)}
	if !e.Failure.Failed() {
		a.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "sent", attrs...)
		return
	}
	level := slog.LevelWarn
	if errors.Is(e.Failure.Err, statemsg.ErrRejected) {
		level = slog.LevelError
	}
	attrs = append(attrs, slog.String("code", e.Failure.Code.String()), slog.String("detail", e.Failure.Detail))
	a.cfg.Logger.LogAttrs(ctx, level, "not sent", attrs...)
}
