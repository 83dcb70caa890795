"""The words a person types."""

import atexit
import gc
import gettext
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import complain, print_object, screens
from wolkvox_source.errors import UnavailableError, UsageError, WolkvoxError, quote
from wolkvox_source.language import LANGUAGES, LOCALES, Language, Speech, language_of_locale, speak

PACKAGE = "dlt-source-wolkvox"
# each is a module with `command(speech) -> click.Command`, loaded when it is typed
COMMANDS = (
    "demo",
    "init",
    "sync",
    "status",
    "doctor",
    "export",
    "create-agents",
    "agents",
    "shifts",
    "dashboard",
    "copy",
    "replay",
    "simulate",
)
# as a shell says it of a program that SIGINT ended
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code, in sysexits' words."""
    # a process that ends gives everything back at once; to look for garbage first would take it a quarter of a second
    atexit.register(gc.freeze)
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    speech = speak(_language(words))
    if "--verbose" not in words:
        os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
    with screens() as lost, _clicks_words(speech.language):
        code = _run(words, speech)
        if problem := lost():
            unheard = UnavailableError("output_lost", problem=quote(problem.strerror or str(problem)))
            complain(speech.tell(unheard))
            code = code or unheard.exit_code
    if code == _INTERRUPTED and arguments is None:
        # Python would wait for requests that are under way, a minute for a server that hangs
        os._exit(code)
    return code


def _run(words: list[str], speech: Speech) -> int:
    wolkvox = _Wolkvox(speech)
    try:
        with wolkvox.make_context("wolkvox", words) as context:
            if not words:
                print(wolkvox.get_help(context))
                return UsageError.exit_code
            return int(wolkvox.invoke(context))
    except click.exceptions.Exit as end:
        return int(end.exit_code)
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except (KeyboardInterrupt, click.Abort):
        complain(speech.say("stopped"), "yellow")
        return _INTERRUPTED
    except WolkvoxError as error:
        return _failed(error, speech, words)
    except Exception as failure:  # noqa: BLE001 - whatever it is, a person is told in words
        unexpected = WolkvoxError("unexpected", problem=quote(f"{type(failure).__name__}: {failure}"))
        unexpected.__cause__ = failure
        return _failed(unexpected, speech, words)


def _failed(error: WolkvoxError, speech: Speech, words: Sequence[str]) -> int:
    if "--verbose" in words:
        sys.stderr.write("".join(traceback.format_exception(error)))
    if "--json" in words:
        print_object({"exit_code": error.exit_code, "error": speech.tell(error)})
    else:
        complain(speech.tell(error))
    return error.exit_code


class _Wolkvox(click.Group):
    """Every command by its name; one of them is imported when it is typed."""

    def __init__(self, speech: Speech) -> None:
        self.speech = speech
        super().__init__(
            "wolkvox",
            help=speech.say("command"),
            params=[options.language(speech), _version()],
            no_args_is_help=False,
            options_metavar=speech.say("metavar_options"),
            subcommand_metavar=speech.say("metavar_command"),
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    def list_commands(self, _: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module: Any = import_module(f"wolkvox_source.cli.{name.replace('-', '_')}")
        return module.command(self.speech)  # type: ignore[no-any-return]

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """The summaries of all commands, without any of their modules."""
        with formatter.section(gettext.gettext("Commands")):
            formatter.write_dl([(name, self.speech.say(f"command_{name.replace('-', '_')}")) for name in COMMANDS])


def _version() -> click.Option:
    def show(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted:
            from importlib.metadata import version

            print(f"wolkvox {version(PACKAGE)}")
            context.exit()

    about = gettext.gettext("Show the version and exit.")
    return click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help=about)


def _language(words: Sequence[str]) -> Language:
    """What `--lang` says, wherever it stands, or else the locale; a wrong one is told by click."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        for language in LANGUAGES:
            if word == f"--lang={language}" or (word == "--lang" and following == language):
                return language
    # LANG=C and an empty one speak English
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)
    return language_of_locale(locale)


@contextmanager
def _clicks_words(language: Language) -> Iterator[None]:
    """Let click say its own words in a language, from our catalogue of them; it asks Python's gettext for them."""
    before = os.environ.get("LANGUAGE")
    gettext.bindtextdomain("messages", LOCALES)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


if __name__ == "__main__":
    sys.exit(main())
