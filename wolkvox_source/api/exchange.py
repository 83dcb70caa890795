"""One request -> its answer, the only place that speaks HTTP; nothing is sent again or sent on here."""

import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote as escape
from urllib.parse import urlencode, urlsplit

import httpcore
import orjson

from wolkvox_source.api.redaction import redacted, spellings
from wolkvox_source.api.route import connections
from wolkvox_source.api.sockets import Sockets
from wolkvox_source.api.unpacking import ENCODING, unpacked
from wolkvox_source.clock import utc_now
from wolkvox_source.errors import UnavailableError, quote
from wolkvox_source.language import Phrase

FAILURES = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError)
# nothing of the request has left this machine
_UNSENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError, httpcore.LocalProtocolError)

_Kind = TypeVar("_Kind", bound=BaseException)


@dataclass(frozen=True)
class Answer:
    """What came back to the query, without the token wherever it was said; no repr shows the body."""

    status: int
    body: bytes = field(repr=False)
    location: str | None = None
    retry_after: str | None = None
    received_at: datetime = field(default_factory=utc_now, compare=False)
    query: Mapping[str, str] = field(default_factory=dict, compare=False)


class Exchange:
    """Asks one address under one token.

    Attributes:
        address: where the API's pages are, with a slash at the end
        requests: how many requests went out
    """

    def __init__(self, base_url: str, token: str, connect_seconds: float) -> None:
        url = urlsplit(base_url.rstrip("/") + "/api/v2/")
        host = url.netloc.rpartition("@")[2]
        self.address = f"{url.scheme}://{host}{url.path}"
        self.requests = 0
        self._host = url.hostname or ""
        self._target = escape(url.path, safe="/%:~!$&'()*+,;=@")
        self._origin = (url.scheme.encode(), _ascii(self._host), url.port)
        self._headers = [
            (b"Host", _ascii(host)),
            (b"User-Agent", b"dlt-source-wolkvox"),
            (b"Accept", b"*/*"),
            (b"Accept-Encoding", ENCODING.encode()),
            (b"wolkvox-token", token.encode()),
        ]
        self._connect_seconds = connect_seconds
        self._secret = spellings(token)
        self._sockets = Sockets()
        self._connections = connections(self.address, self._sockets)

    def close(self) -> None:
        self._connections.close()

    def ask(
        self, method: str, page: str, query: dict[str, str], answer_by: float, content: dict[str, str] | None = None
    ) -> Answer:
        """Send one request, once, and return what came back by `answer_by` on the monotonic clock.

        Raises an UnavailableError where no whole answer came, whose `unsent` says whether the request left, and an
        UnreadableError where the answer is too large or not compressed as it says.
        """
        headers = self._headers + ([(b"Content-Type", b"application/json")] if content else [])
        limits = {"connect": self._connect_seconds, "pool": max(0.0, answer_by - time.monotonic())}
        self._sockets.begin(answer_by)
        self.requests += 1
        begun = False
        try:
            with self._connections.stream(
                method,
                self._url(page, query),
                headers=headers,
                content=orjson.dumps(content) if content else None,
                extensions={"timeout": limits},
            ) as response:
                begun = True
                body = unpacked(response.iter_stream(), self._header(response, b"content-encoding") or "")
        except FAILURES as error:
            unsent = isinstance(error, _UNSENT)
            self.requests -= unsent
            begun = begun or (isinstance(error, httpcore.TimeoutException) and self._sockets.received > 0)
            # the texts of these errors quote what the server sent, and what was to be sent to it
            raise self._failure(error, begun, unsent) from None
        return Answer(
            response.status,
            redacted(body, self._secret),
            self._header(response, b"location"),
            self._header(response, b"retry-after"),
            query=query,
        )

    def _url(self, page: str, query: dict[str, str]) -> httpcore.URL:
        scheme, host, port = self._origin
        target = f"{self._target}{page}?{urlencode(query)}".encode()
        return httpcore.URL(scheme=scheme, host=host, port=port, target=target)

    def _header(self, response: httpcore.Response, wanted: bytes) -> str | None:
        values = [value for name, value in response.headers if name.lower() == wanted]
        return redacted(b", ".join(values), self._secret).decode("latin-1") if values else None

    def _failure(self, error: Exception, begun: bool, unsent: bool) -> UnavailableError:
        lookup = _cause(error, socket.gaierror)
        if lookup is not None and lookup.errno != socket.EAI_AGAIN:
            return UnavailableError("no_such_host", host=self._host, retryable=True, unsent=unsent)
        reason = "interrupted" if begun else "unreachable"
        return UnavailableError(reason, host=self._host, problem=problem_of(error), retryable=True, unsent=unsent)


def _ascii(host: str) -> bytes:
    try:
        return host.encode("ascii" if host.isascii() else "idna")
    except UnicodeError:
        # no name server knows it either
        return escape(host).encode()


def problem_of(error: Exception) -> Phrase:
    """What went wrong, in words of ours alone."""
    if isinstance(error, httpcore.ConnectTimeout):
        return Phrase("problem_silent")
    if isinstance(error, httpcore.TimeoutException):
        return Phrase("problem_late")
    if isinstance(error, httpcore.LocalProtocolError):
        return Phrase("problem_token")
    if isinstance(error, httpcore.ProxyError):
        return Phrase("problem_proxy")
    if isinstance(error, httpcore.RemoteProtocolError):
        return Phrase("problem_not_http")
    if certificate := _cause(error, ssl.SSLCertVerificationError):
        return Phrase("problem_certificate", {"quoted": quote(certificate.verify_message)})
    if _cause(error, socket.gaierror):
        return Phrase("problem_no_names")
    if _cause(error, ConnectionRefusedError):
        return Phrase("problem_refused")
    network = _cause(error, OSError)
    if network is None or isinstance(network, ConnectionError):
        return Phrase("problem_hung_up")
    return Phrase("problem_network", {"quoted": quote(network.strerror or str(network))})


def _cause(error: BaseException | None, kind: type[_Kind]) -> _Kind | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error
