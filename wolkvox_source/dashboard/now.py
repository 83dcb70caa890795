"""Now: how fresh the data is, the headline numbers, and who is in what status for how long.

Whatever comes from the report is escaped. A number that a reader may want to check carries its name in
`data-number`.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from wolkvox_source.dashboard.answers import GAP_INTERVALS, Day, Row
from wolkvox_source.dashboard.figures import badge, coded, kind, share_bar, table
from wolkvox_source.dashboard.words import CATEGORIES, Words, key

CONNECTED = ("talking", "ringing", "after-call work", "ready", "auxiliary")
_ROWS_AT_MOST = 500


def freshness(words: Words, operations: Sequence[Row], now: datetime, made: datetime | None = None) -> str:
    """A line for each operation: how old its data is, red where that is more than three intervals."""
    lines = "".join(_fresh(words, row, now) for row in operations)
    several = len({row["timezone"] for row in operations}) > 1
    zones = sorted({f"{row['timezone']} ({row['operation']})" if several else row["timezone"] for row in operations})
    note = escape(words("local_times", zones=", ".join(zones)))
    if made is not None:
        zone = operations[0]["timezone"]
        note += f" · {escape(words('exported', time=words.moment(made, ZoneInfo(zone)), zone=zone))}"
    return f'<div class="freshness" role="status">{lines}<p class="note">{note}</p></div>'


def is_late(operation: Row, now: datetime) -> bool:
    """Whether the latest successful look is more than three intervals ago."""
    looked_at: datetime | None = operation["looked_at"]
    return looked_at is None or (now - looked_at).total_seconds() > GAP_INTERVALS * operation["interval_seconds"]


def _fresh(words: Words, row: Row, now: datetime) -> str:
    zone = ZoneInfo(row["timezone"])
    interval = words.duration(row["interval_seconds"])
    late = is_late(row, now)
    if row["looked_at"] is None:
        said = words("never_looked")
    else:
        age = words.duration(max((now - row["looked_at"]).total_seconds(), 0))
        said = words("as_of", time=words.moment(row["looked_at"], zone), age=age)
    more = [words("late" if late else "expected", interval=interval)]
    if row["last_at"] != row["looked_at"]:
        failed = words("latest_failed", time=words.moment(row["last_at"], zone), outcome=words(row["outcome"]))
        more.append(f"{failed}. {row['message'] or ''}".strip())
    return (
        f'<div class="fresh {"late" if late else "good"}" data-operation="{escape(row["operation"])}"><i></i>'
        f"<p><b>{escape(row['operation'])}</b> {escape(said)}<small>{coded(' · '.join(more))}</small></p></div>"
    )


def headlines(words: Words, agents: Sequence[Row], days: Sequence[Day]) -> str:
    """The numbers that a supervisor asks for first."""
    count = Counter(row["status_category"] for row in agents)
    connected = sum(count[category] for category in CONNECTED)
    disabled = sum(row["free_to_reuse"] for row in agents)
    looked = [day.coverage["coverage_percent"] for day in days if day.coverage]
    connections = sum(hour["connections"] for day in days for hour in day.hours)
    local_day = words.short_date(days[0].local_day) if days else ""

    def share(number: int, of: int, key: str) -> str:
        return words(key, percent=words.percent(100 * number / of)) if of else ""

    tiles = [
        ("roster", len(agents), words("roster"), words("disabled_of", count=words.number(disabled)), ""),
        ("connected", connected, words("working"), share(connected, len(agents), "of_roster"), ""),
        *(
            (category, count[category], words(category), share(count[category], connected, "of_connected"), category)
            for category in ("talking", "ready", "auxiliary")
        ),
        ("purge_soon", sum(row["purge_soon"] for row in agents), words("purge_soon"), words("purge"), ""),
        ("connections", connections, words("connections"), local_day, ""),
    ]
    shown = [(name, words.number(number), *rest) for name, number, *rest in tiles]
    # the worst operation stands for all: an average would hide it
    shown.append(("covered", words.percent(min(looked, default=None)), words("covered"), local_day, ""))
    return f'<div class="tiles">{"".join(_tile(*tile) for tile in shown)}</div>'


def _tile(name: str, number: str, label: str, note: str, category: str) -> str:
    dot = f'<i class="dot {kind(category)}"></i>' if category else ""
    return (
        f'<div class="tile"><b data-number="{name}">{escape(number)}</b><span>{dot}{escape(label)}</span>'
        f"<small>{escape(note)}</small></div>"
    )


def statuses(words: Words, agents: Sequence[Row]) -> str:
    """One bar of everybody on the roster by category, with its key."""
    count = Counter(row["status_category"] for row in agents)
    parts = [
        (kind(category), count[category], f"{words(category)}: {words.number(count[category])}")
        for category in CATEGORIES
    ]
    return share_bar(parts) + key(words, {name: words.number(count[name]) for name in CATEGORIES if count[name]}, "now")


def folded(text: str) -> str:
    """The text without case and accents, for comparing."""
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))


def agent_table(words: Words, agents: Sequence[Row], zones: dict[str, ZoneInfo], search: str = "") -> str:
    """Who is in what status and for how long, those whom all words of `search` fit; the busiest first."""
    wanted = folded(search).split()
    found = [row for row in agents if all(word in folded(_searched(words, row)) for word in wanted)]
    found.sort(
        key=lambda row: (CATEGORIES.index(row["status_category"]), -(row["status_seconds"] or 0), row["agent_id"])
    )
    if not found:
        return f'<p class="none">{escape(words("nobody_found", search=search))}</p>'
    headings = [
        ("", words("agent")),
        ("number wide", words("id")),
        ("", words("status")),
        ("number wide", words("for_how_long")),
        ("wide", words("last_connection")),
    ]
    rows = [_agent(words, row, zones) for row in found[:_ROWS_AT_MOST]]
    if len(found) > _ROWS_AT_MOST:
        shown = words("shortened", shown=words.number(len(rows)), all=words.number(len(found)))
    else:
        shown = words("found", shown=words.number(len(found)), all=words.number(len(agents)))
    return f'<p class="note count" data-shown="{len(found)}">{escape(shown)}</p>{table(headings, rows, "agents")}'


def _searched(words: Words, row: Row) -> str:
    found = (row["agent_name"], row["agent_id"], row["agent_status"], words(row["status_category"]), row["operation"])
    return " ".join(filter(None, found))


def _agent(words: Words, row: Row, zones: dict[str, ZoneInfo]) -> list[str]:
    """One line of the table; on a phone the id and the duration stand under what they belong to."""
    identity = escape(row["agent_id"])
    if len(zones) > 1:
        identity += f" · {escape(row['operation'])}"
    lasted = escape(_lasted(words, row))
    name = escape(row["agent_name"] or "–") + (badge(words("disabled")) if row["free_to_reuse"] else "")
    status = escape(row["agent_status"] or words("no_status"))
    return [
        f'{name}<small class="narrow">{identity}</small>',
        identity,
        f'<i class="dot {kind(row["status_category"])}"></i>{status}<small class="narrow">{lasted}</small>',
        lasted,
        _last_connection(words, row, zones[row["operation"]]),
    ]


def _lasted(words: Words, row: Row) -> str:
    """The time in the status between its two bounds."""
    least, most = row["status_seconds"], row["status_seconds_at_most"]
    if least is None:
        return "–"
    if most is None:
        return f"≥ {words.duration(least)}"
    if most < 3600:
        return f"{least // 60}–{words.duration(most)}"
    low, high = words.duration(least), words.duration(most)
    return low if low == high else f"{low} – {high}"


def _last_connection(words: Words, row: Row, zone: ZoneInfo) -> str:
    if row["last_connection_at"] is None:
        return escape(words("never") if row["never_connected"] else "–")
    return escape(words.moment(row["last_connection_at"], zone))
