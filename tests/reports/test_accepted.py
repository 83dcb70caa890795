"""The guard at the tables: a report that is rejected, or never came, changes nothing but the ledger."""

import os
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import Clock, Warehouse, everything, minutes, run_once, sentence
from wolkvox_source.simulator import MAINTENANCE, Answer, ContactCentre, Cut, Hang, HangUp, Simulator, Truncate
from wolkvox_source.tables import BESIDE

LONG = bool(os.environ.get("WOLKVOX_LONG"))

Fault = Callable[[Simulator, list[dict[str, Any]]], None]


def report(records: list[Any], announced: int | None = None) -> dict[str, object]:
    number = len(records) if announced is None else announced
    return {"code": "200", "error": None, "msg": f"{number} records were found", "data": records}


def without(column: str) -> Fault:
    """Every record of the next report has nothing in this column."""
    return lambda simulator, records: simulator.misbehave(
        Answer(200, report([{**each, column: "-"} for each in records]))
    )


# name -> what happens to the next report, and then the outcome, the exit code and a part of the sentence
FAULTS: dict[str, tuple[Fault, str, int, str]] = {
    "500": (lambda sim, _: sim.misbehave(Answer(500, "<h1>Internal Server Error</h1>")), "unavailable", 75, "HTTP 500"),
    "503 with JSON": (
        lambda sim, _: sim.misbehave(Answer(503, {"code": 503, "msg": "BUSY"})),
        "unavailable",
        75,
        "HTTP 503",
    ),
    "cut": (lambda sim, _: sim.misbehave(Cut(300)), "unavailable", 75, ""),
    "no connection": (lambda sim, _: sim.misbehave(HangUp()), "unavailable", 75, ""),
    "maintenance": (lambda sim, _: sim.misbehave(MAINTENANCE, times=None), "unavailable", 75, ""),
    "budget": (
        lambda sim, _: sim.misbehave(Answer(403, {"code": 403, "msg": "TOKEN LIMIT EXCEEDED", "data": []})),
        "unavailable",
        75,
        "TOKEN LIMIT EXCEEDED",
    ),
    "bad token": (
        lambda sim, _: sim.misbehave(Answer(403, {"code": 403, "msg": "PLEASE VALIDATE TOKEN", "data": []})),
        "refused",
        77,
        "PLEASE VALIDATE TOKEN",
    ),
    "redirect": (
        lambda sim, _: sim.misbehave(Answer(302, b"", headers={"Location": "http://example.com/"})),
        "refused",
        77,
        "",
    ),
    "HTML": (lambda sim, _: sim.misbehave(Answer(200, "<html>una página</html>")), "unreadable", 65, "HTML"),
    "half of the JSON": (lambda sim, _: sim.misbehave(Answer(200, '{"code": "200", "data": [{')), "unreadable", 65, ""),
    "empty 404": (
        lambda sim, _: sim.misbehave(Answer(404, {"code": 404, "msg": "NOT FOUND", "data": []})),
        "empty",
        65,
        "40",
    ),
    "empty 200": (lambda sim, _: sim.misbehave(Answer(200, report([]))), "empty", 65, "--accept-loss demo"),
    "one record less than announced": (
        lambda sim, records: sim.misbehave(Truncate(len(records) - 1)),
        "suspicious",
        65,
        "announced 40 and brought 39",
    ),
    "a third vanished": (
        lambda sim, records: sim.misbehave(Answer(200, report(records[:27]))),
        "suspicious",
        65,
        "13 of 40",
    ),
    "six without an id": (
        lambda sim, records: sim.misbehave(Answer(200, report([*records, *[{"agent_id": ""}] * 6]))),
        "suspicious",
        65,
        "6 of 46",
    ),
    "no names": (
        without("agent_name"),
        "suspicious",
        65,
        "agent_name was not empty and now is",
    ),
    "no documents": (
        without("agent_dni"),
        "suspicious",
        65,
        "agent_dni was not empty and now is",
    ),
    "no connections": (
        without("last_use"),
        "suspicious",
        65,
        "last_use was not empty and now is",
    ),
}


