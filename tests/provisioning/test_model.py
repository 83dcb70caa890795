"""Random lists and everything that breaks, beside the plainest account: the end is the wanted state, and nothing else.

Two machines with their own journals, clocks and folders share a warehouse; the report lags and is silently short,
answers are lost, runs are killed. Whoever was never wanted is not touched.
"""

import copy
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.provisioning.conftest import TOKEN
from tests.provisioning.machines import NOON, Machine
from tests.worlds import LONG
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.provisioning.result import Result
from wolkvox_source.simulator import Answer, ContactCentre, Cut, HangUp, Simulator, Truncate

SEEDS = range(40 if LONG else 3)
SKILLS = {"VENTAS": "4001", "SOPORTE": "4002", "COBRANZAS": "4003"}


class Killed(BaseException):
    """What a power cut is to a process."""


class World:
    """The centre, its two machines, and the list as it is now."""

    def __init__(self, seed: int, folder: Path, simulated: Simulator) -> None:
        self.chance = random.Random(seed)
        self.simulated = simulated
        self.centre = simulated.centres[0]
        warehouse = folder / "wolkvox.duckdb"
        self.machines = [Machine(folder / f"machine {n}", self.centre, f"boot {n}", warehouse) for n in (1, 2)]
        self.files = 0
        self.strangers = {agent_id: copy.deepcopy(agent) for agent_id, agent in self.centre.agents.items()}
        self.wanted: dict[str, dict[str, Any]] = {}

    def change_the_list(self) -> None:
        """HR writes another list: newcomers, other names, who may work, and skills."""
        chance = self.chance
        for _ in range(chance.randint(1, 4)):
            document = f"00{chance.randint(10, 35)}7001"
            skills = chance.sample(sorted(SKILLS), chance.randint(0, 2))
            self.wanted[document] = {
                "documento": document,
                "nombre": f"PEÑA {chance.choice(['INÉS', 'EVA', 'LUZ'])} {document[2:4]}",
                "sso": "",
                "enabled": chance.choice(["yes", "no"]),
                "skills": "; ".join(f"{skill}:{chance.randint(1, 10)}" for skill in skills) or "-",
            }

    def misbehave(self) -> None:
        """Something goes wrong in the next run."""
        chance, simulated = self.chance, self.simulated
        simulated.clear()
        self.centre.lag = timedelta(minutes=chance.choice([0, 0, 8]))
        for _ in range(chance.randint(0, 3)):
            api = chance.choice(["create_agent", "edit_agent", "add_agents_skill", "disable_agent", "enable_agent"])
            how = chance.choice([Answer(502, "<html>"), Answer(404, ""), Cut(5), HangUp()])
            simulated.misbehave(how, api=api, after_effect=chance.random() < 0.5)
        if chance.random() < 0.15:
            there = len(self.centre.report())
            simulated.misbehave(Truncate(max(1, there - chance.randint(1, 12)), silently=True), api="agents")

    def run(self) -> Result | None:
        """One run of one machine, which may be killed at any step, or refuse to begin."""
        chance = self.chance
        machine = chance.choice(self.machines)
        machine.wrong_by = timedelta(days=chance.choice([0, 0, 40, -40]))
        dies_at = chance.randint(1, 40) if chance.random() < 0.3 else 0
        seen = 0

        def on_step(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == dies_at:
                raise Killed

        return self.attempt(machine, on_step)

    def attempt(self, machine: Machine, on_step: Any = None) -> Result | None:
        policy = {"only_creations": False, "reset_passwords": True, "now": True, "exact_skills": True}
        rows = [*self.wanted.values()]
        try:
            made = machine.plan(rows, **policy)
            counts = {name: sum(row.action == name for row in made.rows) for name in ("disable", "reuse", "edit")}
            accepted = {f"accept_{name}": counts[name] for name in ("disable", "reuse")}
            made = machine.plan(rows, **policy, **accepted, accept_reset=counts["edit"])
            return machine.apply(made, on_step=on_step)
        except (WolkvoxError, Killed) as error:
            if isinstance(error, WolkvoxError) and error.exit_code == 64:
                # the file of a run that had come to its end: the next one is another
                self.files += 1
                machine.passwords = machine.folder / f"passwords {self.files}.csv"
            return None

    def settle(self) -> Result:
        """Everything behaves again, and time goes by, until one run after the other has nothing to do."""
        self.simulated.clear()
        self.centre.lag = timedelta(0)
        for _ in range(12):
            self.centre.advance(timedelta(minutes=20))
            for machine in self.machines:
                machine.wrong_by = timedelta(0)
                result = self.attempt(machine)
            if result is not None and all(row.outcome == "exists" for row in result.rows):
                return result
        raise AssertionError([(row.action, row.outcome, row.reason, row.agent.agent_dni) for row in result.rows])

    def passwords(self) -> dict[str, set[str]]:
        """Every password in any file, by document."""
        import csv

        found: dict[str, set[str]] = {}
        for machine in self.machines:
            for path in machine.folder.glob("passwords*.csv"):
                with path.open(encoding="utf-8", newline="") as file:
                    for row in csv.DictReader(file):
                        found.setdefault(row["agent_dni"], set()).add(row["password"])
        return found


@pytest.fixture(params=SEEDS)
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    centre = ContactCentre(agents=12, licences=20, token=TOKEN, now=NOON, lively=False, duplicates="allowed")
    with Simulator(centre) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", TOKEN)
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        yield World(request.param, tmp_path, simulator)


@pytest.mark.long
def test_whatever_breaks_the_end_is_what_was_wanted_and_nobody_else_is_touched(world: World) -> None:
    for _ in range(30 if LONG else 6):
        world.change_the_list()
        world.misbehave()
        world.run()
        world.centre.advance(timedelta(minutes=world.chance.choice([1, 5, 20, 60])))
    result = world.settle()

    agents = world.centre.agents
    assert {agent_id: agents[agent_id] for agent_id in world.strangers} == world.strangers
    ours = [agent for agent_id, agent in agents.items() if agent_id not in world.strangers]
    assert sorted(agent.dni for agent in ours) == sorted(world.wanted)
    assert {(agent.dni, agent.name, agent.enabled) for agent in ours} == {
        (row["documento"], row["nombre"], row["enabled"] == "yes") for row in world.wanted.values()
    }
    for agent in ours:
        parts = [part.split(":") for part in world.wanted[agent.dni]["skills"].split("; ") if part != "-"]
        assert agent.skills == {SKILLS[skill]: expertise for skill, expertise in parts}
    # every password is known, and none is said to be unknown
    assert result.unknown_passwords == ()
    known = world.passwords()
    assert [agent.dni for agent in ours if agent.password not in known.get(agent.dni, ())] == []
