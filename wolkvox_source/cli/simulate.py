"""`wolkvox simulate`: the simulated contact centre, for anyone with an HTTP client."""

import click

from wolkvox_source.cli import options
from wolkvox_source.language import Speech


def command(speech: Speech) -> click.Command:
    """`wolkvox simulate` and its options."""
    return options.command(
        "simulate",
        run,
        speech,
        [
            options.number(speech, "--port", about="option_port_simulate", default=8420),
            options.number(speech, "--agents", about="option_agents", default=80),
            options.number(speech, "--seed", about="option_seed", default=7),
            options.number(speech, "--speed", about="option_speed", default=1.0),
        ],
    )


def run(speech: Speech, *, port: int, agents: int, seed: int, speed: float) -> int:
    """Serve until interrupted."""
    from wolkvox_source.simulator import serve

    serve(port=port, agents=agents, seed=seed, speed=speed, language=speech.language)
    return 0
