package ops_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/updatescan/updatescan/examples/conformance/internal/ops"
)

// TestStrict asks what the page does not allow: there is no answer, and the
// error says why.
func TestStrict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ op, in, want string }{
		"operation":            {"ttl.cheque", `{}`, "unknown operation"},
		"no object":            {"ttl.check", `7`, "cannot unmarshal"},
		"more than one value":  {"trigger.list", `{} {}`, "more data"},
		"unknown key":          {"trigger.info", `{"trigger": "scan_schedule", "why": 1}`, `unknown field "why"`},
		"key in another case":  {"trigger.info", `{"Trigger": "scan_schedule"}`, `no key "trigger"`},
		"key twice":            {"trigger.info", `{"trigger": "scan_schedule", "trigger": "after_restart"}`, "given twice"},
		"key missing":          {"ttl.check", `{"stamp": null}`, `no key "now"`},
		"key missing within":   {"diff", `{"base": [], "next": [{"id": "00000000-0000-0000-0000-000000000001", "revision": 1}]}`, `in.next[0] has no key "state"`},
		"null":                 {"trigger.info", `{"trigger": null}`, "in.trigger is null"},
		"null in a list":       {"request.check", `{"trigger": "scan_schedule", "updates": [null]}`, "in.updates[0] is null"},
		"time with an offset":  {"ttl.check", `{"stamp": null, "now": "2008-06-01T00:00:00+00:00"}`, "parsing time"},
		"time with zeros":      {"ttl.check", `{"stamp": null, "now": "2008-06-01T00:00:00.50Z"}`, "is written"},
		"too long a duration":  {"ttl.check", `{"ttl_s": 10000000000, "stamp": null, "now": "2008-06-01T00:00:00Z"}`, "too many"},
		"tolerance of nothing": {"decide", `{"type": "forced_online", "tolerance_s": 0, "stamp": null, "now": "2008-06-01T00:00:00Z"}`, "positive"},
		"unknown step":         {"ttl.history", `{"steps": [{"at": "2008-06-01T00:00:00Z", "do": "nothing"}]}`, "unknown step"},
		"unknown outbox step":  {"outbox.run", `{"steps": [{"do": "nothing"}]}`, "unknown step"},
		"unknown event":        {"workflow.run", `{"config": {}, "steps": [{"at": "2008-06-01T00:00:00Z", "event": {"type": "nothing"}}]}`, "unknown event"},
		"answer and code":      {"workflow.run", `{"config": {}, "steps": [{"at": "2008-06-01T00:00:00Z", "event": {"type": "retrieved", "job": 1, "attempt": 1, "version": 1, "code": "0x80072EFD"}}]}`, "want version or code"},
		"code of a success":    {"workflow.run", `{"config": {}, "steps": [{"at": "2008-06-01T00:00:00Z", "event": {"type": "send_ended", "batch": 1, "code": "0x00000000"}}]}`, "no failure"},
		"attempts of nothing":  {"retry.next", `{"code": "0x80072EFD", "retries": 0, "others": 0, "attempts": 0}`, "attempts is 0"},
		"unknown table":        {"retry.next", `{"code": "0x80072EFD", "retries": 0, "others": 0, "table": "narrow"}`, "unknown table"},
		"unknown site step":    {"site.run", `{"config": {}, "steps": [{"at": "2008-06-01T00:00:00Z", "do": "nothing"}]}`, "unknown step"},
		"report of nothing":    {"site.run", `{"config": {}, "steps": [{"at": "2008-06-01T00:00:00Z", "do": "report", "client": {"id": ""}, "date": "2008-06-01T00:00:00Z", "messages": []}]}`, "without messages"},
		"step with a key more": {"site.run", `{"config": {}, "steps": [{"at": "2008-06-01T00:00:00Z", "do": "check", "client": ""}]}`, `unknown field "client"`},
		"period of nothing":    {"site.run", `{"config": {"min_resync_period_s": 0}, "steps": []}`, "min_resync_period_s"},
		"wire call unknown":    {"wire.run", `{"config": {}, "server": {"always": {"x": {}}}, "retrievals": [{}]}`, "unknown operation of the protocol"},
		"wire action of none":  {"wire.run", `{"config": {}, "server": {"always": {"sync_updates": {"new": [{"id": 1, "update": "5d7e1f0a-93c4-4b1d-8a52-0c6f2e9b7d31", "kind": "software", "leaf": true, "action": "none"}]}}}, "retrievals": [{}]}`, "no action"},
		"wire trips of none":   {"wire.run", `{"config": {"max_trips": 0}, "server": {}, "retrievals": [{}]}`, "max_trips"},
		"wire answer twofold":  {"wire.run", `{"config": {}, "server": {"always": {"get_config": {"fault": "", "registration": true}}}, "retrievals": [{}]}`, "registration"},
		"wire server silent":   {"wire.run", `{"config": {}, "server": {"config": null}, "retrievals": [{}]}`, "null"},
		"wire page of none":    {"wire.run", `{"config": {}, "server": {"answers": {"get_config": [{"html": false}]}}, "retrievals": [{}]}`, "only true"},
		"wire list of none":    {"wire.run", `{"config": {}, "server": {"answers": {"get_config": null}}, "retrievals": [{}]}`, "no list"},
		"metadata":             {"applicability.evaluate", `{"updates": ["<x"], "machine": {"format": "updatescan-machine-1"}}`, "update 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := ops.Library().Answer(c.op, json.RawMessage(c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Answer(%q, %s) = %s, %v; want an error that says %q", c.op, c.in, out, err, c.want)
			}
		})
	}
}

// TestEveryTopic wants the operations of every topic, answered by both.
func TestEveryTopic(t *testing.T) {
	t.Parallel()
	library, model := ops.Library().Ops(), ops.Model("").Ops()
	if !slices.Equal(library, model) {
		t.Errorf("Library().Ops() = %v, Model().Ops() = %v", library, model)
	}
	used := map[string]bool{}
	for _, v := range allVectors(t) {
		used[v.Op] = true
		topic := strings.TrimSuffix(v.file[strings.LastIndex(v.file, "/")+1:], ".json")
		if !slices.Contains(ops.Topics(), topic) {
			t.Errorf("Topics() = %v, want %q of %s in it", ops.Topics(), topic, v.file)
		}
	}
	for _, op := range library {
		if !used[op] {
			t.Errorf("no vector asks %s", op)
		}
	}
}
