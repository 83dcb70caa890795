"""What the dashboard asks of the readers' copy: one short reading for each part of the page.

Rows are dicts named as the views' columns; times are aware and in UTC. The file is opened read-only and by its
path for each reading and closed at once, so the sync that puts a new copy in its place is never kept waiting.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from zoneinfo import ZoneInfo

import duckdb

from wolkvox_source.errors import ConfigurationError, UnavailableError, quote

Row = dict[str, Any]
DAYS = 30
GAP_INTERVALS = 3

_ANSWERS_AT_MOST = 32

# two readers of one process would share DuckDB's handle, and with it a file that was replaced long ago
_one_at_a_time = threading.RLock()
_answers: dict[tuple[object, ...], Any] = {}

_Answer = TypeVar("_Answer")
_Asked = ParamSpec("_Asked")


def _remembered(question: Callable[_Asked, _Answer]) -> Callable[_Asked, _Answer]:
    """Answered once for each copy and filter, however many readers ask; what is known waits for nobody."""

    @wraps(question)
    def answer(*args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
        asked = (question.__name__, *args, *kwargs.items())
        known = _answers.get(asked)
        if known is not None:
            return cast("_Answer", known)
        with _one_at_a_time:
            if asked not in _answers:
                _answers[asked] = question(*args, **kwargs)
                while len(_answers) > _ANSWERS_AT_MOST:
                    del _answers[next(iter(_answers))]
            return cast("_Answer", _answers[asked])

    return answer


_SCHEMA = """
select table_schema from information_schema.tables where table_name in ('agents_now', 'coverage_daily', 'observations')
group by table_schema having count(*) = 3 order by table_schema <> 'contact_center', table_schema limit 1
"""
_OPERATIONS = """
select o.operation,
    coalesce(any_value(s.timezone), 'America/Bogota') as timezone,
    coalesce(any_value(s.interval_seconds), 300) as interval_seconds,
    any_value(s.licences) as licences,
    any_value(s.licences * s.agents_per_licence) as slots,
    min(o.observed_at) as first_at,
    max(o.observed_at) as last_at,
    max(o.observed_at) filter (o.outcome in ('changed', 'unchanged')) as looked_at,
    arg_max(o.outcome, o.observed_at) as outcome,
    arg_max(o.message, o.observed_at) as message
from observations as o left join operations as s using (operation)
group by o.operation order by o.operation
"""
_AGENTS = """
select operation, agent_id, agent_name, enabled, agent_status, status_category, status_since, status_seconds,
    status_seconds_at_most, last_connection_at, days_since_last_use, days_until_purge, never_connected, dormant,
    purge_soon, free_to_reuse, observed_at
from agents_now where $operation is null or operation = $operation
"""
_COVERAGE = """
select * from coverage_daily
where local_day between $first and $day and ($operation is null or operation = $operation)
order by operation, local_day
"""
_LOOKS = """
select observed_at from observations
where operation = $operation and outcome in ('changed', 'unchanged')
    and observed_at between $starts_at - to_seconds($margin) and $ends_at + to_seconds($margin)
order by observed_at
"""
_MOVES = """
with versions as (
    select agent_status, greatest(valid_from, $starts_at) as moment,
        least(coalesce(valid_to, $ends_at), $ends_at) as until
    from agent_history
    where operation = $operation and present and valid_from < $ends_at and (valid_to is null or valid_to > $starts_at)
)
select moment, agent_status, cast(sum(agents) as bigint) as agents
from (
    select moment, agent_status, 1 as agents from versions
    union all
    select until, agent_status, -1 from versions
) as m
group by moment, agent_status having sum(agents) <> 0 order by moment
"""
_STATUSES = """
select operation, agent_status, status_category, cast(sum(observed_seconds) as bigint) as observed_seconds
from agent_status_daily
where local_day = $day and ($operation is null or operation = $operation)
group by operation, agent_status, status_category
"""
_BY_HOUR = """
select extract(hour from last_use at time zone $timezone) as hour, count(*) as connections,
    count(distinct agent_key) as agents
