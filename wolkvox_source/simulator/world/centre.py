"""A contact centre: its people, its clock, its tokens, and verbs that make things happen."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from . import life, truth, turnover
from .clock import Calendar, Clock
from .door import Door
from .people import Agent, Person
from .staff import Staff
from .truth import Session, Shift, StatusEvent

# capacity page of the vendor's help: ten named agents a licence on a shared server
SLOTS_PER_LICENCE = 10
REQUESTS_PER_LICENCE = 1000


class ContactCentre:
    """One operation of a wolkvox server, the same for the same seed and the same steps.

    `licences` left out leaves room for a quarter more agents; all tokens share `licences * 1000`
    requests a day. With `now` left out the clock starts at the real time, and with `real_at_most` it never runs
    ahead of that. `lively=False`: nothing
    happens unless a verb says so. `agents=0` is an empty world.

    Where the vendor documents less than a client must survive: `code` is how a good answer of a
    report spells its code; `fields` is the edition of the report (5, 6 with agent_sso, 7 with
    enabled); `empty_status` is 404 or 200 for an empty report; `write_status` replaces the HTTP
    status 201 and 202 of a change, whose body stays as it is; `simultaneous=1` is the stricter
    reading of the limit; `absent_apis` are not installed on this server and answer 404; `id_field` is
    how the dated reports call an agent's id (`id_agent` in some); `ceiling` is how many records a
    report has at most; `lag` is how long newcomers are not on it yet: a time on the centre's clock, or
    so many reports.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        agents: int = 80,
        licences: int | None = None,
        token: str | Sequence[str] = "demo-token",  # noqa: S107, it opens nothing
        timezone: str = "America/Bogota",
        now: datetime | None = None,
        speed: float = 0.0,
        real_at_most: bool = False,
        lively: bool = True,
        code: str | int = "200",
        fields: Literal[5, 6, 7] = 7,
        duplicates: Literal["refused", "allowed"] = "refused",
        simultaneous: int = 2,
        empty_status: Literal[404, 200] = 404,
        write_status: int | None = None,
        absent_apis: Collection[str] = (),
        id_field: str = "agent_id",
        ceiling: int = 60_000,
        lag: timedelta | int = 0,
    ) -> None:
        self.code, self.fields = code, fields
        self.duplicates, self.empty_status = duplicates, empty_status
        self.write_status, self.absent_apis = write_status, frozenset(absent_apis)
        self.id_field, self.ceiling, self.lag = id_field, ceiling, lag
        self.calendar = Calendar(ZoneInfo(timezone))
        self.licences = max(1, math.ceil(agents / 8)) if licences is None else licences
        self.slots = self.licences * SLOTS_PER_LICENCE
        self.door = Door(
            (token,) if isinstance(token, str) else token,
            self.licences * REQUESTS_PER_LICENCE,
            simultaneous,
        )
        self._lively = lively
        self._lock = threading.RLock()
        self._clock = Clock(now, speed, ZoneInfo(timezone), real_at_most=real_at_most)
        self._lived_until = self._clock.now.replace(tzinfo=None)
        self._staff = Staff(seed, agents, self._lived_until, self.calendar, lively=lively)

    @property
    def now(self) -> datetime:
        """The time on the centre's clock, aware."""
        return self._clock.now

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Everybody on the roster now, by agent_id."""
        with self.open() as staff:
            return MappingProxyType(staff.agents)

    @property
    def spent(self) -> int:
        """How many requests all tokens together have made today."""
        with self._lock:
            return self.door.spent(self.now.date())

    @contextmanager
    def open(self) -> Iterator[Staff]:
        """The staff as it is now, while nobody else can change it."""
        with self._lock:
            self._catch_up()
            yield self._staff

    def report(self) -> list[dict[str, object]]:
        """The records that `api=agents` lists now, in its order."""
        with self.open() as staff:
            return [agent.record(self.fields) for agent in staff.agents.values() if self.lists(agent)]

    def lists(self, agent: Agent, *, counted: bool = False) -> bool:
        """Whether the report has caught up with an agent; `counted` says that one is being answered."""
        if not self.lag or agent.hired is None:
            return True
        if isinstance(self.lag, timedelta):
            return self._lived_until - agent.hired >= self.lag
        agent.missed += counted
        return agent.missed - counted >= self.lag

    def status_events(self, since: datetime | None = None) -> list[StatusEvent]:
        """Every status that an agent was truly in, since the midnight before the founding or since a time."""
        with self.open() as staff:
            return list(truth.status_events(staff.diary, since, self.now))

    def sessions(self, since: datetime | None = None) -> list[Session]:
        """Every session that there truly was, since the midnight before the founding or since a time."""
        with self.open() as staff:
            return list(truth.sessions(staff.diary, since, self.now))

    def shifts(self) -> list[Shift]:
        """Every shift that was ever planned, of agents who live a life of their own."""
        with self.open() as staff:
            return list(truth.shifts(staff.diary))

    def days_off(self, first: date, last: date) -> list[tuple[str, date]]:
        """Who is on leave on which of the days from one to another, by agent_id."""
        with self.open() as staff:
            return list(truth.days_off(staff.diary, first, last))

    def advance(self, step: timedelta) -> None:
        """Step the clock; when the centre is lively, life goes on in between."""
        with self.open():
            self._clock.advance(step)
            self._catch_up()

    def hire(
        self,
        name: str | None = None,
        dni: str | None = None,
        sso: str | None = None,
        password: str | None = None,
    ) -> str:
        """Create an agent, whether or not a slot is free, and return the agent_id.

        What is left out is invented; a password too.
        """
        with self.open() as staff:
            given = Person(name or "", dni or "", sso or "")
            invented = staff.stranger() if name is None or dni is None or sso is None else given
            person = Person(
                invented.name if name is None else name,
                invented.dni if dni is None else dni,
                invented.sso if sso is None else sso,
            )
            return staff.hire(person, password, self._lived_until).agent_id

    def leave(self, agent_id: str) -> None:
        """Take an agent off the report, with no tombstone."""
        with self.open() as staff:
            staff.remove(staff.agents[agent_id], self._lived_until)

    def rename(self, agent_id: str, name: str) -> None:
        """Spell an agent's name another way."""
        with self._changing(agent_id, "agent_name") as agent:
            self._staff.rename(agent, name, self._lived_until)

    def connect(self, agent_id: str) -> None:
        """Log an agent in: their last connection is now and a session begins; the status stays.

        With a status that says that they are not there, the session is over at once.
        """
        with self._changing(agent_id, "last_use") as agent:
            agent.last_use = f"{self._lived_until:%Y-%m-%d %H:%M:%S}"
            self._staff.change(agent, self._lived_until, lambda _: None, connects=True)

    def set_status(self, agent_id: str, status: str) -> None:
        """Put an agent in a status; in a lively centre, until their own next move.

        A session begins with a status other than Logout, unless `connect` has begun one, and ends with Logout.
        """
        with self._changing(agent_id, "agent_status") as agent:
            self._staff.change(agent, self._lived_until, lambda one: setattr(one, "status", status))

    def set_last_use(self, agent_id: str, raw: str) -> None:
        """Write any text where the last connection belongs."""
        with self._changing(agent_id, "last_use") as agent:
            agent.last_use = raw

    def set_sso(self, agent_id: str, sso: str) -> None:
        """Give an agent another network user."""
        with self._changing(agent_id, "agent_sso") as agent:
            agent.sso = sso

    def disable(self, agent_id: str) -> None:
        """Keep an agent from working; the slot stays taken."""
        with self._changing(agent_id, "enabled") as agent:
            self._staff.disable(agent, self._lived_until)

    def enable(self, agent_id: str) -> None:
        """Let an agent work again; in a lively centre they come back the next day."""
        with self._changing(agent_id, "enabled") as agent:
            self._staff.enable(agent, self._lived_until)

    def pass_to(self, agent_id: str, name: str, dni: str, sso: str = "") -> None:
        """Pass an agent_id to another person, enabled."""
        with self._changing(agent_id, "enabled") as agent:
            self._staff.pass_on(agent, Person(name, dni, sso), self._lived_until)

    def add_to_skill(self, agent_id: str, skill_id: str, expertise: int = 5) -> None:
        """Let an agent answer for a skill, or change how well."""
        with self.open() as staff:
            staff.agents[agent_id].skills[staff.skills[skill_id].skill_id] = str(expertise)

    def remove_from_skill(self, agent_id: str, skill_id: str) -> None:
        """Let an agent answer for a skill no more."""
        with self.open() as staff:
            del staff.agents[agent_id].skills[skill_id]

    def set_field(self, agent_id: str, field: str, value: object) -> None:
        """Put any JSON value in any field of one record, one that no edition documents included."""
        with self.open() as staff:
            staff.agents[agent_id].extra[field] = value

    def purge(self) -> list[str]:
        """Remove those who have not connected for six months, and name them.

        A lively centre does so by itself at 10:15 from Monday to Saturday.
        """
        with self.open() as staff:
            return staff.purge(self._lived_until)

    def spend(self, requests: int) -> None:
        """Count requests that another program made today with the first token."""
        with self._lock:
            self.door.charge(self.door.tokens[0], requests, self.now.date())

    def admit(self, token: str) -> str | None:
        """Let a request in at the door and charge it, or say why not in the vendor's words."""
        with self._lock:
            return self.door.enter(token, self.now.date())

    def release(self, token: str, *, charged: bool) -> None:
        """Let the next request of a token in; one that was not carried out is not charged."""
        with self._lock:
            self.door.leave(token)
            if not charged:
                self.door.charge(token, -1, self.now.date())

    @contextmanager
    def _changing(self, agent_id: str, field: str) -> Iterator[Agent]:
        with self.open() as staff:
            agent = staff.agents[agent_id]
            agent.extra.pop(field, None)
            yield agent

    def _catch_up(self) -> None:
        now = self._clock.now.replace(tzinfo=None)
        if self._lively and now > self._lived_until:
            turnover.happen(self._staff, self.slots, self._lived_until, now)
            life.live(self._staff.agents.values(), now)
        self._lived_until = now
