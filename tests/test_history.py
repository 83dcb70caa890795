"""Random worlds for many runs, held against a model in plain Python after each."""

import os
import shutil
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.worlds import MONDAY, TOKEN, Clock, Warehouse
from wolkvox_source.settings import Operation
from wolkvox_source.simulator import MAINTENANCE, Answer, ContactCentre, Cut, Simulator, Truncate
from wolkvox_source.sync.run import sync

LONG = bool(os.environ.get("WOLKVOX_LONG"))

WHO = st.integers(0, 9)
EVENT = st.one_of(
    st.tuples(st.just("hire"), WHO),
    st.tuples(st.sampled_from(["leave", "return", "rename", "connect", "pass on", "enable", "disable"]), WHO),
    st.tuples(st.sampled_from(["Ready", "Talk", "Almuerzo", ""]), WHO),
)
FAULT = st.sampled_from([None] * 6 + ["500", "cut", "refused token", "truncated", "garbage", "maintenance"])
RUNS = st.lists(st.tuples(st.lists(EVENT, max_size=5), FAULT), min_size=3, max_size=12 if LONG else 8)

Tracked = tuple[Any, ...]


@dataclass
class Model:
    """What must be in the warehouse, worked out one agent at a time."""

    agents: dict[str, tuple[Tracked, str, bool]] = field(default_factory=dict)
    versions: dict[str, list[tuple[Tracked, bool, datetime, datetime | None]]] = field(default_factory=dict)
    connections: set[tuple[str, datetime]] = field(default_factory=set)
    ledger: list[tuple[datetime, str]] = field(default_factory=list)

    def observe(self, report: dict[str, tuple[Tracked, str]], fault: str | None, now: datetime) -> None:
        """One run: the report that wolkvox would give, and what happened to it on the way."""
        outcome = self._outcome(report, fault)
        if outcome is None:
            before = dict(self.agents)
            for agent_id, (tracked, last_use) in report.items():
                self.agents[agent_id] = (tracked, last_use, True)
                self._version(agent_id, tracked, True, now)
                if last_use:
                    self.connections.add((agent_id, _bogota(last_use)))
            for agent_id in self.agents.keys() - report.keys():
                tracked, last_use, _ = self.agents[agent_id]
                self.agents[agent_id] = (tracked, last_use, False)
                self._version(agent_id, tracked, False, now)
            outcome = "unchanged" if before == self.agents else "changed"
        self.ledger.append((now, outcome))

    def _outcome(self, report: dict[str, tuple[Tracked, str]], fault: str | None) -> str | None:
        failed = {"500": "unavailable", "cut": "unavailable", "maintenance": "unavailable", "garbage": "unreadable"}
        if fault in failed:
            return failed[fault]
        if fault == "refused token":
            return "refused"
        known = {agent_id for agent_id, (_, _, present) in self.agents.items() if present}
        if fault == "truncated" and len(report) > 1:
            return "suspicious"
        if known and not report:
            return "empty"
        vanished = len(known - report.keys())
        if vanished > 5 and vanished > 0.2 * len(known):
            return "suspicious"
        if report and self._emptied(known, report):
            return "suspicious"
        return None

    def _emptied(self, known: set[str], report: dict[str, tuple[Tracked, str]]) -> bool:
        was = [(self.agents[agent_id][0][3], self.agents[agent_id][1]) for agent_id in known]
        now = [(tracked[3], last_use) for tracked, last_use in report.values()]
        return any(any(row[i] for row in was) and not any(row[i] for row in now) for i in (0, 1))

    def _version(self, agent_id: str, tracked: Tracked, present: bool, now: datetime) -> None:
        versions = self.versions.setdefault(agent_id, [])
        if versions:
            last = versions[-1]
            if last[:2] == (tracked, present):
                return
            versions[-1] = (*last[:3], now)
        versions.append((tracked, present, now, None))


def _bogota(local: str) -> datetime:
    return datetime.strptime(f"{local}-0500", "%Y-%m-%d %H:%M:%S%z")


