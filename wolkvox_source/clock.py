"""The moment, and times, days and weekdays as a person writes them in a file or a setting."""

import re
from datetime import date, datetime, time, timezone

DAY = 24 * 60

_TIME = re.compile(r"(\d{1,2})[:h](\d{2})(?::\d{2})?(?:\s*([ap])\.?\s?m\.?)?", re.IGNORECASE)
_NAMES = ("mon lun", "tue mar", "wed mie mié", "thu jue", "fri vie", "sat sab sáb", "sun dom")
_NUMBERS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_RANGE = re.compile(r"\s*(?:-|–|\bto\b|\ba\b)\s*")
_BETWEEN = re.compile(r"\s*(?:[,;/]|\band\b|\by\b|\s)\s*")


def utc_now() -> datetime:
    """This machine's clock, in UTC."""
    return datetime.now(timezone.utc)


def minute_of(value: object) -> int:
    """The minutes after midnight of `08:00`, `8:00 p. m.` or a spreadsheet's own time; 24:00 is 1440.

    Raises a ValueError for anything else.
    """
    if isinstance(value, (time, datetime)):
        return value.hour * 60 + value.minute
    match = _TIME.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{value} is no time")
    hour, minute = int(match[1]), int(match[2])
    if match[3]:
        if not 1 <= hour <= 12:
            raise ValueError(f"{value} is no time")
        hour = hour % 12 + (12 if match[3].lower() == "p" else 0)
    if minute > 59 or hour * 60 + minute > DAY:
        raise ValueError(f"{value} is no time")
    return hour * 60 + minute


def day_of(value: object) -> date:
    """The day of `2026-03-02` or of a spreadsheet's own date; raises a ValueError for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    # Python reads 20260302 as well, from 3.11 on
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{value} is no day")
    return date.fromisoformat(text)


def weekdays_of(value: object) -> tuple[int, ...]:
    """The weekdays of `mon-fri, sun`, `lunes a viernes` or `1-5`, 1 for Monday; raises a ValueError for others."""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip().lower()
    found: set[int] = set()
    for part in _BETWEEN.split(_RANGE.sub("-", text)):
        first, _, last = part.partition("-")
        begin, end = _weekday(first), _weekday(last or first)
        found |= {(begin + n - 1) % 7 + 1 for n in range((end - begin) % 7 + 1)}
    return tuple(sorted(found))


def _weekday(name: str) -> int:
    if re.fullmatch("[1-7]", name):
        return int(name)
    if len(name) >= 3 and name[:3] in _NUMBERS:
        return _NUMBERS[name[:3]]
    raise ValueError(f"{name} is no weekday")


def stretches_of(start: int, end: int, breaks: str) -> tuple[tuple[int, int], ...]:
    """What is worked between breaks such as `13:00-14:00, 16:00-16:15`; an end before the start is of the next day.

    Raises a ValueError for breaks that cannot be read, lie outside the shift, or do not come one after the other.
    """
    end += DAY if end <= start else 0
    stretches = []
    for text in filter(None, (each.strip() for each in re.split(r"[,;]", breaks))):
        first, last = (minute_of(each) for each in _RANGE.split(text, maxsplit=1))
        first += DAY if first < start else 0
        last += DAY if last < first else 0
        if not start <= first < last <= end:
            raise ValueError(f"{text} is no break of the shift")
        stretches.append((start, first))
        start = last
    return tuple((begin, until) for begin, until in [*stretches, (start, end)] if begin < until)
