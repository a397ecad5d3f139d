"""The timetable of bulk sending (4.13, 4.14)."""

from typing import Any, NamedTuple

import times
from mistakes import mistake
from times import later

MAX_RETRY_AFTER_S = 86400


class Policy(NamedTuple):
    """The policy of bulk sending, in seconds."""

    interval_s: int
    flush_within_s: int
    batch_messages: int
    drain_gap_s: int
    backoff_min_s: int
    backoff_max_s: int

    def backoff_s(self, failures: int, retry_after_s: int) -> int:
        """How long to wait after a send that failed (MSG-7)."""
        if mistake("msg-no-backoff"):
            failures = 0
        if mistake("msg-retry-after-ignored"):
            retry_after_s = 0
        # Beyond some doublings every back-off is the longest one.
        backoff = self.backoff_min_s << min(failures, 64)
        return max(min(backoff, self.backoff_max_s),
                   min(retry_after_s, MAX_RETRY_AFTER_S))


_DEFAULTS = Policy(900, 120, 1000, 10, 60, 900)


def policy(value: dict[str, Any]) -> Policy:
    """The policy of an input, with the defaults for what is missing."""
    found = _DEFAULTS._replace(**{name: value[name] for name in Policy._fields
                                  if name in value})
    if mistake("msg-flush-three-minutes"):
        found = found._replace(flush_within_s=found.flush_within_s + 60)
    if mistake("msg-no-drain-gap"):
        found = found._replace(drain_gap_s=0)
    return found


def run(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation cycle.run (4.13)."""
    rules = policy(inputs["policy"])
    most = rules.batch_messages
    wait = flight = gap_end = retry = failures = 0
    overdue = False
    flush: int | None = None
    send_end: int | None = None
    since = 0  # when what waits began to wait, for a planted mistake
    send: dict[str, Any] = {}
    to_come = iter(inputs["sends"])
    by_second: dict[int, list[dict[str, Any]]] = {}
    for event in inputs["events"]:
        by_second.setdefault(event["at_s"], []).append(event)
    begun = []

    for now in range(inputs["until_s"] + 1):
        # 1. A send ends.
        if now == send_end:
            send_end = None
            if send.get("fails", False):
                retry = now + rules.backoff_s(failures,
                                              send.get("retry_after_s", 0))
                failures += 1  # MSG-7
                if mistake("msg-failed-dropped"):
                    flight = 0
            else:
                flight = failures = retry = 0
                gap_end = now + rules.drain_gap_s  # MSG-10
        # 2. The tick.
        if mistake("msg-interval-from-message"):
            overdue = overdue or wait > 0 and now - since >= rules.interval_s
        elif now > 0 and now % rules.interval_s == 0:
            if wait > 0 or mistake("msg-empty-sent"):
                overdue = True  # MSG-3
        # 3. What is due leaves.
        if send_end is None and now >= gap_end:
            begins = False
            if flight > 0:
                begins = now >= retry  # MSG-6, MSG-7
            elif wait > 0 or mistake("msg-empty-sent"):
                begins = overdue or flush is not None and now >= flush
                if begins:  # MSG-3, MSG-4, MSG-10
                    unbounded = mistake("msg-unbounded-batch")
                    flight = wait if unbounded else min(wait, most)
                    wait -= flight
            if begins:
                begun.append({"at_s": now, "messages": flight})
                send = next(to_come, {})
                send_end = now + send.get("takes_s", 1)
        # 4. Nothing waits.
        if wait == 0:
            overdue, flush = False, None
        # 5. The events.
        for event in by_second.get(now, ()):
            if wait == 0:
                since = now
            wait += event.get("record", 0)
            if event.get("flush", False) and wait > 0 and flush is None:
                if not mistake("msg-no-flush"):
                    flush = now + rules.flush_within_s  # MSG-4
    return {"sends": begun}


class Timetable:
    """The timetable of a client (4.14). All times are in nanoseconds."""

    def __init__(self, rules: Policy) -> None:
        self.rules = rules
        self.interval = rules.interval_s * times.SECOND
        self.flush_within = rules.flush_within_s * times.SECOND
        self.drain_gap = rules.drain_gap_s * times.SECOND
        self.anchor: int | None = None
        self.due: int | None = None
        self.flush: int | None = None
        self.not_before: int | None = None
        self.retry: int | None = None
        self.wait = 0
        self.failures = 0

    def observe(self, now: int, waiting: bool, in_flight: bool) -> None:
        """See what waits and whether a batch is in flight."""
        if self.anchor is None:
            self.anchor = now
        if not waiting:
            self.due = self.flush = None
        elif self.due is None or self.due - now > self.interval:
            ticks = (now - self.anchor) // self.interval + 1
            self.due = self.anchor + ticks * self.interval  # MSG-3
            if mistake("msg-interval-from-message"):
                self.due = now + self.interval
        # No wait is longer than when it began: the clock was moved back.
        self.flush = _at_most(self.flush, now + self.flush_within)
        self.not_before = _at_most(self.not_before, now + self.drain_gap)
        if in_flight:
            self.retry = _at_most(self.retry, now + self.wait)
        else:
            self._no_failure()

    def _no_failure(self) -> None:
        self.retry, self.wait, self.failures = None, 0, 0

    def is_due(self, now: int, waiting: bool, in_flight: bool) -> bool:
        """Whether the next send is not later than now."""
        following = self.next_send(now, waiting, in_flight)
        return following is not None and following <= now

    def next_send(self, now: int, waiting: bool,
                  in_flight: bool) -> int | None:
        """The next send, now if that is later; None when there is none.

        A time that is none is earlier than every other, so what waits for
        nothing is due now.
        """
        if in_flight:  # MSG-7
            return later(now, later(self.retry, self.not_before))
        if not waiting:  # MSG-3
            return None
        due = self.due
        if due is not None and self.flush is not None:  # MSG-4
            due = min(due, self.flush)
        return later(now, later(due, self.not_before))  # MSG-10

    def ask_for_flush(self, now: int) -> None:
        """What waits is to leave before the tick (MSG-4)."""
        if not mistake("msg-no-flush"):
            deadline = now + self.flush_within
            self.flush = (deadline if self.flush is None
                          else min(self.flush, deadline))

    def leave_now(self, now: int, waiting: bool) -> None:
        """All that waits or is in flight is to leave at once."""
        self.not_before = self.retry = None
        if waiting:
            self.flush = now

    def acknowledged(self, now: int, waiting: bool) -> None:
        """A batch has arrived, and the outbox was told (MSG-10)."""
        self._no_failure()
        self.not_before = now + self.drain_gap
        self.observe(now, waiting, False)

    def failed(self, now: int, retry_after_s: int) -> None:
        """A send has failed (MSG-7)."""
        self.wait = times.SECOND * self.rules.backoff_s(self.failures,
                                                        retry_after_s)
        self.failures += 1
        self.retry = now + self.wait


def _at_most(time: int | None, most: int) -> int | None:
    return None if time is None else min(time, most)
