"""What people can be asked about: the skills of a centre, and who usually has which."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Skill:
    """A queue of a centre."""

    skill_id: str
    name: str
    description: str


SKILLS = (
    Skill("4001", "VENTAS", "Ventas por teléfono"),
    Skill("4002", "SOPORTE", "Soporte técnico"),
    Skill("4003", "COBRANZAS", "Cartera y cobranzas"),
    Skill("4004", "RETENCIÓN", "Retención de clientes"),
)


def usual_skills(agent_id: str) -> dict[str, str]:
    """One or two skills with the expertise in them, from 1 to 10, which go with the agent_id."""
    number = int(agent_id)
    expertise = str(1 + number // 7 % 10)
    return {SKILLS[number % 4].skill_id: expertise, SKILLS[number // 4 % 4].skill_id: expertise}
