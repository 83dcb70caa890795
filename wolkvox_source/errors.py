"""What went wrong and what to do next, in words.

- WolkvoxError: a fault of this package
    - RefusedError: fix a setting, then run again
        - ConfigurationError: a setting is missing or wrong, and wolkvox was not asked
            - UsageError: the command line makes no sense
    - UnavailableError: run again later, unchanged
        - HeldError: another program holds what is needed
            - LockedError: sessions in the warehouse, which can be asked who they are
        - ClockError: this machine's clock is behind what the warehouse holds
        - SupersededError: what was observed later is loaded already
        - NothingObservedError: there is no observation to tell of yet
    - UnreadableError: look at the answer first
    - UnconfirmedError: asked for a change and cannot tell whether it happened

Code decides by the class of an error or by its attributes, never by its reason, which is for a reader.
"""

import re
from pathlib import PurePath
from typing import Any, Literal

from wolkvox_source.language import Phrase, speak

_HELD_FILE = re.compile(
    r'Could not set lock on file "([^"]*)"'
    r"(?:: Conflicting lock is held in (\S+) \(PID (\d+)\)(?: by user (\w+))?)?"
)

Outcome = Literal["changed", "unchanged", "suspicious", "empty", "refused", "unavailable", "unreadable"]
ACCEPTED: frozenset[Outcome] = frozenset({"changed", "unchanged"})

QUOTE_LENGTH = 80
SECRET = "<secret>"  # noqa: S105 - what stands in its place
# worst last, by who must act: nobody, nobody yet, the reader of the report, the administrator of the settings
SEVERITY = (0, 75, 65, 64, 70, 77, 78)


# up to the last @ of the word, since a password may hold one that nobody escaped
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^\s]+(@)")


def quote(text: str, length: int = QUOTE_LENGTH) -> str:
    """`text` on one line in quotation marks, cut after `length` characters; what no screen can show becomes �.

    A password inside an address is left out, before anything is cut.
    """
    # a page may be of 256 MB
    words = " ".join(without_passwords(text[: 100 * length]).split())
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in words)
    return f"“{line[:length]}…”" if len(line) > length else f"“{line}”"


def without_passwords(text: str) -> str:
    """The text with `<secret>` where an address in it holds a password."""
    return _URL_PASSWORD.sub(rf"\1{SECRET}\2", text)


def worst(*exit_codes: int) -> int:
    """The exit code that stands for several; 0 where there is none, and a fault of ours where one is unknown."""
    return max([0, *(code if code in SEVERITY else WolkvoxError.exit_code for code in exit_codes)], key=SEVERITY.index)


class WolkvoxError(Exception):
    """Something about wolkvox went wrong; `str()` is one sentence with the next step.

    `str()` is English; a command tells it in the language of its reader, with `Speech.tell`.

    Attributes:
        reason: the stable key of the sentence, which is also what the warehouse stores
        facts: what the sentence names; never a token, a password or more than 80 characters of an answer
        details: further sentences, each on a line of its own
        message: what wolkvox itself said in its `msg`, where there was one
        status: the HTTP status, where there was an answer
        code: the `code` in the answer's body as text, where there was one
        payload_bytes: the size of the answer's body, 0 without one
        retry_after: how many seconds the answer asked to wait, where it did
        retryable: whether the same request may succeed within seconds
        unsent: whether nothing of the request left this machine
        at_fault: what has to be put right before anything else can go on: the `place` of the warehouse or the
            `connection` to it, else None
    """

    exit_code = 70
    outcome: Outcome = "unavailable"
    details: tuple[Phrase, ...] = ()

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        code: str | None = None,
        payload_bytes: int = 0,
        message: str | None = None,
        retryable: bool = False,
        unsent: bool = False,
        at_fault: Literal["place", "connection"] | None = None,
        **facts: Any,
    ) -> None:
        self.reason = reason
        self.status = status
        self.code = code
        self.payload_bytes = payload_bytes
        self.message = message
        self.retryable = retryable
        self.unsent = unsent
        self.at_fault = at_fault
        self.retry_after: float | None = None
        self.facts: dict[str, Any] = facts if status is None else {**facts, "status": status}
        super().__init__(reason)

    def __str__(self) -> str:
        return speak("en").tell(self)

    @property
    def phrase(self) -> Phrase:
        """Its sentence, to stand inside another one."""
        return Phrase(self.reason, self.facts)


class RefusedError(WolkvoxError):
    """wolkvox said no, and will say no again until a setting is changed."""

    exit_code = 77
    outcome: Outcome = "refused"


class ConfigurationError(RefusedError):
    """A setting is missing or wrong; wolkvox was not asked."""

    exit_code = 78


class UsageError(ConfigurationError):
    """The command line makes no sense; wolkvox was not asked."""

    exit_code = 64


class UnavailableError(WolkvoxError):
    """Not now; the same request may succeed later, unchanged."""

    exit_code = 75
    outcome: Outcome = "unavailable"


class HeldError(UnavailableError):
    """Another program holds what is needed: the warehouse, a lock, or the token."""


def held_file(problem: str) -> HeldError | None:
    """The error where DuckDB says that another program holds a file, which its words name; None where they do not."""
    said = _HELD_FILE.search(problem)
    if said is None:
        return None
    path, program, pid, user = said.groups()
    who = f"{PurePath(program).name}, PID {pid}" + (f", {user}" if user else "") if program else "?"
    # nobody but a writer can be in a reader's way
    reason = "copy_held" if PurePath(path).stem.endswith("_read") else "destination_held"
    return HeldError(reason, file=PurePath(path).name, holder=who, pid=pid or "?", at_fault="place")


class LockedError(HeldError):
    """Sessions of others hold rows or tables of the warehouse, and the warehouse can be asked whose they are."""


class ClockError(UnavailableError):
    """This machine's clock is behind what the warehouse holds, so there is no time to note an observation under."""


class SupersededError(UnavailableError):
    """Another run observed the operation later and has been loaded already, so this report is none of the present."""


class NothingObservedError(UnavailableError):
    """No operation was ever observed, so there is nothing to tell."""


class UnreadableError(WolkvoxError):
    """wolkvox answered, and the answer is not a report."""

    exit_code = 65
    outcome: Outcome = "unreadable"


class UnconfirmedError(WolkvoxError):
    """A change was asked for, and no answer says whether it happened."""

    exit_code = 65
    outcome: Outcome = "unreadable"
