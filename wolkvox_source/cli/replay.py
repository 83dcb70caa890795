"""`wolkvox replay`: a dataset made again from the archive."""

import click

from wolkvox_source.cli import options
from wolkvox_source.cli.terminal import mark, progress
from wolkvox_source.language import Speech


def command(speech: Speech) -> click.Command:
    """`wolkvox replay` and its options."""
    return options.command(
        "replay",
        run,
        speech,
        [
            options.option(speech, "--from", "archive", about="option_from", metavar="archive", required=True),
            options.option(
                speech,
                "--settings",
                about="option_settings",
                type=click.Choice(["archived", "configured"]),
                default="archived",
            ),
            *options.place(speech),
            options.verbose(speech),
        ],
    )


def run(speech: Speech, *, archive: str, settings: str, destination: str, pipeline: str, dataset: str) -> int:
    """Replay, and tell what is there; returns 0."""
    from wolkvox_source.settings import configured_operations
    from wolkvox_source.sync.replay import replay
    from wolkvox_source.warehouse.failures import in_words
    from wolkvox_source.warehouse.pipeline import Place

    configured = configured_operations() if settings == "configured" else []
    with progress(title="replay") as advance:
        try:
            done = replay(archive, Place(destination, pipeline, dataset), configured, advance)
        except Exception as failure:
            raise in_words(failure) from failure
    facts = {"observations": done.observations, "operations": len(done.operations)}
    print(mark(speech.say("replay_done", first=done.first, last=done.last, **facts), "green"))
    return 0
