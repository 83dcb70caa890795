"""Misbehaviours that wait for the requests that they fit."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from .misbehaviour import Misbehaviour
from .traffic import Request


@dataclass
class Turn:
    """One misbehaviour in the queue: how often, to whom and until when it happens."""

    misbehaviour: Misbehaviour
    times: int | None = 1
    api: str | None = None
    token: str | None = None
    after_effect: bool = False
    until: datetime | None = None

    def fits(self, request: Request) -> bool:
        """Whether it is meant for this request."""
        return (
            self.api in (None, request.api)
            and self.token in (None, request.token)
            and (self.until is None or request.at < self.until)
        )

    def carries_out(self, request: Request) -> bool:
        """Whether the request has its effect in the world."""
        return self.after_effect or request.method in self.misbehaviour.carries_out


GOOD_BEHAVIOUR = Turn(Misbehaviour(), times=None)


class Queue:
    """First come, first served."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._lock = threading.Lock()

    def add(self, turn: Turn) -> None:
        """Put one at the end."""
        with self._lock:
            self._turns.append(turn)

    def take(self, request: Request) -> Turn:
        """The first that fits a request, or good behaviour."""
        with self._lock:
            turn = next((turn for turn in self._turns if turn.fits(request)), GOOD_BEHAVIOUR)
            if turn.times is not None:
                turn.times -= 1
                if turn.times <= 0:
                    self._turns.remove(turn)
            return turn

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._turns.clear()
