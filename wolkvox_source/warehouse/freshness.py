"""How fresh the data of each operation is, as the warehouse says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from wolkvox_source.coverage import QUERY, coverage
from wolkvox_source.errors import ConfigurationError, NothingObservedError
from wolkvox_source.hours import open_seconds
from wolkvox_source.language import restored
from wolkvox_source.settings import Operation, configured_operations
from wolkvox_source.warehouse.asking import Query

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


def freshness(query: Query, now: datetime, limit: float, only: Sequence[str] = ()) -> list[Freshness]:
    """How fresh each operation is at `now`, those in the configuration that were never observed included.

    Raises a ConfigurationError for a name in `only` that nobody knows, and an UnavailableError where nothing
    was ever observed.
    """
    operations = _configured()
    configured = None if operations is None else {each.name: each for each in operations}
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
        if name not in latest:
            found.append(Freshness(name))
            continue
        operation = None if configured is None else configured.get(name)
        is_configured = configured is None or name in configured or name in only
        found.append(_observed(latest[name], operation, covered.get(name), is_configured, now, limit))
    return found


def _observed(
    row: tuple[Any, ...],
    operation: Operation | None,
    covered: float | None,
    is_configured: bool,
    now: datetime,
    limit: float,
) -> Freshness:
    """How fresh an operation is of which `row` is the latest observation."""
    name, success_at, observed_at, outcome, message, reason, facts = row
    age = None if success_at is None else max(0.0, (now - _utc(success_at)).total_seconds())
    open_age = age
    if age is not None and operation is not None and operation.opening:
        open_age = open_seconds(operation.opening, ZoneInfo(operation.timezone), _utc(success_at), now)
    return Freshness(
        operation=name,
        last_success_at=None if success_at is None else _utc(success_at),
        age_seconds=age,
        open_age_seconds=open_age,
        last_observed_at=_utc(observed_at),
        outcome=outcome,
        message=message,
        reason=reason,
        facts=restored(facts),
        coverage_percent=covered,
        fresh=open_age is not None and open_age <= limit,
        configured=is_configured,
    )


def _configured() -> list[Operation] | None:
    """The configured operations; None where the configuration is not complete here."""
    try:
        return configured_operations()
    except ConfigurationError:
        return None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)
