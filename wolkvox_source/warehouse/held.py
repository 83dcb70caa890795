"""The rows that the warehouse has of a report, as Arrow, with what `changes.py` wants to know besides."""

import traceback
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.reports.catalogue import Report
from wolkvox_source.reports.changes import HELD_ONLY
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.tables import EVERY_TABLE

_BESIDES = {"open_version": pa.string(), "open_since": TIMESTAMP, "connection_held": pa.bool_()}

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

# of a report without a current table
_OPEN = """
select versions.*, versions.row_version as open_version, versions.valid_from as open_since
from {history} as versions
where versions.valid_to is null and versions.operation in ({names})
"""

# rows of which nobody knows when they began may be in any window
_EVENTS = """
select * from {events} as held
where held.operation in ({names}) and (held.{begin} is null or held.{begin} >= %s)
"""


def columns_of(report: Report) -> pa.Schema:
    """The columns of what is held of a report."""
    if report.events:
        return EVERY_TABLE[report.events].columns
    columns = EVERY_TABLE[report.current or report.history or ""].columns
    return pa.schema([*columns, *(pa.field(name, _BESIDES[name]) for name in HELD_ONLY)])


def held(
    client: SqlClientBase[Any], report: Report, operations: Sequence[str], since: datetime | None = None
) -> pa.Table:
    """The rows of a report; of a dated one those that began at `since` or later. None where a table is missing."""
    if report.events:
        return _read(client, report, _EVENTS, operations, since)
    if not report.current:
        return _with_every_column(report, _read(client, report, _OPEN, operations))
    rows = _read(client, report, _CURRENT, operations)
    joined = rows.filter(pc.is_valid(rows["open_version"]))[report.key]
    if _open_versions(client, report, operations) == pc.count_distinct(joined).as_py():
        return rows
    orphans = _read(client, report, _ORPHANS, operations)
    # without its row_version the row counts as different, and is sent again
    orphans = orphans.drop_columns(["row_version"])
    return pa.concat_tables([rows, orphans], promote_options="default")


def _open_versions(client: SqlClientBase[Any], report: Report, operations: Sequence[str]) -> int | None:
    """How many open versions there are, which is known much sooner than whether each has a current row."""
    history, places = client.make_qualified_table_name(str(report.history)), ", ".join(["%s"] * len(operations))
    query = f"select count(*) from {history} where valid_to is null and operation in ({places})"  # noqa: S608
    try:
        with client.execute_query(query, *operations) as cursor:
            row = cursor.fetchone()
            return int(row[0]) if row else None
    except DatabaseUndefinedRelation as missing:
        forget_frames(missing)
        return None


def _with_every_column(report: Report, rows: pa.Table) -> pa.Table:
    return pa.concat_tables([columns_of(report).empty_table(), rows], promote_options="default")


def _read(client: SqlClientBase[Any], report: Report, query: str, operations: Sequence[str], *more: object) -> pa.Table:
    """The answer as Arrow in our own types; no rows where a table does not exist yet."""
    columns = columns_of(report)
    moments, moment = report.moments or ("", "")
    named = {"current": report.current, "history": report.history, "moments": moments, "events": report.events}
    tables = {name: client.make_qualified_table_name(table) for name, table in named.items() if table}
    places = ", ".join(["%s"] * len(operations))
    text = query.format(**tables, key=report.key, moment=moment, begin=report.begin, names=places)
    try:
        with client.execute_query(text, *operations, *more) as cursor:
            answer = cast(pa.Table, cursor.arrow())
    except DatabaseUndefinedRelation as missing:
        forget_frames(missing)
        return columns.empty_table()
    types = {field.name: field.type for field in columns}
    names = [name for name in answer.column_names if not name.startswith(("_dlt", "valid_"))]
    return answer.select(names).cast(pa.schema([(name, types.get(name, pa.string())) for name in names]))


def by_operation(report: Report, rows: pa.Table) -> dict[tuple[str, str], pa.Table]:
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


def table_columns(client: SqlClientBase[Any], table: str) -> frozenset[str]:
    """The columns of a table, none where it does not exist."""
    try:
        with client.execute_query(f"select * from {client.make_qualified_table_name(table)} where 1 = 0") as cursor:  # noqa: S608
            return frozenset(str(column[0]).lower() for column in cursor.description or ())
    except DatabaseUndefinedRelation as missing:
        forget_frames(missing)
        return frozenset()


def forget_frames(failure: BaseException | None) -> None:
    """Let go of what the callers of a failure hold, which dlt's failures keep until Python looks for circles."""
    while failure is not None:
        traceback.clear_frames(failure.__traceback__)
        failure = failure.__context__


def report_of(columns: Collection[str]) -> str:
    """SQL for the report that a row is of, in a table with these columns; old rows are the agents report's."""
    return "coalesce(report, 'agents')" if "report" in columns else "cast('agents' as varchar)"
