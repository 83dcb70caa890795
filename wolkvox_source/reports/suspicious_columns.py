"""What speaks against a full list by what its columns say: other people, no values, one value, times out of order."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.reports.catalogue import Column, Report
from wolkvox_source.reports.changes import Changes
from wolkvox_source.reports.columns import TIMESTAMP, local_times
from wolkvox_source.reports.snapshot import Snapshot
from wolkvox_source.reports.suspicions import Suspicion, beyond, how_many, keys_of, surely
from wolkvox_source.reports.thresholds import Thresholds

# no two zones are further apart, so a wrong `timezone` alone makes no time a future one
_ZONES_APART = timedelta(hours=26)
_PADDING = r"\s+"


def replaced(
    report: Report, seen: Snapshot, found: Changes, comparable: Collection[str] | None, limits: Thresholds
) -> Iterator[Suspicion]:
    """Many known ones are another person than they were, by name or by document."""
    for column in _there(report, seen, found):
        if not column.identifies or (comparable is not None and column.name not in comparable):
            continue
        other = pc.not_equal(seen.table[column.name], found.before[column.name])
        other = surely(pc.and_(surely(found.before["present"]), other))
        if not beyond(how_many(other), found.known, limits.replaced_agents, limits.replaced_share):
            continue
        people, were = seen.table.filter(other), found.before.filter(other)
        really = pc.not_equal(_plain(people[column.name]), _plain(were[column.name]))
        people = people.filter(really)
        if beyond(len(people), found.known, limits.replaced_agents, limits.replaced_share):
            about = [column.name, *keys_of(report, people), *sorted(_plain(people[column.name]).to_pylist())]
            facts: dict[str, object] = {"changed": len(people), "known": found.known, "column": column.name}
            yield Suspicion("guard_replaced", facts, about)


def emptied(report: Report, seen: Snapshot, found: Changes, limits: Thresholds) -> Iterator[Suspicion]:
    """A column that had values has next to none."""
    present = surely(found.before["present"])
    for column in _there(report, seen, found):
        now, before = _has_value(column, seen.table), _has_value(column, found.before)
        lost = how_many(pc.and_(present, pc.and_(before, pc.invert(now))))
        was = how_many(pc.and_(present, before))
        share = limits.emptied_share
        if (
            lost > limits.emptied_agents
            and len(now) - how_many(now) > share * len(now)
            and how_many(present) - was <= share * how_many(present)
        ):
            facts: dict[str, object] = {"column": column.name, "empty": len(now) - how_many(now), "received": len(now)}
            yield Suspicion("guard_emptied", facts, [column.name])


def of_one_value(report: Report, seen: Snapshot, found: Changes, limits: Thresholds) -> Iterator[Suspicion]:
    """A column in which values differed says the same of nearly everybody."""
    known = surely(found.before["present"])
    for column in _there(report, seen, found):
        value, often, whole = _commonest(seen.table[column.name])
        if often <= limits.constant_agents or often <= limits.constant_share * whole:
            continue
        _, was_often, was_whole = _commonest(found.before[column.name].filter(known))
        if was_whole > limits.constant_agents and was_often <= limits.constant_share * was_whole:
            facts: dict[str, object] = {"column": column.name, "same": often, "received": len(seen.table)}
            yield Suspicion("guard_constant", facts, [column.name, str(value)])


def future(report: Report, seen: Snapshot, observed_at: datetime, limits: Thresholds) -> Iterator[Suspicion]:
    """Many times have not come yet."""
    latest = pa.scalar(observed_at + _ZONES_APART, TIMESTAMP)
    for column in report.columns:
        if column.advances:
            times = seen.table[column.name]
            later = how_many(pc.fill_null(pc.greater(times, latest), False))
            whole = len(times) - times.null_count
            if beyond(later, whole, limits.future_agents, limits.future_share):
                yield Suspicion("guard_future", {"column": column.name, "later": later, "whole": whole}, [column.name])


def moved_back(report: Report, seen: Snapshot, found: Changes, limits: Thresholds) -> Iterator[Suspicion]:
    """Many times are earlier than they were, so that the report is an old one."""
    present = surely(found.before["present"])
    for column in report.columns:
        if not column.advances or column.raw is None:
            continue
        earlier = pc.less(seen.table[column.name], found.before[column.name])
        # the same text is another time under another `timezone`
        other_text = pc.not_equal(seen.table[column.raw], found.before[column.raw])
        back = how_many(pc.fill_null(pc.and_(present, pc.and_(earlier, other_text)), False))
        if beyond(back, found.known, limits.moved_back_agents, limits.moved_back_share):
            facts: dict[str, object] = {"column": column.name, "earlier": back, "known": found.known}
            yield Suspicion("guard_moved_back", facts, [column.name])


def _there(report: Report, seen: Snapshot, found: Changes) -> list[Column]:
    """The lasting columns that privacy does not drop."""
    names = {*seen.table.column_names} & {*found.before.column_names}
    return [column for column in report.columns if column.lasting and column.name in names]


def _has_value(column: Column, rows: pa.Table) -> pa.ChunkedArray:
    """Where there is a value, or a local time that is no one moment since a clock change skipped or repeated it."""
    there = pc.is_valid(rows[column.name])
    if column.kind != "time" or column.raw is None or pc.all(there).as_py():
        return there
    local = local_times(rows[column.raw].combine_chunks())
    return pc.or_(there, pa.chunked_array([pc.is_valid(local)]))


def _commonest(values: pa.ChunkedArray) -> tuple[object, int, int]:
    """The value that stands most often, how often it does, and how many values there are."""
    counts = pc.value_counts(values.drop_null())
    if len(counts) == 0:
        return None, 0, 0
    often = pc.max(counts.field("counts"))
    place = pc.index(counts.field("counts"), often).as_py()
    return counts.field("values")[place].as_py(), often.as_py(), len(values) - values.null_count


def _plain(names: pa.ChunkedArray) -> pa.ChunkedArray:
    """Names without wolkvox's padding and capitals."""
    return pc.utf8_upper(pc.replace_substring_regex(names, _PADDING, " "))