from agent_connections
where operation = $operation and last_use >= $starts_at and last_use < $ends_at
group by hour order by hour
"""
_BY_DAY = """
select local_day, cast(sum(connections) as bigint) as connections, count(distinct agent_key) as agents
from agent_connections_daily
where local_day between $first and $day and ($operation is null or operation = $operation)
group by local_day order by local_day
"""
_FAILURES = """
select operation, observed_at, outcome, message from observations
where outcome not in ('changed', 'unchanged') and operation = $operation
    and observed_at >= $starts_at and observed_at < $ends_at
order by observed_at desc limit 5
"""
_CHANGES = """
select c.operation, c.agent_id, c.agent_name, c.agent_name_before, c.changed_at, c.what, c.value_from, c.value_to
from roster_changes as c left join operations as o using (operation)
where cast(c.changed_at at time zone coalesce(o.timezone, 'America/Bogota') as date) between $first and $day
    and ($operation is null or c.operation = $operation)
order by c.changed_at desc, c.agent_name, c.what
"""


@dataclass(frozen=True)
class Day:
    """One operation's day: when it was looked at, and how many agents were in each category from when on."""

    operation: Row
    local_day: date
    coverage: Row | None
    looked: tuple[tuple[datetime, datetime], ...] = ()
    steps: tuple[tuple[datetime, dict[str, int]], ...] = ()
    seconds: tuple[tuple[str, int], ...] = ()
    hours: tuple[Row, ...] = ()
    failures: tuple[Row, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.operation["timezone"])


