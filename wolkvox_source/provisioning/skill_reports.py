"""Which skills there are and who has them, asked of wolkvox only where a row says something about any."""

from collections.abc import Sequence
from typing import Any

from wolkvox_source.api.administration import Administration
from wolkvox_source.api.envelope import Payload
from wolkvox_source.errors import UnreadableError
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.skills import Skills, check_known, members, skill_names
from wolkvox_source.provisioning.wanted import WantedList


def skills_there(
    client: Administration, rows: Sequence[PlannedAgent], wanted: WantedList, policy: Policy
) -> tuple[Skills | None, int]:
    """The skills that matter and who has them, where a row says something about any; and how many requests it took."""
    passed_on = any(row.action == "reuse" or row.with_reuse for row in rows)
    if policy.only_creations or not (passed_on or any(agent.skills is not None for agent in wanted.agents)):
        return None, 0
    names = skill_names(_whole(client.skills()))
    check_known(wanted.agents, names)
    every = passed_on or policy.exact_skills or any(agent.skills == () for agent in wanted.agents)
    there = Skills(names)
    mentioned = {there.find(each.skill) for agent in wanted.agents for each in agent.skills or ()}
    asked = [skill_id for skill_id in names if every or skill_id in mentioned]
    return Skills(names, {each: members(_whole(client.agents_in_skill(each))) for each in asked}), 1 + len(asked)


def _whole(payload: Payload) -> Sequence[Any]:
    if payload.announced is not None and payload.announced != len(payload.records):
        raise UnreadableError("report_cut", announced=payload.announced, received=len(payload.records))
    return payload.records
