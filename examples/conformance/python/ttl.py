"""Time to live of the stored metadata, and its stamp (4.2, 4.3)."""

from typing import Any, NamedTuple

import times
from mistakes import mistake
from refusal import Refusal


class Stamp(NamedTuple):
    """When the stored metadata was retrieved, and its content version."""

    time: int
    version: int


class Freshness(NamedTuple):
    """Whether metadata is fresh, why, and its age in nanoseconds."""

    fresh: bool
    reason: str
    age: int | None

    def to_json(self) -> dict[str, Any]:
        """The freshness as it is written in a vector."""
        age_s = None if self.age is None else times.seconds(self.age)
        return {"fresh": self.fresh, "reason": self.reason, "age_s": age_s}


class Policy(NamedTuple):
    """The TTL and the tolerance of a stamp in the future."""

    ttl: int
    tolerance: int


def policy(inputs: dict[str, Any]) -> Policy:
    """The policy of an input, with the defaults for what is missing."""
    default = 43200 if mistake("ttl-default-12h") else 86400  # TTL-1
    return Policy(inputs.get("ttl_s", default) * times.SECOND,
                  inputs.get("tolerance_s", 300) * times.SECOND)


def parse_stamp(value: dict[str, Any] | None) -> Stamp | None:
    """Read a stamp of a vector."""
    if value is None:
        return None
    return Stamp(times.parse(value["time"]), value["version"])


def print_stamp(stamp: Stamp | None) -> dict[str, Any] | None:
    """Write a stamp as in a vector."""
    if stamp is None:
        return None
    return {"time": times.print_time(stamp.time), "version": stamp.version}


def freshness(rules: Policy, stamp: Stamp | None, required: int,
              now: int) -> Freshness:
    """The table of 4.2."""
    if stamp is None:  # TTL-3
        if mistake("ttl-absent-fresh"):
            return Freshness(True, "within_ttl", 0)
        return Freshness(False, "absent", None)
    if _from_future(stamp.time - now, rules.tolerance):  # TTL-7
        return Freshness(False, "from_future", now - stamp.time)
    age = max(now - stamp.time, 0)
    if _too_low(stamp.version, required):  # TTL-8
        return Freshness(False, "version_too_low", age)
    if _expired(age, rules.ttl):  # TTL-2
        return Freshness(False, "expired", age)
    return Freshness(True, "within_ttl", age)


def _from_future(ahead: int, tolerance: int) -> bool:
    if mistake("ttl-future-fresh"):
        return False
    if mistake("ttl-tolerance-none"):
        return ahead > 0
    if mistake("ttl-tolerance-open"):
        return ahead >= tolerance
    return ahead > tolerance


def _too_low(version: int, required: int) -> bool:
    if mistake("ttl-version-ignored"):
        return False
    if mistake("ttl-version-above"):
        return version <= required
    return version < required


def _expired(age: int, ttl: int) -> bool:
    if mistake("ttl-not-at-once") and age < times.MINUTE:
        return True
    if mistake("ttl-boundary-expired"):
        return age >= ttl
    if mistake("ttl-whole-hours"):
        return age // times.HOUR * times.HOUR > ttl
    return age > ttl


def moved(rules: Policy, stamp: Stamp | None, started: int, completed: int,
          version: int) -> Stamp | None:
    """The stamp after a scan that retrieved metadata completed (TTL-4)."""
    if mistake("ttl-stamp-at-start"):
        return Stamp(started, version)
    if mistake("ttl-stamp-keeps-phase"):
        if freshness(rules, stamp, 0, completed).fresh:
            return stamp
    return Stamp(completed, version)


def check(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation ttl.check."""
    rules = policy(inputs)
    if rules.ttl <= 0:  # TTL-1
        if rules.ttl < 0 or not mistake("ttl-zero-accepted"):
            raise Refusal("bad_policy")
    return freshness(rules, parse_stamp(inputs["stamp"]),
                     inputs.get("required", 0),
                     times.parse(inputs["now"])).to_json()


def history(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation ttl.history."""
    rules = policy(inputs)
    stamp: Stamp | None = None
    answers = []
    for step in inputs["steps"]:
        now, do = times.parse(step["at"]), step["do"]
        answer: dict[str, Any] = {}
        if do == "retrieved":  # TTL-4
            started = times.parse(step.get("started", step["at"]))
            stamp = moved(rules, stamp, started, now, step["version"])
        elif do == "answered_locally":  # TTL-5
            if mistake("ttl-sliding") and stamp is not None:
                stamp = stamp._replace(time=now)
        elif do == "failed":  # TTL-6
            if mistake("ttl-failure-counts") and stamp is not None:
                stamp = stamp._replace(time=now)
            if mistake("ttl-failure-clears"):
                stamp = None
        elif do == "cancelled":  # TTL-6
            if mistake("ttl-cancel-counts") and stamp is not None:
                stamp = stamp._replace(time=now)
        elif do == "cleared":  # TTL-3
            stamp = None
        elif do == "check":
            found = freshness(rules, stamp, step.get("required", 0), now)
            answer["freshness"] = found.to_json()
        else:
            raise ValueError(f"unknown step {do!r}")
        answers.append({"stamp": print_stamp(stamp), **answer})
    return {"steps": answers}
