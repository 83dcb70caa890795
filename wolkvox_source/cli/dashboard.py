"""`wolkvox dashboard`: the page on the readers' copy, served on this machine or written to one file."""

import argparse
import errno
import os
import secrets
import socket
import sys
import threading
import webbrowser
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from wolkvox_source.cli.terminal import mark
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.language import Language, say

_FILE = "wolkvox_read.duckdb"
_DEMO_FILE = "wolkvox_demo_read.duckdb"
_HERE = "127.0.0.1"
_OPEN_AFTER_SECONDS = 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox dashboard`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--file", type=Path, help=f"the readers' copy to show; {_FILE} in this folder")
    which.add_argument("--demo", action="store_true", help="show what `wolkvox demo` left in this folder")
    parser.add_argument("--operation", metavar="NAME", help="show this one at first; all of them if left out")
    parser.add_argument("--day", type=date.fromisoformat, metavar="2026-03-02", help="show this day; the latest")
    parser.add_argument("--port", type=int, default=2718, help="where to serve it; 2718, and 0 is any free one")
    parser.add_argument(
        "--host", default=_HERE, help="whom to serve: 0.0.0.0 is the whole network, by an address with a secret in it"
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write one HTML file to mail around, and stop")


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C, or write it to a file; returns the exit code."""
    file = (args.file or Path(_DEMO_FILE if args.demo else _FILE)).absolute()
    if args.export is not None:
        return _export(file, args)
    if find_spec("marimo") is None:
        print(say("dashboard_no_marimo"), file=sys.stderr)
        return 78
    try:
        listening = _listen(args.host, args.port)
    except OSError as error:
        print(say("dashboard_no_port", port=args.port, problem=error.strerror or error), file=sys.stderr)
        return 75 if error.errno == errno.EADDRINUSE else 64
    _warn_where_empty(file)
    _serve(file, listening, args)
    return 0


def _export(file: Path, args: argparse.Namespace) -> int:
    from wolkvox_source.dashboard.answers import Copy, utc_now
    from wolkvox_source.dashboard.page import View, whole_page

    fresh = args.export.with_name(f".{args.export.name}.new")
    try:
        view = View(Copy.at(file), _language(), args.operation, args.day)
        fresh.write_text(whole_page(view, utc_now()), encoding="utf-8")
        fresh.replace(args.export)
    except WolkvoxError as error:
        print(mark(str(error), "red"), file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(say("dashboard_not_written", file=args.export, problem=error.strerror or error), file=sys.stderr)
        return 73
    print(say("dashboard_exported", file=args.export))
    return 0


def _warn_where_empty(file: Path) -> None:
    """Say at once what the page will say; it is served all the same, and shows the data when there is some."""
    from wolkvox_source.dashboard.answers import Copy, operations

    try:
        operations(Copy.at(file))
    except WolkvoxError as error:
        print(mark(str(error), "yellow"), file=sys.stderr)


def _language() -> Language:
    return "es" if say("dashboard_language") == "es" else "en"


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


def _serve(file: Path, listening: socket.socket, args: argparse.Namespace) -> None:
    import uvicorn

    from wolkvox_source.dashboard.serving import application, keep_warm

    # the app reads where to look from the environment, as it does when marimo runs it by hand
    os.environ["WOLKVOX_FILE"] = str(file)
    os.environ["WOLKVOX_LANG"] = _language()
    token = None if args.host in {_HERE, "localhost"} else secrets.token_urlsafe(16)
    server = application(app_file(), file, _language(), token)
    keep_warm(file)
    address = _address(args, listening.getsockname()[1], token)
    print(say("dashboard_open", address=mark(address, "bold")), flush=True)
    if not args.no_browser:
        threading.Timer(_OPEN_AFTER_SECONDS, webbrowser.open, [address]).start()
    uvicorn.Server(uvicorn.Config(server, log_level="error", timeout_graceful_shutdown=1)).run(sockets=[listening])


def _address(args: argparse.Namespace, port: int, token: str | None) -> str:
    from urllib.parse import urlencode

    host = socket.gethostname() if args.host in {"0.0.0.0", "::"} else args.host  # noqa: S104 - only a name
    asked = {"access_token": token, "operation": args.operation, "day": args.day}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/{f'?{query}' if query else ''}"
