"""The site: what it does with the reports of clients (chapter 7)."""

import re
from dataclasses import dataclass, field
from typing import Any

import diff
import message
import times
import tracking
from message import Message
from mistakes import mistake
from refusal import Refusal
from tracking import Batch, Tracking

DETECTION, SCAN = 500, 501

CLIENT_ID = re.compile(
    r"(?:GUID:)?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})")

TEXT_BYTES = 32  # of the texts of a report's header
BATCHES = 3  # remembered of each client
KEPT = 1000

Json = dict[str, Any]
Topic = tuple[int, str]


@dataclass
class Row:
    """The last message of a topic of a client."""

    message: Message
    life: int
    received: int

    @property
    def place(self) -> tuple[int, int]:
        """Its place among all messages of the client."""
        return self.life, self.message.serial

    def to_json(self) -> Json:
        return {"life": self.life, "received": times.print_time(self.received),
                "message": self.message.to_json()}


@dataclass
class Kept:
    """A bad record or report, kept for inspection."""

    client: str
    received: int
    report: bool
    topic_type: int = 0
    topic_id: str = ""
    serial: int = 0

    def to_json(self) -> Json:
        return {**vars(self), "received": times.print_time(self.received)}


@dataclass
class Record:
    """A message of a report, and whether it is bad."""

    message: Message
    bad: bool


@dataclass
class Report:
    """A report that arrives, with its records in order (7.4)."""

    date: int
    loose: list[Message] = field(default_factory=list)
    numbered: list[Record] = field(default_factory=list)
    twice: int = 0

    @property
    def lowest(self) -> int:
        return self.numbered[0].message.serial

    @property
    def size(self) -> int:
        return len(self.loose) + len(self.numbered) + self.twice


class Client:
    """What the site knows of a client (7.1)."""

    def __init__(self, client_id: str) -> None:
        self.id = client_id
        self.enabled = True
        self.version = self.netbios_name = ""
        self.first_heard: int | None = None
        self.last_heard: int | None = None
        self.counts = dict.fromkeys(("reports", "messages", "duplicates",
                                     "stale", "bad", "bad_reports"), 0)
        self.tracking = Tracking()
        self.rows: dict[Topic, Row] = {}

    def to_json(self) -> Json:
        return {"id": self.id, "enabled": self.enabled,
                "version": self.version, "netbios_name": self.netbios_name,
                "first_heard": times.print_time(self.first_heard),
                "last_heard": times.print_time(self.last_heard),
                "counts": dict(self.counts),
                "tracking": self.tracking.to_json()}

    def repeat(self, how_many: int) -> None:
        """Count duplicates (SITE-2)."""
        if mistake("site-repeat-counts"):
            self.counts["messages"] += how_many
        else:
            self.counts["duplicates"] += how_many

    def put(self, new: Message, now: int) -> None:
        """A message becomes the row of its topic."""
        row = Row(new, self.tracking.life, now)
        old = self.rows.get(topic(new))
        if mistake("site-newest-time-wins"):
            if old and old.message.time > new.time:
                return
        if mistake("site-life-forgotten"):
            if old and old.message.serial > new.serial:
                return
        self.rows[topic(new)] = row

    def last_scan(self) -> Row | None:
        """The last row of a scan (7.10)."""
        scans = [row for (kind, _), row in self.rows.items() if kind == SCAN]
        return max(scans, default=None,
                   key=lambda row: (row.place, row.message.topic_id))


def topic(one: Message) -> Topic:
    """What a message is about."""
    return one.topic_type, one.topic_id


def normal(client_id: str) -> str | None:
    """The one form of a client's id; none when it is no id (7.2)."""
    found = CLIENT_ID.fullmatch(client_id)
    return "GUID:" + found[1].upper() if found else None


def cut(text: str) -> str:
    """A text of at most 32 bytes, cut between characters."""
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")


def whole(at: int) -> int:
    """A time cut down to whole seconds."""
    return at // times.SECOND * times.SECOND


def is_bad(one: Message) -> bool:
    """Whether a record is bad (7.4)."""
    if not one.is_valid():
        return True
    if one.topic_type == DETECTION and one.state_id >= len(diff.STATES):
        return True
    return tracking.is_marker(one) and tracking.read_marker(one) is None


def say_the_same(one: Message, other: Message) -> bool:
    """Whether two messages differ in nothing but their serials."""
    return one._replace(serial=0) == other._replace(serial=0)


