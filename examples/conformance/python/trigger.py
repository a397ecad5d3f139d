"""Triggers, scan types and requests (4.1)."""

from typing import Any, NamedTuple

from mistakes import mistake
from refusal import Refusal

NON_FORCED_ONLINE = "non_forced_online"
FORCED_ONLINE = "forced_online"
FORCED_OFFLINE = "forced_offline"

# Online and forced of each scan type, in the order of table 3.2.
TYPES = {
    NON_FORCED_ONLINE: (True, False),
    FORCED_ONLINE: (True, True),
    FORCED_OFFLINE: (False, True),
}

MAX_UPDATES = 10000


class Trigger(NamedTuple):
    """A row of table 3.1."""

    type: str
    names_updates: bool = False
    schedule_id: str | None = None


SCAN_CYCLE_ID = "{00000000-0000-0000-0000-000000000113}"
EVALUATION_CYCLE_ID = "{00000000-0000-0000-0000-000000000108}"

# Table 3.1, in its order (TRG-1, TRG-3, TRG-4, TRG-6, TRG-7).
TRIGGERS = {
    "initial_scan": Trigger(NON_FORCED_ONLINE),
    "scan_schedule": Trigger(NON_FORCED_ONLINE),
    "deployment_reevaluation": Trigger(NON_FORCED_ONLINE),
    "before_download": Trigger(NON_FORCED_ONLINE, True),
    "before_installation": Trigger(NON_FORCED_ONLINE, True),
    "software_updates_scan_cycle": Trigger(
        FORCED_ONLINE, False, SCAN_CYCLE_ID),
    "deployment_evaluation_cycle": Trigger(
        FORCED_ONLINE, False, EVALUATION_CYCLE_ID),
    "after_installation": Trigger(FORCED_OFFLINE),
    "after_restart": Trigger(FORCED_OFFLINE),
}

_ORDER = {token: number for number, token in enumerate(TRIGGERS)}


def known() -> list[str]:
    """The triggers that can be named, in the order of table 3.1."""
    tokens = list(TRIGGERS)
    if mistake("trg-initial-unknown"):
        tokens.remove("initial_scan")
    if mistake("trg-deployment-scan-missing"):
        tokens.remove("deployment_reevaluation")
    return tokens


def parse(text: str) -> str:
    """The trigger that a text names, exactly (TRG-5)."""
    if mistake("trg-text-ignores-case"):
        text = text.lower()
    if text in known():
        return text
    if mistake("trg-unknown-is-schedule"):
        return "scan_schedule"
    raise Refusal("unknown_trigger")


def row(token: str) -> Trigger:
    """What is known of a trigger."""
    found = TRIGGERS[token]
    scan_cycle = token == "software_updates_scan_cycle"
    if mistake("trg-scan-cycle-non-forced") and scan_cycle:
        found = found._replace(type=NON_FORCED_ONLINE)
    if mistake("trg-after-restart-online") and token == "after_restart":
        found = found._replace(type=NON_FORCED_ONLINE)
    if mistake("trg-schedule-113-is-schedule"):
        if token == "scan_schedule":
            found = found._replace(schedule_id=SCAN_CYCLE_ID)
        elif scan_cycle:
            found = found._replace(schedule_id=None)
    return found


def in_order(tokens: set[str]) -> list[str]:
    """Triggers in the order of table 3.1."""
    return sorted(tokens, key=_ORDER.__getitem__)


def info(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation trigger.info."""
    found = row(parse(inputs["trigger"]))
    online, forced = TYPES[found.type]
    return {"type": found.type, "online": online, "forced": forced,
            "names_updates": found.names_updates,
            "schedule_id": found.schedule_id}


def list_all(_: dict[str, Any]) -> dict[str, Any]:
    """Operation trigger.list."""
    return {"triggers": known()}


def by_schedule(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation trigger.by_schedule."""
    text = inputs["schedule_id"].removeprefix("{").removesuffix("}")
    for token in known():
        schedule_id = row(token).schedule_id  # TRG-6
        if schedule_id is not None and schedule_id[1:-1] == text:
            return {"trigger": token}
    raise Refusal("unknown_trigger")


def type_of(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation type.of."""
    axes = (inputs["online"], inputs["forced"])
    for token, of_type in TYPES.items():
        if axes == of_type:
            return {"type": token}
    if mistake("trg-non-forced-offline"):
        return {"type": "non_forced_offline"}
    raise Refusal("unknown_type")  # TRG-2


def type_parse(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation type.parse."""
    text = inputs["type"]
    if mistake("trg-text-ignores-case"):
        text = text.lower()
    if mistake("trg-non-forced-offline") and text == "non_forced_offline":
        return {"online": False, "forced": False}
    if text not in TYPES:
        raise Refusal("unknown_type")  # TRG-2, TRG-5
    online, forced = TYPES[text]
    return {"online": online, "forced": forced}


def check(text: str, updates: list[str]) -> str:
    """The trigger of a request that may be made (TRG-5, TRG-7)."""
    token = parse(text)
    if row(token).names_updates and not updates:  # TRG-7
        if not mistake("trg-check-without-updates"):
            raise Refusal("bad_request")
    if len(updates) > MAX_UPDATES:
        raise Refusal("bad_request")
    return token


def request_check(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation request.check."""
    check(inputs["trigger"], inputs["updates"])
    return {"ok": True}
