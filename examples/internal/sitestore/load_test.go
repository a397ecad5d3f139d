package sitestore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
	"github.com/updatescan/updatescan/statemsg/site/sqlstore"
)

// TestLoad takes in 200,000 messages of 2,000 clients in random order, a tenth of the
// reports twice, one in twenty lost at first and sent again; PostgreSQL, and a short
// test, a tenth of it.
// In the end the rows of each client equal its own baseline, nothing is missing, and
// the summary equals its details.
func TestLoad(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-2")
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		clients := 2000
		if m.Dialect == sqlstore.PostgreSQL || testing.Short() {
			clients = 200
		}
		random := rand.New(rand.NewPCG(3, 5))
		s := m.open(t)
		server, err := site.New(site.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		agents, first, late := loadReports(clients, random)
		deliver(t, server, first)
		missing, err := s.Search(t.Context(), site.ClientQuery{Missing: true, Limit: 1})
		if err != nil || len(missing.Clients) == 0 {
			t.Errorf("nothing is missing while reports are lost: %v", err)
		}
		deliver(t, server, late)
		for _, a := range agents {
			if err := sitetest.Settled(t.Context(), s, a); err != nil {
				t.Fatal(err)
			}
		}
		sums, err := s.Summaries(t.Context(), site.SummaryQuery{Limit: site.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]compliance.Summary{}
		for _, a := range agents {
			for _, msg := range a.Baseline() {
				if msg.TopicType == statemsg.UpdateDetection {
					sum := want[msg.TopicID]
					sum.Add(compliance.State(msg.StateID))
					want[msg.TopicID] = sum
				}
			}
		}
		if len(sums.Updates) != len(want) {
			t.Errorf("%d summaries, want %d", len(sums.Updates), len(want))
		}
		for _, u := range sums.Updates { // SITE-8, SITE-10
			sum := want[u.Update]
			sum.Unknown += clients - sum.Total()
			if u.Summary != sum || sums.Clients != clients {
				t.Fatalf("summary of %s %+v of %d, want %+v", u.Update, u.Summary, sums.Clients, sum)
			}
		}
	})
}

// loadReports makes clients that report 100 messages each, some in each report, and
// returns the reports in random order: those that arrive at first, a tenth of them
// twice, and those that were lost and come late.
func loadReports(clients int, random *rand.Rand) (agents []*sitetest.Agent, first, late []*statemsg.Report) {
	for c := range clients {
		a := sitetest.NewAgent(c)
		at := benchStart
		for sent := 0; sent < 100; {
			n := min(1+random.IntN(30), 100-sent)
			for _, u := range random.Perm(60)[:n] {
				at = at.Add(time.Second)
				a.Set(at, sitetest.Update(u), compliance.State(random.IntN(4)))
			}
			sent += n
			for _, r := range a.Reports(at, 1+random.IntN(n+1)) {
				own := r.Clone()
				first = append(first, &own)
				if random.IntN(10) == 0 {
					again := r.Clone()
					first = append(first, &again)
				}
			}
			at = at.Add(time.Minute)
		}
		agents = append(agents, a)
	}
	random.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
	kept := first[:0]
	for _, r := range first {
		if random.IntN(20) == 0 {
			late = append(late, r)
		} else {
			kept = append(kept, r)
		}
	}
	return agents, kept, late
}

// deliver lets reports arrive in their order, some hundred under way at a time.
func deliver(t *testing.T, server *site.Server, reports []*statemsg.Report) {
	t.Helper()
	next := make(chan *statemsg.Report)
	var all sync.WaitGroup
	for range 256 {
		all.Go(func() {
			for r := range next {
				if _, err := server.Receive(t.Context(), r); err != nil {
					t.Errorf("Receive = %v", err)
				}
			}
		})
	}
	for _, r := range reports {
		next <- r
	}
	close(next)
	all.Wait()
}

