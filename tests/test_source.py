"""The tables as they stand in a real warehouse after real runs."""

import gc
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from tests.worlds import MONDAY, Clock, Warehouse, environment, everything, minutes, run_once, sentence
from wolkvox_source import wolkvox
from wolkvox_source.settings import configured_operations
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.source import observing
from wolkvox_source.tables import SCHEMAS


def test_a_first_report_fills_every_table(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire(name="NIÑO  PEÑA ÁNGELA", dni="0010203", sso="angela.nino")
    centre.connect(agent_id)
    centre.set_status(agent_id, "Ready")

    assert run_once(warehouse, clock).exit_code == 0

    key = f"demo:{agent_id}"
    version = warehouse.rows("select row_version from agents")[0][0]
    who = (key, "demo", agent_id, "NIÑO  PEÑA ÁNGELA", "0010203", "angela.nino", "Ready", True)
    assert warehouse.rows("select * from agents") == [(*who, MONDAY, "2026-03-02 07:00:00", True, version)]
    assert warehouse.rows("select * from agent_history") == [(*who, True, version, minutes(5), None)]
    assert warehouse.rows("select * from agent_connections") == [(key, "demo", agent_id, MONDAY, minutes(5))]
    assert warehouse.rows("select * from operations") == [("demo", "America/Bogota", None, 10, 300, None)]
    assert warehouse.rows("select * from rejected_records") == []
    (ledger,) = warehouse.rows("select * from observations")
    assert ledger[:17] == (
        *("demo", "agents", minutes(5), "changed", 200, "200", "1 records were found", None, None, None),
        *(1, 1, 0, 0, 1, 0, 0),
    )


def test_an_unchanged_report_writes_one_ledger_row_and_nothing_else(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.connect(centre.hire())
    run_once(warehouse, clock)
    before = everything(warehouse)

    run_once(warehouse, clock)

    assert everything(warehouse) == before
    assert warehouse.rows("select outcome from observations order by observed_at") == [("changed",), ("unchanged",)]
    (last,) = warehouse.rows("select max(load_id) from _dlt_loads")
    assert last is not None


def test_one_request_serves_every_table(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()

    run_once(warehouse, clock)

    assert [request.query for request in simulator.requests] == [{"api": "agents"}]


@pytest.mark.long
def test_a_connection_that_moves_opens_no_version(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    centre.connect(agent_id)
    run_once(warehouse, clock)

    centre.advance(timedelta(minutes=3))
    centre.connect(agent_id)
    run_once(warehouse, clock)

    assert len(warehouse.rows("select * from agent_history")) == 1
    assert warehouse.rows("select last_use from agents") == [(minutes(3),)]
    assert warehouse.rows("select last_use, first_observed_at from agent_connections order by 1") == [
        (MONDAY, minutes(5)),
        (minutes(3), minutes(10)),
    ]


def test_who_leaves_is_absent_and_who_returns_is_present_again(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    for _ in range(3):
        centre.hire()
    agent_id = centre.hire(name="ROJAS  IVÁN", dni="77", sso="ivan")
    agent = centre.agents[agent_id]
    run_once(warehouse, clock)
    centre.leave(agent_id)
    run_once(warehouse, clock)

    assert warehouse.rows(f"select present, agent_name from agents where agent_id = '{agent_id}'") == [
        (False, "ROJAS  IVÁN")
    ]

    simulator.misbehave(
        Answer(200, {"code": "200", "msg": "4 records were found", "data": [*centre.report(), agent.record(7)]})
    )
    run_once(warehouse, clock)

    history = warehouse.rows(
        "select present, agent_name, valid_from, valid_to from agent_history "
        f"where agent_id = '{agent_id}' order by valid_from"
    )
    assert history == [
        (True, "ROJAS  IVÁN", minutes(5), minutes(10)),
        (False, "ROJAS  IVÁN", minutes(10), minutes(15)),
        (True, "ROJAS  IVÁN", minutes(15), None),
    ]


@pytest.mark.long
def test_an_id_that_passes_to_another_person_is_told_apart_by_the_document(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire(name="ACUÑA  BRUNO", dni="100")
    run_once(warehouse, clock)
    centre.pass_to(agent_id, "LARA  SOFÍA", "200")
    run_once(warehouse, clock)

    persons = "select agent_dni, agent_name, valid_from, valid_to from agent_history order by valid_from"
    assert warehouse.rows(persons) == [
        ("100", "ACUÑA  BRUNO", minutes(5), minutes(10)),
        ("200", "LARA  SOFÍA", minutes(10), None),
    ]


@pytest.mark.long
def test_a_new_vendor_field_is_one_more_text_column_from_its_first_value_on(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_field(agent_id, "Team Name", "")
    run_once(warehouse, clock)

    assert len(warehouse.rows("select * from agent_history")) == 1

    centre.set_field(agent_id, "Team Name", {"id": 4})
    run_once(warehouse, clock)

    assert warehouse.rows("select team_name from agents") == [('{"id": 4}',)]
    assert warehouse.rows("select team_name, valid_to from agent_history order by valid_from") == [
        (None, minutes(15)),
        ('{"id": 4}', None),
    ]

    del centre.agents[agent_id].extra["Team Name"]
    run_once(warehouse, clock)

    assert warehouse.rows("select team_name from agents") == [(None,)]


def test_sending_everything_again_changes_nothing(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    centre.connect(agent_id)
    simulator.misbehave(
        Answer(200, {"msg": "2 records were found", "data": [*centre.report(), "not a record"]}), times=2
    )
    run_once(warehouse, clock)
    before = everything(warehouse)

    # the same rows, from a source to which nothing is held
    from wolkvox_source.observation import ask, decide
    from wolkvox_source.tables import TABLES as KEYS
    from wolkvox_source.warehouse.current import NOTHING

    operations = configured_operations()
    tables = decide(operations, ask(operations, clock.now), NOTHING).tables
    pipeline = warehouse.pipeline()
    for name, table in tables.items():
        if name != "agent_history":
            keys = {"primary_key": KEYS[name].key}
            disposition = {"disposition": "merge", "strategy": KEYS[name].strategies[0]}
            pipeline.run(table, table_name=name, write_disposition=disposition, **keys, schema=pipeline.default_schema)

    assert everything(warehouse) == before
    assert len(warehouse.rows("select * from observations")) == 1


@pytest.mark.long
def test_the_schema_in_the_warehouse_does_not_grow_with_every_run(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    versions = warehouse.rows("select count(*) from _dlt_version")

    for status in ("Ready", "Talk", "ACW"):
        centre.set_status(agent_id, status)
        run_once(warehouse, clock)

    assert warehouse.rows("select count(*) from _dlt_version") == versions
    assert warehouse.rows("select count(*) from _dlt_pipeline_state") == [(1,)]


@pytest.mark.long
@pytest.mark.parametrize("loss", ["working directory", "dataset"])
def test_the_next_sync_is_right_after_a_loss(
    loss: str, centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    centre.connect(agent_id)
    run_once(warehouse, clock)
    if loss == "dataset":
        with warehouse.pipeline().sql_client() as client:
            client.drop_dataset()
    else:
        warehouse.lose_working_directory()
    centre.set_status(agent_id, "Talk")

    assert run_once(warehouse, clock).exit_code == 0

    versions = warehouse.rows("select agent_status, valid_from, valid_to from agent_history order by valid_from")
    expected = [("Logout", minutes(5), minutes(10)), ("Talk", minutes(10), None)]
    assert versions == (expected[1:] if loss == "dataset" else expected)
    assert warehouse.rows("select agent_status from agents") == [("Talk",)]
    assert warehouse.rows("select last_use from agent_connections") == [(MONDAY,)]


@pytest.mark.long
@pytest.mark.parametrize("table", ["agents", "agent_history", "agent_connections"])
def test_a_row_that_is_missing_from_any_table_is_sent_again(
    table: str, centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    for _ in range(3):
        centre.connect(centre.hire())
    run_once(warehouse, clock)
    before = everything(warehouse)[table]
    with warehouse.pipeline().sql_client() as client:
        name = client.make_qualified_table_name(table)
        client.execute_sql(f"delete from {name} where agent_id = '{min(centre.agents)}'")

    run_once(warehouse, clock)

    held = "agent_key, operation, agent_id"
    assert len(before) == 3
    assert warehouse.rows(f"select {held} from {table} order by 1") == sorted(row[:3] for row in before)


@pytest.mark.long
def test_history_without_its_agents_row_is_closed_when_the_agent_left_meanwhile(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    for _ in range(3):
        centre.hire()
    gone = centre.hire(name="VEGA  LUZ", dni="9")
    run_once(warehouse, clock)
    with warehouse.pipeline().sql_client() as client:
        client.execute_sql(f"delete from {client.make_qualified_table_name('agents')} where agent_id = '{gone}'")
    centre.leave(gone)

    run_once(warehouse, clock)

    assert warehouse.rows(f"select agent_name, present from agents where agent_id = '{gone}'") == [("VEGA  LUZ", False)]
    current = f"select present from agent_history where agent_id = '{gone}' and valid_to is null"
    assert warehouse.rows(current) == [(False,)]


@pytest.mark.long
def test_a_clock_that_went_back_loads_nothing_and_says_so(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    before = everything(warehouse)
    centre.set_status(agent_id, "Talk")
    asked = len(simulator.requests)

    clock.advance(hours=-1)
    late = run_once(warehouse, clock)

    assert late.exit_code == 75
    assert "This machine's clock says 2026-03-02 11:10:00 UTC" in sentence(late.observations[0])
    assert everything(warehouse) == before
    assert len(warehouse.rows("select * from observations")) == 1
    assert len(simulator.requests) == asked


@pytest.mark.long
def test_rejected_records_are_kept_with_their_reason_and_written_once(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    data = [*centre.report(), {"agent_id": "", "agent_name": "SIN  ID"}, 7]
    simulator.misbehave(Answer(200, {"msg": "3 records were found", "data": data}), times=2)
    run_once(warehouse, clock)
    run_once(warehouse, clock)

    assert warehouse.rows("select * from rejected_records order by position") == [
        ("demo", minutes(5), "agents", 1, "no agent_id", '{"agent_id": "", "agent_name": "SIN  ID"}'),
        ("demo", minutes(5), "agents", 2, "not an object", "7"),
    ]
    counted = "select outcome, rejected_records from observations order by observed_at"
    assert warehouse.rows(counted) == [("changed", 2), ("unchanged", 2)]


def test_a_destination_that_cannot_be_read_costs_no_request(
    centre: ContactCentre, simulator: Simulator, tmp_path: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.hire()
    nowhere = f"postgresql://postgres:hidden@localhost/postgres?host={tmp_path}"
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", nowhere)

    late = run_once(Warehouse("postgres", "contact_center", tmp_path / "pipelines"), clock)

    assert late.exit_code == 75
    assert "so wolkvox was not asked" in str(late.error)
    assert "hidden" not in str(late.error)
    assert simulator.requests == []


def test_the_source_is_an_ordinary_dlt_source(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    centre.hire()
    source = wolkvox()

    assert set(source.selected_resources) == set(SCHEMAS)
    assert source.name == "wolkvox"
    assert source.section == "wolkvox"

    pipeline = duckdb_warehouse.pipeline()
    pipeline.run(wolkvox().with_resources("agents"))

    assert [table for table in pipeline.default_schema.data_table_names() if table != "agents"] == []
    assert len(pipeline.dataset().agents.fetchall()) == 1


def test_the_source_can_be_read_without_a_pipeline(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    centre.hire(name="MEJÍA  PÍA")
    seen: list[Any] = []

    rows = list(observing(configured_operations(), listener=seen.append).resources["agents"])

    assert [row["agent_name"] for table in rows for row in table.to_pylist()] == ["MEJÍA  PÍA"]
    assert [(answer.operation, answer.error) for answer in seen] == [("demo", None)]


# asks for the address of no host but the simulator's; a configured word of the user's own stays
REPORTING = """
import os, sys
import dlt
from wolkvox_source import wolkvox

looked_up = set()
sys.addaudithook(lambda event, arguments: looked_up.add(arguments[0]) if event == "socket.getaddrinfo" else None)
pipeline = dlt.pipeline("wolkvox", destination="duckdb", dataset_name="contact_center", pipelines_dir="pipelines")
pipeline.run(wolkvox())
from dlt.common.runtime import telemetry
telemetry.stop_telemetry()
print(sorted(map(str, looked_up)), os.environ.get("RUNTIME__DLTHUB_TELEMETRY"))
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        pytest.param("", "['127.0.0.1'] false\n", id="nobody is told"),
        pytest.param("[runtime]\ndlthub_telemetry = false\n", "['127.0.0.1'] None\n", id="said so"),
        pytest.param("[runtime]\ndlthub_telemetry = true\n", "['127.0.0.1', 'telemetry.invalid'] None\n", id="wanted"),
    ],
)
def test_a_plain_run_reports_to_nobody_unless_that_is_wanted(
    setting: str, said: str, simulator: Simulator, duckdb_warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text(setting)
    env = {**environment(), "RUNTIME__DLTHUB_TELEMETRY_ENDPOINT": "https://telemetry.invalid/x"}
    del env["RUNTIME__DLTHUB_TELEMETRY"]
    done = subprocess.run([sys.executable, "-c", REPORTING], env=env, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, said), done.stderr


def test_a_plain_run_leaves_no_second_copy_of_anybody_in_its_staging_tables(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    pipeline = duckdb_warehouse.pipeline("plain")
    for name in ("EVA", "ANA"):
        centre.hire(name=name)
        pipeline.run(wolkvox())

    with pipeline.sql_client() as client, client.with_staging_dataset():
        for table in ("agents", "agent_history", "agent_connections", "observations"):
            assert client.execute_sql(f"select count(*) from {client.make_qualified_table_name(table)}") == [(0,)]
    assert duckdb_warehouse.rows("select agent_name from agents order by 1") == [("ANA",), ("EVA",)]


def test_what_a_plain_run_staged_and_could_not_merge_is_merged_by_the_next(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    pipeline = duckdb_warehouse.pipeline("plain")
    centre.hire(name="EVA")
    pipeline.run(wolkvox())
    centre.hire(name="ANA")
    with pipeline.sql_client() as client:
        # no row can be merged into a view
        client.execute_sql("alter table agents rename to agents_before")
        client.execute_sql("create view agents as select * from agents_before")
    with pytest.raises(PipelineStepFailed):
        pipeline.run(wolkvox())
    with pipeline.sql_client() as client:
        client.execute_sql("drop view agents")
        client.execute_sql("alter table agents_before rename to agents")

    pipeline.run(wolkvox())

    assert duckdb_warehouse.rows("select agent_name from agents order by 1") == [("ANA",), ("EVA",)]
    assert duckdb_warehouse.rows("select count(*) from agent_history") == [(2,)]


def test_nothing_of_a_report_stays_in_memory_after_a_plain_run(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    """Even before Python looks for circles, which it does when it likes."""
    for _ in range(300):
        centre.hire()
    before = pa.total_allocated_bytes()
    gc.collect()
    gc.disable()
    try:
        duckdb_warehouse.pipeline("plain").run(wolkvox())
        assert pa.total_allocated_bytes() - before < 10_000
    finally:
        gc.enable()
