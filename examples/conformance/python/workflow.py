"""The workflow: the client as a whole (chapter 5)."""

from dataclasses import dataclass
from typing import Any

import decision
import diff
import job as stages
import location
import message
import policy
import retry
import schedule
import times
import trigger
import ttl
from config import Config
from job import Job, Request
from message import Message, UPDATE_ID
from mistakes import mistake
from outbox import Outbox
from refusal import Refusal, parse_code, print_code, signed
from timetable import Timetable

ASSIGNMENT, UPDATE, SCAN, RESYNC = 301, 402, 501, 700
MARKER = "refresh"
WAITING_FOR_LOCATION, RUNNING, COMPLETED = 1, 2, 3
PENDING_RETRY, FAILED, COMPLETED_WITH_ERRORS = 4, 5, 6

BAD_REQUEST = 0x80070057
NOT_ENABLED = 0x87D00600
NO_OFFLINE_HISTORY = 0x87D00606
INVALID_LOCATION = 0x87D00628
SOURCE_NOT_FOUND = 0x87D00691

Json = dict[str, Any]


@dataclass
class Pending:
    """An update that was installed and waits for a restart."""

    update: str
    assignment: str
    restarted: bool = False


class Client:
    """One computer: events go in, effects come out (5.1)."""

    def __init__(self, config: Config) -> None:
        self.config = config
        # Kept over a power-off.
        self.enabled = False
        self.content_version = 0
        self.native_mode = False
        self.known = False
        self.internet = False
        self.draws = 0
        self.initial_delay = self.scan_delay = self.reevaluation_delay = 0
        self.initial = 0
        self.initial_done = False
        self.next_scan: int | None = None
        self.next_reevaluation: int | None = None
        self.stamp: ttl.Stamp | None = None
        self.source = ""
        self.jobs: list[Job] = []
        self.last_job = 0
        self.last_good = ""
        self.pending: list[Pending] = []
        self.baseline: diff.Records = {}
        self.outbox = Outbox()
        self.answered = 0
        self.timetable = Timetable(config.cycle)
        self.last: int | None = None
        # Lost with a power-off.
        self.running: Job | None = None
        self.sending = False
        self.muted = False
        # Of the present step.
        self.now = 0
        self.metadata_effect: Json | None = None
        self.effects: list[Json] = []
        # For planted mistakes only.
        self.delivered: diff.Records = {}
        self.was_cut_off = False

    # A step (5.2)

    def step(self, now: int, event: Json) -> Json:
        """Take in one event and say what is to be done."""
        if event["type"] == "power_off":
            self.power_off()
            return {"effects": [], "next": None}
        self.now, self.metadata_effect, self.effects = now, None, []
        if self.last is not None and now < self.last:
            self.clock_moved_back()
        self.last = now
        self.take_in(event)
        self.run_timers()
        self.start_scans()
        self.send_what_is_due()
        first = [self.metadata_effect] if self.metadata_effect else []
        return {"effects": first + self.effects,
                "next": times.print_time(self.next_step())}

    def add_effect(self, effect: str, **keys: Any) -> None:
        self.effects.append({"type": effect, **keys})

    def add_job_effect(self, effect: str, job: Job, **keys: Any) -> None:
        self.add_effect(effect, job=job.number, attempt=job.attempt, **keys)

    @property
    def is_awake(self) -> bool:
        """Whether timers fire and scans start (WF-14)."""
        if mistake("wf-dormant-scans"):
            return self.known
        return self.enabled

    def run_timers(self) -> None:
        """Item 3 of a step."""
        if not self.is_awake:
            return
        if self.known and not self.initial_done and self.initial <= self.now:
            self.initial_done = True
            self.enqueue(Request("initial_scan"))  # WF-1
        if self.next_scan is not None and self.next_scan <= self.now:
            self.next_scan = self.following(self.config.scan_schedule,
                                            self.scan_delay)
            self.enqueue(Request("scan_schedule"))  # WF-13
        if (self.next_reevaluation is not None
                and self.next_reevaluation <= self.now):
            self.next_reevaluation = self.following(self.config.reevaluation,
                                                    self.reevaluation_delay)
            self.enqueue(Request("deployment_reevaluation"))  # WF-13

    def following(self, of: schedule.Schedule, delay: int) -> int | None:
        """The occurrence after the one that is run."""
        if mistake("wf-interval-from-end"):
            return self.now + of.interval
        return of.following(self.now, self.initial, delay)

    def start_scans(self) -> None:
        """Item 4 of a step: one scan at a time (WF-11)."""
        while self.is_awake and self.running is None:
            ready = [job for job in self.jobs if job.may_start(self.now)]
            if not ready:
                break
            self.start(ready[-1] if mistake("wf-last-first") else ready[0])

    def next_step(self) -> int | None:
        """When the client is to be stepped again at the latest (5.14)."""
        wanted: list[int | None] = []
        if self.is_awake:
            if self.known and not self.initial_done:
                wanted.append(self.initial)
            wanted += [self.next_scan, self.next_reevaluation]
            if self.running is None:
                wanted += [job.not_before for job in self.jobs if not job.held]
        if not self.sending and not self.muted:
            wanted.append(self.timetable.next_send(
                self.now, self.is_waiting, self.is_in_flight))
        return min((time for time in wanted if time is not None), default=None)

    def clock_moved_back(self) -> None:
        """No wait is longer than it was when it began (5.12)."""
        now, config = self.now, self.config
        if self.known and not self.initial_done:
            self.initial = min(self.initial, now + self.initial_delay)
        for job in self.jobs:
            if job.not_before is not None:
                job.not_before = min(job.not_before, now + job.wait)
        self.next_scan = self.repaired(
            self.next_scan, config.scan_schedule, self.scan_delay)
        self.next_reevaluation = self.repaired(
            self.next_reevaluation, config.reevaluation,
            self.reevaluation_delay)

    def repaired(self, time: int | None, of: schedule.Schedule,
                 delay: int) -> int | None:
        """The occurrence of a schedule, unless it is too far away (WF-15)."""
        if time is None or time - self.now <= of.interval + schedule.WINDOW:
            return time
        find = of.following if self.initial_done else of.first
        return find(self.now, self.initial, delay)

    def power_off(self) -> None:
        """The process ends at once (5.13)."""
        for job in self.jobs:
            job.hold()  # WF-10
            job.tokens = []
        self.running, self.sending, self.muted = None, False, True
        if mistake("diff-crash-loses-messages"):
            self.outbox.queue.clear()
        if mistake("diff-crash-loses-baseline"):
            self.baseline = {}
        if mistake("diff-resync-forgotten"):
            self.answered = 0
        self.outbox.restart()
        self.was_cut_off = True

    # Events (5.3)

    def take_in(self, event: Json) -> None:
        """Take in the event of a step."""
        kind = event["type"]
        if kind in self.AWAITED:
            self.take_in_answer(kind, event)
        elif kind in self.EVENTS:
            self.EVENTS[kind](self, event)
        else:
            raise ValueError(f"unknown event {kind!r}")

    def matching(self, event: Json) -> Job | None:
        """The running job, when it is the event's attempt."""
        job = self.running
        if job is None or job.number != event["job"]:
            return None
        return job if job.attempt == event["attempt"] else None

    def take_in_answer(self, kind: str, event: Json) -> None:
        """An answer to an effect, if it is awaited."""
        stage, method = self.AWAITED[kind]
        job = self.matching(event)
        if job is None or job.stage != stage:
            return
        code = event.get("code")
        if code is None:
            method(self, job, event)
        elif (mistake("dec-falls-back") and stage == stages.RETRIEVING
              and self.stamp is not None):
            job.action = decision.USE_LOCAL
            self.evaluate_stored(job)
        else:
            self.fail(job, parse_code(code))

    def on_tick(self, _: Json) -> None:
        """Nothing but time."""

    def on_requested(self, event: Json) -> None:
        text, token = event["trigger"], event.get("token", 0)
        updates = event.get("updates", [])
        try:
            named = trigger.check(text, updates)  # TRG-5, TRG-7
        except Refusal as refusal:
            known = refusal.error != "unknown_trigger"
            self.refuse(text, token, known, BAD_REQUEST)
            return
        if not self.enabled:  # WF-14
            self.refuse(text, token, True, NOT_ENABLED)
            return
        self.enqueue(Request(named, updates, event.get("required", 0), token,
                             asked=True))

    def refuse(self, text: str, token: int, known: bool, code: int) -> None:
        """A request that is refused changes nothing."""
        now = times.print_time(self.now)
        self.add_effect("finished", result={
            "job": 0, "attempt": 0,
            "type": trigger.row(trigger.parse(text)).type if known else None,
            "triggers": [text], "tokens": [token] if token else [],
            "outcome": "refused", "code": print_code(code), "decision": None,
            "connected": False, "server": "", "stamp": None,
            "fresh_until": None, "started": now, "finished": now,
            "retry_at": None, "records": None, "changes": [], "checks": []})

    def on_roamed(self, event: Json) -> None:
        self.internet = event["internet"]  # WF-4

    def on_interrupted(self, event: Json) -> None:
        job = self.matching(event)
        if job is not None:
            job.hold()  # WF-10
            self.running = None

    def on_resumed(self, _: Json) -> None:
        self.muted = False
        for job in self.jobs:
            job.held = False
        if mistake("wf-jitter-redrawn") and self.was_cut_off:
            self.draw_schedules()
            self.next_scan = self.config.scan_schedule.following(
                self.now, self.initial, self.scan_delay)
            self.next_reevaluation = self.config.reevaluation.following(
                self.now, self.initial, self.reevaluation_delay)
        self.was_cut_off = False

    def on_metadata_lost(self, _: Json) -> None:
        self.stamp, self.source = None, ""  # TTL-3

    # Machine policy (5.4)

    def on_policy_received(self, event: Json) -> None:
        was_enabled, old_version = self.enabled, self.content_version
        self.enabled = event["enabled"]
        self.content_version = event.get("content_version", 0)
        self.native_mode = event.get("native_mode", False)
        if self.enabled and not self.known:  # WF-1
            self.known = True
            self.draw_initial()
            self.draw_schedules()
            config, now = self.config, self.now
            self.next_scan = config.scan_schedule.first(
                now, self.initial, self.scan_delay)
            self.next_reevaluation = config.reevaluation.first(
                now, self.initial, self.reevaluation_delay)
            return
        if mistake("wf-initial-again") and self.enabled:
            self.draw_initial()
        if mistake("ttl-policy-version-scans") and self.enabled:
            if self.content_version > old_version:
                self.enqueue(Request("scan_schedule"))
        if mistake("wf-dormant-forgets") and was_enabled and not self.enabled:
            self.stamp, self.source = None, ""
            self.metadata_effect = {"type": "clear_metadata"}

    def draw(self, window: int) -> int:
        self.draws += 1
        return self.config.draw(self.draws, window)

    def draw_initial(self) -> None:
        """Draw the delay of the initial scan, and schedule it (WF-1)."""
        self.initial_delay = self.draw(self.config.initial_window)
        if not self.initial_done:
            at_once = mistake("wf-initial-at-once")
            self.initial = self.now + (0 if at_once else self.initial_delay)

    def draw_schedules(self) -> None:
        """Draw the delays of the two schedules (WF-15)."""
        self.scan_delay = self.draw(schedule.WINDOW)
        self.reevaluation_delay = self.draw(schedule.WINDOW)

    # Jobs (5.5, 5.6)

    def enqueue(self, request: Request) -> None:
        """Join a job, or add one at the end (WF-11)."""
        for job in self.jobs:
            if job.can_be_joined(request):
                break
        else:
            self.last_job += 1
            job = Job(self.last_job, request.type)
            self.jobs.append(job)
        job.join(request, self.now)

    def start(self, job: Job) -> None:
        """Start an attempt (5.6)."""
        self.running = job
        job.begin(self.now)
        if job.clear:  # WF-2
            job.clear = False
            if not mistake("wf-initial-keeps-history"):
                self.stamp, self.source = None, ""
                self.metadata_effect = {"type": "clear_metadata"}
        job.decision = decision.decide(job.type, self.config.ttl, self.stamp,
                                       job.required, self.now)
        job.action = job.decision.action
        if job.action == decision.FAIL:
            self.fail(job, NO_OFFLINE_HISTORY)  # DEC-4
        elif job.action == decision.USE_LOCAL:
            self.evaluate_stored(job)  # DEC-2, DEC-3
        else:
            job.stage = stages.LOCATING
            early = mistake("wf-running-too-early")
            self.record_scan(job, RUNNING if early else WAITING_FOR_LOCATION)
            self.add_job_effect(  # WF-3
                "locate", job, update_source=self.config.update_source,
                version=self.wanted_version(job),
                site_code=self.config.site_code, internet=self.internet)

    def evaluate_stored(self, job: Job) -> None:
        """Evaluate with the stored metadata."""
        job.stage = stages.EVALUATING
        self.record_scan(job, RUNNING)
        self.add_job_effect("evaluate", job, stored=True)

    def wanted_version(self, job: Job) -> int:
        """The content version that a location is to have (WF-6)."""
        return max(job.required, self.content_version)

    def is_forbidden(self, job: Job) -> bool:
        """Whether the location is http and the client needs SSL (WF-4)."""
        assert job.location is not None
        return (location.needs_ssl(self.native_mode, self.internet)
                and job.location.endpoint.scheme == "http")

    # The stages of a connection (5.7)

    def on_located(self, job: Job, event: Json) -> None:
        forgets = mistake("wf-forgets-good-location")
        last_good = job.at or ("" if forgets else self.last_good)
        try:
            ordered = location.order(
                event["locations"], self.native_mode, self.internet,
                self.wanted_version(job), last_good, job.failed)
        except Refusal as refusal:  # WF-6
            assert refusal.code is not None
            self.fail(job, refusal.code)
            return
        job.location = ordered[0]
        job.others = 0 if self.internet else len(ordered) - 1  # WF-9
        job.at = job.url
        job.stage = stages.READING
        self.add_job_effect("read_policy", job)

    def on_policy_read(self, job: Job, event: Json) -> None:
        assert job.location is not None
        if self.is_forbidden(job):  # WF-4
            self.fail(job, INVALID_LOCATION)
            return
        try:
            chosen, write = policy.choose(job.location.endpoint,
                                          policy.parse(event["effective"]))
        except Refusal as refusal:  # WF-5
            assert refusal.code is not None
            self.fail(job, refusal.code)
            return
        if write and not mistake("wf-policy-not-written"):
            job.stage = stages.WRITING
            self.add_job_effect("write_policy", job,  # WF-3
                                policy=chosen._asdict())
        else:
            self.retrieve(job)

    def on_policy_written(self, job: Job, _: Json) -> None:
        self.retrieve(job)

    def retrieve(self, job: Job) -> None:
        """Retrieve metadata from the location."""
        if self.is_forbidden(job):  # WF-4
            self.fail(job, INVALID_LOCATION)
            return
        job.stage = stages.RETRIEVING
        self.record_scan(job, RUNNING)  # WF-8
        self.add_job_effect(
            "retrieve", job, url=job.url,
            ssl_only=location.needs_ssl(self.native_mode, self.internet))

    def on_retrieved(self, job: Job, event: Json) -> None:
        if event["version"] < job.required:  # TTL-8
            self.fail(job, SOURCE_NOT_FOUND)
            return
        job.retrieved, job.version = True, event["version"]
        job.stage = stages.EVALUATING
        self.add_job_effect("evaluate", job, stored=False)

    # Completion (5.8)

    def on_evaluated(self, job: Job, event: Json) -> None:
        """The scan completes (WF-7)."""
        records = self.hold_back(diff.parse(event["records"]))
        offline = job.type == trigger.FORCED_OFFLINE
        if offline and mistake("dec-offline-reuses-results"):
            records = dict(self.baseline)
        changes: list[diff.Change] = []
        if not (offline and mistake("wf-diff-skipped")):
            changes = self.record_changes(records)
        stamp_before = self.stamp
        if job.retrieved:  # TTL-4
            self.stamp = ttl.moved(self.config.ttl, self.stamp, job.started,
                                   self.now, job.version)
            self.source = self.last_good = job.url  # WF-9
            self.metadata_effect = {
                "type": "store_metadata", "job": job.number,
                "attempt": job.attempt, "stamp": ttl.print_stamp(self.stamp),
                "source": self.source}
        elif mistake("ttl-sliding") and stamp_before is not None:
            self.stamp = stamp_before._replace(time=self.now)
        unknown = any(one.state == "unknown" for one in records.values())
        state = COMPLETED_WITH_ERRORS if unknown else COMPLETED  # DIFF-5
        wrong = mistake("wf-errors-as-completed")
        self.record_scan(job, COMPLETED if wrong else state)  # WF-8
        self.settle_restarts(records)
        if job.is_after_installation:
            self.timetable.ask_for_flush(self.now)  # MSG-4
        result = self.result(job)
        result["outcome"] = "completed_with_errors" if unknown else "completed"
        if job.retrieved:
            result["stamp"] = ttl.print_stamp(self.stamp)
        result["records"] = diff.print_records(records)
        result["changes"] = [change.to_json() for change in changes]
        result["checks"] = _checks(sorted(job.updates), records)  # TRG-7
        self.finish(job, result)
        self.jobs.remove(job)

    def hold_back(self, records: diff.Records) -> diff.Records:
        """An update that waits for a restart stays Required (WF-12)."""
        if mistake("wf-installed-before-restart"):
            return records
        waiting = {one.update for one in self.pending if not one.restarted}
        held = dict(records)
        for update, record in records.items():
            if record.state == "installed" and update in waiting:
                held[update] = record._replace(state="required")
        return held

    def record_changes(self, records: diff.Records) -> list[diff.Change]:
        """Compare with the baseline and record what changed (DIFF-3)."""
        changes = diff.changes(self.baseline, records)
        self.baseline = diff.apply(self.baseline, changes)
        if mistake("diff-against-delivered"):
            changes = diff.changes(self.delivered, records)
        for change in changes:
            if change.kind == "removed":
                self.delivered.pop(change.id, None)
                if not self.config.report_removed:
                    self.outbox.forget(diff.UPDATE_DETECTION, change.id)
        for one in diff.messages(changes, records, self.now,
                                 self.config.report_removed):
            self.outbox.record(one)  # DIFF-2, DIFF-6, DIFF-9
        return changes

    def settle_restarts(self, records: diff.Records) -> None:
        """What was installed before a restart is reported now (WF-12)."""
        done, waiting = [], []
        for one in self.pending:
            record = records.get(one.update)
            if one.restarted and record and record.state == "installed":
                done.append(one)
            elif not one.restarted or record:
                waiting.append(one)
        self.pending = waiting
        for one in done:
            self.record_enforcement(UPDATE, 10, one.update)
        still = {one.assignment for one in waiting}
        for assignment in dict.fromkeys(one.assignment for one in done):
            if assignment and assignment not in still:
                self.record_enforcement(ASSIGNMENT, 4, assignment)

    def on_installed(self, event: Json) -> None:
        """Updates were installed (5.8.1)."""
        assignment = event.get("assignment", "")
        updates = sorted(set(event["updates"]))
        if not 1 <= len(event["updates"]) <= trigger.MAX_UPDATES:
            return
        if not message.is_text(assignment, 256) or not self.enabled:
            return
        self.pending = [one for one in self.pending
                        if one.update not in updates]
        if event.get("restart_required", False):  # WF-12
            self.pending += [Pending(one, assignment) for one in updates]
            if not mistake("wf-no-restart-messages"):
                for one in updates:
                    self.record_enforcement(UPDATE, 9, one)
                if assignment:
                    self.record_enforcement(ASSIGNMENT, 5, assignment)
        self.enqueue(Request("after_installation", updates, asked=True))

    def on_restarted(self, _: Json) -> None:
        """The computer was restarted (5.8.2)."""
        waiting = [one for one in self.pending if not one.restarted]
        for one in waiting:
            one.restarted = True
        if waiting:  # TRG-1, WF-12
            updates = [one.update for one in waiting]
            self.enqueue(Request("after_restart", updates, asked=True))

    def record_enforcement(self, topic_type: int, state: int,
                           topic_id: str) -> None:
        """Record a message about an installation (5.8.3)."""
        self.outbox.record(Message(topic_type, topic_id, UPDATE_ID, state, 0,
                                   (), "", self.now, 0))

    # Failure (5.9)

    def fail(self, job: Job, code: int) -> None:
        """An attempt ends with a code (WF-9)."""
        answer = retry.following(self.config.retry, code, job.retries,
                                 job.others)
        if job.is_online and answer.reason != "no_failure":
            if mistake("ttl-failure-counts") and self.stamp is not None:
                self.stamp = self.stamp._replace(time=self.now)
            if mistake("ttl-failure-clears"):
                self.stamp, self.source = None, ""
        result = self.result(job)
        result["code"] = print_code(code)
        job.counted = False
        if job.is_after_installation:
            self.timetable.ask_for_flush(self.now)  # MSG-4
        if answer.reason in ("not_retryable", "exhausted"):
            result["outcome"] = "failed"
            self.record_scan(job, FAILED, code)
            self.jobs.remove(job)
            self.finish(job, result)
            return
        wait = answer.delay
        if answer.reason == "no_failure":  # WF-10
            wait = self.config.retry.delay
        elif answer.reason == "retries_left":
            job.retries += 1
            job.counted = True
        else:
            job.failed.append(job.at)
            job.at, job.retries = "", 0
        job.try_at(self.now, wait)
        job.tokens = []
        result["outcome"] = "pending_retry"
        result["retry_at"] = times.print_time(job.not_before)
        self.record_scan(job, PENDING_RETRY, code)
        self.finish(job, result)

    def finish(self, job: Job, result: Json) -> None:
        """The attempt is over."""
        assert self.running is job
        self.running = None
        self.add_effect("finished", result=result)

    def record_scan(self, job: Job, state: int, code: int = 0) -> None:
        """Record a message about a scan (5.9.1, WF-8)."""
        url = self.source if job.is_local else job.url
        self.outbox.record(Message(
            SCAN, self.config.update_source, UPDATE_ID, state, 0,
            (signed(code), url), "", self.now, 0))

    def result(self, job: Job) -> Json:
        """The result (5.9.2) as far as every outcome has it (DEC-7)."""
        assert job.decision is not None
        server = self.source if job.is_local else job.url
        if job.is_local and mistake("dec-result-without-server"):
            server = ""
        return {
            "job": job.number, "attempt": job.attempt, "type": job.type,
            "triggers": trigger.in_order(job.triggers),
            "tokens": list(job.tokens), "outcome": None, "code": None,
            "decision": job.decision.to_json(), "connected": job.retrieved,
            "server": server,
            "stamp": ttl.print_stamp(self.stamp) if job.is_local else None,
            "fresh_until": times.print_time(self.fresh_until(job)),
            "started": times.print_time(job.started),
            "finished": times.print_time(self.now), "retry_at": None,
            "records": None, "changes": [], "checks": []}

    def fresh_until(self, job: Job) -> int | None:
        """Until when the stored metadata stays fresh (DEC-7)."""
        rules = self.config.ttl
        fresh = ttl.freshness(rules, self.stamp, 0, self.now).fresh
        if self.stamp is None or not fresh:
            return None
        if mistake("dec-fresh-until-from-start"):
            return job.started + rules.ttl
        return self.stamp.time + rules.ttl

    # Bulk sending (5.10)

    @property
    def is_waiting(self) -> bool:
        """Whether a message waits."""
        return bool(self.outbox.queue)

    @property
    def is_in_flight(self) -> bool:
        """Whether a batch is in flight."""
        return self.outbox.flight is not None

    def observe(self) -> None:
        self.timetable.observe(self.now, self.is_waiting, self.is_in_flight)

    def send_what_is_due(self) -> None:
        """Item 5 of a step."""
        self.observe()
        if self.sending or self.muted:
            return
        if not self.timetable.is_due(self.now, self.is_waiting,
                                     self.is_in_flight):
            return
        # The batch in flight, if there is one, is the same again (MSG-6).
        batch = self.outbox.batch(self.now, self.config.cycle.batch_messages)
        assert batch is not None
        self.sending = True
        self.add_effect("send", batch=batch.to_json())
        self.observe()

    def on_send_ended(self, event: Json) -> None:
        flight = self.outbox.flight
        if not self.sending or flight is None or flight.id != event["batch"]:
            return
        self.sending = False
        if event.get("interrupted", False):
            self.muted = True  # WF-10
        elif event.get("code") is not None:
            self.timetable.failed(self.now, event.get("retry_after_s", 0))
            if mistake("diff-resync-of-failed-send"):
                self.resync(event.get("resync", 0))
            if mistake("msg-failed-dropped"):
                self.outbox.flight = None
        else:
            self.note_delivered()
            self.outbox.acknowledge(flight.id)
            self.timetable.acknowledged(self.now, self.is_waiting)
            self.resync(event.get("resync", 0))

    def note_delivered(self) -> None:
        """Remember what the receiver knows, for a planted mistake."""
        if mistake("diff-against-delivered") and self.outbox.flight:
            for one in self.outbox.flight.messages:
                if one.topic_type == diff.UPDATE_DETECTION:
                    self.delivered[one.topic_id] = diff.Record(
                        one.topic_id, int(one.params[0]),
                        diff.STATES[one.state_id])

    def on_send_asked(self, _: Json) -> None:
        self.observe()
        if self.is_waiting or self.is_in_flight:
            self.timetable.leave_now(self.now, self.is_waiting)

    def on_refresh_asked(self, _: Json) -> None:
        self.refresh(0)

    def resync(self, number: int) -> None:
        """The site asks for a refresh, or for none with 0 (DIFF-8)."""
        if not 0 < number <= message.MAX_SERIAL:
            return
        if number == self.answered and not mistake("diff-resync-repeated"):
            return
        if number < self.answered and mistake("diff-resync-only-higher"):
            return
        self.answered = number
        self.refresh(0 if mistake("diff-resync-not-named") else number)

    def refresh(self, request: int) -> None:
        """All that is known is to be reported once more (DIFF-8)."""
        marker = self.marker(request)
        if not mistake("diff-marker-keeps-place"):
            self.outbox.forget(RESYNC, MARKER)
        if mistake("diff-marker-first"):
            self.outbox.record(marker)
        self.outbox.refresh(self.now)
        if not mistake("diff-refresh-only-waiting"):
            self.record_unsent()
        alone = not self.is_waiting
        if not (mistake("diff-refresh-unmarked")
                or mistake("diff-marker-first")
                or mistake("diff-marker-not-alone") and alone):
            self.outbox.record(marker)

    def record_unsent(self) -> None:
        """Report what is known and is in no message."""
        for update in sorted(self.baseline):
            if not self.outbox.holds(diff.UPDATE_DETECTION, update):
                change = diff.first(self.baseline[update])
                self.outbox.record(diff.message(change, self.now))

    def marker(self, request: int) -> Message:
        """The message that ends a refresh (5.10.1)."""
        first = self.outbox.last_serial + 1
        if mistake("diff-marker-from-last"):
            first -= 1
        if mistake("diff-marker-from-flight") and self.outbox.flight:
            first = self.outbox.flight.id
        return Message(RESYNC, MARKER, 0, 1, 0, (str(first), str(request)),
                       "", self.now, 0)

    def end(self) -> Json:
        """What the client remembers (5.15)."""
        flight = self.outbox.flight
        return {"baseline": diff.print_records(self.baseline),
                "stamp": ttl.print_stamp(self.stamp), "source": self.source,
                "waiting": len(self.outbox.queue),
                "in_flight": len(flight.messages) if flight else 0,
                "last_serial": self.outbox.last_serial}

    # The stage at which an answer is awaited, and what it does.
    AWAITED = {
        "located": (stages.LOCATING, on_located),
        "policy_read": (stages.READING, on_policy_read),
        "policy_written": (stages.WRITING, on_policy_written),
        "retrieved": (stages.RETRIEVING, on_retrieved),
        "evaluated": (stages.EVALUATING, on_evaluated),
    }
    EVENTS = {
        "tick": on_tick,
        "policy_received": on_policy_received,
        "requested": on_requested,
        "roamed": on_roamed,
        "interrupted": on_interrupted,
        "resumed": on_resumed,
        "installed": on_installed,
        "restarted": on_restarted,
        "refresh_asked": on_refresh_asked,
        "send_asked": on_send_asked,
        "send_ended": on_send_ended,
        "metadata_lost": on_metadata_lost,
    }


def _checks(updates: list[str], records: diff.Records) -> list[Json]:
    """What a result tells of the updates that were named (TRG-7)."""
    checks = [{"id": one, "found": one in records,
               "state": records[one].state if one in records else "unknown"}
              for one in updates]
    if mistake("trg-checks-only-required"):
        return [check for check in checks if check["state"] == "required"]
    return checks


def run(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation workflow.run."""
    client = Client(Config(inputs["config"]))
    steps = [client.step(times.parse(step["at"]), step["event"])
             for step in inputs["steps"]]
    return {"steps": steps, "end": client.end()}
