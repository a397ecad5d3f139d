package site_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/updatescan/updatescan/compliance"
	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
	"github.com/updatescan/updatescan/statemsg/site/sitetest"
)

// chain gives the reports of a client that is restored and refreshed, in a random
// order and some twice, to a server that commits them in a few groups, with and
// without remembering clients, and compares it with the model.
func chain(t *testing.T, seed int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(uint64(seed), 1))
	store := &gate{open: make(chan struct{})}
	s := newServer(t, site.Config{Store: store, CacheClients: []int{0, -1, 2}[seed%3], GroupReports: 1 + rnd.IntN(30)})
	var all []*statemsg.Report
	agents := []*sitetest.Agent{sitetest.NewAgent(1), sitetest.NewAgent(2), sitetest.NewAgent(3)}
	for range 8 {
		for _, a := range agents {
			saved := a.Save()
			for range 5 {
				a.Set(time.Now(), sitetest.Update(rnd.IntN(6)), compliance.State(rnd.IntN(4)))
			}
			all = append(all, a.Reports(time.Now(), 2)...)
			if rnd.IntN(4) == 0 {
				a.Forget(sitetest.Update(rnd.IntN(6)))
				a.Refresh(time.Now(), 0)
				all = append(all, a.Reports(time.Now(), 3)...)
			}
			if rnd.IntN(6) == 0 {
				a.Restore(saved)
			}
			time.Sleep(time.Minute)
		}
	}
	for range len(all) / 4 {
		all = append(all, all[rnd.IntN(len(all))])
	}
	for i := range all { // not far from their order
		j := min(len(all)-1, i+rnd.IntN(6))
		all[i], all[j] = all[j], all[i]
	}
	var model sitetest.Model
	var answers []chan answer
	var want []uint64
	for _, r := range all {
		c := r.Clone()
		answers = append(answers, receive(t.Context(), s, &c))
		want = append(want, model.Receive(time.Now(), r))
	}
	close(store.open)
	synctest.Wait()
	var got []uint64
	for _, c := range answers {
		a := <-c
		if a.err != nil {
			t.Fatal(a.err)
		}
		got = append(got, a.resync)
	}
	if !slices.Equal(got, want) {
		t.Errorf("answers %v, want %v", got, want)
	}
	if err := sitetest.Compare(t.Context(), store, &model); err != nil {
		t.Error(err)
	}
}

// shuffle returns the reports in an order that the seed decides.
func shuffle(all []*statemsg.Report, seed uint64) []*statemsg.Report {
	all = slices.Clone(all)
	rand.New(rand.NewPCG(seed, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}
