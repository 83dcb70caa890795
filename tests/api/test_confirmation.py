"""Answers to changes: what is a yes, what is a documented no, and that everything else stays open."""

import base64
import html
import json
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wolkvox_source.api.confirmation import CreatedAgent, read_change, read_creation, read_new_skill
from wolkvox_source.errors import RefusedError, UnavailableError, UnconfirmedError, WolkvoxError
from wolkvox_source.language import speak

FORBIDDEN_PAGE = b"<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1></body></html>\n"


def refused(status: int, code: int | str, error: str, message: str) -> bytes:
    return json.dumps({"code": code, "error": error, "msg": message, "data": []}).encode()


def spoken(error: WolkvoxError) -> str:
    """Everything that a person or a log may get to see of an error."""
    return "".join(traceback.format_exception(error)) + str(error) + repr(error) + repr(vars(error))


CREATED = {
    "code": 201,
    "error": None,
    "msg": "Agent has been created",
    "data": [{"agent_id": "12999", "password": "Clave#2026"}],
}


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        pytest.param(201, {}, id="201"),
        pytest.param(200, {}, id="200 with a 201 in the body"),
        pytest.param(200, {"code": "200"}, id="200 in both"),
        pytest.param(201, {"code": "201"}, id="code as text"),
        pytest.param(201, {"data": {"agent_id": 12999, "password": "Clave#2026"}}, id="one object, and a number"),
    ],
)
def test_a_yes_names_the_agent_and_the_password(status: int, changed: dict[str, Any]) -> None:
    created = read_creation(status, json.dumps({**CREATED, **changed}).encode())

    assert created == CreatedAgent("12999", "Clave#2026")
    assert repr(created) == "CreatedAgent(agent_id='12999')"


def test_a_yes_without_a_password_is_a_yes() -> None:
    assert read_creation(201, b'{"code": 201, "data": [{"agent_id": "12999"}]}') == CreatedAgent("12999", "")


NO_ROW = "wolkvox did not create the agent (HTTP 400, {}): correct this row of the roster."


@pytest.mark.parametrize(
    ("status", "answer", "error", "sentence"),
    [
        pytest.param(
            400, refused(400, 400, "BAD REQUEST", "SOME PARAMETERS ARE REQUIRED"), RefusedError,
            NO_ROW.format("“BAD REQUEST SOME PARAMETERS ARE REQUIRED”"),
            id="400",
        ),
        pytest.param(
            400, refused(400, "400", "BAD REQUEST", "THE PASSWORD IS TOO WEAK"), RefusedError,
            NO_ROW.format("“BAD REQUEST”, about the password"),
            id="400 about the password",
        ),
        pytest.param(
            400, refused(400, 400, "BAD REQUEST", "EL DNI YA EXISTE"), RefusedError,
            NO_ROW.format("“BAD REQUEST”, about the document"),
            id="400 about the document",
        ),
        pytest.param(
            400, refused(400, 400, "BAD REQUEST", "THERE ARE NO AGENTS AVAILABLE"), RefusedError,
            NO_ROW.format("“BAD REQUEST”, about free agents or licences"),
            id="400 about room",
        ),
        pytest.param(
            400, refused(400, "", "BAD REQUEST", "OOPS"), RefusedError, NO_ROW.format("“BAD REQUEST”"),
            id="400 in the status alone",
        ),
        pytest.param(
            200, refused(200, "400", "BAD REQUEST", "OOPS"), RefusedError, NO_ROW.format("“BAD REQUEST”"),
            id="200 with a no in the body",
        ),
        pytest.param(
            401, refused(401, 401, "UNAUTHORIZED", "PLEASE ENTER THE WOLKVOX-TOKEN"), RefusedError,
            "wolkvox received no token (“UNAUTHORIZED PLEASE ENTER THE WOLKVOX-TOKEN”): put one in the setting `token` "
            "of this operation.",
            id="401",
        ),
        pytest.param(
            403, refused(403, 403, "FORBIDDEN", "PLEASE VALIDATE TOKEN"), RefusedError,
            "wolkvox did not accept the token (“FORBIDDEN PLEASE VALIDATE TOKEN”): create a new one in wolkvox Manager "
            "and put it in the setting `token` of this operation.",
            id="403 bad token",
        ),
        pytest.param(
            403, refused(403, 403, "FORBIDDEN", "TOKEN LIMIT EXCEEDED"), UnavailableError,
            "The operation's daily budget of requests is spent (“FORBIDDEN TOKEN LIMIT EXCEEDED”): it starts again "
            "tomorrow; until then ask less often, here and in every other program that uses this operation's tokens.",
            id="403 budget",
        ),
        pytest.param(
            403, refused(403, "403", "Forbidden", "Exceeds the limit of simultaneous requests per token (2)"),
            UnavailableError,
            "Other programs are using this token right now (“FORBIDDEN EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER "
            "TOKEN (2)”): the next run tries again; give this connector a token of its own.",
            id="403 crowd",
        ),
    ],
)  # fmt: skip
def test_a_documented_no_says_whether_to_correct_a_row_a_setting_or_nothing(
    status: int, answer: bytes, error: type[WolkvoxError], sentence: str
) -> None:
    with pytest.raises(WolkvoxError) as raised:
        read_creation(status, answer)

    assert (type(raised.value), str(raised.value)) == (error, sentence)