@dataclass(frozen=True)
class Copy:
    """The readers' copy as it was when its stamp was taken; equal stamps give answers from memory."""

    file: Path
    stamp: tuple[int, int, int]

    @classmethod
    def at(cls, file: Path) -> "Copy":
        """The copy at this path now; raises a ConfigurationError where there is none."""
        try:
            stat = file.stat()
        except OSError:
            raise ConfigurationError("dashboard_no_data", file=file.name) from None
        return cls(file, (stat.st_ino, stat.st_mtime_ns, stat.st_size))

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The open copy; raises a ConfigurationError where it holds no data, an UnavailableError while it is held."""
        try:
            with duckdb.connect(str(self.file), read_only=True) as connection:
                connection.execute("set TimeZone = 'UTC'")
                schema = connection.execute(_SCHEMA).fetchone()
                if schema is None:
                    raise ConfigurationError("dashboard_no_data", file=self.file.name)
                connection.execute(f"set schema = '{schema[0]}'")
                yield connection
        except duckdb.Error as error:
            kind = UnavailableError if "lock" in str(error) else ConfigurationError
            problem = quote(str(error).splitlines()[0])
            raise kind("dashboard_unreadable", file=self.file.name, problem=problem) from None


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **values: object) -> list[Row]:
    # Arrow gives times their zone without pytz, which DuckDB's own rows would want
    used = {name: value for name, value in values.items() if f"${name}" in query}
    rows: list[Row] = connection.execute(query, used).to_arrow_table().to_pylist()
    return rows


@_remembered
def operations(copy: Copy) -> tuple[Row, ...]:
    """One row per operation: its settings, its first, latest and latest successful observation.

    Raises a ConfigurationError where there is none yet.
    """
    with copy.reading() as connection:
        rows = _rows(connection, _OPERATIONS)
    if not rows:
        raise ConfigurationError("dashboard_no_data", file=copy.file.name)
    for row in rows:
        zone = ZoneInfo(row["timezone"])
        row["first_day"], row["last_day"] = (row[name].astimezone(zone).date() for name in ("first_at", "last_at"))
    return tuple(rows)


def days(copy: Copy, operation: str | None) -> list[date]:
    """The days that can be shown, the latest first."""
    chosen = [row for row in operations(copy) if operation in (None, row["operation"])]
    first, last = min(row["first_day"] for row in chosen), max(row["last_day"] for row in chosen)
    return [last - timedelta(days=back) for back in range((last - first).days + 1)]


@_remembered
def agents(copy: Copy, operation: str | None) -> tuple[Row, ...]:
    """Who is on the roster now, from the view agents_now."""
    with copy.reading() as connection:
        return tuple(_rows(connection, _AGENTS, operation=operation))


@_remembered
def day(copy: Copy, operation: str | None, local_day: date) -> tuple[Day, ...]:
    """The chosen day of each operation."""
    known = operations(copy)
    coverage = {row["operation"]: row for row in covered(copy, operation, local_day) if row["local_day"] == local_day}
    with copy.reading() as connection:
        statuses = _rows(connection, _STATUSES, operation=operation, day=local_day)
        return tuple(
            _day(connection, row, local_day, coverage.get(row["operation"]), statuses)
            for row in known
            if operation in (None, row["operation"])
        )


@_remembered
def covered(copy: Copy, operation: str | None, local_day: date) -> list[Row]:
    """The coverage of each operation on the thirty days that end with `local_day`."""
    with copy.reading() as connection:
        return _rows(connection, _COVERAGE, operation=operation, day=local_day, first=_first(local_day))


@_remembered
def connections(copy: Copy, operation: str | None, local_day: date) -> list[Row]:
    """The connections on each of the thirty days that end with `local_day`."""
    with copy.reading() as connection:
        return _rows(connection, _BY_DAY, operation=operation, day=local_day, first=_first(local_day))


@_remembered
def changes(copy: Copy, operation: str | None, local_day: date) -> tuple[Row, ...]:
    """What changed on the roster in the thirty days that end with `local_day`, the latest first."""
    with copy.reading() as connection:
        return tuple(_rows(connection, _CHANGES, operation=operation, day=local_day, first=_first(local_day)))


def _first(local_day: date) -> date:
    return local_day - timedelta(days=DAYS - 1)


def _day(
    connection: duckdb.DuckDBPyConnection, operation: Row, local_day: date, coverage: Row | None, statuses: list[Row]
) -> Day:
    if coverage is None:
        return Day(operation, local_day, None)
    margin = GAP_INTERVALS * operation["interval_seconds"]
    span = {
        "operation": operation["operation"],
        "timezone": operation["timezone"],
        "starts_at": coverage["day_starts_at"],
        "ends_at": coverage["day_ends_at"],
        "margin": margin,
    }
    looks = [row["observed_at"] for row in _rows(connection, _LOOKS, **span)]
    mine = [row for row in statuses if row["operation"] == operation["operation"]]
    categories = {row["agent_status"]: row["status_category"] for row in mine}
    seconds: dict[str, int] = {}
    for row in mine:
        seconds[row["status_category"]] = seconds.get(row["status_category"], 0) + row["observed_seconds"]
    return Day(
        operation,
        local_day,
        coverage,
        looked=tuple(_stretches(looks, timedelta(seconds=margin), span["starts_at"], span["ends_at"])),
        steps=tuple(_steps(_rows(connection, _MOVES, **span), categories)),
        seconds=tuple(seconds.items()),
        hours=tuple(_rows(connection, _BY_HOUR, **span)),
        failures=tuple(_rows(connection, _FAILURES, **span)),
    )


def _stretches(
    looks: list[datetime], tolerance: timedelta, starts_at: datetime, ends_at: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """From when to when the day was looked at, without a break longer than `tolerance`."""
    begun = 0
    for place, look in enumerate(looks):
        if place + 1 == len(looks) or looks[place + 1] - look > tolerance:
            looked_from, looked_to = max(looks[begun], starts_at), min(look, ends_at)
            if looked_from <= looked_to:
                yield looked_from, looked_to
            begun = place + 1


def _steps(moves: list[Row], categories: dict[str | None, str]) -> Iterator[tuple[datetime, dict[str, int]]]:
    """How many agents were in each category, from each moment at which that changed."""
    counts: dict[str, int] = {}
    for place, move in enumerate(moves):
        # a status that was seen by one look only lasted no time, and has no row in agent_status_daily
        category = categories.get(move["agent_status"], "unknown")
        counts[category] = counts.get(category, 0) + move["agents"]
        if place + 1 == len(moves) or moves[place + 1]["moment"] != move["moment"]:
            yield move["moment"], {name: agents for name, agents in counts.items() if agents}


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(timezone.utc)
