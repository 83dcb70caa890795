"""Thirty days and their coverage: connections by day, and how much of each day anybody looked at."""

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape

from wolkvox_source.dashboard.answers import DAYS, Day, Row
from wolkvox_source.dashboard.figures import Bar, bars, coded, share_bar, table
from wolkvox_source.dashboard.words import Words

OUTCOMES = ("changed", "unchanged", "suspicious", "empty", "refused", "unavailable", "unreadable")


def thirty_days(words: Words, by_day: Sequence[Row], coverage: Sequence[Row], last: date) -> str:
    """Connections by day, and under them how much of each day was looked at, operation by operation."""
    span = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    seen = {row["local_day"] for row in coverage if row["successful_observations"]}
    connections = {row["local_day"]: row for row in by_day}
    chart = bars([_day_bar(words, day, connections.get(day), day in seen) for day in span], number=words.number)
    total = words.number(sum(row["connections"] for row in by_day))
    names = sorted({row["operation"] for row in coverage})
    strips = "".join(
        f"<h4>{escape(name)}</h4>"
        + bars([_coverage_bar(words, day, cells.get(day)) for day in span], tall=False, top=100, number=words.number)
        for name in names
        for cells in [{row["local_day"]: row for row in coverage if row["operation"] == name}]
    )
    return (
        f'<div class="figure"><h3>{escape(words("by_day"))} <b data-number="by_day">{total}</b></h3>{chart}'
        f'<p class="note">{escape(words("by_day_note"))}</p></div>'
        f'<div class="figure"><h3>{escape(words("coverage"))}</h3>{strips}'
        f'<p class="note">{escape(words("coverage_note"))}</p></div>'
    )


def _day_bar(words: Words, day: date, row: Row | None, seen: bool) -> Bar:
    number = row["connections"] if row else 0
    tip = f"{words.date(day)}\n{words.number(number)} {words('connections')}"
    if row:
        tip += f" {words('connections_of', agents=words.number(row['agents']))}"
    if not seen:
        tip += f"\n{words('not_looked')}"
    return Bar(str(day.day), number, tip, hatched=not seen, minor=day.day % 2 == 0, faint=day.weekday() > 4)


def _coverage_bar(words: Words, day: date, row: Row | None) -> Bar:
    if row is None or not row["successful_observations"]:
        return Bar("", 0, f"{words.date(day)}\n{words('not_looked')}", hatched=True)
    tip = f"{words.date(day)}\n{words.percent(row['coverage_percent'])} {words('covered')}"
    tip += f"\n{words('looks')}: {_looks(words, row)}"
    tip += f"\n{words('longest_gap')}: {words.duration(row['longest_gap_seconds'])}"
    return Bar("", row["coverage_percent"] or 0, tip)


def coverage(words: Words, days: Sequence[Day]) -> str:
    """How much of the chosen day each operation was looked at, what came of it, and the latest failures."""
    rows = []
    failures: list[str] = []
    for day in days:
        name = escape(day.operation["operation"])
        if day.coverage is None:
            rows.append([name, "–", "–", "–", escape(words("not_looked"))])
            continue
        row = day.coverage
        outcomes = [
            (outcome, row[f"{outcome}_percent"] or 0, f"{words(outcome)}: {words.percent(row[f'{outcome}_percent'])}")
            for outcome in OUTCOMES
        ]
        named = ", ".join(f"{words(kind)} {words.percent(share)}" for kind, share, _ in outcomes if share)
        rows.append(
            [
                name,
                f'<b data-number="covered {name}">{words.percent(row["coverage_percent"])}</b>',
                escape(_looks(words, row)),
                escape(words.duration(row["longest_gap_seconds"])),
                share_bar(outcomes) + f"<small>{escape(named)}</small>",
            ]
        )
        failures += [f"<li>{_failure(words, failed, day)}</li>" for failed in day.failures]
    headings = [("", words("operation")), ("number", words("coverage")), ("wide", words("looks"))]
    headings += [("number wide", words("longest_gap")), ("outcomes", words("outcomes"))]
    said = f'<h4>{escape(words("failures"))}</h4><ul class="failures">{"".join(failures)}</ul>'
    if not failures:
        said = f'<p class="note">{escape(words("no_failures"))}</p>' if any(day.coverage for day in days) else ""
    return table(headings, rows, "coverage") + said


def _looks(words: Words, row: Row) -> str:
    done, expected = row["successful_observations"], row["expected_observations"]
    return words("looks_of", done=words.number(done), expected=words.number(expected))


def _failure(words: Words, failed: Row, day: Day) -> str:
    at = failed["observed_at"].astimezone(day.zone)
    name = escape(failed["operation"])
    return f"<b>{at:%H:%M}</b> {name}: {escape(words(failed['outcome']))}. {coded(failed['message'] or '')}"
