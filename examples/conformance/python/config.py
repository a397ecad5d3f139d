"""The configuration of a client."""

from typing import Any

import retry
import times
import timetable
import ttl
from schedule import Schedule


class Config:
    """What a client is told when it is installed, and never changes."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.ttl = ttl.policy(value)
        self.retry = retry.policy(value.get("retry", {}))
        self.cycle = timetable.policy(value.get("cycle", {}))
        self.scan_schedule = Schedule(value.get("scan_schedule", {}))
        self.reevaluation = Schedule(value.get("reevaluation", {}))
        window_s = value.get("initial_window_s", 7200)
        self.initial_window = window_s * times.SECOND
        self.update_source = value.get(
            "update_source", "00000000-0000-0000-0000-000000000000")
        self.site_code = value.get("site_code", "")
        self.report_removed = value.get("report_removed", False)
        self.random = [int(text) for text in value.get("random", ())]

    def draw(self, number: int, window: int) -> int:
        """The n-th random delay in a window (5.4), in whole milliseconds."""
        if number > len(self.random):
            return 0
        delay = self.random[number - 1] * window >> 64
        return delay // times.MILLISECOND * times.MILLISECOND
