"""An answer other than a success -> the error that it stands for, in wolkvox's own words.

The words are those of https://wolkvox.com/en/api-response-codes.
"""

from typing import Any

from wolkvox_source.api.decoding import NotAnEnvelopeError, decoded, text_of
from wolkvox_source.errors import QUOTE_LENGTH, RefusedError, UnavailableError, WolkvoxError, quote

# wolkvox says a line, and what is said is stored with every observation
MESSAGE_LENGTH = 500


def refusal(status: int, body: bytes) -> WolkvoxError:
    """The error that an answer other than a success stands for; one 403 has at least four meanings."""
    try:
        envelope = decoded(body)
    except NotAnEnvelopeError:
        envelope = None
    return refusal_of(status, envelope, body)


def refusal_of(status: int, envelope: Any, body: bytes) -> WolkvoxError:
    """The same, where the envelope in `body` is known; None where there is none."""
    # a page of 256 MB says no more than its beginning
    words = _said(envelope) or text_of(body)[:MESSAGE_LENGTH]
    error, reason, retryable = meaning(status, words.upper())
    return error(
        reason,
        status=status,
        code=code_of(envelope)[:QUOTE_LENGTH],
        quoted=quote(words),
        payload_bytes=len(body),
        message=_said(envelope) or None,
        retryable=retryable,
    )


def _said(envelope: Any) -> str:
    if not isinstance(envelope, dict):
        return ""
    return " ".join(filter(None, (word(envelope.get("error")), word(envelope.get("msg")))))[:MESSAGE_LENGTH]


def code_of(envelope: Any) -> str:
    """The `code` of an envelope as text, `""` where it has none."""
    return word(envelope.get("code")) if isinstance(envelope, dict) else ""


def meaning(status: int, words: str) -> tuple[type[WolkvoxError], str, bool]:
    """The class and reason of an error, and whether asking again may help; `words` are wolkvox's, in capitals."""
    if status == 401:
        return RefusedError, "no_token", False
    if status == 403:
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


def word(value: Any) -> str:
    """A scalar of the envelope as text that every warehouse stores, `""` for null."""
    if isinstance(value, dict | list):
        return "…"
    text = "" if value is None else str(value)
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode().strip()
