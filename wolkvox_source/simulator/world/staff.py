"""Everybody on the roster, and the ways in and out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random

from . import founding, life
from .clock import Calendar
from .diary import Diary
from .people import Agent, Person, invented_password, invented_person
from .skills import SKILLS, Skill, usual_skills

FIRST_ID = 12_001


class Staff:
    """The agents of a centre by their extension number, in the order in which they were created.

    Times given to it are local and naive. In a staff that is not lively nobody moves by themselves.
    """

    def __init__(self, seed: int, agents: int, at: datetime, calendar: Calendar, *, lively: bool) -> None:
        self.seed, self.founded = seed, at.date()
        self._lively = lively
        self.agents: dict[str, Agent] = {}
        self.skills: dict[str, Skill] = {skill.skill_id: skill for skill in SKILLS}
        self.diary = Diary(calendar, at)
        self._rng = Random(f"staff {seed}")
        self._next_id = FIRST_ID
        self._documents: set[str] = set()
        for _ in range(agents):
            agent = self._join(self.stranger(), "")
            agent.luck, agent.skills = self._rng.getrandbits(48), usual_skills(agent.agent_id)
            # numbers are missing where people were purged long ago
            self._next_id += self._rng.random() < 0.2
        self._open(at)

    def stranger(self) -> Person:
        """An invented person whose document nobody here ever had."""
        while (person := invented_person(self._rng)).dni in self._documents:
            continue
        return person

    def hire(self, person: Person, password: str | None, at: datetime) -> Agent:
        """Create an agent with the next number and, if none is given, a random password."""
        agent = self._join(person, password or invented_password(self._rng))
        agent.hired = at
        self._start_tomorrow(agent, at)
        self.diary.write(agent, at)
        return agent

    def change(self, agent: Agent, at: datetime, how: Callable[[Agent], object], *, connects: bool = False) -> None:
        """Change what the diary tells of an agent: name, status, whether they work."""
        life.live([agent], at)
        how(agent)
        self.diary.write(agent, at, connects=connects)

    def pass_on(self, agent: Agent, person: Person, at: datetime) -> None:
        """Give an agent's number to another person; the last connection stays until they connect."""
        self.rewrite(agent, person, "", at)
        self.enable(agent, at)

    def rewrite(self, agent: Agent, person: Person, password: str, at: datetime) -> None:
        """Change who an agent is, and the password: an empty one becomes a random one."""
        agent.password = password or invented_password(self._rng)
        self._documents.add(person.dni)
        for field in ("agent_name", "agent_dni", "agent_sso"):
            agent.extra.pop(field, None)
        self.change(agent, at, lambda one: one.be(person))

    def rename(self, agent: Agent, name: str, at: datetime) -> None:
        """Spell an agent's name another way."""
        self.change(agent, at, lambda one: setattr(one, "name", name))

    def enable(self, agent: Agent, at: datetime) -> None:
        """Let an agent work again, from tomorrow on."""
        if not agent.enabled:
            agent.enabled = True
            self._start_tomorrow(agent, at)
            self.diary.write(agent, at)

    def disable(self, agent: Agent, at: datetime) -> None:
        """Keep an agent from working; they still hold their slot."""
        self.change(agent, at, Agent.stop)

    def remove(self, agent: Agent, at: datetime) -> None:
        """Take an agent off the roster, with no tombstone."""
        life.live([agent], at)
        del self.agents[agent.agent_id]
        self.diary.write(agent, at, gone=True)

    def add_skill(self, name: str, description: str) -> Skill:
        """Open a queue, with the next number."""
        skill = Skill(str(1 + max(map(int, self.skills))), name, description)
        self.skills[skill.skill_id] = skill
        return skill

    def holders_of(self, dni: str) -> Iterator[Agent]:
        """The agents who have that document."""
        return (agent for agent in self.agents.values() if agent.dni == dni)

    def purge(self, at: datetime) -> list[str]:
        """Remove those who have not connected for six months, and name them.

        Nobody whose last connection cannot be read as a date is removed.
        """
        # https://wolkvox.helpjuice.com: an agent unused for more than six months is removed
        limit = f"{founding.months_before(at, 6):%Y-%m-%d %H:%M:%S}"
        for_long = [
            agent
            for agent in self.agents.values()
            if "1" < agent.last_use < limit and founding.reads_as_date(agent.last_use)
        ]
        life.live(for_long, at)
        gone = [agent for agent in for_long if agent.last_use < limit]
        for agent in gone:
            self.remove(agent, at)
        return [agent.agent_id for agent in gone]

    def _open(self, at: datetime) -> None:
        everybody = list(self.agents.values())
        founding.make_odd(everybody, self._rng, at)
        for agent in everybody:
            self.diary.open(agent)
        life.live(everybody, at)
        if self._lively:
            return
        for agent in everybody:
            if agent.luck is not None:
                agent.luck = None
                self.diary.write(agent, at)

    def _join(self, person: Person, password: str) -> Agent:
        agent_id = str(self._next_id)
        self._next_id += 1
        self._documents.add(person.dni)
        agent = Agent(agent_id, *person, password=password)
        self.agents[agent_id] = agent
        return agent

    def _start_tomorrow(self, agent: Agent, at: datetime) -> None:
        agent.luck = self._rng.getrandbits(48) if self._lively else None
        agent.until = life.tomorrow(at)
