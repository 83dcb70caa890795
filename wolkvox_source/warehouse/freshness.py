"""How fresh the data of each operation is: read from the warehouse, and told."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dlt
import duckdb
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from wolkvox_source.coverage import QUERY, coverage
from wolkvox_source.errors import ACCEPTED, ConfigurationError, NothingObservedError
from wolkvox_source.hours import open_seconds
from wolkvox_source.language import Phrase, restored
from wolkvox_source.settings import Operation, configured_operations
from wolkvox_source.tables import EVERY_TABLE
from wolkvox_source.warehouse.connection import duckdb_file
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.held import report_of, table_columns
from wolkvox_source.warehouse.pipeline import pipeline_into
from wolkvox_source.warehouse.readers_copy import readers_copy

Query = Callable[..., list[tuple[Any, ...]]]

_TABLES = (*EVERY_TABLE, "agents_now", "coverage_daily", "open_times")
_OF_REPORTS = ("observations", "rejected_records")

_LATEST = """
select o.operation, latest.success_at, o.observed_at, o.outcome, o.message,
    o.reason, o.facts
from {observations} as o
inner join (
    select
        operation,
        max(observed_at) as last_at,
        max(case when outcome in ('changed', 'unchanged') then observed_at end) as success_at
    from {observations}
    where {observations_report} = 'agents'
    group by operation
) as latest on latest.operation = o.operation and latest.last_at = o.observed_at
where {observations_report} = 'agents'
order by o.operation
"""
_UNMAPPED = """
select operation, agent_status, count(*) as agents from {agents_now}
where status_category = 'unknown' and agent_status is not null
group by operation, agent_status order by operation, agent_status
"""


@dataclass(frozen=True)
class Freshness:
    """How fresh the data of one operation is.

    Attributes:
        last_success_at: the latest observation that was accepted; None without one
        age_seconds: how long ago that was
        open_age_seconds: how much of that the centre was open
        last_observed_at, outcome, message, reason, facts: the latest observation, whatever came of it
        coverage_percent: the share of today's operating hours until now that was observed, by the view coverage_daily;
            None where it has none
        fresh: whether open_age_seconds is within the limit
        configured: whether the operation is still in the configuration; one that is not never counts as stale
    """

    operation: str
    last_success_at: datetime | None = None
    age_seconds: float | None = None
    open_age_seconds: float | None = None
    last_observed_at: datetime | None = None
    outcome: str | None = None
    message: str | None = None
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)
    coverage_percent: float | None = None
    fresh: bool = False
    configured: bool = True


@dataclass(frozen=True)
class Unmapped:
    """A status word that no category knows, and how many agents are in it."""

    operation: str
    agent_status: str
    agents: int


@contextmanager
def warehouse(destination: Any, pipeline_name: str, dataset_name: str, *, itself: bool = False) -> Iterator[Query]:
    """Ask the warehouse; a DuckDB file through its readers' copy, so that nobody blocks anybody, or `itself`.

    In a query, the names of our tables and of the view agents_now stand in braces, and {observations_report} and
    {rejected_records_report} for which report a row of these is of. Raises a ConfigurationError or an
    UnavailableError where it cannot be read.
    """
    # a pipeline of its own, since the real one's folder may be in use by a sync
    with tempfile.TemporaryDirectory(prefix="wolkvox-") as folder:
        try:
            pipeline = pipeline_into(destination, pipeline_name, dataset_name, folder)
            file = duckdb_file(pipeline)
            with _open_file(file, dataset_name, itself) if file else _open_client(pipeline) as query:
                yield query
        except Exception as failure:
            raise in_words(failure) from failure


@contextmanager
def _open_file(file: Path, dataset_name: str, itself: bool) -> Iterator[Query]:
    copy = readers_copy(file)
    readable = copy if copy.exists() and not itself else file
    if not readable.exists():
        raise NothingObservedError("status_nothing")
    tables = {name: f'"{dataset_name}"."{name}"' for name in _TABLES}
    with duckdb.connect(str(readable), read_only=True) as connection:

        def columns(table: str) -> list[str]:
            try:
                return [row[0] for row in connection.execute(f"describe {tables[table]}").fetchall()]
            except duckdb.CatalogException:
                return []

        def query(sql: str, *values: object) -> list[tuple[Any, ...]]:
            try:
                return connection.execute(sql.format(**tables, **reports).replace("%s", "?"), values).fetchall()
            except duckdb.CatalogException:
                return []

        reports = {f"{name}_report": report_of(columns(name)) for name in _OF_REPORTS}
        yield query


@contextmanager
def _open_client(pipeline: dlt.Pipeline) -> Iterator[Query]:
    with pipeline.sql_client() as client:
        tables = {name: client.make_qualified_table_name(name) for name in _TABLES}

        reports = {f"{name}_report": report_of(table_columns(client, name)) for name in _OF_REPORTS}

        def query(sql: str, *values: object) -> list[tuple[Any, ...]]:
            try:
                with client.execute_query(sql.format(**tables, **reports), *values) as cursor:
                    return list(cursor.fetchall())
            except DatabaseUndefinedRelation:
                return []

        yield query


def freshness(query: Query, now: datetime, limit: float, only: Sequence[str] = ()) -> list[Freshness]:
    """How fresh each operation is at `now`, those in the configuration that were never observed included.

    Raises a ConfigurationError for a name in `only` that nobody knows, and an UnavailableError where nothing
    was ever observed.
    """
    operations = _configured()
    configured = None if operations is None else [each.name for each in operations]
    opening = {each.name: (each.opening, ZoneInfo(each.timezone)) for each in operations or () if each.opening}
    latest = {row[0]: row for row in query(_LATEST)}
    known = [*latest, *(name for name in configured or () if name not in latest)]
    for name in only:
        if name not in known:
            raise ConfigurationError("unknown_operation", name=name, known=", ".join(known))
    if not latest:
        raise NothingObservedError("status_nothing")
    covered = coverage(query(QUERY, now, now), now)
    found = []
    for name in [each for each in known if not only or each in only]:
        is_configured = configured is None or name in configured or name in only
        if name not in latest:
            found.append(Freshness(name))
            continue
        _, success_at, observed_at, outcome, message, reason, facts = latest[name]
        age = None if success_at is None else max(0.0, (now - _utc(success_at)).total_seconds())
        open_age = age
        if age is not None and name in opening:
            open_age = open_seconds(*opening[name], _utc(success_at), now)
        found.append(
            Freshness(
                operation=name,
                last_success_at=None if success_at is None else _utc(success_at),
                age_seconds=age,
                open_age_seconds=open_age,
                last_observed_at=_utc(observed_at),
                outcome=outcome,
                message=message,
                reason=reason,
                facts=restored(facts),
                coverage_percent=covered.get(name),
                fresh=open_age is not None and open_age <= limit,
                configured=is_configured,
            )
        )
    return found


def unmapped_statuses(query: Query, only: Sequence[str] = ()) -> list[Unmapped]:
    """The status words of agents who are here now that have no category."""
    return [Unmapped(*row) for row in query(_UNMAPPED) if not only or row[0] in only]


def _configured() -> list[Operation] | None:
    """The configured operations; None where the configuration is not complete here."""
    try:
        return configured_operations()
    except ConfigurationError:
        return None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


def phrases(each: Freshness, now: datetime, limit: timedelta) -> Iterator[Phrase]:
    """What there is to say of one operation, the most important first; `limit` is the age that is too old."""
    facts: dict[str, object] = {"operation": each.operation, "limit": limit}
    if each.age_seconds is not None:
        facts |= {"age": timedelta(seconds=each.age_seconds), "at": each.last_success_at}
    if each.last_observed_at is None:
        yield Phrase("status_never", facts)
        return
    succeeded = each.last_success_at is not None
    if not each.configured:
        yield Phrase("status_not_configured" if succeeded else "status_not_configured_never", facts)
        return
    failing = each.outcome not in ACCEPTED
    if each.fresh:
        yield Phrase("status_fresh", facts)
    elif not succeeded:
        yield Phrase("status_no_success", facts)
    else:
        yield Phrase("status_failing" if failing else "status_stopped", facts)
    if failing:
        why = Phrase(each.reason, each.facts) if each.reason else each.message or ""
        attempt = {"attempt": now - each.last_observed_at, "outcome": Phrase(f"outcome_{each.outcome}"), "message": why}
        yield Phrase("status_last", {**facts, **attempt})
    if each.coverage_percent is not None:
        yield Phrase("status_coverage", {"operation": each.operation, "percent": f"{each.coverage_percent:.0f}"})
