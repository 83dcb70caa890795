"""`wolkvox dashboard`: the page on the readers' copy, served on this machine or written to one file."""

import errno
import os
import secrets
import socket
import threading
import webbrowser
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import complain, mark
from wolkvox_source.errors import ConfigurationError, UnavailableError, UsageError, WolkvoxError, quote
from wolkvox_source.language import Phrase, Speech
from wolkvox_source.private import written_anew

_FILE = "wolkvox_read.duckdb"
_DEMO_FILE = "wolkvox_demo_read.duckdb"
_HERE = "127.0.0.1"
_OPEN_AFTER_SECONDS = 0.3
_PATH = click.Path(path_type=Path)


def command(speech: Speech) -> click.Command:
    """`wolkvox dashboard` and its options."""
    return options.command(
        "dashboard",
        run,
        speech,
        [
            options.option(speech, "--file", about="option_file", metavar="file", type=_PATH),
            options.flag(speech, "--demo", about="option_demo"),
            options.option(speech, "--operation", about="option_operation_to_show", metavar="name"),
            options.option(speech, "--day", about="option_day", metavar="day", callback=_date),
            options.number(speech, "--port", about="option_port", default=2718),
            options.option(speech, "--host", about="option_host", metavar="address", default=_HERE),
            options.flag(speech, "--no-browser", about="option_no_browser"),
            options.option(speech, "--export", about="option_export", metavar="file", type=_PATH),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech,
    *,
    file: Path | None,
    demo: bool,
    operation: str | None,
    day: date | None,
    port: int,
    host: str,
    no_browser: bool,
    export: Path | None,
) -> int:
    """Serve the page until Ctrl-C, or write it to a file; returns the exit code."""
    if file and demo:
        raise UsageError("dashboard_one_file")
    shown = (file or Path(_DEMO_FILE if demo else _FILE)).absolute()
    if export is not None:
        return _export(speech, shown, export, operation, day)
    if find_spec("marimo") is None:
        raise ConfigurationError("dashboard_no_marimo")
    try:
        listening = _listen(host, port)
    except (OSError, OverflowError) as error:
        facts: dict[str, Any] = {"port": port, "problem": quote(getattr(error, "strerror", None) or str(error))}
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise UnavailableError("dashboard_no_port", **facts) from error
        raise UsageError("dashboard_no_port", **facts) from error
    _warn_where_empty(speech, shown)
    token = None if host in {_HERE, "localhost"} else secrets.token_urlsafe(16)
    asked = {"access_token": token, "operation": operation, "day": day}
    address = _address(host, listening.getsockname()[1], asked)
    _serve(speech, shown, listening, token, address, open_browser=not no_browser)
    return 0


def _date(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise UsageError("bad_name", option="--day", value=value, wanted=Phrase("wanted_day")) from None


def _export(speech: Speech, file: Path, export: Path, operation: str | None, day: date | None) -> int:
    from wolkvox_source.dashboard.answers import Copy, utc_now
    from wolkvox_source.dashboard.page import View, whole_page

    page = whole_page(View(Copy.at(file), speech.language, operation, day), utc_now())
    try:
        with written_anew(export) as fresh:
            fresh.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError("not_written", file=export, problem=quote(error.strerror or str(error))) from error
    print(speech.say("dashboard_exported", file=export))
    return 0


def _warn_where_empty(speech: Speech, file: Path) -> None:
    """Say at once what the page will say; it is served all the same, and shows the data when there is some."""
    from wolkvox_source.dashboard.answers import Copy, operations

    try:
        operations(Copy.at(file))
    except WolkvoxError as error:
        complain(speech.tell(error), "yellow")


def app_file() -> Path:
    """The marimo app: beside this module where it is installed, in `notebooks` of a checkout."""
    installed = Path(__file__).parents[1] / "dashboard_app.py"
    return installed if installed.exists() else Path(__file__).parents[2] / "notebooks" / "dashboard.py"


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def _serve(
    speech: Speech, file: Path, listening: socket.socket, token: str | None, address: str, *, open_browser: bool
) -> None:
    import uvicorn

    from wolkvox_source.dashboard.serving import application, keep_warm

    # the app reads where to look from the environment, as it does when marimo runs it by hand
    os.environ["WOLKVOX_FILE"] = str(file)
    os.environ["WOLKVOX_LANG"] = speech.language
    server = application(app_file(), file, speech.language, token)
    keep_warm(file)
    print(speech.say("dashboard_open", address=mark(address, "bold")), flush=True)
    if open_browser:
        threading.Timer(_OPEN_AFTER_SECONDS, webbrowser.open, [address]).start()
    uvicorn.Server(uvicorn.Config(server, log_level="error", timeout_graceful_shutdown=1)).run(sockets=[listening])


def _address(host: str, port: int, asked: dict[str, Any]) -> str:
    from urllib.parse import urlencode

    name = socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only a name
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/{f'?{query}' if query else ''}"