@pytest.fixture
def office(centre: ContactCentre) -> ContactCentre:
    """Forty agents, all of whom have connected."""
    for _ in range(40):
        agent_id = centre.hire()
        centre.connect(agent_id)
        centre.set_status(agent_id, "Ready")
    return centre


def last(warehouse: Warehouse) -> tuple[Any, ...]:
    """What the ledger says of the latest run."""
    return warehouse.rows("select observed_at, outcome, reason from observations order by observed_at desc limit 1")[0]


@pytest.mark.long
def test_no_fault_touches_a_row_and_each_is_in_the_ledger(
    office: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    run_once(warehouse, clock)
    before = everything(warehouse)
    records = office.report()

    # without CI's time, each in one of the warehouses
    mine = slice(None) if LONG else slice(warehouse.destination == "duckdb", None, 2)
    faults = dict([*FAULTS.items()][mine])
    for name, (happens, outcome, code, words) in faults.items():
        happens(simulator, records)
        late = run_once(warehouse, clock)
        simulator.clear()

        assert (late.exit_code, late.error) == (code, None), name
        observed_at, told, reason = last(warehouse)
        assert (observed_at, told) == (clock.now, outcome), name
        assert words in sentence(late.observations[0]) and reason == late.observations[0].reason, name
        assert everything(warehouse) == before, name

    assert len(warehouse.rows("select * from observations")) == len(faults) + 1
    assert run_once(warehouse, clock).observations[0].outcome == "unchanged"


@pytest.mark.long
def test_a_report_of_exactly_the_ceiling_is_suspicious(
    office: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    run_once(duckdb_warehouse, clock)
    before = everything(duckdb_warehouse)
    many = [{"agent_id": str(number), "agent_name": "A", "agent_dni": "1"} for number in range(60_000)]
    simulator.misbehave(Answer(200, report(many)))

    late = run_once(duckdb_warehouse, clock)

    assert late.exit_code == 65
    assert "exactly 60000" in sentence(late.observations[0])
    assert everything(duckdb_warehouse) == before


@pytest.mark.long
def test_a_hanging_wolkvox_is_given_up_on(
    office: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    """wolkvox gives up after a minute, and so do we; here it is two seconds."""
    from wolkvox_source.api.client import WolkvoxClient

    run_once(duckdb_warehouse, clock)
    before = everything(duckdb_warehouse)
    monkeypatch.setitem(WolkvoxClient.__init__.__kwdefaults__, "answer_seconds", 2.0)
    simulator.misbehave(Hang())

    late = run_once(duckdb_warehouse, clock)

    assert late.exit_code == 75
    assert last(duckdb_warehouse)[1] == "unavailable"
    assert everything(duckdb_warehouse) == before


@pytest.mark.long
def test_a_suspicious_operation_says_so_every_run_until_its_loss_is_accepted_once(
    office: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    run_once(warehouse, clock)
    before = everything(warehouse)
    gone = sorted(office.agents)[:10]
    for agent_id in gone:
        office.leave(agent_id)

    assert [run_once(warehouse, clock).exit_code for _ in range(3)] == [65, 65, 65]
    assert everything(warehouse) == before

    accepted = run_once(warehouse, clock, accept_loss=["demo"])

    assert (accepted.exit_code, accepted.observations[0].vanished) == (0, 10)
    assert warehouse.rows("select agent_id from agents where not present order by agent_id") == [
        (each,) for each in gone
    ]
    assert warehouse.rows("select outcome from observations order by observed_at") == [
        ("changed",),
        ("suspicious",),
        ("suspicious",),
        ("suspicious",),
        ("changed",),
    ]

    # the word was given once
    for agent_id in sorted(office.agents)[:10]:
        office.leave(agent_id)
    assert run_once(warehouse, clock).exit_code == 65
    assert warehouse.rows("select count(*) from agents where not present") == [(10,)]


def test_an_empty_report_is_accepted_when_a_person_says_so(
    office: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    run_once(duckdb_warehouse, clock)
    for agent_id in sorted(office.agents):
        office.leave(agent_id)

    assert run_once(duckdb_warehouse, clock).observations[0].outcome == "empty"
    assert run_once(duckdb_warehouse, clock, accept_loss=["demo"]).exit_code == 0
    assert duckdb_warehouse.rows("select distinct present from agents") == [(False,)]
    # nobody is there, and nobody was: that is no loss
    assert run_once(duckdb_warehouse, clock).observations[0].outcome == "unchanged"


def test_a_first_report_is_accepted_if_it_agrees_with_itself(
    office: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    simulator.misbehave(Truncate(39))
    assert run_once(duckdb_warehouse, clock).exit_code == 65
    assert everything(duckdb_warehouse) == {
        "agents": [],
        "agent_history": [],
        "agent_connections": [],
        "rejected_records": [],
        "operations": [("demo", "America/Bogota", None, 10, 300, None)],
        "opening_hours": [],
    }

    nameless = [{**record, "agent_name": "", "last_use": "-"} for record in office.report()]
    simulator.misbehave(Answer(200, report(nameless)))
    assert run_once(duckdb_warehouse, clock).exit_code == 0
    assert duckdb_warehouse.rows("select count(*) from agents where agent_name is null") == [(40,)]


def test_a_first_report_without_anybody_is_no_loss(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    assert run_once(duckdb_warehouse, clock).exit_code == 0
    assert last(duckdb_warehouse)[:2] == (minutes(5), "unchanged")


@pytest.mark.long
def test_the_thresholds_are_settings(
    office: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    run_once(duckdb_warehouse, clock)
    records = office.report()

    monkeypatch.setenv("SOURCES__WOLKVOX__GUARD_VANISHED_AGENTS", "0")
    monkeypatch.setenv("SOURCES__WOLKVOX__GUARD_VANISHED_SHARE", "0.01")
    simulator.misbehave(Answer(200, report(records[:39])))
    assert run_once(duckdb_warehouse, clock).exit_code == 65

    monkeypatch.setenv("SOURCES__WOLKVOX__GUARD_VANISHED_SHARE", "0.5")
    simulator.misbehave(Answer(200, report(records[:27])))
    assert run_once(duckdb_warehouse, clock).exit_code == 0

    monkeypatch.setenv("SOURCES__WOLKVOX__GUARD_REJECTED_RECORDS", "0")
    monkeypatch.setenv("SOURCES__WOLKVOX__GUARD_REJECTED_SHARE", "0.0")
    simulator.misbehave(Answer(200, report([*records, {"agent_id": ""}])))
    assert run_once(duckdb_warehouse, clock).exit_code == 65


def test_the_people_of_another_operation_are_never_taken_for_ours(
    office: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    """Two tokens in each other's place: the ids are alike, and the people are not."""
    run_once(warehouse, clock)
    before = everything(warehouse)
    theirs = [
        {**record, "agent_name": f"AJENO {number}", "agent_dni": str(number)}
        for number, record in enumerate(office.report())
    ]
    simulator.misbehave(Answer(200, report(theirs)))

    late = run_once(warehouse, clock)

    assert late.exit_code == 65
    assert "Another agent_name all at once (agents): 40 of 40" in sentence(late.observations[0])
    assert everything(warehouse) == before


@pytest.mark.long
def test_a_slow_bleed_ends_with_the_share_that_may_go_in_a_day(
    office: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    run_once(warehouse, clock)
    codes = []
    for _ in range(4):
        for agent_id in sorted(office.agents)[: len(office.agents) // 8]:
            office.leave(agent_id)
        codes.append(run_once(warehouse, clock).exit_code)

    assert codes == [0, 65, 65, 65]
    assert warehouse.rows("select count(*) from agents where present") == [(35,)]

    # who says that they may go has said so of all of them
    assert run_once(warehouse, clock, accept_loss=["demo"]).exit_code == 0
    gone = warehouse.rows("select count(*) from agents where present")
    office.leave(min(office.agents))
    assert run_once(warehouse, clock).exit_code == 0
    assert warehouse.rows("select count(*) from agents where present") == [(gone[0][0] - 1,)]


@pytest.mark.long
def test_what_is_the_same_for_a_day_is_told_as_such_until_a_setting_accepts_it(
    office: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    run_once(warehouse, clock)
    for agent_id in sorted(office.agents)[:10]:
        office.leave(agent_id)
    told = []
    for _ in range(5):
        # statuses go on changing, and wolkvox fails in between
        office.set_status(max(office.agents), "Talk" if len(told) % 2 else "Ready")
        clock.advance(hours=8)
        told.append(sentence(run_once(warehouse, clock).observations[0]))
        simulator.misbehave(Answer(500, "no"))
        assert run_once(warehouse, clock).exit_code == 75

    assert ["it has been the same" in each for each in told] == [False, False, False, True, True]
    assert "it has been the same since 2026-03-02 20:10 UTC (runs: 5)" in told[-1]
    assert "wolkvox sync --accept-loss demo" in told[-1]

    monkeypatch.setenv("SOURCES__WOLKVOX__GUARD_ACCEPT_AFTER_RUNS", "6")
    assert run_once(warehouse, clock).exit_code == 0
    assert warehouse.rows("select count(*) from agents where not present") == [(10,)]
    assert warehouse.rows(
        "select outcome, reason, doubt is not null from observations order by observed_at desc limit 1"
    ) == [("changed", "guard_accepted_after", True)]


@pytest.mark.long
def test_a_doubt_that_gives_way_to_another_begins_anew(
    office: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__GUARD_ACCEPT_AFTER_RUNS", "3")
    run_once(duckdb_warehouse, clock)
    records = office.report()
    codes = []
    for left in (records[10:], records[10:], records[:30], records[10:], records[10:], records[10:]):
        simulator.misbehave(Answer(200, report(left)))
        codes.append(run_once(duckdb_warehouse, clock).exit_code)

    assert codes == [65, 65, 65, 65, 65, 0]


@pytest.mark.long
def test_agents_whom_we_created_are_expected(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    for _ in range(10):
        centre.hire()
    run_once(warehouse, clock)
    hired = [centre.hire() for _ in range(30)]
    assert run_once(warehouse, clock).exit_code == 65

    rows = [
        {"request_id": each, "operation": "demo", "agent_id": each, "agent_key": f"demo:{each}", "outcome": "created"}
        for each in hired
    ]
    table = pa.Table.from_pylist(rows, BESIDE["provisioned_agents"])
    warehouse.pipeline("wolkvox_provisioning").run(table, table_name="provisioned_agents", primary_key="request_id")

    assert run_once(warehouse, clock).exit_code == 0
    assert warehouse.rows("select count(*) from agents") == [(40,)]


def test_an_older_warehouse_without_doubts_is_loaded_on(
    office: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    run_once(warehouse, clock)
    with warehouse.pipeline().sql_client() as client:
        client.execute_sql(f"alter table {client.make_qualified_table_name('observations')} drop column doubt")
        client.execute_sql(f"delete from {client.make_qualified_table_name('_dlt_version')}")
    warehouse.lose_working_directory()
    for agent_id in sorted(office.agents)[:10]:
        office.leave(agent_id)

    assert [run_once(warehouse, clock).exit_code for _ in range(2)] == [65, 65]
    doubts = warehouse.rows("select doubt from observations order by observed_at")
    assert doubts[0] == (None,) and doubts[1] == doubts[2] != (None,)
