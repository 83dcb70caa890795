"""Skills are added and removed only where a row says so."""

import pytest

from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.skills import Skills, skill_changes
from wolkvox_source.provisioning.wanted import WantedAgent, WantedSkill

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
def test_skills_are_added_and_removed_only_where_the_policy_says_exactly(
    wanted: tuple[WantedSkill, ...] | None, policy: Policy, expected: list[tuple[str, str, str | None]]
) -> None:
    agent = WantedAgent(2, "00123456", "PEÑA INÉS", skills=wanted)
    found = skill_changes(PlannedAgent(agent, "exists", "12002"), SKILLS, policy)
    assert [(row.action, row.after["skill_id"], row.after["expertise"]) for row in found] == expected


def test_who_takes_over_an_agent_does_not_take_over_the_skills() -> None:
    agent = WantedAgent(2, "00123456", "PEÑA INÉS", agent_id="12002", skills=(WantedSkill("soporte", 3),))
    found = skill_changes(PlannedAgent(agent, "reuse", "12002"), SKILLS, Policy())
    assert [(row.action, row.after["skill_id"], row.with_reuse) for row in found] == [("remove_skill", "4001", True)]
