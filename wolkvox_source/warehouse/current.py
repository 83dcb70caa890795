"""What the warehouse holds of the operations, read before wolkvox is asked anything.

The warehouse is the memory: dlt's state is committed at extract, so after an aborted package it would
remember a load that never happened.
"""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.reports.catalogue import AGENTS, Report
from wolkvox_source.reports.changes import HELD_ONLY
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.reports.guard import Past
from wolkvox_source.reports.privacy import comparable
from wolkvox_source.tables import BESIDE, SCHEMAS, TABLES
from wolkvox_source.warehouse.past import pasts

_HELD = {"open_version": pa.string(), "open_since": TIMESTAMP, "connection_held": pa.bool_()}

_CURRENT = """
select
    held.*,
    open_versions.row_version as open_version,
    open_versions.valid_from as open_since,
    moments.{key} is not null as connection_held
from {current} as held
left join (
    select {key}, row_version, valid_from from {history} where valid_to is null
) as open_versions on open_versions.{key} = held.{key}
left join {moments} as moments
    on moments.{key} = held.{key}
    and moments.{moment} = held.{moment}
where held.operation in ({names})
"""

# versions whose current row never arrived, since tables of one package are loaded one after another
_ORPHANS = """
select versions.*, versions.row_version as open_version, versions.valid_from as open_since
from {history} as versions
where versions.valid_to is null
    and versions.operation in ({names})
    and not exists (select 1 from {current} as held where held.{key} = versions.{key})
"""

_LAST_OBSERVED = """
select operation, max(observed_at) as observed_at
from {observations_table}
where operation in ({names}) and observed_at >= %s
group by operation
"""

_REJECTED = """
select rejected_records.operation, rejected_records.reason, rejected_records.record
from {rejected_records_table} as rejected_records
inner join (
    select operation, max(observed_at) as observed_at from {rejected_records_table} group by operation
) as latest
    on latest.operation = rejected_records.operation and latest.observed_at = rejected_records.observed_at
where rejected_records.operation in ({names})
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
        observed_since: for each operation of which the ledger or the history knows something at or after the
            run's own time, when
        rejected: for each operation the (reason, record) pairs of its latest rejected records
        settings: for each operation its row of `operations`, and 1 as `hours_held` where its hours are there too
        pasts: for each operation what its earlier observations say, and the privacy setting of the latest accepted one
        missing: the tables that do not exist yet, or lack a column which every load fills
        columns: the columns of each table, none where it does not exist
    """

    rows: dict[tuple[str, str], pa.Table]
    observed_since: dict[str, datetime]
    rejected: dict[str, list[tuple[str, str]]]
    settings: dict[str, dict[str, Any]]
    missing: frozenset[str]
    pasts: dict[str, tuple[Past, str | None]] = field(default_factory=dict)
    columns: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, report: Report, operation: str) -> pa.Table:
        """What is held of a report of one operation."""
        return self.rows.get((report.name, operation), _columns_of(report).empty_table())

    def past(self, operation: str, privacy: str) -> Past:
        """What the earlier observations of an operation say, where `privacy` is the setting in force now."""
        past, before = self.pasts.get(operation, (Past(), None))
        return replace(past, comparable=comparable(before, privacy))


NOTHING = Current({}, {}, {}, {}, frozenset(TABLES))


