"""What the warehouse holds of the operations, read before wolkvox is asked anything.

The warehouse is the memory: dlt's state is committed at extract, so after an aborted package it would
remember a load that never happened.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.reports.catalogue import AGENTS, Report
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.reports.guard import Past
from wolkvox_source.reports.privacy import comparable
from wolkvox_source.tables import BESIDE, EVERY_TABLE, TABLES
from wolkvox_source.warehouse.held import by_operation, columns_of, forget_frames, held, report_of, table_columns
from wolkvox_source.warehouse.past import pasts
from wolkvox_source.warehouse.zones import unknown_zones

# rows from before there were several reports are the agents'
_LAST_OBSERVED = """
with late as (
    select operation, {observations_report} as report, observed_at
    from {observations_table}
    where operation in ({names}) and observed_at >= %s
)

select operation, report, max(observed_at) as observed_at from late group by operation, report
"""

_REJECTED = """
with rejected as (
    select operation, {rejected_records_report} as report, observed_at, reason, record
    from {rejected_records_table}
    where operation in ({names})
),

latest as (
    select operation, report, max(observed_at) as observed_at from rejected group by operation, report
)

select r.operation, r.report, r.reason, r.record
from rejected as r
inner join latest as l on l.operation = r.operation and l.report = r.report and l.observed_at = r.observed_at
"""

_SETTINGS = """
select settings.operation, settings.timezone, settings.licences, settings.agents_per_licence,
    settings.interval_seconds, settings.hours,
    case when settings.hours is null or opening.hours is not null then 1 else 0 end as hours_held
from {operations_table} as settings
left join (select distinct operation, hours from {opening_hours_table}) as opening
    on opening.operation = settings.operation and opening.hours = settings.hours
where settings.operation in ({names})
"""


@dataclass(frozen=True)
class Current:
    """What the warehouse holds of several operations.

    Attributes:
        rows: for each report and operation its current rows, with the columns besides that `changes.py` wants
        observed_since: for each operation of whose agents the ledger or the history knows something at or after the
            run's own time, when
        rejected: for each report and operation the (reason, record) pairs of its latest rejected records
        settings: for each operation its row of `operations`, and 1 as `hours_held` where its hours are there too
        missing: the tables that do not exist yet, or lack a column which every load fills
        columns: the columns of each table, none where it does not exist
        further_since: the same as `observed_since` for each further report and operation
        pasts: for each report and operation what its earlier observations say to the guard, and the privacy setting of
            the latest accepted one
        unknown_zones: the time zones of the operations that the warehouse does not know
    """

    rows: dict[tuple[str, str], pa.Table]
    observed_since: dict[str, datetime]
    rejected: dict[tuple[str, str], list[tuple[str, str]]]
    settings: dict[str, dict[str, Any]]
    missing: frozenset[str]
    columns: dict[str, frozenset[str]] = field(default_factory=dict)
    further_since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    pasts: dict[tuple[str, str], tuple[Past, str | None]] = field(default_factory=dict)
    unknown_zones: frozenset[str] = frozenset()

    def of(self, report: Report, operation: str) -> pa.Table:
        """What is held of a report of one operation."""
        return self.rows.get((report.name, operation), columns_of(report).empty_table())

    def since(self, report: Report, operation: str) -> datetime | None:
        """When a report was observed last, where that was at or after the run's own time."""
        if report is AGENTS:
            return self.observed_since.get(operation)
        return self.further_since.get((report.name, operation))

    def past(self, report: Report, operation: str, privacy: str) -> Past:
        """What the earlier observations of a report say, where `privacy` is the setting in force now."""
        past, before = self.pasts.get((report.name, operation), (Past(), None))
        return replace(past, comparable=comparable(before, privacy))


NOTHING = Current({}, {}, {}, {}, frozenset(TABLES))

# which reports to read; of a dated one, from which moment on
Wanted = Mapping[Report, datetime | None]


