"""What is true now: how fresh it is, who needs attention, who is in what status."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wolkvox_source.dashboard import attention as needs
from wolkvox_source.dashboard import charts
from wolkvox_source.dashboard.copy import Row
from wolkvox_source.dashboard.day import GAP_INTERVALS, Day, day
from wolkvox_source.dashboard.words import CATEGORIES

if TYPE_CHECKING:
    from wolkvox_source.dashboard.page import View

CONNECTED = ("talking", "ringing", "after-call work", "ready", "auxiliary")
# a page of more rows than this is slow to open, and nobody reads it
ROWS_AT_MOST = 5000


def top(view: "View") -> dict[str, Any]:
    """The page's heading, and how fresh the data of each operation is."""
    names = [row["operation"] for row in view.operations]
    zones = sorted({f"{row['timezone']} ({row['operation']})" for row in view.operations})
    if len({row["timezone"] for row in view.operations}) == 1:
        zones = [view.operations[0]["timezone"]]
    return {
        "name": ", ".join(names),
        "fresh": [_fresh(view, row) for row in view.operations],
        "zones": ", ".join(zones),
        "made": view.words.moment(view.now, view.zone(view.operations[0])),
        "made_zone": view.operations[0]["timezone"],
    }


def is_late(operation: Row, now: datetime) -> bool:
    """Whether the latest successful observation is more than three and a half intervals ago."""
    looked_at: datetime | None = operation["looked_at"]
    return looked_at is None or (now - looked_at).total_seconds() > GAP_INTERVALS * operation["interval_seconds"]


def _fresh(view: "View", operation: Row) -> dict[str, Any]:
    looked_at, last_at = operation["looked_at"], operation["last_at"]
    failed = None
    if last_at != looked_at:
        (failed, *_) = view.answers.failures(operation["operation"], last_at, last_at)
    return {
        "operation": operation,
        "late": is_late(operation, view.now),
        "age": max((view.now - looked_at).total_seconds(), 0) if looked_at else None,
        "failed": failed,
    }


def folded(text: str) -> str:
    """The text without case and accents, for comparing."""
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))


def searched(view: "View", agent: Row) -> str:
    """What an agent is found by: name, id, status in wolkvox's words and in the page's, operation and team."""
    category = view.words.category(agent["status_category"])
    parts = (agent["agent_name"], agent["agent_id"], agent["agent_status"], category, agent["operation"])
    return folded(" ".join(filter(None, (*parts, view.choice.teams.team(agent)))))


def filters(view: "View") -> dict[str, Any]:
    """By what rows can be filtered: the statuses that agents are in, and the teams."""
    agents = view.mine(view.answers.agents())
    count = Counter(row["status_category"] for row in agents)
    return {
        "statuses": [(name, count[name]) for name in CATEGORIES if count[name]],
        "teams": sorted({view.choice.teams.team(row) for row in agents} - {""}),
    }


def attention(view: "View") -> dict[str, Any]:
    """Who needs attention, why, and how many of each kind."""
    found = needs.concerns(view.answers, view.mine(view.answers.agents()), view.operations, view.choice.too_long)
    count = Counter(each.kind for each in found)
    return {
        "concerns": [(each, _why(view, each)) for each in found],
        "kinds": [(kind, count[kind]) for kind in needs.KINDS],
        "by_plan": view.answers.further.missing() is not None,
    }


def _why(view: "View", concern: needs.Concern) -> str:
    words, agent = view.words, concern.agent
    if concern.kind == "purge":
        days = concern.facts["days"]
        return words.say("page_why_overdue" if days < 0 else "page_why_purge", count=abs(days))
    if concern.kind == "long":
        span = words.between(concern.least, concern.most)
        limit = words.duration(concern.facts["limit"])
        return words.say("page_why_long", category=words.category(agent["status_category"]), span=span, limit=limit)
    assert concern.usual is not None  # noqa: S101 - who is missing or late was expected at some time
    usual = concern.usual.astimezone(view.zone(agent))
    span = words.between(concern.least, concern.most)
    if concern.by_plan:
        return words.say(f"page_why_{concern.kind}_planned", planned=f"{usual:%H:%M}", span=span)
    facts = {"usual": f"{usual:%H:%M}", "weekday": words.weekday(usual.date()), "span": span}
    if concern.at is None:
        return words.say("page_why_missing_usual", **facts)
    return words.say("page_why_late_usual", **facts, at=f"{concern.at.astimezone(view.zone(agent)):%H:%M}")


def now(view: "View") -> dict[str, Any]:
    """The numbers that a supervisor asks for first, and everybody by status."""
    agents = view.mine(view.answers.agents())
    count = Counter(row["status_category"] for row in agents)
    connected = sum(count[category] for category in CONNECTED)
    days = [day(view.answers, operation, view.day, view.now) for operation in view.operations]
    today = [row for row in view.mine(view.answers.connections(view.day)) if row["local_day"] == view.day]
    parts = [
        (name, count[name], f"{view.words.category(name)}: {view.words.number(count[name])}") for name in CATEGORIES
    ]
    return {
        "agents": len(agents),
        "disabled": sum(row["free_to_reuse"] for row in agents),
        "connected": connected,
        "count": count,
        "purge_soon": sum(row["purge_soon"] for row in agents),
        "connections": sum(row["connections"] for row in today),
        # the worst operation stands for all: an average would hide it
        "covered": min(_covered(days), default=None),
        "share": charts.share(parts),
    }


def _covered(days: Iterable[Day]) -> Iterator[float]:
    """How much of the chosen day each operation was looked at, those that were closed left out."""
    for each in days:
        if each.coverage is not None and each.coverage["coverage_percent"] is not None:
            yield each.coverage["coverage_percent"]


def agents(view: "View") -> dict[str, Any]:
    """Who is in what status and for how long, the busiest first."""
    found = sorted(
        view.mine(view.answers.agents()),
        key=lambda row: (CATEGORIES.index(row["status_category"]), -(row["status_seconds"] or 0), row["agent_id"]),
    )
    return {
        "agents": found[:ROWS_AT_MOST],
        "all": len(found),
        "skills": view.answers.further.skills(),
        "sessions": view.answers.further.sessions(view.last_day),
        "teams": any(view.choice.teams.team(row) for row in found),
    }
