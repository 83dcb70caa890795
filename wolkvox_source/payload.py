"""An answer's status and bytes -> its records, or the reason why there are none.

All knowledge of wolkvox's envelope is here, and no input or output. The documented envelope is
`{"code": ..., "error": null, "msg": "N records were found", "data": [...]}`; what the documentation does
not say is tolerated as far as it can be read without guessing.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from wolkvox_source.errors import RefusedError, UnavailableError, UnconfirmedError, UnreadableError, WolkvoxError, quote

# a success spells its code in any of these ways, as int or text (https://wolkvox.com/en/api-response-codes)
SUCCESS_CODES = frozenset({"", "0", "200", "201", "202"})
NOT_FOUND = 404

_ANNOUNCED = re.compile(r"(\d+)\s+(?:records?|registros?)\b", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Payload:
    """What wolkvox said.

    Attributes:
        status: the HTTP status
        code: the body's `code` as text, `""` where it has none
        message: the body's `msg`
        records: the list under `data`; each is whatever JSON value was sent
        announced: the N of "N records were found"
        size: bytes of the body
    """

    status: int
    code: str
    message: str
    records: list[Any]
    announced: int | None
    size: int

    def __repr__(self) -> str:
        return f"Payload(status={self.status}, code={self.code!r}, records={len(self.records)})"


def read_payload(status: int, body: bytes) -> Payload:
    """What the answer to a read says; a 404 with a JSON body means no records.

    Raises a RefusedError, UnavailableError or UnreadableError where it brings no report.
    """
    if status == NOT_FOUND or 200 <= status < 300:
        try:
            return _from_envelope(status, decoded(body), len(body))
        except _NotAReportError as problem:
            begins = quote(_text(body))
            if status == NOT_FOUND:
                raise RefusedError("not_wolkvox", status=status, quoted=begins, payload_bytes=len(body)) from None
            raise UnreadableError(
                "unreadable", status=status, problem=problem, quoted=begins, payload_bytes=len(body)
            ) from None
    raise refusal(status, body)


@dataclass(frozen=True)
class CreatedAgent:
    """A new agent and the password that wolkvox set; no repr shows the password."""

    agent_id: str
    password: str = field(repr=False)


def read_creation(status: int, body: bytes) -> CreatedAgent:
    """The agent whom the answer to a creation names.

    A clear no is a RefusedError; an answer that says neither yes nor no is an UnconfirmedError.
    """
    if 400 <= status < 500 and status != 408:
        no = refusal(status, body)
        key = no.key if status in {401, 403} else "creation_refused"
        raise RefusedError(key, status=status, code=no.code, quoted=no.facts["quoted"])
    try:
        envelope = decoded(body)
    except _NotAReportError as problem:
        raise UnconfirmedError("unconfirmed", status=status, problem=f"HTTP {status}, {problem}") from None
    if status in {200, 201} and isinstance(envelope, dict):
        code = _word(envelope.get("code"))
        if code in {"200", "201"}:
            agents = envelope.get("data")
            agent = agents[0] if isinstance(agents, list) and agents else agents
            if isinstance(agent, dict) and _word(agent.get("agent_id")):
                return CreatedAgent(_word(agent["agent_id"]), _word(agent.get("password")))
        elif code.isdigit() and 400 <= int(code) < 500:
            return read_creation(int(code), body)
    # the answer may hold a password, so nothing of it is quoted
    raise UnconfirmedError("unconfirmed", status=status, problem=f"HTTP {status} without a clear yes")


def refusal(status: int, body: bytes) -> WolkvoxError:
    """The error that an answer other than a success stands for; one 403 has at least four meanings."""
    try:
        envelope = decoded(body)
    except _NotAReportError:
        envelope = None
    code, words = "", _text(body)
    if isinstance(envelope, dict):
        code = _word(envelope.get("code"))
        said = [_word(envelope.get("error")), _word(envelope.get("msg"))]
        words = " ".join(word for word in said if word) or words
    error, key = _meaning(status, words.upper())
    return error(key, status=status, code=code, quoted=quote(words), payload_bytes=len(body))


def _meaning(status: int, words: str) -> tuple[type[WolkvoxError], str]:
    if status == 401:
        return RefusedError, "no_token"
    if status == 403:
        # the words are those of https://wolkvox.com/en/api-response-codes
        if "SIMULTANEOUS" in words:
            return UnavailableError, "too_many_at_once"
        if "LIMIT EXCEEDED" in words:
            return UnavailableError, "budget_spent"
        if "TOKEN" in words:
            return RefusedError, "bad_token"
        return UnavailableError, "maintenance"
    if status in {408, 429} or status >= 500:
        return UnavailableError, "server_error"
    if 300 <= status < 400:
        return RefusedError, "redirected"
    return RefusedError, "bad_request"


class _NotAReportError(Exception):
    """Says in a few words what is wrong with a body."""


def _from_envelope(status: int, envelope: Any, size: int) -> Payload:
    if isinstance(envelope, list):
        return Payload(status, "", "", envelope, None, size)
    if not isinstance(envelope, dict):
        raise _NotAReportError(f"a JSON {type(envelope).__name__}")
    code, message = _word(envelope.get("code")), _word(envelope.get("msg"))
    if status == NOT_FOUND:
        return Payload(status, code, message, [], None, size)
    if code not in SUCCESS_CODES:
        # some vendors' gateways answer 200 and put the real status in the body; a body's 404 is "no records" too
        if code == str(NOT_FOUND):
            return Payload(status, code, message, [], None, size)
        if code.isdigit() and 300 <= int(code) < 600:
            raise refusal(int(code), orjson.dumps(envelope, default=str))
        raise _NotAReportError(f"its code is {code[:20]!r}")
    if "data" not in envelope:
        raise _NotAReportError("it has no data")
    announced = _ANNOUNCED.search(message)
    return Payload(status, code, message, _records(envelope["data"]), int(announced[1]) if announced else None, size)


def _records(data: Any) -> list[Any]:
    if data is None or data == "":
        return []
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        if isinstance(data.get("data"), list):
            return list(data["data"])
        # PHP writes a list whose numbering has gaps as an object: {"0": {...}, "2": {...}}
        if data and all(key.isdigit() for key in data):
            return list(data.values())
        return [data] if data else []
    raise _NotAReportError(f"its data is a {type(data).__name__}")


def decoded(body: bytes) -> Any:
    """The JSON value in `body`, past a BOM, latin-1 bytes and PHP warnings before it."""
    if not body.strip():
        raise _NotAReportError("the body is empty")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = _text(body)
    try:
        return json.loads(text)
    except ValueError:
        pass
    if not text.lstrip().startswith(("{", "[")):
        # a PHP warning is HTML and holds brackets of its own, so each one is tried as the beginning
        for begin in re.finditer(r"\{", text):
            try:
                value, _ = json.JSONDecoder().raw_decode(text, begin.start())
            except ValueError:
                continue
            if isinstance(value, dict) and "data" in value and ("code" in value or "msg" in value):
                return value
    raise _NotAReportError("HTML instead of JSON" if "<" in text.lstrip()[:1] else "not whole JSON")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # PHP back ends that were never moved to UTF-8 send Windows' latin-1
        return body.decode("cp1252", errors="replace")


def _word(value: Any) -> str:
    """A scalar of the envelope as text, `""` for null."""
    return "" if value is None else str(value).strip()
