"""Schedules: when a scan is due that nobody asks for (5.11)."""

from typing import Any

import times
from mistakes import mistake

WINDOW = 7200 * times.SECOND  # of the random delay of a custom schedule


class Schedule:
    """A schedule of the configuration."""

    def __init__(self, value: dict[str, Any]) -> None:
        start = value.get("start")
        self.interval = value.get("interval_s", 604800) * times.SECOND
        self.start = None if start is None else times.parse(start)
        self.disabled = value.get("disabled", False)

    def _base(self, initial: int, delay: int) -> int:
        if self.start is None:
            return initial  # a simple schedule
        if mistake("wf-custom-not-delayed"):
            return self.start
        return self.start + delay  # WF-13

    def following(self, now: int, initial: int, delay: int) -> int | None:
        """The next occurrence after now, in its phase (WF-13, WF-15)."""
        if self.disabled:
            return None
        base = self._base(initial, delay)
        if self.start is not None and base > now:
            return base
        return base + ((now - base) // self.interval + 1) * self.interval

    def first(self, now: int, initial: int, delay: int) -> int | None:
        """The first occurrence, when the feature is first enabled."""
        if self.disabled:
            return None
        if self.start is None:
            return initial + self.interval
        return self.following(now, initial, delay)
