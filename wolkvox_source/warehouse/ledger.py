"""The rows of `observations` of a run in which nothing differed, for which a load of dlt's would be much too much."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.tables import SCHEMAS

_TABLE = "observations"
_COLUMNS = SCHEMAS[_TABLE].names
# destinations allow some thousand values in a statement
_ROWS_AT_ONCE = 100


def record(client: SqlClientBase[Any], ledger: pa.Table) -> None:
    """Put rows into the ledger in one transaction, those left out that stand there."""
    if not len(ledger):
        return
    table = client.make_qualified_table_name(_TABLE)
    columns = ", ".join(client.escape_column_name(name) for name in _COLUMNS)
    places = ", ".join(["%s"] * len(_COLUMNS))
    rows = ledger.to_pylist()
    with client.begin_transaction():
        there = _there(client, rows)
        fresh = [row for row in rows if (row["operation"], row["report"], row["observed_at"]) not in there]
        for begin in range(0, len(fresh), _ROWS_AT_ONCE):
            part = fresh[begin : begin + _ROWS_AT_ONCE]
            client.execute_sql(
                f"insert into {table} ({columns}) values {', '.join([f'({places})'] * len(part))}",  # noqa: S608
                *[row[name] for row in part for name in _COLUMNS],
            )


def _there(client: SqlClientBase[Any], rows: Sequence[dict[str, Any]]) -> set[tuple[str, str, datetime]]:
    """The keys of those of `rows` that stand in the ledger."""
    table = client.make_qualified_table_name(_TABLE)
    moments = sorted({row["observed_at"] for row in rows})
    query = (
        f"select operation, coalesce(report, 'agents'), observed_at from {table}"  # noqa: S608
        " where observed_at >= %s and observed_at <= %s"
    )
    return {(row[0], row[1], row[2]) for row in client.execute_sql(query, moments[0], moments[-1]) or ()}
