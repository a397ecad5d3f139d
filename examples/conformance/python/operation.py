"""Operations: every question of the vectors, and what answers it."""

from typing import Any, Callable

import decision
import diff
import location
import outbox
import policy
import report
import retry
import site_server
import timetable
import trigger
import ttl
import wire
import workflow
from refusal import Refusal

TOPICS = ("trigger", "ttl", "decision", "location", "retry", "diff", "outbox",
          "report", "workflow", "site", "wire")

OPERATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "trigger.info": trigger.info,
    "trigger.list": trigger.list_all,
    "trigger.by_schedule": trigger.by_schedule,
    "type.of": trigger.type_of,
    "type.parse": trigger.type_parse,
    "request.check": trigger.request_check,
    "ttl.check": ttl.check,
    "ttl.history": ttl.history,
    "decide": decision.answer,
    "location.order": location.answer,
    "policy.for": policy.answer,
    "retry.next": retry.answer,
    "retry.table": retry.list_codes,
    "diff": diff.answer,
    "diff.apply": diff.answer_apply,
    "diff.messages": diff.answer_messages,
    "summary": diff.summary,
    "outbox.run": outbox.run,
    "cycle.run": timetable.run,
    "report.encode": report.answer_encode,
    "report.bytes": report.answer_bytes,
    "report.decode": report.answer_decode,
    "workflow.run": workflow.run,
    "site.run": site_server.run,
    "wire.run": wire.run,
}


def answer(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question; an exception says that there is none."""
    if name not in OPERATIONS:
        raise ValueError(f"unknown operation {name!r}")
    try:
        return OPERATIONS[name](inputs)
    except Refusal as refusal:
        return refusal.to_json()
