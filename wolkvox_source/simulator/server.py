"""Contact centres behind real sockets, with a log of requests and misbehaviour on request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType

from . import answers
from .centre import ContactCentre
from .misbehaviour import Misbehaviour, Misbehaviours
from .refusal import forbidden
from .sockets import Arrival, Line, Sockets
from .traffic import Answer, Request


class Simulator:
    """Serves one centre or several; the token of a request chooses among them.

    Use it as a context manager. Misbehaviours wait in a queue; each meets the next `times` requests
    that its `api` and `token` fit (`times=None`: until `clear()`) and that the door lets in: who has
    no token, a bad one, no budget or two requests under way is refused at once. With `after_effect`
    the request is carried out first and only its answer is lost or replaced.
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
        self._misbehaviours = Misbehaviours()
        self._maintenance = False
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

    def answer(
        self,
        status: int,
        body: bytes | str | Mapping[str, object] = b"",
        *,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        api: str | None = None,
        token: str | None = None,
        after_effect: bool = False,
    ) -> None:
        """Answer with a status and a body of your choice."""
        content = body.encode() if isinstance(body, str) else body
        instead = Answer(status, content, headers or {})
        self._misbehaviours.add(Misbehaviour(times, api, token, after_effect, answer=instead))

    def delay(
        self,
        seconds: float,
        *,
        times: int | None = 1,
        api: str | None = None,
        token: str | None = None,
    ) -> None:
        """Carry the request out, and answer late; the token is busy in the meantime."""
        self._misbehaviours.add(Misbehaviour(times, api, token, seconds=seconds))

    def hang(
        self,
        *,
        times: int | None = 1,
        api: str | None = None,
        token: str | None = None,
        after_effect: bool = False,
    ) -> None:
        """Accept the request and never answer, until the client or the simulator goes away."""
        self._misbehaviours.add(Misbehaviour(times, api, token, after_effect, hangs=True))

    def cut(
        self,
        after_bytes: int = 100,
        *,
        times: int | None = 1,
        api: str | None = None,
        token: str | None = None,
        after_effect: bool = False,
    ) -> None:
        """Cut the connection after so many bytes of the body, or halfway through a shorter one."""
        self._misbehaviours.add(Misbehaviour(times, api, token, after_effect, cut_after=after_bytes))

    def refuse_connection(
        self,
        *,
        times: int | None = 1,
        api: str | None = None,
        token: str | None = None,
        after_effect: bool = False,
    ) -> None:
        """Close the connection without a byte."""
        self._misbehaviours.add(Misbehaviour(times, api, token, after_effect, refuses=True))

    def truncate_list(
        self,
        records: int,
        *,
        times: int | None = 1,
        api: str | None = None,
        token: str | None = None,
    ) -> None:
        """Send only so many records, while the message still announces all of them."""
        self._misbehaviours.add(Misbehaviour(times, api, token, records=records))

    def maintenance(self, on: bool = True) -> None:
        """Answer everything with a 403 that is not JSON, as during the vendor's backups."""
        self._maintenance = on

    def clear(self) -> None:
        """Forget every misbehaviour and the maintenance; the log stays."""
        self._misbehaviours.clear()
        self._maintenance = False

    def _attend(self, arrival: Arrival, line: Line) -> None:
        centre = self._by_token.get(arrival.headers.get("wolkvox-token", ""), self.centres[0])
        request = Request(*arrival, at=centre.now, seconds=time.monotonic() - self._opened)
        self.requests.append(request)
        try:
            self._receive(centre, request, line)
        finally:
            if self._access_log is not None:
                self._access_log(request)

    def _receive(self, centre: ContactCentre, request: Request, line: Line) -> None:
        if self._maintenance:
            return _send(line, request, answers.MAINTENANCE)
        if not request.token:
            return _send(line, request, answers.MISSING_TOKEN.answer(centre.code))
        if reason := centre.admit(request.token):
            return _send(line, request, forbidden(reason).answer(centre.code))
        misbehaviour = self._misbehaviours.take(request)
        carried_out = misbehaviour.lets_through(request)
        try:
            answer = answers.answer(centre, request) if carried_out else UNTOUCHED
            if misbehaviour.records is not None:
                answer = answer.with_records(misbehaviour.records)
            answer = (misbehaviour.answer or answer).encoded()
            line.wait(misbehaviour.seconds)
            if misbehaviour.hangs:
                line.wait_until_gone()
        finally:
            # before the first byte leaves: who has read an answer is not under way any more
            centre.release(request.token, charged=carried_out)
        if misbehaviour.hangs or misbehaviour.refuses:
            return line.close()
        return _send(line, request, answer, misbehaviour.cut_after)


# what is cut when the request was not carried out: an answer that says nothing yet
UNTOUCHED = Answer(200, b'{"code": ')


def _send(line: Line, request: Request, answer: Answer, cut_after: int | None = None) -> None:
    request.status = answer.status
    line.send(answer.status, answer.body(), answer.headers, cut_after)
