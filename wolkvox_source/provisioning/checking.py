"""The cells of a list -> the agents wanted, or every problem of the list with its line.

A doubtful row stops everything before anything is sent.
"""

import re
from collections.abc import Mapping, Sequence

from wolkvox_source.provisioning.doubts import DOCUMENT, doubts, repeated
from wolkvox_source.provisioning.headings import CREATION, HEADINGS, columns_of, is_heading, named, no_heading
from wolkvox_source.provisioning.identity import cleaned, plain, text_of
from wolkvox_source.provisioning.wanted import Problem, WantedAgent, WantedError, WantedList, WantedSkill

_YES = frozenset({"yes", "y", "true", "1", "si", "s", "verdadero", "enabled", "active", "activo", "habilitado"})
_NO = frozenset({"no", "n", "false", "0", "falso", "disabled", "inactive", "inactivo", "deshabilitado"})
_SKILL = re.compile(r"\s*([^:;]+?)\s*:\s*(10|[1-9])\s*")
Line = tuple[int, Sequence[object]]


def checked(
    headings: Sequence[object],
    lines: Sequence[Line],
    path: object,
    *,
    document: str = DOCUMENT,
    only_creations: bool = False,
) -> WantedList:
    """The list, or a WantedError with every problem of it.

    `document` is the pattern that a whole document fits. With `only_creations` each row needs a name, and the columns
    that say more than a creation takes are not used; else an empty name leaves the name alone.
    """
    if not any(any(text_of(value) for value in values) for _, values in lines):
        raise WantedError("wanted_empty", path=path)
    if not is_heading(headings) or (only_creations and "agent_name" not in named(headings)):
        raise no_heading(path)
    places, unused = columns_of(headings, path, CREATION if only_creations else tuple(HEADINGS))
    agents: list[WantedAgent] = []
    problems: list[Problem] = []
    for line, values in lines:
        if any(text_of(value) for value in values):
            cells = {name: values[place] for name, place in places.items()}
            agent = _wanted(line, cells)
            agents.append(agent)
            problems += doubts(agent, cells, document, only_creations)
    problems += repeated(agents)
    if problems:
        problems.sort(key=lambda problem: problem.line)
        raise WantedError("wanted_problems", problems, path=path, count=len(problems))
    return WantedList(tuple(agents), unused)


def _wanted(line: int, cells: Mapping[str, object]) -> WantedAgent:
    password = cells.get("agent_pass")
    if not isinstance(password, str) or not password.strip():
        password = text_of(password)
    return WantedAgent(
        line,
        agent_dni=cleaned(cells["agent_dni"]),
        agent_name=" ".join(cleaned(cells.get("agent_name")).split()),
        agent_sso=_clearable(cells.get("agent_sso")),
        agent_pass=password,
        agent_id=cleaned(cells.get("agent_id")) or None,
        enabled=_flag(cells.get("enabled")),
        skills=_skills(cells.get("skills")),
    )


def _clearable(value: object) -> str | None:
    """The text of a cell, None where it is empty and nothing where it says `-`."""
    return cleaned(value) if text_of(value) else None


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = plain(value)
    return True if word in _YES else False if word in _NO else None


def _skills(value: object) -> tuple[WantedSkill, ...] | None:
    text = _clearable(value)
    if text is None:
        return None
    found = [_SKILL.fullmatch(part) for part in text.split(";") if part.strip()]
    return tuple(WantedSkill(match[1], int(match[2])) for match in found if match)
