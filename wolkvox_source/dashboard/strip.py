"""One agent's day as a strip of statuses, with soft edges where a change is only known between two observations."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from wolkvox_source.dashboard.charts import Chart, Mark, clock, hours, kind
from wolkvox_source.dashboard.copy import Row
from wolkvox_source.dashboard.day import Day
from wolkvox_source.dashboard.words import Words


def strip(day: Day, intervals: Sequence[Row], words: Words) -> Chart:
    """One agent's day: a status each, and between two of them the time in which the change is only known to lie."""
    begins, ends = day.axis

    def place(moment: datetime) -> float:
        return min(max(100 * (moment - begins) / (ends - begins), 0), 100)

    marks = []
    for now, after in [*pairwise(intervals), *([(intervals[-1], None)] if intervals else [])]:
        until = now["interval_to"]
        changes = after is not None and after["changed_after"] is not None and after["interval_from"] == until
        certain = max(after["changed_after"], now["interval_from"]) if changes and after else until
        tip = _told(now, certain, until, day, words)
        marks.append(Mark(place(now["interval_from"]), place(certain), kind=kind(now["status_category"]), tip=tip))
        if changes and after and certain < until:
            edge = f"soft-{kind(now['status_category'])}-{kind(after['status_category'])}"
            between = words.say("page_change_between", since=clock(certain, day), until=clock(until, day))
            marks.append(Mark(place(certain), place(until), kind=edge, tip=between))
    gaps = [Mark(place(start), place(end)) for start, end in day.gaps]
    return Chart(hours(day), (), marks, gaps)


def _told(interval: Row, certain: datetime, until: datetime, day: Day, words: Words) -> str:
    ended = clock(certain, day) if certain == until else f"{clock(certain, day)}–{clock(until, day)}"
    status = interval["agent_status"] or words.say("page_no_status")
    return (
        f"{words.category(interval['status_category'])} · {status}\n{clock(interval['interval_from'], day)} → {ended}"
    )
