"""An answer's status and bytes -> its records, or the reason why there are none.

No input or output is here. The documented envelope is
`{"code": ..., "error": null, "msg": "N records were found", "data": [...]}`; what the documentation does
not say is tolerated as far as it can be read without guessing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wolkvox_source.api.decoding import ROUNDED, NotAnEnvelopeError, decoded, exactly, text_of
from wolkvox_source.api.refusals import MESSAGE_LENGTH, code_of, refusal, refusal_of, word
from wolkvox_source.errors import RefusedError, UnreadableError, quote
from wolkvox_source.reports.fast_json import FlatRecords, flat_envelope

# a success spells its code in any of these ways, as int or text (https://wolkvox.com/en/api-response-codes)
SUCCESS_CODES = frozenset({"", "0", "200", "201", "202"})
NOT_FOUND = 404
_STATUS_OF_ERROR = {"BAD REQUEST": 400, "UNAUTHORIZED": 401, "FORBIDDEN": 403}

# 1000, 1,000 in English and 1.000 in Spanish
_ANNOUNCED = re.compile(
    r"(?<![\w.,])([0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,3}(?:\.[0-9]{3}){1,2}|[0-9]{1,9})\s+(?:records?|registros?)\b",
    re.IGNORECASE,
)
_DEEPEST = 100
_STATUS = re.compile(r"[1-5][0-9]{2}")


@dataclass(frozen=True, repr=False)
class Payload:
    """What wolkvox said.

    Attributes:
        status: the HTTP status
        code: the body's `code` as text, `""` where it has none
        message: the body's `msg`, its first 500 characters
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
        except NotAnEnvelopeError as not_one:
            begins = quote(text_of(body))
            if status == NOT_FOUND:
                raise RefusedError("not_wolkvox", status=status, quoted=begins, payload_bytes=len(body)) from None
            raise UnreadableError(
                "unreadable", status=status, problem=not_one.problem, quoted=begins, payload_bytes=len(body)
            ) from None
    raise refusal(status, body)


def _from_envelope(status: int, body: bytes) -> Payload:
    envelope, size = flat_envelope(body) or decoded(body), len(body)
    if isinstance(envelope, list):
        return Payload(status, "", "", _exact(_records(envelope), body), None, size)
    if not isinstance(envelope, dict):
        raise NotAnEnvelopeError("problem_not_an_envelope")
    code, message = code_of(envelope), word(envelope.get("msg"))[:MESSAGE_LENGTH]
    if status == NOT_FOUND:
        return Payload(status, code, message, [], None, size)
    if code not in SUCCESS_CODES:
        # some vendors' gateways answer 200 and put the real status in the body; a body's 404 is "no records" too
        if code == str(NOT_FOUND):
            return Payload(status, code, message, [], None, size)
        if _STATUS.fullmatch(code) and int(code) >= 300:
            raise refusal_of(int(code), envelope, body)
        raise NotAnEnvelopeError("problem_code", code=quote(code, 20))
    if "data" not in envelope:
        raise NotAnEnvelopeError("problem_no_data")
    records = _exact(_records(envelope["data"]), body)
    error = word(envelope.get("error")).upper()
    if not records and error:
        # an error that is only in the words: nothing says that the report is empty
        raise refusal_of(_STATUS_OF_ERROR.get(error, 500), envelope, body)
    return Payload(status, code, message, records, _announced(message), size)


def _announced(message: str) -> int | None:
    found = _ANNOUNCED.search(message)
    return int(re.sub("[.,]", "", found[1])) if found else None


def _records(data: Any) -> Sequence[Any]:
    if isinstance(data, FlatRecords):
        return data
    if data is None or data == "":
        return []
    if not isinstance(data, list | dict):
        raise NotAnEnvelopeError("problem_data")
    records = _listed(data)
    if _is_too_deep(records):
        # whatever reads it later goes down by itself, and Python ends that where it likes
        raise NotAnEnvelopeError("problem_too_deep", most=_DEEPEST)
    return records


def _exact(records: Sequence[Any], body: bytes) -> Sequence[Any]:
    """The records with numbers of any length, where one was too long for the quick way to read."""
    if isinstance(records, FlatRecords) or not any(map(_is_rounded, records)):
        return records
    try:
        envelope = exactly(text_of(body))
    except (ValueError, RecursionError):
        return records
    return _records(envelope if isinstance(envelope, list) else envelope["data"])


def _is_rounded(record: Any) -> bool:
    return isinstance(record, dict) and any(
        isinstance(value, float) and abs(value) >= ROUNDED for value in record.values()
    )


def _listed(data: list[Any] | dict[str, Any]) -> list[Any]:
    if isinstance(data, list):
        return data
    if isinstance(data.get("data"), list):
        return list(data["data"])
    # PHP writes a list whose numbering has gaps as an object: {"0": {...}, "2": {...}}
    if data and all(key.isdigit() for key in data):
        return list(data.values())
    return [data] if data else []


def _is_too_deep(values: list[Any]) -> bool:
    level: list[Any] = values
    for _ in range(_DEEPEST):
        nested = [value for value in level if isinstance(value, dict | list)]
        if not nested:
            return False
        level = [inner for value in nested for inner in (value.values() if isinstance(value, dict) else value)]
    return True
