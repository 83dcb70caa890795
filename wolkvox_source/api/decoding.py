"""The bytes of a body -> the JSON value in them, whatever a PHP back end put around it."""

import json
import re
from typing import Any

import orjson

from wolkvox_source.language import Phrase

# from here on a number with a decimal point or an exponent is read as another one, and two ids would become one
ROUNDED = 2.0**53
_ENVELOPE = re.compile(r'\{\s*"(?:code|error|msg|data)"')


class NotAnEnvelopeError(Exception):
    """Says in a phrase what is wrong with a body."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.problem = Phrase(reason, facts)


def decoded(body: bytes) -> Any:
    """The JSON value in `body`, past a BOM, latin-1 bytes and PHP warnings before it."""
    if not body.strip():
        raise NotAnEnvelopeError("problem_empty")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = text_of(body)
    try:
        return exactly(text)
    except (ValueError, RecursionError):
        pass
    if not text.lstrip().startswith(("{", "[")):
        # a PHP warning is HTML and holds brackets of its own; what stands inside an envelope that was cut is none
        begin = _ENVELOPE.search(text)
        try:
            value, _ = _EXACT.raw_decode(text, begin.start() if begin else 0)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and "data" in value and ("code" in value or "msg" in value):
            return value
    raise NotAnEnvelopeError("problem_html" if text.lstrip().startswith("<") else "problem_not_json")


def exactly(text: str) -> Any:
    """The JSON value of a text, slowly, with each number that Python cannot hold as it is as the text that was sent.

    Raises a ValueError or a RecursionError where it is no JSON.
    """
    return _EXACT.decode(text)


def _number(text: str) -> float | str:
    number = float(text)
    return number if abs(number) < ROUNDED else text


# it reads whole numbers of any length
_EXACT = json.JSONDecoder(parse_float=_number, parse_constant=str)


def text_of(body: bytes) -> str:
    """A body as text, in UTF-8 or else in Windows' latin-1."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # PHP back ends that were never moved to UTF-8 send Windows' latin-1
        return body.decode("cp1252", errors="replace")
