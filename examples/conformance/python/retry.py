"""Retries: what follows a failure (4.8)."""

from typing import Any, NamedTuple

import times
from mistakes import mistake
from refusal import is_failure, parse_code, print_code

CANCELLED = 0x8024000B
TIMEOUT = 0x80072EE2

# Table 3.8.
DOCUMENTED = frozenset((
    0x80040693, 0x80072EFD, 0x80072EFE, 0x8024001A, 0x8024001E, 0x80244004,
    0x80244005, 0x80244006, 0x80244007, 0x80244008, 0x80244009, 0x8024400A,
    0x8024400B, 0x8024400C, 0x8024400D, 0x8024400E, 0x80244010, 0x80244015,
    0x80244016, 0x80244018, 0x80244019, 0x8024401A, 0x8024401C, 0x8024401D,
    0x8024401E, 0x8024401F, 0x80244020, 0x80244021, 0x80244022, 0x80244023,
    0x80244024, 0x80244026, 0x80244027, 0x8024402B, 0x8024402C, 0x8024F004))
WIDER = DOCUMENTED | {TIMEOUT, 0x80072EE7, 0x80072EFF}


class Policy(NamedTuple):
    """How often and how long after a failure a scan is tried again."""

    delay: int
    attempts: int
    switch_delay: int
    table: frozenset[int]


class Answer(NamedTuple):
    """What follows, why, and after how long."""

    action: str
    reason: str
    delay: int


def table(value: str | list[str]) -> frozenset[int]:
    """The codes of a table that is named or listed."""
    if isinstance(value, list):
        return frozenset(map(parse_code, value))
    if value == "wider":
        return WIDER
    if mistake("wf-timeout-retried"):
        return DOCUMENTED | {TIMEOUT}
    return DOCUMENTED


def policy(value: dict[str, Any]) -> Policy:
    """The policy of an input, with the defaults for what is missing."""
    return Policy(value.get("delay_s", 1800) * times.SECOND,
                  value.get("attempts", 4),
                  value.get("switch_delay_s", 120) * times.SECOND,
                  table(value.get("table", "documented")))


def following(rules: Policy, code: int, retries: int, others: int) -> Answer:
    """The table of 4.8 (WF-9)."""
    cancelled = code == CANCELLED and not mistake("wf-cancel-fails")
    if not is_failure(code) or cancelled:
        return Answer("stop", "no_failure", 0)  # WF-10
    switch_delay = 0 if mistake("wf-switch-at-once") else rules.switch_delay
    if code not in rules.table or code == CANCELLED:
        if mistake("wf-final-switches") and others > 0:
            return Answer("next_location", "retries_used", switch_delay)
        return Answer("stop", "not_retryable", 0)
    attempts = rules.attempts + (1 if mistake("wf-five-retries") else 0)
    if retries < attempts:
        return Answer("same_location", "retries_left", rules.delay)
    if others > 0:
        return Answer("next_location", "retries_used", switch_delay)
    return Answer("stop", "exhausted", 0)


def answer(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation retry.next."""
    found = following(policy(inputs), parse_code(inputs["code"]),
                      inputs["retries"], inputs["others"])
    return {"action": found.action, "reason": found.reason,
            "delay_s": times.seconds(found.delay)}


def list_codes(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation retry.table."""
    return {"codes": [print_code(code)
                      for code in sorted(table(inputs["table"]))]}
