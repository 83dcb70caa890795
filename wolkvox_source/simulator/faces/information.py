"""The reports of information.php: who is on the roster, the skills, the token budget."""

from __future__ import annotations

from ..wire.traffic import Answer, Request, missing_parameters, not_found
from ..world.centre import ContactCentre
from ..world.people import Agent

# invented words: public clients saw the status 404 for an empty report, not this message
NOTHING_FOUND = not_found("NO RECORDS WERE FOUND")
# seen in public clients: a dated report without rows, and a report that this server does not have
NOTHING_THERE = not_found("Validate dates entered")

SKILLS = (
    ("4001", "VENTAS", "Ventas por teléfono"),
    ("4002", "SOPORTE", "Soporte técnico"),
    ("4003", "COBRANZAS", "Cartera y cobranzas"),
    ("4004", "RETENCIÓN", "Retención de clientes"),
)


def agents(centre: ContactCentre, request: Request) -> Answer:
    """The whole roster, or the one agent in `&agent=`."""
    wanted = request.query.get("agent")
    with centre.open() as staff:
        if wanted is None:
            records = [agent.record(centre.fields) for agent in staff.agents.values()]
            return _found(centre, records, empty_status=centre.empty_status)
        one = staff.agents.get(wanted)
        return _found(centre, [one.record(centre.fields)] if one else [])


def skills(centre: ContactCentre, request: Request) -> Answer:
    """The skills, or the one in `&skill=`."""
    wanted = request.query.get("skill")
    last_use = f"{centre.now:%Y-%m-%d} 06:00:00"
    records: list[dict[str, object]] = [
        {"skill_id": key, "skill_name": name, "skill_description": text, "last_use": last_use}
        for key, name, text in SKILLS
        if wanted in (None, key)
    ]
    return _found(centre, records)


def agents_in_skill(centre: ContactCentre, request: Request) -> Answer:
    """The agents of the skill in `&skill_id=`, which is required."""
    if not (skill := request.query.get("skill_id")):
        raise missing_parameters()
    with centre.open() as staff:
        records: list[dict[str, object]] = [
            {
                "agent_id": agent.agent_id,
                "agent_name": agent.name,
                "last_use": agent.last_use,
                "expertise": str(1 + int(agent.agent_id) // 7 % 10),
            }
            for agent in staff.agents.values()
            if skill in skills_of(agent)
        ]
    return _found(centre, records)


def skills_of(agent: Agent) -> set[str]:
    """One or two skills, which go with the agent_id."""
    number = int(agent.agent_id)
    return {SKILLS[number % 4][0], SKILLS[number // 4 % 4][0]}


def token_info(centre: ContactCentre, request: Request) -> Answer:
    """What is left of the daily budget, this request already counted."""
    today = centre.now.date()
    door = centre.door
    record: dict[str, object] = {
        "description": f"Token {door.tokens.index(request.token) + 1}",
        "token_limit": str(door.limit),
        "token_use_today": str(door.spent(today, request.token)),
        "all_token_today": str(centre.spent),
        "available_consumption_options": str(door.limit - centre.spent),
    }
    return _found(centre, [record])


def nothing_in_those_dates(_centre: ContactCentre, request: Request) -> Answer:
    """A dated report that never has rows, with the misleading message of the real one."""
    if not (request.query.get("date_ini") and request.query.get("date_end")):
        raise missing_parameters()
    raise NOTHING_THERE


def _found(centre: ContactCentre, records: list[dict[str, object]], *, empty_status: int = 404) -> Answer:
    if not records and empty_status == 404:
        raise NOTHING_FOUND
    message = f"{len(records)} records were found"
    content = {"code": centre.code, "error": None, "msg": message, "data": records}
    return Answer(200, content)
