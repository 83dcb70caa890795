"""What an older fault left in the warehouse: set right, and what cannot be right set aside, in `set_aside`.

A history is a chain: a version ends where the next begins, and the last is open. Rows that do not fit are moved, never
deleted, and told.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.language import Phrase
from wolkvox_source.reports.catalogue import REPORTS, Report
from wolkvox_source.warehouse.current import Current
from wolkvox_source.warehouse.held import table_columns

Row = dict[str, Any]

SET_ASIDE = "set_aside"
# a clock that is some days wrong is a person's to set; one that is years wrong has left what no run can wait for
FUTURE = timedelta(days=30)
_KEYS_AT_ONCE = 500


def chain(versions: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The versions of one key as a chain, and those that have no place in it."""
    fitting: list[Row] = []
    aside: list[Row] = []
    # of two that begin at once the one that is open, or ends later, stays
    for row in sorted(versions, key=lambda row: (row["valid_from"], row["valid_to"] is None, row["valid_to"])):
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            aside.append(row)
            continue
        if fitting and fitting[-1]["valid_from"] == row["valid_from"]:
            aside.append(fitting.pop())
        fitting.append(row)
    ends = [*(row["valid_from"] for row in fitting[1:]), None]
    return [{**row, "valid_to": end} for row, end in zip(fitting, ends, strict=False)], aside


def broken_keys(client: SqlClientBase[Any], report: Report, operations: Sequence[str], held: Current) -> list[str]:
    """The keys of `operations` that are held twice, or have a version that ends before it begins."""
    history = client.make_qualified_table_name(str(report.history))
    places = ", ".join(["%s"] * len(operations))
    inverted = client.execute_sql(
        f"select distinct {report.key} from {history} where valid_to <= valid_from and operation in ({places})",  # noqa: S608
        *operations,
    )
    keys = {str(row[0]) for row in inverted or ()}
    for (name, _), rows in held.rows.items():
        counts = pc.value_counts(rows[report.key]) if name == report.name else pa.array([])
        if len(counts) != len(rows) and name == report.name:
            keys.update(counts.filter(pc.greater(counts.field("counts"), 1)).field("values").to_pylist())
    return sorted(keys)


def mend(client: SqlClientBase[Any], report: Report, keys: Sequence[str], now: datetime) -> list[Phrase]:
    """Make the rows of `keys` what they should be, in one transaction; returns what was done."""
    aside = 0
    with client.begin_transaction():
        for begin in range(0, len(keys), _KEYS_AT_ONCE):
            part = keys[begin : begin + _KEYS_AT_ONCE]
            aside += _mend_history(client, report, part, now)
            if report.moments:
                aside += _keep_one(client, report.moments[0], report.key, part, (report.key, report.moments[1]), now)
            if report.current:
                aside += _keep_one(client, report.current, report.key, part, (report.key,), now)
    return [Phrase("mended", {"agents": len(keys), "aside": aside, "keys": list(keys[:5])})]


def _mend_history(client: SqlClientBase[Any], report: Report, keys: Sequence[str], now: datetime) -> int:
    if not report.history:
        return 0
    by_key: dict[str, list[Row]] = {}
    rows = _rows(client, report.history, report.key, keys)
    for row in rows:
        by_key.setdefault(row[report.key], []).append(row)
    chains = [chain(versions) for versions in by_key.values()]
    kept = [row for fitting, _ in chains for row in fitting]
    aside = [row for _, unfit in chains for row in unfit]
    if kept != rows:
        _replace(client, report.history, report.key, keys, kept)
        put_aside(client, report.history, "out_of_order", aside, now)
    return len(aside)


def _keep_one(
    client: SqlClientBase[Any], table: str, key: str, keys: Sequence[str], unique: tuple[str, ...], now: datetime
) -> int:
    """Leave one row for each value of `unique`: the first observed, where the table says when."""
    rows = _rows(client, table, key, keys)
    ordered = sorted(rows, key=lambda row: (row.get("first_observed_at") is None, row.get("first_observed_at")))
    kept: dict[tuple[Any, ...], Row] = {}
    aside = []
    for row in ordered:
        identity = tuple(row[name] for name in unique)
        if kept.setdefault(identity, row) is not row:
            aside.append(row)
    if aside:
        _replace(client, table, key, keys, list(kept.values()))
        put_aside(client, table, "held_twice", aside, now)
    return len(aside)


