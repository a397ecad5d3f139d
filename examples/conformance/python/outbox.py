"""The outbox: for each topic the last message, and where it is (4.12)."""

from typing import Any

import message
import times
from message import Message
from mistakes import mistake
from refusal import Refusal

DEFAULT_BATCH = 1000
MAX_BATCH = 100000
MAX_BATCH_BYTES = 67108864

Topic = tuple[Any, ...]


class Batch:
    """Messages that leave together."""

    def __init__(self, date: int) -> None:
        self.date = date
        self.messages: list[Message] = []
        self.current: dict[Topic, int] = {}  # topic -> index in messages

    @property
    def id(self) -> int:
        """The serial of the first message."""
        return self.messages[0].serial

    def to_json(self) -> dict[str, Any]:
        """The batch as it is written in a vector."""
        return {"id": self.id, "date": times.print_time(self.date),
                "messages": [one.to_json() for one in self.messages]}


class Outbox:
    """The messages of a client."""

    def __init__(self) -> None:
        # A dict keeps its order, and a value that is replaced its place:
        # that is all that MSG-2 asks for.
        self.queue: dict[Topic, Message] = {}
        self.flight: Batch | None = None
        self.sent: dict[Topic, Message] = {}
        self.next_serial = 0 if mistake("msg-serial-from-zero") else 1
        self.recorded = 0

    def _topic(self, topic_type: int, topic_id: str) -> Topic:
        if mistake("msg-topic-by-id-only"):
            return (topic_id,)
        return (topic_type, topic_id)

    def _take_serial(self) -> int:
        self.next_serial += 1
        return self.next_serial - 1

    @property
    def last_serial(self) -> int:
        """The last serial number that was used."""
        return max(self.next_serial - 1, 0)

    @property
    def topics(self) -> int:
        """How many messages there are, but those that are not current."""
        current = len(self.flight.current) if self.flight else 0
        return len(self.queue) + len(self.sent) + current

    def holds(self, topic_type: int, topic_id: str) -> bool:
        """Whether there is a message of a topic."""
        topic = self._topic(topic_type, topic_id)
        return (topic in self.queue or topic in self.sent
                or self.flight is not None and topic in self.flight.current)

    def record(self, new: Message) -> bool:
        """Record a message; false when it is not valid."""
        new = new._replace(serial=0)
        if not new.is_valid():  # MSG-1
            return False
        new = new._replace(time=times.cut(new.time))
        topic = self._topic(new.topic_type, new.topic_id)
        if mistake("msg-serial-at-record"):
            new = new._replace(serial=self._take_serial())
        if mistake("msg-every-event"):
            self.recorded += 1
            topic = (*topic, self.recorded)
        if mistake("msg-flight-overwritten") and self.flight:
            if topic in self.flight.current:
                index = self.flight.current[topic]
                serial = self.flight.messages[index].serial
                self.flight.messages[index] = new._replace(serial=serial)
                return True
        if topic in self.queue:
            if mistake("msg-keeps-older"):
                return True
            if mistake("msg-appends-newer"):
                del self.queue[topic]
        else:
            self.sent.pop(topic, None)
            if self.flight:
                self.flight.current.pop(topic, None)  # MSG-6
        self.queue[topic] = new  # MSG-2
        return True

    def forget(self, topic_type: int, topic_id: str) -> None:
        """Forget a topic (DIFF-6)."""
        topic = self._topic(topic_type, topic_id)
        self.queue.pop(topic, None)
        self.sent.pop(topic, None)
        if self.flight:
            self.flight.current.pop(topic, None)  # MSG-6

    def batch(self, now: int, most: int) -> Batch | None:
        """The batch in flight, or a new one of what waits."""
        if self.flight:  # MSG-6
            if mistake("msg-retry-new-serials"):
                self.flight.messages = [
                    one._replace(serial=self._take_serial())
                    for one in self.flight.messages]
            return self.flight
        if not self.queue:
            return None
        most = DEFAULT_BATCH if most < 1 else min(most, MAX_BATCH)
        unbounded = mistake("msg-unbounded-batch")
        batch = Batch(times.cut(now))
        size = 16384
        for topic, waiting in list(self.queue.items()):
            size += 1024 + 12 * waiting.size()
            full = len(batch.messages) == most or size > MAX_BATCH_BYTES
            if batch.messages and full and not unbounded:  # MSG-10
                break
            if not mistake("msg-serial-at-record"):
                waiting = waiting._replace(serial=self._take_serial())  # MSG-5
            batch.current[topic] = len(batch.messages)
            batch.messages.append(waiting)
            del self.queue[topic]
        self.flight = batch
        return batch

    def acknowledge(self, batch_id: int) -> bool:
        """The receiver has the batch with this id."""
        if self.flight is None or self.flight.id != batch_id:
            return False
        for topic, index in self.flight.current.items():
            self.sent[topic] = self.flight.messages[index]
        self.flight = None
        return True

    def refresh(self, now: int | None = None) -> int:
        """Let everything leave once more; how many messages that are (DIFF-8).

        The time is there for a planted mistake only.
        """
        if mistake("diff-refresh-only-waiting"):
            return len(self.queue)
        again = dict(self.sent)
        self.sent.clear()
        if self.flight:
            for topic, index in self.flight.current.items():
                again[topic] = self.flight.messages[index]
            self.flight.current.clear()
        self._wait_again(again, now)
        return len(again)

    def _wait_again(self, again: dict[Topic, Message],
                    now: int | None = None) -> None:
        for topic in sorted(again, key=lambda one: again[one].serial):
            repeated = again[topic]._replace(serial=0)  # MSG-6
            if mistake("msg-serial-at-record"):
                repeated = repeated._replace(serial=self._take_serial())
            if mistake("msg-refresh-new-time") and now is not None:
                repeated = repeated._replace(time=times.cut(now))
            self.queue[topic] = repeated

    def restart(self) -> None:
        """The process ends and the outbox is read again: as it was (MSG-5)."""
        if mistake("msg-serial-after-restart"):
            self.next_serial = 1
        if mistake("msg-restart-resends"):
            again, self.sent = self.sent, {}
            self._wait_again(again)

    def counts(self) -> dict[str, Any]:
        """What waits and how many topics there are."""
        return {"waiting": len(self.queue), "topics": self.topics}


def run(inputs: dict[str, Any]) -> dict[str, Any]:
    """Operation outbox.run."""
    outbox = Outbox()
    return {"steps": [_step(outbox, step) for step in inputs["steps"]]}


def _step(outbox: Outbox, step: dict[str, Any]) -> dict[str, Any]:
    do = step["do"]
    if do == "record":
        if not outbox.record(message.parse(step["message"])):
            return Refusal("invalid_message").to_json()
        return outbox.counts()
    if do == "forget":
        outbox.forget(step["topic_type"], step["topic_id"])
        return outbox.counts()
    if do == "batch":
        batch = outbox.batch(times.parse(step["now"]), step["max"])
        return {"batch": batch.to_json() if batch else None}
    if do == "acknowledge":
        return {"acknowledged": outbox.acknowledge(step["batch"])}
    if do == "refresh":
        return {"count": outbox.refresh()}
    if do == "restart":
        outbox.restart()
        return outbox.counts()
    raise ValueError(f"unknown step {do!r}")
