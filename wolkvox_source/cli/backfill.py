"""`wolkvox backfill`: the past of a dated report, as far as wolkvox keeps it."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import complain, mark
from wolkvox_source.language import Phrase, Speech

if TYPE_CHECKING:
    from wolkvox_source.observation import Observation
    from wolkvox_source.reports.dated import Window


def command(speech: Speech) -> click.Command:
    """`wolkvox backfill` and its options."""
    return options.command(
        "backfill",
        run,
        speech,
        [
            options.option(
                speech,
                "--report",
                about="option_report",
                type=click.Choice(["sessions", "status_events"]),
                required=True,
            ),
            options.day(speech, "--from", "first", about="option_first_day", required=True),
            options.day(speech, "--to", "last", about="option_last_day"),
            *options.place(speech),
            options.operations(speech),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech,
    *,
    report: str,
    first: date,
    last: date | None,
    destination: str,
    pipeline: str,
    dataset: str,
    operation: Sequence[str],
) -> int:
    """Load what was not read yet, and tell each window as it is done; returns the exit code."""
    from wolkvox_source.sync.backfill import backfill
    from wolkvox_source.warehouse.pipeline import Place

    def tell(observation: "Observation", window: "Window") -> None:
        _tell_window(speech, observation, window)

    place = Place(destination, pipeline, dataset)
    done = backfill(place, report, first, last, only=operation, advance=tell)
    for note in done.notes:
        print(mark(speech.tell(note), "yellow"), flush=True)
    if done.error is not None:
        complain(speech.tell(done.error))
    elif not done.observations:
        print(mark(speech.say("backfill_nothing", report=report), "green"))
    elif not done.exit_code:
        rows = sum(each.received_records or 0 for each in done.observations)
        requests = sum(each.requests for each in done.observations)
        print(mark(speech.say("backfill_done", report=report, records=rows, requests=requests), "green"))
    return done.exit_code


def _tell_window(speech: Speech, observation: "Observation", window: "Window") -> None:
    """What came of one window, as soon as it is done."""
    said = speech.say(
        "backfill_window",
        operation=observation.operation,
        report=observation.report,
        first=f"{window.first:%Y-%m-%d}",
        last=f"{window.last:%Y-%m-%d}",
        outcome=Phrase(f"outcome_{observation.outcome}"),
        records=observation.received_records or 0,
        requests=observation.requests,
    )
    if observation.exit_code:
        why = speech.say(observation.reason, **observation.facts) if observation.reason else observation.message
        complain(f"{said}  {why}")
    else:
        print(mark(said, "green"), flush=True)
