"""The answer to a change -> what was changed, or the error that says why not, or that nobody can tell.

Only what wolkvox documents as a no is one; whatever else is neither a yes nor that leaves open whether the change
happened. Such answers may repeat a password in any disguise, so nothing of them is quoted but phrases known here.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from wolkvox_source.api.decoding import NotAnEnvelopeError, decoded
from wolkvox_source.api.refusals import code_of, meaning, word
from wolkvox_source.errors import RefusedError, UnconfirmedError, WolkvoxError, quote
from wolkvox_source.language import Phrase

# https://wolkvox.com/en/api-response-codes; the others of a 400 are each api's own, and not documented
_ERRORS = {"400": "BAD REQUEST", "401": "UNAUTHORIZED", "403": "FORBIDDEN"}
_PHRASES = (
    "SOME PARAMETERS ARE REQUIRED",
    "THE API YOU WANT TO CONSULT DOES NOT EXIST",
    "PLEASE ENTER THE WOLKVOX-TOKEN",
    "PLEASE VALIDATE TOKEN",
    "TOKEN LIMIT EXCEEDED",
    "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)",
)
# what a message that must not be quoted seems to be about
_SUBJECTS = (
    ("refused_for_password", ("PASS", "CLAVE", "CONTRASE")),
    ("refused_for_document", ("DNI", "DOCUMENT", "ALREADY", "DUPLICATE", "YA EXISTE")),
    ("refused_for_room", ("AVAILABLE", "LICEN", "DISPONIBLE", "LIMIT")),
)
_ID = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True)
class Change:
    """What is asked for, and its sentences for a no and for an answer that is neither."""

    refused: str
    unconfirmed: str


CREATION = Change("creation_refused", "unconfirmed")
ANY_OTHER = Change("change_refused", "unconfirmed_change")


@dataclass(frozen=True)
class CreatedAgent:
    """A new agent and the password that wolkvox set; no repr shows the password."""

    agent_id: str
    password: str = field(repr=False)


def read_creation(status: int, body: bytes) -> CreatedAgent:
    """The agent whom the answer to a creation names.

    A documented no is a RefusedError, or an UnavailableError where the same request may succeed later; an answer
    that says neither yes nor no is an UnconfirmedError.
    """
    agent = _first(_accepted(CREATION, status, body))
    agent_id = word(agent.get("agent_id"))
    if not _ID.fullmatch(agent_id):
        raise unconfirmed(CREATION, status)
    return CreatedAgent(agent_id, word(agent.get("password")))


def read_new_skill(status: int, body: bytes) -> str:
    """The skill_id that the answer to a new skill names; errors as in `read_change`."""
    skill_id = word(_first(_accepted(ANY_OTHER, status, body)).get("skill_id"))
    if not _ID.fullmatch(skill_id):
        raise unconfirmed(ANY_OTHER, status)
    return skill_id


def read_change(status: int, body: bytes) -> None:
    """Nothing where wolkvox says that it made the change.

    A documented no is a RefusedError, or an UnavailableError where the same request may succeed later; an answer
    that says neither yes nor no is an UnconfirmedError.
    """
    _accepted(ANY_OTHER, status, body)


def unconfirmed(change: Change, status: int | None = None, problem: Phrase | None = None) -> UnconfirmedError:
    """The error of a change that was asked for, and of which nobody can tell whether it happened."""
    if problem is None:
        problem = Phrase("problem_no_answer") if status is None else Phrase("problem_unclear", {"status": status})
    return UnconfirmedError(change.unconfirmed, status=status, problem=problem)


def _accepted(change: Change, status: int, body: bytes) -> dict[str, Any]:
    """The envelope of an answer that says yes."""
    try:
        envelope = decoded(body)
    except NotAnEnvelopeError:
        raise unconfirmed(change, status) from None
    if not isinstance(envelope, dict):
        raise unconfirmed(change, status)
    code = code_of(envelope) or (str(status) if status >= 400 else "")
    if status in {200, 201, 202} and code in {"200", "201", "202"} and not word(envelope.get("error")):
        return envelope
    if status in {200, int(code) if code in _ERRORS else 200} and _is_documented_no(code, envelope):
        raise _refusal(change, code, envelope, len(body))
    raise unconfirmed(change, status)


def _is_documented_no(code: str, envelope: dict[str, Any]) -> bool:
    error = word(envelope.get("error")).upper()
    if error not in {"", _ERRORS.get(code)} or _first(envelope):
        return False
    # one 403 has several meanings, and wolkvox's maintenance says none of them
    return _phrase(envelope) is not None or (code, error) == ("400", _ERRORS["400"])


def _refusal(change: Change, code: str, envelope: dict[str, Any], size: int) -> WolkvoxError:
    phrase = _phrase(envelope)
    error, reason, _ = meaning(int(code), phrase or "")
    if code == "400":
        error, reason = RefusedError, change.refused
    quoted = quote(" ".join(filter(None, (_ERRORS[code], phrase))))
    subject = None if phrase else _subject(envelope)
    said: str | Phrase = Phrase(subject, {"quoted": quoted}) if subject else quoted
    return error(reason, status=int(code), code=code, quoted=said, payload_bytes=size)


def _phrase(envelope: dict[str, Any]) -> str | None:
    said = word(envelope.get("msg")).upper()
    return said if said in _PHRASES else None


def _subject(envelope: dict[str, Any]) -> str | None:
    said = word(envelope.get("msg")).upper()
    return next((subject for subject, words in _SUBJECTS if any(each in said for each in words)), None)


def _first(envelope: dict[str, Any]) -> dict[str, Any]:
    """The one record of an envelope; empty where there is none."""
    data = envelope.get("data")
    record = data[0] if isinstance(data, list) and data else data
    return record if isinstance(record, dict) else {}
