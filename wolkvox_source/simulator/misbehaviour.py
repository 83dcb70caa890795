"""What a server does to its clients besides answering, queued until the next request that it fits."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .traffic import Answer, Request


@dataclass
class Misbehaviour:
    """What happens to the next `times` requests (None: to all), perhaps only to one api or token.

    With `after_effect` a request is carried out in the world although its answer is lost or
    replaced; without, a change asked for is not made.
    """

    times: int | None = 1
    api: str | None = None
    token: str | None = None
    after_effect: bool = False
    answer: Answer | None = None
    seconds: float = 0.0
    hangs: bool = False
    cut_after: int | None = None
    refuses: bool = False
    records: int | None = None

    def fits(self, request: Request) -> bool:
        """Whether it is meant for this request."""
        return self.api in (None, request.api) and self.token in (None, request.token)

    def lets_through(self, request: Request) -> bool:
        """Whether the request is carried out in the world."""
        if self.after_effect:
            return True
        if self.cut_after is not None:
            return request.method == "GET"
        return not (self.answer or self.hangs or self.refuses)


class Misbehaviours:
    """The queue of them, first come first served."""

    def __init__(self) -> None:
        self._queue: list[Misbehaviour] = []
        self._lock = threading.Lock()

    def add(self, misbehaviour: Misbehaviour) -> None:
        """Put one at the end."""
        with self._lock:
            self._queue.append(misbehaviour)

    def take(self, request: Request) -> Misbehaviour:
        """The first that fits a request, or one that does nothing."""
        with self._lock:
            for misbehaviour in self._queue:
                if misbehaviour.fits(request):
                    self._count(misbehaviour)
                    return misbehaviour
        return Misbehaviour()

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._queue.clear()

    def _count(self, misbehaviour: Misbehaviour) -> None:
        if misbehaviour.times is not None:
            misbehaviour.times -= 1
            if misbehaviour.times <= 0:
                self._queue.remove(misbehaviour)
