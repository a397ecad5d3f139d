package folder_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/folder"
	"github.com/updatescan/updatescan/statemsg/statemsgtest"
)

func report(serial uint64) *statemsg.Report {
	when := time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC)
	return &statemsg.Report{
		Client: statemsg.Client{ID: "5B0A7C1E-93D4-4F60-8E25-A1B2C3D4E5F6"},
		Date:   when,
		Messages: []statemsg.Message{{
			TopicType: statemsg.UpdateDetection, TopicID: "u", IDType: 3, StateID: 2, Time: when, Serial: serial,
		}},
	}
}

const name17 = "5b0a7c1e-93d4-4f60-8e25-a1b2c3d4e5f6-00000000000000000017.xml"

func transport(t *testing.T) (*folder.Transport, string) {
	t.Helper()
	dir := t.TempDir()
	tr, err := folder.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tr, dir
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// received is a transport with what its check needs: the reports in its folder.
type received struct {
	*folder.Transport
	t   *testing.T
	dir string
}

func (r *received) Received() []statemsg.Report {
	r.t.Helper()
	var all []statemsg.Report
	for _, name := range names(r.t, r.dir) {
		data, err := os.ReadFile(filepath.Join(r.dir, name))
		if err != nil {
			r.t.Fatal(err)
		}
		report, err := statemsg.DecodeReport(data)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, *report)
	}
	return all
}

func TestContract(t *testing.T) {
	t.Parallel()
	statemsgtest.RunTransport(t, func(t *testing.T) statemsgtest.Receiver {
		t.Helper()
		tr, dir := transport(t)
		return &received{tr, t, dir}
	})
}

func TestSend(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	t.Attr("rule", "MSG-9")
	tr, dir := transport(t)
	path := filepath.Join(dir, name17)
	// A crash has left half of a report.
	if err := os.WriteFile(path+".tmp", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second is a repetition
		if err := tr.Send(t.Context(), report(17)); err != nil {
			t.Fatalf("Send = %v", err)
		}
	}
	if diff := cmp.Diff([]string{name17}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := statemsg.DecodeReport(data)
	if err != nil {
		t.Fatal(err)
	}
	want := report(17)
	want.Client = want.Client.Normal()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report in the file (-want +got)\n%s", diff)
	}
}

func TestSendNeverOverwrites(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-6")
	tr, dir := transport(t)
	if err := tr.Send(t.Context(), report(17)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, name17))
	if err != nil {
		t.Fatal(err)
	}
	other := report(17)
	other.Messages[0].StateID = 3
	if err := tr.Send(t.Context(), other); !errors.Is(err, folder.ErrOther) || !errors.Is(err, statemsg.ErrRejected) {
		t.Errorf("Send of another report = %v, want ErrOther and ErrRejected", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, name17))
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed, %v", err)
	}
}

func TestSendFails(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "MSG-7")
	tr, dir := transport(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tr.Send(ctx, report(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Send with an ended context = %v, want %v", err, context.Canceled)
	}
	bad := report(1)
	bad.Messages = nil
	if err := tr.Send(t.Context(), bad); !errors.Is(err, statemsg.ErrNoMessages) {
		t.Errorf("Send without messages = %v, want ErrNoMessages", err)
	}
	bad = report(1)
	bad.Messages[0].TopicID = ""
	if err := tr.Send(t.Context(), bad); !errors.Is(err, statemsg.ErrInvalidMessage) {
		t.Errorf("Send of an invalid message = %v, want ErrInvalidMessage", err)
	}
	bad = report(0)
	for range 2 {
		err := tr.Send(t.Context(), bad)
		if !errors.Is(err, folder.ErrNoSerial) || !errors.Is(err, statemsg.ErrRejected) {
			t.Errorf("Send without a serial number = %v, want ErrNoSerial and ErrRejected", err)
		}
		bad.Messages = append(bad.Messages, report(18).Messages...) // only the first one counts
	}
	if err := tr.Send(t.Context(), nil); !errors.Is(err, folder.ErrNoReport) || !errors.Is(err, statemsg.ErrRejected) {
		t.Errorf("Send of nil = %v, want ErrNoReport and ErrRejected", err)
	}
	bad = report(1)
	bad.Client.ID = ""
	if err := tr.Send(t.Context(), bad); !errors.Is(err, statemsg.ErrInvalidClient) {
		t.Errorf("Send without a client = %v, want ErrInvalidClient", err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files after failures: %v, want none", got)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := tr.Send(t.Context(), report(1)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Send into a folder that is gone = %v, want %v", err, os.ErrNotExist)
	}
}

// Not parallel: it changes the working folder, where nothing may appear.
func TestZeroTransport(t *testing.T) {
	t.Attr("rule", "MSG-7")
	dir := t.TempDir()
	t.Chdir(dir)
	for name, tr := range map[string]*folder.Transport{"zero": {}, "nil": nil} {
		err := tr.Send(t.Context(), report(1))
		if !errors.Is(err, folder.ErrNoFolder) || err.Error() != "folder: the transport has no folder" {
			t.Errorf("Send of the %s transport = %v, want ErrNoFolder", name, err)
		}
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("files: %v, want none", got)
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	if got, err := folder.Name(report(17)); got != name17 || err != nil {
		t.Errorf("Name = %q, %v, want %q", got, err, name17)
	}
	empty, unnamed := report(17), report(17)
	empty.Messages, unnamed.Client.ID = nil, "x"
	for _, tt := range []struct {
		name   string
		report *statemsg.Report
		want   error
	}{
		{"nil", nil, folder.ErrNoReport},
		{"no client", unnamed, statemsg.ErrInvalidClient},
		{"no messages", empty, statemsg.ErrNoMessages},
		{"no serial", report(0), folder.ErrNoSerial},
	} {
		if got, err := folder.Name(tt.report); got != "" || !errors.Is(err, tt.want) {
			t.Errorf("%s: Name = %q, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestSendConcurrently(t *testing.T) {
	t.Parallel()
	tr, dir := transport(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := tr.Send(context.Background(), report(uint64(1+i/2))); err != nil {
				t.Errorf("Send = %v", err)
			}
		})
	}
	wg.Wait()
	got := names(t, dir)
	if len(got) != 4 {
		t.Errorf("files = %v, want 4", got)
	}
	for i, name := range got {
		if want := fmt.Sprintf("-%020d.xml", i+1); !strings.HasSuffix(name, want) {
			t.Errorf("file %d is %s, want ...%s", i, name, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(dir, "missing")} {
		if tr, err := folder.New(path); tr != nil || err == nil {
			t.Errorf("New(%q) = %v, %v, want an error", path, tr, err)
		}
	}
}
