"""What the tests of the API share: servers that do what no simulator would, and all that an error may show."""

import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wolkvox_source.errors import WolkvoxError


@contextmanager
def server(
    talk: Callable[[socket.socket], None], host: str = "127.0.0.1", heard: list[bytes] | None = None
) -> Iterator[str]:
    """A server that reads one request of each connection and then does what no simulator would.

    What it reads is added to `heard`.
    """

    def serve() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=attend, args=(line,), daemon=True).start()

    def attend(line: socket.socket) -> None:
        with line:
            try:
                request = line.recv(65_536)
                if heard is not None:
                    heard.append(request)
                talk(line)
            except OSError:
                return

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def spoken(error: WolkvoxError) -> str:
    """Everything that a person or a log may get to see of an error."""
    return "".join(traceback.format_exception(error)) + str(error) + repr(error) + repr(vars(error))
