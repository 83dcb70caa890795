"""The roster: licences, who is close to the purge, and what changed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from html import escape
from zoneinfo import ZoneInfo

from wolkvox_source.dashboard.answers import Row
from wolkvox_source.dashboard.figures import coded, share_bar, table
from wolkvox_source.dashboard.words import Words

_ROWS_AT_MOST = 100
_PURGE_WEEKS = ((0, 7), (8, 14), (15, 21), (22, 30))


def radar(words: Words, operations: Sequence[Row], agents: Sequence[Row], zones: dict[str, ZoneInfo]) -> str:
    """How many licences are left, and who is about to be purged."""
    return f'<div class="pair">{_licences(words, operations, agents)}{_purge(words, agents, zones)}</div>'


def _licences(words: Words, operations: Sequence[Row], agents: Sequence[Row]) -> str:
    parts = []
    for operation in operations:
        mine = [row for row in agents if row["operation"] == operation["operation"]]
        name = escape(operation["operation"]) if len(operations) > 1 else ""
        slots = operation["slots"]
        disabled = sum(row["free_to_reuse"] for row in mine)
        if slots is None:
            parts.append(f'<h4>{name}</h4><p class="note">{coded(words("no_licences"))}</p>')
            continue
        free = slots - len(mine)
        number = f"free_slots {escape(operation['operation'])}"
        said = words("free_slots" if free >= 0 else "over_slots", count=words.number(abs(free)))
        bar = share_bar(
            [
                ("enabled", len(mine) - disabled, f"{words.number(len(mine) - disabled)} {words('enabled_agents')}"),
                ("disabled", disabled, f"{words.number(disabled)} {words('reusable')}"),
                ("free", max(free, 0), said),
            ]
        )
        taken = words("slots", agents=words.number(len(mine)), slots=words.number(slots))
        of = words("licences_of", licences=words.number(operation["licences"]))
        parts.append(
            f'<h4>{name}</h4><p class="{"over" if free < 0 else ""}"><b>{escape(taken)}</b>, '
            f'<span data-number="{number}">{escape(said)}</span> · {escape(of)}</p>{bar}'
        )
    facts = "".join(
        f'<li><b data-number="{name}">{words.number(sum(row[column] for row in agents))}</b> {escape(words(key))}</li>'
        for name, column, key in (
            ("dormant", "dormant", "dormant"),
            ("never_connected", "never_connected", "never_connected"),
            ("free_to_reuse", "free_to_reuse", "reusable"),
        )
    )
    return (
        f'<div class="figure"><h3>{escape(words("licences"))}</h3>{"".join(parts)}<ul class="facts">{facts}</ul></div>'
    )


def _purge(words: Words, agents: Sequence[Row], zones: dict[str, ZoneInfo]) -> str:
    soon = sorted(
        (row for row in agents if row["purge_soon"]), key=lambda row: (row["days_until_purge"], row["agent_name"] or "")
    )
    heading = f"<h3>{escape(words('purge'))} <b>{words.number(len(soon))}</b></h3>"
    note = f'<p class="note">{escape(words("purge_note"))}</p>'
    if not soon:
        return f'<div class="figure">{heading}<p class="none">{escape(words("no_purge"))}</p>{note}</div>'
    weeks = [(words("overdue"), sum(row["days_until_purge"] < 0 for row in soon), "overdue")]
    weeks += [
        (words("week", first=first, last=last), sum(first <= row["days_until_purge"] <= last for row in soon), "soon")
        for first, last in _PURGE_WEEKS
    ]
    most = max(number for _, number, _ in weeks)
    ladder = "".join(
        f'<li><span>{escape(label)}</span><i class="{kind}" style="width:{60 * number / most:.1f}%"></i>'
        f"<b>{words.number(number)}</b></li>"
        for label, number, kind in weeks
    )
    rows = [
        [
            f"{escape(row['agent_name'] or '–')}<small>{_identity(row, zones)}</small>",
            escape(words.short_date(local)) + f" {local.year}",
            _days_left(words, row["days_until_purge"]),
        ]
        for row in soon[:_ROWS_AT_MOST]
        for local in [row["last_connection_at"].astimezone(zones[row["operation"]]).date()]
    ]
    headings = [("", words("agent")), ("", words("last_connection")), ("number", words("days_left"))]
    return f'<div class="figure">{heading}<ul class="ladder">{ladder}</ul>{table(headings, rows, "purge")}{note}</div>'


def roster_changes(words: Words, changes: Sequence[Row], zones: dict[str, ZoneInfo], last: date) -> str:
    """What changed on the roster in the thirty days, the latest first."""
    if not changes:
        return f'<p class="none">{escape(words("no_changes"))}</p>'
    count = Counter(_what(words, row["what"]) for row in changes)
    kinds = "".join(
        f'<li>{escape(what)} <b data-number="change {escape(what)}">{words.number(number)}</b></li>'
        for what, number in count.most_common()
    )
    headings = [("wide", words("when")), ("", words("agent")), ("", words("what"))]
    rows = [
        [
            f'<span class="nowrap">{at}</span>',
            f'{name}<small>{_identity(row, zones)}</small><small class="narrow">{at}</small>',
            f"{escape(_what(words, row['what']))}{_from_to(row)}",
        ]
        for row in changes[:_ROWS_AT_MOST]
        for at in [escape(words.moment(row["changed_at"], zones[row["operation"]]))]
        for name in [escape(row["agent_name"] or row["agent_name_before"] or "–")]
    ]
    rest = len(changes) - len(rows)
    more = f'<p class="note">{escape(words("more", count=words.number(rest)))}</p>' if rest else ""
    note = f'<p class="note">{escape(words("changes_note", day=words.date(last)))}</p>'
    return f'<ul class="key">{kinds}</ul>{table(headings, rows, "changes")}{more}{note}'


def _what(words: Words, what: str) -> str:
    # an agent who was disabled and an attempt that changed nothing have words of their own
    return words("disabled").capitalize() if what == "disabled" else words(what)


def _from_to(row: Row) -> str:
    if row["what"] in ("enabled", "disabled") or row["value_from"] is row["value_to"] is None:
        return ""
    return f"<small>{escape(row['value_from'] or '–')} → {escape(row['value_to'] or '–')}</small>"


def _days_left(words: Words, days: int) -> str:
    return f'<b class="{"overdue" if days < 0 else ""}">{words.number(days)}</b>'


def _identity(row: Row, zones: dict[str, ZoneInfo]) -> str:
    """The id, and whose it is where there are several operations."""
    return escape(f"{row['agent_id']} · {row['operation']}" if len(zones) > 1 else row["agent_id"])
