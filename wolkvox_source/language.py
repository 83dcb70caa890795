"""What a person reads, in English or Spanish.

Sentences are gettext catalogues, `locale/<language>/LC_MESSAGES/wolkvox.po`. A msgid is the sentence's *reason*, the
stable key that errors carry and the warehouse stores; a sentence is made only when a person reads it. It says what
happened in the words of the domain and gives the next step. Facts are named in braces, the same in every language.
"""

import functools
import gettext
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LOCALES = Path(__file__).with_name("locale")

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
_SPAN = re.compile(r"PT([0-9.]+)S")
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


@dataclass(frozen=True)
class Phrase:
    """Words that differ by language: a reason and its facts. `str()` is English, `Speech.tell` any language."""

    reason: str
    facts: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return say(self.reason, **self.facts)


@dataclass(frozen=True)
class Speech:
    """Says sentences in one language, `en` or `es`."""

    language: Language

    def say(self, reason: str, /, **facts: object) -> str:
        """The sentence of a reason with its facts; the fact `count` chooses its plural.

        A fact that is a Phrase, a moment (an aware datetime), a span (a timedelta) or a list of these is said in the
        same language. Raises a KeyError for an unknown reason.
        """
        sentence = self._sentence(reason, facts.get("count"))
        return sentence.format(**{name: self._told(fact) for name, fact in facts.items()})

    def tell(self, told: BaseException | Phrase) -> str:
        """The sentence of a phrase or of one of our errors, with its details below it; the text of any other error."""
        reason = getattr(told, "reason", None)
        if reason is None:
            return str(told)
        said = self.say(reason, **getattr(told, "facts", {}))
        return "\n".join([said, *map(self.tell, getattr(told, "details", ()))])

    def moment(self, at: datetime) -> str:
        """A date and time to the second, in its own zone; UTC says so."""
        from babel.dates import format_date

        zone = " UTC" if at.tzname() == "UTC" else ""
        return f"{format_date(at, 'medium', locale=self.language)} {at:%H:%M:%S}{zone}"

    def span(self, length: timedelta) -> str:
        """A length of time in its two largest units; seconds only below a minute."""
        from babel.lists import format_list
        from babel.units import format_unit

        left = max(0, int(length.total_seconds()))
        largest = next((n for n, (_, seconds) in enumerate(_UNITS) if left >= seconds), len(_UNITS) - 1)
        parts: list[str] = []
        for unit, seconds in _UNITS[largest : largest + (1 if largest > 1 else 2)]:
            number, left = divmod(left, seconds)
            if number or not parts:
                parts.append(format_unit(number, f"duration-{unit}", locale=self.language))
        return str(format_list(parts, locale=self.language))

    def _sentence(self, reason: str, count: object) -> str:
        catalogue = _catalogue(self.language)
        said = reason
        if isinstance(count, int) and not isinstance(count, bool):
            said = catalogue.ngettext(reason, reason, count)
        if said == reason:
            said = catalogue.gettext(reason)
        if said == reason:
            raise KeyError(reason)
        return said

    def _told(self, fact: object) -> Any:
        if isinstance(fact, Phrase):
            return self.tell(fact)
        if isinstance(fact, datetime) and fact.tzinfo is not None:
            return self.moment(fact)
        if isinstance(fact, timedelta):
            return self.span(fact)
        if isinstance(fact, list | tuple):
            return ", ".join(str(self._told(each)) for each in fact)
        return fact


@functools.cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    with (LOCALES / language / "LC_MESSAGES" / "wolkvox.mo").open("rb") as compiled:
        return gettext.GNUTranslations(compiled)


_ENGLISH = Speech("en")


def speak(language: Language) -> Speech:
    """The value that says sentences in a language."""
    return Speech(language)


def say(reason: str, /, **facts: object) -> str:
    """The sentence of a reason in English, which Python callers and logs get. An unknown reason is a KeyError."""
    return _ENGLISH.say(reason, **facts)


def language_of_locale(locale: str | None) -> Language:
    """The language for a POSIX locale name such as `es_CO.UTF-8`; English where it is not Spanish."""
    return "es" if (locale or "").lower().startswith("es") else "en"


def stored(facts: Mapping[str, object]) -> str:
    """Facts as JSON for a column; a phrase is an object with `reason` and `facts`, times and spans are ISO 8601."""
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(fact: object) -> object:
    if isinstance(fact, Phrase):
        return {"reason": fact.reason, "facts": dict(fact.facts)}
    if isinstance(fact, datetime):
        return fact.astimezone(timezone.utc).isoformat()
    return f"PT{fact.total_seconds():g}S" if isinstance(fact, timedelta) else str(fact)


def restored(column: str | None) -> dict[str, object]:
    """The facts of a column that `stored` made; none for NULL."""
    facts = json.loads(column, object_hook=_phrase) if column else {}
    return {name: _typed(fact) for name, fact in facts.items()}


def _phrase(value: dict[str, Any]) -> object:
    if value.keys() != {"reason", "facts"}:
        return value
    return Phrase(value["reason"], {name: _typed(fact) for name, fact in value["facts"].items()})


def _typed(fact: object) -> object:
    if isinstance(fact, list):
        return [_typed(each) for each in fact]
    # what wolkvox said stands in quotation marks, so nothing else looks like this
    if isinstance(fact, str) and _MOMENT.fullmatch(fact):
        return datetime.fromisoformat(fact)
    if isinstance(fact, str) and (span := _SPAN.fullmatch(fact)):
        return timedelta(seconds=float(span[1]))
    return fact
