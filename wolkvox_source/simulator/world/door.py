"""Who may ask: tokens, two requests at a time for each, and one daily budget for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

NOT_VALID = "PLEASE VALIDATE TOKEN"
TOO_MANY_TODAY = "TOKEN LIMIT EXCEEDED"
TOO_MANY_AT_ONCE = "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)"


class Door:
    """Counts what the tokens of one operation ask; not safe without the centre's lock.

    A request that is let in costs one of the day's budget; one that is turned away costs nothing.
    """

    def __init__(self, tokens: Sequence[str], limit: int, at_once: int) -> None:
        self.tokens = tuple(tokens)
        self.limit = limit
        self._at_once = at_once
        self._inside: Counter[str] = Counter()
        self._day = date.min
        self._spent: Counter[str] = Counter()

    def enter(self, token: str, today: date) -> str | None:
        """Let a request in and charge it, or say why not in the vendor's words."""
        if token not in self.tokens:
            return NOT_VALID
        if self._inside[token] >= self._at_once:
            return TOO_MANY_AT_ONCE
        if self.spent(today) >= self.limit:
            return TOO_MANY_TODAY
        self._inside[token] += 1
        self._spent[token] += 1
        return None

    def leave(self, token: str) -> None:
        """Let the next one in."""
        self._inside[token] -= 1

    def charge(self, token: str, requests: int, today: date) -> None:
        """Count so many requests of a token; a negative number gives them back."""
        self.spent(today)
        self._spent[token] = max(0, self._spent[token] + requests)

    def spent(self, today: date, token: str | None = None) -> int:
        """What one token, or all of them, asked on that local day."""
        # the vendor does not say when the count starts again; local midnight is assumed
        if today != self._day:
            self._day = today
            self._spent.clear()
        return self._spent.total() if token is None else self._spent[token]
