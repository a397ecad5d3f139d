"""What a site knows of the serials of a client (7.1, 7.5 to 7.9)."""

import re
from dataclasses import dataclass, field
from typing import Any

import message
import times
from message import Message
from mistakes import mistake

RESYNC, MARKER_ID, MARKER_STATE = 700, "refresh", 1
MAX_RANGES = 32

NUMBER = re.compile("0|[1-9][0-9]*", re.ASCII)

Json = dict[str, Any]


@dataclass
class Range:
    """Serials that are missing."""

    first: int
    last: int
    since: int

    def to_json(self) -> Json:
        return {"from": self.first, "to": self.last,
                "since": times.print_time(self.since)}


@dataclass
class Batch:
    """A report that was taken in."""

    lowest: int
    count: int
    date: int
    life: int

    def same(self, other: "Batch") -> bool:
        """Whether one is a retry of the other (MSG-6)."""
        return ((self.lowest, self.count, self.date)
                == (other.lowest, other.count, other.date))


@dataclass
class Refresh:
    """A refresh whose marker has come."""

    first: int
    marker: int
    request: int

    def to_json(self) -> Json:
        return {"from": self.first, "marker": self.marker,
                "request": self.request}


@dataclass
class Resync:
    """The last request."""

    number: int = 0
    asked: int | None = None
    open: bool = False
    wanted: bool = False
    highest: int = 0

    def to_json(self) -> Json:
        return {"number": self.number, "asked": times.print_time(self.asked),
                "open": self.open, "wanted": self.wanted}


def is_marker(one: Message) -> bool:
    """Whether a message has the topic of a refresh marker."""
    return (one.topic_type, one.topic_id) == (RESYNC, MARKER_ID)


def read_marker(one: Message) -> Refresh | None:
    """The refresh that a marker ends; none when it makes no sense (7.4)."""
    if one.state_id != MARKER_STATE or len(one.params) != 2:
        return None
    if not all(NUMBER.fullmatch(param) for param in one.params):
        return None
    first, request = map(int, one.params)
    if request > message.MAX_SERIAL or not 1 <= first <= one.serial:
        return None
    return Refresh(first, one.serial, request)


@dataclass
class Tracking:
    """The serials of a client."""

    life: int = 0
    highest: int = 0
    missing: list[Range] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    first_date: int | None = None
    last_date: int | None = None
    life_date: int = 0
    life_since: int | None = None
    refresh: Refresh | None = None
    refreshed_from: int = 0
    resync: Resync = field(default_factory=Resync)

    def to_json(self) -> Json:
        return {"life": self.life, "highest": self.highest,
                "missing": [one.to_json() for one in self.missing],
                "refresh": self.refresh.to_json() if self.refresh else None,
                "resync": self.resync.to_json()}

    def asks(self) -> int:
        """What the answer to a report carries (SITE-4)."""
        return self.resync.number if self.resync.open else 0

    def seen(self, serial: int) -> bool:
        """Whether a serial has arrived in this life."""
        return serial <= self.highest and not any(
            one.first <= serial <= one.last for one in self.missing)

    # Missing ranges (7.7)

    def arrive(self, serial: int, now: int, bad: bool) -> bool:
        """A serial that was not seen comes; true when it was missing."""
        if mistake("site-bad-missing") and bad and serial < self.highest:
            return True
        if serial > self.highest:
            if serial > self.highest + 1 and not self._ignores_gap():
                self.missing.append(Range(self.highest + 1, serial - 1, now))
            self.highest = serial
            if mistake("site-bad-missing") and bad:
                self.missing.append(Range(serial, serial, now))
            self.bound()
            return False
        if not mistake("site-gap-never-closed"):  # SITE-3
            index = next(index for index, one in enumerate(self.missing)
                         if one.first <= serial <= one.last)
            self.missing[index:index + 1] = self.without(
                self.missing[index], serial, now)
            self.bound()
        return True

    def _ignores_gap(self) -> bool:
        return (mistake("site-gap-ignored")
                or self.highest == 0 and mistake("site-first-gap-ignored"))

    def without(self, one: Range, serial: int, now: int) -> list[Range]:
        """What is left of a range."""
        if mistake("site-gap-closed-whole"):
            return []
        since = now if mistake("site-gap-renewed") else one.since
        left = (Range(one.first, serial - 1, since),
                Range(serial + 1, one.last, since))
        return [part for part in left if part.first <= part.last]

    def bound(self) -> None:
        """There are at most 32 ranges."""
        while len(self.missing) > MAX_RANGES:
            pairs = zip(self.missing, self.missing[1:])
            _, index = min((high.first - low.last, index)
                           for index, (low, high) in enumerate(pairs))
            low, high = self.missing[index:index + 2]
            self.missing[index:index + 2] = [
                Range(low.first, high.last, min(low.since, high.since))]

    # Lives (7.5, 7.6)

    def is_stale(self, batch: Batch, now: int, period: int) -> bool:
        """Whether a report belongs to an earlier life (SITE-5)."""
        return (self.life_since is not None and batch.date < self.life_date
                and now - self.life_since < period
                and batch.lowest != self.highest + 1)

    def begin_life(self, date: int, now: int) -> None:
        """Serials begin again."""
        self.life += 1
        self.life_date, self.life_since = date, now
        if not mistake("site-reset-keeps-highest"):
            self.highest = 0
        self.missing = []
        self.first_date = self.last_date = None
        self.refresh, self.refreshed_from = None, 0
        self.resync.highest = 0

    # Refreshes (7.8)

    def note_marker(self, one: Message) -> None:
        """A message was taken in: it may be a marker."""
        found = read_marker(one) if is_marker(one) else None
        if found is None:
            return
        if self.resync.open and self.resync.number == found.request:
            self.resync.open = False  # SITE-4
        if (self.refresh is None or self.refresh.marker < found.marker
                or mistake("site-old-refresh-counts")):
            self.refresh = found

    def lacks(self, refresh: Refresh) -> bool:
        """Whether a part of a refresh is missing."""
        return not mistake("site-refresh-at-marker") and any(
            one.first <= refresh.marker and one.last >= refresh.first
            for one in self.missing)

    def finish(self, refresh: Refresh) -> None:
        """A refresh has replaced what was there."""
        if not mistake("site-refresh-keeps-gaps"):
            self.missing = [one for one in self.missing
                            if one.last >= refresh.first]
        self.refreshed_from = max(self.refreshed_from, refresh.first)
        self.refresh = None
        self.resync.wanted = False
        if refresh.marker > self.resync.highest:
            self.resync.open = False  # SITE-4

    # Resyncs (7.9)

    def is_due(self, now: int, age: int) -> bool:
        """Whether there is a reason to ask for a resync (SITE-4)."""
        if mistake("site-missing-age-inclusive"):
            age -= 1
        return self.resync.wanted or any(
            now - one.since > age for one in self.missing)

    def ask(self, now: int, period: int) -> bool:
        """Ask for a resync; false when the last is too recent."""
        last = self.resync
        if last.asked is not None and not mistake("site-resync-every-check"):
            if mistake("site-resync-period-exclusive"):
                period += 1
            if 0 <= now - last.asked < period:
                return False
        number = last.number + 1
        if mistake("site-resync-number-kept"):
            number = max(last.number, 1)
        self.resync = Resync(number, now, True, False, self.highest)
        return True
