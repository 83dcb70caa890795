"""`wolkvox status`: how fresh each operation's data is, for a person and for any monitor."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from wolkvox_source.errors import UnavailableError, WolkvoxError
from wolkvox_source.sentences import say
from wolkvox_source.terminal import mark

if TYPE_CHECKING:
    import dlt

Query = Callable[[str], list[tuple[Any, ...]]]

_UNTOLD = 75
_INTERVAL = 300
_ZONE = "America/Bogota"
_SUCCESSES = ("changed", "unchanged")

_LATEST = """
select o.operation, latest.first_at, latest.success_at, o.observed_at, o.outcome, o.message
from {observations} as o
inner join (
    select
        operation,
        min(observed_at) as first_at,
        max(observed_at) as last_at,
        max(case when outcome in ('changed', 'unchanged') then observed_at end) as success_at
    from {observations}
    group by operation
) as latest on latest.operation = o.operation and latest.last_at = o.observed_at
order by o.operation
"""
_SUCCESSES_SINCE = """
select operation, observed_at from {observations}
where outcome in ('changed', 'unchanged') and observed_at >= timestamp '{since}'
"""
_SETTINGS = "select operation, timezone, interval_seconds from {operations}"
_UNMAPPED = """
select operation, agent_status, count(*) as agents from {agents_now}
where status_category = 'unknown' and agent_status is not null
group by operation, agent_status order by operation, agent_status
"""


@dataclass(frozen=True)
class Freshness:
    """How fresh the data of one operation is.

    Attributes:
        last_success_at: the latest observation that was believed; None without one
        age_seconds: how long ago that was
        last_observed_at, outcome, message: the latest observation, whatever came of it
        expected_ticks, successful_ticks: today, on the operation's own calendar, since the first observation
        fresh: whether the last success is no older than the limit
        configured: whether the operation is still in the configuration; one that is not never counts as stale
    """

    operation: str
    last_success_at: datetime | None = None
    age_seconds: float | None = None
    last_observed_at: datetime | None = None
    outcome: str | None = None
    message: str | None = None
    expected_ticks: int = 0
    successful_ticks: int = 0
    fresh: bool = False
    configured: bool = True

    @property
    def coverage_percent(self) -> float | None:
        """The share of today's expected ticks that succeeded; None where none is expected yet."""
        return round(100 * self.successful_ticks / self.expected_ticks, 1) if self.expected_ticks else None


@dataclass(frozen=True)
class Unmapped:
    """A status word that no category knows, and how many agents are in it."""

    operation: str
    agent_status: str
    agents: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox status`."""
    parser.add_argument("--destination", default="duckdb", help="where the data is, a destination of dlt; duckdb")
    parser.add_argument("--operation", action="append", default=[], metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--max-age", default="15m", metavar="15m", help="older than this is stale: exit code 75; 15m")
    parser.add_argument("--pipeline", default="wolkvox", metavar="NAME", help="name of the dlt pipeline; wolkvox")
    parser.add_argument("--dataset", default="contact_center", metavar="NAME", help="schema of the data; contact_center")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")


def run(args: argparse.Namespace, now: datetime | None = None) -> int:
    """Tell how fresh the data is at `now`; returns 75 where any operation's last success is too old."""
    from wolkvox_source.schedule import seconds

    now = now or datetime.now(timezone.utc)
    try:
        limit = seconds(args.max_age)
    except ValueError:
        print(say("bad_interval", value=args.max_age), file=sys.stderr)
        return 64
    try:
        with warehouse(args.destination, args.pipeline, args.dataset) as query:
            found = freshness(query, now, limit, args.operation)
            unmapped = unmapped_statuses(query, args.operation)
    except WolkvoxError as error:
        if args.json:
            print(json.dumps({"exit_code": error.exit_code, "error": str(error)}, ensure_ascii=False))
        else:
            print(mark(str(error), "red"), file=sys.stderr)
        return error.exit_code
    code = 0 if all(each.fresh for each in found if each.configured) else _UNTOLD
    if args.json:
        print(json.dumps(_as_object(code, now, limit, found, unmapped), ensure_ascii=False, default=_iso))
    else:
        _tell(found, unmapped, args.max_age)
    return code


@contextmanager
def warehouse(destination: Any, pipeline_name: str, dataset_name: str) -> Iterator[Query]:
    """Ask the warehouse; a DuckDB file through its readers' copy, so that nobody blocks anybody.

    Raises a ConfigurationError or an UnavailableError where it cannot be read.
    """
    from wolkvox_source.destination import duckdb_file, in_words
    from wolkvox_source.sync import pipeline_into

    # a pipeline of its own, since the real one's folder may be in use by a sync
    with tempfile.TemporaryDirectory(prefix="wolkvox-") as folder:
        try:
            pipeline = pipeline_into(destination, pipeline_name, dataset_name, folder)
            file = duckdb_file(pipeline)
            with _open_file(file, dataset_name) if file else _open_client(pipeline) as query:
                yield query
        except Exception as failure:
            raise in_words(failure) from failure


@contextmanager
def _open_file(file: Path, dataset_name: str) -> Iterator[Query]:
    import duckdb

    from wolkvox_source.publish import readers_copy

    copy = readers_copy(file)
    readable = copy if copy.exists() else file
    if not readable.exists():
        raise UnavailableError("status_nothing")
    with duckdb.connect(str(readable), read_only=True) as connection:

        def query(sql: str) -> list[tuple[Any, ...]]:
            try:
                return connection.execute(sql.format_map(_Qualified(f'"{dataset_name}"."{{}}"'))).fetchall()
            except duckdb.CatalogException:
                return []

        yield query


@contextmanager
def _open_client(pipeline: "dlt.Pipeline") -> Iterator[Query]:
    from dlt.destinations.exceptions import DatabaseUndefinedRelation

    with pipeline.sql_client() as client:

        def query(sql: str) -> list[tuple[Any, ...]]:
            named = sql.format_map(_Qualified(client.make_qualified_table_name("{}", quote=True)))
            try:
                with client.execute_query(named) as cursor:
                    return list(cursor.fetchall())
            except DatabaseUndefinedRelation:
                return []

        yield query
