"""What readers see: a copy that is always whole, and views that are there when they are needed."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

import wolkvox_source
from tests.worlds import Clock, Runner, Warehouse, ledger, litter, run_once
from wolkvox_source.errors import ConfigurationError, NothingObservedError
from wolkvox_source.provisioning.outcomes import record
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.tables import BESIDE, SCHEMAS
from wolkvox_source.warehouse import views
from wolkvox_source.warehouse.descriptions import DESCRIPTIONS
from wolkvox_source.warehouse.indexes import INDEXES
from wolkvox_source.warehouse.status_categories import status_categories
from wolkvox_source.warehouse.view_files import shipped_views
from wolkvox_source.warehouse.views import publish_views

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
def runner(simulator: Simulator, duckdb_warehouse: Warehouse) -> Iterator[Runner]:
    running = Runner(duckdb_warehouse)
    yield running
    running.close()


def copied(query: str) -> list[tuple[Any, ...]]:
    """The answer of the readers' copy."""
    with duckdb.connect("wolkvox_read.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def executed(warehouse: Warehouse, *statements: str) -> None:
    """Run statements in which names stand without their dataset, as a user beside us would."""
    if warehouse.destination == "postgres":
        with closing(connected(warehouse)) as connection, connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    else:
        with duckdb.connect(os.environ["DESTINATION__DUCKDB__CREDENTIALS"]) as connection:
            connection.execute(f"set search_path = '{warehouse.dataset}'")
            for statement in statements:
                connection.execute(statement)


def connected(warehouse: Warehouse) -> Any:
    """A user's session in PostgreSQL."""
    url = os.environ["DESTINATION__POSTGRES__CREDENTIALS"]
    return psycopg2.connect(url, options=f"-csearch_path={warehouse.dataset}", application_name="tableau")


@pytest.mark.long
def test_a_reader_who_opens_the_copy_again_and_again_always_sees_one_whole_run(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    # one agent more in each run: any mixture of two shows
    centre.hire()
    run_once(duckdb_warehouse, clock)
    reader = subprocess.Popen(
        [sys.executable, "-c", LOOKING, "wolkvox_read.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(15 if LONG else 6):
        centre.hire()
        assert run_once(duckdb_warehouse, clock).exit_code == 0

    looks, errors = reader.communicate("\n")

    assert errors == ""
    assert int(looks) > 1


@pytest.mark.long
@pytest.mark.parametrize("moment", ["subprocess.Popen", "os.rename ('{folder}/.wolkvox_read.duckdb"])
def test_a_crash_around_the_copy_leaves_the_one_before_whole_and_no_litter(
    moment: str, centre: ContactCentre, simulator: Simulator, clock: Clock, runner: Runner, tmp_path: Path
) -> None:
    centre.hire()
    assert runner.run(clock) == 0
    centre.hire()

    assert runner.run(clock, dies_before=moment.format(folder=tmp_path)) == -signal.SIGKILL

    assert copied("select count(*) from contact_center.agents") == [(1,)]
    # what was loaded is safe, and only the copy is late
    assert len(ledger(runner.warehouse)) == 2

    assert runner.run(clock) == 0
    assert copied("select count(*) from contact_center.agents") == [(2,)]
    assert copied("select count(*) from contact_center.observations") == [(3,)]
    assert litter(runner.warehouse) == []
    assert sorted(path.name for path in tmp_path.glob("*wolkvox*")) == [
        *("wolkvox.duckdb", "wolkvox.duckdb.lock", "wolkvox_read.duckdb")
    ]


@pytest.mark.long
def test_what_another_connection_of_this_process_keeps_in_its_log_is_copied_too(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    """A notebook that loads and looks at the same time keeps the file open, and its log full."""
    centre.hire()
    run_once(duckdb_warehouse, clock)
    with duckdb.connect("wolkvox.duckdb") as notebook:
        centre.hire()
        assert run_once(duckdb_warehouse, clock).exit_code == 0
        assert notebook.execute("select count(*) from contact_center.observations").fetchall() == [(2,)]

        assert copied("select count(*) from contact_center.agents") == [(2,)]
        assert copied("select count(*) from contact_center.observations") == [(2,)]


@pytest.mark.long
def test_a_copy_that_a_reader_wrote_into_is_replaced_all_the_same(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)
    script = "import duckdb, os; c = duckdb.connect('wolkvox_read.duckdb'); c.execute('create table mine (a int)')"
    # it ends without closing, so its log stays behind
    subprocess.run([sys.executable, "-c", f"{script}; os._exit(0)"], check=True)
    assert Path("wolkvox_read.duckdb.wal").exists()
    centre.hire()

    assert run_once(duckdb_warehouse, clock).exit_code == 0

    assert copied("select count(*) from contact_center.agents") == [(2,)]


@pytest.mark.long
def test_the_views_are_in_the_copy_and_answer(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire(name="SOLÍS  RENATA")
    centre.set_status(agent_id, "Ready")

    done = run_once(duckdb_warehouse, clock)

    assert done.copy == Path("wolkvox_read.duckdb").absolute()
    now = "select operation, agent_id, agent_name, agent_status from contact_center.agents_now"
    assert copied(now) == [("demo", agent_id, "SOLÍS  RENATA", "Ready")]
    views = [row[0] for row in copied("select view_name from duckdb_views() where schema_name = 'contact_center'")]
    assert len(views) >= 7
    for view in views:
        assert isinstance(copied(f"select * from contact_center.{view}"), list), view


def mark(warehouse: Warehouse) -> None:
    """Leave a mark on every view of ours, which is lost when it is made or described again."""
    executed(warehouse, *(f"comment on view {view.name} is '{view.digest} marked'" for view in shipped_views()))


def renewed(warehouse: Warehouse) -> set[str]:
    """The views that have lost their mark."""
    comments = "select view_name, comment from duckdb_views() where not internal"
    if warehouse.destination == "postgres":
        comments = "select relname, obj_description(oid) from pg_class"
        comments += " where relnamespace = current_schema()::regnamespace"
    marked = {name for name, comment in warehouse.rows(comments) if (comment or "").endswith("marked")}
    return {view.name for view in shipped_views()} - marked


@pytest.mark.long
def test_what_is_as_it_should_be_is_not_touched(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(warehouse, clock)
    mark(warehouse)

    # whatever happens beside them
    warehouse.lose_working_directory()
    executed(warehouse, "create table mine (a int)")
    assert run_once(warehouse, clock).exit_code == 0

    assert renewed(warehouse) == set()


@pytest.mark.long
def test_a_view_that_is_gone_or_differs_is_made_again(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(warehouse, clock)

    # dropped by hand
    executed(warehouse, "drop view roster_changes")
    assert run_once(warehouse, clock).exit_code == 0
    assert warehouse.rows("select what from roster_changes") == []

    # an older version of this package had other columns
    executed(warehouse, "drop view roster_changes", "create view roster_changes as select 1 as old")
    assert publish_views(warehouse.pipeline()) == []
    assert warehouse.rows("select what from roster_changes") == []


@pytest.mark.long
def test_a_view_of_the_users_own_on_ours_lives_through_a_renewal(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire(name="SOLÍS  RENATA")
    run_once(warehouse, clock)
    mark(warehouse)
    # the digest of an older version of this package is another
    executed(
        warehouse,
        "create view mine as select agent_name as who from agents_now",
        "comment on view agents_now is 'older, marked'",
    )

    done = run_once(warehouse, clock)

    assert (done.exit_code, done.notes) == (0, ())
    assert warehouse.rows("select who from mine") == [("SOLÍS  RENATA",)]
    assert renewed(warehouse) == {"agents_now"}


# an older version of one of our views, of which a column is gone since
OLDER = (
    "drop view roster_changes",
    "create view roster_changes as select operation, agent_key, valid_from as gone_since from agent_history",
)


@pytest.mark.long
def test_a_users_view_on_a_column_that_is_gone_is_named_and_left(
    centre: ContactCentre, simulator: Simulator, postgres_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(postgres_warehouse, clock)
    executed(postgres_warehouse, *OLDER, "create view mine as select gone_since from roster_changes")

    done = run_once(postgres_warehouse, clock)

    assert done.exit_code == 0
    (note,) = done.notes
    assert str(note).startswith(
        f"The view roster_changes is left as it was, since {postgres_warehouse.dataset}.mine stands"
    )
    assert len(postgres_warehouse.rows("select gone_since from mine")) == 1

    executed(postgres_warehouse, "drop view mine")
    assert run_once(postgres_warehouse, clock).notes == ()
    assert postgres_warehouse.rows("select what from roster_changes") == []


@pytest.mark.long
def test_a_table_of_the_users_own_under_the_name_of_a_view_is_left(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(warehouse, clock)
    executed(warehouse, "drop view roster_changes", "create table roster_changes as select 1 as mine")

    done = run_once(warehouse, clock)

    assert done.exit_code == 0
    assert [str(note).partition(" stands")[0] for note in done.notes] == [
        f"The view roster_changes is left as it was, since {warehouse.dataset}.roster_changes"
    ]
    assert warehouse.rows("select mine from roster_changes") == [(1,)]


@pytest.mark.long
@pytest.mark.parametrize(
    "older", [("comment on view roster_changes is null",), OLDER], ids=["columns added", "columns gone"]
)
def test_rights_on_a_view_outlive_its_renewal(
    older: tuple[str, ...], centre: ContactCentre, simulator: Simulator, postgres_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(postgres_warehouse, clock)
    role = f"analyst {postgres_warehouse.dataset}"
    executed(
        postgres_warehouse,
        *older,
        f'create role "{role}"',
        f'grant select on roster_changes to "{role}" with grant option',
        "grant select on roster_changes to public",
    )
    rights = (
        "select grantee, privilege_type, is_grantable from information_schema.role_table_grants"
        " where table_schema = current_schema() and table_name = 'roster_changes' and grantee <> 'postgres' order by 1"
    )
    before = postgres_warehouse.rows(rights)
    assert len(before) == 2

    assert run_once(postgres_warehouse, clock).exit_code == 0

    assert postgres_warehouse.rows("select what from roster_changes") == []
    assert postgres_warehouse.rows(rights) == before
    executed(postgres_warehouse, f'drop owned by "{role}"', f'drop role "{role}"')


@pytest.mark.long
def test_a_reader_who_sits_in_a_transaction_is_named_and_not_waited_for(
    centre: ContactCentre,
    simulator: Simulator,
    postgres_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "LOCK_TIMEOUT", "100ms")
    agent_id = centre.hire()
    run_once(postgres_warehouse, clock)
    executed(postgres_warehouse, "comment on view looks is null")
    with closing(connected(postgres_warehouse)) as reader:
        reader.cursor().execute("select * from looks")
        centre.set_status(agent_id, "Talk")

        done = run_once(postgres_warehouse, clock)

        assert done.exit_code == 75
        assert str(done.error).startswith(
            f"The view looks could not be renewed, since tableau, PID {reader.info.backend_pid}, postgres, idle in"
        )
        # what wolkvox said is loaded all the same
        assert postgres_warehouse.rows("select agent_status from agents") == [("Talk",)]
    assert run_once(postgres_warehouse, clock).exit_code == 0


@pytest.mark.long
def test_the_words_about_views_tables_and_columns_are_in_the_warehouse(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(warehouse, clock)
    if warehouse.destination == "duckdb":
        columns = "select table_name, column_name, comment from duckdb_columns() where schema_name = 'contact_center'"
        relations = "select view_name, comment from duckdb_views() where schema_name = 'contact_center' union all"
        relations += " select table_name, comment from duckdb_tables() where schema_name = 'contact_center'"
    else:
        columns = (
            "select c.relname, a.attname, col_description(c.oid, a.attnum) from pg_class c join pg_attribute a"
            " on a.attrelid = c.oid where c.relnamespace = current_schema()::regnamespace and a.attnum > 0"
        )
        relations = (
            "select relname, obj_description(oid) from pg_class where relnamespace = current_schema()::regnamespace"
        )
    said = {(table, column): comment for table, column, comment in warehouse.rows(columns) if comment}
    assert said == {
        (name, column): words
        for name, described in [
            *((view.name, view.columns) for view in shipped_views()),
            *((name, columns) for name, (_, columns) in DESCRIPTIONS.items()),
        ]
        for column, words in described.items()
    }
    told = {name: comment for name, comment in warehouse.rows(relations) if comment}
    assert told["looks"].startswith("One row per successful observation (operation, observed_at), with the stretch")
    assert told["agents"].startswith("One row per agent ever seen, as in the latest accepted report. (")


def test_every_column_of_our_tables_is_described() -> None:
    dated = {"agent_history": {"valid_from", "valid_to"}}
    assert {name: set(columns) for name, (_, columns) in DESCRIPTIONS.items()} == {
        name: {*schema.names, *dated.get(name, ())} for name, schema in {**SCHEMAS, **BESIDE}.items()
    }


def test_views_of_what_was_never_loaded_are_one_sentence(warehouse: Warehouse) -> None:
    with pytest.raises(NothingObservedError, match="Nothing has been observed yet: run wolkvox sync"):
        wolkvox_source.publish_views(warehouse.pipeline())


@pytest.mark.long
def test_a_plain_dlt_run_gets_its_views_from_publish_views(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse
) -> None:
    centre.hire(name="SOLÍS  RENATA")
    pipeline = warehouse.pipeline()
    pipeline.run(wolkvox_source.wolkvox())

    assert wolkvox_source.publish_views(pipeline) == []

    assert warehouse.rows("select agent_name from agents_now") == [("SOLÍS  RENATA",)]
    assert warehouse.rows("select * from provisioned_agents_now") == []


@pytest.mark.long
def test_what_was_asked_for_is_loaded_into_the_table_that_came_with_the_views(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire(dni="1001")
    run_once(warehouse, clock)
    row = dict.fromkeys(BESIDE["provisioned_agents"].names)
    row |= {"request_id": "1", "operation": "demo", "agent_id": agent_id, "agent_dni": "1001", "outcome": "created"}

    for _ in range(2):
        record([{**row, "requested_at": "2026-03-02T11:00:00+00:00"}], warehouse.pipeline("wolkvox_provisioning"))

    assert warehouse.rows("select agent_dni, outcome, on_roster from provisioned_agents_now") == [
        ("1001", "created", True)
    ]


@pytest.mark.long
def test_postgresql_has_the_indexes_that_runs_and_views_need(
    centre: ContactCentre, simulator: Simulator, postgres_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(postgres_warehouse, clock)
    made = (
        "select tablename, indexdef from pg_indexes where schemaname = current_schema() and indexname like 'wolkvox_%'"
    )
    held = postgres_warehouse.rows(made)
    assert len(held) == len(INDEXES)
    assert any(table == "agent_history" and "(agent_key, valid_from)" in definition for table, definition in held)

    executed(postgres_warehouse, "drop index wolkvox_agents_agent_key")
    assert run_once(postgres_warehouse, clock).exit_code == 0
    assert sorted(postgres_warehouse.rows(made)) == sorted(held)


@pytest.mark.long
def test_the_copy_has_our_tables_and_views_only_and_cannot_be_written_by_mistake(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    executed_in_a_schema_of_their_own = "create schema if not exists sales; create table sales.orders (a int)"
    with duckdb.connect("wolkvox.duckdb") as connection:
        connection.execute(executed_in_a_schema_of_their_own)

    run_once(duckdb_warehouse, clock)

    assert copied("select schema_name, table_name from duckdb_tables() order by 1, 2") == sorted(
        [*(("contact_center", name) for name in {**SCHEMAS, **BESIDE}), ("sales", "orders")]
    )
    assert copied("select view_name from duckdb_views() where not internal order by 1") == [
        (view.name,) for view in shipped_views()
    ]
    assert stat.S_IMODE(Path("wolkvox_read.duckdb").stat().st_mode) == 0o444


@pytest.mark.long
def test_a_user_has_status_categories_of_their_own(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: Any, tmp_path: Path
) -> None:
    agent_id = centre.hire()
    centre.set_status(agent_id, "Siesta")
    own = tmp_path / "own.csv"
    own.write_text(f"{HEADER}Siesta,*,descanso,no,sí\n", encoding="utf-8")
    monkeypatch.setenv("SOURCES__WOLKVOX__STATUS_CATEGORIES", str(own))

    assert run_once(warehouse, clock).exit_code == 0

    now = "select status_category, is_productive, is_paid from agents_now"
    assert warehouse.rows(now) == [("descanso", False, True)]

    own.write_text(f"{HEADER}Siesta,*,descanso,no,no\n", encoding="utf-8")
    assert run_once(warehouse, clock).exit_code == 0
    assert warehouse.rows(now) == [("descanso", False, False)]

    # a file of no categories is one in which every status is unknown
    own.write_text(HEADER, encoding="utf-8")
    assert run_once(warehouse, clock).exit_code == 0
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


@pytest.mark.long
def test_bad_categories_cost_no_data(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    """What wolkvox says now is never said again, so it is loaded and copied first, and the file complained of then."""
    agent_id = centre.hire()
    run_once(duckdb_warehouse, clock)
    monkeypatch.setenv("SOURCES__WOLKVOX__STATUS_CATEGORIES", "missing.csv")
    centre.set_status(agent_id, "Talk")

    wrong = run_once(duckdb_warehouse, clock)

    assert wrong.exit_code == 78
    assert str(wrong.error).startswith("The file of status categories missing.csv cannot be used")
    assert [observation.outcome for observation in wrong.observations] == ["changed"]
    assert wrong.copy == Path("wolkvox_read.duckdb").absolute()
    # the views stay as they were
    assert copied("select agent_status from contact_center.agents_now") == [("Talk",)]


@pytest.mark.long
def test_the_copy_is_beside_a_file_of_any_name(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, monkeypatch: Any
) -> None:
    Path("almacén de datos").mkdir()
    file = Path("almacén de datos/ventas'25.db").absolute()
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(file))
    centre.hire()

    done = run_once(duckdb_warehouse, clock)

    assert (done.exit_code, done.copy) == (0, file.with_name("ventas'25_read.db"))
    assert sorted(path.name for path in file.parent.iterdir()) == [
        *("ventas'25.db", "ventas'25.db.lock", "ventas'25_read.db")
    ]
