"""State messages (4.11)."""

import re
from typing import Any, NamedTuple

import times
from mistakes import mistake

UPDATE_ID = 3  # the topic id type of an update
MAX_SERIAL = 2**63 - 1

# Every character that XML 1.0 does not have.
NOT_XML = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Message(NamedTuple):
    """A state message."""

    topic_type: int
    topic_id: str
    id_type: int
    state_id: int
    criticality: int
    params: tuple[str, ...]
    details: str
    time: int
    serial: int

    def to_json(self) -> dict[str, Any]:
        """The message as it is written in a vector."""
        return {**self._asdict(), "params": list(self.params),
                "time": times.print_time(self.time)}

    def is_valid(self) -> bool:
        """Whether the message may be recorded and reported (MSG-1)."""
        most = 6 if mistake("msg-six-params") else 5
        return (1 <= self.topic_type <= 65535
                and is_text(self.topic_id, 256) and self.topic_id != ""
                and 0 <= self.id_type <= 255
                and 0 <= self.state_id <= 65535
                and -2**31 <= self.criticality < 2**31
                and len(self.params) <= most
                and all(is_text(param, 2048) for param in self.params)
                and is_text(self.details, 65536)
                and times.FIRST_TIME < times.cut(self.time) <= times.LAST_TIME
                and 0 <= self.serial <= MAX_SERIAL)

    def size(self) -> int:
        """Bytes of the topic id, the details and all parameters."""
        return sum(length(text)
                   for text in (self.topic_id, self.details, *self.params))


def parse(value: dict[str, Any]) -> Message:
    """Read a message of a vector."""
    return Message(value["topic_type"], value["topic_id"],
                   value.get("id_type", 0), value["state_id"],
                   value.get("criticality", 0), tuple(value.get("params", ())),
                   value.get("details", ""), times.parse(value["time"]),
                   value.get("serial", 0))


def length(text: str) -> int:
    """The length of a text in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def is_text(text: str, most: int) -> bool:
    """Whether a text has only characters of XML, and at most so many bytes."""
    return length(text) <= most and NOT_XML.search(text) is None
