package questions

import "time"

// script is what happens to a client, and when. Each step happens at the time
// that the clock of the script shows, which begins at noon.
type script struct {
	now    time.Time
	config o
	steps  []o
}

// begin is a client that is new.
func begin(config ...any) *script { return &script{now: noon, config: config} }

// client is one whose feature was just enabled and whose initial scan, job 1,
// asks for a location: unless random says otherwise, its delay is 0.
func client(config ...any) *script { return begin(config...).event("policy_received", "enabled", true) }

// found is what the initial scan of the tables finds.
var found = l{rec(1, 100, "required"), rec(2, 100, "not_required")}

// scanned is a client whose initial scan has completed four seconds after noon:
// metadata of version 38 of serverA.
func scanned(config ...any) *script { return client(config...).connects(1, 1, 38, found) }

// delivered is a client that has sent everything: three messages in batch 1, at
// a quarter past.
func delivered(config ...any) *script {
	return scanned(config...).on(15 * time.Minute).tick().acknowledged(1)
}

// on sets the clock to a distance from noon.
func (s *script) on(d time.Duration) *script {
	s.now = noon.Add(d)
	return s
}

// after lets time pass.
func (s *script) after(d time.Duration) *script {
	s.now = s.now.Add(d)
	return s
}

// event is a step.
func (s *script) event(kind string, members ...any) *script {
	s.steps = append(s.steps, o{"at", moment(s.now), "event", o{"type", kind}.with(members...)})
	return s
}

func (s *script) tick() *script { return s.event("tick") }

// tickOn is a tick at a distance from noon.
func (s *script) tickOn(d time.Duration) *script { return s.on(d).tick() }

// request asks for a scan.
func (s *script) request(trigger string, members ...any) *script {
	return s.event("requested", o{"trigger", trigger}.with(members...)...)
}

// answer is an answer to an attempt, a second later.
func (s *script) answer(kind string, job, attempt int, members ...any) *script {
	return s.after(time.Second).event(kind, o{"job", job, "attempt", attempt}.with(members...)...)
}

// located answers with the server, and reads a policy that names it.
func (s *script) located(job, attempt int, url string) *script {
	return s.answer("located", job, attempt, "locations", l{at(url)}).answer("policy_read", job, attempt, "effective", wuPolicy(url, url))
}

// connects retrieves metadata of serverA and evaluates the machine: four
// seconds.
func (s *script) connects(job, attempt, version int, found l) *script {
	return s.located(job, attempt, serverA).answer("retrieved", job, attempt, "version", version).evaluates(job, attempt, found)
}

// evaluates answers with what is found.
func (s *script) evaluates(job, attempt int, found l) *script {
	return s.answer("evaluated", job, attempt, "records", found)
}

// cannotConnect locates serverA and fails to retrieve metadata: three seconds.
func (s *script) cannotConnect(job, attempt int) *script {
	return s.located(job, attempt, serverA).answer("retrieved", job, attempt, "code", "0x80072EFD")
}

// acknowledged ends a send well, a second later.
func (s *script) acknowledged(batch int) *script {
	return s.after(time.Second).event("send_ended", "batch", batch)
}

// powerOff ends the process, and the next begins a minute later.
func (s *script) powerOff() *script { return s.event("power_off").after(time.Minute).event("resumed") }

// in is the question.
func (s *script) in() o {
	config := s.config
	if config == nil {
		config = o{}
	}
	return o{"config", config, "steps", s.steps}
}

// run adds a vector of a script.
func (c *collector) run(id, side string, s *script, more ...more) {
	c.add(id, side, "workflow.run", s.in(), more...)
}
