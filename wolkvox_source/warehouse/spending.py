"""What the ledger says of requests made, and of the windows that were read of dated reports."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.warehouse.held import table_columns

# rows from before requests were counted were made with one
_SPENT = """
select operation, sum(coalesce(requests, 1)) as requests
from {table}
where operation = %s and observed_at >= %s and observed_at <= %s
group by operation
"""

# a run reads to the end of its own day, a backfill ends before
_LAST_READ = """
select report, operation, max(observed_at) as observed_at
from {table}
where operation in ({names}) and outcome in ('changed', 'unchanged') and window_to >= observed_at
group by report, operation
"""

_READ = """
select window_from, window_to, observed_at
from {table}
where operation = %s and report = %s and outcome in ('changed', 'unchanged') and window_to is not null
"""

_SINCE = {"report", "requests", "window_from", "window_to"}


def spent_since(client: SqlClientBase[Any], operation: str, begin: datetime, now: datetime) -> dict[str, int]:
    """How many requests the ledger has of an operation from `begin` to `now`, where it has any."""
    return {row[0]: int(row[1]) for row in _rows(client, _SPENT, [operation], begin, now)}


def last_read(client: SqlClientBase[Any], operations: Sequence[str]) -> dict[tuple[str, str], datetime]:
    """For each report and operation when a dated report was last read to the end of the day."""
    return {(row[0], row[1]): row[2] for row in _rows(client, _LAST_READ, operations)}


def windows_read(
    client: SqlClientBase[Any], operation: str, report: str, settled_after: timedelta
) -> list[tuple[datetime, datetime]]:
    """The windows of a dated report, first and last moment, that were read so long after their end that none moves."""
    rows = _rows(client, _READ, [operation], report)
    return [(row[0], min(row[1], row[2] - settled_after)) for row in rows]


def _rows(client: SqlClientBase[Any], query: str, operations: Sequence[str], *more: object) -> list[tuple[Any, ...]]:
    if not table_columns(client, "observations") >= _SINCE:
        # made by an older version, which counted nothing and read nothing dated
        return []
    table = client.make_qualified_table_name("observations")
    text = query.format(table=table, names=", ".join(["%s"] * len(operations)))
    return [tuple(row) for row in client.execute_sql(text, *operations, *more) or ()]
