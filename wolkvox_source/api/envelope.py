"""An answer's status and bytes -> its records, or the reason why there are none.

All knowledge of wolkvox's envelope is here, and no input or output. The documented envelope is
`{"code": ..., "error": null, "msg": "N records were found", "data": [...]}`; what the documentation does
not say is tolerated as far as it can be read without guessing.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from wolkvox_source.errors import (
    QUOTE_LENGTH,
    RefusedError,
    UnavailableError,
    UnconfirmedError,
    UnreadableError,
    WolkvoxError,
    quote,
)
from wolkvox_source.language import Phrase
from wolkvox_source.reports.fast_json import FlatRecords, flat_envelope

# a success spells its code in any of these ways, as int or text (https://wolkvox.com/en/api-response-codes)
SUCCESS_CODES = frozenset({"", "0", "200", "201", "202"})
NOT_FOUND = 404
_STATUS_OF_ERROR = {"BAD REQUEST": 400, "UNAUTHORIZED": 401, "FORBIDDEN": 403}

_ANNOUNCED = re.compile(r"\b([0-9]{1,9})\s+(?:records?|registros?)\b", re.IGNORECASE)
_STATUS = re.compile(r"[1-5][0-9]{2}")
_ENVELOPE = re.compile(r'\{\s*"(?:code|error|msg|data)"')


@dataclass(frozen=True, repr=False)
class Payload:
    """What wolkvox said.

    Attributes:
        status: the HTTP status
        code: the body's `code` as text, `""` where it has none
        message: the body's `msg`
        records: what the list under `data` holds; each is whatever JSON value was sent
        announced: the N of "N records were found"
        size: bytes of the body
    """

    status: int
    code: str
    message: str
    records: Sequence[Any]
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
            return _from_envelope(status, body)
        except _NotAReportError as failure:
            begins = quote(_text(body))
            if status == NOT_FOUND:
                raise RefusedError("not_wolkvox", status=status, quoted=begins, payload_bytes=len(body)) from None
            raise UnreadableError(
                "unreadable", status=status, problem=failure.problem, quoted=begins, payload_bytes=len(body)
            ) from None
    raise refusal(status, body)


@dataclass(frozen=True)
class CreatedAgent:
    """A new agent and the password that wolkvox set; no repr shows the password."""

    agent_id: str
    password: str = field(repr=False)


def read_creation(status: int, body: bytes, password: str = "") -> CreatedAgent:
    """The agent whom the answer to a creation names; `password` is the one asked for, never quoted.

    A clear no is a RefusedError, or an UnavailableError where the same request may succeed later; an answer
    that says neither yes nor no is an UnconfirmedError.
    """
    try:
        envelope = decoded(body)
        problem = Phrase("creation_unclear", {"status": status})
    except _NotAReportError as unreadable:
        envelope = None
        problem = Phrase("creation_unreadable", {"status": status, "problem": unreadable.problem})
    code = _code(envelope)
    says_yes = code in {"200", "201"}
    if 400 <= status < 500 and status != 408 and not says_yes:
        raise _creation_refusal(status, envelope, body, password)
    if status in {200, 201} and isinstance(envelope, dict):
        if says_yes:
            agents = envelope.get("data")
            agent = agents[0] if isinstance(agents, list) and agents else agents
            if isinstance(agent, dict) and _word(agent.get("agent_id")):
                return CreatedAgent(_word(agent["agent_id"]), _word(agent.get("password")))
        elif _STATUS.fullmatch(code) and 400 <= int(code) < 500 and int(code) != 408:
            raise _creation_refusal(int(code), envelope, body, password)
    # the answer may hold a password, so nothing of it is quoted
    raise UnconfirmedError("unconfirmed", status=status, problem=problem)


def read_change(status: int, body: bytes) -> None:
    """Nothing where the answer to a change says yes; errors as in `read_creation`."""
    try:
        envelope = decoded(body)
    except _NotAReportError:
        envelope = None
    code = _code(envelope)
    if status in {200, 201, 202} and code in {"200", "201", "202"}:
        return
    if 400 <= status < 500 and isinstance(envelope, dict) and code in {"400", "401", "403"}:
        raise _creation_refusal(status, envelope, body, "")
    raise UnconfirmedError("unconfirmed", status=status, problem=f"HTTP {status} without a clear yes")


def _creation_refusal(status: int, envelope: Any, body: bytes, password: str) -> WolkvoxError:
    no = _refusal(status, envelope, body)
    # only what wolkvox says in words is quoted: the rest may hold a password
    said = _said(envelope)
    if password:
        said = re.sub(re.escape(password), "…", said, flags=re.IGNORECASE)
    row_is_wrong = isinstance(no, RefusedError) and status not in {401, 403}
    key = "creation_refused" if row_is_wrong else no.reason
    return type(no)(key, status=status, code=no.code, quoted=quote(said), payload_bytes=len(body))


def refusal(status: int, body: bytes) -> WolkvoxError:
    """The error that an answer other than a success stands for; one 403 has at least four meanings."""
    try:
        envelope = decoded(body)
    except _NotAReportError:
        envelope = None
    return _refusal(status, envelope, body)


def _refusal(status: int, envelope: Any, body: bytes) -> WolkvoxError:
    words = _said(envelope) or _text(body)
    error, reason, retryable = _meaning(status, words.upper())
    return error(
        reason,
        status=status,
        code=_code(envelope)[:QUOTE_LENGTH],
        quoted=quote(words),
        payload_bytes=len(body),
        message=_said(envelope) or None,
        retryable=retryable,
    )


def _said(envelope: Any) -> str:
    if not isinstance(envelope, dict):
        return ""
    return " ".join(filter(None, (_word(envelope.get("error")), _word(envelope.get("msg")))))


def _code(envelope: Any) -> str:
    return _word(envelope.get("code")) if isinstance(envelope, dict) else ""


def _meaning(status: int, words: str) -> tuple[type[WolkvoxError], str, bool]:
    if status == 401:
        return RefusedError, "no_token", False
    if status == 403:
        # the words are those of https://wolkvox.com/en/api-response-codes
        if "SIMULTANEOUS" in words:
            return UnavailableError, "too_many_at_once", True
        if "LIMIT EXCEEDED" in words:
            return UnavailableError, "budget_spent", False
        if "TOKEN" in words:
            return RefusedError, "bad_token", False
        return UnavailableError, "maintenance", False
    if status in {408, 429} or status >= 500:
        return UnavailableError, "server_error", True
    if 300 <= status < 400:
        return RefusedError, "redirected", False
    return RefusedError, "bad_request", False


class _NotAReportError(Exception):
    """Says in a few words what is wrong with a body."""

    def __init__(self, problem: Phrase) -> None:
        self.problem = problem
        super().__init__(problem.reason)


def _from_envelope(status: int, body: bytes) -> Payload:
    envelope, size = flat_envelope(body) or decoded(body), len(body)
    if isinstance(envelope, list):
        return Payload(status, "", "", envelope, None, size)
    if not isinstance(envelope, dict):
        raise _NotAReportError(Phrase("body_no_object"))
    code, message = _code(envelope), _word(envelope.get("msg"))
    if status == NOT_FOUND:
        return Payload(status, code, message, [], None, size)
    if code not in SUCCESS_CODES:
        # some vendors' gateways answer 200 and put the real status in the body; a body's 404 is "no records" too
        if code == str(NOT_FOUND):
            return Payload(status, code, message, [], None, size)
        if _STATUS.fullmatch(code) and int(code) >= 300:
            raise _refusal(int(code), envelope, body)
        raise _NotAReportError(Phrase("body_code", {"code": quote(code, 20)}))
    if "data" not in envelope:
        raise _NotAReportError(Phrase("body_no_data"))
    records = _records(envelope["data"])
    error = _word(envelope.get("error")).upper()
    if not records and error:
        # an error that is only in the words: nothing says that the report is empty
        raise _refusal(_STATUS_OF_ERROR.get(error, 500), envelope, body)
    announced = _ANNOUNCED.search(message)
    return Payload(status, code, message, records, int(announced[1]) if announced else None, size)


def _records(data: Any) -> Sequence[Any]:
    if isinstance(data, list | FlatRecords):
        return data
    if data is None or data == "":
        return []
    if isinstance(data, dict):
        if isinstance(data.get("data"), list):
            return list(data["data"])
        # PHP writes a list whose numbering has gaps as an object: {"0": {...}, "2": {...}}
        if data and all(key.isdigit() for key in data):
            return list(data.values())
        return [data] if data else []
    raise _NotAReportError(Phrase("body_data_no_list"))


def decoded(body: bytes) -> Any:
    """The JSON value in `body`, past a BOM, latin-1 bytes and PHP warnings before it."""
    if not body.strip():
        raise _NotAReportError(Phrase("body_empty"))
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = _text(body)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if not text.lstrip().startswith(("{", "[")):
        # a PHP warning is HTML and holds brackets of its own; what stands inside an envelope that was cut is none
        begin = _ENVELOPE.search(text)
        try:
            value, _ = json.JSONDecoder().raw_decode(text, begin.start() if begin else 0)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and "data" in value and ("code" in value or "msg" in value):
            return value
    raise _NotAReportError(Phrase("body_html" if "<" in text.lstrip()[:1] else "body_no_json"))


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # PHP back ends that were never moved to UTF-8 send Windows' latin-1
        return body.decode("cp1252", errors="replace")


def _word(value: Any) -> str:
    """A scalar of the envelope as text that every warehouse stores, `""` for null."""
    text = "" if value is None else str(value)
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode().strip()