class World:
    """The contact centre, told what to do by number so that any sequence of events makes sense."""

    def __init__(self) -> None:
        self.centre = ContactCentre(agents=0, licences=100, token=TOKEN, now=MONDAY, lively=False)
        self.gone: list[Any] = []

    def happen(self, what: str, who: int) -> None:
        centre = self.centre
        ids = sorted(centre.agents)
        if what == "hire":
            centre.hire()
        elif what == "return" and self.gone:
            agent = self.gone.pop(who % len(self.gone))
            with centre.open() as staff:
                staff.agents[agent.agent_id] = agent
        elif ids:
            agent_id = ids[who % len(ids)]
            if what == "leave":
                self.gone.append(centre.agents[agent_id])
                centre.leave(agent_id)
            elif what == "rename":
                centre.rename(agent_id, f"  NOMBRE {centre.now:%H%M}  ÑUÑO ")
            elif what == "connect":
                centre.connect(agent_id)
            elif what == "pass on":
                centre.pass_to(agent_id, f"OTRA PERSONA {centre.now:%H%M}", f"00{centre.now:%H%M%S}{who}")
            elif what == "enable":
                centre.enable(agent_id)
            elif what == "disable":
                centre.disable(agent_id)
            elif what != "return":
                centre.set_status(agent_id, what)

    def report(self) -> dict[str, tuple[Tracked, str]]:
        """What the report says, as the model wants it: trimmed, composed, and empty text for nothing."""
        return {
            agent.agent_id: (
                (
                    unicodedata.normalize("NFC", agent.name.strip()),
                    agent.dni,
                    _known(agent.sso),
                    _known(agent.status),
                    agent.enabled,
                ),
                _known(agent.last_use) or "",
            )
            for agent in self.centre.agents.values()
        }


def _known(text: str) -> str | None:
    return None if text in {"", "-"} else text


def misbehave(simulator: Simulator, fault: str | None) -> None:
    """Prepare what happens to the next report."""
    if fault == "500":
        simulator.misbehave(Answer(500, "<h1>Internal Server Error</h1>"))
    elif fault == "cut":
        simulator.misbehave(Cut(40))
    elif fault == "refused token":
        simulator.misbehave(
            Answer(403, {"code": 403, "error": "FORBIDDEN", "msg": "PLEASE VALIDATE TOKEN", "data": []})
        )
    elif fault == "truncated":
        simulator.misbehave(Truncate(1))
    elif fault == "garbage":
        simulator.misbehave(Answer(200, "<html>una página</html>"))
    elif fault == "maintenance":
        simulator.misbehave(MAINTENANCE, times=None)


def held(warehouse: Warehouse) -> Model:
    """What is in the warehouse, in the model's terms."""
    tracked = "agent_name, agent_dni, agent_sso, agent_status, enabled"
    found = Model(ledger=warehouse.rows("select observed_at, outcome from observations order by observed_at"))
    if not any(outcome in {"changed", "unchanged"} for _, outcome in found.ledger):
        return found
    query = f"select agent_id, {tracked}, last_use_raw, present from agents"
    for agent_id, *values, raw, present in warehouse.rows(query):
        found.agents[agent_id] = (tuple(values), raw or "", present)
    query = f"select agent_id, {tracked}, present, valid_from, valid_to from agent_history order by valid_from"
    for agent_id, *values, present, begins, ends in warehouse.rows(query):
        found.versions.setdefault(agent_id, []).append((tuple(values), present, begins, ends))
    found.connections = set(warehouse.rows("select agent_id, last_use from agent_connections"))
    return found


@given(runs=RUNS)
@settings(
    max_examples=8 if LONG else 2,
    deadline=None,
    derandomize=not LONG,
    # shrinking takes minutes of real runs; a failure's own example is short enough to read
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_observation_counts_and_none_is_invented(
    runs: list[tuple[list[tuple[str, int]], str | None]],
    warehouse: Warehouse,
) -> None:
    """After each run the warehouse holds what a person with a notebook would have written down."""
    shutil.rmtree(warehouse.pipelines_dir, ignore_errors=True)
    warehouse.dataset = f"world_{os.urandom(6).hex()}"
    world, model, clock = World(), Model(), Clock()
    with Simulator(world.centre) as simulator:
        operation = Operation(server="demo", token=TOKEN, base_url=simulator.url, requests_at_most=1).named("demo")
        for events, fault in runs:
            clock.advance(minutes=5)
            world.centre.advance(timedelta(minutes=5))
            for what, who in events:
                world.happen(what, who)
            misbehave(simulator, fault)

            run = sync(warehouse.place(), operations=[operation], clock=clock)

            assert run.error is None
            simulator.clear()
            simulator.clear()
            model.observe(world.report(), fault, clock.now)
            assert held(warehouse) == model
