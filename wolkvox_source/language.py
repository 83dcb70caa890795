"""What a person reads, in English or Spanish.

Sentences are gettext catalogues, `locale/<language>/LC_MESSAGES/wolkvox.po`. A msgid is the sentence's *reason*, the
stable key that errors carry and the warehouse stores; a sentence is made only when a person reads it. It says what
happened in the words of the domain and gives the next step. Facts are named in braces, the same in every language.
"""

import functools
import gettext
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class Phrase:
    """Words inside a sentence that differ by language: a reason and its facts, said when the sentence is."""

    reason: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Speech:
    """Says sentences in one language, `en` or `es`."""

    language: Language

    def say(self, reason: str, /, **facts: object) -> str:
        """The sentence of a reason with its facts; the fact `count` chooses its plural.

        Raises a KeyError for an unknown reason.
        """
        catalogue = _catalogue(self.language)
        count = facts.get("count")
        sentence = catalogue.ngettext(reason, reason, count) if isinstance(count, int) else reason
        if sentence == reason:
            sentence = catalogue.gettext(reason)
        if sentence == reason:
            raise KeyError(reason)
        return sentence.format(**{name: self._told(fact) for name, fact in facts.items()})

    def tell(self, error: BaseException) -> str:
        """The sentence of one of our errors; the text of any other."""
        reason = getattr(error, "reason", None)
        return str(error) if reason is None else self.say(reason, **getattr(error, "facts", {}))

    def phrase(self, phrase: Phrase) -> str:
        """The sentence of a phrase."""
        return self.say(phrase.reason, **phrase.facts)

    def _told(self, fact: object) -> Any:
        if isinstance(fact, Phrase):
            return self.phrase(fact)
        if isinstance(fact, list | tuple):
            return ", ".join(str(self._told(each)) for each in fact)
        return fact


@functools.cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    file = files("wolkvox_source").joinpath(f"locale/{language}/LC_MESSAGES/wolkvox.mo")
    with file.open("rb") as compiled:
        return gettext.GNUTranslations(compiled)


_spoken = Speech("en")


def speak(language: Language) -> Speech:
    """The value that says sentences in a language."""
    global _spoken
    _spoken = Speech(language)
    return _spoken


def say(reason: str, /, **facts: object) -> str:
    """The sentence of a reason in English. An unknown reason is a KeyError."""
    return _spoken.say(reason, **facts)


def language_of_locale(locale: str | None) -> Language:
    """The language for a POSIX locale name such as `es_CO.UTF-8`; English where it is not Spanish."""
    return "es" if (locale or "").lower().startswith("es") else "en"


def stored(facts: Mapping[str, object]) -> str:
    """Facts as JSON for a column; a phrase is an object with `reason` and `facts`, a moment is ISO 8601 text."""
    return json.dumps(dict(facts), ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(fact: object) -> object:
    return {"reason": fact.reason, "facts": dict(fact.facts)} if isinstance(fact, Phrase) else str(fact)


def restored(column: str | None) -> dict[str, object]:
    """The facts of a column that `stored` made; none for NULL."""
    facts: dict[str, object] = json.loads(column, object_hook=_phrase) if column else {}
    return facts


def _phrase(value: dict[str, Any]) -> object:
    return Phrase(value["reason"], value["facts"]) if value.keys() == {"reason", "facts"} else value
