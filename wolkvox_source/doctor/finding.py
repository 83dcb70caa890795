"""What an examination finds, one line at a time."""

from dataclasses import dataclass
from typing import Literal

from wolkvox_source.errors import WolkvoxError, quote
from wolkvox_source.language import Phrase


@dataclass(frozen=True)
class Finding:
    """One line of an examination, and what belongs below it; only a `fail` has an exit code."""

    state: Literal["ok", "note", "fail"]
    phrase: Phrase
    details: tuple[str | Phrase, ...] = ()
    exit_code: int = 0


def failed(failure: Exception) -> Finding:
    """What kept an examination from going on."""
    try:
        from wolkvox_source.warehouse.failures import in_words

        error = in_words(failure)
    except ImportError:
        # a library that is too broken to be imported
        error = WolkvoxError("unexpected", problem=quote(f"{type(failure).__name__}: {failure}"))
    return Finding("fail", error.phrase, (), error.exit_code)
