"""Who needs attention: missing, late, too long in a status, close to the purge.

With shifts, who is missing and who came late is what the plan says. Without them it is what the agent's own habit
says: the same weekday of the four weeks before.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.copy import Row

Kind = Literal["missing", "late", "long", "purge"]
KINDS: tuple[Kind, ...] = ("missing", "late", "long", "purge")

# seconds in a status after which a supervisor wants to know of it; who is logged out is never too long so
TOO_LONG: Mapping[str, int] = {
    "ringing": 5 * 60,
    "after-call work": 10 * 60,
    "auxiliary": 30 * 60,
    "talking": 40 * 60,
    "ready": 90 * 60,
    "unknown": 60 * 60,
}
LATE = timedelta(minutes=15)
_HABIT_DAYS = 2


@dataclass(frozen=True)
class Concern:
    """Why an agent needs attention: the kind, the facts to say it with, and how grave it is within its kind."""

    kind: Kind
    agent: Row
    gravity: float
    least: float | None = None
    most: float | None = None
    at: datetime | None = None
    usual: datetime | None = None
    by_plan: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


def concerns(
    answers: Answers, agents: Iterable[Row], operations: Iterable[Row], too_long: Mapping[str, int] = TOO_LONG
) -> list[Concern]:
    """Everybody who needs attention now, the gravest kind first and the gravest of a kind first."""
    known = {agent["agent_key"]: agent for agent in agents}
    found = [*_long(known.values(), too_long), *_purged(known.values())]
    missing = answers.further.missing()
    if missing is not None:
        found += _missing(missing, known)
    for operation in operations:
        if operation["looked_at"] is None:
            continue
        zone = ZoneInfo(operation["timezone"])
        today = operation["looked_at"].astimezone(zone).date()
        late = answers.further.late(today)
        if late is not None:
            found += _late(late, known, operation)
        if (missing is None or late is None) and not answers.is_closed(operation["operation"], today):
            by_habit = _by_habit(answers.arrivals(today), known, operation, today, zone)
            found += [each for each in by_habit if (missing if each.kind == "missing" else late) is None]
    return sorted(found, key=lambda each: (KINDS.index(each.kind), -each.gravity, each.agent["agent_key"]))


def _long(agents: Iterable[Row], too_long: Mapping[str, int]) -> Iterator[Concern]:
    for agent in agents:
        least, limit = agent["status_seconds"], too_long.get(agent["status_category"])
        if limit is not None and least is not None and least >= limit:
            yield Concern("long", agent, least / limit, least, agent["status_seconds_at_most"], facts={"limit": limit})


def _purged(agents: Iterable[Row]) -> Iterator[Concern]:
    for agent in agents:
        if agent["purge_soon"]:
            yield Concern("purge", agent, -agent["days_until_purge"], facts={"days": agent["days_until_purge"]})


def _missing(rows: Iterable[Row], known: Mapping[str, Row]) -> Iterator[Concern]:
    for row in rows:
        if row["agent_key"] in known:
            seconds = row["missing_seconds_at_least"] or 0
            agent = known[row["agent_key"]]
            yield Concern("missing", agent, seconds, seconds, usual=row["planned_start_at"], by_plan=True)


def _late(rows: Iterable[Row], known: Mapping[str, Row], operation: Row) -> Iterator[Concern]:
    for row in rows:
        agent = known.get(row["agent_key"])
        if agent and agent["operation"] == operation["operation"]:
            least, most = row["late_seconds_at_least"], row["late_seconds_at_most"]
            yield Concern("late", agent, least, least, most, usual=row["planned_start_at"], by_plan=True)


def _by_habit(
    arrivals: Iterable[Row], known: Mapping[str, Row], operation: Row, today: date, zone: ZoneInfo
) -> Iterator[Concern]:
    """Who has not come yet, or came later, than ever on this weekday of the last weeks."""
    came: dict[str, datetime] = {}
    habits: dict[str, list[timedelta]] = {}
    for row in arrivals:
        if row["operation"] != operation["operation"]:
            continue
        if row["local_day"] == today:
            came[row["agent_key"]] = row["first_connection_at"]
        else:
            local = row["first_connection_at"].astimezone(zone).replace(tzinfo=None)
            midnight = datetime.combine(row["local_day"], datetime.min.time())
            habits.setdefault(row["agent_key"], []).append(local - midnight)
    for key, habit in habits.items():
        agent = known.get(key)
        if agent is None or len(habit) < _HABIT_DAYS:
            continue
        usual = (datetime.combine(today, datetime.min.time()) + max(habit)).replace(tzinfo=zone)
        at = came.get(key)
        # compared as moments: two times of one zone would be compared by their clocks alone
        after = ((at or operation["looked_at"]) - usual).total_seconds()
        if after < LATE.total_seconds():
            continue
        if at is not None:
            yield Concern("late", agent, after, after, after, at=at, usual=usual)
        elif agent["status_category"] == "logged out":
            yield Concern("missing", agent, after, after, after, usual=usual)
