"""The page as a whole: one reader's choice of operation, day and language, and the templates filled for it.

The page that is served and the file that is exported are the same one; the file carries every language and every
agent, since there is nobody to ask for more.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from wolkvox_source.dashboard import people, sections
from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.attention import TOO_LONG
from wolkvox_source.dashboard.charts import kind
from wolkvox_source.dashboard.copy import Row
from wolkvox_source.dashboard.teams import Teams
from wolkvox_source.dashboard.words import CATEGORIES, Words
from wolkvox_source.errors import ConfigurationError, WolkvoxError
from wolkvox_source.language import LANGUAGES, Language

REFRESH_SECONDS = 60
REGIONS: Mapping[str, Callable[["View"], dict[str, Any]]] = {
    "attention": sections.attention,
    "now": sections.now,
    "agents": sections.agents,
    "auxiliary": sections.auxiliary,
    "day": sections.the_day,
    "month": sections.month,
    "coverage": sections.coverage,
    "roster": people.roster,
    "changes": people.changes,
}


@dataclass(frozen=True)
class Choice:
    """What a reader chose to look at, and what the person who serves the page decided for all of them."""

    operation: str | None = None
    day: date | None = None
    teams: Teams = field(default_factory=Teams)
    too_long: Mapping[str, int] = field(default_factory=lambda: TOO_LONG)


class View:
    """What one reader looks at, in one language; `live` where there is a server behind the page.

    Raises a ConfigurationError for an operation that the copy does not hold, or where nothing was observed yet.
    """

    def __init__(self, answers: Answers, language: Language, choice: Choice, now: datetime, *, live: bool) -> None:
        self.answers, self.words, self.choice, self.now, self.live = answers, Words(language), choice, now, live
        known = answers.operations()
        if not known:
            raise ConfigurationError("dashboard_nothing_observed")
        names = [row["operation"] for row in known]
        if choice.operation is not None and choice.operation not in names:
            raise ConfigurationError("dashboard_no_operation", name=choice.operation, known=names)
        self.all_operations = known
        self.operations = [row for row in known if choice.operation in (None, row["operation"])]
        self.zones = {row["operation"]: ZoneInfo(row["timezone"]) for row in known}
        self.day = choice.day or self.last_day

    @property
    def last_day(self) -> date:
        """The latest local day of any operation that is shown."""
        return max(row["last_at"].astimezone(ZoneInfo(row["timezone"])).date() for row in self.operations)

    def days(self) -> list[date]:
        """The days that can be shown, the latest first."""
        first = min(row["first_at"].astimezone(ZoneInfo(row["timezone"])).date() for row in self.operations)
        return [self.last_day - timedelta(days=back) for back in range((self.last_day - first).days + 1)]

    def mine(self, rows: list[Row]) -> list[Row]:
        """Those rows that are of the operations shown."""
        shown = {row["operation"] for row in self.operations}
        return [row for row in rows if row["operation"] in shown]

    def zone(self, row: Row) -> ZoneInfo:
        return self.zones[row["operation"]]

    def as_of(self) -> str:
        """Of when the numbers of now are: each operation's latest look."""
        looks = [
            (row["operation"], self.words.moment(row["looked_at"], self.zone(row)))
            for row in self.operations
            if row["looked_at"]
        ]
        each = [at if len(self.operations) == 1 else f"{at} ({name})" for name, at in looks]
        return self.words.say("page_as_of", moments=self.words.listed(each)) if each else ""

    def link(self, **asked: object) -> str:
        """The address of this page with something chosen otherwise."""
        now = {"operation": self.choice.operation, "day": self.choice.day, **asked}
        return f"?{urlencode({name: value for name, value in now.items() if value})}"

    def link_to(self, agent_key: str) -> str:
        """Where an agent's own page is; in a file it is an address that its script understands."""
        return f"agent{self.link(key=agent_key)}" if self.live else f"#{urlencode({'agent': agent_key})}"

    def render(self, template: str, **values: object) -> Markup:
        """A template filled with what every template may use, and with what this one wants."""
        return Markup(_environment().get_template(template).render(**self._used(), **values))  # noqa: S704 - escaped

    def pieces(self) -> Iterator[Markup]:
        """The page in parts, each as soon as it is answered."""
        yield self.render("top.html", **sections.top(self))
        yield self.render("filters.html", **sections.filters(self))
        for name in REGIONS:
            yield self.region(name)
        yield self.render("bottom.html", people=[] if self.live else people.everybody(self))

    def region(self, name: str) -> Markup:
        """One part of the page; what kept it from being answered stands in its place."""
        try:
            return self.render(f"{name}.html", **REGIONS[name](self))
        except WolkvoxError as error:
            return self.render("trouble.html", name=name, sentence=self.words.tell(error))

    def person(self, agent_key: str) -> Markup:
        """One agent's day, connections and changes; raises a KeyError for an agent who was never seen."""
        return self.render("person.html", person=people.one(self, agent_key))

    def _used(self) -> dict[str, Any]:
        words = self.words
        return {
            "view": self,
            "words": words,
            "say": words.say,
            "language": words.language,
            "live": self.live,
            "link_to": self.link_to,
            "team": self.choice.teams.team,
            "searched": lambda agent: sections.searched(self, agent),
            "stamp": f"{self.now:%Y-%m-%dT%H-%MZ}",
            "several": len(self.operations) > 1,
        }


