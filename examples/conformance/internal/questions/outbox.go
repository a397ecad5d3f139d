package questions

import (
	"strings"
	"time"
)

// msg is a message about an update, by its number.
func msg(n, state int, more ...any) o {
	return o{"topic_type", 500, "topic_id", update(n), "id_type", 3, "state_id", state, "params", l{"100"}, "time", moment(noon)}.with(more...)
}

// about is a message of any topic.
func about(topicType int, id string, state int) o {
	return o{"topic_type", topicType, "topic_id", id, "state_id", state, "time", moment(noon)}
}

// The steps of outbox.run.

func rec500(m o) o { return o{"do", "record", "message", m} }

func forget(topicType int, id string) o {
	return o{"do", "forget", "topic_type", topicType, "topic_id", id}
}

// batchAt makes a batch some minutes after noon.
func batchAt(minutes, most int) o {
	return o{"do", "batch", "now", moment(noon.Add(time.Duration(minutes) * time.Minute)), "max", most}
}

func acknowledge(id int) o { return o{"do", "acknowledge", "batch", id} }

var (
	refresh = o{"do", "refresh"}
	restart = o{"do", "restart"}
)

func outboxes(c *collector) {
	valid(c)
	overwritten(c)
	serials(c)
	immutable(c)
	bounded(c)
	restarted(c)
	bulk(c)
	flushed(c)
	backedOff(c)
	drained(c)
}

// valid are MSG-1: what a message may hold.
func valid(c *collector) {
	params := func(n int) l {
		list := l{}
		for i := range n {
			list = append(list, string(rune('a'+i)))
		}
		return list
	}
	one := func(m o) o { return steps(rec500(m), batchAt(15, 10)) }
	base := func(more ...any) o {
		return o{"topic_type", 402, "topic_id", "one", "state_id", 9, "time", moment(noon)}.with(more...)
	}
	for _, p := range []struct {
		n           int
		words, side string
	}{{0, "no", outside}, {1, "one", outside}, {5, "five", outside}, {6, "six", inside}, {7, "seven", inside}} {
		c.add("MSG-1/a-message-with-"+p.words+"-parameters", p.side, "outbox.run", one(base("params", params(p.n))))
	}
	c.add("MSG-1/a-message-with-everything", outside, "outbox.run",
		one(base("id_type", 3, "criticality", 2, "params", l{"", "b"}, "details", "why <it> is & \"so\"", "serial", 77)),
		note("a serial number that is given is ignored: the outbox assigns it"))
	c.add("MSG-1/a-message-without-a-topic", inside, "outbox.run", one(o{"topic_type", 402, "topic_id", "", "state_id", 9, "time", moment(noon)}))
	c.add("MSG-1/a-message-of-topic-type-zero", inside, "outbox.run", one(o{"topic_type", 0, "topic_id", "one", "state_id", 9, "time", moment(noon)}))
	c.add("MSG-1/a-message-of-the-highest-topic-type", outside, "outbox.run", one(about(65535, "one", 65535)))
	c.add("MSG-1/a-topic-of-the-greatest-length", outside, "outbox.run", one(about(402, strings.Repeat("x", 256), 1)))
	c.add("MSG-1/a-topic-that-is-too-long", inside, "outbox.run", one(about(402, strings.Repeat("x", 257), 1)))
	c.add("MSG-1/a-topic-too-long-in-bytes", inside, "outbox.run", one(about(402, strings.Repeat("ü", 129), 1)), note("lengths are in bytes of UTF-8"))
	c.add("MSG-1/a-control-character", inside, "outbox.run", one(base("params", l{"a\u0001b"})))
	c.add("MSG-1/a-line-feed", outside, "outbox.run", one(base("params", l{"a\nb"})))
	c.add("MSG-1/finer-than-a-microsecond", outside, "outbox.run",
		one(o{"topic_type", 402, "topic_id", "one", "state_id", 9, "time", "2008-06-03T12:00:00.123456789Z"}), note("it is cut off"))
}

// overwritten are MSG-2.
func overwritten(c *collector) {
	c.add("MSG-2/the-newer-counts", inside, "outbox.run", steps(rec500(msg(1, 2)), rec500(msg(1, 3)), batchAt(15, 10)))
	c.add("MSG-2/in-the-place-of-the-older", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), rec500(msg(3, 2)), rec500(msg(1, 3)), batchAt(15, 10)),
		note("a topic that changes often is not starved"))
	c.add("MSG-2/newer-means-recorded-later", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(o{"topic_type", 500, "topic_id", update(1), "state_id", 3, "time", moment(noon.Add(-time.Hour))}), batchAt(15, 10)),
		note("the times of the messages make no difference"))
	c.add("MSG-2/the-same-state-again", inside, "outbox.run", steps(rec500(msg(1, 2)), rec500(msg(1, 2)), batchAt(15, 10)))
	c.add("MSG-2/another-topic", outside, "outbox.run", steps(rec500(msg(1, 2)), rec500(msg(2, 3)), batchAt(15, 10)))
	c.add("MSG-2/the-same-id-of-another-type", outside, "outbox.run", steps(rec500(about(402, "one", 9)), rec500(about(301, "one", 5)), batchAt(15, 10)))
	c.add("MSG-2/the-same-id-in-capitals", outside, "outbox.run", steps(rec500(about(301, "one", 4)), rec500(about(301, "ONE", 5)), batchAt(15, 10)))
	c.add("MSG-2/after-it-was-sent", outside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10), acknowledge(1), rec500(msg(2, 3)), rec500(msg(1, 3)), batchAt(30, 10)))
	c.add("MSG-2/forgotten-and-recorded-again", outside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), forget(500, update(1)), rec500(msg(1, 3)), batchAt(15, 10)))
}

