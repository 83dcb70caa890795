"""What commands share: their options, once, and the words around them in the reader's language."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

import click
from click.types import FloatParamType, IntParamType

from wolkvox_source.errors import UsageError
from wolkvox_source.language import LANGUAGES, Phrase, Speech
from wolkvox_source.warehouse import DATASET, PIPELINE

# a folder and a file bear a pipeline's name, a schema a dataset's
_PIPELINE_NAME = re.compile(r"\w[\w-]*")
_DATASET_NAME = re.compile(r"[^\W\d]\w*")


_HELP = {"help_option_names": ["-h", "--help"]}


def command(name: str, run: Callable[..., int], speech: Speech, options: Sequence[click.Parameter]) -> click.Command:
    """The command `wolkvox <name>`; `run` gets the speech and the value of each option, and returns the exit code."""
    about = speech.say(f"command_{name.replace('-', '_')}")
    return click.Command(
        name,
        callback=partial(run, speech),
        params=[*options, language(speech)],
        help=about,
        # click would cut it to a line
        short_help=about,
        options_metavar=speech.say("metavar_options"),
        context_settings=_HELP,
    )


def group(name: str, speech: Speech, commands: dict[str, click.Command]) -> click.Group:
    """The command `wolkvox <name>` that is made of others, by the word that each is typed as."""
    return click.Group(
        name,
        commands,
        params=[language(speech)],
        help=speech.say(f"command_{name}"),
        options_metavar=speech.say("metavar_options"),
        subcommand_metavar=speech.say("metavar_command"),
        context_settings=_HELP,
    )


def option(speech: Speech, *names: str, about: str, metavar: str | None = None, **more: Any) -> click.Option:
    """An option that is explained by the sentence `about`; its default stands beside it."""
    shown = speech.say(f"metavar_{metavar}") if metavar else None
    default = more.get("default")
    more.setdefault("show_default", default is not None and default is not False)
    return click.Option([*names], help=speech.say(about), metavar=shown, **more)


def flag(speech: Speech, *names: str, about: str) -> click.Option:
    """An option without a value."""
    return option(speech, *names, about=about, is_flag=True, default=False)


def number(speech: Speech, *names: str, about: str, default: float, metavar: str = "number") -> click.Option:
    """An option that is a whole number where its default is one."""
    type_ = IntParamType() if isinstance(default, int) else FloatParamType()
    # click says it where a value is none
    type_.name = speech.say("type_whole_number" if isinstance(default, int) else "type_number")
    return option(speech, *names, about=about, metavar=metavar, type=type_, default=default)


def day(speech: Speech, *names: str, about: str, **more: Any) -> click.Option:
    """An option that is a day such as 2026-03-02."""
    return option(speech, *names, about=about, metavar="day", callback=_day, **more)


def _day(_: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise UsageError("bad_name", option=parameter.opts[0], value=value, wanted=Phrase("wanted_day")) from None


def language(speech: Speech) -> click.Option:
    """`--lang`, which is read before anything else is, since everything that is said depends on it."""
    return option(speech, "--lang", about="option_lang", type=click.Choice(LANGUAGES), expose_value=False)


def destination(speech: Speech) -> click.Option:
    return option(speech, "--destination", about="option_destination", metavar="name", default="duckdb")


def operations(speech: Speech) -> click.Option:
    return option(speech, "--operation", about="option_operations", metavar="name", multiple=True)


def pipeline(speech: Speech) -> click.Option:
    check = partial(_checked, _PIPELINE_NAME)
    return option(speech, "--pipeline", about="option_pipeline", metavar="name", default=PIPELINE, callback=check)


def dataset(speech: Speech) -> click.Option:
    check = partial(_checked, _DATASET_NAME)
    return option(speech, "--dataset", about="option_dataset", metavar="name", default=DATASET, callback=check)


def as_json(speech: Speech) -> click.Option:
    return flag(speech, "--json", "as_json", about="option_json")


def verbose(speech: Speech) -> click.Option:
    """`--verbose`, which `main` acts upon."""
    return option(speech, "--verbose", about="option_verbose", is_flag=True, default=False, expose_value=False)


def place(speech: Speech) -> list[click.Parameter]:
    """Where the data is: `--destination`, `--pipeline` and `--dataset`."""
    return [destination(speech), pipeline(speech), dataset(speech)]


def _checked(allowed: re.Pattern[str], _: click.Context, parameter: click.Parameter, value: str) -> str:
    if not allowed.fullmatch(value):
        raise UsageError("bad_name", option=parameter.opts[0], value=value, wanted=Phrase(f"name_of_{parameter.name}"))
    return value


def seconds(text: str) -> int:
    """`30s`, `5m`, `1h` or `1d` as seconds; a UsageError for anything else."""
    from wolkvox_source.sync import loop

    try:
        return loop.seconds(text)
    except ValueError:
        raise UsageError("bad_interval", value=text) from None
