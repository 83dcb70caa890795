"""`wolkvox sync`: one run, or one every few minutes, told to a person, a log or a program."""

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import complain, is_terminal, mark, print_object, progress
from wolkvox_source.clock import utc_now
from wolkvox_source.errors import UsageError
from wolkvox_source.language import Phrase, Speech, stored
from wolkvox_source.reports.garbage import collecting_later

if TYPE_CHECKING:
    from wolkvox_source.observation import Observation
    from wolkvox_source.sync.run import Run


def command(speech: Speech) -> click.Command:
    """`wolkvox sync` and its options."""
    return options.command(
        "sync",
        run,
        speech,
        [
            *options.place(speech),
            options.operations(speech),
            options.option(
                speech, "--accept-loss", about="option_accept_loss", metavar="operation", multiple=True, default=()
            ),
            options.option(speech, "--shard", about="option_shard", metavar="shard"),
            options.option(speech, "--every", about="option_every", metavar="interval"),
            options.flag(speech, "--quiet", about="option_quiet"),
            options.as_json(speech),
            options.flag(speech, "--verbose", about="option_verbose"),
        ],
    )


def run(speech: Speech, *, every: str | None, quiet: bool, **chosen: Any) -> int:
    """One run, or many with `--every`; returns the exit code."""
    from wolkvox_source.sync import loop

    if every is None:
        return one_run(speech, quiet=quiet, **chosen).exit_code
    interval = options.seconds(every)
    if interval > loop.DAY:
        raise UsageError("interval_too_long", value=every)

    def warn(phrase: Phrase) -> None:
        complain(_dated(speech.tell(phrase)), "yellow")

    if not quiet:
        warn(Phrase("schedule_begins", {"interval": every}))
    return loop.every(interval, lambda: _code_for_the_loop(one_run(speech, quiet=quiet, **chosen)), tell=warn)


def _code_for_the_loop(done: "Run") -> int:
    """77 and 78 end the loop, so one refused operation among others that load must not say so."""
    return done.exit_code if done.hopeless or done.exit_code not in {77, 78} else 65


def one_run(
    speech: Speech,
    *,
    destination: str,
    pipeline: str,
    dataset: str,
    operation: Sequence[str],
    accept_loss: Sequence[str],
    shard: str | None,
    quiet: bool,
    as_json: bool,
    verbose: bool,
) -> "Run":
    """Observe, load and tell what came of it."""
    with collecting_later(), progress(shown=not quiet and not as_json) as advance:
        from wolkvox_source.sync.run import sync
        from wolkvox_source.warehouse.pipeline import Place

        done = sync(
            Place(destination, pipeline, dataset),
            only=operation,
            accept_loss=accept_loss,
            shard=shard,
            listener=lambda answer: advance(answer.operation),
            language=speech.language,
        )
    if as_json:
        print_object(as_object(done, speech))
    else:
        tell(done, speech, quiet=quiet)
    if verbose and done.error is not None:
        sys.stderr.write("".join(traceback.format_exception(done.error)))
    return done


def tell(done: "Run", speech: Speech, *, quiet: bool = False) -> None:
    """One line per operation and per sentence; what needs a human goes to stderr."""
    for observation in sorted(done.observations, key=lambda each: each.operation):
        if observation.exit_code:
            complain(f"{_line(observation, speech)}  {_why(observation, speech.say)}")
        elif not quiet:
            print(mark(_line(observation, speech), "green"), flush=True)
    if not quiet:
        for note in done.notes:
            print(mark(_dated(speech.tell(note)), "yellow"), flush=True)
    for error in filter(None, (done.error, done.untold)):
        complain(_dated(speech.tell(error)))


def _why(observation: "Observation", say: Callable[..., str]) -> str:
    return say(observation.reason, **observation.facts) if observation.reason else observation.message or ""


def _dated(sentence: str) -> str:
    """The sentence with the time before it, where it is for a log."""
    return sentence if is_terminal() else f"{utc_now():%Y-%m-%dT%H:%M:%SZ} {sentence}"


def _what(observation: "Observation") -> str:
    """The operation, and the report unless it is the agents'."""
    further = observation.report != "agents"
    return f"{observation.operation} {observation.report}" if further else observation.operation


def _line(observation: "Observation", speech: Speech) -> str:
    facts: dict[str, object] = {
        "operation": _what(observation),
        "outcome": Phrase(f"outcome_{observation.outcome}"),
        "seconds": f"{observation.duration_seconds:.1f}",
    }
    if observation.received_records is None:
        said = speech.say("sync_line_short", **facts)
    else:
        facts["records"] = observation.received_records
        numbers = {name: getattr(observation, name) for name in ("appeared", "vanished", "changed")}
        said = speech.say("sync_line", **facts, **numbers)
    return f"{observation.observed_at:%Y-%m-%dT%H:%M:%SZ} {said}"


def as_object(done: "Run", speech: Speech) -> dict[str, Any]:
    """The run for a program: plain values, times in ISO 8601."""
    observations = [
        {each.name: getattr(observation, each.name) for each in fields(observation) if each.name != "error"}
        for observation in done.observations
    ]
    for observation in observations:
        observation["facts"] = json.loads(stored(observation["facts"]))
    return {
        "exit_code": done.exit_code,
        "seconds": round(done.seconds, 3),
        "observations": observations,
        "notes": [speech.tell(note) for note in done.notes],
        "error": None if done.error is None else speech.tell(done.error),
        "untold": None if done.untold is None else speech.tell(done.untold),
        "copy": None if done.copy is None else str(done.copy),
    }
