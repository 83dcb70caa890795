"""Sockets on which a request ends: every step takes its time and its bytes from what the whole may take.

httpcore limits each read and not their sum, so headers, 100 Continue, the extension of a chunk and trailers could
drip for ever.
"""

import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from wolkvox_source.errors import UnreadableError

# the documented weight of a result, https://www.wolkvox.com/en/apis-v2-2/5-agents/
LARGEST_ANSWER = 256 * 1024 * 1024
# headers, the sizes of chunks and trailers come on top of it
_AROUND_IT = 1024 * 1024


def too_large(**facts: Any) -> UnreadableError:
    """The error of an answer that passed `LARGEST_ANSWER`, packed or unpacked."""
    return UnreadableError("too_large", limit_mb=LARGEST_ANSWER // 2**20, **facts)


class Sockets(httpcore.NetworkBackend):
    """Opens connections for one request at a time, which `begin` gives its end.

    Attributes:
        received: how many bytes the request under way has brought so far, as they came
    """

    def __init__(self) -> None:
        self.received = 0
        self._answer_by = 0.0
        self._sockets = httpcore.SyncBackend()

    def begin(self, answer_by: float) -> None:
        """From now on everything ends at `answer_by` on the monotonic clock."""
        self.received, self._answer_by = 0, answer_by

    def left(self, late: type[Exception], at_most: float | None = None) -> float:
        """The seconds that the next step may take; raises `late` where there are none."""
        seconds = self._answer_by - time.monotonic()
        if seconds <= 0:
            raise late("the time for this request is over")
        return seconds if at_most is None else min(seconds, at_most)

    def count(self, data: bytes) -> bytes:
        """`data`, added to what was received; raises an UnreadableError where that is too much."""
        self.received += len(data)
        if self.received > LARGEST_ANSWER + _AROUND_IT:
            raise too_large()
        return data

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers, all of them within `timeout` seconds."""
        connect_by = time.monotonic() + self.left(httpcore.ConnectTimeout, timeout)
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in _addresses(host, port):
            seconds = self.left(httpcore.ConnectTimeout, connect_by - time.monotonic())
            if seconds <= 0:
                break
            try:
                stream = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self)
        raise failure


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = _looked_up(host, port)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _looked_up(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        # a part of more than 63 characters, or an empty one
        raise socket.gaierror(socket.EAI_NONAME, "no such host") from None


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends when its request has to."""

    def __init__(self, stream: httpcore.NetworkStream, sockets: Sockets) -> None:
        self._stream = stream
        self._sockets = sockets

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = self._sockets.left(httpcore.ReadTimeout, timeout)
        return self._sockets.count(self._stream.read(max_bytes, seconds))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._sockets.left(httpcore.WriteTimeout, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._sockets.left(httpcore.ConnectTimeout, timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._sockets)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
