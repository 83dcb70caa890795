"""What a DuckDB file holds is read while wolkvox answers, and read again where anybody has written to it since."""

import subprocess
import sys
from typing import Any

import duckdb
import pytest

from tests.worlds import Clock, Warehouse, minutes
from wolkvox_source.reports.catalogue import AGENTS, REPORTS
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.sync.run import sync
from wolkvox_source.warehouse.connection import duckdb_file, opened
from wolkvox_source.warehouse.current import Wanted
from wolkvox_source.warehouse.meanwhile import Reader, read_meanwhile

WANTED: Wanted = {AGENTS: None}
WRITER = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as connection:
    connection.execute("update contact_center.agents set agent_name = 'ANA'")
"""
RUN = """
import datetime, sys, wolkvox_source
folder, at = sys.argv[1], datetime.datetime.fromisoformat(sys.argv[2])
sys.exit(wolkvox_source.sync(wolkvox_source.Place(pipelines_dir=folder), clock=lambda: at).exit_code)
"""


@pytest.fixture
def held(centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock) -> Warehouse:
    """A warehouse with one agent in it."""
    centre.hire(name="EVA")
    assert sync(duckdb_warehouse.place(), clock=lambda: minutes(5)).exit_code == 0
    return duckdb_warehouse


def names(read: Reader, client: Any, wanted: Wanted = WANTED) -> list[str]:
    return read(client, wanted).of(AGENTS, "demo")["agent_name"].to_pylist()


def meanwhile(warehouse: Warehouse, wanted: Wanted | None = WANTED) -> Any:
    return read_meanwhile(warehouse.pipeline(), ["demo"], minutes(10), wanted, {})


def test_what_was_read_before_is_not_read_again(held: Warehouse) -> None:
    with meanwhile(held) as read:
        pass
    # without a client there is nothing to read it with
    assert names(read, None) == ["EVA"]


@pytest.mark.long
def test_the_file_is_free_once_the_block_is_over(held: Warehouse) -> None:
    with meanwhile(held):
        pass
    subprocess.run([sys.executable, "-c", WRITER, str(duckdb_file(held.pipeline()))], check=True)


@pytest.mark.long
def test_what_another_program_wrote_since_is_read(held: Warehouse) -> None:
    with meanwhile(held) as read:
        pass
    subprocess.run([sys.executable, "-c", WRITER, str(duckdb_file(held.pipeline()))], check=True)
    with opened(held.pipeline()) as client:
        assert names(read, client) == ["ANA"]


def test_what_this_process_wrote_since_is_read_though_it_is_only_in_the_log(held: Warehouse) -> None:
    with duckdb.connect(str(duckdb_file(held.pipeline()))) as connection:
        with meanwhile(held) as read:
            pass
        connection.execute("update contact_center.agents set agent_name = 'ANA'")
        with opened(held.pipeline()) as client:
            assert names(read, client) == ["ANA"]


def test_what_was_not_foreseen_is_read_by_whom_it_is_wanted(held: Warehouse) -> None:
    skills = next(report for report in REPORTS if report.name == "skills")
    with meanwhile(held) as read, opened(held.pipeline()) as client:
        assert names(read, client, {AGENTS: None, skills: None}) == ["EVA"]


@pytest.mark.long
@pytest.mark.parametrize("wanted", [None, WANTED])
def test_a_file_that_cannot_be_opened_meanwhile_is_read_by_who_opens_it(held: Warehouse, wanted: Wanted | None) -> None:
    file = str(duckdb_file(held.pipeline()))
    holding = subprocess.Popen(
        [sys.executable, "-c", f"import duckdb; duckdb.connect({file!r}); print('held', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holding.stdout and holding.stdout.readline() == b"held\n"
    with meanwhile(held, wanted) as read:
        pass
    holding.communicate(b"\n")
    with opened(held.pipeline()) as client:
        assert names(read, client) == ["EVA"]


def test_there_is_nothing_before_the_first_run(duckdb_warehouse: Warehouse) -> None:
    with meanwhile(duckdb_warehouse) as read, opened(duckdb_warehouse.pipeline()) as client:
        assert read(client, WANTED).missing


def test_a_run_that_loads_while_wolkvox_answers_is_what_is_decided_on(held: Warehouse, centre: ContactCentre) -> None:
    """The other run is a process of its own, so the file changes hands between reading and deciding."""
    ((agent_id,),) = held.rows("select agent_id from agents")
    centre.set_status(agent_id, "Talk")

    def another_run(_: object) -> None:
        subprocess.run([sys.executable, "-c", RUN, f"{held.pipelines_dir}-other", minutes(9).isoformat()], check=True)

    run = sync(held.place(), clock=lambda: minutes(10), listener=another_run)

    assert [observation.outcome for observation in run.observations] == ["unchanged"]
    assert held.rows("select observed_at, outcome from observations order by 1") == [
        (minutes(number), outcome) for number, outcome in ((5, "changed"), (9, "changed"), (10, "unchanged"))
    ]
