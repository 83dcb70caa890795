"""The skills that rows want beside those that agents have -> whom to add to which, and whom to remove."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wolkvox_source.language import Phrase
from wolkvox_source.provisioning.identity import cleaned, plain
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.wanted import Problem, WantedAgent, WantedError


@dataclass(frozen=True)
class Skills:
    """The skills there are, and who has them.

    `names` has each skill's name by its skill_id; `members` the expertise by agent_id, of the skills asked for.
    """

    names: Mapping[str, str]
    members: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, skill: str) -> str | None:
        """The skill_id of a skill given by its id or its name; None where there is none, or several."""
        if skill in self.names:
            return skill
        found = [skill_id for skill_id, name in self.names.items() if plain(name) == plain(skill)]
        return found[0] if len(found) == 1 else None

    def of(self, agent_id: str | None) -> dict[str, str]:
        """The expertise of one agent by skill_id."""
        number = agent_id or ""
        return {skill: held[number] for skill, held in self.members.items() if number in held}


def skill_names(records: Sequence[Any]) -> dict[str, str]:
    """Each skill's name by its id, of the report `skills`."""
    found = {
        cleaned(each.get("skill_id")): cleaned(each.get("skill_name")) for each in records if isinstance(each, dict)
    }
    return {skill_id: name for skill_id, name in found.items() if skill_id}


def members(records: Sequence[Any]) -> dict[str, str]:
    """Each agent's expertise by agent_id, of the report `agents_in_skill`."""
    found = {
        cleaned(each.get("agent_id")): cleaned(each.get("expertise")) for each in records if isinstance(each, dict)
    }
    return {agent_id: expertise for agent_id, expertise in found.items() if agent_id}


def check_known(agents: Sequence[WantedAgent], names: Mapping[str, str]) -> None:
    """Raises a WantedError where a row wants a skill that there is not, or one twice."""
    there = Skills(names)
    problems: list[Problem] = []
    for agent in agents:
        seen: set[str] = set()
        for each in agent.skills or ():
            skill_id = there.find(each.skill)
            if skill_id is None:
                facts = {"skill": each.skill, "known": sorted(names.values())}
                problems.append(Problem(agent.line, "row_skill_unknown", facts))
            elif skill_id in seen:
                problems.append(Problem(agent.line, "row_skill_twice", {"skill": each.skill}))
            seen.add(skill_id or "")
    if problems:
        raise WantedError("wanted_problems", problems, path=Phrase("wanted_skills"), count=len(problems))


def all_skill_changes(rows: Sequence[PlannedAgent], skills: Skills, policy: Policy) -> list[PlannedAgent]:
    """What to add and to remove for everybody; once for an agent who is passed on and enabled."""
    reused = {row.agent for row in rows if row.action == "reuse"}
    of = [row for row in rows if not (row.with_reuse and row.agent in reused)]
    return [change for row in of for change in skill_changes(row, skills, policy)]


def skill_changes(row: PlannedAgent, skills: Skills, policy: Policy) -> list[PlannedAgent]:
    """What to add and to remove for an agent who is there, or about to be."""
    if row.action not in {"exists", "confirmed", "create", "reuse", "enable"}:
        return []
    has, wanted = skills.of(row.agent_id), _wanted(row.agent, skills)
    gone = [_removed(row, skills, skill_id, level) for skill_id, level in has.items() if skill_id not in wanted]
    if row.action == "enable":
        # the person before took their skills along only where the run that passed the agent on went on to its end
        return gone if row.with_reuse else []
    added = [
        _added(row, skills, skill_id, level, has.get(skill_id))
        for skill_id, level in wanted.items()
        if has.get(skill_id) != level
    ]
    # no skills at all is said with `-`, which is exact by itself
    exact = row.action == "reuse" or row.agent.skills == () or (policy.exact_skills and bool(wanted))
    return added + gone if exact else added


def _wanted(agent: WantedAgent, skills: Skills) -> dict[str, str]:
    found = {skills.find(each.skill): str(each.expertise) for each in agent.skills or ()}
    return {skill_id: expertise for skill_id, expertise in found.items() if skill_id is not None}


def _added(row: PlannedAgent, skills: Skills, skill_id: str, expertise: str, before: str | None = None) -> PlannedAgent:
    facts = {"skill": skills.names.get(skill_id, skill_id), "expertise": expertise}
    after = {"skill_id": skill_id, "expertise": expertise}
    held = {"skill_id": skill_id, "expertise": before} if before else {}
    return PlannedAgent(row.agent, "add_skill", row.agent_id, "note_skill", facts, held, after)


def _removed(row: PlannedAgent, skills: Skills, skill_id: str, expertise: str) -> PlannedAgent:
    facts = {"skill": skills.names.get(skill_id, skill_id), "expertise": expertise}
    before, after = {"skill_id": skill_id, "expertise": expertise}, {"skill_id": skill_id, "expertise": None}
    return PlannedAgent(
        row.agent,
        "remove_skill",
        row.agent_id,
        "note_skill",
        facts,
        before,
        after,
        with_reuse=row.with_reuse or row.action == "reuse",
    )
