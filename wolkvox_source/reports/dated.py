"""Dated reports: which windows to ask for, and what of their rows the warehouse does not have yet.

A row may move until its day is over for good, and a later answer may lack what an earlier one had: rows are put in
or changed, and never taken away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.reports.catalogue import Report
from wolkvox_source.reports.changes import Changes, distinct
from wolkvox_source.reports.columns import TIMESTAMP

# the vendor's limit of days per date range, the last one included
DAYS_AT_MOST = 31
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Window:
    """Local times of an operation from the first to the last second, both included and naive, as wolkvox wants them."""

    first: datetime
    last: datetime

    def halves(self) -> tuple["Window", "Window"]:
        """The same seconds in two windows; raises a ValueError for a single second."""
        length = self.last - self.first
        if length < _SECOND:
            raise ValueError(self)
        middle = self.first + timedelta(seconds=length // _SECOND // 2)
        return Window(self.first, middle), Window(middle + _SECOND, self.last)

    def utc(self, zone: str) -> tuple[datetime, datetime]:
        """Its first and last moment; a local time that came twice is the earlier one first, the later one last."""
        local = ZoneInfo(zone)
        begin = self.first.replace(tzinfo=local, fold=0)
        end = self.last.replace(tzinfo=local, fold=1)
        return begin.astimezone(timezone.utc), end.astimezone(timezone.utc)


def days(first: date, last: date) -> Iterator[Window]:
    """Windows of 31 days at most for the days from the first to the last, both included."""
    begin = first
    while begin <= last:
        end = min(last, begin + timedelta(days=DAYS_AT_MOST - 1))
        yield Window(datetime.combine(begin, time.min), datetime.combine(end, time(23, 59, 59)))
        begin = end + timedelta(days=1)


def due(observed_at: datetime, zone: str, reread_days: int, last_observed_at: datetime | None) -> list[Window]:
    """The windows that a run has to ask for: the days that may still move, and those missed since the last one."""
    today = observed_at.astimezone(ZoneInfo(zone)).date()
    first = today - timedelta(days=reread_days - 1)
    if last_observed_at is not None:
        # what was the last day then is the first that was not read to its end
        then = last_observed_at.astimezone(ZoneInfo(zone)).date()
        first = min(first, then - timedelta(days=reread_days - 2))
    return list(days(first, today))


def unread(
    first: date, last: date, zone: str, read: Sequence[tuple[datetime, datetime]], at_once: int = DAYS_AT_MOST
) -> list[Window]:
    """Windows for the days from the first to the last that lie in none of those that were `read`, `at_once` at most.

    `read` holds first and last moments.
    """
    windows: list[Window] = []
    for number in range((last - first).days + 1):
        (day,) = days(first + timedelta(days=number), first + timedelta(days=number))
        begin, end = day.utc(zone)
        if any(read_from <= begin and end <= read_to for read_from, read_to in read):
            continue
        before = windows[-1] if windows else None
        goes_on = before is not None and before.last + _SECOND == day.first
        if before and goes_on and (day.last.date() - before.first.date()).days < at_once:
            windows[-1] = Window(before.first, day.last)
        else:
            windows.append(day)
    return windows


def differences(report: Report, seen: pa.Table, held: pa.Table, observed_at: datetime) -> Changes:
    """What of the rows `seen` in some windows has to be sent, where `held` are the rows of these windows.

    `vanished` counts rows that are held and were not listed again; they stay.
    """
    key = report.key
    before = held.drop_columns([*report.key_columns]).take(pc.index_in(seen[key], value_set=held[key]))
    known = pc.is_valid(before["last_observed_at"])
    moved = pa.chunked_array([pa.array([False] * len(seen), pa.bool_())])
    for name in seen.column_names:
        if name in report.key_columns:
            continue
        if name in before.column_names:
            moved = pc.or_(moved, distinct(seen[name], before[name]))
        else:
            moved = pc.or_(moved, pc.is_valid(seen[name]))
    fresh = pc.or_(pc.invert(known), moved)
    rows = seen.filter(fresh)
    rows = rows.append_column("last_observed_at", pa.array([observed_at] * len(rows), TIMESTAMP))
    gone = held.filter(pc.invert(pc.is_in(held[key], value_set=seen[key])))
    return Changes(
        rows=rows,
        versions=rows.slice(0, 0),
        moments=rows.slice(0, 0),
        before=before,
        gone=gone,
        known=len(held),
        appeared=_count(pc.invert(known)),
        vanished=len(gone),
        changed=_count(pc.and_(known, moved)),
    )


def _count(flags: pa.ChunkedArray) -> int:
    return pc.sum(flags).as_py() or 0
