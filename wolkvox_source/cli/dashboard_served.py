"""The page at an address: the socket, the server, and the browser that is opened on it."""

import errno
import socket
import threading
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wolkvox_source.cli.terminal import mark
from wolkvox_source.errors import UnavailableError, UsageError, quote
from wolkvox_source.language import Speech

if TYPE_CHECKING:
    from wolkvox_source.dashboard.copy import Asked
    from wolkvox_source.dashboard.page import Choice


def listen(host: str, port: int) -> socket.socket:
    """A socket at the address; a UsageError where there can be none, an UnavailableError where another program is."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # who comes as soon as the address is told waits for the server instead of being turned away
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        kind = UnavailableError if taken else UsageError
        problem = quote(getattr(error, "strerror", None) or str(error))
        raise kind("dashboard_no_port", port=port, problem=problem) from error
    return listening


def serve(
    speech: Speech,
    source: "Callable[[], Asked]",
    choice: "Choice",
    listening: socket.socket,
    token: str | None,
    address: str,
    *,
    open_browser: bool,
) -> None:
    """Serve the page on a socket that listens, until Ctrl-C."""
    import uvicorn

    from wolkvox_source.dashboard.serving import application, keep_warm

    server = application(source, speech.language, choice, token)
    keep_warm(source, choice)
    print(speech.say("dashboard_open", address=mark(address, "bold")), flush=True)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    # no access log: addresses hold the token once, and the keys of agents
    config = uvicorn.Config(
        server, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listening])


def address_of(host: str, port: int, asked: dict[str, Any]) -> str:
    """The address for a browser, with what is asked of the page."""
    from urllib.parse import urlencode

    name = socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only a name
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/{f'?{query}' if query else ''}"
