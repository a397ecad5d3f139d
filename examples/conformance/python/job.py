"""Jobs: scans from their first request to their end (5.1, 5.5)."""

from dataclasses import dataclass, field

import trigger
from decision import USE_LOCAL, Decision
from location import Location
from mistakes import mistake

QUEUED = "queued"
LOCATING = "locating"
READING = "reading"
WRITING = "writing"
RETRIEVING = "retrieving"
EVALUATING = "evaluating"


@dataclass
class Request:
    """What asks for a scan. Timers do not ask: nobody waits for them."""

    trigger: str
    updates: list[str] = field(default_factory=list)
    required: int = 0
    token: int = 0
    asked: bool = False

    @property
    def type(self) -> str:
        """The scan type of the trigger."""
        return trigger.row(self.trigger).type


@dataclass
class Job:
    """A scan that waits or runs."""

    number: int
    type: str
    triggers: set[str] = field(default_factory=set)
    updates: set[str] = field(default_factory=set)
    required: int = 0
    clear: bool = False
    stage: str = QUEUED
    held: bool = False
    attempt: int = 0
    not_before: int | None = None
    wait: int = 0
    retries: int = 0
    counted: bool = False
    at: str = ""
    failed: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)

    # Of the present attempt.
    decision: Decision | None = None
    action: str = ""  # that of the decision
    started: int = 0
    location: Location | None = None
    others: int = 0
    retrieved: bool = False
    version: int = 0

    @property
    def is_online(self) -> bool:
        """Whether the type of the scan is online."""
        return self.type != trigger.FORCED_OFFLINE

    @property
    def is_local(self) -> bool:
        """Whether the attempt uses the stored metadata."""
        return self.action == USE_LOCAL

    @property
    def is_after_installation(self) -> bool:
        """Whether somebody waits for what the scan reports (MSG-4)."""
        return not self.triggers.isdisjoint(
            ("after_installation", "after_restart"))

    @property
    def url(self) -> str:
        """The URL of the location, "" while there is none."""
        return self.location.url if self.location else ""

    def may_start(self, now: int) -> bool:
        """Whether the next attempt may start."""
        return not self.held and (self.not_before is None
                                  or self.not_before <= now)

    def begin(self, now: int) -> None:
        """A new attempt (5.6 item 1)."""
        self.attempt += 1
        self.not_before, self.wait = None, 0
        self.started = now
        self.location, self.others = None, 0
        self.retrieved, self.version = False, 0

    def hold(self) -> None:
        """Wait for resumed; no retry is used up (WF-10)."""
        if mistake("wf-interruption-uses-retry") and self.stage != QUEUED:
            self.retries += 1
        self.stage, self.held = QUEUED, True

    def try_at(self, now: int, wait: int) -> None:
        """Wait for the next attempt."""
        self.stage = QUEUED
        self.not_before, self.wait = now + wait, wait

    def can_be_joined(self, request: Request) -> bool:
        """Whether a request may join the job (WF-11)."""
        if mistake("wf-joins-nothing"):
            return False
        non_forced = request.type == trigger.NON_FORCED_ONLINE
        forced_online = self.type == trigger.FORCED_ONLINE
        if self.stage == QUEUED:
            offline = request.type == trigger.FORCED_OFFLINE
            if mistake("wf-offline-joins") and offline and self.is_online:
                return True
            return self.type == request.type or forced_online and non_forced
        if self.stage == EVALUATING and not mistake("wf-joins-evaluating"):
            return False
        return (forced_online and non_forced
                and request.required <= self.required
                and request.trigger != "initial_scan")

    def join(self, request: Request, now: int) -> None:
        """A request joins the job, or is its first."""
        waits = self.not_before is not None and self.not_before > now
        if request.asked and waits:
            self.not_before, self.wait = None, 0
            if self.counted:
                self.retries -= 1
        self.triggers.add(request.trigger)
        self.updates.update(request.updates)
        self.required = max(self.required, request.required)
        if request.trigger == "initial_scan":
            self.clear = True  # WF-2
        if request.token:
            self.tokens.append(request.token)
