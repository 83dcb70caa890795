"""`wolkvox init`: asks for what an operation needs, tries it, and writes the two files of settings."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wolkvox_source.cli import options, schedule
from wolkvox_source.cli.doctor import print_finding
from wolkvox_source.cli.terminal import complain
from wolkvox_source.doctor.examination import Examination
from wolkvox_source.errors import UsageError, quote, worst
from wolkvox_source.language import Speech
from wolkvox_source.private import written_anew

if TYPE_CHECKING:
    from wolkvox_source.settings import Operation

_CONFIG, _SECRETS = Path(".dlt/config.toml"), Path(".dlt/secrets.toml")
_ZONE = "America/Bogota"
_YES = frozenset({"y", "yes", "s", "si", "sí"})


def command(speech: Speech) -> click.Command:
    """`wolkvox init` and its options; the token is asked for, since a command line is seen by everybody."""
    return options.command(
        "init",
        run,
        speech,
        [
            options.option(speech, "--server", about="option_server", metavar="number"),
            options.option(speech, "--timezone", about="option_timezone", metavar="zone"),
            options.option(speech, "--base-url", about="option_base_url", metavar="address"),
            options.option(
                speech, "--schedule", "by", about="option_schedule", type=click.Choice([*schedule.SCHEDULES])
            ),
            options.flag(speech, "--replace", about="option_replace"),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech, *, server: str | None, timezone: str | None, base_url: str | None, by: str | None, replace: bool
) -> int:
    """Ask for what was not given, try it, write it down; returns the exit code of what was tried."""
    config, secrets = _settings(_CONFIG), _settings(_SECRETS)
    if not replace and (_has(config, "server") or _has(secrets, "token")):
        raise UsageError("init_there", config=_CONFIG, secrets=_SECRETS)
    operation = _asked(speech, server, timezone, base_url)
    code = _tried(speech, operation)
    if code and not _agreed(_answer(speech, "init_ask_untried", otherwise="n", at_end="n")):
        complain(speech.say("init_nothing"), "yellow")
        return code
    section = {"server": operation.server, "timezone": operation.timezone}
    _write(_CONFIG, config, section | ({"base_url": base_url} if base_url else {}))
    _write(_SECRETS, secrets, {"token": operation.token})
    print(speech.say("init_written", config=_CONFIG.absolute(), secrets=_SECRETS.absolute()))
    wanted = by or _answer(speech, "init_ask_schedule", _schedule, otherwise="none", at_end="none")
    for phrase in schedule.SCHEDULES[wanted](Path.cwd()):
        print(speech.tell(phrase))
    print(speech.say("init_next"))
    return code


def _asked(speech: Speech, server: str | None, timezone: str | None, base_url: str | None) -> "Operation":
    """The operation, checked; raises a ConfigurationError that names what is wrong."""
    from wolkvox_source.settings import Operation, server_number

    number = server_number(server or _answer(speech, "init_ask_server"))
    token = _token(speech)
    zone = timezone or _answer(speech, "init_ask_timezone", otherwise=_ZONE)
    return Operation(server=number, token=token, timezone=zone, base_url=base_url).named(number)


def _tried(speech: Speech, operation: "Operation") -> int:
    """Reach the operation, ask for its budget and its report, and tell; returns 0 where all of it is well."""
    code = 0
    for finding in Examination().of_operation(operation):
        print_finding(finding, speech)
        code = worst(code, finding.exit_code)
    return code


def _answer(
    speech: Speech,
    reason: str,
    read: Callable[[str], str | None] = str,
    *,
    otherwise: str | None = None,
    at_end: str | None = None,
) -> str:
    """What a person types, read, or `otherwise` for an empty line; asked again while it cannot be read.

    Where the input has ended it is `at_end`; raises a UsageError where that is not given.
    """
    while True:
        print(speech.say(reason, otherwise=otherwise or ""), end=" ", flush=True)
        line = sys.stdin.readline() if sys.stdin else ""
        if not line:
            print()
            if at_end is None:
                raise UsageError("init_unanswered")
            return at_end
        answer = read(line.strip() or otherwise or "")
        if answer:
            return answer


def _agreed(given: str) -> bool:
    return given.casefold() in _YES


def _token(speech: Speech) -> str:
    """The token, which no terminal shows; where nobody is at one, the next line of the input."""
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass(speech.say("init_ask_token") + " ")
    return _answer(speech, "init_ask_token")


def _schedule(given: str) -> str | None:
    found = [name for name in schedule.SCHEDULES if name.startswith(given.casefold())]
    return found[0] if len(found) == 1 else None


def _settings(file: Path) -> Any:
    """A file of settings as it stands, comments and all; raises a UsageError where it is none."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if not file.exists():
        return tomlkit.document()
    try:
        return tomlkit.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TOMLKitError) as error:
        raise UsageError("settings_unreadable", file=file, problem=quote(str(error))) from error


def _has(settings: Any, name: str) -> bool:
    return bool(settings.get("sources", {}).get("wolkvox", {}).get(name))


def _write(file: Path, settings: Any, values: dict[str, str]) -> None:
    """Put values under sources.wolkvox; a new file is readable by its owner only."""
    import tomlkit

    sources = settings.setdefault("sources", tomlkit.table(is_super_table=True))
    section = sources.setdefault("wolkvox", tomlkit.table())
    for name, value in values.items():
        section[name] = value
    try:
        file.parent.mkdir(exist_ok=True)
        with written_anew(file) as fresh:
            fresh.write_text(tomlkit.dumps(settings), encoding="utf-8")
    except OSError as error:
        raise UsageError("not_written", file=file, problem=quote(error.strerror or str(error))) from error
