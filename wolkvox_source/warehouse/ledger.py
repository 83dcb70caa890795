"""The rows of `observations`, which land last: a row there says that what was observed is in the other tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.tables import SCHEMAS

# where the rows stand in the state of a load package until it is loaded
LEDGER = "wolkvox_observations"

_TABLE = "observations"
_COLUMNS = SCHEMAS[_TABLE].names
# destinations allow some thousand values in a statement
_ROWS_AT_ONCE = 100

Row = Mapping[str, Any]


def as_plain(ledger: pa.Table) -> list[dict[str, Any]]:
    """Rows of the ledger as JSON holds them: times as text in ISO 8601."""
    times = [name for name in _COLUMNS if pa.types.is_timestamp(SCHEMAS[_TABLE].field(name).type)]
    rows = ledger.to_pylist()
    return [{**row, **{name: row[name].isoformat() for name in times if row[name] is not None}} for row in rows]


def record(client: SqlClientBase[Any], rows: Sequence[Row]) -> None:
    """Put `rows`, as `as_plain` makes them, into the ledger in one transaction, those left out that stand there."""
    if not rows:
        return
    table = client.make_qualified_table_name(_TABLE)
    columns = ", ".join(client.escape_column_name(name) for name in _COLUMNS)
    places = ", ".join(["%s"] * len(_COLUMNS))
    with client.begin_transaction():
        there = _there(client, rows)
        fresh = [row for row in map(_typed, rows) if (row["operation"], row["report"], row["observed_at"]) not in there]
        for begin in range(0, len(fresh), _ROWS_AT_ONCE):
            part = fresh[begin : begin + _ROWS_AT_ONCE]
            client.execute_sql(
                f"insert into {table} ({columns}) values {', '.join([f'({places})'] * len(part))}",  # noqa: S608
                *[row[name] for row in part for name in _COLUMNS],
            )


def _typed(row: Row) -> dict[str, Any]:
    """A row with its times; one that an older version left in a package lacks the columns that came since."""
    row = {**dict.fromkeys(_COLUMNS), "report": "agents", **row}
    times = [name for name in _COLUMNS if pa.types.is_timestamp(SCHEMAS[_TABLE].field(name).type)]
    return {**row, **{name: datetime.fromisoformat(row[name]) for name in times if row[name] is not None}}


def _there(client: SqlClientBase[Any], rows: Sequence[Row]) -> set[tuple[str, str, datetime]]:
    """The keys of those of `rows` that stand in the ledger."""
    table = client.make_qualified_table_name(_TABLE)
    moments = sorted({datetime.fromisoformat(row["observed_at"]) for row in rows})
    query = (
        f"select operation, coalesce(report, 'agents'), observed_at from {table}"  # noqa: S608
        " where observed_at >= %s and observed_at <= %s"
    )
    return {(row[0], row[1], row[2]) for row in client.execute_sql(query, moments[0], moments[-1]) or ()}