def streamed(view: View) -> Iterator[str]:
    """The page that is served, part by part."""
    yield _frame("head.html", view.words, live=True)
    yield from view.pieces()
    yield _frame("foot.html", view.words, others={})


def whole_page(answers: Answers, language: Language, choice: Choice, now: datetime) -> str:
    """The page in one file, in every language: it opens in the reader's, or else in `language`."""
    views = {each: View(answers, each, choice, now, live=False) for each in LANGUAGES}
    others = {each: Markup("").join(view.pieces()) for each, view in views.items() if each != language}
    view = views[language]
    return "".join(
        [
            _frame("head.html", view.words, live=False),
            *view.pieces(),
            _frame("foot.html", view.words, others=others),
        ]
    )


def alone(words: Words, body: Markup) -> str:
    """A page that holds one thing, such as an agent where the browser runs no script."""
    return f'{_frame("head.html", words, live=False)}<main class="only">{body}</main>{_frame("foot.html", words, others={})}'


def trouble(words: Words, sentence: str) -> str:
    """A page that says why there is nothing to show and what to do."""
    body = _environment().get_template("trouble.html").render(name="trouble", sentence=sentence)
    return f'{_frame("head.html", words, live=False)}{body}{_frame("foot.html", words, others={})}'


def policy() -> str:
    """What the page may do, in the words of Content-Security-Policy: its own script, its own style, its own server."""
    return (
        f"default-src 'none'; script-src {_digest(asset('script.js'))}; style-src {_digest(asset('style.css'))}; "
        "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
    )


def _frame(template: str, words: Words, **values: object) -> str:
    used = {
        "say": words.say,
        "language": words.language,
        "style": Markup(asset("style.css")),  # noqa: S704 - ours
        "script": Markup(asset("script.js")),  # noqa: S704 - ours
        "policy": policy(),
        "refresh_seconds": REFRESH_SECONDS,
        "categories": CATEGORIES,
    }
    return _environment().get_template(template).render(**used, **values)


@cache
def asset(name: str) -> str:
    """A file that is part of the page."""
    return files("wolkvox_source.dashboard").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("wolkvox_source.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(kind=kind, coded=_coded, place=lambda value: f"{value:.3f}".rstrip("0").rstrip("."))
    return environment


def _coded(text: str) -> Markup:
    """What stands in backticks set as code."""
    parts = re.split(r"`([^`]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