def current(
    client: SqlClientBase[Any],
    operations: Sequence[str],
    now: datetime,
    wanted: Wanted = {AGENTS: None},  # noqa: B006 - never changed
    zones: Mapping[str, str] = {},
) -> Current:
    """What the warehouse holds of `operations`; tables that do not exist yet hold nothing.

    `zones` are the time zones of the operations: one that they are not held with yet is looked up. Raises what the
    destination raises where it cannot be read.
    """
    names = [*TABLES, *(name for report in wanted for name in report.tables if name not in TABLES)]
    columns = {name: table_columns(client, name) for name in names}
    rows: dict[tuple[str, str], pa.Table] = {}
    late: list[tuple[tuple[str, str], datetime]] = _observed(client, columns, operations, now)
    for report, since in wanted.items():
        found = held(client, report, operations, since)
        rows.update(by_operation(report, found))
        late += _versions_since(report, found, now)
    rejected: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in _rows(client, _REJECTED, operations, columns=columns):
        rejected.setdefault((row["report"], row["operation"]), []).append((row["reason"], row["record"]))
    latest = _latest(late)
    settings = _rows(client, _SETTINGS, operations)
    held_with = {row["operation"]: row["timezone"] for row in settings}
    known = "doubt" in columns["observations"]
    return Current(
        rows=rows,
        observed_since={name: at for (report, name), at in latest.items() if report == AGENTS.name},
        rejected=rejected,
        settings={row["operation"]: row for row in settings},
        missing=frozenset(name for name in names if not columns[name] >= set(EVERY_TABLE[name].columns.names)),
        columns=columns,
        further_since={key: at for key, at in latest.items() if key[0] != AGENTS.name},
        pasts=pasts(partial(_rows, client, columns=columns), operations, now) if known else {},
        unknown_zones=unknown_zones(client, {zone for name, zone in zones.items() if held_with.get(name) != zone}),
    )


def observed_since(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> dict[str, datetime]:
    """For each of `operations` whose agents the ledger knows to have been observed at `now` or later, when that was."""
    columns = {"observations": table_columns(client, "observations")}
    latest = _latest(_observed(client, columns, operations, now))
    return {name: at for (report, name), at in latest.items() if report == AGENTS.name}


def forget_schema(client: SqlClientBase[Any], schema: str) -> None:
    """Let dlt look again at which tables and columns there are."""
    with contextlib.suppress(DatabaseUndefinedRelation):
        versions = client.make_qualified_table_name("_dlt_version")
        client.execute_sql(f"delete from {versions} where schema_name = %s", schema)  # noqa: S608


def _observed(
    client: SqlClientBase[Any], columns: Mapping[str, frozenset[str]], operations: Sequence[str], now: datetime
) -> list[tuple[tuple[str, str], datetime]]:
    rows = _rows(client, _LAST_OBSERVED, operations, now, columns=columns)
    return [((row["report"], row["operation"]), row["observed_at"]) for row in rows]


def _versions_since(report: Report, rows: pa.Table, now: datetime) -> list[tuple[tuple[str, str], datetime]]:
    """Versions that began at `now` or later, of which the ledger may not know: its row is the last to be loaded."""
    if not report.history:
        return []
    late = rows.filter(pc.greater_equal(rows["open_since"], pa.scalar(now, TIMESTAMP)))
    keys = [(report.name, name) for name in late["operation"].to_pylist()]
    return list(zip(keys, late["open_since"].to_pylist(), strict=True))


def _latest(moments: Iterable[tuple[tuple[str, str], datetime]]) -> dict[tuple[str, str], datetime]:
    latest: dict[tuple[str, str], datetime] = {}
    for key, moment in moments:
        latest[key] = max(moment, latest.get(key, moment))
    return latest


def _rows(
    client: SqlClientBase[Any],
    query: str,
    operations: Sequence[str],
    *more: object,
    columns: Mapping[str, frozenset[str]] | None = None,
) -> list[dict[str, Any]]:
    """The answer to one of the queries above; `columns` says which of the tables have the column `report` yet."""
    try:
        with client.execute_query(_qualified(client, query, operations, columns or {}), *operations, *more) as cursor:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except DatabaseUndefinedRelation as missing:
        forget_frames(missing)
        return []


def _qualified(
    client: SqlClientBase[Any], query: str, operations: Sequence[str], columns: Mapping[str, frozenset[str]]
) -> str:
    tables = {f"{name}_table": client.make_qualified_table_name(name) for name in (*TABLES, *BESIDE)}
    reports = {f"{name}_report": report_of(columns.get(name, ())) for name in ("observations", "rejected_records")}
    return query.format(**tables, **reports, names=", ".join(["%s"] * len(operations)))
