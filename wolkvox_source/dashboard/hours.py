"""Connections in each hour of the day."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from html import escape

from wolkvox_source.dashboard.answers import Day
from wolkvox_source.dashboard.figures import Bar, bars
from wolkvox_source.dashboard.words import Words

# no time zone has hours that begin between two of these
_STEP = timedelta(minutes=5)


def by_hour(words: Words, days: Sequence[Day]) -> str:
    """Connections in each hour of the day, hours that nobody looked at hatched."""
    seen = [day for day in days if day.coverage]
    if not seen:
        return ""
    connections = Counter[int]()
    agents = Counter[int]()
    for day in seen:
        for row in day.hours:
            connections[row["hour"]] += row["connections"]
            agents[row["hour"]] += row["agents"]
    hours = [_hours(day) for day in seen]
    first = min([*connections, *(whole.start for whole, _ in hours)])
    last = max([*connections, *(whole.stop - 1 for whole, _ in hours)])
    columns = []
    for hour in range(first, last + 1):
        # an hour counts as looked at where any operation was, and not yet come where no day has reached it
        unseen = not any(hour in looked for _, looked in hours)
        tip = f"{hour:02}:00–{(hour + 1) % 24:02}:00\n{words.number(connections[hour])} {words('connections')}"
        if connections[hour]:
            tip += f" {words('connections_of', agents=words.number(agents[hour]))}"
        tip += f"\n{words('not_looked')}" if unseen else ""
        columns.append(Bar(f"{hour:02}", connections[hour], tip, hatched=unseen, minor=bool((hour - first) % 2)))
    total = words.number(sum(connections.values()))
    heading = f'<h3>{escape(words("by_hour"))} <b data-number="by_hour">{total}</b></h3>'
    note = f'<p class="note">{escape(words("by_hour_note"))}</p>'
    return f'<div class="figure">{heading}{bars(columns, number=words.number)}{note}</div>'


def _hours(day: Day) -> tuple[range, set[int]]:
    """The local hours that count on this day, and those of them in which anybody looked."""
    assert day.coverage is not None  # noqa: S101 - only days with coverage are asked
    begins = max(day.operation["first_at"], day.coverage["day_starts_at"]).astimezone(day.zone)
    ends = min(day.operation["last_at"], day.coverage["day_ends_at"])
    looked: set[int] = set()
    for start, end in day.looked:
        moment = start
        while moment < end:
            looked.add(moment.astimezone(day.zone).hour)
            moment += _STEP
    # what ends on the hour does not reach into the next one
    last = max((ends - timedelta(seconds=1)).astimezone(day.zone).hour, begins.hour)
    return range(begins.hour, last + 1), looked
