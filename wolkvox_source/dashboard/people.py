"""The roster and each of its people: licences, who is close to the purge, what changed, and one agent's day."""

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wolkvox_source.dashboard import charts
from wolkvox_source.dashboard.answers import DAYS
from wolkvox_source.dashboard.copy import Row
from wolkvox_source.dashboard.day import Day, bounds, day
from wolkvox_source.dashboard.strip import strip

if TYPE_CHECKING:
    from wolkvox_source.dashboard.page import View

_PURGE_WEEKS = ((0, 7), (8, 14), (15, 21), (22, 30))
_CHANGES_AT_MOST = 500


def roster(view: "View") -> dict[str, Any]:
    """How many licences are left, and who is about to be purged."""
    agents = view.mine(view.answers.agents())
    soon = sorted(
        (row for row in agents if row["purge_soon"]), key=lambda row: (row["days_until_purge"], row["agent_name"] or "")
    )
    weeks: list[tuple[tuple[int, int] | None, int]] = [(None, sum(row["days_until_purge"] < 0 for row in soon))]
    weeks += [
        ((first, last), sum(first <= row["days_until_purge"] <= last for row in soon)) for first, last in _PURGE_WEEKS
    ]
    return {
        "licences": [_licences(view, operation, agents) for operation in view.operations],
        "counts": {name: sum(row[name] for row in agents) for name in ("dormant", "never_connected", "free_to_reuse")},
        "soon": soon,
        "weeks": weeks,
        "most": max(number for _, number in weeks),
    }


def _licences(view: "View", operation: Row, agents: list[Row]) -> dict[str, Any]:
    mine = [row for row in agents if row["operation"] == operation["operation"]]
    disabled, slots = sum(row["free_to_reuse"] for row in mine), operation["slots"]
    if slots is None:
        return {"operation": operation, "slots": None}
    free, words = slots - len(mine), view.words
    told = words.say("page_slots_free", count=free) if free >= 0 else words.say("page_slots_over", count=-free)
    parts = [
        ("enabled", len(mine) - disabled, words.say("page_enabled", count=len(mine) - disabled)),
        ("disabled", disabled, words.say("page_reusable", count=disabled)),
        ("free", max(free, 0), told),
    ]
    return {
        "operation": operation,
        "slots": slots,
        "taken": len(mine),
        "free": free,
        "told": told,
        "bar": charts.share(parts),
    }


def changes(view: "View") -> dict[str, Any]:
    """What changed on the roster in the thirty days to the chosen one, the latest first."""
    zones = [view.zone(row) for row in view.operations]
    starts_at = min(bounds(view.day - timedelta(days=DAYS - 1), zone)[0] for zone in zones)
    ends_at = max(bounds(view.day, zone)[1] for zone in zones)
    found = view.mine(view.answers.changes(starts_at, ends_at))
    return {
        "changes": found[:_CHANGES_AT_MOST],
        "rest": max(len(found) - _CHANGES_AT_MOST, 0),
        "kinds": Counter(row["what"] for row in found).most_common(),
    }


def one(view: "View", agent_key: str) -> dict[str, Any]:
    """One agent: the chosen day, thirty days of connections, what changed; a KeyError where nothing is known."""
    agent = next((row for row in view.answers.agents() if row["agent_key"] == agent_key), None)
    history = [row for row in _all_changes(view) if row["agent_key"] == agent_key]
    if agent is None and not history:
        raise KeyError(agent_key)
    known: Row = agent or {**history[0], "agent_name": history[0]["agent_name"] or history[0]["agent_name_before"]}
    operation = next(row for row in view.all_operations if row["operation"] == known["operation"])
    whole = day(view.answers, operation, view.day, view.now)
    starts_at, ends_at = bounds(view.day, whole.zone)
    intervals = view.answers.intervals(starts_at, ends_at, agent_key)
    connections = view.answers.own_connections(view.day, agent_key)
    return {**_told(view, known, agent, whole, intervals, connections, history), **_besides(_further(view), agent_key)}


def everybody(view: "View") -> list[dict[str, Any]]:
    """The same for everybody on the roster, asked for at once."""
    intervals: dict[str, list[Row]] = {}
    days = {}
    for operation in view.operations:
        days[operation["operation"]] = day(view.answers, operation, view.day, view.now)
    spans = [bounds(view.day, each.zone) for each in days.values()]
    for row in view.answers.intervals(min(start for start, _ in spans), max(end for _, end in spans)):
        intervals.setdefault(row["agent_key"], []).append(row)
    connections: dict[str, list[Row]] = {}
    for row in view.answers.own_connections(view.day):
        connections.setdefault(row["agent_key"], []).append(row)
    changed: dict[str, list[Row]] = {}
    for row in _all_changes(view):
        changed.setdefault(row["agent_key"], []).append(row)
    further = _further(view)
    return [
        {
            **_told(
                view,
                row,
                row,
                days[row["operation"]],
                *(each.get(row["agent_key"], []) for each in (intervals, connections, changed)),
            ),
            **_besides(further, row["agent_key"]),
        }
        for row in view.mine(view.answers.agents())
    ]


def _further(view: "View") -> tuple[dict[str, list[str]], dict[str, Row]]:
    """Everybody's skills, and sessions of the last day."""
    return view.answers.further.skills(), view.answers.further.sessions(view.last_day)


def _besides(further: tuple[dict[str, list[str]], dict[str, Row]], agent_key: str) -> dict[str, Any]:
    skills, sessions = further
    return {"skills": skills.get(agent_key, []), "session": sessions.get(agent_key)}


def _all_changes(view: "View") -> list[Row]:
    first = min(row["first_at"] for row in view.all_operations)
    last = max(row["last_at"] for row in view.all_operations)
    return view.answers.changes(first, last + timedelta(days=1))


def _told(
    view: "View",
    known: Row,
    agent: Row | None,
    whole: Day,
    intervals: list[Row],
    connections: list[Row],
    history: list[Row],
) -> dict[str, Any]:
    return {
        "key": known["agent_key"],
        "known": known,
        "agent": agent,
        "day": whole,
        "zone": whole.zone,
        "intervals": intervals,
        "strip": strip(whole, intervals, view.words) if whole.looked else None,
        "connections": connections,
        "history": history,
    }
