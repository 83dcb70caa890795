"""The page as a whole: its sections in order, and one HTML file that needs nothing else.

The app shows the sections one by one as their answers arrive; a file has them all.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from html import escape
from importlib.resources import files
from zoneinfo import ZoneInfo

from wolkvox_source.dashboard import answers
from wolkvox_source.dashboard.answers import Copy, Row
from wolkvox_source.dashboard.day import day_figures
from wolkvox_source.dashboard.figures import coded
from wolkvox_source.dashboard.hours import by_hour
from wolkvox_source.dashboard.month import coverage, thirty_days
from wolkvox_source.dashboard.now import agent_table, freshness, headlines, statuses
from wolkvox_source.dashboard.people import radar, roster_changes
from wolkvox_source.dashboard.words import Words
from wolkvox_source.errors import ConfigurationError, WolkvoxError
from wolkvox_source.language import Language

SEARCH = """
const fold = text => text.normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').toLowerCase();
const rows = [...document.querySelectorAll('table.agents tbody tr')].map(row => [row, fold(row.textContent)]);
document.querySelector('input[type=search]')?.addEventListener('input', event => {
  const words = fold(event.target.value).split(/\\s+/);
  for (const [row, text] of rows) row.hidden = !words.every(word => text.includes(word));
});
"""


class View:
    """What one reader looks at: a copy, an operation or all of them, a day, a language.

    Raises a ConfigurationError for an operation that the copy does not hold.
    """

    def __init__(self, copy: Copy, language: Language, operation: str | None = None, day: date | None = None) -> None:
        self.copy = copy
        self.words = Words(language)
        known = answers.operations(copy)
        names = [row["operation"] for row in known]
        if operation is not None and operation not in names:
            raise ConfigurationError("dashboard_no_operation", name=operation, known=", ".join(names))
        self.operation = operation
        self.operations: list[Row] = [row for row in known if self.operation in (None, row["operation"])]
        self.day = day or answers.days(copy, self.operation)[0]
        self.zones = {row["operation"]: ZoneInfo(row["timezone"]) for row in known}

    def freshness(self, now: datetime, made: datetime | None = None) -> str:
        return wrapped(freshness(self.words, self.operations, now, made))

    def headlines(self) -> str:
        agents = answers.agents(self.copy, self.operation)
        days = answers.day(self.copy, self.operation, self.day)
        body = headlines(self.words, agents, days) + statuses(self.words, agents)
        return section("now", self.words("now"), body)

    def agents(self, search: str = "") -> str:
        return wrapped(agent_table(self.words, answers.agents(self.copy, self.operation), self.zones, search))

    def the_day(self) -> str:
        days = answers.day(self.copy, self.operation, self.day)
        title = f"{self.words('the_day')} · {self.words.date(self.day)}"
        return section("day", title, day_figures(self.words, days) + by_hour(self.words, days))

    def month(self) -> str:
        by_day = answers.connections(self.copy, self.operation, self.day)
        covered = answers.covered(self.copy, self.operation, self.day)
        title = self.words("month", day=self.words.date(self.day))
        return section("month", title, thirty_days(self.words, by_day, covered, self.day))

    def coverage(self) -> str:
        title = f"{self.words('coverage')} · {self.words.date(self.day)}"
        return section("coverage", title, coverage(self.words, answers.day(self.copy, self.operation, self.day)))

    def radar(self) -> str:
        agents = answers.agents(self.copy, self.operation)
        return section("radar", self.words("radar"), radar(self.words, self.operations, agents, self.zones))

    def changes(self) -> str:
        found = answers.changes(self.copy, self.operation, self.day)
        return section("changes", self.words("changes"), roster_changes(self.words, found, self.zones, self.day))

    def title(self) -> str:
        return title(self.words, ", ".join(row["operation"] for row in self.operations))

    def everything(self) -> Iterator[str]:
        """All sections in their order, the table of agents with a field for the search."""
        yield self.headlines()
        hint = escape(self.words("search"))
        field = f'<input type="search" placeholder="{hint}" aria-label="{hint}">'
        yield section("agents", self.words("agents_now"), field + self.agents() + self.agents_note())
        yield self.the_day()
        yield self.month()
        yield self.coverage()
        yield self.radar()
        yield self.changes()

    def agents_note(self) -> str:
        return wrapped(f'<p class="note">{escape(self.words("duration_note"))}</p>')


@cache
def style() -> str:
    """The style sheet, as an element."""
    sheet = files("wolkvox_source.dashboard").joinpath("style.css").read_text(encoding="utf-8")
    return f"<style>{sheet}</style>"


def wrapped(body: str) -> str:
    return f'<div class="wv">{body}</div>'


def title(words: Words, of: str = "") -> str:
    """The page's heading."""
    return wrapped(f"<h1>{escape(words('title'))}{f' · {escape(of)}' if of else ''}</h1>")


def section(name: str, title: str, body: str) -> str:
    """A part of the page under its title."""
    return wrapped(f'<section id="{name}"><h2>{escape(title)}</h2>{body}</section>')


def trouble(error: WolkvoxError, language: Language) -> str:
    """Why there is nothing to show and what to run, in the reader's language."""
    sentence = coded(Words(language).sentence(error.reason, **error.facts))
    return wrapped(f'<div class="fresh late trouble" role="alert"><i></i><p>{sentence}</p></div>')


def whole_page(view: View, now: datetime) -> str:
    """All of it in one HTML file: no script but the search, nothing fetched from anywhere."""
    words = view.words
    name = ", ".join(row["operation"] for row in view.operations)
    body = view.title() + view.freshness(now, made=now) + "".join(view.everything())
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{escape(words('title'))} · {escape(name)}</title>{style()}</head>"
        f'<body class="wv-page"><main>{body}</main><script>{SEARCH}</script></body></html>'
    )
