package questions

// wireScript is a server that answers by a list, and the retrievals of an update
// agent that never heard of it.
type wireScript struct {
	config     o
	server     o
	ops        []string // operations with a list, in the order in which they got one
	answers    map[string]l
	always     o
	retrievals l
}

// wire is a script without answers. Its retrievals are one if none is added.
func wire(config ...any) *wireScript {
	return &wireScript{config: config, answers: map[string]l{}}
}

// wireSynced is a script whose first SyncUpdates brings an installed category,
// 1, and whose second a leaf of software, 2.
func wireSynced(config ...any) *wireScript {
	return wire(config...).sync("new", l{wireCategory(1, true)}).sync("new", l{wireLeaf(2)})
}

// says is what the server answers to GetConfig.
func (s *wireScript) says(members ...any) *wireScript {
	s.server = members
	return s
}

// on adds answers to the list of an operation.
func (s *wireScript) on(op string, answers ...any) *wireScript {
	if s.answers[op] == nil {
		s.ops = append(s.ops, op)
	}
	s.answers[op] = append(s.answers[op], answers...)
	return s
}

// sync adds an answer to SyncUpdates.
func (s *wireScript) sync(members ...any) *wireScript { return s.on("sync_updates", o(members)) }

// faults adds faults at an operation.
func (s *wireScript) faults(op string, codes ...string) *wireScript {
	for _, code := range codes {
		s.on(op, fault(code))
	}
	return s
}

// ever is what an operation is answered with when its list is used up.
func (s *wireScript) ever(op string, answer any) *wireScript {
	s.always = s.always.with(op, answer)
	return s
}

// then adds a retrieval; the first is there without it.
func (s *wireScript) then(members ...any) *wireScript {
	if s.retrievals == nil {
		s.retrievals = l{o{}}
	}
	s.retrievals = append(s.retrievals, o(members))
	return s
}

// restarted adds a retrieval before which the process ends.
func (s *wireScript) restarted() *wireScript { return s.then("restart", true) }

// only is the one retrieval of a script.
func (s *wireScript) only(members ...any) *wireScript {
	s.retrievals = l{o(members)}
	return s
}

// in is the question.
func (s *wireScript) in() o {
	server := o{}
	if s.server != nil {
		server = server.with("config", s.server)
	}
	if len(s.ops) > 0 {
		lists := o{}
		for _, op := range s.ops {
			lists = lists.with(op, s.answers[op])
		}
		server = server.with("answers", lists)
	}
	if s.always != nil {
		server = server.with("always", s.always)
	}
	config, retrievals := s.config, s.retrievals
	if config == nil {
		config = o{}
	}
	if retrievals == nil {
		retrievals = l{o{}}
	}
	return o{"config", config, "server", server, "retrievals", retrievals}
}

// wire takes in a vector of a script.
func (c *collector) wire(id, side string, s *wireScript, more ...more) {
	c.add(id, side, "wire.run", s.in(), more...)
}

// fault is a fault with an error code.
func fault(code string) o { return o{"fault", code} }

// wireUpdate is a revision 100 whose number at the server, and update, is n.
func wireUpdate(n int, kind string, leaf bool, action string, more ...any) o {
	return wireRevision(n, n, 100, kind, leaf, action, more...)
}

// wireRevision is a revision of an update with a number of its own.
func wireRevision(number, n, revision int, kind string, leaf bool, action string, more ...any) o {
	u := o{"id", number, "update", update(n)}
	if revision != 100 {
		u = u.with("revision", revision)
	}
	return u.with("kind", kind, "leaf", leaf, "action", action).with(more...)
}

// wireCategory is a category that others need.
func wireCategory(n int, installed bool) o {
	if !installed {
		return wireUpdate(n, "category", false, "evaluate")
	}
	return wireUpdate(n, "category", false, "evaluate", "installed", true)
}

// wireLeaf is software that nothing needs.
func wireLeaf(n int) o { return wireUpdate(n, "software", true, "install") }

// wireDriver is a driver that nothing needs.
func wireDriver(n int) o { return wireUpdate(n, "driver", true, "install") }

// wireLeaves are those of so many numbers, from the first on.
func wireLeaves(first, count int) l {
	var list l
	for n := range count {
		list = append(list, wireLeaf(first+n))
	}
	return list
}

// wireRow is a row of RefreshCache: the n-th update has a new number.
func wireRow(number, n int, leaf bool, action string) o {
	return o{"id", number, "update", update(n), "leaf", leaf, "action", action}
}

func wires(c *collector) {
	wireLoops(c)
	wireShifts(c)
	wireAnswers(c)
	wireDrivers(c)
	wireCategories(c)
	wireExtended(c)
	wireLimits(c)
	wireSSL(c)
	wireServices(c)
	wireFaultsEverywhere(c)
	wireFaultsAgain(c)
	wireFaultsAlone(c)
	wireRefreshes(c)
	wireRegistrations(c)
	wireFailures(c)
	wireRestarts(c)
	wireAgain(c)
	wireTogether(c)
	wireUnusual(c)
}
