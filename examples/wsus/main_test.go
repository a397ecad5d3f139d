package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/wsus"
	"github.com/updatescan/updatescan/wsus/applicability"
	"github.com/updatescan/updatescan/wsus/wusp"
)

var sample = filepath.Join("..", "quickstart", "sample", "catalog-1")

// TestServe starts the program, scans against it, and interrupts it.
func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in, out := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"-catalog", sample, "-listen", "127.0.0.1:0", "-register", "-install"}, out, &stderr)
		_ = out.Close()
	}()
	lines := bufio.NewScanner(in)
	var url string
	var seen []string
	for url == "" && lines.Scan() {
		seen = append(seen, lines.Text())
		if _, after, ok := strings.Cut(lines.Text(), "listening on "); ok {
			url = after
		}
	}
	if url == "" {
		t.Fatalf("exit code %d: %s", <-code, stderr.String())
	}
	done := make(chan []string)
	go func() {
		var rest []string
		for lines.Scan() {
			rest = append(rest, lines.Text())
		}
		done <- rest
	}()
	client, err := wusp.NewClient(wusp.ClientConfig{
		ClientID: "6f0c0000-0000-4000-8000-000000000001", DNSName: "pc01.example.test", Facts: new(applicability.Document).Facts(),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Retrieve(t.Context(), wsus.RetrieveRequest{Location: wsus.Location{URL: url}})
	if err != nil {
		t.Fatal(err)
	}
	installs := 0
	for _, u := range got.All() {
		if u.Action == wsus.ActionInstall {
			installs++
		}
	}
	if installs == 0 {
		t.Errorf("%d updates, none approved", got.Len())
	}
	stop()
	text := strings.Join(append(seen, <-done...), "\n")
	if c := <-code; c != 0 {
		t.Errorf("exit code %d: %s", c, stderr.String())
	}
	for _, want := range []string{"files read", "RegisterComputer", "SyncUpdates", `"pc01.example.test"`, " new, ", "stopped"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"no catalogue":     {nil, 2},
		"unknown flag":     {[]string{"-nonsense"}, 2},
		"argument":         {[]string{"-catalog", sample, "x"}, 2},
		"help":             {[]string{"-h"}, 0},
		"nothing there":    {[]string{"-catalog", "nothing-there"}, 1},
		"not an archive":   {[]string{"-catalog", "main.go"}, 1},
		"unusable address": {[]string{"-catalog", sample, "-listen", "nowhere:x"}, 1},
	} {
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), c.args, &stdout, &stderr); got != c.want {
			t.Errorf("%s: exit code %d, want %d: %s", name, got, c.want, stderr.String())
		}
		if (stderr.Len() > 0) != (c.want != 0) {
			t.Errorf("%s: standard error %q", name, stderr.String())
		}
	}
}
