"""A warehouse from before there were further reports: its ledger has no column that says which report a line is of."""

from typing import Any

import pytest

from tests.worlds import Clock, Warehouse, minutes, run_once
from wolkvox_source.cli.main import main
from wolkvox_source.doctor.data import examine
from wolkvox_source.settings import configured_operations
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.source import observing

SINCE = {"observations": ["report", "requests", "window_from", "window_to"], "rejected_records": ["report"]}
NAMELESS = {"code": "200", "msg": "2 records were found", "data": [{"agent_id": "7"}, {"agent_name": "SIN ID"}]}


@pytest.fixture
def older(centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock) -> Warehouse:
    """Two observations in a warehouse as older versions left it."""
    for _ in range(2):
        simulator.misbehave(Answer(200, NAMELESS), api="agents")
        assert run_once(warehouse, clock).exit_code == 0
    with warehouse.pipeline().sql_client() as client:
        views = warehouse.rows(
            f"select table_name from information_schema.views where table_schema = '{warehouse.dataset}'"
        )
        for (view,) in views:
            client.execute_sql(f"drop view if exists {client.make_qualified_table_name(view)} cascade")
        for table, columns in SINCE.items():
            for column in columns:
                client.execute_sql(f"alter table {client.make_qualified_table_name(table)} drop column {column}")
        client.execute_sql(f"delete from {client.make_qualified_table_name('_dlt_version')}")
    warehouse.lose_working_directory()
    return warehouse


def lines(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows("select report, observed_at, requests from observations order by observed_at")


@pytest.mark.long
@pytest.mark.parametrize("door", ["sync", "pipeline.run"])
def test_it_is_loaded_on_and_nothing_in_it_is_doubled(
    older: Warehouse, simulator: Simulator, clock: Clock, door: str
) -> None:
    before = older.rows("select * from agent_history")
    for _ in range(2):
        simulator.misbehave(Answer(200, NAMELESS), api="agents")
    if door == "sync":
        assert run_once(older, clock).exit_code == 0
        assert run_once(older, clock).exit_code == 0
    else:
        for _ in range(2):
            clock.advance(minutes=5)
            older.pipeline().run(observing(configured_operations(), clock=clock))

    assert lines(older) == [
        (None, minutes(5), None),
        (None, minutes(10), None),
        ("agents", minutes(15), 1),
        ("agents", minutes(20), 1),
    ]
    assert older.rows("select report, observed_at, position from rejected_records") == [(None, minutes(5), 1)]
    assert older.rows("select * from agent_history") == before


@pytest.mark.long
def test_its_coverage_and_its_promises_are_those_of_the_agents_report(
    older: Warehouse, simulator: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.misbehave(Answer(200, NAMELESS), api="agents")
    monkeypatch.setenv("SOURCES__WOLKVOX__REPORTS", '["agents", "live"]')
    assert run_once(older, clock).error is None

    assert older.rows("select observed_at from looks order by 1") == [(minutes(5),), (minutes(10),), (minutes(15),)]
    assert older.rows("select observations from coverage_daily") == [(3,)]
    found = examine(older.destination, dataset_name=older.dataset, now=clock.now)
    assert [each for each in found if each.state != "ok"] == []


def test_its_freshness_is_told_before_anything_new_is_loaded(
    older: Warehouse, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--destination", older.destination, "--dataset", older.dataset]

    assert main(["status", *place, "--lang", "en"]) == 75
    assert "Mar 2, 2026 12:10:00 UTC" in capsys.readouterr().out
