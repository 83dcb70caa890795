"""What an older fault left in the warehouse is mended or set aside, and told, and no run fails for it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.worlds import Clock, Warehouse, everything, ledger, minutes, run_once
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.tables import SCHEMAS
from wolkvox_source.warehouse.mending import chain

HISTORY = "select agent_status, valid_from, valid_to from agent_history order by valid_from"


def version(begin: int, end: int | None, name: str = "") -> dict[str, Any]:
    return {"valid_from": minutes(begin), "valid_to": None if end is None else minutes(end), "name": name}


@pytest.mark.parametrize(
    ("versions", "fitting", "aside"),
    [
        pytest.param([(5, 10), (10, None)], [(5, 10), (10, None)], [], id="in order"),
        pytest.param([(5, None), (10, None)], [(5, 10), (10, None)], [], id="two open"),
        pytest.param([(5, 12), (10, None)], [(5, 10), (10, None)], [], id="overlapping"),
        pytest.param([(5, 8), (10, None)], [(5, 10), (10, None)], [], id="a gap"),
        pytest.param([(5, 11), (11, 9), (9, None)], [(5, 9), (9, None)], [(11, 9)], id="inverted"),
        pytest.param([(5, 10), (5, None)], [(5, None)], [(5, 10)], id="beginning twice"),
        pytest.param([(5, 10)], [(5, None)], [], id="none open"),
        pytest.param([(9, 9)], [], [(9, 9)], id="of no time"),
    ],
)
def test_a_history_is_a_chain(versions: list[Any], fitting: list[Any], aside: list[Any]) -> None:
    kept, moved = chain([version(*each) for each in versions])

    assert kept == [version(*each) for each in fitting]
    assert moved == [version(*each) for each in aside]


def run_sql(warehouse: Warehouse, *statements: str) -> None:
    with warehouse.pipeline().sql_client() as client:
        for statement in statements:
            client.execute_sql(statement.replace("{", f"{warehouse.dataset}.").replace("}", ""))


@pytest.mark.long
@pytest.mark.parametrize("table", list(SCHEMAS))
def test_a_table_that_was_dropped_is_made_anew_and_no_run_fails(
    table: str, centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    centre.connect(agent_id)
    assert run_once(warehouse, clock).exit_code == 0
    before = everything(warehouse)
    run_sql(warehouse, f"drop table {{{table}}} cascade")

    recovered = run_once(warehouse, clock)

    assert (recovered.exit_code, recovered.error) == (0, None)
    assert [note.facts["tables"] for note in recovered.notes if note.reason == "tables_anew"] == [[table]]
    if table == "agent_history":
        assert warehouse.rows(HISTORY) == [("Logout", minutes(10), None)]
    elif table == "agent_connections":
        assert warehouse.rows("select first_observed_at from agent_connections") == [(minutes(10),)]
    else:
        assert everything(warehouse) == before
    assert ledger(warehouse)[-1] == (minutes(10), "changed" if table == "agents" else "unchanged")
    assert run_once(warehouse, clock).notes == ()
    assert warehouse.rows("select count(*) from agents_now") == [(1,)]


@pytest.mark.long
def test_what_is_held_twice_or_out_of_order_is_mended_and_told(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id, other = centre.hire(), centre.hire()
    centre.connect(agent_id)
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")
    run_once(warehouse, clock)
    others = [row for row in warehouse.rows("select * from agent_history") if other in row]
    run_sql(
        warehouse,
        # two open versions, one that ends before it begins, and a connection that is held twice
        f"update {{agent_history}} set valid_to = null where agent_id = '{agent_id}'",
        "insert into {agent_history} select * from {agent_history}"
        f" where agent_id = '{agent_id}' and agent_status = 'Talk'",
        "insert into {agent_connections} select * from {agent_connections}",
        f"update {{agent_history}} set valid_to = valid_from - interval '1 minute' where agent_id = '{other}'",
    )

    recovered = run_once(warehouse, clock)

    assert (recovered.exit_code, recovered.error) == (0, None)
    assert [(note.reason, note.facts["agents"]) for note in recovered.notes] == [("mended", 2)]
    assert warehouse.rows(HISTORY.replace("order by", f"where agent_id = '{agent_id}' order by")) == [
        ("Logout", minutes(5), minutes(10)),
        ("Talk", minutes(10), None),
    ]
    assert len(warehouse.rows("select * from agent_connections")) == 1
    aside = warehouse.rows("select table_name, reason from set_aside order by 1, 2")
    assert aside == [
        ("agent_connections", "held_twice"),
        ("agent_history", "out_of_order"),
        ("agent_history", "out_of_order"),
    ]
    # its only version was the one set aside, so it begins with the run that mended
    (again,) = [row for row in warehouse.rows("select * from agent_history") if other in row]
    assert again[:-2] == others[0][:-2] and again[-2:] == (minutes(15), None)
    assert run_once(warehouse, clock).notes == ()


def one_run_ahead(centre: ContactCentre, warehouse: Warehouse, clock: Clock, ahead: datetime) -> None:
    """Observe a change at a time that has not come, and another one is there when the clock is right again."""
    agent_id = centre.hire()
    centre.connect(agent_id)
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")
    clock.now = ahead
    assert run_once(warehouse, clock).exit_code == 0
    centre.set_status(agent_id, "Ready")
    clock.now = minutes(10)


@pytest.mark.long
def test_one_run_with_the_clock_in_2099_is_set_aside(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    one_run_ahead(centre, warehouse, clock, datetime(2099, 1, 1, tzinfo=clock.now.tzinfo))

    recovered = run_once(warehouse, clock)

    assert (recovered.exit_code, recovered.error) == (0, None)
    assert [(note.reason, note.facts["operations"]) for note in recovered.notes] == [("future_aside", ["demo"])]
    assert warehouse.rows(HISTORY) == [("Logout", minutes(5), minutes(15)), ("Ready", minutes(15), None)]
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(15), "changed")]
    assert warehouse.rows("select distinct reason from set_aside") == [("from_the_future",)]
    assert run_once(warehouse, clock).notes == ()


@pytest.mark.long
def test_a_person_who_trusts_this_clock_sets_aside_what_another_observed_days_ahead(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    one_run_ahead(centre, warehouse, clock, clock.now + timedelta(days=20))

    refused = run_once(warehouse, clock)
    accepted = run_once(warehouse, clock, accept_loss=["demo"])

    assert (refused.exit_code, refused.observations[0].reason) == (75, "clock_went_back")
    assert "--accept-loss demo" in str(refused.observations[0].error)
    assert (accepted.exit_code, [note.reason for note in accepted.notes]) == (0, ["future_aside"])
    assert warehouse.rows(HISTORY) == [("Logout", minutes(5), minutes(20)), ("Ready", minutes(20), None)]
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(20), "changed")]
    assert run_once(warehouse, clock, accept_loss=["demo"]).notes == ()


@pytest.mark.long
def test_a_clock_that_is_years_behind_sets_nothing_aside(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(warehouse, clock)
    run_once(warehouse, clock)
    clock.now -= timedelta(days=2000)

    late = run_once(warehouse, clock)

    assert (late.exit_code, late.observations[0].reason) == (75, "clock_went_back")
    assert late.notes == ()
    assert len(ledger(warehouse)) == 2
