"""`wolkvox dashboard`: the page on the readers' copy or another warehouse, served here or written to a file."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.dashboard_served import address_of, listen, serve
from wolkvox_source.cli.terminal import complain
from wolkvox_source.errors import ConfigurationError, UsageError, WolkvoxError, quote
from wolkvox_source.language import Speech
from wolkvox_source.private import written_anew

if TYPE_CHECKING:
    from wolkvox_source.dashboard.copy import Asked
    from wolkvox_source.dashboard.page import Choice

_DEMO_FILE = "wolkvox_demo_read.duckdb"
_HERE = "127.0.0.1"
_PACKAGES = ("jinja2", "starlette", "uvicorn")
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
            *options.place(speech),
            options.option(speech, "--operation", about="option_operation_to_show", metavar="name"),
            options.day(speech, "--day", about="option_day"),
            options.option(speech, "--teams", about="option_teams", metavar="file", type=_PATH),
            options.option(speech, "--team-pattern", about="option_team_pattern", metavar="pattern"),
            options.option(
                speech, "--too-long", about="option_too_long", metavar="threshold", multiple=True, callback=_thresholds
            ),
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
    destination: str,
    pipeline: str,
    dataset: str,
    export: Path | None,
    port: int,
    host: str,
    no_browser: bool,
    **chosen: Any,
) -> int:
    """Serve the page until Ctrl-C, or write it to a file; returns the exit code."""
    if file and demo:
        raise UsageError("dashboard_one_file")
    if destination != "duckdb" and (file or demo):
        raise UsageError("one_place", option="--file" if file else "--demo")
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ConfigurationError("dashboard_missing_package", package=missing[0])
    choice = _choice(**chosen)
    source = _source(file or Path(_DEMO_FILE if demo else f"{pipeline}_read.duckdb"), destination, pipeline, dataset)
    if export is not None:
        return _export(speech, source, choice, export)
    listening = listen(host, port)
    _warn_where_empty(speech, source)
    token = None if host in {_HERE, "localhost", "::1"} else secrets.token_urlsafe(16)
    asked = {"access_token": token, "operation": chosen["operation"], "day": chosen["day"]}
    address = address_of(host, listening.getsockname()[1], asked)
    serve(speech, source, choice, listening, token, address, open_browser=not no_browser)
    return 0


def _source(file: Path, destination: str, pipeline: str, dataset: str) -> "Callable[[], Asked]":
    """What gives the warehouse as it is now: the readers' copy of DuckDB's file, and any other one itself."""
    if destination == "duckdb":
        from wolkvox_source.dashboard.copy import Copy

        return partial(Copy.at, file.absolute())
    from wolkvox_source.warehouse.live import Live

    return Live(destination, pipeline, dataset).now


def _thresholds(_: click.Context, __: click.Parameter, values: Sequence[str]) -> dict[str, int]:
    """`auxiliary=20` as seconds by category, before the setting `too_long`, and that before what the package says."""
    from wolkvox_source.dashboard.attention import TOO_LONG
    from wolkvox_source.settings import too_long as configured

    too_long = dict(TOO_LONG)
    settings = configured()
    for number, each in enumerate([*settings, *values]):
        category, _sign, minutes = each.partition("=")
        if category not in too_long or not minutes.isdecimal() or not int(minutes):
            kind = ConfigurationError if number < len(settings) else UsageError
            raise kind("dashboard_bad_too_long", value=repr(each), known=sorted(too_long))
        too_long[category] = 60 * int(minutes)
    return too_long


def _choice(
    operation: str | None, day: date | None, teams: Path | None, team_pattern: str | None, too_long: dict[str, int]
) -> "Choice":
    from wolkvox_source.dashboard.page import Choice
    from wolkvox_source.dashboard.teams import Teams

    return Choice(operation, day, Teams.of(team_pattern, teams), too_long)


def _export(speech: Speech, source: "Callable[[], Asked]", choice: "Choice", to: Path) -> int:
    from wolkvox_source.clock import utc_now
    from wolkvox_source.dashboard.answers import Answers
    from wolkvox_source.dashboard.page import whole_page

    page = whole_page(Answers(source().query), speech.language, choice, utc_now())
    try:
        with written_anew(to) as fresh:
            fresh.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError("not_written", file=to, problem=quote(error.strerror or str(error))) from error
    print(speech.say("dashboard_exported", file=to))
    return 0


def _warn_where_empty(speech: Speech, source: "Callable[[], Asked]") -> None:
    """Say at once what the page will say; it is served all the same, and shows the data when there is some."""
    from wolkvox_source.dashboard.answers import Answers

    try:
        Answers(source().query).operations()
    except WolkvoxError as error:
        complain(speech.tell(error), "yellow")
