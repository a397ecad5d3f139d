package ttltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/updatescan/updatescan/internal/contract"
	"github.com/updatescan/updatescan/ttl"
)

// patience is how long after its context was cancelled a call may take. It is
// long, so that a busy machine raises no alarm.
const patience = 20 * time.Second

// CheckStore checks the contract of [ttl.Store] and returns all breaches,
// joined, each a [*ClauseError]. newStore returns a new, empty store each
// time, which nothing else uses.
//
// The store is taken to be shared, so it must be safe for concurrent use; for
// one that never is, use [RunStore] with -skip /concurrent. If the context
// ends its error is returned.
//
// Green does not prove that a saved blob survives the end of the process or a
// crash in the middle (see [CheckReopened]), that a medium which cannot be
// read is not taken for an empty one (see [CheckUnreadable]), nor that there
// are no data races, unless it runs under the race detector.
func CheckStore(ctx context.Context, newStore func() ttl.Store) error {
	return contract.Check(ctx, "ttltest", storeClauses(), newStore)
}

// RunStore is [CheckStore] with one subtest a clause, named by its id, so
// that one can be left out with -skip.
func RunStore(t *testing.T, newStore func(*testing.T) ttl.Store) {
	t.Helper()
	contract.Run(t, "ttltest", storeClauses(), newStore)
}

// storeClauses are the sentences of the comment of [ttl.Store].
func storeClauses() []contract.Clause[ttl.Store] {
	return []contract.Clause[ttl.Store]{
		{ID: "load/absent", Rule: "TTL-3", Says: "when none was ever saved, the error is or wraps ErrAbsent", Check: loadAbsent},
		{ID: "load/last-saved", Rule: "", Says: "Load returns the blob last saved", Check: loadLastSaved},
		{ID: "load/owned", Rule: "", Says: "the caller owns what Load returned", Check: loadOwned},
		{ID: "load/empty", Rule: "TTL-3", Says: "when the last one saved was empty, Load gives ErrAbsent or an empty blob", Check: loadEmpty},
		{ID: "load/absent-only", Rule: "TTL-6", Says: "Load must not return ErrAbsent for any other reason", Check: loadAbsentOnly},
		{ID: "load/opaque", Rule: "", Says: "the Store does not look into the blob", Check: loadOpaque},
		{ID: "save/empty", Rule: "", Says: "the blob may be empty", Check: saveEmpty},
		{ID: "save/unmodified", Rule: "", Says: "the Store must not modify the blob it is given", Check: saveUnmodified},
		{ID: "save/copies", Rule: "", Says: "the Store must copy what it retains", Check: saveCopies},
		{ID: "save/error", Rule: "TTL-6", Says: "an error means that the new blob is not in place, or that Load gives either the old or the new one", Check: saveError},
		{ID: "save/kept", Rule: "", Says: "nil means that the new blob is durable, also when the context ends afterwards", Check: saveKept},
		{ID: "cancelled", Rule: "", Says: "both methods return soon after the context is cancelled, with its error", Check: cancelled},
		{ID: "concurrent", Rule: "TTL-6", Says: "a Load beside a Save gives the old blob or the new one, never a mixture", Check: concurrent},
	}
}

// CheckUnreadable checks the sentence of [ttl.Store] that needs a broken
// medium: what cannot be read is not absent (TTL-6). newStore returns a store
// whose medium holds something and cannot be read, such as a file without
// permission.
func CheckUnreadable(ctx context.Context, newStore func() ttl.Store) error {
	c := contract.Clause[ttl.Store]{ID: "load/unreadable", Rule: "TTL-6", Says: "that nothing could be read does not mean that nothing is there", Check: loadUnreadable}
	return contract.Check(ctx, "ttltest", []contract.Clause[ttl.Store]{c}, newStore)
}

func loadUnreadable(ctx context.Context, newStore func() ttl.Store) error {
	b, err := newStore().Load(ctx)
	if err == nil || errors.Is(err, ttl.ErrAbsent) {
		return fmt.Errorf("Load() of an unreadable medium = %s, %w, want another error", show(b), err)
	}
	return nil
}

// CheckReopened checks that what was saved is there when the medium is opened
// again. newMedium returns a new, empty medium as a function that opens it
// each time it is called, as after the end of a process.
func CheckReopened(ctx context.Context, newMedium func() func() ttl.Store) error {
	c := contract.Clause[func() ttl.Store]{ID: "save/reopened", Rule: "", Says: "nil means that the new blob is durable", Check: saveReopened}
	return contract.Check(ctx, "ttltest", []contract.Clause[func() ttl.Store]{c}, newMedium)
}

func saveReopened(ctx context.Context, newMedium func() func() ttl.Store) error {
	open := newMedium()
	for _, blob := range blobs() {
		if err := save(ctx, open(), blob); err != nil {
			return err
		}
		if err := loads(ctx, open(), blob); err != nil {
			return fmt.Errorf("opened again: %w", err)
		}
	}
	return nil
}

// blobs are what tends to be stored wrongly: growing and shrinking, of every
// byte, and such that look like text, numbers or nothing.
func blobs() [][]byte {
	var all []byte
	for n := range 256 {
		all = append(all, byte(n))
	}
	return [][]byte{
		[]byte("one"), all, bytes.Repeat(all, 1024),
		{0},
		[]byte("\r\n"), []byte(" two \n"),
		{0xff, 0xfe, 0x00},
		[]byte("'; -- %s\\"), []byte("null"), []byte("one"), []byte("two"),
		{},
		bytes.Repeat([]byte{'x'}, 4097), []byte("x"),
	}
}

// save is Save that must succeed.
func save(ctx context.Context, s ttl.Store, blob []byte) error {
	if err := s.Save(ctx, blob); err != nil {
		return fmt.Errorf("Save(%s) = %w, want nil", show(blob), err)
	}
	return nil
}

// loads checks that Load gives one of some blobs. An empty one may be absent.
func loads(ctx context.Context, s ttl.Store, want ...[]byte) error {
	got, err := s.Load(ctx)
	for _, w := range want {
		if len(w) == 0 && errors.Is(err, ttl.ErrAbsent) || err == nil && bytes.Equal(got, w) {
			return nil
		}
	}
	text := show(want[0])
	if last := len(want) - 1; last > 0 {
		text += " or a later one up to " + show(want[last])
	}
	if err != nil {
		return fmt.Errorf("Load() = %w, want %s", err, text)
	}
	return fmt.Errorf("Load() = %s, want %s", show(got), text)
}

// saves tells whether Save succeeds, where failing is another clause.
func saves(ctx context.Context, s ttl.Store, blob []byte) bool { return s.Save(ctx, blob) == nil }

// keeps tells whether a plain blob is there after it was saved. Where it is
// not, a clause about something else has nothing to say.
func keeps(ctx context.Context, s ttl.Store) bool {
	plain := []byte("plain")
	return save(ctx, s, bytes.Clone(plain)) == nil && loads(ctx, s, plain) == nil
}

// show is a blob for a person.
func show(b []byte) string {
	if len(b) <= 16 {
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%q and so on, %d bytes", b[:16], len(b))
}
