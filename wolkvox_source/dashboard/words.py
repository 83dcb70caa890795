"""The page's sentences, numbers, dates and spans, in English and in Spanish."""

import datetime as dt
import json
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from wolkvox_source.dashboard.copy import Row
from wolkvox_source.language import Language, Speech, restored

CATEGORIES = ("talking", "ringing", "after-call work", "ready", "auxiliary", "unknown", "logged out")
# the numbers and months of Latin America, the order of the day and the month that both languages share
_LOCALES = {"en": "en_GB", "es": "es_CO"}


class Words:
    """What a reader of one language is shown."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._speech = Speech(language)
        self._locale = Locale.parse(_LOCALES[language])

    def say(self, reason: str, /, **facts: object) -> str:
        """A sentence of the catalogues; an unknown reason is a KeyError."""
        return self._speech.say(reason, **facts)

    def tell(self, error: BaseException) -> str:
        """The sentence of an error."""
        return self._speech.tell(error)

    def category(self, name: str) -> str:
        """A status category; wolkvox's own words for statuses are not translated."""
        return self.say(f"page_category_{_key(name if name in CATEGORIES else 'unknown')}")

    def change(self, what: str) -> str:
        """What happened to an agent, as roster_changes has it."""
        return self.say(f"page_change_{_key(what)}")

    def outcome(self, name: str) -> str:
        """What came of an observation."""
        return self.say(f"page_outcome_{_key(name)}")

    def failure(self, observation: Row) -> str:
        """Why an observation brought nothing: our sentence in this language, or wolkvox's own words."""
        reason = observation.get("reason")
        if reason:
            try:
                return self.say(reason, **restored(observation.get("facts")))
            except (KeyError, json.JSONDecodeError):
                # an observation of another version of this package, whose sentence this one does not have
                return str(observation.get("message") or reason)
        return str(observation.get("message") or "")

    def number(self, value: float, digits: int = 0) -> str:
        """1,234.5 in English, 1.234,5 in Spanish."""
        return str(format_decimal(value, "#,##0" + ("." + "0" * digits if digits else ""), locale=self._locale))

    def percent(self, value: float | None) -> str:
        """A share of a hundred; 100 only where it is all of it."""
        if value is None:
            return "–"
        return f"{self.number(value)} %" if value in (0, 100) else f"{self.number(min(value, 99.9), 1)} %"

    def date(self, day: dt.date) -> str:
        """Fri 20 Nov 2026."""
        return str(format_date(day, "EEE d MMM y", self._locale)).replace(".", "")

    def short_date(self, day: dt.date) -> str:
        """20 Nov."""
        return str(format_date(day, "d MMM", self._locale)).replace(".", "")

    def weekday(self, day: dt.date) -> str:
        """Friday."""
        return str(format_date(day, "EEEE", self._locale))

    def moment(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """20 Nov 2026, 11:00 in that time zone."""
        local = moment.astimezone(zone)
        return f"{self.short_date(local.date())} {local.year}, {local:%H:%M}"

    def duration(self, seconds: float) -> str:
        """45 s, 20 min, 2 h 05 min, 3 d 4 h."""
        minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
        if minutes < 1:
            return f"{int(seconds)} s"
        if hours < 1:
            return f"{minutes} min"
        if days < 1:
            return f"{hours} h {minutes % 60:02} min" if minutes % 60 else f"{hours} h"
        return f"{self.number(days)} d {hours % 24} h" if hours % 24 else f"{self.number(days)} d"

    def between(self, least: float | None, most: float | None) -> str:
        """A span between its two bounds: 10–15 min, ≥ 20 min where the upper one is not known."""
        if least is None:
            return "–"
        if most is None:
            return f"≥ {self.duration(least)}"
        low, high = self.duration(least), self.duration(most)
        if low == high:
            return low
        return f"{least // 60:.0f}–{high}" if least >= 60 and most < 3600 else f"{low} – {high}"

    def listed(self, names: Iterable[str]) -> str:
        return ", ".join(names)


def _key(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_").lower()
