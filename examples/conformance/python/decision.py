"""What a scan does about metadata (4.4)."""

from typing import Any, NamedTuple

import times
import trigger
import ttl
from mistakes import mistake
from refusal import Refusal

CONNECT = "connect"
USE_LOCAL = "use_local"
FAIL = "fail"


class Decision(NamedTuple):
    """What to do, why, and the freshness of the metadata."""

    action: str
    reason: str
    freshness: ttl.Freshness

    def to_json(self) -> dict[str, Any]:
        """The decision as it is written in a vector."""
        return {"action": self.action, "reason": self.reason,
                "freshness": self.freshness.to_json()}


def decide(scan_type: str, rules: ttl.Policy, stamp: ttl.Stamp | None,
           required: int, now: int) -> Decision:
    """The table of 4.4."""
    freshness = ttl.freshness(rules, stamp, required, now)
    if scan_type == trigger.FORCED_ONLINE:
        action, reason = _forced_online(freshness)
    elif scan_type == trigger.NON_FORCED_ONLINE:
        action, reason = _non_forced_online(freshness)
    elif scan_type == trigger.FORCED_OFFLINE:
        action, reason = _forced_offline(freshness, stamp)
    else:
        raise Refusal("unknown_type")
    return Decision(action, reason, freshness)


def _forced_online(freshness: ttl.Freshness) -> tuple[str, str]:
    if mistake("dec-forced-online-uses-fresh") and freshness.fresh:
        return USE_LOCAL, "metadata_fresh"
    if mistake("dec-forced-recent") and freshness.age is not None:
        if 0 <= freshness.age <= times.HOUR:
            return USE_LOCAL, "metadata_fresh"
    if mistake("dec-forced-reason"):
        return CONNECT, "metadata_not_fresh"
    return CONNECT, "forced_to_connect"  # DEC-1


def _non_forced_online(freshness: ttl.Freshness) -> tuple[str, str]:
    if freshness.fresh and not mistake("dec-non-forced-connects"):
        return USE_LOCAL, "metadata_fresh"  # DEC-2
    return CONNECT, "metadata_not_fresh"  # DEC-2


def _forced_offline(freshness: ttl.Freshness,
                    stamp: ttl.Stamp | None) -> tuple[str, str]:
    if stamp is None and mistake("dec-offline-absent-connects"):
        return CONNECT, "metadata_not_fresh"
    if stamp is None:
        return FAIL, "no_offline_history"  # DEC-4
    if mistake("dec-offline-expired-fails") and not freshness.fresh:
        return FAIL, "no_offline_history"
    return USE_LOCAL, "forced_offline_scan"  # DEC-3


def answer(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation decide."""
    return decide(inputs["type"], ttl.policy(inputs),
                  ttl.parse_stamp(inputs["stamp"]), inputs.get("required", 0),
                  times.parse(inputs["now"])).to_json()
