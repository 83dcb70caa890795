"""What was: auxiliary time, the day, thirty days, and how much of them was observed."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from wolkvox_source.dashboard import charts
from wolkvox_source.dashboard.answers import DAYS
from wolkvox_source.dashboard.copy import Row
from wolkvox_source.dashboard.day import Day, day
from wolkvox_source.dashboard.now import CONNECTED

if TYPE_CHECKING:
    from wolkvox_source.dashboard.page import View

OUTCOMES = ("changed", "unchanged", "suspicious", "empty", "refused", "unavailable", "unreadable")


def auxiliary(view: "View") -> dict[str, Any]:
    """Auxiliary time by reason on the chosen day, on the day before it and on the same weekday before."""
    days = (view.day, view.day - timedelta(days=1), view.day - timedelta(days=7))
    rows = view.mine(view.answers.statuses(days))
    looked = {
        row["local_day"]
        for row in view.mine(view.answers.coverage(view.day, view.now))
        if row["successful_observations"]
    }
    connected = Counter[date]()
    reasons: dict[str, Counter[date]] = {}
    for row in rows:
        if row["status_category"] in CONNECTED:
            connected[row["local_day"]] += row["observed_seconds"]
        if row["status_category"] == "auxiliary":
            reasons.setdefault(row["agent_status"], Counter())[row["local_day"]] += row["observed_seconds"]
    ranked = sorted(reasons.items(), key=lambda item: (-item[1][view.day], item[0]))
    total = sum((seconds for _, seconds in ranked), Counter[date]())

    def cells(seconds: Counter[date]) -> list[tuple[int, float | None] | None]:
        return [
            (seconds[each], 100 * seconds[each] / connected[each] if connected[each] else None)
            if each in looked
            else None
            for each in days
        ]

    most = max((seconds[view.day] for _, seconds in ranked), default=0)
    return {
        "days": days,
        "reasons": [(name, cells(seconds), 100 * seconds[view.day] / most if most else 0) for name, seconds in ranked],
        "total": cells(total),
    }


def _days(view: "View") -> list[Day]:
    return [day(view.answers, operation, view.day, view.now) for operation in view.operations]


def the_day(view: "View") -> dict[str, Any]:
    """The chosen day: how many were in each status through it, and when agents first connected."""
    days = _days(view)
    figures = [(each, charts.areas(each, view.words) if each.looked else None, dict(each.seconds)) for each in days]
    first = [row for row in view.mine(view.answers.arrivals(view.day)) if row["local_day"] == view.day]
    return {
        "figures": figures,
        "layers": charts.LAYERS,
        "hours": {each.name: _hours(each) for each in days},
        "arrived": len(first),
        "arrivals": _arrivals(view, days, first) if any(each.looked for each in days) else None,
        "clock": view.words.listed(sorted({each.operation["timezone"] for each in days})),
    }


def _hours(each: Day) -> list[tuple[str, dict[str, int]]]:
    """How many were in each category at each full hour that was looked at."""
    begins, ends = each.axis
    moments = [begins + timedelta(hours=passed) for passed in range((ends - begins) // timedelta(hours=1))]
    found = [(f"{moment.astimezone(each.zone):%H:%M}", each.at(moment)) for moment in moments]
    return [(clock, count) for clock, count in found if count is not None]


def _arrivals(view: "View", days: Iterable[Day], first: list[Row]) -> charts.Chart:
    """First connections in each hour of the local clock; hours in which nobody looked at any operation are blank."""
    words = view.words
    count = Counter(row["first_connection_at"].astimezone(view.zone(row)).hour for row in first)
    looked: set[int] = set()
    reached: set[int] = set()
    for each in days:
        # hours that have not come yet were not missed by any agent
        start, end = each.axis[0], each.reach[1]
        while start < end:
            hour = start.astimezone(each.zone).hour
            reached.add(hour)
            if each.was_looked_at(start, start + timedelta(hours=1)):
                looked.add(hour)
            start += timedelta(hours=1)
    hours = {*count, *reached}
    # none at the very moment of the first observation
    shown = range(min(hours, default=0), max(hours, default=-1) + 1)
    values = []
    for hour in shown:
        tip = f"{hour:02}:00–{(hour + 1) % 24:02}:00\n{words.say('page_arrived', count=count[hour])}"
        tip += "" if hour in looked else f"\n{words.say('page_not_observed')}"
        values.append((f"{hour:02}", float(count[hour]), tip, hour in looked, False))
    return charts.columns(values, words)


def month(view: "View") -> dict[str, Any]:
    """Connections on each of thirty days, and how much of each day each operation was looked at."""
    words = view.words
    span = [view.day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    covered = {(row["operation"], row["local_day"]): row for row in view.answers.coverage(view.day, view.now)}
    looked = {key for key, row in covered.items() if row["successful_observations"]}
    rows = view.mine(view.answers.connections(view.day))
    connections, agents = Counter[date](), Counter[date]()
    for row in rows:
        connections[row["local_day"]] += row["connections"]
        agents[row["local_day"]] += row["agents"]
    names = [row["operation"] for row in view.operations]
    seen = {each for each in span if any((name, each) in looked for name in names)}
    bars = []
    for each in span:
        tip = f"{words.date(each)}\n{words.say('page_connections', count=connections[each])}"
        tip += "" if each in seen else f"\n{words.say('page_not_observed')}"
        bars.append((str(each.day), float(connections[each]), tip, each in seen, each.weekday() > 4))
    strips = {}
    for name in names:
        values = []
        for each in span:
            found = covered.get((name, each))
            share = found["coverage_percent"] if found else None
            closed = found is not None and found["coverage_percent"] is None and not found["expected_observations"]
            told = (
                words.say("page_closed" if closed else "page_not_observed") if share is None else words.percent(share)
            )
            values.append((str(each.day), float(share or 0), f"{words.date(each)}\n{told}", share is not None, False))
        strips[name] = charts.columns(values, words, top=100)
    return {
        "connections": charts.columns(bars, words),
        "total": sum(connections.values()),
        "strips": strips,
        "rows": [(each, connections[each], agents[each], each in seen) for each in span],
    }


def coverage(view: "View") -> dict[str, Any]:
    """How much of the chosen day each operation was looked at, what came of it, and the latest failures."""
    days = _days(view)
    rows = []
    for each in days:
        row = each.coverage
        shares = [(name, row[f"{name}_percent"] or 0) for name in OUTCOMES] if row else []
        told = [(name, value, f"{view.words.outcome(name)}: {view.words.percent(value)}") for name, value in shares]
        rows.append((each, charts.share(told), [tip for _, value, tip in told if value]))
    return {"rows": rows, "failures": [(each, failure) for each in days for failure in each.failures]}
