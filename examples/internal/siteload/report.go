package siteload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/updatescan/updatescan/statemsg"
	"github.com/updatescan/updatescan/statemsg/site"
)

// Start is when the first messages were made.
func Start() time.Time { return time.Date(2008, 6, 3, 9, 0, 0, 0, time.UTC) }

// day is the time between two rounds of reports.
const day = 24 * time.Hour

// ClientID is the id of the n-th client.
func ClientID(n int) string { return fmt.Sprintf("GUID:5B0A7C1E-93D4-4F60-8E25-%012X", n) }

// updatePrefix begins the unique id of every update; its number in 12 hexadecimal
// digits ends it.
const updatePrefix = "5d7e1f0a-93c4-4b1d-8a52-"

// UpdateID is the unique id of the n-th update.
func UpdateID(n int) string { return fmt.Sprintf("%s%012x", updatePrefix, n) }

// revision is that of every update.
const revision = 102

// Report is a report of a client, without messages.
func Report(client int, at time.Time) *statemsg.Report {
	return &statemsg.Report{
		Client: statemsg.Client{ID: ClientID(client), Version: "4.00.6487.2000", NetBIOSName: netBIOSName(client)},
		Date:   at.Add(time.Minute),
	}
}

func netBIOSName(client int) string { return fmt.Sprintf("LAB-PC-%05d", client) }

// Detection is a message about an update.
func Detection(update, state int, at time.Time, serial uint64) statemsg.Message {
	return statemsg.Message{
		TopicType: statemsg.UpdateDetection, TopicID: UpdateID(update), IDType: statemsg.IDTypeUpdate,
		StateID: statemsg.StateID(state), Params: []string{"102"}, Time: at, Serial: serial,
	}
}

// Full is a client's report of a round, from 0, about the first so many updates, of
// which each has another state than in the round before.
func Full(client, round, messages int) *statemsg.Report {
	r := Report(client, Start().Add(time.Duration(round)*day))
	for i := range messages {
		row := FullRow(client, round, messages, i)
		r.Messages = append(r.Messages, Detection(i, int(row[2]), time.UnixMicro(row[5]).UTC(), uint64(row[4])))
	}
	return r
}

// FullRow is the row that message i of such a report becomes.
func FullRow(client, round, messages, i int) Row {
	at := Start().Add(time.Duration(round) * day)
	return Row{
		int64(client + 1), int64(i + 1), int64(1 + (i+round)%3), revision, int64(round*messages + i + 1),
		at.UnixMicro(), Start().Unix(), 1,
	}
}

// Delta is a client's report of a week, from 1, in which some of many updates have
// another state. The report of week 0 is that of [Full], about all of them.
func Delta(client, week, updates, changed int, random *rand.Rand) (*statemsg.Report, []Row) {
	at := Start().Add(time.Duration(week) * 7 * day)
	r := Report(client, at)
	var rows []Row
	for i := range changed {
		// Of each part of the updates one.
		u := i*updates/changed + random.IntN(max(updates/changed, 1))
		serial := updates + (week-1)*changed + i + 1
		state := 1 + serial%3
		r.Messages = append(r.Messages, Detection(u, state, at, uint64(serial)))
		rows = append(rows, Row{int64(client + 1), int64(u + 1), int64(state), revision, int64(serial), at.UnixMicro(), Start().Unix(), 1})
	}
	return r, rows
}

// Server is a site over a store that commits so many reports together, of so many
// messages each.
func Server(store site.Store, reports, messages int) (*site.Server, error) {
	return site.New(site.Config{
		Store: store, GroupReports: reports, GroupMessages: reports * messages,
		MaxQueue: 4 * reports, MaxQueueMessages: 4 * reports * messages,
	})
}

// TakeIn decodes reports in their wire form and gives them to a site, so many at a
// time, and returns when all are stored.
func TakeIn(ctx context.Context, server *site.Server, reports [][]byte, callers int) error {
	next := make(chan []byte, len(reports))
	for _, r := range reports {
		next <- r
	}
	close(next)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for data := range next {
				r, err := statemsg.DecodeReport(data)
				if err == nil {
					_, err = server.Receive(ctx, r)
				}
				if err != nil {
					errs[c] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// UpdateNumber is the number of the update with that unique id.
func UpdateNumber(id string) (int, error) {
	hex, ok := strings.CutPrefix(id, updatePrefix)
	if !ok {
		return 0, fmt.Errorf("update %q: not one of the load", id)
	}
	n, err := strconv.ParseInt(hex, 16, 64)
	return int(n), err
}
