"""A machine, and the contact centre whose agents it makes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provisioning.offices import NOON, Machine
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