def test_a_no_is_told_in_spanish_without_a_word_of_english_of_ours() -> None:
    with pytest.raises(RefusedError) as raised:
        read_creation(400, refused(400, 400, "BAD REQUEST", "THE PASSWORD IS TOO WEAK"))

    assert "(HTTP 400, “BAD REQUEST”, sobre la clave)" in speak("es").tell(raised.value)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param(500, b"", id="500"),
        pytest.param(500, json.dumps(CREATED).encode(), id="500 that says yes"),
        pytest.param(504, FORBIDDEN_PAGE, id="504"),
        pytest.param(408, b"", id="408"),
        pytest.param(400, json.dumps(CREATED).encode(), id="400 that says yes"),
        pytest.param(403, json.dumps(CREATED).encode(), id="403 that says yes"),
        pytest.param(201, b"", id="201 without a body"),
        pytest.param(201, json.dumps(CREATED).encode()[:-1], id="201 cut short"),
        pytest.param(201, FORBIDDEN_PAGE, id="201 HTML"),
        pytest.param(201, json.dumps({**CREATED, "data": []}).encode(), id="201 without an agent"),
        pytest.param(201, json.dumps({**CREATED, "data": [{"agent_id": " "}]}).encode(), id="201 without an id"),
        pytest.param(201, json.dumps({**CREATED, "code": 500}).encode(), id="201 says 500"),
        pytest.param(201, json.dumps({**CREATED, "error": "FORBIDDEN"}).encode(), id="201 with an error"),
        pytest.param(201, json.dumps({**CREATED, "data": [{"agent_id": "Clave#2026"}]}).encode(), id="no digits"),
        pytest.param(201, json.dumps({**CREATED, "data": [{"agent_id": "9" * 21}]}).encode(), id="too many digits"),
        pytest.param(403, FORBIDDEN_PAGE, id="403 maintenance"),
        pytest.param(403, b"", id="403 with no words"),
        pytest.param(403, refused(403, 403, "FORBIDDEN", ""), id="403 that says no reason"),
        pytest.param(403, refused(403, 403, "FORBIDDEN", "PLEASE VALIDATE"), id="403 with half a reason"),
        pytest.param(403, refused(403, 403, "OOPS", "PLEASE VALIDATE TOKEN"), id="403 with another error"),
        pytest.param(401, b"", id="401 with no words"),
        pytest.param(400, b"", id="400 with no words"),
        pytest.param(400, b'{"code": 400}', id="400 without its error"),
        pytest.param(404, b"", id="404"),
        pytest.param(404, refused(404, 404, "NOT FOUND", "Validate dates entered"), id="404 with words"),
        pytest.param(405, refused(405, 405, "METHOD NOT ALLOWED", "METHOD NOT ALLOWED"), id="405"),
        pytest.param(409, refused(409, 409, "CONFLICT", "DUPLICATE"), id="409"),
        pytest.param(409, refused(409, 400, "BAD REQUEST", "DUPLICATE"), id="409 says 400"),
        pytest.param(429, b"", id="429"),
        pytest.param(429, refused(429, 403, "FORBIDDEN", "TOKEN LIMIT EXCEEDED"), id="429 says 403"),
        pytest.param(200, refused(200, "409", "CONFLICT", "DUPLICATE"), id="200 says 409"),
        pytest.param(500, refused(500, 400, "BAD REQUEST", "DUPLICATE"), id="500 says 400"),
        pytest.param(
            400, json.dumps({**CREATED, "code": 400, "error": "BAD REQUEST"}).encode(), id="400 that names an agent"
        ),
        pytest.param(200, json.dumps({**CREATED, "code": 408}).encode(), id="200 says 408"),
        pytest.param(301, b"", id="301"),
        pytest.param(201, b"[]", id="a list"),
    ],
)
def test_what_is_neither_yes_nor_no_is_unconfirmed(status: int, answer: bytes) -> None:
    with pytest.raises(UnconfirmedError) as raised:
        read_creation(status, answer)

    assert "Clave" not in spoken(raised.value)
    assert "run the same command again; it reads the report first and never creates anyone twice" in str(raised.value)
    assert raised.value.status == status


