"""The server that an update agent speaks with: it answers as it is told."""

from typing import Any

from mistakes import mistake

Json = dict[str, Any]

# The keys of an answer, with their defaults.
ANSWERS: dict[str, Json] = {
    "get_config": {
        "last_change": "2026-11-01T08:00:00Z", "registration": True,
        "server_version": "3.2", "max_extended": 50,
        "service_url": "SimpleAuthWebService/SimpleAuth.asmx"},
    "get_authorization_cookie": {"cookie": "auth"},
    "get_cookie": {"cookie": "cookie"},
    "register_computer": {},
    "start_category_scan": {"preferred": None, "unknown": []},
    "sync_updates": {
        "new": [], "changed": [], "out_of_scope": [], "truncated": False,
        "cookie": "", "drivers_not_needed": False},
    "refresh_cache": {"rows": None},
    "get_extended_update_info": {"out_of_scope": []},
}

# Table 8.4.
STATUS_CODES = {
    400: 0x80244016, 401: 0x80244017, 403: 0x80244018, 404: 0x80244019,
    405: 0x8024401A, 407: 0x8024401B, 408: 0x8024401C, 409: 0x8024401D,
    410: 0x8024401E, 500: 0x8024401F, 501: 0x80244020, 502: 0x80244021,
    503: 0x80244022, 504: 0x80244023, 505: 0x80244024,
}
OTHER_STATUS = 0x8024402B
NO_ENVELOPE = 0x8024400A
CUT = 0x80072EFE


class Failed(Exception):
    """A retrieval ends with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"0x{code:08X}")
        self.code = code


class Fault(Exception):
    """A call is answered with a SOAP fault."""


class Server:
    """What each call is answered with, and the calls that were made."""

    def __init__(self, script: Json) -> None:
        self.config = script.get("config", {})
        self.waiting = {op: list(answers) for op, answers
                        in script.get("answers", {}).items()}
        self.always = script.get("always", {})
        self.calls: list[Json] = []

    def call(self, op: str, **names: Any) -> Json:
        """The answer to a call, complete; or Fault or Failed is raised."""
        self.calls.append({"op": op, **names})
        waiting = self.waiting.get(op)
        answer = waiting.pop(0) if waiting else self.always.get(op)
        if answer is None:
            answer = self.config if op == "get_config" else {}
        if "redirect" in answer and mistake("wire-redirect-followed"):
            answer = {}
        if "fault" in answer:
            raise Fault(answer["fault"])
        if "cut" in answer:
            raise Failed(CUT)
        if "html" in answer or answer.get("status") == 200:
            raise Failed(NO_ENVELOPE)
        if "status" in answer:  # a redirection is not followed
            if mistake("wire-one-status-for-all"):
                raise Failed(OTHER_STATUS)
            raise Failed(STATUS_CODES.get(answer["status"], OTHER_STATUS))
        return {**ANSWERS[op], **answer}
