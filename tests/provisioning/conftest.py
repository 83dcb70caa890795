"""A machine, and the contact centre whose agents it makes."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.provisioning.machines import NOON, Machine
from tests.provisioning.office import Office
from wolkvox_source.simulator import ContactCentre, Simulator

TOKEN = "demo-token"


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A centre of three people where nothing happens by itself."""
    centre = ContactCentre(agents=3, licences=20, token=TOKEN, now=NOON, lively=False, duplicates="allowed")
    with Simulator(centre) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", TOKEN)
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        yield simulator


@pytest.fixture
def machine(simulated: Simulator, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "first", simulated.centres[0])


@pytest.fixture
def open_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Office]]:
    with contextlib.ExitStack() as stack:

        def opener(**options: Any) -> Office:
            usual = {"agents": 3, "licences": 8, "token": TOKEN, "now": NOON, "lively": False, "duplicates": "allowed"}
            simulator = stack.enter_context(Simulator(ContactCentre(**{**usual, **options})))
            monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
            monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", TOKEN)
            monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
            monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
            return Office(simulator, tmp_path)

        yield opener


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office()
