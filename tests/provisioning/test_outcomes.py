"""What became of every request, in the warehouse, for a reader in whatever language."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.provisioning.machines import NOON, Machine, people
from tests.worlds import Clock, Warehouse, run_once
from wolkvox_source.language import restored, speak
from wolkvox_source.provisioning.outcomes import record
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.tables import BESIDE

INES = {"documento": "0017001", "nombre": "PEÑA INÉS", "sso": "ines.pena"}


def loaded(machine: Machine, query: str) -> list[tuple[Any, ...]]:
    assert machine.warehouse
    with duckdb.connect(str(machine.warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'; set search_path = 'contact_center'")
        return connection.execute(query).fetchall()


def test_no_prose_is_stored_and_a_sentence_is_made_when_it_is_read(
    machine: Machine, simulated: Simulator, tmp_path: Path
) -> None:
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    simulated.misbehave(Answer(502, "<html>"), api="create_agent")
    machine.run([{**INES, "enabled": "no"}], only_creations=False)
    assert loaded(machine, "select action, outcome, reason, message, password_known from provisioned_agents") == [
        ("create", "unconfirmed", "unconfirmed", None, True)
    ]
    (reason, facts), *_ = loaded(machine, "select reason, facts from provisioned_agents")
    told = restored(facts)
    assert speak("es").say(reason, **told).startswith("No se sabe si wolkvox creó el agente")
    assert speak("en").say(reason, **told).startswith("It is not known whether wolkvox created the agent")


def test_every_action_has_its_row_with_before_and_after(machine: Machine, tmp_path: Path) -> None:
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    agent_id = machine.centre.hire(INES["nombre"], INES["documento"], INES["sso"])
    machine.run([{**INES, "enabled": "no", "skills": "ventas:5"}], only_creations=False)
    query = 'select action, outcome, agent_id, "before", "after", password_known from provisioned_agents order by all'
    assert loaded(machine, query) == [
        ("add_skill", "done", agent_id, None, '{"expertise": "5", "skill_id": "4001"}', None),
        ("disable", "done", agent_id, '{"enabled": "yes"}', '{"enabled": "no"}', None),
        ("exists", "exists", agent_id, None, None, None),
    ]


@pytest.mark.parametrize("protection", ["hash", "drop"])
def test_what_is_edited_is_kept_as_the_privacy_setting_says(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protection: str
) -> None:
    for column in ("NAME", "DNI", "SSO"):
        monkeypatch.setenv(f"SOURCES__WOLKVOX__PRIVACY_AGENT_{column}", protection)
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_KEY", "a long and random text")
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    machine.centre.hire("SECRETISIMA INÉS", INES["documento"], INES["sso"])
    made = machine.plan([INES], only_creations=False, reset_passwords=True)
    result = machine.apply(made, passwords=None)
    assert [(row.action, row.outcome) for row in result.rows] == [("exists", "exists"), ("edit", "done")]
    files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for secret in ("SECRETISIMA", "PEÑA INÉS", "0017001", "ines.pena"):
        assert secret.encode() not in files, secret


@pytest.mark.long
def test_a_table_of_an_earlier_version_gets_its_columns_and_its_view(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire(dni="1001")
    run_once(warehouse, clock)
    pipeline = warehouse.pipeline("wolkvox_provisioning")
    later = ("action", "reason", "facts", "before", "after", "password_known", "address")
    with pipeline.sql_client() as client:
        table = client.make_qualified_table_name("provisioned_agents")
        client.execute_sql(f"drop view {client.make_qualified_table_name('provisioned_agents_now')}")
        for column in later:
            client.execute_sql(f"alter table {table} drop column {client.escape_column_name(column)}")
    assert run_once(warehouse, clock).error is None
    row = dict.fromkeys(BESIDE["provisioned_agents"].names)
    row |= {"request_id": "1", "operation": "demo", "agent_id": agent_id, "agent_dni": "1001", "outcome": "created"}
    requests = [
        {**row, "action": "create", "password": "list", "requested_at": NOON.isoformat()},
        {
            **row,
            "request_id": "2",
            "action": "disable",
            "outcome": "done",
            "requested_at": f"{NOON:%Y-%m-%d}T13:00:00+00:00",
        },
    ]
    record(requests, pipeline)
    assert warehouse.rows(
        "select action, outcome, created, on_roster, password_known, last_action, last_outcome"
        " from provisioned_agents_now"
    ) == [("create", "created", True, True, True, "disable", "done")]


def test_one_pipeline_factory_puts_the_record_into_the_file_of_the_sync(machine: Machine) -> None:
    from wolkvox_source.provisioning.outcomes import provisioning_pipeline
    from wolkvox_source.warehouse.connection import duckdb_file

    assert duckdb_file(provisioning_pipeline()) == Path("wolkvox.duckdb").absolute()
    machine.apply(machine.plan(people(1)), pipeline=provisioning_pipeline, load=True)
    assert Path("wolkvox.duckdb").exists()
