"""What became of each person, in the warehouse."""

import os
from datetime import timedelta

import dlt
import pytest

from tests.provisioning.machines import NOON
from tests.provisioning.office import COUNTS, PEOPLE, Office, no, recorded
from wolkvox_source.language import restored
from wolkvox_source.provisioning.outcomes import provisioning_pipeline
from wolkvox_source.provisioning.recording import load_record
from wolkvox_source.simulator import Answer, Delay
from wolkvox_source.source import wolkvox


@pytest.mark.long
def test_the_record_loads_what_became_of_each_and_is_the_same_when_loaded_again(office: Office) -> None:
    known = office.centre.hire("ROA IVÁN", "9001", "")
    ids = [str(int(known) + n) for n in (1, 2, 3)]
    office.simulator.misbehave(Delay(0), api="create_agent")
    office.simulator.misbehave(no(400, "NO"), api="create_agent")
    office.simulator.misbehave(Answer(500, ""), api="create_agent", after_effect=True)
    people = [{"documento": "9001", "nombre": "ROA IVÁN"}, *PEOPLE[:3]]
    office.run(people, load=True)
    query = "select agent_key, agent_dni, agent_id, requested_at, outcome, reason from provisioned_agents"
    first = [
        (f"demo:{known}", "9001", known, NOON, "exists", None),
        (f"demo:{ids[0]}", "0017001", ids[0], NOON, "created", None),
        (None, "0027001", None, NOON, "refused", "creation_refused"),
        (None, "0037001", None, NOON, "unconfirmed", "unconfirmed"),
    ]
    assert sorted(recorded(query), key=lambda row: row[1]) == sorted(first, key=lambda row: row[1])
    load_record(office.journal)
    assert len(recorded(query)) == 4
    later = NOON + timedelta(minutes=16)
    assert office.run(people, at=later, load=True).exit_code == 0
    last = [*first[:3], (f"demo:{ids[1]}", "0037001", ids[1], NOON, "confirmed", "message_confirmed_saved")]
    last.append((f"demo:{ids[2]}", "0027001", ids[2], later, "created", None))
    assert sorted(recorded(query), key=str) == sorted(last, key=str)
    (facts,) = recorded("select facts from provisioned_agents where outcome = 'confirmed'")[0]
    assert restored(facts) == {"file": str(office.passwords)}


@pytest.mark.long
def test_the_record_stands_beside_the_tables_of_the_sync(office: Office) -> None:
    def sync() -> None:
        dlt.pipeline(
            "wolkvox", destination=dlt.destinations.duckdb("wolkvox.duckdb"), dataset_name="contact_center"
        ).run(wolkvox())

    sync()
    office.run(PEOPLE[:2], load=True)
    sync()
    joined = """
        select agents.agent_name from provisioned_agents join agents using (agent_key)
        where agents.present and outcome = 'created' order by 1
    """
    assert recorded(joined) == [("PEÑA INÉS 1",), ("PEÑA INÉS 2",)]
    assert office.run(load=True, passwords=None).exit_code == 0
    assert recorded("select count(*) from agents") == [(5,)]
    assert recorded(COUNTS) == [("created", 20)]


def test_a_warehouse_that_is_away_leaves_the_creations_and_gets_the_record_later(office: Office) -> None:
    def away() -> dlt.Pipeline:
        return provisioning_pipeline("postgres")

    office.run(PEOPLE[:1])
    os.environ["DESTINATION__POSTGRES__CREDENTIALS"] = "postgresql://nobody:x@127.0.0.1:1/none"
    try:
        result = office.run(PEOPLE[:2], load=True, pipeline=away, passwords=office.folder / "others.csv")
    finally:
        del os.environ["DESTINATION__POSTGRES__CREDENTIALS"]
    assert result.record_error is not None
    # somebody was asked, and nobody says otherwise
    assert result.record_error.reason == "record_away"
    assert result.exit_code == 0
    assert load_record(office.journal) == 2
    assert recorded(COUNTS) == [("created", 2)]


@pytest.mark.long
@pytest.mark.parametrize("protection", ["hash", "drop"])
def test_a_document_that_may_not_be_kept_is_neither_in_the_journal_nor_in_therecorded(
    office: Office, monkeypatch: pytest.MonkeyPatch, protection: str
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_AGENT_DNI", protection)
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_KEY", "a long and random text")
    document = PEOPLE[0]["documento"]
    office.simulator.misbehave(no(400, f"{document} IS KNOWN"), api="create_agent")
    office.run(PEOPLE[:1], passwords=None, load=True)
    assert office.run(PEOPLE[:1], passwords=None, load=True).exit_code == 0
    written = b"".join(file.read_bytes() for file in office.folder.rglob("*") if file.is_file())
    assert document.encode() not in written
    dlt.pipeline("wolkvox", destination=dlt.destinations.duckdb("wolkvox.duckdb"), dataset_name="contact_center").run(
        wolkvox()
    )
    joined = (
        recorded("select count(*) from provisioned_agents join agents using (agent_dni)")
        if protection == "hash"
        else [(2,)]
    )
    assert joined == [(2,)]
