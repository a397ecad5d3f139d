package questions

import (
	"fmt"
	"time"
)

// siteScript is what happens to a site, and when. Each step happens at the time
// that the clock of the site shows, which begins at noon.
type siteScript struct {
	now    time.Time
	who    string
	config o
	steps  l
	sent   o // the report step that was last, without its time
}

// newSite is a site that has heard of nobody.
func newSite(config ...any) *siteScript {
	return &siteScript{now: noon, who: computer(1), config: config}
}

// heard is a site that has taken in the serials 1 to n of a client: of the
// updates 1 to n, all Required.
func heard(n int) *siteScript {
	return newSite().report(ups(1, n)...)
}

// computer is the id of a client by its number.
func computer(n int) string { return fmt.Sprintf("GUID:%08d-1111-2222-3333-444444444444", n) }

// up is a message with a serial about an update, by its number. Its time is as
// many seconds after noon as the serial says.
func up(serial, n, state int) o {
	return upAt(time.Duration(serial)*time.Second, serial, n, state)
}

// upAt is one whose time is a distance from noon.
func upAt(d time.Duration, serial, n, state int) o {
	return o{"topic_type", 500, "topic_id", update(n), "id_type", 3, "state_id", state, "params", l{"100"}, "time", moment(noon.Add(d))}.
		serial(serial)
}

// of is a message with a serial of any topic.
func of(serial, topicType int, id string, state int, more ...any) o {
	return o{"topic_type", topicType, "topic_id", id, "state_id", state, "time", moment(noon.Add(time.Duration(serial) * time.Second))}.
		with(more...).serial(serial)
}

// scanState is a message about a scan.
func scanState(serial, state int) o { return of(serial, 501, update(0), state) }

// serial adds a serial; none for 0.
func (o o) serial(n int) o {
	if n == 0 {
		return o
	}
	return o.with("serial", n)
}

// marker ends a refresh of the serials from its first to the marker's own.
func marker(serial, from, request int) o {
	return of(serial, 700, "refresh", 1, "params", l{fmt.Sprint(from), fmt.Sprint(request)})
}

// ups are messages with the serials from first to last, each about the update of
// its number, all Required.
func ups(first, last int) []o {
	var list []o
	for n := first; n <= last; n++ {
		list = append(list, up(n, n, 2))
	}
	return list
}

// from lets another client speak.
func (s *siteScript) from(n int) *siteScript {
	s.who = computer(n)
	return s
}

// on sets the site's clock to a distance from noon.
func (s *siteScript) on(d time.Duration) *siteScript {
	s.now = noon.Add(d)
	return s
}

// after lets time pass.
func (s *siteScript) after(d time.Duration) *siteScript {
	s.now = s.now.Add(d)
	return s
}

// do is a step.
func (s *siteScript) do(what string, members ...any) *siteScript {
	s.steps = append(s.steps, o{"at", moment(s.now), "do", what}.with(members...))
	return s
}

// report is a report that was made just now.
func (s *siteScript) report(messages ...o) *siteScript {
	return s.dated(s.now.Sub(noon), messages...)
}

// dated is a report that was made at a distance from noon.
func (s *siteScript) dated(d time.Duration, messages ...o) *siteScript {
	list := l{}
	for _, m := range messages {
		list = append(list, m)
	}
	s.sent = o{"client", o{"id", s.who}, "date", moment(noon.Add(d)), "messages", list}
	return s.again()
}

// again is the last report once more.
func (s *siteScript) again() *siteScript { return s.do("report", s.sent...) }

// lost is the last report once more, and the store fails.
func (s *siteScript) lost() *siteScript { return s.do("report", s.sent.with("store_fails", true)...) }

func (s *siteScript) check() *siteScript   { return s.do("check") }
func (s *siteScript) restart() *siteScript { return s.do("restart") }
func (s *siteScript) bad() *siteScript     { return s.do("bad_report", "client", s.who) }
func (s *siteScript) kept() *siteScript    { return s.do("kept") }

func (s *siteScript) register(n int, enabled bool) *siteScript {
	return s.do("register", "client", computer(n), "enabled", enabled)
}

// rows, known and states ask about the client that speaks, and about an update.
func (s *siteScript) rows() *siteScript        { return s.do("rows", "client", s.who) }
func (s *siteScript) known() *siteScript       { return s.do("client", "client", s.who) }
func (s *siteScript) states(n int) *siteScript { return s.do("states", "update", update(n)) }

// summary asks for the summaries of updates; of all for none.
func (s *siteScript) summary(updates ...int) *siteScript {
	if len(updates) == 0 {
		return s.do("summary")
	}
	list := l{}
	for _, n := range updates {
		list = append(list, update(n))
	}
	return s.do("summary", "updates", list)
}

// site takes in a vector of a script.
func (c *collector) site(id, side string, s *siteScript, more ...more) {
	config := s.config
	if config == nil {
		config = o{}
	}
	c.add(id, side, "site.run", o{"config", config, "steps", s.steps}, more...)
}

const minute = time.Minute

func sites(c *collector) {
	siteStored(c)
	siteStoreFailed(c)
	siteRepeated(c)
	siteOrdered(c)
	siteWithoutSerial(c)
	siteGaps(c)
	siteLate(c)
	siteManyGaps(c)
	siteResyncs(c)
	siteResyncPeriod(c)
	siteResyncAnswers(c)
	siteResets(c)
	siteNoResets(c)
	siteAfterReset(c)
	siteReasons(c)
	siteBadRecords(c)
	siteBadReports(c)
	siteSummaries(c)
	siteRefreshes(c)
	siteRefreshOrders(c)
	siteRefreshGaps(c)
	siteConsistent(c)
}
