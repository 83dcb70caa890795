"""When a centre is open: hours of the week, and days with hours of their own, as rows that a warehouse keeps.

A row is a span of minutes after the midnight on which it begins, past 1440 after the next one, on a weekday (1 for
Monday) or on a day, which goes before its weekday. A day with a row without minutes is closed.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from wolkvox_source.clock import DAY, day_of, minute_of, weekdays_of

Row = Mapping[str, Any]

_DAYS_AND_SPANS = re.compile(r"\s*(?P<days>\D.*?|[1-7].*?)\s+(?P<spans>\d{1,2}[:h]\d\d.*)", re.DOTALL)
_BETWEEN = re.compile(r"\s*(?:-|–|\bto\b|\ba\b)\s*")
_DAY_HEADINGS, _HOURS_HEADINGS = {"day", "date", "dia", "día", "fecha"}, {"hours", "horario", "horas"}


class HoursError(ValueError):
    """A line that cannot be read as hours: its number, from 1, and its text."""

    def __init__(self, line: int, text: str) -> None:
        self.line, self.text = line, text
        super().__init__(text)


def week(hours: str) -> list[Row]:
    """The rows of `mon-fri 06:30-19:30; sat 08:00-14:00`; a HoursError names the part that cannot be read."""
    rows: list[Row] = []
    for number, part in enumerate(filter(str.strip, hours.split(";")), 1):
        match = _DAYS_AND_SPANS.fullmatch(part)
        try:
            if match is None:
                raise ValueError(part)
            spans = _spans(match["spans"])
            rows += [_row(weekday, None, *span) for weekday in weekdays_of(match["days"]) for span in spans]
        except ValueError:
            raise HoursError(number, part.strip()) from None
    if not rows:
        raise HoursError(1, hours)
    return rows


def holidays(text: str) -> list[Row]:
    """The rows of a CSV with a column `day` and, where a day is not closed whole, `hours`; likewise a HoursError."""
    first = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    headings = [heading.strip().lower() for heading in next(lines, [])]
    at_day = next((n for n, heading in enumerate(headings) if heading in _DAY_HEADINGS), None)
    at_hours = next((n for n, heading in enumerate(headings) if heading in _HOURS_HEADINGS), len(headings))
    if at_day is None:
        raise HoursError(1, first)
    rows: list[Row] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            day = day_of(cells[at_day])
            spans = _spans(cells[at_hours]) if len(cells) > at_hours and cells[at_hours].strip() else [(None, None)]
        except (ValueError, IndexError):
            raise HoursError(lines.line_num, ",".join(cells)) from None
        rows += [_row(None, day.isoformat(), *span) for span in spans]
    return rows


def name_of(rows: Sequence[Row]) -> str:
    """Tells hours apart: the same for the same rows, in whatever order."""
    plain = sorted(json.dumps(dict(row), sort_keys=True) for row in rows)
    return hashlib.sha256("\n".join(plain).encode()).hexdigest()[:12]


def open_seconds(rows: Sequence[Row], zone: ZoneInfo, begin: datetime, end: datetime) -> float:
    """The seconds between two moments in which a centre with these hours is open."""
    seconds, reached = 0.0, begin
    first = begin.astimezone(zone).date() - timedelta(days=1)
    days = (end.astimezone(zone).date() - first).days
    for number in range(days + 1):
        for opens, closes in _open_on(rows, first + timedelta(days=number), zone):
            span_from, span_to = max(opens, reached), min(closes, end)
            if span_from < span_to:
                seconds += (span_to - span_from).total_seconds()
                reached = span_to
    return seconds


def _open_on(rows: Sequence[Row], day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    own = [row for row in rows if row["day"] == day.isoformat()]
    for row in own or [row for row in rows if row["weekday"] == day.isoweekday()]:
        if row["opens_minute"] is not None:
            yield _moment(day, row["opens_minute"], zone), _moment(day, row["closes_minute"], zone)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    clock = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    return clock.replace(tzinfo=zone).astimezone(timezone.utc)


def _spans(text: str) -> list[tuple[int, int]]:
    """`06:30-13:00, 14:00-19:30`; one that ends before it begins ends on the next day."""
    spans = []
    for part in text.split(","):
        opens, closes = (minute_of(each) for each in _BETWEEN.split(part.strip(), maxsplit=1))
        closes += DAY if closes <= opens else 0
        if opens == DAY:
            raise ValueError(text)
        spans.append((opens, closes))
    spans.sort()
    if any(before[1] > after[0] for before, after in pairwise(spans)):
        raise ValueError(text)
    return spans


def _row(weekday: int | None, day: str | None, opens: int | None, closes: int | None) -> Row:
    return {"weekday": weekday, "day": day, "opens_minute": opens, "closes_minute": closes}