class Site:
    """All clients, and what was kept."""

    def __init__(self, config: Json) -> None:
        self.missing_age = config.get(
            "min_missing_age_s", 172800) * times.SECOND
        self.resync_period = config.get(
            "min_resync_period_s", 259200) * times.SECOND
        self.clients: dict[str, Client] = {}
        self.kept: list[Kept] = []
        self.ever_kept = 0
        self.as_of: int | None = None
        self.told: dict[str, Json] = {}  # for a planted mistake only

    def known(self) -> list[Client]:
        """The clients known, in the order of their ids."""
        return [self.clients[one] for one in sorted(self.clients)]

    def find(self, client_id: str) -> Client | None:
        """A client by its id in any form."""
        return self.clients.get(normal(client_id) or "")

    def meet(self, client_id: str) -> Client:
        """A client that is known from now on."""
        one = normal(client_id)
        if one is None:
            raise Refusal("invalid_client")
        return self.clients.setdefault(one, Client(one))

    def changed(self, now: int) -> None:
        """Something changed: answers are of a later time (7.11)."""
        self.as_of = now if self.as_of is None else max(self.as_of, now)

    def keep(self, bad: Kept) -> None:
        """Keep something bad for inspection (SITE-7)."""
        self.kept = [*self.kept, bad][-KEPT:]
        self.ever_kept += 1

    def keep_record(self, client: Client, one: Message, now: int) -> None:
        """Count a bad record and keep it."""
        client.counts["bad"] += 1
        if not mistake("site-bad-not-kept"):
            self.keep(Kept(client.id, now, False, one.topic_type,
                           one.topic_id, one.serial))

    # A report (7.3)

    def receive(self, step: Json, now: int) -> Json:
        """Take a report in."""
        client_id = step["client"]["id"]
        if normal(client_id) is None:
            raise Refusal("invalid_client")
        if step.get("store_fails", False):  # SITE-1
            if mistake("site-failed-store-counts"):
                client = self.meet(client_id)
                rows, kept = dict(client.rows), list(self.kept)
                self.take_in(client, step, now)
                client.rows, self.kept = rows, kept
            raise Refusal("not_stored")
        client = self.meet(client_id)
        before = dict(client.counts)
        self.changed(now)
        self.take_in(client, step, now)
        made = {key: client.counts[key] - before[key] for key in before}
        return {"resync": client.tracking.asks(), "taken": made["messages"],
                "duplicates": made["duplicates"], "stale": made["stale"],
                "bad": made["bad"], "tracking": client.tracking.to_json()}

    def take_in(self, client: Client, step: Json, now: int) -> None:
        """Items 1 to 8."""
        track = client.tracking
        if client.first_heard is None:
            client.first_heard = now
        track.life = max(track.life, 1)
        client.last_heard = now
        client.counts["reports"] += 1
        report = Report(times.cut(times.parse(step["date"])))
        if track.last_date is None or report.date >= track.last_date:
            client.version = cut(step["client"].get("version", ""))
            client.netbios_name = cut(step["client"].get("netbios_name", ""))
        self.sort(client, report, step["messages"], now)
        if report.numbered:
            batch = Batch(report.lowest, len(report.numbered), report.date,
                          track.life)
            if any(batch.same(other) for other in track.batches):  # MSG-6
                client.repeat(report.size)
                return
            if track.is_stale(batch, now, self.resync_period):  # SITE-5
                client.counts["stale"] += report.size
                return
            if shows_reset(client, report, batch):
                self.reset(client, report.date, now)
            batch.life = track.life
            track.batches = [*track.batches, batch][-BATCHES:]
            track.last_date = max(report.date, track.last_date or report.date)
            if batch.lowest == 1 and not track.seen(1):
                track.first_date = report.date
        for one in report.loose:
            self.take_loose(client, one, now)
        for record in report.numbered:
            self.take_numbered(client, record, now)
        client.repeat(report.twice)
        finish_refresh(client)

    def sort(self, client: Client, report: Report, values: list[Json],
             now: int) -> None:
        """Judge the records and put them in order (7.4)."""
        serials: list[Record] = []
        for value in values:
            one = message.parse(value)
            one = one._replace(time=times.cut(one.time))
            bad = is_bad(one)
            unnumbered = not 0 < one.serial <= message.MAX_SERIAL
            if bad and unnumbered:
                self.keep_record(client, one._replace(serial=0), now)
            elif bad and mistake("site-bad-stops"):
                self.keep_record(client, one, now)
                break
            elif unnumbered:
                report.loose.append(one)
            else:
                serials.append(Record(one, bad))
        report.loose.sort(key=lambda one: one.time)
        serials.sort(key=lambda record: record.message.serial)
        for record in serials:
            last = report.numbered[-1].message if report.numbered else None
            if last is None or last.serial != record.message.serial:
                report.numbered.append(record)
            elif say_the_same(last, record.message):
                report.twice += 1
            else:
                self.keep_record(client, record.message, now)

    def reset(self, client: Client, date: int, now: int) -> None:
        """The client has begun its serials again (7.6)."""
        track = client.tracking
        track.begin_life(date, now)
        if mistake("site-reset-drops-rows"):
            client.rows.clear()
        if mistake("site-reset-without-resync"):
            return
        if not track.ask(now, self.resync_period):
            track.resync.wanted = not mistake("site-reset-forgets-wish")

    def take_loose(self, client: Client, one: Message, now: int) -> None:
        """Item 6: a message without serial."""
        row = client.rows.get(topic(one))
        if row and (row.message.serial or row.message.time >= one.time):
            client.repeat(1)
            return
        client.put(one, now)
        client.counts["messages"] += 1

    def take_numbered(self, client: Client, record: Record, now: int) -> None:
        """Item 7: a message with a serial."""
        track, one = client.tracking, record.message
        row = client.rows.get(topic(one))
        if track.seen(one.serial):  # SITE-2
            client.repeat(1)
            if mistake("site-last-arrival-wins") and not record.bad:
                client.rows[topic(one)] = Row(one, track.life, now)
            return
        was_missing = track.arrive(one.serial, now, record.bad)
        if record.bad:  # SITE-7
            self.keep_record(client, one, now)
            return
        place = (track.life, one.serial)
        if was_missing and row and row.place == place:
            client.repeat(1)
            return
        client.counts["messages"] += 1
        loses = was_missing and row and row.place > place
        if mistake("site-last-arrival-wins"):
            loses = False
        if mistake("site-newest-time-wins"):
            loses = False  # put compares
        if not loses:  # SITE-2
            client.put(one, now)
        track.note_marker(one)

    # What the owner does (7.2)

    def reject(self, step: Json, now: int) -> Json:
        """A bad report came (SITE-7)."""
        self.changed(now)
        self.keep(Kept(normal(step["client"]) or "", now, True))
        client = self.find(step["client"])
        if client and not mistake("site-bad-report-not-counted"):
            client.counts["bad_reports"] += 1
        return {"kept": self.ever_kept}

    def register(self, step: Json, now: int) -> Json:
        """A client is known from now on."""
        self.meet(step["client"]).enabled = step["enabled"]
        self.changed(now)
        return {"clients": len(self.clients)}

    def check(self, _: Json, now: int) -> Json:
        """Look for ranges that are missing for too long (7.9)."""
        asked = []
        for client in self.known():
            track = client.tracking
            if (track.is_due(now, self.missing_age)
                    and track.ask(now, self.resync_period)):
                asked.append({"client": client.id,
                              "number": track.resync.number})
                self.changed(now)
        return {"asked": asked}

    def restart(self, _: Json, __: int) -> Json:
        """The process ends; everything is remembered (SITE-1)."""
        if mistake("site-restart-forgets-ranges"):
            for client in self.clients.values():
                client.tracking.missing = []
        return {"clients": len(self.clients)}

    # What the owner asks

    def tell_client(self, step: Json, _: int) -> Json:
        client = self.find(step["client"])
        return {"client": client.to_json() if client else None}

    def tell_rows(self, step: Json, _: int) -> Json:
        client = self.find(step["client"])
        rows = client.rows if client else {}
        return {"rows": [rows[one].to_json() for one in sorted(
            rows, key=lambda one: (one[0], one[1].encode()))]}

    def tell_as_of(self, now: int) -> str | None:
        """Of when the answers are (SITE-10)."""
        if mistake("site-as-of-question"):
            return times.print_time(now)
        return times.print_time(self.as_of)

    def state(self, client: Client, update: str) -> tuple[str, str | None]:
        """The state of an update on a client, and why it is unknown."""
        row = client.rows.get((DETECTION, update))
        if mistake("site-off-hides-state") and not client.enabled:
            return "unknown", "feature_off"
        if row is None:  # SITE-6
            if mistake("site-no-row-not-required"):
                return "not_required", None
            return "unknown", self.reason(client, update)
        state = diff.STATES[row.message.state_id]
        return state, "reported_unknown" if state == "unknown" else None

    def reason(self, client: Client, update: str) -> str:
        """Why there is no row of an update (7.10)."""
        if not client.enabled:
            return "feature_off"
        if any(bad.client == client.id and (
                bad.report or (bad.topic_type, bad.topic_id)
                == (DETECTION, update)) for bad in self.kept):
            return "message_bad"
        if client.first_heard is None:
            return "never_heard"
        track = client.tracking
        missing = track.missing and not mistake("site-reason-without-ranges")
        if (missing or track.refresh or track.resync.open
                or track.resync.wanted):
            return "message_lost"
        scan = client.last_scan()
        if scan is None:
            return "never_scanned"
        if scan.message.state_id in (1, 2):
            return "scan_running"
        if scan.message.state_id in (4, 5):
            if not mistake("site-reason-without-failures"):
                return "scan_failed"
        return "nothing_received"

    def tell_states(self, step: Json, now: int) -> Json:
        clients = []
        for client in self.known():
            state, reason = self.state(client, step["update"])
            clients.append({"client": client.id, "state": state,
                            "reason": reason})
        return {"as_of": self.tell_as_of(now), "clients": clients}

    def summary(self, update: str) -> Json:
        """The summary of an update (SITE-8)."""
        states = []
        for client in self.known():
            row = client.rows.get((DETECTION, update))
            if mistake("site-unheard-left-out") and client.first_heard is None:
                continue
            if mistake("site-reported-unknown-left"):
                if row and row.message.state_id == 0:
                    continue
            states.append(diff.STATES[row.message.state_id] if row
                          else "unknown")
        return {"update": update, **diff.summary({"states": states})}

    def tell_summaries(self, step: Json, now: int) -> Json:
        updates = set(step.get("updates", ())) or {
            update for client in self.clients.values()
            for kind, update in client.rows if kind == DETECTION}
        told = []
        for update in sorted(updates, key=str.encode):
            one = self.summary(update)
            if mistake("site-summary-kept"):
                one = self.told.setdefault(update, one)
            told.append(one)
        return {"as_of": self.tell_as_of(now), "clients": len(self.clients),
                "summaries": told}

    def tell_kept(self, _: Json, __: int) -> Json:
        return {"total": self.ever_kept,
                "kept": [bad.to_json() for bad in reversed(self.kept)]}


