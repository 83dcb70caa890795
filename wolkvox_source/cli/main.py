"""The words a person types."""

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from wolkvox_source import language as sentences

# each command is a module with `add_arguments(parser)` and `run(args) -> exit code`, loaded when it is typed
COMMANDS = {
    "demo": ("see it work in a minute, with a simulated contact centre and no account", "demo"),
    "sync": ("observe your operations and load what differs", "sync"),
    "status": ("how fresh each operation's data is", "status"),
    "doctor": ("find out what is wrong, from the bottom up", "doctor"),
    "create-agents": ("create agents from an HR list: a plan first, each agent once", "create_agents"),
    "dashboard": ("open the dashboard on the readers' copy", "dashboard"),
    "simulate": ("serve a simulated contact centre to anyone", "simulate"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code, in sysexits' words."""
    # a tool that runs unattended asks before it reports to anybody, and dlt's log is not for a person
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    # a process that ends gives everything back at once; to look for garbage first would take it a quarter of a second
    atexit.register(gc.freeze)
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    command = next((word for word in words if not word.startswith("-")), None)
    parser = _parser(command if command in COMMANDS else None)
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help()
        return 64
    sentences.speak(args.lang or sentences.language_of_locale(_locale()))
    if not getattr(args, "verbose", False):
        os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
    try:
        return int(_module(args.command).run(args))
    except KeyboardInterrupt:
        return 130


def _parser(command: str | None) -> argparse.ArgumentParser:
    """The whole parser; only the options of `command` are filled in, since each command costs its imports."""
    parser = _Parser(prog="wolkvox", description="Wolkvox's agents in DuckDB or your warehouse.")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (summary, _) in COMMANDS.items():
        each = subparsers.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        each.add_argument("--lang", choices=sentences.LANGUAGES, help="language of the sentences; else the locale's")
        if name == command:
            _module(name).add_arguments(each)
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        """A command line that makes no sense is 64, EX_USAGE; argparse would say 2."""
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def _module(command: str) -> Any:
    return import_module(f"wolkvox_source.cli.{COMMANDS[command][1]}")


def _locale() -> str | None:
    """The locale's name as POSIX finds it; LANG=C and an empty one speak English."""
    return next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), None)


if __name__ == "__main__":
    sys.exit(main())
