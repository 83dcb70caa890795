"""The changes of configuration.php: agents created, edited, enabled, disabled, and the skills they have.

The vendor's collection "Configuration" has the bodies and the words of what went well, 2 to 18; it has none of
what did not, so those are invented.
"""

from __future__ import annotations

import json

from ..wire.traffic import Answer, Request, bad_request, missing_parameters, not_found
from ..world.centre import ContactCentre
from ..world.people import Agent, Person, is_strong
from ..world.skills import Skill
from ..world.staff import Staff


def create_agent(centre: ContactCentre, request: Request) -> Answer:
    """Create an agent and tell the new agent_id and the password, once and in clear."""
    person, password = _wanted(request)
    with centre.open() as staff:
        _check(centre, staff, person, password)
        if len(staff.agents) >= centre.slots:
            raise bad_request("THERE ARE NO AGENTS AVAILABLE")
        agent = staff.hire(person, password, centre.now.replace(tzinfo=None))
    data = [{"agent_id": agent.agent_id, "password": agent.password}]
    return _changed(centre, 201, "Agent has been created", data)


def edit_agent(centre: ContactCentre, request: Request) -> Answer:
    """Change who an agent is; an empty password is replaced by a random one."""
    if not request.query.get("agent_id"):
        raise missing_parameters()
    person, password = _wanted(request)
    with centre.open() as staff:
        agent = _known(staff, request.query["agent_id"])
        _check(centre, staff, person, password, but=agent)
        staff.rewrite(agent, person, password, centre.now.replace(tzinfo=None))
    return _changed(centre, 202, "agent has been updated")


def enable_agent(centre: ContactCentre, request: Request) -> Answer:
    """Let an agent work again."""
    agent_id = _text(_sent(request), "agent_id")
    with centre.open() as staff:
        _known(staff, agent_id)
        centre.enable(agent_id)
    return _changed(centre, 202, f"{agent_id} agent has been enabled")


def disable_agent(centre: ContactCentre, request: Request) -> Answer:
    """Keep an agent from working."""
    agent_id = _text(_sent(request), "agent_id")
    with centre.open() as staff:
        _known(staff, agent_id)
        centre.disable(agent_id)
    return _changed(centre, 202, f"{agent_id} agent has been disabled")


def create_skill(centre: ContactCentre, request: Request) -> Answer:
    """Create a skill and tell its skill_id."""
    name, description = _wanted_skill(request)
    with centre.open() as staff:
        skill = staff.add_skill(name, description)
    # invented words: the vendor shows the data of this answer and no message
    return _changed(centre, 201, "Skill has been created", [{"skill_id": skill.skill_id}])


def edit_skill(centre: ContactCentre, request: Request) -> Answer:
    """Change the name and the description of a skill."""
    if not request.query.get("skill_id"):
        raise missing_parameters()
    name, description = _wanted_skill(request)
    with centre.open() as staff:
        skill = _known_skill(staff, request.query["skill_id"])
        skill.name, skill.description = name, description
    return _changed(centre, 202, "skill has been updated")


def add_agents_skill(centre: ContactCentre, request: Request) -> Answer:
    """Let an agent answer for a skill, or change how well."""
    sent = _sent(request)
    agent_id, skill_id, expertise = (_text(sent, field) for field in ("agent_id", "skill_id", "expertise"))
    if not (expertise.isdecimal() and 1 <= int(expertise) <= 10):
        raise bad_request("THE EXPERTISE IS NOT VALID")
    with centre.open() as staff:
        _known(staff, agent_id).skills[_known_skill(staff, skill_id).skill_id] = expertise
    return _changed(centre, "201", f"Agent {agent_id} added to skill {skill_id} of operation")


def remove_agents_skill(centre: ContactCentre, request: Request) -> Answer:
    """Let an agent answer for a skill no more; the names are in the body, although this is a DELETE."""
    sent = _sent(request)
    agent_id, skill_id = _text(sent, "agent_id"), _text(sent, "skill_id")
    with centre.open() as staff:
        agent, skill = _known(staff, agent_id), _known_skill(staff, skill_id)
        if agent.skills.pop(skill.skill_id, None) is None:
            raise not_found("THE AGENT IS NOT IN THE SKILL")
    return _changed(centre, "201", "Removed successfully")


def _wanted_skill(request: Request) -> tuple[str, str]:
    sent = _sent(request)
    return _text(sent, "skill_name"), str(sent.get("description_skill") or "")


def _wanted(request: Request) -> tuple[Person, str]:
    sent = _sent(request)
    if "agent_pass" not in sent:
        raise missing_parameters()
    sso, password = str(sent.get("agent_sso") or ""), str(sent["agent_pass"] or "")
    return Person(_text(sent, "agent_name"), _text(sent, "agent_dni"), sso), password


def _sent(request: Request) -> dict[str, object]:
    # the vendor's samples send JSON as text/plain, so the content type says nothing
    try:
        sent = json.loads(request.body)
    except ValueError:
        raise missing_parameters() from None
    if not isinstance(sent, dict):
        raise missing_parameters()
    return sent


def _text(sent: dict[str, object], field: str) -> str:
    value = sent.get(field)
    if not isinstance(value, (str, int)) or not str(value).strip():
        raise missing_parameters()
    return str(value)


def _check(centre: ContactCentre, staff: Staff, person: Person, password: str, but: Agent | None = None) -> None:
    if password and not is_strong(password):
        raise bad_request("THE PASSWORD DOES NOT MEET THE SECURITY POLICY")
    others = (agent for agent in staff.holders_of(person.dni) if agent is not but)
    if centre.duplicates == "refused" and any(others):
        raise bad_request("THERE IS ALREADY AN AGENT WITH THIS AGENT_DNI")


def _known(staff: Staff, agent_id: str) -> Agent:
    if agent_id not in staff.agents:
        # invented words: add_ip, beside it in the vendor's collection, answers 404 for an unknown ip
        raise not_found("THE AGENT DOES NOT EXIST")
    return staff.agents[agent_id]


def _known_skill(staff: Staff, skill_id: str) -> Skill:
    if skill_id not in staff.skills:
        raise not_found("THE SKILL DOES NOT EXIST")
    return staff.skills[skill_id]


def _changed(centre: ContactCentre, code: int | str, message: str, data: list[dict[str, str]] | None = None) -> Answer:
    content: dict[str, object] = {"code": code, "error": None, "msg": message}
    if data is not None:
        content["data"] = data
    return Answer(centre.write_status or int(code), content)
