"""A dlt pipeline whose destination is the contact centre."""

from typing import Any

import dlt
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from tests.provisioning.office import PEOPLE, Office
from wolkvox_source.provisioning.destination import create_agents
from wolkvox_source.provisioning.recording import load_record
from wolkvox_source.simulator import Answer


def sink(office: Office, rows: list[dict[str, Any]], name: str = "hr", **options: Any) -> None:
    destination = create_agents(
        journal=str(office.journal), passwords=str(office.passwords), pace_seconds=0.0, **options
    )
    dlt.pipeline(name, destination=destination).run(rows, table_name="people")


@pytest.mark.long
def test_a_dlt_pipeline_creates_the_agents_of_its_rows_once(office: Office) -> None:
    sink(office, PEOPLE)
    sink(office, PEOPLE)
    assert set(office.holders().values()) == {1}
    assert office.creations() == 20
    assert office.saved() == office.made()
    assert office.places_of_passwords() == {"passwords.csv"}
    assert load_record(office.journal) == 20


@pytest.mark.long
def test_a_dlt_pipeline_fails_once_when_wolkvox_is_not_clear_and_goes_on_when_run_again(office: Office) -> None:
    office.simulator.misbehave(Answer(500, ""), api="create_agent", after_effect=True)
    with pytest.raises(PipelineStepFailed, match="3 of 3 do not; the first is unconfirmed"):
        sink(office, PEOPLE[:3])
    assert office.creations() == 1
    sink(office, PEOPLE[:3])
    assert office.creations() == 3
    assert list(office.holders().values())[:3] == [1, 1, 1]


def test_a_dlt_pipeline_that_brings_passwords_is_refused_with_a_sentence(office: Office) -> None:
    with pytest.raises(PipelineStepFailed, match="has a column 'Contraseña', and dlt has written it to its files"):
        sink(office, [{**PEOPLE[0], "Contraseña": "Clave#2026"}])
    assert office.creations() == 0
