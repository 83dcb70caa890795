"""Sentences: both languages, the same facts, plural forms, none missing, none left over, and no English in Spanish."""

import ast
import functools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from string import Formatter
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from babel.messages import mofile, pofile

import wolkvox_source
from wolkvox_source import errors
from wolkvox_source.language import LANGUAGES, Language, Phrase, language_of_locale, restored, say, speak, stored

PACKAGE = Path(wolkvox_source.__file__).parent
SOURCES = sorted(file for file in PACKAGE.rglob("*.py") if "simulator" not in file.parts)


def catalogue(language: str) -> pofile.Catalog:
    """The catalogue of a language, as a translator's tool reads it."""
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "wolkvox.po").open("rb") as file:
        return pofile.read_po(file, abort_invalid=True)


def texts(message: Any) -> list[str]:
    """The forms of a sentence: one, or a singular and a plural."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def reason(message: Any) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


CATALOGUES = {language: catalogue(language) for language in LANGUAGES}
# each sentence's forms, English and Spanish
SENTENCES = {
    reason(message): tuple(" ".join(texts(CATALOGUES[language].get(message.id))) for language in LANGUAGES)
    for message in CATALOGUES["en"]
    if message.id
}
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}


@functools.cache
def nodes(file: Path) -> list[ast.AST]:
    """Everything that a file is made of."""
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


# what makes a sentence of a reason, or will
SAYERS = {"say", "Phrase", "Finding", *ERRORS}


def sayings() -> Iterator[tuple[str, ast.Call]]:
    """Where the package names a sentence: the place, and what it does with it."""
    for file in SOURCES:
        for node in nodes(file):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in SAYERS and node.args:
                    yield f"{file.name}:{node.lineno}", node


def facts_of(call: ast.Call) -> dict[str, ast.expr] | None:
    """The facts that a call gives; None where they are not all literal."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    for more in call.args[1:]:
        if not isinstance(more, ast.Dict):
            return None
        given |= {
            key.value if isinstance(key, ast.Constant) else None: value
            for key, value in zip(more.keys, more.values, strict=True)
        }
    return None if None in given else {str(name): value for name, value in given.items()}


def tellings() -> Iterator[tuple[str, str, dict[str, ast.expr] | None]]:
    """Where a sentence is named outright: place, key, and the facts given (None: they are not literal)."""
    for place, call in sayings():
        if isinstance(call.args[0], ast.Constant) and call.args[0].value not in {"ok", "note", "fail"}:
            yield place, call.args[0].value, facts_of(call)
    for file in SOURCES:
        for node in nodes(file):
            # the help of an option
            if isinstance(node, ast.keyword) and node.arg == "about" and isinstance(node.value, ast.Constant):
                yield f"{file.name}:{node.value.lineno}", node.value.value, {}


def patterns() -> Iterator[str]:
    """The keys that are put together where they are used, such as say(f"word_{outcome}")."""
    for _, call in sayings():
        if isinstance(call.args[0], ast.JoinedStr):
            yield "".join(
                re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in call.args[0].values
            )


def test_there_are_sentences_to_check() -> None:
    assert len(SENTENCES) > 40
    assert len(list(tellings())) > 20


def test_every_sentence_exists_in_english_and_in_spanish() -> None:
    def own_words(sentence: str) -> list[str]:
        """Without facts and names, which are the same in every language; a single word may be too."""
        return re.findall(r"[^\W\d_]+", re.sub(r"\{.*?\}|HTTP|Python", "", sentence))

    untold = [
        key
        for key, (english, spanish) in SENTENCES.items()
        if not english.strip() or not spanish.strip() or (english == spanish and len(own_words(english)) > 1)
    ]

    assert untold == []


def test_both_languages_name_the_same_facts_the_same_way() -> None:
    def facts(sentence: str) -> list[tuple[str, str | None, str | None]]:
        return sorted((fact, form, conversion) for _, fact, form, conversion in Formatter().parse(sentence) if fact)

    unlike = [key for key, (english, spanish) in SENTENCES.items() if facts(english) != facts(spanish)]

    assert unlike == []


def test_a_fact_is_a_name_and_never_a_place() -> None:
    named = {fact for pair in SENTENCES.values() for sentence in pair for fact in placeholders(sentence)}

    assert [fact for fact in named if not fact.isidentifier()] == []


def test_no_two_sentences_are_alike() -> None:
    for place, language in enumerate(LANGUAGES):
        # the page's words are a family of their own
        texts = [pair[place] for key, pair in SENTENCES.items() if not key.startswith("page_")]
        # a single word, such as the heading of a column, may serve twice
        assert [text for text in texts if texts.count(text) > 1 and " " in text] == [], language


