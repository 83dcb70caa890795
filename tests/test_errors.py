"""Errors: one tree, sentences that can be acted on, and nothing in them that must not be there."""

import ast
import copy
import pickle
import re
import traceback
from pathlib import Path

import pytest

import wolkvox_source
from wolkvox_source import errors
from wolkvox_source.api.confirmation import read_creation
from wolkvox_source.api.envelope import read_payload
from wolkvox_source.errors import (
    ClockError,
    ConfigurationError,
    HeldError,
    LockedError,
    NothingObservedError,
    RefusedError,
    SupersededError,
    UnavailableError,
    UnconfirmedError,
    UnreadableError,
    UsageError,
    WolkvoxError,
    quote,
    worst,
)
from wolkvox_source.language import speak

PACKAGE = Path(wolkvox_source.__file__).parent

# seen inside one folder alone, and never by a caller
PRIVATE = {
    "NotAnEnvelopeError",  # decoding.py, becomes one of ours before it leaves
    "HoursError",  # hours.py, becomes a ConfigurationError or one of the problems of a file
    "ListError",  # lists.py, becomes a WantedError or a ShiftsError, each with sentences of its own
    "_WrongError",  # planned.py, becomes one of the problems of a file of shifts
    "_TakeBackError",  # doctor.py, undoes what it tried in the destination
    "Refusal",  # the simulator's, becomes an HTTP answer
}

TREE = {error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, Exception)}


def test_every_exception_of_the_package_is_a_wolkvox_error() -> None:
    ours = {error.__name__ for error in TREE}
    strangers = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                is_exception = any(re.search(r"(Error|Exception|Warning|Interrupt|Exit)$", base) for base in bases)
                if is_exception and not bases & ours and node.name != "WolkvoxError":
                    strangers.add(node.name)

    assert strangers == PRIVATE


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for indent, name in re.findall(r"^( *)- (\w+)", str(errors.__doc__), re.MULTILINE):
        depth = len(indent) // 4
        above[depth:] = [name]
        drawn[name] = above[depth - 1] if depth else "Exception"

    assert drawn == {error.__name__: error.__base__.__name__ for error in TREE if error.__base__}


@pytest.mark.parametrize(
    ("error", "exit_code", "outcome"),
    [
        (WolkvoxError, 70, "unavailable"),
        (RefusedError, 77, "refused"),
        (ConfigurationError, 78, "refused"),
        (UsageError, 64, "refused"),
        (UnavailableError, 75, "unavailable"),
        (HeldError, 75, "unavailable"),
        (LockedError, 75, "unavailable"),
        (ClockError, 75, "unavailable"),
        (SupersededError, 75, "unavailable"),
        (NothingObservedError, 75, "unavailable"),
        (UnreadableError, 65, "unreadable"),
        (UnconfirmedError, 65, "unreadable"),
    ],
)
def test_an_error_says_how_the_program_ends(error: type[WolkvoxError], exit_code: int, outcome: str) -> None:
    assert (error.exit_code, error.outcome) == (exit_code, outcome)


def test_every_error_has_an_exit_code_that_a_test_knows() -> None:
    assert len(TREE) == 12


@pytest.mark.parametrize(("codes", "worst_of_them"), [((), 0), ((0, 75), 75), ((78, 77, 65), 78), ((0, 1), 70)])
def test_the_worst_of_several_codes_stands_for_them(codes: tuple[int, ...], worst_of_them: int) -> None:
    assert worst(*codes) == worst_of_them


def test_an_error_is_its_sentence_and_its_facts_are_attributes() -> None:
    error = UnavailableError("server_error", status=502, code="502", payload_bytes=7, quoted="“bad”")

    assert str(error) == (
        "wolkvox failed on its side (HTTP 502, “bad”): the next run tries again; if it lasts more than an hour, "
        "ask wolkvox support."
    )
    assert (error.reason, error.status, error.code, error.payload_bytes) == ("server_error", 502, "502", 7)
    assert error.facts == {"quoted": "“bad”", "status": 502}
    assert error.retry_after is None
    assert repr(error) == "UnavailableError('server_error')"


def test_an_error_is_told_in_the_language_of_its_reader() -> None:
    error = UnavailableError("token_in_use", seconds=180)

    assert str(error).startswith("Another process")
    assert speak("es").tell(error) == (
        "Otro proceso de este equipo lleva más de 180 s usando este token: la próxima ejecución lo intenta de nuevo."
    )


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
def test_an_error_survives_the_way_to_another_process(again: object) -> None:
    error = UnavailableError("server_error", status=502, quoted="“bad”")
    error.retry_after = 3.0

    same = again(error)  # type: ignore[operator]

    assert (type(same), str(same), same.status, same.retry_after) == (UnavailableError, str(error), 502, 3.0)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param("", "“”", id="nothing"),
        pytest.param("  two\n\n words\t ", "“two words”", id="on one line"),
        pytest.param("x" * 80, f"“{'x' * 80}”", id="80 characters"),
        pytest.param("x" * 81, f"“{'x' * 80}…”", id="81 characters"),
        pytest.param("NO\x1b[31mRED\0", "“NO�[31mRED�”", id="nothing that moves a terminal"),
        pytest.param("a\ud800b", "“a�b”", id="half a character"),
        pytest.param("ñandú", "“ñandú”", id="Spanish"),
        pytest.param("mysql://u:PW@h/db", "“mysql://u:<secret>@h/db”", id="a password in an address"),
        pytest.param("no mysql://u:p@W@h", "“no mysql://u:<secret>@h”", id="a password with an @"),
        pytest.param(f"pg://u:{'W' * 90}@h", "“pg://u:<secret>@h”", id="a password where it would be cut"),
        pytest.param("http://h:80/a b@c", "“http://h:80/a b@c”", id="a port is none"),
        pytest.param("z" * 50_000_000, f"“{'z' * 80}…”", id="a page of 50 MB"),
    ],
)
def test_a_quotation_is_one_short_line(text: str, quoted: str) -> None:
    assert quote(text) == quoted


BODIES = [
    pytest.param(b"z" * 5000, id="text"),
    pytest.param(b"<p>" + b"z" * 5000, id="HTML"),
    pytest.param(b'{"code": "403", "error": "FORBIDDEN", "msg": "' + b"z" * 5000 + b'"}', id="message"),
    pytest.param(b'{"code": "' + b"z" * 5000 + b'", "msg": "", "data": []}', id="code"),
    pytest.param(b'{"code": "200", "data": "' + b"z" * 5000 + b'"}', id="data"),
]


@pytest.mark.parametrize("read", [read_payload, read_creation])
@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 408, 429, 500])
@pytest.mark.parametrize("body", BODIES)
def test_no_error_holds_more_than_80_characters_of_an_answer(read: object, status: int, body: bytes) -> None:
    try:
        read(status, body)  # type: ignore[operator]
    except WolkvoxError as error:
        spoken = "".join(traceback.format_exception(error)) + repr(error) + repr(error.facts) + str(error.code)
        assert max(map(len, re.findall("z+", spoken)), default=0) <= 80
    else:
        # only a 404 with an envelope is no error here: it means no records
        assert (read, status) == (read_payload, 404)
