"""What speaks against a full list: each measure compares it with what was known before, and yields one suspicion.

A share counts only beyond the number beside it, so that small operations may do what they like.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.reports.catalogue import Column, Report
from wolkvox_source.reports.changes import Changes
from wolkvox_source.reports.columns import TIMESTAMP, local_times
from wolkvox_source.reports.snapshot import Snapshot
from wolkvox_source.reports.thresholds import Thresholds

# "records downloadable per consumption" in every edition of the documentation
CEILING = 60_000
# an operation that is being set up may grow from nearly nothing to so many
_NEARLY_NOTHING, _SETTING_UP = 5, 50
# no two zones are further apart, so a wrong `timezone` alone makes no time a future one
_ZONES_APART = timedelta(hours=26)
_PADDING = r"\s+"


@dataclass(frozen=True)
class Suspicion:
    """Why a report is not accepted: the sentence's reason and facts, and what it is about.

    `doubt` is a digest of the latter: the same thing is suspicious from run to run.
    """

    reason: str
    facts: dict[str, object]
    about: list[object] = field(default_factory=list)

    @property
    def doubt(self) -> str:
        return hashlib.blake2b(repr([self.reason, *self.about]).encode(), digest_size=8).hexdigest()


def counted(
    report: Report, seen: Snapshot, found: Changes, announced: int | None, limits: Thresholds
) -> Iterator[Suspicion]:
    """Nobody where there were some, another number than was announced, or wolkvox's ceiling."""
    received = seen.received
    if received == 0 and found.known > limits.vanished_agents:
        yield Suspicion("guard_empty", {"known": found.known})
    if announced is not None and announced != received:
        missing = announced - received
        yield Suspicion("guard_announced", {"announced": announced, "received": received}, [missing])
    # a window of a dated report that brings as many was asked for in halves
    if received == CEILING and report.kind == "state":
        yield Suspicion("guard_ceiling", {"received": received})


def vanished(report: Report, found: Changes, limits: Thresholds) -> Iterator[Suspicion]:
    """Many of those who were there are missing all at once."""
    if _beyond(found.vanished, found.known, limits.vanished_agents, limits.vanished_share):
        gone = found.gone.filter(_true(found.gone["present"]))
        yield Suspicion("guard_vanished", {"vanished": found.vanished, "known": found.known}, _keys(report, gone))


def vanished_lately(report: Report, found: Changes, begin: datetime, limits: Thresholds) -> Iterator[Suspicion]:
    """Few are missing, but with those who went after `begin` and have not come back they are many."""
    gone = found.gone
    since = pc.fill_null(pc.greater(gone["open_since"], pa.scalar(begin, TIMESTAMP)), False)
    earlier = pc.and_(pc.invert(_true(gone["present"])), since)
    missing = found.vanished + _count(earlier)
    if found.vanished and _beyond(
        missing, found.known + _count(earlier), limits.vanished_agents, limits.vanished_share
    ):
        facts: dict[str, object] = {"vanished": missing, "known": found.known + _count(earlier)}
        yield Suspicion("guard_vanished_lately", facts, _keys(report, gone.filter(_true(gone["present"]))))


def rejected(report: Report, seen: Snapshot, limits: Thresholds) -> Iterator[Suspicion]:
    """Many records are none, or many say the same id; a few of the latter lose nobody."""
    again = [each for each in seen.rejected if each.reason.startswith("duplicate")]
    number = len(seen.rejected) - len(again)
    names = ", ".join(column.name for column in report.ids)
    if _beyond(number, seen.received, limits.rejected_records, limits.rejected_share):
        facts: dict[str, object] = {"rejected": number, "received": seen.received, "column": names}
        yield Suspicion("guard_rejected", facts, [number])
    if _beyond(len(again), seen.received, limits.rejected_records, limits.duplicate_share):
        facts = {"rejected": len(again), "received": seen.received, "column": names}
        yield Suspicion("guard_duplicates", facts, [len(again)])


