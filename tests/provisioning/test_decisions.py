"""What is decided about a wanted agent, beside the roster and what is remembered."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from wolkvox_source.provisioning.decisions import Past, decided
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Listed, Roster
from wolkvox_source.provisioning.wanted import WantedAgent

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
WAIT, SHORT = timedelta(minutes=15), timedelta(minutes=14)
INES = WantedAgent(2, "00123456", "PEÑA INÉS", "ines.pena")
JOSE = WantedAgent(3, "1020304050", "JOSÉ NÚÑEZ")
CREATIONS = Policy(only_creations=True)


def listed(agent_id: str, dni: str, name: str, sso: str = "", enabled: bool | None = True) -> Listed:
    return Listed(agent_id, name, dni, sso or None, "Logout", enabled)


OTHER = listed("12001", "5555", "OTRA PERSONA")


def rows(*agents: WantedAgent, there: tuple[Listed, ...], past: Past | None = None, policy: Policy = CREATIONS) -> Any:
    remembered = {folded_document(INES.agent_dni): past} if past else {}
    return decided(agents, Roster((OTHER, *there)), remembered, policy, NOON)


def decision(
    *there: Listed, past: Past | None = None, policy: Policy = CREATIONS
) -> tuple[str, str | None, str | None]:
    (row,) = rows(INES, there=there, past=past, policy=policy)
    return row.action, row.agent_id, row.reason


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ((), ("create", None, None)),
        ((listed("12002", "00123456", "Peña   Ines"),), ("exists", "12002", None)),
        ((listed("12002", "00123456", "PEÑA INÉS (00123456)"),), ("exists", "12002", None)),
        ((listed("12002", "00123456", "PEÑA INÉS", enabled=False),), ("conflict", "12002", "note_disabled")),
        ((listed("12002", "00123456", "PEÑA IRENE"),), ("conflict", "12002", "note_other_name")),
        ((listed("12002", "123456", "PEÑA INÉS"),), ("conflict", "12002", "note_other_spelling")),
        ((listed("12002", "7777", "ROA IVÁN", "Ines.Pena"),), ("conflict", "12002", "note_other_document")),
        ((listed("12002", "7777", "ROA IVÁN", enabled=False),), ("create", None, "note_reuse")),
        (
            (listed("12002", "00123456", "PEÑA INÉS"), listed("12003", "123456", "PEÑA INÉS")),
            ("conflict", None, "note_document_twice"),
        ),
    ],
    ids=["absent", "there", "document in name", "disabled", "other name", "zeros", "other person", "re-use", "two"],
)
def test_the_roster_decides(there: tuple[Listed, ...], expected: tuple[str, str | None, str | None]) -> None:
    assert decision(*there) == expected


HERE = listed("12002", "00123456", "PEÑA INÉS")


@pytest.mark.parametrize(
    ("past", "there", "expected"),
    [
        (Past(None, NOON), (), ("waiting", None, "note_waiting")),
        (Past("unconfirmed", NOON, SHORT), (), ("waiting", None, "note_waiting")),
        (Past("unconfirmed", NOON, WAIT), (), ("create", None, "note_again")),
        (Past(None, NOON), (HERE,), ("confirmed", "12002", "note_confirmed")),
        (Past(None, NOON), (listed("12002", "00123456", "ROA IVÁN"),), ("conflict", "12002", "note_other_name")),
        (Past("created", NOON, SHORT, "12002"), (), ("exists", "12002", "note_recent")),
        (Past("created", NOON, WAIT, "12002"), (), ("conflict", "12002", "note_gone")),
        (Past("confirmed", NOON, WAIT, "12002"), (), ("conflict", "12002", "note_gone")),
        (Past("exists", NOON, SHORT, "12002"), (), ("conflict", "12002", "note_gone")),
        (Past("known", NOON, WAIT, "12002", known=True), (), ("conflict", "12002", "note_missing")),
        (Past("created", NOON, WAIT, "12002"), (listed("12002", "9999", "ROA"),), ("conflict", "12002", "note_moved")),
        (Past("created", NOON, WAIT, "12002"), (HERE,), ("exists", "12002", None)),
        (
            Past("created", NOON, WAIT, "12002"),
            (listed("12002", "00123456", "INÉS PEÑA DE ROA"),),
            ("exists", "12002", "note_renamed"),
        ),
    ],
)
def test_what_is_remembered_decides_about_who_is_absent(
    past: Past, there: tuple[Listed, ...], expected: tuple[str, str | None, str | None]
) -> None:
    assert decision(*there, past=past) == expected


@pytest.mark.parametrize("outcome", ["created", "confirmed", "exists"])
def test_who_is_gone_is_created_again_only_where_the_policy_says_so(outcome: str) -> None:
    policy = Policy(only_creations=True, recreate_gone=True)
    assert decision(past=Past(outcome, NOON, WAIT, "12002"), policy=policy) == ("create", None, "note_gone_again")


def test_each_disabled_agent_is_suggested_once() -> None:
    free = listed("12002", "8888", "ROA", enabled=False)
    found = rows(INES, JOSE, WantedAgent(4, "7777", "EVA"), there=(free,))
    assert [(row.action, row.facts) for row in found] == [
        ("create", {"agent_id": "12002", "name": "ROA"}),
        ("create", {}),
        ("create", {}),
    ]


WHOLE = Policy()
SPARE = listed("12002", "7777", "ROA IVÁN", enabled=False)


@pytest.mark.parametrize(
    ("agent", "there", "expected"),
    [
        (WantedAgent(2, "00123456", "PEÑA INÉS", agent_id="12002"), SPARE, ("reuse", "12002", "note_passed_on")),
        (WantedAgent(2, "00123456", "", agent_id="12002"), SPARE, ("conflict", "12002", "note_no_name")),
        (WantedAgent(2, "00123456", "PEÑA INÉS", agent_id="12009"), SPARE, ("conflict", "12009", "note_reuse_unknown")),
        (WantedAgent(2, "00123456", "PEÑA INÉS", agent_id="12001"), SPARE, ("conflict", "12001", "note_reuse_enabled")),
        (WantedAgent(2, "00123456", "PEÑA INÉS", agent_id="12002"), HERE, ("exists", "12002", None)),
        (WantedAgent(2, "00123456", "PEÑA INÉS", agent_id="12001"), HERE, ("conflict", "12002", "note_other_agent")),
        (WantedAgent(2, "00123456", "", None), SPARE, ("conflict", None, "note_no_name")),
    ],
)
def test_an_agent_is_passed_on_only_where_the_row_names_a_disabled_one(
    agent: WantedAgent, there: Listed, expected: tuple[str, str | None, str | None]
) -> None:
    (row,) = rows(agent, there=(there,), policy=WHOLE)
    assert (row.action, row.agent_id, row.reason) == expected
