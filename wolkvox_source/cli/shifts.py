"""`wolkvox shifts`: who is to work when, from a file into the warehouse."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import mark
from wolkvox_source.clock import utc_now
from wolkvox_source.errors import UsageError, quote
from wolkvox_source.language import Speech


def command(speech: Speech) -> click.Command:
    """`wolkvox shifts` and what it can do."""
    file = click.Argument(["file"], metavar=speech.say("metavar_file"))
    where = [*options.place(speech), options.verbose(speech)]
    operation = options.option(speech, "--operation", about="option_operation_of_shifts", metavar="name")
    load_ = options.command("shifts-load", load, speech, [file, operation, *where])
    template_ = options.command("shifts-template", template, speech, [file, options.verbose(speech)])
    return options.group("shifts", speech, {"load": load_, "template": template_})


def load(
    speech: Speech,
    *,
    file: str,
    operation: str | None,
    destination: str,
    pipeline: str,
    dataset: str,
    now: datetime | None = None,
) -> int:
    """Check a file and load it as the plan from `now`'s day on."""
    from wolkvox_source.settings import configured_operations
    from wolkvox_source.shifts.loading import load_shifts
    from wolkvox_source.warehouse.pipeline import Place

    only: Sequence[str] = [operation] if operation else []
    found = configured_operations(only)
    if len(found) != 1:
        raise UsageError("shifts_which_operation", known=", ".join(each.name for each in found))
    place = Place(destination, pipeline, dataset)
    loaded = load_shifts(Path(file), found[0], place, now or utc_now())
    facts = {"operation": found[0].name, "count": loaded.agents, "added": loaded.added, "replaced": loaded.replaced}
    print(mark(speech.say("shifts_loaded", **facts), "green"))
    for note in loaded.notes:
        print(mark(speech.tell(note), "yellow"))
    return 0


def template(speech: Speech, *, file: str) -> int:
    """Write a CSV to fill in."""
    from wolkvox_source.shifts.loading import write_template

    try:
        write_template(Path(file))
    except OSError as failure:
        problem = quote(failure.strerror or str(failure))
        raise UsageError("shifts_template_failed", path=file, problem=problem) from failure
    print(mark(speech.say("shifts_template", path=file), "green"))
    return 0
