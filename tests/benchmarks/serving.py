"""A server that gives answers made beforehand, so that only the asking side is measured."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Address(str):
    """A URL that remembers when its answers were sent, in Unix seconds."""

    answered_at: list[float]


@contextmanager
def answering(bodies: Sequence[bytes], seconds: float = 0.0) -> Iterator[Address]:
    """Answer the n-th request with the n-th body, the last one for ever, each after `seconds`; yields the URL."""
    count = iter(range(10**9))
    answered_at: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = bodies[min(next(count), len(bodies) - 1)]
            time.sleep(seconds)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            answered_at.append(time.time())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = Address(f"http://127.0.0.1:{server.server_port}")
        address.answered_at = answered_at
        yield address
        server.shutdown()