// serials are MSG-5.
func serials(c *collector) {
	c.add("MSG-5/from-one", inside, "outbox.run", steps(rec500(msg(1, 2)), batchAt(15, 10)))
	c.add("MSG-5/one-after-the-other", inside, "outbox.run", steps(rec500(msg(3, 2)), rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10)))
	c.add("MSG-5/on-and-on", inside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), acknowledge(1), rec500(msg(2, 2)), rec500(msg(3, 2)), batchAt(30, 10), acknowledge(2), rec500(msg(1, 3)), batchAt(45, 10)))
	c.add("MSG-5/overwritten-three-times", outside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(1, 1)), rec500(msg(1, 3)), rec500(msg(2, 2)), batchAt(15, 10)), note("a message that was overwritten before uses none"))
	c.add("MSG-5/forgotten-uses-none", outside, "outbox.run", steps(rec500(msg(1, 2)), forget(500, update(1)), rec500(msg(2, 2)), batchAt(15, 10)))
	c.add("MSG-5/refused-uses-none", outside, "outbox.run", steps(rec500(about(402, "", 1)), rec500(msg(2, 2)), batchAt(15, 10)))
	c.add("MSG-5/across-a-restart", inside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), acknowledge(1), restart, rec500(msg(2, 2)), batchAt(30, 10)))
	c.add("MSG-5/across-a-restart-before-any", inside, "outbox.run", steps(restart, rec500(msg(1, 2)), restart, batchAt(15, 10)))
	c.add("MSG-5/a-batch-of-nothing", outside, "outbox.run", steps(batchAt(15, 10), rec500(msg(1, 2)), batchAt(30, 10)))
}

// immutable are MSG-6.
func immutable(c *collector) {
	c.add("MSG-6/sent-again-as-it-was", inside, "outbox.run", steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10), batchAt(16, 10)))
	c.add("MSG-6/sent-again-with-another-limit", inside, "outbox.run", steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10), batchAt(16, 1)))
	c.add("MSG-6/recorded-anew-while-in-flight", inside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), rec500(msg(1, 3)), batchAt(16, 10), acknowledge(1), batchAt(30, 10)))
	c.add("MSG-6/another-topic-while-in-flight", outside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), rec500(msg(2, 2)), batchAt(16, 10), acknowledge(1), batchAt(30, 10)))
	c.add("MSG-6/forgotten-while-in-flight", inside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), forget(500, update(1)), batchAt(16, 10), acknowledge(1), refresh))
	c.add("MSG-6/in-flight-across-a-restart", inside, "outbox.run", steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10), restart, batchAt(30, 10)))
	c.add("MSG-6/refreshed-after-it-was-sent", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10), acknowledge(1), refresh, batchAt(30, 10)),
		note("new serial numbers, and the time each message had"))
	c.add("MSG-6/refreshed-while-in-flight", inside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), refresh, batchAt(16, 10), acknowledge(1), batchAt(30, 10)),
		note("the batch itself is not altered"))
	c.add("MSG-6/refreshed-while-it-waits", outside, "outbox.run", steps(rec500(msg(1, 2)), refresh, batchAt(15, 10)))
	c.add("MSG-6/acknowledged-by-another-id", outside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 1), acknowledge(2), acknowledge(0), acknowledge(1), acknowledge(1)))
}

// bounded are MSG-8.
func bounded(c *collector) {
	c.add("MSG-8/one-topic-four-times", inside, "outbox.run", steps(rec500(msg(1, 1)), rec500(msg(1, 2)), rec500(msg(1, 3)), rec500(msg(1, 2)), batchAt(15, 10)))
	c.add("MSG-8/one-topic-over-two-batches", inside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), rec500(msg(1, 3)), rec500(msg(1, 2)), acknowledge(1), batchAt(30, 10), acknowledge(2)))
	c.add("MSG-8/refreshed-again-and-again", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10), acknowledge(1), refresh, refresh, refresh))
	c.add("MSG-8/two-topics", outside, "outbox.run", steps(rec500(msg(1, 1)), rec500(msg(2, 2)), rec500(msg(1, 3)), rec500(msg(2, 3))))
	c.add("MSG-8/forgotten-topics-are-gone", inside, "outbox.run",
		steps(rec500(msg(1, 1)), rec500(msg(2, 2)), forget(500, update(2)), forget(500, update(3)), forget(402, update(1))))
}

// restarted are MSG-10 and MSG-7 of an outbox.
func restarted(c *collector) {
	c.add("MSG-10/acknowledged-and-restarted", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 10), acknowledge(1), restart, batchAt(30, 10)),
		note("nothing that was acknowledged is sent again"))
	c.add("MSG-10/half-acknowledged-and-restarted", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 1), acknowledge(1), restart, batchAt(30, 10)))
	c.add("MSG-10/a-batch-of-two", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), rec500(msg(3, 2)), batchAt(15, 2), acknowledge(1), batchAt(16, 2)))
	c.add("MSG-10/a-batch-that-is-just-large-enough", outside, "outbox.run", steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 2), acknowledge(1), batchAt(16, 2)))
	c.add("MSG-7/not-acknowledged-and-restarted", inside, "outbox.run",
		steps(rec500(msg(1, 2)), rec500(msg(2, 2)), batchAt(15, 1), restart, batchAt(30, 10), acknowledge(1), batchAt(31, 10)))
	c.add("MSG-7/waiting-and-restarted", inside, "outbox.run", steps(rec500(msg(2, 2)), rec500(msg(1, 2)), restart, batchAt(15, 10)),
		note("nothing is lost, and the order is kept"))
	c.add("MSG-7/remembered-across-a-restart", inside, "outbox.run",
		steps(rec500(msg(1, 2)), batchAt(15, 10), acknowledge(1), restart, refresh, batchAt(30, 10)))
}