# every other change


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param(202, b'{"code": 202, "error": null, "msg": "12999 agent has been disabled"}', id="202"),
        pytest.param(200, b'{"code": 202, "error": null, "msg": "agent has been updated"}', id="200 with a 202"),
        pytest.param(201, b'{"code": "201", "error": "", "msg": "Removed successfully"}', id="201"),
    ],
)
def test_a_change_is_made_where_wolkvox_says_so(status: int, answer: bytes) -> None:
    read_change(status, answer)

    with pytest.raises(UnconfirmedError) as raised:
        read_change(status, answer.replace(b"20", b"50"))

    assert str(raised.value) == (
        f"It is not known whether wolkvox made the change (HTTP {status} without a clear yes or no): read the report "
        "and plan again, since the same change may have happened already."
    )


def test_a_change_that_is_refused_is_told_as_one() -> None:
    with pytest.raises(RefusedError) as raised:
        read_change(400, refused(400, 400, "BAD REQUEST", "SOME PARAMETERS ARE REQUIRED"))

    assert str(raised.value) == (
        "wolkvox did not make the change (HTTP 400, “BAD REQUEST SOME PARAMETERS ARE REQUIRED”): correct what was "
        "asked for."
    )


def test_an_agent_who_is_not_found_is_not_a_documented_no() -> None:
    with pytest.raises(UnconfirmedError):
        read_change(404, refused(404, 404, "NOT FOUND", "THE AGENT DOES NOT EXIST"))


def test_a_new_skill_names_its_id() -> None:
    assert read_new_skill(201, b'{"code": "201", "data": [{"skill_id": 4012}]}') == "4012"

    with pytest.raises(UnconfirmedError):
        read_new_skill(201, b'{"code": "201", "data": [{"skill_id": "VENTAS"}]}')


# what is never told

# a password is told apart from anything else by a word that stands in no sentence
passwords = st.text("ABCDEFGHkmnpqrstwxyz23456789", min_size=8, max_size=16).map(lambda word: f"Qj7#&{word}")


def encoded(word: str) -> str:
    return base64.b64encode(word.encode()).decode()


@settings(max_examples=200, deadline=None)
@given(
    status=st.sampled_from([200, 201, 202, 301, 400, 401, 403, 404, 408, 409, 429, 500]),
    code=st.sampled_from([200, 201, "201", 400, "403", 500, "", None, "{}"]),
    error=st.sampled_from([None, "", "BAD REQUEST", "UNAUTHORIZED", "FORBIDDEN", "{}"]),
    password=passwords,
    disguise=st.sampled_from([str, str.upper, html.escape, quote, encoded, lambda word: word[:-1]]),
    message=st.sampled_from(["", "THE PASSWORD {} IS WEAK", "x" * 70 + " {}", "{}", "PLEASE VALIDATE TOKEN {}"]),
    where=st.sampled_from(["id", "list", "object", "top", "text"]),
    end=st.none() | st.integers(0, 200),
)
def test_no_error_of_a_change_shows_a_password_in_any_disguise(
    status: int,
    code: Any,
    error: Any,
    password: str,
    disguise: Callable[[str], str],
    message: str,
    where: str,
    end: int | None,
) -> None:
    told = disguise(password)
    envelope: dict[str, Any] = {
        name: value.format(told) if isinstance(value, str) else value
        for name, value in {"code": code, "error": error, "msg": message}.items()
    }
    agent = {"agent_id": told if where == "id" else "", "password": told}
    if where == "top":
        envelope |= agent
    elif where != "text":
        envelope["data"] = agent if where == "object" else [agent]
    answer = f"<p>{told}</p>".encode() if where == "text" else json.dumps(envelope).encode()[:end]

    with pytest.raises(WolkvoxError) as raised:
        read_creation(status, answer)

    seen = spoken(raised.value).lower()
    assert told[:8].lower() not in seen
    assert told[-8:].lower() not in seen
