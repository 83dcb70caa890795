"""The only module that speaks HTTP: one method a verb.

The documentation asks for one request at a time per token (https://www.wolkvox.com/en/apis-v2-2/5-agents/),
so a lock that every process of this user respects stands in front of each.
"""

import email.utils
import functools
import hashlib
import os
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import filelock
import httpx
import tenacity
from typing_extensions import Self

from wolkvox_source.api.envelope import CreatedAgent, Payload, read_creation, read_payload, refusal
from wolkvox_source.errors import (
    QUOTE_LENGTH,
    HeldError,
    RefusedError,
    UnavailableError,
    UnconfirmedError,
    UnreadableError,
    WolkvoxError,
    quote,
)
from wolkvox_source.language import Phrase

# wolkvox gives up after 60 s, so an answer comes a little later at the latest
ANSWER_SECONDS = 65.0
CONNECT_SECONDS = 15.0
# the documented weight of a result
LARGEST_ANSWER = 256 * 1024 * 1024
REQUESTS_AT_MOST = 3
SECONDS_AT_MOST = 180.0


_Client = TypeVar("_Client", bound="WolkvoxClient")


class WolkvoxClient:
    """wolkvox's API for one operation; a context manager that closes its connections.

    `base_url` is `https://wv{server}.wolkvox.com` if left out. A read that failed for a passing reason is
    sent again, `requests_at_most` times in all, after `first_wait_seconds` and then twice as long each time,
    with jitter. `answer_seconds` bounds one request, `seconds_at_most` a read with its retries.
    """

    def __init__(
        self,
        server: str,
        token: str,
        base_url: str | None = None,
        *,
        requests_at_most: int = REQUESTS_AT_MOST,
        answer_seconds: float = ANSWER_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        first_wait_seconds: float = 2.0,
        seconds_at_most: float = SECONDS_AT_MOST,
    ) -> None:
        # a secret that was read from a file often ends in a new line
        token = token.strip()
        address = (base_url or f"https://wv{server}.wolkvox.com").rstrip("/")
        self._requests_at_most = requests_at_most
        self._answer_seconds = answer_seconds
        self._connect_seconds = connect_seconds
        self._first_wait = first_wait_seconds
        self._seconds_at_most = seconds_at_most
        self._lock_path = _lock_path(token)
        self._http = httpx.Client(
            base_url=f"{address}/api/v2/",
            headers={b"wolkvox-token": token.encode()},
            # a redirect could carry the token to another host
            follow_redirects=False,
            verify=tls(),
        )

    def __repr__(self) -> str:
        return f"WolkvoxClient({str(self._http.base_url)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def agents(self, agent_id: str | None = None) -> Payload:
        """The agents report, or the one agent of it; https://www.wolkvox.com/en/apis-v2-2/5-agents/.

        Raises a RefusedError, UnavailableError or UnreadableError where there is no report.
        """
        # the filter's name is `agent`, not `agent_id`, in wolkvox's own Postman collection
        return self._read("information.php", {"api": "agents", **({"agent": agent_id} if agent_id else {})})

    def token_info(self) -> Payload:
        """The daily budget, one record; the request itself costs one. Not retried."""
        with self._asking(self._seconds_at_most) as deadline:
            return read_payload(*self._answer("GET", "information.php", {"api": "token_info"}, deadline))

    def create_agent(
        self, agent_dni: str, agent_name: str, agent_sso: str | None = None, agent_pass: str | None = None
    ) -> CreatedAgent:
        """Ask once, and never again, for a new agent; https://www.wolkvox.com/en/apis-v2-2/2-create-agent/.

        Without `agent_pass` wolkvox makes a password up. Raises a RefusedError for a clear no, an
        UnavailableError where nothing was created and the same request may succeed later, and an
        UnconfirmedError where nobody can tell. A connection
        kept open from an earlier request can break after sending, so a client of its own tells most.
        """
        wanted = {
            "agent_dni": agent_dni,
            "agent_name": agent_name,
            "agent_sso": agent_sso or "",
            "agent_pass": agent_pass or "",
        }
        with self._asking(self._seconds_at_most) as deadline:
            try:
                status, body = self._answer("POST", "configuration.php", {"api": "create_agent"}, deadline, wanted)
            except UnavailableError as error:
                if error.__cause__ and isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout)):
                    raise
                raise UnconfirmedError("unconfirmed", problem=error.facts["problem"]) from None
            except WolkvoxError as error:
                raise UnconfirmedError(
                    "unconfirmed", status=error.status, problem=Phrase("no_readable_answer")
                ) from None
            except httpx.HTTPError as error:
                # such as a body that is not compressed as its header says
                raise UnconfirmedError("unconfirmed", problem=type(error).__name__) from None
            return read_creation(status, body, agent_pass or "")

    def _read(self, page: str, query: dict[str, str]) -> Payload:
        """A read with its retries; each costs the operation's budget, so only where it can help."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_worth_a_retry),
            stop=tenacity.stop_after_attempt(self._requests_at_most)
            | tenacity.stop_before_delay(self._seconds_at_most),
            wait=self._wait,
            reraise=True,
        )
        give_up_at = time.monotonic() + self._seconds_at_most

        def once() -> Payload:
            with self._asking(give_up_at - time.monotonic()) as answer_by:
                return read_payload(*self._answer("GET", page, query, min(answer_by, give_up_at)))

        return retrying(once)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, WolkvoxError) and error.retry_after is not None:
            return error.retry_after
        jitter = tenacity.wait_random(0, self._first_wait)
        return (tenacity.wait_exponential(multiplier=self._first_wait, max=60) + jitter)(state)

    @contextmanager
    def _asking(self, wait_seconds: float) -> Iterator[float]:
        """Hold the token; yields the monotonic time by which the answer must be whole."""
        try:
            with filelock.FileLock(self._lock_path, timeout=max(0.0, wait_seconds)):
                yield time.monotonic() + self._answer_seconds
        except filelock.Timeout:
            raise HeldError("token_in_use", seconds=int(self._seconds_at_most)) from None

    def _answer(
        self, method: str, page: str, query: dict[str, str], answer_by: float, body: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """The status and whole body of one request, sent once; a read that failed raises here."""
        key = "unreachable"
        left = max(0.001, answer_by - time.monotonic())
        timeout = httpx.Timeout(left, connect=min(left, self._connect_seconds))
        try:
            with self._http.stream(method, page, params=query, json=body, timeout=timeout) as response:
                key = "interrupted"
                if response.is_redirect:
                    target = quote(response.headers.get("location", ""))
                    raise RefusedError("redirected", status=response.status_code, quoted=target)
                whole = _whole(response, answer_by)
        except httpx.DecodingError as error:
            raise UnreadableError("unreadable", problem=Phrase("body_compression"), quoted=quote("")) from error
        except httpx.LocalProtocolError:
            # its text quotes the token
            problem = Phrase("token_unsendable")
            raise UnavailableError(key, host=self._http.base_url.host, problem=problem, retryable=True) from None
        except httpx.TransportError as error:
            if _is_unknown_host(error):
                key = "no_such_host"
            raise UnavailableError(
                key, host=self._http.base_url.host, problem=_in_words(error), retryable=True
            ) from error
        if method == "GET" and (response.status_code >= 500 or response.status_code in {403, 429}):
            failure = refusal(response.status_code, whole)
            failure.retry_after = _seconds(response.headers.get("retry-after"))
            raise failure
        return response.status_code, whole


def _whole(response: httpx.Response, answer_by: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise UnreadableError("too_large", status=response.status_code, limit_mb=LARGEST_ANSWER // 2**20)
        if time.monotonic() > answer_by:
            raise httpx.ReadTimeout("the answer came too slowly")
    return b"".join(chunks)


def _is_worth_a_retry(error: BaseException) -> bool:
    return isinstance(error, WolkvoxError) and error.retryable


def _is_unknown_host(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror):
            return error.errno != socket.EAI_AGAIN
        error = error.__cause__ or error.__context__
    return False


def _in_words(error: httpx.TransportError) -> str | Phrase:
    if isinstance(error, httpx.ConnectTimeout):
        return Phrase("no_connection")
    if isinstance(error, httpx.TimeoutException):
        return Phrase("no_answer_in_time")
    # some of httpx's texts quote what the server sent
    return str(error)[:QUOTE_LENGTH] or type(error).__name__


def _seconds(retry_after: str | None) -> float | None:
    """A Retry-After header in seconds, whether it says seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = email.utils.parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment.timestamp() - time.time())


@functools.cache
def tls() -> ssl.SSLContext:
    """One context for every client: making one reads a hundred certificates."""
    return httpx.create_ssl_context()


def _lock_path(token: str) -> Path:
    """The lock of a token, named by its hash, in a folder of this user."""
    folder = Path(tempfile.gettempdir()) / f"wolkvox-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{hashlib.sha256(token.encode()).hexdigest()[:32]}.lock"
