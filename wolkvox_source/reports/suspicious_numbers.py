"""What speaks against a full list by how many records there are, and whose: who vanished, appeared, was rejected."""

from collections.abc import Collection, Iterator
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.reports.catalogue import Report
from wolkvox_source.reports.changes import Changes
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.reports.snapshot import Snapshot
from wolkvox_source.reports.suspicions import CEILING, Suspicion, beyond, how_many, keys_of, surely
from wolkvox_source.reports.thresholds import Thresholds

# an operation that is being set up may grow from nearly nothing to so many
_NEARLY_NOTHING, _SETTING_UP = 5, 50


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
    if beyond(found.vanished, found.known, limits.vanished_agents, limits.vanished_share):
        gone = found.gone.filter(surely(found.gone["present"]))
        yield Suspicion("guard_vanished", {"vanished": found.vanished, "known": found.known}, keys_of(report, gone))


def vanished_lately(report: Report, found: Changes, begin: datetime, limits: Thresholds) -> Iterator[Suspicion]:
    """Few are missing, but with those who went after `begin` and have not come back they are many."""
    gone = found.gone
    since = pc.fill_null(pc.greater(gone["open_since"], pa.scalar(begin, TIMESTAMP)), False)
    earlier = pc.and_(pc.invert(surely(gone["present"])), since)
    missing = found.vanished + how_many(earlier)
    if found.vanished and beyond(
        missing, found.known + how_many(earlier), limits.vanished_agents, limits.vanished_share
    ):
        facts: dict[str, object] = {"vanished": missing, "known": found.known + how_many(earlier)}
        yield Suspicion("guard_vanished_lately", facts, keys_of(report, gone.filter(surely(gone["present"]))))


def rejected(report: Report, seen: Snapshot, limits: Thresholds) -> Iterator[Suspicion]:
    """Many records are none, or many say the same id; a few of the latter lose nobody."""
    again = [each for each in seen.rejected if each.reason.startswith("duplicate")]
    number = len(seen.rejected) - len(again)
    names = ", ".join(column.name for column in report.ids)
    if beyond(number, seen.received, limits.rejected_records, limits.rejected_share):
        facts: dict[str, object] = {"rejected": number, "received": seen.received, "column": names}
        yield Suspicion("guard_rejected", facts, [number])
    if beyond(len(again), seen.received, limits.rejected_records, limits.duplicate_share):
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
    strangers = seen.table.filter(pc.invert(surely(found.before["present"])))
    if expected:
        ours = pc.is_in(strangers[report.ids[0].name], value_set=pa.array(sorted(expected), pa.string()))
        strangers = strangers.filter(pc.invert(ours))
    if len(strangers) > most:
        yield Suspicion(
            "guard_appeared", {"appeared": len(strangers), "known": found.known}, keys_of(report, strangers)
        )