def appeared(
    report: Report, seen: Snapshot, found: Changes, expected: Collection[str], limits: Thresholds
) -> Iterator[Suspicion]:
    """More strangers than there were known ones; those whom we created ourselves are none."""
    most = max(limits.appeared_agents, limits.appeared_share * found.known)
    if found.known <= _NEARLY_NOTHING:
        most = max(most, _SETTING_UP)
    if not found.known or found.appeared <= most:
        return
    strangers = seen.table.filter(pc.invert(_true(found.before["present"])))
    if expected:
        ours = pc.is_in(strangers[report.ids[0].name], value_set=pa.array(sorted(expected), pa.string()))
        strangers = strangers.filter(pc.invert(ours))
    if len(strangers) > most:
        yield Suspicion("guard_appeared", {"appeared": len(strangers), "known": found.known}, _keys(report, strangers))


def replaced(
    report: Report, seen: Snapshot, found: Changes, comparable: Collection[str] | None, limits: Thresholds
) -> Iterator[Suspicion]:
    """Many known ones are another person than they were, by name or by document."""
    for column in _there(report, seen, found):
        if not column.identifies or (comparable is not None and column.name not in comparable):
            continue
        other = pc.not_equal(seen.table[column.name], found.before[column.name])
        other = _true(pc.and_(_true(found.before["present"]), other))
        if not _beyond(_count(other), found.known, limits.replaced_agents, limits.replaced_share):
            continue
        people, were = seen.table.filter(other), found.before.filter(other)
        really = pc.not_equal(_plain(people[column.name]), _plain(were[column.name]))
        people = people.filter(really)
        if _beyond(len(people), found.known, limits.replaced_agents, limits.replaced_share):
            about = [column.name, *_keys(report, people), *sorted(_plain(people[column.name]).to_pylist())]
            facts: dict[str, object] = {"changed": len(people), "known": found.known, "column": column.name}
            yield Suspicion("guard_replaced", facts, about)


def emptied(report: Report, seen: Snapshot, found: Changes, limits: Thresholds) -> Iterator[Suspicion]:
    """A column that had values has next to none."""
    present = _true(found.before["present"])
    for column in _there(report, seen, found):
        now, before = _has_value(column, seen.table), _has_value(column, found.before)
        lost = _count(pc.and_(present, pc.and_(before, pc.invert(now))))
        was = _count(pc.and_(present, before))
        share = limits.emptied_share
        if (
            lost > limits.emptied_agents
            and len(now) - _count(now) > share * len(now)
            and _count(present) - was <= share * _count(present)
        ):
            facts: dict[str, object] = {"column": column.name, "empty": len(now) - _count(now), "received": len(now)}
            yield Suspicion("guard_emptied", facts, [column.name])


def of_one_value(report: Report, seen: Snapshot, found: Changes, limits: Thresholds) -> Iterator[Suspicion]:
    """A column in which values differed says the same of nearly everybody."""
    known = _true(found.before["present"])
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
            later = _count(pc.fill_null(pc.greater(times, latest), False))
            whole = len(times) - times.null_count
            if _beyond(later, whole, limits.future_agents, limits.future_share):
                yield Suspicion("guard_future", {"column": column.name, "later": later, "whole": whole}, [column.name])


def moved_back(report: Report, seen: Snapshot, found: Changes, limits: Thresholds) -> Iterator[Suspicion]:
    """Many times are earlier than they were, so that the report is an old one."""
    present = _true(found.before["present"])
    for column in report.columns:
        if not column.advances or column.raw is None:
            continue
        earlier = pc.less(seen.table[column.name], found.before[column.name])
        # the same text is another time under another `timezone`
        other_text = pc.not_equal(seen.table[column.raw], found.before[column.raw])
        back = _count(pc.fill_null(pc.and_(present, pc.and_(earlier, other_text)), False))
        if _beyond(back, found.known, limits.moved_back_agents, limits.moved_back_share):
            facts: dict[str, object] = {"column": column.name, "earlier": back, "known": found.known}
            yield Suspicion("guard_moved_back", facts, [column.name])


def _beyond(part: int, whole: int, number: int, share: float) -> bool:
    return part > number and part > share * whole


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


def _keys(report: Report, rows: pa.Table) -> list[object]:
    return sorted(rows[report.key].to_pylist())


def _true(flags: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(flags, False)


def _count(flags: pa.ChunkedArray) -> int:
    return pc.sum(flags).as_py() or 0
