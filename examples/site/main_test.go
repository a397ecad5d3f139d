package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/examples/internal/sqltest"
	"github.com/updatescan/updatescan/statemsg/site"
)

// once runs the program with -once -json and 20 clients.
func once(t *testing.T, args ...string) (text string, s summary) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"-once", "-json", "-clients", "20"}, args...)
	if code := run(t.Context(), args, &stdout, &stderr); code != 0 {
		t.Fatalf("run(%q) = %d, want 0; standard error:\n%s", args, code, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
		t.Fatalf("run(%q): %v in\n%s", args, err, &stdout)
	}
	return stdout.String(), s
}

func TestOnce(t *testing.T) {
	t.Parallel()
	text, s := once(t)
	again, _ := once(t)
	if diff := cmp.Diff(text, again); diff != "" {
		t.Errorf("two runs with the same seed (-first +second):\n%s", diff)
	}
	if s.Clients != 20 || len(s.Updates) != 16 {
		t.Errorf("%d clients and %d updates, want 20 and 16", s.Clients, len(s.Updates))
	}
	if a := s.Agreement; a.InOrder < 15 || a.Equal != a.InOrder || len(a.Differ) > 0 {
		t.Errorf("agreement %+v, want 15 clients or more in order and all of them equal", a)
	}
	unknown := 0
	for _, u := range s.Updates {
		total := u.Required + u.NotRequired + u.Installed + u.Unknown
		want := float64(100*(u.Installed+u.NotRequired)) / float64(total)
		if total != s.Clients || u.Percent == nil || *u.Percent-want > 1e-9 || want-*u.Percent > 1e-9 {
			t.Errorf("%s: %+v, want %d in all, and %.1f %%", u.Title, u, s.Clients, want)
		}
		unknown += u.Unknown
	}
	for _, n := range s.Unknown {
		unknown -= n
	}
	if unknown != 0 {
		t.Errorf("unknown because %v: %d more or fewer than there are", s.Unknown, unknown)
	}
	checkWeek(t, &s)
}

// checkWeek looks for what must have happened in a week.
func checkWeek(t *testing.T, s *summary) {
	t.Helper()
	for _, reason := range []string{
		"reported_unknown", "feature_off", "message_bad", "never_heard", "message_lost", "scan_failed", "nothing_received",
	} {
		if s.Unknown[reason] == 0 {
			t.Errorf("unknown because %v, want %s too", s.Unknown, reason)
		}
	}
	if s.Missing != 2 || s.Resyncs != 2 || s.Resets != 1 || s.Kept != 2 {
		t.Errorf("%d clients with missing messages, %d resyncs, %d resets, %d kept; want 2, 2, 1, 2", s.Missing, s.Resyncs, s.Resets, s.Kept)
	}
	declined, installed := 0, 0
	for _, u := range s.Updates {
		if u.Declined {
			declined++
		}
		if strings.Contains(u.Title, "Removal Tool") {
			installed = u.Installed
		}
	}
	if declined != 1 || installed < 12 {
		t.Errorf("%d updates are declined and %d clients have the removal tool, want 1, and 12 or more", declined, installed)
	}
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	_, dsn := sqltest.PostgreSQL(t)
	text, _ := once(t, "-pg", dsn)
	if lite, _ := once(t); lite != text {
		t.Errorf("PostgreSQL and SQLite differ (-SQLite +PostgreSQL):\n%s", cmp.Diff(lite, text))
	}
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"-once", "-pg", dsn}, io.Discard, &stderr); code != 1 || !strings.Contains(stderr.String(), "has clients already") {
		t.Errorf("run on a database with clients = %d, %q; want 1 and a refusal", code, &stderr)
	}
}

// liar is a reader that swaps Required and Installed of the first row of a client.
type liar struct {
	site.Reader
	about string
}

// States implements site.Reader.
func (l *liar) States(ctx context.Context, q site.StateQuery) (site.States, error) {
	s, err := l.Reader.States(ctx, q)
	if err == nil && len(s.Rows) > 0 && l.about == "" {
		l.about = s.Client.NetBIOSName
		s.Rows[0].Message.StateID = (s.Rows[0].Message.StateID + 1) % 4
	}
	return s, err
}

// TestAgreement checks that the comparison would find a difference.
func TestAgreement(t *testing.T) {
	t.Parallel()
	db, err := openDatabase(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.close()
	w, err := newWeek(options{clients: 20, days: 1, seed: 42}, db, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.live(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := &liar{Reader: db}
	a, err := w.fleet.Compare(t.Context(), l)
	if err != nil || a.Equal != a.InOrder-1 || !cmp.Equal(a.Differ, []string{l.about}) {
		t.Errorf("Compare with a site that is wrong about %s: %+v, %v", l.about, a, err)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-once", "-clients", "20", "-days", "1"}, &stdout, &stderr); code != 0 {
		t.Fatalf("run = %d, want 0:\n%s", code, &stderr)
	}
	var other bytes.Buffer
	if code := run(t.Context(), []string{"-once", "-clients", "20", "-days", "1", "-seed", "43"}, &other, io.Discard); code != 0 || other.String() == stdout.String() {
		t.Errorf("with another seed: run = %d, and the summary is the same: %v", code, other.String() == stdout.String())
	}
	for _, want := range []string{"20 clients as of Tue, 10 Jun 2008", "% compliant", "(KB990201)", "never_heard", "are in order"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &stdout)
		}
	}
	for _, want := range []string{"Mon 08:00", "the end"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("progress lacks %q:\n%s", want, &stderr)
		}
	}
}

// TestPage runs the program with its page until it is interrupted.
func TestPage(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	r, w := io.Pipe()
	var stderr bytes.Buffer
	code := 0
	var wait sync.WaitGroup
	wait.Go(func() {
		code = run(ctx, []string{"-listen", "127.0.0.1:0", "-clients", "20", "-days", "1"}, w, &stderr)
		w.Close()
	})
	lines := bufio.NewScanner(r)
	url := ""
	for lines.Scan() {
		if m := regexp.MustCompile(`The console is at (http://127\.0\.0\.1:\d+/) until`).FindStringSubmatch(lines.Text()); m != nil {
			url = m[1]
			break
		}
	}
	for path, want := range map[string]string{
		"": "Software updates compliance", "clients": "DESK-", "problems": "Not heard from", "style.css": "prefers-color-scheme",
	} {
		if status, body := get(t, url+path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET /%s: %d, want 200 and %q in\n%s", path, status, want, body)
		}
	}
	if status, _ := get(t, url+"nothing"); status != http.StatusNotFound {
		t.Errorf("GET /nothing: %d, want 404", status)
	}
	interrupt()
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Error(err)
	}
	wait.Wait()
	if code != 0 {
		t.Errorf("run = %d after an interrupt, want 0:\n%s", code, &stderr)
	}
}

// get fetches a page.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stderr bytes.Buffer
	if code := run(ctx, []string{"-once"}, io.Discard, &stderr); code != 1 || stderr.String() != "site: interrupted\n" {
		t.Errorf("run after an interrupt = %d, %q", code, &stderr)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-clients", "19"}, {"-clients", "1001"}, {"-days", "0"}, {"-days", "367"}, {"-listen", "here"}, {"-seed", "x"}, {"now"}, {"-what"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("run(%q) = %d, %q, %q; want 2 and one line", args, code, &stdout, &stderr)
		}
	}
	var stdout bytes.Buffer
	if code := run(t.Context(), []string{"-help"}, &stdout, io.Discard); code != 0 || !strings.Contains(stdout.String(), "-pg DSN") {
		t.Errorf("run(-help) = %d, %q", code, &stdout)
	}
}
