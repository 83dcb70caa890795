"""What readers see: a copy that is always whole, and views that are there when they are needed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.worlds import Clock, Ticker, Warehouse, ledger, litter, tick
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.warehouse.views import refresh_views, status_categories

LONG = bool(os.environ.get("WOLKVOX_LONG"))
HEADER = "agent_status,operation,category,productive,paid\n"

# opens the copy, looks and closes it again, until it is told to stop
LOOKING = """
import json, select, sys, duckdb

looks = 0
while not select.select([sys.stdin], [], [], 0.002)[0]:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        agents, versions, looked, now = connection.execute(
            "select (select count(*) from contact_center.agents), (select count(*) from contact_center.agent_history),"
            " (select count(*) from contact_center.observations), (select count(*) from contact_center.agents_now)"
        ).fetchone()
    assert agents == versions == looked == now, (agents, versions, looked, now)
    looks += 1
print(looks)
"""


@pytest.fixture
def ticker(simulator: Simulator, duckdb_warehouse: Warehouse) -> Iterator[Ticker]:
    running = Ticker(duckdb_warehouse)
    yield running
    running.close()


def copied(query: str) -> list[tuple[Any, ...]]:
    """The answer of the readers' copy."""
    with duckdb.connect("wolkvox_read.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def executed(warehouse: Warehouse, statement: str, relation: str) -> None:
    with warehouse.pipeline().sql_client() as client:
        client.execute_sql(statement.format(client.make_qualified_table_name(relation)))


def test_a_reader_who_opens_the_copy_again_and_again_always_sees_one_whole_tick(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    # one agent more in each tick: any mixture of two shows
    centre.hire()
    tick(duckdb_warehouse, clock)
    reader = subprocess.Popen(
        [sys.executable, "-c", LOOKING, "wolkvox_read.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(15 if LONG else 6):
        centre.hire()
        assert tick(duckdb_warehouse, clock).exit_code == 0

    looks, errors = reader.communicate("\n")

    assert errors == ""
    assert int(looks) > 1


@pytest.mark.parametrize("moment", ["subprocess.Popen", "os.rename ('{folder}/.wolkvox_read.duckdb"])
def test_a_crash_around_the_copy_leaves_the_one_before_whole_and_no_litter(
    moment: str, centre: ContactCentre, simulator: Simulator, clock: Clock, ticker: Ticker, tmp_path: Path
) -> None:
    centre.hire()
    assert ticker.tick(clock) == 0
    centre.hire()

    assert ticker.tick(clock, dies_before=moment.format(folder=tmp_path)) == -signal.SIGKILL

    assert copied("select count(*) from contact_center.agents") == [(1,)]
    # what was loaded is safe, and only the copy is late
    assert len(ledger(ticker.warehouse)) == 2

    assert ticker.tick(clock) == 0
    assert copied("select count(*) from contact_center.agents") == [(2,)]
    assert copied("select count(*) from contact_center.observations") == [(3,)]
    assert litter(ticker.warehouse) == []
    assert sorted(path.name for path in tmp_path.glob("*wolkvox*")) == ["wolkvox.duckdb", "wolkvox_read.duckdb"]


def test_what_another_connection_of_this_process_keeps_in_its_log_is_copied_too(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    """A notebook that loads and looks at the same time keeps the file open, and its log full."""
    centre.hire()
    tick(duckdb_warehouse, clock)
    with duckdb.connect("wolkvox.duckdb") as notebook:
        centre.hire()
        assert tick(duckdb_warehouse, clock).exit_code == 0
        assert notebook.execute("select count(*) from contact_center.observations").fetchall() == [(2,)]

        assert copied("select count(*) from contact_center.agents") == [(2,)]
        assert copied("select count(*) from contact_center.observations") == [(2,)]


def test_a_copy_that_somebody_wrote_into_is_replaced_all_the_same(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    tick(duckdb_warehouse, clock)
    script = "import duckdb, os; c = duckdb.connect('wolkvox_read.duckdb'); c.execute('create table mine (a int)')"
    # it ends without closing, so its log stays behind
    subprocess.run([sys.executable, "-c", f"{script}; os._exit(0)"], check=True)
    assert Path("wolkvox_read.duckdb.wal").exists()
    centre.hire()

    assert tick(duckdb_warehouse, clock).exit_code == 0

    assert copied("select count(*) from contact_center.agents") == [(2,)]


def test_the_views_are_in_the_copy_and_answer(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire(name="SOLÍS  RENATA")
    centre.set_status(agent_id, "Ready")

    done = tick(duckdb_warehouse, clock)

    assert done.copy == Path("wolkvox_read.duckdb").absolute()
    now = "select operation, agent_id, agent_name, agent_status from contact_center.agents_now"
    assert copied(now) == [("demo", agent_id, "SOLÍS  RENATA", "Ready")]
    views = [row[0] for row in copied("select view_name from duckdb_views() where schema_name = 'contact_center'")]
    assert len(views) >= 7
    for view in views:
        assert isinstance(copied(f"select * from contact_center.{view}"), list), view


def test_views_are_made_again_when_one_is_gone_or_differs_and_not_otherwise(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    tick(warehouse, clock)

    assert refresh_views(warehouse.pipeline()) is False

    # dropped by hand
    executed(warehouse, "drop view {}", "roster_changes")
    assert tick(warehouse, clock).exit_code == 0
    assert len(warehouse.rows("select * from roster_changes")) >= 0

    # an older version of this package, whose digest was another
    executed(warehouse, "drop view {}", "roster_changes")
    executed(warehouse, "create view {} as select 1 as old", "roster_changes")
    warehouse.pipeline().set_local_state_val("wolkvox_views", ["older", "roster_changes"])
    assert refresh_views(warehouse.pipeline()) is True
    assert refresh_views(warehouse.pipeline()) is False
    with pytest.raises(Exception, match="old"):
        warehouse.rows("select old from roster_changes")


def test_a_user_has_status_categories_of_their_own(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: Any, tmp_path: Path
) -> None:
    agent_id = centre.hire()
    centre.set_status(agent_id, "Siesta")
    own = tmp_path / "own.csv"
    own.write_text(f"{HEADER}Siesta,*,descanso,no,sí\n", encoding="utf-8")
    monkeypatch.setenv("SOURCES__WOLKVOX__STATUS_CATEGORIES", str(own))

    assert tick(warehouse, clock).exit_code == 0

    now = "select status_category, is_productive, is_paid from agents_now"
    assert warehouse.rows(now) == [("descanso", False, True)]

    own.write_text(f"{HEADER}Siesta,*,descanso,no,no\n", encoding="utf-8")
    assert tick(warehouse, clock).exit_code == 0
    assert warehouse.rows(now) == [("descanso", False, False)]

    # a file of no categories is one in which every status is unknown
    own.write_text(HEADER, encoding="utf-8")
    assert tick(warehouse, clock).exit_code == 0
    assert warehouse.rows(now) == [("unknown", None, None)]


BAD = {
    "nothing": (b"", "no column agent_status"),
    "semicolons": (HEADER.replace(",", ";").encode() + b"Ready;*;x;yes;yes\n", "no column agent_status"),
    "a column less": (b"agent_status,operation,category,productive\nReady,*,x,yes\n", "no column paid"),
    "a short line": (HEADER.encode() + b"Ready,*,x,yes,yes\nTalk\n", "line 3 is too short"),
    "another word": (HEADER.encode() + b"Ready,*,x,perhaps,yes\n", "neither true nor false"),
    "latin-1": (HEADER.encode() + "Reunión,*,x,yes,yes\n".encode("latin-1"), "utf-8"),
    "an endless value": (HEADER.encode() + b'"' + b"x" * 200_000, "field larger than"),
}


@pytest.mark.parametrize(("content", "problem"), BAD.values(), ids=BAD)
def test_a_file_of_categories_that_cannot_be_used_is_said_in_one_sentence(
    content: bytes, problem: str, tmp_path: Path
) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError) as refused:
        status_categories(str(file))

    assert problem in str(refused.value)
    assert str(file) in str(refused.value)


def test_bad_categories_cost_no_data(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    """What wolkvox says now is never said again, so it is loaded and copied first, and the file complained of then."""
    agent_id = centre.hire()
    tick(duckdb_warehouse, clock)
    monkeypatch.setenv("SOURCES__WOLKVOX__STATUS_CATEGORIES", "missing.csv")
    centre.set_status(agent_id, "Talk")

    wrong = tick(duckdb_warehouse, clock)

    assert wrong.exit_code == 78
    assert str(wrong.error).startswith("The file of status categories missing.csv cannot be used")
    assert [observation.outcome for observation in wrong.observations] == ["changed"]
    assert wrong.copy == Path("wolkvox_read.duckdb").absolute()
    # the views stay as they were
    assert copied("select agent_status from contact_center.agents_now") == [("Talk",)]


def test_the_copy_is_beside_a_file_of_any_name(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    Path("almacén de datos").mkdir()
    file = Path("almacén de datos/ventas'25.db").absolute()
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(file))
    centre.hire()

    done = tick(duckdb_warehouse, clock)

    assert (done.exit_code, done.copy) == (0, file.with_name("ventas'25_read.db"))
    assert sorted(path.name for path in file.parent.iterdir()) == ["ventas'25.db", "ventas'25_read.db"]