// TestInjection puts SQL and other nuisances in every field: they arrive as data.
func TestInjection(t *testing.T) {
	t.Parallel()
	t.Attr("rule", "SITE-1")
	texts := []string{
		`'; DROP TABLE clients; --`, `"; DELETE FROM update_states; --`, `' OR '1'='1`, `\'; SELECT 1; --`, `$1 ? ?1 :a @b $a$ {1,2} {"x"}`, `{NULL}`, `NULL`, `","`, `\`, `\\"`,
		`%_%`, `日本 é 😀`, "a\tb\nc", `<b>&amp;</b>`, `]]>`, strings.Repeat("'", 200), `1e5`, `-0`, ` 102`, `0102`, `+1`, `9999999999999999999`, `--`, `/* */`, `x'00'`,
	}
	everywhere(t, func(t *testing.T, m medium) {
		t.Helper()
		s := m.open(t)
		server, err := site.New(site.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		r := report(1, benchStart)
		r.Client.Version, r.Client.NetBIOSName = `';DROP TABLE site;--`, `"'\;--`
		at := benchStart
		for i, text := range texts {
			params := texts[:min(i, statemsg.MaxParams)]
			for _, topic := range []statemsg.TopicType{statemsg.UpdateDetection, statemsg.UpdateSourceScan, 65535} {
				at = at.Add(time.Microsecond)
				r.Messages = append(r.Messages, statemsg.Message{
					TopicType: topic, TopicID: text, IDType: uint8(i), StateID: statemsg.StateID(i % 4), Criticality: int32(-i), Params: params,
					Details: text + "\n" + text, Time: at, Serial: uint64(len(r.Messages) + 1),
				}, statemsg.Message{
					TopicType: topic, TopicID: fmt.Sprint("param ", i), IDType: statemsg.IDTypeUpdate, StateID: 1, Params: []string{text}, Time: at,
					Serial: uint64(len(r.Messages) + 2),
				})
			}
		}
		good := len(r.Messages)
		bad := r.Messages[0]
		bad.StateID, bad.Serial = 999, uint64(good+1)
		r.Messages = append(r.Messages, bad)
		if _, err := server.Receive(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if err := server.Reject(t.Context(), text, []byte(text), errors.New(text)); err != nil {
				t.Fatal(err)
			}
		}
		found := map[string]statemsg.Message{}
		q := site.StateQuery{Client: benchID(1), Limit: 7}
		for {
			st, err := s.States(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if st.Client.NetBIOSName != r.Client.NetBIOSName || st.Client.Version != r.Client.Version {
				t.Errorf("client %+v", st.Client)
			}
			for _, row := range st.Rows {
				q.AfterType, q.AfterID = row.Message.TopicType, row.Message.TopicID
				found[fmt.Sprint(q.AfterType, q.AfterID)] = row.Message
			}
			if !st.More {
				break
			}
		}
		var keys []site.RowKey
		for _, w := range r.Messages[:good] {
			if d := cmp.Diff(w, found[fmt.Sprint(w.TopicType, w.TopicID)]); d != "" {
				t.Errorf("(-sent +found):\n%s", d)
			}
			keys = append(keys, site.RowKey{Client: benchID(1), TopicType: w.TopicType, TopicID: w.TopicID})
		}
		if rows, err := s.Rows(t.Context(), keys); err != nil || len(rows) != good || len(found) != good {
			t.Errorf("Rows = %d of %d, %v", len(rows), good, err)
		}
		for _, text := range append(texts, "a\x00b", "\xff") {
			if sums, err := s.Summaries(t.Context(), site.SummaryQuery{Updates: []string{text}}); err != nil || len(sums.Updates) != 1 || sums.Updates[0].Update != text {
				t.Errorf("Summaries(%q) = %+v, %v", text, sums, err)
			}
			if f, err := s.Search(t.Context(), site.ClientQuery{Update: text, After: text}); err != nil {
				t.Errorf("Search(%q) = %+v, %v", text, f, err)
			}
			if _, err := s.States(t.Context(), site.StateQuery{Client: text, AfterType: 500, AfterID: text}); err != nil {
				t.Errorf("States(%q) = %v", text, err)
			}
			if _, err := s.Inspect(t.Context(), site.KeptQuery{Client: text}); err != nil {
				t.Errorf("Inspect(%q) = %v", text, err)
			}
			if got, err := s.Clients(t.Context(), []string{text, benchID(1)}); err != nil || len(got) != 1 {
				t.Errorf("Clients(%q) = %d, %v", text, len(got), err)
			}
			if _, err := s.Due(t.Context(), benchStart, text, 5); err != nil {
				t.Errorf("Due(%q) = %v", text, err)
			}
		}
		page, err := s.Inspect(t.Context(), site.KeptQuery{})
		if err != nil || len(page.Kept) != len(texts)+1 {
			t.Fatalf("%d kept, %v", len(page.Kept), err)
		}
		for i, k := range page.Kept[:len(texts)] {
			if text := texts[len(texts)-1-i]; string(k.Body) != text {
				t.Errorf("kept %q, want %q", k.Body, text)
			}
		}
		if err := checkViews(t.Context(), m.DB(t), s); err != nil {
			t.Error(err)
		}
	})
}
