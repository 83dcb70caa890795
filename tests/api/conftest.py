"""Clients of the simulator that hardly wait between two requests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.worlds import TOKEN
from wolkvox_source.api.administration import Administration
from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.simulator import Simulator


@pytest.fixture
def ask(simulator: Simulator) -> Iterator[Callable[..., WolkvoxClient]]:
    """Makes clients of the simulator, or of the server at `url`."""
    clients: list[WolkvoxClient] = []

    def client(
        token: str = TOKEN, url: str | None = None, kind: type[WolkvoxClient] = WolkvoxClient, **options: Any
    ) -> WolkvoxClient:
        patience = {"first_wait_seconds": 0.01, "answer_seconds": 5.0, "seconds_at_most": 10.0, **options}
        clients.append(kind("demo", token, url or simulator.url, **patience))
        return clients[-1]

    yield client
    for one in clients:
        one.__exit__(None, None, None)


@pytest.fixture
def administer(ask: Callable[..., Administration]) -> Callable[..., Administration]:
    """Makes clients that may change what the simulator holds."""
    return lambda *arguments, **options: ask(*arguments, kind=Administration, **options)
