"""What only a person can set right is said as that, and what a session of others holds names whose it is."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.worlds import Clock, Warehouse, ledger, minutes, run_once
from wolkvox_source.simulator import ContactCentre, Simulator

# what DuckDB multiplies each word of a block by for its checksum, and begins with
FACTOR, SEED = 0xBF58476D1CE4E5B9, 5381


def newer(data: bytes) -> bytes:
    """The file as a DuckDB of some years from now would write it: its version is in its first block."""
    block = bytearray(data[:4096])
    block[12:20] = (9999).to_bytes(8, "little")
    checksum = SEED
    for begin in range(8, 4096, 8):
        checksum ^= int.from_bytes(block[begin : begin + 8], "little") * FACTOR % 2**64
    block[:8] = checksum.to_bytes(8, "little")
    return bytes(block) + data[4096:]


@pytest.mark.long
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(lambda data: data[: len(data) // 2], "destination_damaged", id="truncated"),
        pytest.param(lambda data: data[:3000], "destination_damaged", id="a header alone"),
        pytest.param(lambda data: data[:4096] + bytes(8192) + data[12288:], "destination_damaged", id="overwritten"),
        pytest.param(lambda _: b"", "destination_not_duckdb", id="empty"),
        pytest.param(newer, "destination_newer", id="newer"),
    ],
)
def test_a_file_that_duckdb_cannot_read_is_told_and_wolkvox_is_not_asked(
    damage: Callable[[bytes], bytes],
    reason: str,
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
) -> None:
    file = Path("wolkvox.duckdb")
    with duckdb.connect(file) as connection:
        connection.execute("create table numbers as select range as number, md5(range::varchar) from range(100000)")
    centre.hire()
    assert run_once(duckdb_warehouse, clock).exit_code == 0
    asked = len(simulator.requests)
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)

    refused = run_once(duckdb_warehouse, clock)

    assert refused.error
    assert (refused.error.reason, refused.exit_code) == (reason, 78)
    assert len(simulator.requests) == asked
    assert file.read_bytes() == damaged


@pytest.fixture
def administrator(postgres_url: str) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Runs a statement as PostgreSQL's own administrator."""
    import psycopg2

    with closing(psycopg2.connect(postgres_url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

        yield run


def postgres(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dataset: str = "") -> Warehouse:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
    return Warehouse("postgres", dataset or f"contact_center_{os.urandom(4).hex()}", tmp_path / "pipelines")


@pytest.mark.parametrize(
    ("make", "url", "reason", "exit_code"),
    [
        pytest.param(
            ["create role {name} login"], ("postgres:x@", "{name}:x@"), "destination_no_create", 77, id="no right"
        ),
        pytest.param(
            ["create role {name} login", "alter role {name} set default_transaction_read_only = on"],
            ("postgres:x@", "{name}:x@"),
            "destination_read_only",
            77,
            id="read-only role",
        ),
        pytest.param(
            ["create role {name} login", "create schema {name}", "grant create on database postgres to {name}"],
            ("postgres:x@", "{name}:x@"),
            "destination_no_schema",
            77,
            id="schema of another role",
        ),
        pytest.param([], ("postgres:x@", "{name}:x@"), "destination_not_let_in", 78, id="unknown role"),
        pytest.param([], ("/postgres?", "/{name}?"), "destination_not_let_in", 78, id="unknown database"),
        pytest.param(
            ["create database {name} encoding 'LATIN1' locale 'C' template template0"],
            ("/postgres?", "/{name}?"),
            "destination_encoding",
            78,
            id="LATIN1",
        ),
        pytest.param(
            ["create database {name} encoding 'SQL_ASCII' locale 'C' template template0"],
            ("/postgres?", "/{name}?"),
            "destination_encoding",
            78,
            id="SQL_ASCII",
        ),
    ],
)
def test_what_needs_a_person_is_said_before_wolkvox_is_asked(
    make: list[str],
    url: tuple[str, str],
    reason: str,
    exit_code: int,
    centre: ContactCentre,
    simulator: Simulator,
    administrator: Callable[[str], Any],
    postgres_url: str,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    name = f"other_{os.urandom(4).hex()}"
    for statement in make:
        administrator(statement.format(name=name))
    warehouse = postgres(postgres_url.replace(url[0], url[1].format(name=name)), monkeypatch, tmp_path, name)

    refused = run_once(warehouse, clock)

    assert refused.error
    assert (refused.error.reason, refused.exit_code) == (reason, exit_code), refused.error
    assert name in str(refused.error) or "server_encoding" in str(refused.error)
    assert simulator.requests == []


def test_a_role_that_may_do_what_is_needed_and_no_more_loads(
    centre: ContactCentre,
    simulator: Simulator,
    administrator: Callable[[str], Any],
    postgres_url: str,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    name = f"loader_{os.urandom(4).hex()}"
    administrator(f"create role {name} login")
    administrator(f"grant create on database postgres to {name}")
    centre.hire()

    whole = run_once(postgres(postgres_url.replace("postgres:x@", f"{name}:x@"), monkeypatch, tmp_path), clock)

    assert (whole.exit_code, whole.error) == (0, None)


@pytest.mark.long
def test_who_holds_a_row_is_named_and_the_next_run_goes_on(
    centre: ContactCentre,
    simulator: Simulator,
    postgres_url: str,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import psycopg2

    warehouse = postgres(postgres_url, monkeypatch, tmp_path)
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")
    with closing(psycopg2.connect(postgres_url, application_name="a report of March")) as reader:
        reader.cursor().execute(f"select * from {warehouse.dataset}.agents for update")

        late = run_once(warehouse, clock, wait_seconds=1.0)

        assert late.error
        assert (late.error.reason, late.exit_code) == ("destination_locked", 75)
        assert f"PID {reader.info.backend_pid}, postgres, a report of March, idle in transaction" in str(late.error)

    assert run_once(warehouse, clock).exit_code == 0
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(10), "changed"), (minutes(15), "unchanged")]