def from_the_future(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> list[str]:
    """Those of `operations` that were observed, once, more than `FUTURE` from `now`, and in their place in time before.

    Where they were observed at or soon after `now` too, or never before it, this machine's clock is the one to doubt.
    """
    table = client.make_qualified_table_name("observations")
    places = ", ".join(["%s"] * len(operations))
    rows = client.execute_sql(
        f"select operation, count(case when observed_at <= %s then 1 end),"  # noqa: S608
        f" count(case when observed_at > %s and observed_at <= %s then 1 end)"
        f" from {table} where operation in ({places}) group by operation having max(observed_at) > %s",
        *(now, now, now + FUTURE, *operations, now + FUTURE),
    )
    return [str(operation) for operation, before, soon in rows or () if before and not soon]


def put_future_aside(
    client: SqlClientBase[Any], operations: Sequence[str], now: datetime, beyond: timedelta = FUTURE
) -> list[Phrase]:
    """Set aside what `operations` have from `beyond` `now`, and open again what ended there; returns what was done."""
    count, latest = 0, now + beyond
    with client.begin_transaction():
        for table, column in _dated(client):
            rows = _rows(client, table, "operation", operations, f"and {column} > %s", latest)
            count += len(rows)
            put_aside(client, table, "from_the_future", rows, now)
            _delete(client, table, "operation", operations, f"and {column} > %s", latest)
        for report in REPORTS:
            if report.history and table_columns(client, report.history):
                history = client.make_qualified_table_name(report.history)
                places = ", ".join(["%s"] * len(operations))
                client.execute_sql(
                    f"update {history} set valid_to = null where operation in ({places}) and valid_to > %s",  # noqa: S608
                    *operations,
                    latest,
                )
    return [Phrase("future_aside", {"rows": count, "operations": list(operations)})]


def _dated(client: SqlClientBase[Any]) -> list[tuple[str, str]]:
    """The tables whose rows are of one time, and their column of it."""
    tables = [
        ("observations", "observed_at"),
        ("rejected_records", "observed_at"),
        *((report.history, "valid_from") for report in REPORTS if report.history),
        *((report.moments[0], "first_observed_at") for report in REPORTS if report.moments),
    ]
    # those of a report that nobody asked for are not there
    return [(table, column) for table, column in tables if table_columns(client, table)]


def put_aside(client: SqlClientBase[Any], table: str, reason: str, rows: Sequence[Row], now: datetime) -> None:
    """Keep `rows`, which are taken out of `table`, as JSON in the table `set_aside`."""
    if not rows:
        return
    name = client.make_qualified_table_name(SET_ASIDE)
    client.execute_sql(
        f"create table if not exists {name} (table_name varchar(100), set_aside_at timestamp with time zone,"
        " reason varchar(100), record text)"
    )
    for row in rows:
        client.execute_sql(
            f"insert into {name} values (%s, %s, %s, %s)",  # noqa: S608 - the name is dlt's own
            table,
            now,
            reason,
            json.dumps(row, ensure_ascii=False, default=str),
        )


def _rows(
    client: SqlClientBase[Any], table: str, key: str, keys: Sequence[str], further: str = "", *values: object
) -> list[Row]:
    name, places = client.make_qualified_table_name(table), ", ".join(["%s"] * len(keys))
    query = f"select * from {name} where {key} in ({places}) {further}"  # noqa: S608
    with client.execute_query(query, *keys, *values) as cursor:
        columns = [str(column[0]) for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _delete(
    client: SqlClientBase[Any], table: str, key: str, keys: Sequence[str], further: str = "", *values: object
) -> None:
    name, places = client.make_qualified_table_name(table), ", ".join(["%s"] * len(keys))
    client.execute_sql(f"delete from {name} where {key} in ({places}) {further}", *keys, *values)  # noqa: S608


def _replace(client: SqlClientBase[Any], table: str, key: str, keys: Sequence[str], rows: Sequence[Row]) -> None:
    _delete(client, table, key, keys)
    name = client.make_qualified_table_name(table)
    for row in rows:
        columns = ", ".join(client.escape_column_name(column) for column in row)
        places = ", ".join(["%s"] * len(row))
        client.execute_sql(f"insert into {name} ({columns}) values ({places})", *row.values())  # noqa: S608
