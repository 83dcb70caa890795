"""A plan of agents carried out: the one question before it, and the signals that stop it."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from wolkvox_source.cli.agents_table import visible
from wolkvox_source.cli.terminal import complain, progress
from wolkvox_source.errors import UsageError
from wolkvox_source.language import Speech

if TYPE_CHECKING:
    from wolkvox_source.provisioning.plan import Plan
    from wolkvox_source.provisioning.result import Result


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
