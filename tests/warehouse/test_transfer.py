"""A dataset moves to another destination whole, and what comes next finds itself at home there."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import Clock, Lake, Warehouse, run_once
from wolkvox_source import Place, sync
from wolkvox_source.cli.main import main
from wolkvox_source.errors import ConfigurationError, UnreadableError
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.tables import BESIDE, SCHEMAS
from wolkvox_source.warehouse.connection import opened
from wolkvox_source.warehouse.contents import MARK, fingerprint
from wolkvox_source.warehouse.transfer import arriving, copy

COLUMNS = """
select table_name, column_name, is_nullable, data_type from information_schema.columns
where table_schema = '{}' and table_name not like '\\_dlt%' escape '\\' order by table_name, column_name
"""


@pytest.fixture
def elsewhere(warehouse: Warehouse, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any) -> Warehouse:
    """The other kind of warehouse, and empty."""
    if warehouse.destination == "postgres":
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "elsewhere.duckdb"))
        return Warehouse("duckdb", "contact_center", tmp_path / "pipelines_elsewhere")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", request.getfixturevalue("postgres_url"))
    return Warehouse("postgres", f"contact_center_{os.urandom(4).hex()}", tmp_path / "pipelines_elsewhere")


@pytest.fixture
def lived(centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock) -> Warehouse:
    """A warehouse in which a few things have happened, refusals and a new field of wolkvox's among them."""
    ids = [centre.hire() for _ in range(3)]
    run_once(warehouse, clock)
    centre.set_status(ids[0], "Talk")
    centre.leave(ids[1])
    centre.connect(ids[2])
    run_once(warehouse, clock)
    simulator.misbehave(Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": "Maintenance, please wait"}))
    run_once(warehouse, clock)
    records = [
        {"agent_id": str(number), "agent_name": "Marta Ñáñez", "agent_status": "Ready", "floor": "4"} for number in ids
    ]
    data = [*records, {"agent_name": "nobody"}]
    simulator.misbehave(Answer(200, {"code": "200", "msg": f"{len(data)} records were found", "data": data}))
    run_once(warehouse, clock)
    return warehouse


def contents(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table in [*SCHEMAS, *BESIDE]:
        names = sorted(row[1] for row in warehouse.rows(COLUMNS.format(warehouse.dataset)) if row[0] == table)
        found[table] = sorted(warehouse.rows(f"select {', '.join(names)} from {table}"), key=repr)
    return found


def structure(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return [row[:3] for row in warehouse.rows(COLUMNS.format(warehouse.dataset))]


@pytest.mark.long
def test_a_copy_holds_every_table_row_for_row_and_the_next_sync_is_at_home_there(
    lived: Warehouse, elsewhere: Warehouse, centre: ContactCentre, clock: Clock
) -> None:
    told: list[str] = []
    copy(lived.place(), elsewhere.place(), told.append)

    assert contents(elsewhere) == contents(lived)
    assert structure(elsewhere) == structure(lived)
    assert told[-1] == "observations"
    assert set(told) == {*SCHEMAS, *BESIDE}
    # the two go on side by side
    for _ in range(2):
        assert run_once(lived, clock).exit_code == run_again(elsewhere, clock)
        centre.set_status(next(iter(centre.agents)), "Ready")
    assert without_durations(contents(elsewhere)) == without_durations(contents(lived))
    assert elsewhere.rows("select count(*) from agents_now")


def run_again(warehouse: Warehouse, clock: Clock) -> int:
    """Another run at the same time, into another place."""
    clock.advance(minutes=-5)
    return run_once(warehouse, clock).exit_code


def without_durations(tables: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: sorted((tuple(value for value in row if not isinstance(value, float)) for row in rows), key=repr)
        for table, rows in tables.items()
    }


@pytest.mark.long
def test_a_copy_onto_itself_is_refused(lived: Warehouse) -> None:
    before = contents(lived)

    with pytest.raises(ConfigurationError, match="onto itself"):
        copy(lived.place(), lived.place())

    assert contents(lived) == before


@pytest.mark.long
def test_a_target_that_holds_other_data_is_left_as_it_is(lived: Warehouse, elsewhere: Warehouse, clock: Clock) -> None:
    run_once(elsewhere, clock)
    before = contents(elsewhere)

    with pytest.raises(ConfigurationError, match="holds data already"):
        copy(lived.place(), elsewhere.place())

    assert contents(elsewhere) == before


def test_a_source_where_nothing_is_is_refused_and_nothing_is_made(
    warehouse: Warehouse, elsewhere: Warehouse, clock: Clock
) -> None:
    with pytest.raises(ConfigurationError, match="There is nothing to copy"):
        copy(warehouse.place(), elsewhere.place())


@pytest.mark.long
def test_a_copy_that_was_cut_off_is_gone_on_with_and_what_is_there_is_not_sent_again(
    lived: Warehouse, elsewhere: Warehouse, clock: Clock
) -> None:
    def cut_off(table: str) -> None:
        if table == "agents":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(lived.place(), elsewhere.place(), cut_off)
    with pytest.raises(ConfigurationError, match="is half filled from"), arriving(elsewhere.place(), "another place"):
        pass
    halted = run_once(elsewhere, clock)
    assert (halted.exit_code, halted.observations, halted.error and halted.error.reason) == (
        75,
        (),
        "transfer_unfinished",
    )
    assert "start the same one again, which goes on where it was" in str(halted.error)
    loads = "select count(*) from _dlt_loads"
    before = elsewhere.rows(loads)[0][0]

    copy(lived.place(), elsewhere.place())

    assert contents(elsewhere) == contents(lived)
    # the tables that had arrived cost no load
    assert elsewhere.rows(loads)[0][0] == before + len([name for name in (*SCHEMAS, *BESIDE) if name > "agents"])
    assert not elsewhere.rows(f"select 1 from information_schema.tables where table_name = '{MARK}'")


# the command, killed as a power cut would before it touches a file that is named like what it is told
KILLED = """
import os, signal, sys
from wolkvox_source import Place, sync
from wolkvox_source.cli.main import main

def watch(event, arguments):
    if event in {"open", "os.rename"} and sys.argv[1] in str(arguments):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "moment", ["started_jobs/agent_history.", "completed_jobs/agents.", "started_jobs/observations."]
)
def test_a_copy_that_is_killed_is_gone_on_with_from_the_shell(
    moment: str, lived: Warehouse, elsewhere: Warehouse, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["copy", "--destination", lived.destination, "--dataset", lived.dataset]
    words += ["--to", elsewhere.destination, "--to-dataset", elsewhere.dataset, "--lang", "en"]

    killed = subprocess.run([sys.executable, "-W", "ignore", "-c", KILLED, moment, *words], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert "agents_now" not in {row[0] for row in elsewhere.rows(COLUMNS.format(elsewhere.dataset))}
    assert main(words) == 0

    assert capfd.readouterr().out.splitlines()[-1].endswith("compared row by row. Let the next sync go there.")
    assert contents(elsewhere) == contents(lived)
    # and what is whole is not filled again
    assert main(words) == 78


@pytest.mark.long
def test_a_row_that_is_lost_on_the_way_is_noticed(lived: Warehouse, elsewhere: Warehouse) -> None:
    def lose_one(table: str) -> None:
        if table == "observations":
            with opened(elsewhere.pipeline()) as client:
                agents = client.make_qualified_table_name("agents")
                client.execute_sql(f"update {agents} set agent_name = 'Someone Else'")

    with pytest.raises(UnreadableError, match="The table agents is not the same on both sides for demo"):
        copy(lived.place(), elsewhere.place(), lose_one)


def test_a_fingerprint_knows_values_from_each_other_and_no_order() -> None:
    def of(*rows: tuple[str | None, str | None]) -> dict[str, tuple[int, int]]:
        columns = {"operation": ["a"] * len(rows), "x": [row[0] for row in rows], "y": [row[1] for row in rows]}
        schema = pa.schema([(name, pa.string()) for name in columns])
        return fingerprint([pa.table(columns, schema)])

    assert of(("1", "2"), ("3", None)) == of(("3", None), ("1", "2"))
    different = [
        of(("1", "2")),
        of(("12", "")),
        of(("1", None)),
        of((None, "1")),
        of(("", "1")),
        of(("1", "2"), ("1", "2")),
    ]
    assert len({str(each) for each in different}) == len(different)


@pytest.mark.long
def test_a_lake_moves_into_another_lake(
    centre: ContactCentre, simulator: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("duckdb_extension_ducklake")
    ids = [centre.hire() for _ in range(20)]
    lake = Lake(tmp_path / "pipelines")
    run_once(lake, clock)
    centre.set_status(ids[0], "Talk")
    run_once(lake, clock)
    there = Place("ducklake", pipeline_name="moved", pipelines_dir=str(tmp_path / "pipelines"))

    with pytest.raises(ConfigurationError, match="itself"):
        copy(lake.place(), lake.place())
    held = copy(lake.place(), there)

    assert {name: sum(rows for rows, _ in found.values()) for name, found in held.items()}["agent_history"] == 21
    with opened(there.pipeline()) as client:
        assert client.execute_sql("select outcome from observations order by observed_at") == [("changed",)] * 2
    clock.advance(minutes=5)
    at_home = sync(there, clock=clock)
    assert (at_home.exit_code, [each.outcome for each in at_home.observations]) == (0, ["unchanged"])
    assert sorted(path.name for path in tmp_path.glob("*.sqlite")) == ["moved.sqlite", "wolkvox.sqlite"]
