"""`wolkvox dashboard`: the page on the readers' copy, served on this machine or written to one file."""

import argparse
import errno
import secrets
import socket
import sys
import threading
import webbrowser
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from wolkvox_source.cli.terminal import mark
from wolkvox_source.errors import ConfigurationError, WolkvoxError
from wolkvox_source.language import Language, say

if TYPE_CHECKING:
    from wolkvox_source.dashboard.page import Choice

_FILE = "wolkvox_read.duckdb"
_DEMO_FILE = "wolkvox_demo_read.duckdb"
_HERE = "127.0.0.1"
_OPEN_AFTER_SECONDS = 0.3
_PACKAGES = ("babel", "jinja2", "starlette", "uvicorn")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox dashboard`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--file", type=Path, help=f"the readers' copy to show; {_FILE} in this folder")
    which.add_argument("--demo", action="store_true", help="show what `wolkvox demo` left in this folder")
    parser.add_argument("--operation", metavar="NAME", help="show this one at first; all of them if left out")
    parser.add_argument("--day", type=date.fromisoformat, metavar="2026-03-02", help="show this day; the latest")
    parser.add_argument(
        "--teams", type=Path, metavar="CSV", help="who is in which team: team beside agent_id or agent_name"
    )
    parser.add_argument("--team-pattern", metavar="REGEX", help="how names begin with a team; ([A-ZÑ]{2,5})-")
    parser.add_argument(
        "--too-long", action="append", metavar="CATEGORY=MINUTES", help="after how long a status needs attention"
    )
    parser.add_argument("--port", type=int, default=2718, help="where to serve it; 2718, and 0 is any free one")
    parser.add_argument(
        "--host", default=_HERE, help="whom to serve: 0.0.0.0 is the whole network, by an address with a secret in it"
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write one HTML file to mail around, and stop")


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C, or write it to a file; returns the exit code."""
    file = (args.file or Path(_DEMO_FILE if args.demo else _FILE)).absolute()
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        print(say("dashboard_missing_package", package=missing[0]), file=sys.stderr)
        return 78
    try:
        choice = _choice(args)
        if args.export is not None:
            return _export(file, choice, args.export)
    except WolkvoxError as error:
        print(mark(str(error), "red"), file=sys.stderr)
        return error.exit_code
    try:
        listening = _listen(args.host, args.port)
    except OSError as error:
        print(say("dashboard_no_port", port=args.port, problem=error.strerror or error), file=sys.stderr)
        return 75 if error.errno == errno.EADDRINUSE else 64
    _warn_where_empty(file)
    _serve(file, listening, choice, args)
    return 0


def _export(file: Path, choice: "Choice", to: Path) -> int:
    from wolkvox_source.dashboard.answers import Answers
    from wolkvox_source.dashboard.copy import Copy
    from wolkvox_source.dashboard.page import whole_page
    from wolkvox_source.dashboard.serving import utc_now

    fresh = to.with_name(f".{to.name}.new")
    try:
        page = whole_page(Answers(Copy.at(file).query), _language(), choice, utc_now())
        fresh.write_text(page, encoding="utf-8")
        fresh.replace(to)
    except OSError as error:
        print(say("dashboard_not_written", file=to, problem=error.strerror or error), file=sys.stderr)
        return 73
    print(say("dashboard_exported", file=to))
    return 0


def _choice(args: argparse.Namespace) -> "Choice":
    from wolkvox_source.dashboard.attention import TOO_LONG
    from wolkvox_source.dashboard.page import Choice
    from wolkvox_source.dashboard.teams import Teams

    too_long = dict(TOO_LONG)
    for each in args.too_long or ():
        category, _, minutes = each.partition("=")
        if category not in too_long or not minutes.isdecimal() or not int(minutes):
            raise ConfigurationError("dashboard_bad_too_long", value=repr(each), known=sorted(too_long))
        too_long[category] = 60 * int(minutes)
    return Choice(args.operation, args.day, Teams.of(args.team_pattern, args.teams), too_long)


def _warn_where_empty(file: Path) -> None:
    """Say at once what the page will say; it is served all the same, and shows the data when there is some."""
    from wolkvox_source.dashboard.answers import Answers
    from wolkvox_source.dashboard.copy import Copy

    try:
        Answers(Copy.at(file).query).operations()
    except WolkvoxError as error:
        print(mark(str(error), "yellow"), file=sys.stderr)


def _language() -> Language:
    return "es" if say("dashboard_language") == "es" else "en"


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def _serve(file: Path, listening: socket.socket, choice: "Choice", args: argparse.Namespace) -> None:
    import uvicorn

    from wolkvox_source.dashboard.serving import application, keep_warm

    token = None if args.host in {_HERE, "localhost", "::1"} else secrets.token_urlsafe(16)
    server = application(file, _language(), choice, token)
    keep_warm(file, choice)
    address = _address(args, listening.getsockname()[1], token)
    print(say("dashboard_open", address=mark(address, "bold")), flush=True)
    if not args.no_browser:
        threading.Timer(_OPEN_AFTER_SECONDS, webbrowser.open, [address]).start()
    # no access log: addresses hold the token once, and the keys of agents
    config = uvicorn.Config(
        server, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listening])


def _address(args: argparse.Namespace, port: int, token: str | None) -> str:
    from urllib.parse import urlencode

    host = socket.gethostname() if args.host in {"0.0.0.0", "::"} else args.host  # noqa: S104 - only a name
    asked = {"access_token": token, "operation": args.operation, "day": args.day}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/{f'?{query}' if query else ''}"
