"""`wolkvox copy`: a dataset, whole, in another destination."""

from typing import Any

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import mark, progress
from wolkvox_source.language import Speech


def command(speech: Speech) -> click.Command:
    """`wolkvox copy` and its options."""
    return options.command(
        "copy",
        run,
        speech,
        [
            options.option(speech, "--to", about="option_to", metavar="name", required=True),
            options.option(speech, "--to-pipeline", about="option_to_pipeline", metavar="name"),
            options.option(speech, "--to-dataset", about="option_to_dataset", metavar="name"),
            *options.place(speech),
            options.verbose(speech),
        ],
    )


def run(
    speech: Speech,
    *,
    to: str,
    to_pipeline: str | None,
    to_dataset: str | None,
    destination: str,
    pipeline: str,
    dataset: str,
) -> int:
    """Copy, compare and tell what is there; returns 0."""
    from wolkvox_source.warehouse.failures import in_words
    from wolkvox_source.warehouse.pipeline import Place
    from wolkvox_source.warehouse.transfer import copy

    source = Place(destination, pipeline, dataset)
    target = Place(to, to_pipeline or pipeline, to_dataset or dataset)
    with progress(title="copy") as advance:
        try:
            copied: dict[str, Any] = copy(source, target, advance)
        except Exception as failure:
            raise in_words(failure) from failure
    for table, found in copied.items():
        rows = sum(count for count, _ in found.values())
        print(speech.say("copied_table", table=table, rows=rows, operations=len(found)))
    print(mark(speech.say("copy_done", dataset=target.dataset_name), "green"))
    return 0