def test_no_reason_is_written_twice() -> None:
    for language in LANGUAGES:
        po = (PACKAGE / "locale" / language / "LC_MESSAGES" / "wolkvox.po").read_text(encoding="utf-8")
        reasons = re.findall(r'^msgid "(.+)"$', po, re.MULTILINE)
        assert reasons == sorted(set(reasons)), language


def test_the_languages_have_the_same_sentences_and_a_translator_reads_the_english_beside_each() -> None:
    english, spanish = ({reason(each): each for each in CATALOGUES[language] if each.id} for language in LANGUAGES)

    assert english.keys() == spanish.keys()
    assert [
        key for key in english if " ".join(spanish[key].auto_comments).split() != texts(english[key])[-1].split()
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "wolkvox.mo").open("rb") as file:
        compiled = {reason(message): texts(message) for message in mofile.read_mo(file) if message.id}

    written = {reason(each): texts(each) for each in CATALOGUES[language] if each.id}
    assert compiled == written, "pybabel compile -d wolkvox_source/locale -D wolkvox"


def test_every_sentence_that_the_code_asks_for_exists() -> None:
    assert [(place, key) for place, key, _ in tellings() if key not in SENTENCES] == []


def test_every_sentence_that_a_template_asks_for_exists_and_gets_its_facts() -> None:
    asked = [
        (file.name, key, set(re.findall(r"(\w+)=", facts)))
        for file in PACKAGE.rglob("*.html")
        for key, facts in re.findall(
            r'say\("(page_\w+[a-z])"((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)', file.read_text()
        )
    ]

    assert len(asked) > 50
    assert [each for each in asked if each[1] not in SENTENCES] == []
    assert [each for each in asked if placeholders(SENTENCES[each[1]][0]) - each[2]] == []


def test_every_sentence_gets_the_facts_that_it_names() -> None:
    short = [
        (place, key, placeholders(SENTENCES[key][0]) - facts.keys())
        for place, key, facts in tellings()
        # `status` is an attribute of every error, and becomes a fact
        if facts is not None and key in SENTENCES and placeholders(SENTENCES[key][0]) - facts.keys()
    ]

    assert short == []


