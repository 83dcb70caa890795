"""`wolkvox create-agents`: the plan that a person reads, the one question, and what became of it."""

import argparse
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from wolkvox_source.cli.terminal import is_terminal, mark, progress, redacted
from wolkvox_source.language import say

if TYPE_CHECKING:
    from wolkvox_source.provisioning.apply import Plan, Result

# nobody reads more; those who need a person are always shown
ROWS_SHOWN = 100
_PLAIN = frozenset({"create", "exists", "created"})
_COLOURS = {
    "create": "green",
    "created": "green",
    "confirmed": "green",
    "conflict": "red",
    "refused": "red",
    "unconfirmed": "red",
    "waiting": "yellow",
    "not_sent": "yellow",
}
# errors of the command line itself, which are ConfigurationErrors for a Python caller


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox create-agents`."""
    parser.add_argument("roster", metavar="ROSTER", help="CSV, Parquet, JSON or Excel file of the agents wanted")
    parser.add_argument("--operation", metavar="NAME", help="where to create them; needed where there are several")
    parser.add_argument("--apply", action="store_true", help="create them; without it only the plan is shown")
    parser.add_argument("--yes", action="store_true", help="do not ask before creating")
    parser.add_argument(
        "--passwords", metavar="FILE", help="new file, readable by you only, for the passwords; else they are discarded"
    )
    parser.add_argument(
        "--accept-empty", action="store_true", help="believe a report without agents, as of a new operation"
    )
    parser.add_argument(
        "--pace", type=float, default=1.0, metavar="SECONDS", help="time between two creations; 1 if left out"
    )
    parser.add_argument(
        "--resend-after",
        type=float,
        default=15.0,
        metavar="MINUTES",
        help="how long somebody must stay absent before an unanswered request is sent again; 15 if left out",
    )
    parser.add_argument("--journal", metavar="FILE", help="the file that remembers who was asked for")
    parser.add_argument("--destination", default="duckdb", help="where the record is loaded; duckdb if left out")
    parser.add_argument(
        "--dataset", default="contact_center", metavar="NAME", help="schema to load into; contact_center"
    )
    parser.add_argument("--verbose", action="store_true", help="print the traceback of an error, without secrets")


def run(args: argparse.Namespace) -> int:
    """Show the plan and, with `--apply`, carry it out; returns the exit code."""
    from wolkvox_source.errors import WolkvoxError

    for option, value in (("--pace", args.pace), ("--resend-after", args.resend_after)):
        if not value >= 0:
            return _complain(say("bad_number", option=option, least=0), 64)
    try:
        return _plan_and_apply(args)
    except WolkvoxError as error:
        if args.verbose:
            sys.stderr.write(redacted("".join(traceback.format_exception(error))))
        return _complain(str(error), error.exit_code)


def _plan_and_apply(args: argparse.Namespace) -> int:
    from wolkvox_source.provisioning.apply import check_passwords, plan

    wanted = plan(args.roster, args.operation, journal=args.journal, resend_after=timedelta(minutes=args.resend_after))
    # before anybody is asked, and before anything is sent
    begun = check_passwords(wanted, args.passwords) if args.passwords else False
    _show_plan(wanted, args.passwords, begun)
    if not args.apply:
        print(say("plan_only" if wanted.creations else "plan_nothing"))
        return wanted.exit_code
    if wanted.creations and not args.yes:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return _complain(say("ask_needs_terminal"), 64)
        print(say("ask_apply", count=len(wanted.creations), operation=wanted.operation), end="", flush=True)
        if sys.stdin.readline().strip().casefold() not in {"y", "yes", "s", "si", "sí"}:
            print(say("ask_declined"))
            return wanted.exit_code
    result = _carried_out(args, wanted)
    _show_result(result)
    return result.exit_code


def _carried_out(args: argparse.Namespace, wanted: "Plan") -> "Result":
    from wolkvox_source.provisioning.apply import apply
    from wolkvox_source.provisioning.outcomes import provisioning_pipeline

    with progress(total=len(wanted.creations), title=wanted.operation) as advance, _stopped_by_signals() as stop:
        return apply(
            wanted,
            passwords=args.passwords,
            pace_seconds=args.pace,
            accept_empty=args.accept_empty,
            pipeline=lambda: provisioning_pipeline(args.destination, args.dataset),
            stop=stop,
            on_step=lambda step, agent: advance(_visible(agent.agent_name)) if step == "settled" else None,
        )


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second one stops in the middle, which the journal survives."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        print(say("creating_stops"), file=sys.stderr, flush=True)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show_plan(plan: "Plan", passwords: str | None, begun: bool) -> None:
    _show_table(
        say("plan_title", operation=plan.operation, wanted=len(plan.rows), listed=plan.listed),
        [(row.agent, row.action, row.agent_id, row.note) for row in plan.rows],
        "column_plan",
    )
    creations = len(plan.creations)
    if plan.unused:
        print(say("plan_unused", columns=_visible(", ".join(plan.unused))))
    if plan.slots_left is not None and creations:
        key = "plan_slots" if creations <= plan.slots_left else "plan_no_slots"
        print(mark(say(key, left=plan.slots_left, wanted=creations), "green" if key == "plan_slots" else "red"))
    if not creations:
        return
    key = "plan_cost" if plan.daily_budget is None else "plan_cost_of"
    print(say(key, requests=plan.requests, budget=plan.daily_budget))
    if not plan.listed:
        print(mark(say("report_empty", operation=plan.operation), "yellow"))
    if passwords:
        print(say("plan_passwords_begun" if begun else "plan_passwords", path=Path(passwords).absolute()))
    else:
        print(mark(say("plan_discarded"), "yellow"))


def _show_result(result: "Result") -> None:
    _show_table(
        say("result_title", operation=result.operation),
        [(row.agent, row.outcome, row.agent_id, row.message) for row in result.rows],
        "column_outcome",
    )
    if result.stopped is not None:
        print(mark(str(result.stopped), "red"), file=sys.stderr)
    if result.record_error is not None:
        print(mark(say("record_failed", problem=result.record_error), "yellow"), file=sys.stderr)
    missing = sum(row.outcome not in {"created", "confirmed", "exists"} for row in result.rows)
    if missing:
        print(mark(say("result_incomplete", count=missing, wanted=len(result.rows)), "red"), file=sys.stderr)
    else:
        print(mark(say("result_complete"), "green"))


def _show_table(title: str, rows: Sequence[tuple[Any, str, str | None, str]], outcome: str) -> None:
    """The rows that need a person, and so many of the others as anybody reads; never a password."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # a log has no width, and must not cut a name at the 80th character
    console = Console(width=None if is_terminal() else 160, highlight=False, emoji=False, no_color=not is_terminal())
    table = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left")
    columns = ("column_line", "column_document", "column_name", outcome, "column_agent_id", "column_note")
    for column in columns:
        table.add_column(say(column), justify="right" if column == "column_line" else "left", overflow="fold")
    left_out = 0
    for index, (agent, word, agent_id, note) in enumerate(rows):
        if index >= ROWS_SHOWN and word in _PLAIN:
            left_out += 1
            continue
        told = Text(say(f"word_{word}"), style=_COLOURS.get(word, ""))
        texts = (str(agent.line), agent.agent_dni, agent.agent_name)
        rest = (agent_id or "", note)
        table.add_row(*map(_cell, texts), told, *map(_cell, rest))
    console.print(table)
    if left_out:
        print(say("plan_more", count=left_out))


def _cell(text: str) -> Any:
    from rich.text import Text

    # a Text, since a name in square brackets is not markup
    return Text(_visible(text))


def _visible(text: str) -> str:
    """The text without what could move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _complain(sentence: str, exit_code: int) -> int:
    print(mark(sentence, "red"), file=sys.stderr, flush=True)
    return exit_code
