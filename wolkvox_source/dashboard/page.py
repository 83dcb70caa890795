"""The page as a whole: one reader's choice of operation, day and language, and the templates filled for it.

The page that is served and the file that is exported are the same one; the file carries every language and every
agent, since there is nobody to ask for more.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup

from wolkvox_source.dashboard import days, now, people
from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.attention import TOO_LONG
from wolkvox_source.dashboard.copy import Row
from wolkvox_source.dashboard.frame import environment, frame
from wolkvox_source.dashboard.teams import Teams
from wolkvox_source.dashboard.words import Words
from wolkvox_source.errors import ConfigurationError, WolkvoxError
from wolkvox_source.language import LANGUAGES, Language

REGIONS: Mapping[str, Callable[["View"], dict[str, Any]]] = {
    "attention": now.attention,
    "now": now.now,
    "agents": now.agents,
    "auxiliary": days.auxiliary,
    "day": days.the_day,
    "month": days.month,
    "coverage": days.coverage,
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

    def __init__(self, answers: Answers, language: Language, choice: Choice, moment: datetime, *, live: bool) -> None:
        self.answers, self.words, self.choice, self.now, self.live = answers, Words(language), choice, moment, live
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
        return max(_local_day(row, "last_at") for row in self.operations)

    def days(self) -> list[date]:
        """The days that can be shown, the latest first."""
        first = min(_local_day(row, "first_at") for row in self.operations)
        return [self.last_day - timedelta(days=back) for back in range((self.last_day - first).days + 1)]

    def mine(self, rows: list[Row]) -> list[Row]:
        """Those rows that are of the operations shown."""
        shown = {row["operation"] for row in self.operations}
        return [row for row in rows if row["operation"] in shown]

    def zone(self, row: Row) -> ZoneInfo:
        return self.zones[row["operation"]]

    def as_of(self) -> str:
        """Of when the numbers of now are: each operation's latest observation."""
        looks = [
            (row["operation"], self.words.moment(row["looked_at"], self.zone(row)))
            for row in self.operations
            if row["looked_at"]
        ]
        same = len({at for _, at in looks}) == 1 and len(looks) == len(self.operations)
        each = [looks[0][1]] if same else [f"{at} ({name})" for name, at in looks]
        return self.words.say("page_as_of", moments=self.words.listed(each)) if each else ""

    def link(self, **asked: object) -> str:
        """The address of this page with something chosen otherwise."""
        chosen = {"operation": self.choice.operation, "day": self.choice.day, **asked}
        return f"?{urlencode({name: value for name, value in chosen.items() if value})}"

    def link_to(self, agent_key: str) -> str:
        """Where an agent's own page is; in a file it is an address that its script understands."""
        return f"agent{self.link(key=agent_key)}" if self.live else f"#{urlencode({'agent': agent_key})}"

    def render(self, template: str, **values: object) -> Markup:
        """A template filled with what every template may use, and with what this one wants."""
        filled = environment().get_template(template).render(**self._used(), **values)
        # a file holds every agent in every language, and a third of that were the templates' own margins
        return Markup(re.sub(r"\n[ \n]+", "\n", filled))  # noqa: S704 - the template escaped it

    def pieces(self) -> Iterator[Markup]:
        """The page in parts, each as soon as it is answered."""
        yield self.render("top.html", **now.top(self))
        yield self.render("filters.html", **now.filters(self))
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
            "searched": lambda agent: now.searched(self, agent),
            "stamp": f"{self.now:%Y-%m-%dT%H-%MZ}",
            "several": len(self.operations) > 1,
        }


def _local_day(operation: Row, moment: str) -> date:
    at: datetime = operation[moment]
    return at.astimezone(ZoneInfo(operation["timezone"])).date()


def streamed(view: View) -> Iterator[str]:
    """The page that is served, part by part."""
    yield frame("head.html", view.words, live=True)
    yield from view.pieces()
    yield frame("foot.html", view.words, others={})


def whole_page(answers: Answers, language: Language, choice: Choice, moment: datetime) -> str:
    """The page in one file, in every language: it opens in the reader's, or else in `language`."""
    views = {each: View(answers, each, choice, moment, live=False) for each in LANGUAGES}
    others = {each: Markup("").join(view.pieces()) for each, view in views.items() if each != language}
    view = views[language]
    return "".join(
        [
            frame("head.html", view.words, live=False),
            *view.pieces(),
            frame("foot.html", view.words, others=others),
        ]
    )