def shows_reset(client: Client, report: Report, batch: Batch) -> bool:
    """Whether a report shows that the client was reset (7.5)."""
    track = client.tracking
    if mistake("site-reset-ignored"):
        return False
    if any(other.lowest == batch.lowest and other.life == track.life
           for other in track.batches):
        return not (mistake("site-restart-ignored") and batch.lowest == 1)
    for record in report.numbered:
        one = record.message
        if not track.seen(one.serial):
            continue
        if one.serial == 1 and mistake("site-restart-ignored"):
            return False
        if one.serial == 1 and track.first_date not in (None, report.date):
            return True
        if track.last_date is not None and report.date > track.last_date:
            return True
        if one.serial >= track.refreshed_from and not record.bad:
            if shows_other_content(client, one):
                return True
    return False


def shows_other_content(client: Client, one: Message) -> bool:
    """Item 4 of 7.5: whether the serial was used for something else."""
    place = (client.tracking.life, one.serial)
    row = client.rows.get(topic(one))
    if row is None or row.place < place:
        return not mistake("site-other-topic-ignored")
    return row.place == place and not say_the_same(row.message, one)


def finish_refresh(client: Client) -> None:
    """A refresh that has all arrived replaces what was there (7.8)."""
    track = client.tracking
    refresh = track.refresh
    if refresh is None or track.lacks(refresh):
        return
    if not mistake("site-refresh-merges"):  # SITE-9
        first = refresh.first + mistake("site-refresh-inclusive")
        client.rows = {one: row for one, row in client.rows.items()
                       if row.place >= (track.life, first)}
    track.finish(refresh)


DO = {
    "report": Site.receive, "bad_report": Site.reject,
    "register": Site.register, "check": Site.check, "restart": Site.restart,
    "client": Site.tell_client, "rows": Site.tell_rows,
    "states": Site.tell_states, "summary": Site.tell_summaries,
    "kept": Site.tell_kept,
}


def run(inputs: Json) -> Json:
    """Operation site.run."""
    site = Site(inputs["config"])
    answers = []
    for step in inputs["steps"]:
        try:
            answers.append(
                DO[step["do"]](site, step, whole(times.parse(step["at"]))))
        except Refusal as refusal:
            answers.append(refusal.to_json())
    return {"steps": answers}
