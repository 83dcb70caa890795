"""A report's records -> the roster, or that it may hide an agent."""

from typing import Any

import pytest

from wolkvox_source.errors import UnreadableError
from wolkvox_source.provisioning.roster import Roster, roster
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.snapshot import snapshot

RECORD = {"agent_id": "12001", "agent_dni": "5555", "agent_name": "OTRA PERSONA"}


def report(*records: Any) -> Roster:
    return roster(snapshot(AGENTS, "ventas", records, "America/Bogota"))


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([RECORD, 7], "report_odd"),
        ([RECORD, {"agent_id": "", "agent_dni": "7777"}], "report_odd"),
        ([{"agent_id": "12001", "agent_name": "ANA"}], "report_no_documents"),
    ],
)
def test_a_report_that_may_hide_an_agent_is_not_planned_on(records: list[Any], reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        report(*records)
    assert caught.value.reason == reason


def test_of_two_records_with_one_number_both_count() -> None:
    there = report(RECORD, {**RECORD, "agent_dni": "6666", "agent_name": "PEÑA INÉS"})
    assert {*there.by_document} == {"5555", "6666"}
    assert {*there.by_id} == {"12001"}
