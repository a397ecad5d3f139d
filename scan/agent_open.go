package scan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/updatescan/updatescan/ttl"
	"github.com/updatescan/updatescan/wsus"
)

// open restores the client from its storage, if that has not been done. The
// caller holds the lock, as for all methods of this file.
func (a *Agent) open(ctx context.Context) error {
	if a.machine != nil {
		return nil
	}
	loading, cancel := a.within(ctx, a.cfg.Timeouts.Storage)
	defer cancel()
	blobs, err := a.cfg.Storage.Load(loading)
	if err != nil {
		return fmt.Errorf("scan: load: %w", err)
	}
	m, faults, err := RestoreMachine(a.cfg.Machine, blobs)
	if err != nil {
		return err
	}
	a.machine, a.faults = m, faults
	a.epoch++
	a.todo, a.stored, a.retrieved = nil, nil, nil
	lost := a.readMetadata(blobs)
	for _, f := range a.faults {
		a.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "stored state is taken as absent", slog.Any("error", f))
	}
	if lost != nil {
		if err := a.step(ctx, MetadataLost{Detail: lost.Error()}); err != nil {
			return err
		}
	}
	return a.step(ctx, Resumed{})
}

// readMetadata decodes the stored metadata. It returns why there is none when
// the workflow says that there is: it is damaged, foreign, or not what the
// workflow last stored. What is stored stays as it is.
func (a *Agent) readMetadata(blobs []Blob) error {
	stamp, _ := a.machine.Stamp()
	var data []byte
	for _, b := range blobs {
		if b.Part == PartMetadata {
			data = b.Data
		}
	}
	if data == nil && !stamp.Present() {
		return nil
	}
	catalog, err := decodeMetadata(data, stamp)
	if err == nil {
		a.stored = catalog
		return nil
	}
	err = fmt.Errorf("scan: stored metadata is taken as absent: %w", err)
	a.faults = append(a.faults, err)
	if !stamp.Present() {
		return nil
	}
	return err
}

// errStale is why metadata is not used whose stamp is not the workflow's.
var errStale = errors.New("its stamp is not the one that was committed with it")

// decodeMetadata reads stored metadata.
func decodeMetadata(data []byte, stamp ttl.Stamp) (*wsus.Catalog, error) {
	entry, err := ttl.DecodeEntry(data)
	if err != nil {
		return nil, err
	}
	if entry.Stamp != stamp {
		return nil, errStale
	}
	return wsus.DecodeCatalog(entry.Data)
}

// step takes in one event: the machine is advanced, what changed is committed,
// and what is to be done is added to the list. When the commit fails nothing
// has happened, and the agent starts from the last commit with the next call.
func (a *Agent) step(ctx context.Context, ev Event) error {
	if err := a.open(ctx); err != nil {
		return err
	}
	defer a.broken()
	now := a.cfg.Clock.Now()
	if e, ok := ev.(SendEnded); ok && !e.Interrupted {
		a.sendFailure = e.Failure
		a.logSend(ctx, now, e)
	}
	if a.cfg.Observer != nil {
		a.cfg.Observer.Event(now.UTC(), ev)
	}
	for _, e := range a.machine.Step(now, ev) {
		if c, ok := e.(Commit); ok {
			if err := a.commit(ctx, c); err != nil {
				a.abandon(err)
				return err
			}
		}
		if a.cfg.Observer != nil {
			a.cfg.Observer.Effect(now.UTC(), e)
		}
		a.accept(ctx, e)
	}
	return nil
}

// accept takes in one effect that has been committed.
func (a *Agent) accept(ctx context.Context, e Effect) {
	switch e := e.(type) {
	case Commit:
	case Notice:
		a.logNotice(ctx, e)
	case Finished:
		a.logResult(ctx, &e.Result)
		if e.Result.Run.Attempt != 0 {
			a.retrieved = nil
		}
		for _, token := range e.Result.Tokens {
			if ch, ok := a.waiters[token]; ok {
				delete(a.waiters, token)
				ch <- e.Result
			}
		}
	case Locate, ReadPolicy, WritePolicy, Retrieve, Evaluate, Send:
		a.todo = append(a.todo, e)
	}
}

// commit makes a step durable. It is not cut short by ctx: a stop must not
// leave it open whether the step has happened.
func (a *Agent) commit(ctx context.Context, c Commit) error {
	var blobs []Blob
	for _, p := range c.Parts {
		data, err := a.machine.AppendPart(nil, p)
		if err != nil {
			return fmt.Errorf("scan: commit: %w", err)
		}
		blobs = append(blobs, Blob{Part: p, Data: data})
	}
	switch c.Metadata {
	case KeepMetadata:
	case ClearMetadata:
		blobs = append(blobs, Blob{Part: PartMetadata})
	case StoreMetadata:
		data, err := a.retrieved.AppendBinary(nil)
		if err != nil {
			return fmt.Errorf("scan: commit: metadata: %w", err)
		}
		entry := ttl.Entry{Stamp: c.Stamp, Source: c.Source, Data: data}
		if err := entry.Validate(); err != nil {
			return fmt.Errorf("scan: commit: metadata: %w", err)
		}
		blobs = append(blobs, Blob{Part: PartMetadata, Data: ttl.AppendEntry(nil, entry)})
	}
	ctx, cancel := a.within(context.WithoutCancel(ctx), a.cfg.Timeouts.Storage)
	defer cancel()
	if err := a.cfg.Storage.Commit(ctx, blobs); err != nil {
		return fmt.Errorf("scan: commit: %w", err)
	}
	switch c.Metadata {
	case KeepMetadata:
	case ClearMetadata:
		a.stored = nil
	case StoreMetadata:
		a.stored = a.retrieved
	}
	return nil
}

// broken forgets what was not committed when an implementation has panicked, so
// that the agent can be used again. The panic goes on.
func (a *Agent) broken() {
	if p := recover(); p != nil {
		a.abandon(fmt.Errorf("panic: %v", p))
		panic(p)
	}
}

// abandon forgets what was not committed.
func (a *Agent) abandon(err error) {
	a.machine, a.todo, a.stored, a.retrieved = nil, nil, nil, nil
	a.epoch++
	for token, ch := range a.waiters {
		delete(a.waiters, token)
		ch <- Result{Failure: Failure{Err: err}} // no outcome: ErrRequestLost
	}
	a.cfg.Logger.Error("starting from the last commit", slog.Any("error", err))
}
