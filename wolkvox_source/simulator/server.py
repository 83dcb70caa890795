"""Contact centres behind real sockets, with a log of requests and misbehaviour on request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType

from .faces import routes
from .wire.misbehaviour import Misbehaviour, Replaced
from .wire.queue import Queue, Turn
from .wire.sockets import Arrival, Line, Sockets
from .wire.traffic import Answer, Request, forbidden
from .world.centre import ContactCentre

# so that a simulator that runs for weeks does not fill the memory
LOG_LENGTH = 100_000


class Simulator:
    """Serves one centre or several; the token of a request chooses among them.

    Use it as a context manager. `requests` is its log, of the last 50,000 at least.
    """

    def __init__(
        self,
        centres: ContactCentre | Iterable[ContactCentre],
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        access_log: Callable[[Request], None] | None = None,
    ) -> None:
        self.centres = [centres] if isinstance(centres, ContactCentre) else list(centres)
        self.requests: list[Request] = []
        self._by_token = {token: centre for centre in self.centres for token in centre.door.tokens}
        if len(self._by_token) < sum(len(centre.door.tokens) for centre in self.centres):
            raise ValueError("Two centres of one simulator cannot share a token.")
        self._host, self._port = host, port
        self._access_log = access_log
        self._queue = Queue()
        self._sockets: Sockets | None = None
        self._opened = time.monotonic()

    @property
    def url(self) -> str:
        """Where it listens, such as http://127.0.0.1:8420."""
        return f"http://{self._host}:{self._port}"

    def __enter__(self) -> Simulator:
        """Open the socket; an OSError says that the port is taken."""
        self._sockets = Sockets(self._host, self._port, self._attend)
        self._port = self._sockets.port
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cut every connection and close the socket."""
        if self._sockets is not None:
            self._sockets.close()
            self._sockets = None

    def misbehave(
        self,
        misbehaviour: Misbehaviour | Answer,
        *,
        times: int | None = 1,
        api: str | None = None,
        token: str | None = None,
        until: datetime | None = None,
        after_effect: bool = False,
    ) -> None:
        """Do something else to the next `times` requests than answer them; an `Answer` is sent instead.

        Misbehaviours wait in a queue; each meets the requests that its `api` and `token` fit, for ever
        with `times=None`, up to a time on the centre's clock with `until`, and never after `clear()`.
        They meet only whom the door lets in: a request that has no token, a bad one, no budget or two
        others under way is refused at once. With `after_effect` the request is carried out first and
        only its answer is lost or replaced.
        """
        kind = Replaced(misbehaviour) if isinstance(misbehaviour, Answer) else misbehaviour
        self._queue.add(Turn(kind, times, api, token, after_effect, until))

    def clear(self) -> None:
        """Forget every misbehaviour; the log stays."""
        self._queue.clear()

    def _attend(self, arrival: Arrival, line: Line) -> None:
        centre = self._by_token.get(arrival.headers.get("wolkvox-token", ""), self.centres[0])
        request = Request(*arrival, at=centre.now, seconds=time.monotonic() - self._opened)
        self.requests.append(request)
        if len(self.requests) > LOG_LENGTH:
            del self.requests[: LOG_LENGTH // 2]
        try:
            self._receive(centre, request, line)
        finally:
            if self._access_log is not None:
                self._access_log(request)

    def _receive(self, centre: ContactCentre, request: Request, line: Line) -> None:
        if not request.token:
            return _refuse(line, request, routes.MISSING_TOKEN.answer(centre.code))
        if reason := centre.admit(request.token):
            return _refuse(line, request, forbidden(reason).answer(centre.code))
        turn = self._queue.take(request)
        misbehaviour, carried_out = turn.misbehaviour, turn.carries_out(request)
        try:
            planned = routes.answer(centre, request) if carried_out else UNTOUCHED
            answer = misbehaviour.instead(planned, request).encoded()
            misbehaviour.hold(line)
        finally:
            # before the first byte leaves: who has read an answer is not under way any more
            centre.release(request.token, charged=carried_out)
        if misbehaviour.silent:
            return line.close()
        request.status = answer.status
        return misbehaviour.send(line, answer)


# what is cut when the request was not carried out: an answer that says nothing yet
UNTOUCHED = Answer(200, b'{"code": ')


def _refuse(line: Line, request: Request, answer: Answer) -> None:
    request.status = answer.status
    line.send(answer)
