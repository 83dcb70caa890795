"""Whom a list wants, row by row, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wolkvox_source.errors import RefusedError
from wolkvox_source.language import Phrase


@dataclass(frozen=True)
class WantedSkill:
    """A skill by its name or skill_id, and the expertise in it from 1 to 10."""

    skill: str
    expertise: int


@dataclass(frozen=True)
class WantedAgent:
    """One checked row of a list; no repr shows the password.

    What is None is left alone, and what is empty is cleared. `line` is the line of the file as an editor or a
    spreadsheet numbers it, or the number of the record; `agent_id` names the disabled agent to give to this person.
    """

    line: int
    agent_dni: str
    agent_name: str
    agent_sso: str | None = None
    agent_pass: str = field(default="", repr=False)
    agent_id: str | None = None
    enabled: bool | None = None
    skills: tuple[WantedSkill, ...] | None = None


@dataclass(frozen=True)
class WantedList:
    """The wanted agents in the order of the file, and the headings that were not used."""

    agents: tuple[WantedAgent, ...]
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line."""

    line: int
    reason: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def phrase(self) -> Phrase:
        return Phrase("wanted_line", {"line": self.line, "problem": Phrase(self.reason, self.facts)})


class WantedError(RefusedError):
    """The list has problems, all of them in `problems`; wolkvox was not asked."""

    exit_code = 65

    def __init__(self, reason: str, problems: Sequence[Problem] = (), **facts: Any) -> None:
        self.problems = tuple(problems)
        self.details = tuple(problem.phrase for problem in self.problems)
        super().__init__(reason, **facts)
