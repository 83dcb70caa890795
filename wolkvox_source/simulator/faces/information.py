"""The reports of information.php: who is on the roster, the skills, the token budget."""

from __future__ import annotations

from ..wire.traffic import Answer, Request, missing_parameters
from ..world.centre import ContactCentre
from .envelope import Record, found


def agents(centre: ContactCentre, request: Request) -> Answer:
    """The whole roster, or the one agent in `&agent=`."""
    wanted = request.query.get("agent")
    with centre.open() as staff:
        if wanted is None:
            listed = [agent for agent in staff.agents.values() if centre.lists(agent, counted=True)]
            return found(centre, [agent.record(centre.fields) for agent in listed], empty_status=centre.empty_status)
        one = staff.agents.get(wanted)
        return found(centre, [one.record(centre.fields)] if one and centre.lists(one) else [])


def skills(centre: ContactCentre, request: Request) -> Answer:
    """The skills, or the one in `&skill=`."""
    wanted = request.query.get("skill")
    # moves from day to day, as everything does that is used
    last_use = f"{centre.now:%Y-%m-%d} 06:00:00"
    with centre.open() as staff:
        records: list[Record] = [
            {
                "skill_id": skill.skill_id,
                "skill_name": skill.name,
                "skill_description": skill.description,
                "last_use": last_use,
            }
            for skill in staff.skills.values()
            if wanted in (None, skill.skill_id)
        ]
    return found(centre, records)


def agents_in_skill(centre: ContactCentre, request: Request) -> Answer:
    """The agents of the skill in `&skill_id=`, which is required."""
    if not (skill_id := request.query.get("skill_id")):
        raise missing_parameters()
    with centre.open() as staff:
        records: list[Record] = [
            {
                "agent_id": agent.agent_id,
                "agent_name": agent.name,
                "last_use": agent.last_use,
                "expertise": agent.skills[skill_id],
            }
            for agent in staff.agents.values()
            if skill_id in agent.skills
        ]
    return found(centre, records)


def token_info(centre: ContactCentre, request: Request) -> Answer:
    """What is left of the daily budget, this request already counted."""
    today = centre.now.date()
    door = centre.door
    record: Record = {
        "description": f"Token {door.tokens.index(request.token) + 1}",
        "token_limit": str(door.limit),
        "token_use_today": str(door.spent(today, request.token)),
        "all_token_today": str(centre.spent),
        "available_consumption_options": str(door.limit - centre.spent),
    }
    return found(centre, [record])
