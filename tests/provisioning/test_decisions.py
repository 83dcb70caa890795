"""What is decided about a wanted agent, beside the roster and what is remembered."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from wolkvox_source.errors import UnreadableError
from wolkvox_source.provisioning.decisions import Past, decided
from wolkvox_source.provisioning.differences import changed
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.planned import PlannedAgent, subject
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.roster import Listed, Roster, roster
from wolkvox_source.provisioning.skills import Skills, skill_changes
from wolkvox_source.provisioning.wanted import WantedAgent, WantedSkill
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.snapshot import snapshot

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
WAIT, SHORT = timedelta(minutes=15), timedelta(minutes=14)
INES = WantedAgent(2, "00123456", "PEÑA INÉS", "ines.pena")
JOSE = WantedAgent(3, "1020304050", "JOSÉ NÚÑEZ")
CREATIONS = Policy(only_creations=True)
LOGGED_OUT = frozenset({"logout"})


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
def test_who_is_gone_is_created_again_only_where_somebody_says_so(outcome: str) -> None:
    policy = Policy(only_creations=True, recreate_gone=True)
    assert decision(past=Past(outcome, NOON, WAIT, "12002"), policy=policy) == ("create", None, "note_gone_again")


def report(*records: Any) -> Roster:
    return roster(snapshot(AGENTS, "ventas", records, "America/Bogota"))


RECORD = {"agent_id": "12001", "agent_dni": "5555", "agent_name": "OTRA PERSONA"}


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([RECORD, 7], "report_odd"),
        ([RECORD, {"agent_id": "", "agent_dni": "7777"}], "report_odd"),
        ([{"agent_id": "12001", "agent_name": "ANA"}], "report_no_documents"),
    ],
)
def test_a_report_that_may_hide_somebody_is_not_planned_on(records: list[Any], reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        report(*records)
    assert caught.value.reason == reason


def test_of_two_records_with_one_number_both_count() -> None:
    there = report(RECORD, {**RECORD, "agent_dni": "6666", "agent_name": "PEÑA INÉS"})
    assert {*there.by_document} == {"5555", "6666"}
    assert {*there.by_id} == {"12001"}


def test_each_disabled_agent_is_suggested_once() -> None:
    free = listed("12002", "8888", "ROA", enabled=False)
    found = rows(INES, JOSE, WantedAgent(4, "7777", "EVA"), there=(free,))
    assert [(row.action, row.facts) for row in found] == [
        ("create", {"agent_id": "12002", "name": "ROA"}),
        ("create", {}),
        ("create", {}),
    ]


def differences(agent: WantedAgent, there: Listed, policy: Policy) -> list[tuple[str, str | None]]:
    return [(row.action, row.reason) for row in changed(agent, there, policy, LOGGED_OUT)]


@pytest.mark.parametrize(
    ("agent", "policy", "expected"),
    [
        (WantedAgent(2, "00123456", "Peña   Inés"), Policy(), []),
        (WantedAgent(2, "00123456", ""), Policy(), []),
        (WantedAgent(2, "00123456", "PEÑA IRENE"), Policy(), [("left", "note_needs_reset")]),
        (WantedAgent(2, "00123456", "PEÑA IRENE"), Policy(reset_passwords=True), [("edit", "note_new_password")]),
        (
            WantedAgent(2, "00123456", "PEÑA INÉS", "ines"),
            Policy(reset_passwords=True),
            [("edit", "note_new_password")],
        ),
        (WantedAgent(2, "00123456", "PEÑA INÉS", ""), Policy(), []),
        (WantedAgent(2, "00123456", "PEÑA INÉS", enabled=True), Policy(), []),
        (WantedAgent(2, "00123456", "PEÑA INÉS", enabled=False), Policy(), [("disable", None)]),
    ],
)
def test_only_what_a_row_says_and_differs_is_changed(
    agent: WantedAgent, policy: Policy, expected: list[tuple[str, str | None]]
) -> None:
    assert differences(agent, HERE, policy) == expected


def test_who_is_not_logged_out_is_disabled_only_now() -> None:
    wanted = WantedAgent(2, "00123456", "PEÑA INÉS", enabled=False)
    busy = Listed("12002", "PEÑA INÉS", "00123456", None, "Talk", True)
    assert differences(wanted, busy, Policy()) == [("left", "note_not_logged_out")]
    assert differences(wanted, busy, Policy(now=True)) == [("disable", None)]
    unknown = Listed("12002", "PEÑA INÉS", "00123456", None, None, True)
    assert differences(wanted, unknown, Policy()) == [("left", "note_not_logged_out")]


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


SKILLS = Skills({"4001": "VENTAS", "4002": "SOPORTE"}, {"4001": {"12002": "5"}, "4002": {"12002": "3"}})


@pytest.mark.parametrize(
    ("wanted", "policy", "expected"),
    [
        (None, Policy(exact_skills=True), []),
        ((WantedSkill("ventas", 5),), Policy(), []),
        ((WantedSkill("4001", 5),), Policy(exact_skills=True), [("remove_skill", "4002", None)]),
        ((WantedSkill("ventas", 7),), Policy(), [("add_skill", "4001", "7")]),
        ((), Policy(), [("remove_skill", "4001", None), ("remove_skill", "4002", None)]),
    ],
    ids=["not said", "has it", "exactly", "another level", "none"],
)
def test_skills_are_added_and_removed_only_where_somebody_says_exactly(
    wanted: tuple[WantedSkill, ...] | None, policy: Policy, expected: list[tuple[str, str, str | None]]
) -> None:
    agent = WantedAgent(2, "00123456", "PEÑA INÉS", skills=wanted)
    found = skill_changes(PlannedAgent(agent, "exists", "12002"), SKILLS, policy)
    assert [(row.action, row.after["skill_id"], row.after["expertise"]) for row in found] == expected


def test_who_takes_over_an_agent_does_not_take_over_the_skills() -> None:
    agent = WantedAgent(2, "00123456", "PEÑA INÉS", agent_id="12002", skills=(WantedSkill("soporte", 3),))
    found = skill_changes(PlannedAgent(agent, "reuse", "12002"), SKILLS, Policy())
    assert [(row.action, row.after["skill_id"], row.with_reuse) for row in found] == [("remove_skill", "4001", True)]


def test_what_is_about_the_same_thing_is_known() -> None:
    assert subject("enable", {"enabled": "yes"}) == subject("disable", {"enabled": "no"})
    assert subject("add_skill", {"skill_id": "4001"}) == subject("remove_skill", {"skill_id": "4001"})
    assert subject("add_skill", {"skill_id": "4001"}) != subject("add_skill", {"skill_id": "4002"})