def current(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> Current:
    """What the warehouse holds of `operations`; tables that do not exist yet hold nothing.

    Raises what the destination raises where it cannot be read.
    """
    columns = {name: _columns(client, name) for name in TABLES}
    held = _held(client, AGENTS, operations)
    rejected: dict[str, list[tuple[str, str]]] = {}
    for row in _rows(client, _REJECTED, operations):
        rejected.setdefault(row["operation"], []).append((row["reason"], row["record"]))
    settings = _rows(client, _SETTINGS, operations)
    return Current(
        rows=_by_operation(AGENTS, held),
        observed_since=_latest([*_versions_since(held, now), *_observed(client, operations, now)]),
        rejected=rejected,
        settings={row["operation"]: row for row in settings},
        missing=frozenset(name for name in TABLES if not columns[name] >= set(SCHEMAS[name].names)),
        columns=columns,
        pasts={} if "doubt" not in columns["observations"] else pasts(partial(_rows, client), operations, now),
    )


def observed_since(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> dict[str, datetime]:
    """For each of `operations` that the ledger knows to have been observed at `now` or later, when it was last."""
    return _latest(_observed(client, operations, now))


def forget_schema(client: SqlClientBase[Any], schema: str) -> None:
    """Let dlt look again at which tables and columns there are."""
    with contextlib.suppress(DatabaseUndefinedRelation):
        versions = client.make_qualified_table_name("_dlt_version")
        client.execute_sql(f"delete from {versions} where schema_name = %s", schema)  # noqa: S608


def _observed(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> list[tuple[str, datetime]]:
    return [(row["operation"], row["observed_at"]) for row in _rows(client, _LAST_OBSERVED, operations, now)]


def _versions_since(held: pa.Table, now: datetime) -> list[tuple[str, datetime]]:
    """Versions that began at `now` or later, of which the ledger may not know: its row is the last to be loaded."""
    late = held.filter(pc.greater_equal(held["open_since"], pa.scalar(now, TIMESTAMP)))
    return list(zip(late["operation"].to_pylist(), late["open_since"].to_pylist(), strict=True))


def _latest(moments: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for operation, moment in moments:
        latest[operation] = max(moment, latest.get(operation, moment))
    return latest


def _held(client: SqlClientBase[Any], report: Report, operations: Sequence[str]) -> pa.Table:
    """The current rows of a report, and the open versions that have none."""
    rows = _table(client, report, _CURRENT, operations)
    orphans = _table(client, report, _ORPHANS, operations)
    if len(orphans) == 0:
        return rows
    # without its row_version the row counts as different, and is sent again
    orphans = orphans.drop_columns(["row_version"])
    return pa.concat_tables([rows, orphans], promote_options="default")


def _columns_of(report: Report) -> pa.Schema:
    """The columns of what is held of a report."""
    columns = TABLES[report.current or report.history or ""].columns
    return pa.schema([*columns, *(pa.field(name, _HELD[name]) for name in HELD_ONLY)])


def _table(client: SqlClientBase[Any], report: Report, query: str, operations: Sequence[str]) -> pa.Table:
    """The answer as Arrow in our own types; no rows where a table does not exist yet."""
    columns = _columns_of(report)
    moments, moment = report.moments or ("", "")
    tables = {
        name: client.make_qualified_table_name(table)
        for name, table in (("current", report.current), ("history", report.history), ("moments", moments))
        if table
    }
    text = query.format(**tables, key=report.key, moment=moment, names=_places(operations))
    try:
        with client.execute_query(text, *operations) as cursor:
            answer = cast(pa.Table, cursor.arrow())
    except DatabaseUndefinedRelation:
        return columns.empty_table()
    types = {field.name: field.type for field in columns}
    names = [name for name in answer.column_names if not name.startswith(("_dlt", "valid_"))]
    return answer.select(names).cast(pa.schema([(name, types.get(name, pa.string())) for name in names]))


def _by_operation(report: Report, rows: pa.Table) -> dict[tuple[str, str], pa.Table]:
    """The rows of each operation; sorted once, since there may be a thousand of them."""
    counts = pc.value_counts(rows["operation"])
    if len(counts) > 1:
        rows = rows.take(pc.sort_indices(rows["operation"]))
        counts = pc.value_counts(rows["operation"])
    begin, tables = 0, {}
    for name, length in zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True):
        tables[report.name, name] = rows.slice(begin, length)
        begin += length
    return tables


def _rows(client: SqlClientBase[Any], query: str, operations: Sequence[str], *more: object) -> list[dict[str, Any]]:
    try:
        with client.execute_query(_qualified(client, query, operations), *operations, *more) as cursor:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except DatabaseUndefinedRelation:
        return []


def _qualified(client: SqlClientBase[Any], query: str, operations: Sequence[str]) -> str:
    tables = {f"{name}_table": client.make_qualified_table_name(name) for name in (*TABLES, *BESIDE)}
    return query.format(**tables, names=_places(operations))


def _places(operations: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(operations))


def _columns(client: SqlClientBase[Any], table: str) -> frozenset[str]:
    try:
        with client.execute_query(f"select * from {client.make_qualified_table_name(table)} where 1 = 0") as cursor:  # noqa: S608
            return frozenset(str(column[0]).lower() for column in cursor.description or ())
    except DatabaseUndefinedRelation:
        return frozenset()
