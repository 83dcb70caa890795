"""Real sockets, a thread for each connection, and lines that can be cut."""

from __future__ import annotations

import contextlib
import selectors
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from .traffic import Answer

# seconds after which a stream without an end ends nevertheless
LONGEST_STREAM = 600


class Arrival(NamedTuple):
    """What a client sent: header names in lower case, the query as a dict."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Line(BaseHTTPRequestHandler):
    """One connection, kept alive between requests until either side closes it."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Apache", ""
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Attend one request, whatever its method."""
        url = urlsplit(self.path)
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length)) if length.isdigit() else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        self.server.attend(Arrival(self.command, url.path, query, headers, body), self)

    # the names that http.server looks for
    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def send(self, answer: Answer, cut_after: int | None = None) -> None:
        """Send an answer, or only so many bytes of its body and then hang up."""
        body = sent = answer.body()
        if cut_after is not None:
            sent = body[:cut_after] if len(body) > cut_after else body[: len(body) // 2]
        self.send_response(answer.status)
        typed = {"Content-Type": "application/json; charset=utf-8"} | dict(answer.headers)
        for name, value in (typed | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)
        if cut_after is not None:
            self.close()

    def close(self) -> None:
        """Hang up."""
        self.close_connection = True

    def wait(self, seconds: float) -> None:
        """Let time pass, but no longer than the server lives."""
        if seconds:
            self.server.closing.wait(seconds)

    def wait_until_gone(self) -> None:
        """Wait until the client or the server hangs up."""
        while not self.gone_within(60):
            continue

    def stream(self, pieces: Iterable[bytes], pause: float, at_most: int) -> None:
        """Write raw bytes with a pause after each piece, while the client is there to read them; then hang up."""
        sent, ends = 0, time.monotonic() + LONGEST_STREAM
        for piece in pieces:
            self.wfile.write(piece)
            sent += len(piece)
            if sent >= at_most or time.monotonic() > ends or self.gone_within(pause):
                break
        self.close()

    def gone_within(self, seconds: float) -> bool:
        """Whether the client or the server hangs up before so many seconds are over."""
        ends = time.monotonic() + seconds
        while not self.server.closing.is_set():
            with selectors.DefaultSelector() as selector:
                selector.register(self.connection, selectors.EVENT_READ)
                if not selector.select(max(0.0, ends - time.monotonic())):
                    return False
            if not self.connection.recv(1, socket.MSG_PEEK):
                return True
            # the client sent more instead of leaving
            if self.server.closing.wait(min(0.05, max(0.0, ends - time.monotonic()))) or time.monotonic() >= ends:
                break
        return self.server.closing.is_set()

    def log_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing: the simulator keeps its own log."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, host: str, port: int, attend: Callable[[Arrival, Line], None]) -> None:
        self.attend = attend
        self.closing = threading.Event()
        self._lines: set[socket.socket] = set()
        super().__init__((host, port), Line)

    def server_bind(self) -> None:
        # the parent looks its own name up, which takes seconds on some networks
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._lines.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # a client that went away is an everyday thing here
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        self.closing.set()
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class Sockets:
    """A listening socket, and the thread that accepts what arrives at it."""

    def __init__(self, host: str, port: int, attend: Callable[[Arrival, Line], None]) -> None:
        self._server = _Server(host, port, attend)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="simulator", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and hang up every line."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
