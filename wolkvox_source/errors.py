"""What went wrong and what to do next, in words.

- WolkvoxError
    - RefusedError: fix a setting, then run again
        - ConfigurationError: a setting is missing or wrong, and wolkvox was not asked
    - UnavailableError: run again later, unchanged
    - UnreadableError: look at the answer first
    - UnconfirmedError: asked for a creation and cannot tell whether it happened
"""

from typing import Literal

from wolkvox_source.sentences import say

Outcome = Literal["changed", "unchanged", "suspicious", "empty", "refused", "unavailable", "unreadable"]

QUOTE_LENGTH = 80


def quote(text: str, length: int = QUOTE_LENGTH) -> str:
    """`text` on one line in quotation marks, cut after `length` characters; what no screen can show becomes �."""
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split()))
    return f"“{line[:length]}…”" if len(line) > length else f"“{line}”"


class WolkvoxError(Exception):
    """Something about wolkvox went wrong; `str()` is one sentence with the next step.

    Attributes:
        key: which sentence of `sentences.py` this is
        facts: what the sentence names; never a token, a password or more than 80 characters of an answer
        status: the HTTP status, where there was an answer
        code: the `code` in the answer's body as text, where there was one
        payload_bytes: the size of the answer's body, 0 without one
        retry_after: how many seconds the answer asked to wait, where it did
    """

    exit_code = 70
    outcome: Outcome = "unavailable"

    def __init__(
        self, key: str, *, status: int | None = None, code: str | None = None, payload_bytes: int = 0, **facts: object
    ) -> None:
        self.key = key
        self.status = status
        self.code = code
        self.payload_bytes = payload_bytes
        self.retry_after: float | None = None
        self.facts = facts if status is None else {**facts, "status": status}
        super().__init__(key)

    def __str__(self) -> str:
        return say(self.key, **self.facts)


class RefusedError(WolkvoxError):
    """wolkvox said no, and will say no again until a setting is changed."""

    exit_code = 77
    outcome: Outcome = "refused"


class ConfigurationError(RefusedError):
    """A setting is missing or wrong; wolkvox was not asked."""

    exit_code = 78


class UnavailableError(WolkvoxError):
    """Not now; the same request may succeed later, unchanged."""

    exit_code = 75
    outcome: Outcome = "unavailable"


class UnreadableError(WolkvoxError):
    """wolkvox answered, and the answer is not a report."""

    exit_code = 65
    outcome: Outcome = "unreadable"


class UnconfirmedError(WolkvoxError):
    """A creation was asked for, and no answer says whether it happened."""

    exit_code = 65
    outcome: Outcome = "unreadable"
