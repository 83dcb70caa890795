"""A simulated contact centre and a plain HTTP client that has its token, for the simulator's own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx

from wolkvox_source.simulator import ContactCentre, Simulator

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=ZoneInfo("America/Bogota"))
INES = {"agent_name": "PEÑA  INÉS", "agent_dni": "0010203", "agent_sso": "", "agent_pass": "Clave#2026"}


class Wolkvox:
    """A simulator and a client that has its token."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.centre = simulator.centres[0]
        self.http = httpx.Client(
            base_url=f"{simulator.url}/api/v2/",
            headers={"wolkvox-token": "demo-token"},
            timeout=5,
            trust_env=False,
            verify=False,
        )

    def report(self, **parameters: str) -> httpx.Response:
        return self.http.get("information.php", params={"api": "agents", **parameters})

    def information(self, api: str, **parameters: str) -> httpx.Response:
        return self.http.get("information.php", params={"api": api, **parameters})

    def create(self, **fields: object) -> httpx.Response:
        return self.http.post("configuration.php?api=create_agent", json={**INES, **fields})

    def change(self, api: str, body: object, **parameters: str) -> httpx.Response:
        return self.http.put("configuration.php", params={"api": api, **parameters}, json=body)


def scripted(**options: object) -> ContactCentre:
    return ContactCentre(**{"agents": 0, "licences": 8, "now": MONDAY, "lively": False, **options})  # type: ignore[arg-type]


Opener = Callable[..., Wolkvox]


@contextmanager
def opener() -> Iterator[Opener]:
    """Opens simulators of the centres given, or of one with the options given; all are closed at the end."""
    with ExitStack() as opened:

        def open_one(*centres: ContactCentre, **options: object) -> Wolkvox:
            wolkvox = Wolkvox(opened.enter_context(Simulator(centres or scripted(**options))))
            opened.callback(wolkvox.http.close)
            return wolkvox

        yield open_one


def with_three(wolkvox: Wolkvox) -> Wolkvox:
    """The same with three agents, 12001 to 12003."""
    for name, dni in (("GÓMEZ  ANA", "1"), ("NÚÑEZ  LUIS", "2"), ("PEÑA  SARA", "3")):
        wolkvox.centre.hire(name, dni, "")
    return wolkvox


def refused(response: httpx.Response) -> tuple[int, object, object, object]:
    body = response.json()
    assert body["data"] == []
    return response.status_code, body["code"], body["error"], body["msg"]
