"""Times and durations: integers, in nanoseconds since 1970-01-01T00:00:00Z."""

import re

from mistakes import mistake

SECOND = 10**9
MILLISECOND = 10**6
MICROSECOND = 10**3
MINUTE = 60 * SECOND
HOUR = 3600 * SECOND

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9}))?Z")
_CIM = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})"
    r"\.([0-9]{6})([+-])([0-9]{3})")


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar."""
    if month <= 2:
        year, month = year - 1, month + 12
    leap_days = year // 4 - year // 100 + year // 400
    return 365 * year + leap_days + (153 * month - 457) // 5 + day - 719469


def _date(days: int) -> tuple[int, int, int]:
    """The date that is so many days after 1970-01-01."""
    era, day_of_era = divmod(days + 719468, 146097)
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36524
            - day_of_era // 146096) // 365
    day = day_of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * day + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return (year + era * 400 + (month <= 2), month,
            day - (153 * shifted + 2) // 5 + 1)


def _instant(year: int, month: int, day: int, hour: int, minute: int,
             second: int, fraction: int) -> int:
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60
    return (seconds + second) * SECOND + fraction


def _fields(time: int) -> tuple[int, int, int, int, int, int, int]:
    """Year, month, day, hour, minute, second and nanosecond of a time."""
    seconds, fraction = divmod(time, SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return (*_date(days), hour, minute, second, fraction)


def parse(text: str) -> int:
    """Read a time as it is written in a vector."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"not a time: {text!r}")
    *fields, fraction = match.groups()
    return _instant(*map(int, fields), int((fraction or "").ljust(9, "0")))


def print_time(time: int | None) -> str | None:
    """Write a time as in a vector; no time is null."""
    if time is None:
        return None
    year, month, day, hour, minute, second, fraction = _fields(time)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return (f"{year:04d}-{month:02d}-{day:02d}"
            f"T{hour:02d}:{minute:02d}:{second:02d}{digits}Z")


def seconds(duration: int) -> int:
    """A duration in seconds, rounded down, also below zero."""
    return duration // SECOND


def cut(time: int) -> int:
    """A time cut down to whole microseconds."""
    return time // MICROSECOND * MICROSECOND


def later(first: int | None, second: int | None) -> int | None:
    """The later of two times; none is earlier than every other."""
    if first is None or second is None:
        return second if first is None else first
    return max(first, second)


FIRST_TIME = _instant(1, 1, 1, 0, 0, 0, 0)
LAST_TIME = _instant(9999, 12, 31, 23, 59, 59, 999999 * MICROSECOND)


def print_cim(time: int) -> str:
    """Write a CIM date-time (4.15)."""
    year, month, day, hour, minute, second, fraction = _fields(time)
    zone = "+060" if mistake("msg-time-without-zone") else "+000"
    return (f"{year:04d}{month:02d}{day:02d}{hour:02d}{minute:02d}{second:02d}"
            f".{fraction // MICROSECOND:06d}{zone}")


def parse_cim(text: str) -> int:
    """Read a CIM date-time (4.15); a ValueError says what is wrong."""
    match = _CIM.fullmatch(text)
    if match is None:
        raise ValueError(f"not a CIM date-time: {text!r}")
    *numbers, sign, distance = match.groups()
    year, month, day, hour, minute, second, micro = map(int, numbers)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (year >= 1 and 1 <= month <= 12):
        raise ValueError(f"no such month: {text!r}")
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not 1 <= day <= lengths[month - 1]:
        raise ValueError(f"no such day: {text!r}")
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"no such time of day: {text!r}")
    written = _instant(year, month, day, hour, minute, second,
                       micro * MICROSECOND)
    offset = int(distance) * MINUTE
    time = written - offset if sign == "+" else written + offset
    if not FIRST_TIME <= time <= LAST_TIME:
        raise ValueError(f"outside the years 0001 to 9999: {text!r}")
    return time
