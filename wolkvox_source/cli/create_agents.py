"""`wolkvox create-agents`: the plan that a person reads, the one question, and what became of it."""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import complain, is_terminal, mark, progress
from wolkvox_source.errors import UsageError
from wolkvox_source.language import Speech

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


def command(speech: Speech) -> click.Command:
    """`wolkvox create-agents` and its options."""
    return options.command(
        "create-agents",
        run,
        speech,
        [
            click.Argument(["roster"], metavar=speech.say("metavar_roster")),
            options.option(speech, "--operation", about="option_operation_to_create", metavar="name"),
            options.flag(speech, "--apply", "carry_out", about="option_apply"),
            options.flag(speech, "--yes", about="option_yes"),
            options.option(speech, "--passwords", about="option_passwords", metavar="file"),
            options.flag(speech, "--accept-empty", about="option_accept_empty"),
            options.number(speech, "--pace", about="option_pace", metavar="seconds", default=1.0),
            options.number(speech, "--resend-after", about="option_resend_after", metavar="minutes", default=15.0),
            options.option(speech, "--journal", about="option_journal", metavar="file"),
            options.destination(speech),
            options.dataset(speech),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech,
    *,
    roster: str,
    operation: str | None,
    carry_out: bool,
    yes: bool,
    passwords: str | None,
    accept_empty: bool,
    pace: float,
    resend_after: float,
    journal: str | None,
    destination: str,
    dataset: str,
) -> int:
    """Show the plan and, with `--apply`, carry it out; returns the exit code."""
    from wolkvox_source.provisioning.apply import check_passwords, plan

    for option, value in (("--pace", pace), ("--resend-after", resend_after)):
        if not value >= 0:
            raise UsageError("bad_number", option=option, least=0)
    wanted = plan(roster, operation, journal=journal, resend_after=timedelta(minutes=resend_after))
    # before anybody is asked, and before anything is sent
    begun = check_passwords(wanted, passwords) if passwords else False
    _show_plan(speech, wanted, passwords, begun)
    if not carry_out:
        print(speech.say("plan_only" if wanted.creations else "plan_nothing"))
        return wanted.exit_code
    if wanted.creations and not yes and not _agreed(speech, wanted):
        print(speech.say("ask_declined"))
        return wanted.exit_code
    result = _carried_out(speech, wanted, passwords, pace, accept_empty, destination, dataset)
    _show_result(speech, result)
    return result.exit_code


def _agreed(speech: Speech, wanted: "Plan") -> bool:
    """Whether the person at the terminal says yes; a UsageError where nobody is at one."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise UsageError("ask_needs_terminal")
    print(speech.say("ask_apply", count=len(wanted.creations), operation=wanted.operation), end="", flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes", "s", "si", "sí"}


def _carried_out(
    speech: Speech,
    wanted: "Plan",
    passwords: str | None,
    pace: float,
    accept_empty: bool,
    destination: str,
    dataset: str,
) -> "Result":
    from wolkvox_source.provisioning.apply import apply
    from wolkvox_source.provisioning.outcomes import provisioning_pipeline

    shown = progress(total=len(wanted.creations), title=wanted.operation)
    with shown as advance, _stopped_by_signals(speech) as stop:
        return apply(
            wanted,
            passwords=passwords,
            pace_seconds=pace,
            accept_empty=accept_empty,
            pipeline=lambda: provisioning_pipeline(destination, dataset),
            stop=stop,
            on_step=lambda step, agent: advance(_visible(agent.agent_name)) if step == "settled" else None,
        )


@contextmanager
def _stopped_by_signals(speech: Speech) -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second one stops in the middle, which the journal survives."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        complain(speech.say("creating_stops"), "yellow")

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show_plan(speech: Speech, plan: "Plan", passwords: str | None, begun: bool) -> None:
    _show_table(
        speech,
        speech.say("plan_title", operation=plan.operation, wanted=len(plan.rows), listed=plan.listed),
        [(row.agent, row.action, row.agent_id, _note(speech, row)) for row in plan.rows],
        "column_plan",
    )
    print(speech.say("plan_journal", path=plan.journal))
    creations = len(plan.creations)
    if plan.unused:
        print(speech.say("plan_unused", columns=_visible(", ".join(plan.unused))))
    if plan.slots_left is not None and creations:
        key = "plan_slots" if creations <= plan.slots_left else "plan_no_slots"
        print(mark(speech.say(key, left=plan.slots_left, wanted=creations), "green" if key == "plan_slots" else "red"))
    if not creations:
        return
    key = "plan_cost" if plan.daily_budget is None else "plan_cost_of"
    print(speech.say(key, count=plan.requests, budget=plan.daily_budget))
    if not plan.listed:
        print(mark(speech.say("report_empty", operation=plan.operation), "yellow"))
    if passwords:
        print(speech.say("plan_passwords_begun" if begun else "plan_passwords", path=Path(passwords).absolute()))
    else:
        print(mark(speech.say("plan_discarded"), "yellow"))


def _show_result(speech: Speech, result: "Result") -> None:
    _show_table(
        speech,
        speech.say("result_title", operation=result.operation),
        [(row.agent, row.outcome, row.agent_id, _note(speech, row)) for row in result.rows],
        "column_outcome",
    )
    if result.stopped is not None:
        complain(speech.tell(result.stopped))
    if result.record_error is not None:
        complain(speech.say("record_failed", problem=speech.tell(result.record_error)), "yellow")
    missing = sum(row.outcome not in {"created", "confirmed", "exists"} for row in result.rows)
    if missing:
        complain(speech.say("result_incomplete", count=missing, wanted=len(result.rows)))
    else:
        print(mark(speech.say("result_complete"), "green"))


def _show_table(speech: Speech, title: str, rows: Sequence[tuple[Any, str, str | None, str]], outcome: str) -> None:
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
        table.add_column(speech.say(column), justify="right" if column == "column_line" else "left", overflow="fold")
    left_out = 0
    for index, (agent, word, agent_id, note) in enumerate(rows):
        if index >= ROWS_SHOWN and word in _PLAIN:
            left_out += 1
            continue
        told = Text(speech.say(f"word_{word}"), style=_COLOURS.get(word, ""))
        texts = (str(agent.line), agent.agent_dni, agent.agent_name)
        rest = (agent_id or "", note)
        table.add_row(*map(_cell, texts), told, *map(_cell, rest))
    console.print(table)
    if left_out:
        print(speech.say("plan_more", count=left_out))


def _note(speech: Speech, row: Any) -> str:
    """Why a row is as it is, in the reader's language; empty where the outcome says it all."""
    reason = getattr(row, "reason", None)
    return speech.say(reason, **row.facts) if reason else getattr(row, "message", "")


def _cell(text: str) -> Any:
    from rich.text import Text

    # a Text, since a name in square brackets is not markup
    return Text(_visible(text))


def _visible(text: str) -> str:
    """The text without what could move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