def test_every_sentence_is_used() -> None:
    used = {
        node.value
        for file in SOURCES
        for node in nodes(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    # templates name theirs in quotation marks; the last word of one may be put together where it is used
    templates = "".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.html"))
    used |= set(re.findall(r'"(page_\w+)"', templates))
    beginnings = re.findall(r'say\("(page_\w+_)" ~ ', templates)

    pattern = re.compile("|".join([*patterns(), *(rf"{beginning}\w+" for beginning in beginnings)]))
    composed = {key for key in SENTENCES if pattern.fullmatch(key)}

    assert sorted(SENTENCES.keys() - used - composed) == []


def test_every_outcome_has_a_word() -> None:
    assert {f"outcome_{outcome}" for outcome in get_args(errors.Outcome)} <= SENTENCES.keys()


NOUNS = {
    "en": "agents|records|requests|observations|versions|connections|runs|operations|packages|columns|fields|rows",
    "es": "agentes|registros|consumos|solicitudes|observaciones|versiones|conexiones|ejecuciones|operaciones|paquetes"
    "|columnas|campos|filas",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_before_a_noun_is_the_count_of_a_plural_form(language: Language) -> None:
    counted = re.compile(rf"\{{(\w+)\}} (?:{NOUNS[language]})\b(?!=)")
    wrong = []
    for message in CATALOGUES[language]:
        if message.id:
            facts = {fact for text in texts(message) for fact in counted.findall(text)}
            if facts - ({"count"} if message.pluralizable else set()):
                wrong.append((reason(message), facts))

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_two_forms_that_name_the_same_facts(language: Language) -> None:
    plurals = [message for message in CATALOGUES[language] if message.pluralizable]

    assert len(plurals) > 10
    assert [
        reason(each)
        for each in plurals
        if len(texts(each)) != 2 or placeholders(texts(each)[0]) | {"count"} != placeholders(texts(each)[1]) | {"count"}
    ] == []


def test_one_is_not_many() -> None:
    told = [speak(language).say("count_agents", count=count) for language in LANGUAGES for count in (0, 1, 2)]

    assert told == ["0 agents", "1 agent", "2 agents", "0 agentes", "1 agente", "2 agentes"]


ENGLISH = {
    *("the", "and", "is", "are", "was", "were", "of", "not", "with", "this", "that", "must", "be", "it", "from", "by"),
    *("which", "who", "nobody", "nothing", "in", "on", "at"),
}


def test_no_english_stands_in_a_spanish_sentence() -> None:
    # what stands in backticks, capitals or quotation marks is a name
    def words(sentence: str) -> set[str]:
        return set(re.findall(r"\b[a-z]+\b", re.sub(r"`.*?`|\{.*?\}|\".*?\"|--[a-z-]+", " ", sentence)))

    assert [(key, found) for key, (_, spanish) in SENTENCES.items() if (found := words(spanish) & ENGLISH)] == []


@pytest.mark.long
def test_no_fact_is_english_prose() -> None:
    """A fact that differs by language is a Phrase."""
    prose = re.compile(r"[a-z]{2,} [a-z]{2,}")
    told = [
        (place, key, name, value.value)
        for place, key, facts in tellings()
        for name, value in (facts or {}).items()
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and prose.search(value.value)
    ]

    assert told == []


def test_a_language_is_a_value_and_english_is_what_python_callers_get() -> None:
    spanish = speak("es")

    assert spanish.say("server_error", status=500, quoted="“x”").startswith("wolkvox falló de su lado (HTTP 500, “x”)")
    assert say("server_error", status=500, quoted="“x”").startswith("wolkvox failed on its side (HTTP 500, “x”)")


@pytest.mark.parametrize(
    ("seconds", "english", "spanish"),
    [
        (0, "0 seconds", "0 segundos"),
        (59.9, "59 seconds", "59 segundos"),
        (60, "1 minute", "1 minuto"),
        (3599, "59 minutes", "59 minutos"),
        (3600, "1 hour", "1 hora"),
        (11_520, "3 hours and 12 minutes", "3 horas y 12 minutos"),
        (200_000, "2 days and 7 hours", "2 días y 7 horas"),
        (-5, "0 seconds", "0 segundos"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(seconds: float, english: str, spanish: str) -> None:
    assert (speak("en").span(timedelta(seconds=seconds)), speak("es").span(timedelta(seconds=seconds))) == (
        english,
        spanish,
    )


def test_a_moment_is_told_in_its_own_zone() -> None:
    noon = datetime(2026, 3, 2, 12, 5, 7, tzinfo=timezone.utc)

    assert speak("en").moment(noon) == "Mar 2, 2026 12:05:07 UTC"
    assert speak("es").moment(noon.astimezone(ZoneInfo("America/Bogota"))) == "2 mar 2026 07:05:07"


def test_braces_in_a_fact_are_only_text() -> None:
    assert "{status} {0} {" in say("bad_request", status=400, quoted="{status} {0} {")


def test_a_key_that_is_unknown_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        say("no such sentence")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        pytest.param("es_CO.UTF-8", "es", id="Colombia"),
        pytest.param("es", "es", id="Spanish alone"),
        pytest.param("ES_mx", "es", id="in capitals"),
        pytest.param("en_US.UTF-8", "en", id="English"),
        pytest.param("et_EE.UTF-8", "en", id="Estonian"),
        pytest.param("pt_BR.UTF-8", "en", id="Portuguese"),
        pytest.param("C.UTF-8", "en", id="no country"),
        pytest.param("POSIX", "en", id="a word that holds no es"),
        pytest.param("", "en", id="empty"),
        pytest.param(None, "en", id="none"),
    ],
)
def test_the_locale_chooses_the_language(locale: str | None, language: Language) -> None:
    assert language_of_locale(locale) == language


def test_a_phrase_inside_a_sentence_is_said_in_the_language_of_the_sentence() -> None:
    problem = Phrase("server_error", {"status": 500, "quoted": "“x”"})

    assert "wolkvox falló de su lado" in speak("es").say("unexpected", problem=problem)


def test_facts_come_back_from_a_column_as_they_went_in() -> None:
    facts = {
        "operation": "ventas",
        "count": 3,
        "columns": ["agent_name", "agent_dni"],
        "at": datetime(2026, 3, 2, 12, 5, 7, tzinfo=timezone.utc),
        "age": timedelta(minutes=15),
        "problem": Phrase("server_error", {"status": 500, "quoted": "“ñ”", "at": timedelta(seconds=1.5)}),
    }

    assert restored(stored(facts)) == facts
    assert restored(None) == {}


def test_what_click_says_is_compiled_and_names_the_same_facts() -> None:
    folder = PACKAGE / "locale" / "es" / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as file:
        written = [each for each in pofile.read_po(file, abort_invalid=True) if each.id]
    with (folder / "messages.mo").open("rb") as file:
        compiled = {reason(each): texts(each) for each in mofile.read_mo(file) if each.id}

    assert compiled == {reason(each): texts(each) for each in written}
    assert [reason(each) for each in written if placeholders(reason(each)) != placeholders(texts(each)[0])] == []


@pytest.mark.parametrize("name", sorted(name for name in SENTENCES if name.startswith(("option_", "command"))))
def test_what_help_says_of_a_command_or_an_option_is_a_whole_sentence(name: str) -> None:
    for sentence in SENTENCES[name]:
        assert sentence[0] == sentence[0].upper() and sentence.endswith("."), sentence
