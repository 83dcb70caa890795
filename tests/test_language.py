"""Sentences: both languages, the same facts, none missing and none left over."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

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


def sayings() -> Iterator[tuple[str, ast.Call]]:
    """Where the package names a sentence: the place, and what it does with it."""
    for file in SOURCES:
        for node in nodes(file):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name == "say" or name in ERRORS:
                    yield f"{file.name}:{node.lineno}", node


def tellings() -> Iterator[tuple[str, str, set[str] | None]]:
    """Where a sentence is named outright: place, key, and the facts given (None: they are not literal)."""
    for place, call in sayings():
        if isinstance(call.args[0], ast.Constant):
            given = {keyword.arg for keyword in call.keywords}
            yield place, call.args[0].value, None if None in given else {fact for fact in given if fact}


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
    # a single word may be the same in both
    untold = [
        key
        for key, (english, spanish) in SENTENCES.items()
        if not english.strip() or not spanish.strip() or (english == spanish and " " in english)
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
        texts = [pair[place] for pair in SENTENCES.values()]
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
        compiled = {reason(each): texts(each) for each in mofile.read_mo(file) if each.id}

    written = {reason(each): texts(each) for each in CATALOGUES[language] if each.id}
    assert compiled == written, "pybabel compile -d wolkvox_source/locale -D wolkvox"


def test_every_sentence_that_the_code_asks_for_exists() -> None:
    assert [(place, key) for place, key, _ in tellings() if key not in SENTENCES] == []


def test_every_sentence_gets_the_facts_that_it_names() -> None:
    short = [
        (place, key, placeholders(SENTENCES[key][0]) - facts)
        for place, key, facts in tellings()
        if facts is not None and key in SENTENCES and placeholders(SENTENCES[key][0]) - facts
    ]

    assert short == []


def test_every_sentence_is_used() -> None:
    used = {
        node.value
        for file in SOURCES
        for node in nodes(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    pattern = re.compile("|".join(patterns()))
    composed = {key for key in SENTENCES if pattern.fullmatch(key)}

    assert sorted(SENTENCES.keys() - used - composed) == []


def test_english_is_spoken_until_spanish_is_asked_for() -> None:
    assert say("server_error", status=500, quoted="“x”").startswith("wolkvox failed on its side (HTTP 500, “x”)")

    speak("es")

    assert say("server_error", status=500, quoted="“x”").startswith("wolkvox falló de su lado (HTTP 500, “x”)")


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
    facts = {"operation": "ventas", "count": 3, "problem": Phrase("server_error", {"status": 500, "quoted": "“ñ”"})}

    assert restored(stored(facts)) == facts
    assert restored(None) == {}
