"""One answer beside what the warehouse holds of its report: accepted or not, and the rows to load."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.errors import UnreadableError
from wolkvox_source.observation.answers import Answer
from wolkvox_source.observation.lines import Observation, judged
from wolkvox_source.reports.catalogue import Report
from wolkvox_source.reports.changes import Changes, changes
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.reports.dated import differences
from wolkvox_source.reports.guard import judge
from wolkvox_source.reports.snapshot import Snapshot
from wolkvox_source.settings import Operation
from wolkvox_source.tables import SCHEMAS
from wolkvox_source.warehouse.current import Current

_REJECTED = SCHEMAS["rejected_records"]

Tables = dict[str, pa.Table]


def accepted(
    operation: Operation, report: Report, answer: Answer, held: Current, accept_loss: bool
) -> tuple[Observation, Tables]:
    """The line of the ledger and the rows of each table; raises what stands in the place of the report."""
    if answer.error is not None or answer.payload is None or answer.seen is None:
        raise answer.error or UnreadableError("unworkable", operation=operation.name)
    seen, there = answer.seen, held.of(report, operation.name)
    if report.kind == "dated":
        found = differences(report, seen.table, _within(report, there, answer), answer.observed_at)
    else:
        found = changes(report, seen.table, there)
    verdict = judge(
        report,
        operation.name,
        seen,
        found,
        answer.observed_at,
        announced=answer.payload.announced,
        past=held.past(report, operation.name, operation.privacy.in_force),
        thresholds=operation.thresholds,
        accept_loss=accept_loss,
    )
    observation = judged(operation, answer, found, verdict)
    if not verdict.accepted:
        return observation, {}
    rejected = _rejected(operation, report, answer.observed_at, seen, held)
    tables = {**_tables(report, found, answer.observed_at), "rejected_records": rejected}
    return observation, {name: table for name, table in tables.items() if len(table)}


def _within(report: Report, rows: pa.Table, answer: Answer) -> pa.Table:
    """The rows that the windows of an answer may have, and those of which nobody knows when they began."""
    if answer.window is None or report.begin is None:
        return rows
    first, last = (pa.scalar(moment, TIMESTAMP) for moment in answer.window)
    begin = rows[report.begin]
    inside = pc.and_(pc.greater_equal(begin, first), pc.less_equal(begin, last))
    # a row without a time counts as listed wherever its key is
    listed = pc.is_in(rows[report.key], value_set=answer.seen.table[report.key]) if answer.seen else pc.is_null(begin)
    return rows.filter(pc.or_(pc.fill_null(inside, False), listed))


def _tables(report: Report, found: Changes, observed_at: datetime) -> Tables:
    """The rows of the report's own tables."""
    tables: Tables = {}
    if report.current:
        tables[report.current] = found.rows
    if report.history:
        tables[report.history] = found.versions
    if report.moments:
        first = pa.array([observed_at] * len(found.moments), TIMESTAMP)
        tables[report.moments[0]] = found.moments.append_column("first_observed_at", first)
    if report.events:
        tables[report.events] = found.rows
    return tables


def _rejected(operation: Operation, report: Report, observed_at: datetime, seen: Snapshot, held: Current) -> pa.Table:
    """The rejected records, where they are not those that the warehouse has already from the last time."""
    pairs = sorted((rejected.reason, rejected.record) for rejected in seen.rejected)
    if pairs == sorted(held.rejected.get((report.name, operation.name), [])):
        return _REJECTED.empty_table()
    rows = [
        {
            "operation": operation.name,
            "observed_at": observed_at,
            "report": report.name,
            "position": rejected.position,
            "reason": rejected.reason,
            "record": rejected.record,
        }
        for rejected in seen.rejected
    ]
    return pa.Table.from_pylist(rows, _REJECTED)
