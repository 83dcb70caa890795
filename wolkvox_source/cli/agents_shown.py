"""A plan of agents as a person reads it, the one question, and what became of it."""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from wolkvox_source.cli.terminal import complain, is_terminal, mark, progress
from wolkvox_source.errors import UsageError
from wolkvox_source.language import Speech

if TYPE_CHECKING:
    from wolkvox_source.provisioning.plan import Plan
    from wolkvox_source.provisioning.result import Result

# nobody reads more; those who need a person are always shown
ROWS_SHOWN = 100
_PLAIN = frozenset({"create", "exists", "created", "add_skill", "enable", "done"})
# which say by themselves what was asked for
_TELLING = frozenset({"created", "confirmed", "exists", "conflict", "left"})
_COLOURS = {
    **dict.fromkeys(("create", "created", "confirmed", "enable", "add_skill", "done"), "green"),
    **dict.fromkeys(("conflict", "refused", "unconfirmed", "edit", "reuse", "disable", "remove_skill"), "red"),
    **dict.fromkeys(("waiting", "not_sent", "left"), "yellow"),
}


def show_plan(speech: Speech, plan: "Plan", pace_seconds: float, passwords: str | None, begun: bool) -> None:
    """The plan and what carrying it out takes; `begun` says that the file of passwords is an unfinished run's."""
    people = len({row.agent for row in plan.rows})
    _show_table(
        speech,
        speech.say("plan_title", operation=plan.operation, wanted=people, listed=plan.listed),
        [(row.agent, row.action, row.agent_id, _note(speech, row)) for row in plan.rows],
        "column_plan",
    )
    if plan.unused:
        print(speech.say("plan_unused", columns=visible(", ".join(plan.unused))))
    print(speech.say("plan_journal", path=plan.journal))
    if plan.elsewhere:
        print(mark(speech.say("plan_elsewhere", count=plan.elsewhere), "yellow"))
    if plan.memory_error is not None:
        print(mark(speech.say("plan_memory_away", problem=plan.memory_error.phrase), "yellow"))
    creations = len(plan.creations)
    if plan.slots_left is not None and creations:
        key = "plan_slots" if creations <= plan.slots_left else "plan_no_slots"
        print(mark(speech.say(key, left=plan.slots_left, wanted=creations), "green" if key == "plan_slots" else "red"))
    if not plan.actions:
        return
    key = "plan_cost" if plan.daily_budget is None else "plan_cost_of"
    span = plan.span(pace_seconds)
    print(speech.say(key, count=plan.requests, budget=plan.daily_budget), speech.say("plan_span", span=span), sep="; ")
    if not plan.listed:
        print(mark(speech.say("report_empty", operation=plan.operation), "yellow"))
    if plan.passwords and passwords:
        print(speech.say("plan_passwords_begun" if begun else "plan_passwords", path=Path(passwords).absolute()))
    elif plan.passwords:
        print(mark(speech.say("plan_discarded"), "yellow"))


def agreed(speech: Speech, plan: "Plan") -> bool:
    """Whether the person at the terminal says yes; a UsageError where nobody is at one."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise UsageError("ask_needs_terminal")
    count = len(plan.actions)
    reason = "ask_apply" if count == len(plan.creations) else "ask_apply_changes"
    print(speech.say(reason, count=count, operation=plan.operation), end="", flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes", "s", "si", "sí"}


def carried_out(
    speech: Speech, plan: "Plan", passwords: str | None, pace_seconds: float, destination: str, dataset: str
) -> "Result":
    """Carry out a plan under a progress bar, until a signal stops it between two actions."""
    from wolkvox_source.provisioning.apply import apply
    from wolkvox_source.provisioning.outcomes import provisioning_pipeline

    shown = progress(total=len(plan.actions), title=plan.operation)
    with shown as advance, _stopped_by_signals(speech) as stop:
        return apply(
            plan,
            passwords=passwords,
            pace_seconds=pace_seconds,
            pipeline=lambda: provisioning_pipeline(destination, dataset),
            stop=stop,
            on_step=lambda step, row: advance(visible(row.agent.agent_name)) if step == "settled" else None,
        )


@contextmanager
def sentence_for_signals() -> Iterator[None]:
    """Have SIGTERM end in a sentence like Ctrl-C does, while nothing has been sent yet."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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


def show_result(speech: Speech, result: "Result") -> None:
    """What became of a plan, what stopped it, and whose password nobody knows."""
    _show_table(
        speech,
        speech.say("result_title", operation=result.operation),
        [(row.agent, row.outcome, row.agent_id, _what(speech, row)) for row in result.rows],
        "column_outcome",
    )
    if result.stopped is not None:
        complain(speech.tell(result.stopped))
    if result.record_error is not None:
        complain(speech.say("record_failed", problem=result.record_error.phrase), "yellow")
    if result.unknown_passwords:
        names = visible(", ".join(agent.agent_name or agent.agent_dni for agent in result.unknown_passwords[:20]))
        complain(speech.say("result_passwords_unknown", count=len(result.unknown_passwords), names=names), "yellow")
    else:
        print(speech.say("result_passwords_known"))
    missing = {row.agent for row in result.rows if row.exit_code}
    if missing:
        people = len({row.agent for row in result.rows})
        # a conflict is the same however often the command is run
        again = any(row.exit_code and row.outcome != "conflict" for row in result.rows)
        key = "result_incomplete" if again else "result_conflicts"
        complain(speech.say(key, count=len(missing), wanted=people))
    else:
        print(mark(speech.say("result_complete"), "green"))


def _show_table(speech: Speech, title: str, rows: Sequence[tuple[Any, str, str | None, str]], outcome: str) -> None:
    """The rows that need a person, and so many of the others as an administrator reads; never a password."""
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
        texts = (str(agent.line or ""), agent.agent_dni, agent.agent_name)
        rest = (agent_id or "", note)
        table.add_row(*map(_cell, texts), told, *map(_cell, rest))
    console.print(table)
    if left_out:
        print(speech.say("plan_more", count=left_out))


def _note(speech: Speech, row: Any) -> str:
    """Why a row is as it is, in the reader's language; empty where the outcome says it all."""
    return speech.say(row.reason, **row.facts) if row.reason else ""


def _what(speech: Speech, row: Any) -> str:
    """What an outcome is the outcome of, where one person may have several, and the note."""
    words = [_note(speech, row)]
    if row.outcome not in _TELLING and row.action != row.outcome:
        words.insert(0, speech.say(f"word_{row.action}"))
    return ": ".join(filter(None, words))


def _cell(text: str) -> Any:
    from rich.text import Text

    # a Text, since a name in square brackets is not markup
    return Text(visible(text))


def visible(text: str) -> str:
    """The text without what could move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
