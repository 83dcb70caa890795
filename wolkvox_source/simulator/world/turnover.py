"""What happens to a roster on a working day: people come, go, return, and are misspelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from .people import TEAMS, Agent
from .skills import usual_skills
from .staff import Staff


class Moment(NamedTuple):
    """When something happens, on how many days in a hundred, to whom, in how many slots, and the dice for it."""

    at: datetime
    often: int
    staff: Staff
    slots: int
    rng: Random


Event = Callable[[Moment], None]


def happen(staff: Staff, slots: int, since: datetime, until: datetime) -> None:
    """Let the days go by from one local time to another, in a roster with so many slots."""
    for at, often, event in _due(since, until):
        event(Moment(at, often, staff, slots, Random(f"{staff.seed} {at}")))


def _due(since: datetime, until: datetime) -> Iterator[tuple[datetime, int, Event]]:
    day: date = since.date()
    while day <= until.date():
        for hour, often, event in DAY_BOOK:
            at = datetime.combine(day, hour)
            if since < at <= until and day.weekday() < 6:
                yield at, often, event
        day += timedelta(days=1)


def _few(moment: Moment) -> int:
    size = len(moment.staff.agents)
    # the first day shows one of each
    if size < 250 and moment.at.date() != moment.staff.founded and moment.rng.random() * 100 >= moment.often:
        return 0
    return size // 250 or int(moment.rng.random() < size / 25)


def _some(moment: Moment, *, enabled: bool) -> list[Agent]:
    candidates = [agent for agent in moment.staff.agents.values() if agent.enabled is enabled]
    return moment.rng.sample(candidates, min(_few(moment), len(candidates)))


def _correct(moment: Moment) -> None:
    for agent in _some(moment, enabled=True):
        prefix = agent.name.partition("-")[0] + "-"
        bare = agent.name.removeprefix(prefix) if prefix in TEAMS else agent.name
        name = moment.rng.choice([team for team in TEAMS if team != prefix]) + bare
        moment.staff.rename(agent, name, moment.at)


def _hire(moment: Moment) -> None:
    for _ in range(min(_few(moment), moment.slots - len(moment.staff.agents))):
        agent = moment.staff.hire(moment.staff.stranger(), None, moment.at)
        agent.skills = usual_skills(agent.agent_id)


def _purge(moment: Moment) -> None:
    moment.staff.purge(moment.at)


def _let_go(moment: Moment) -> None:
    for agent in _some(moment, enabled=True):
        moment.staff.disable(agent, moment.at)


def _reuse(moment: Moment) -> None:
    # the vendor's help asks to give a disabled agent to a new person instead of creating another
    for agent in _some(moment, enabled=False):
        moment.staff.pass_on(agent, moment.staff.stranger(), moment.at)


def _welcome_back(moment: Moment) -> None:
    for agent in _some(moment, enabled=False):
        moment.staff.enable(agent, moment.at)


# all in the morning, so that half a day shows one of each; the hours, and on how many days in a hundred, are invented
DAY_BOOK: tuple[tuple[time, int, Event], ...] = (
    (time(7, 50), 10, _welcome_back),
    (time(8, 30), 10, _correct),
    (time(9, 10), 20, _hire),
    (time(9, 40), 10, _reuse),
    (time(10, 15), 100, _purge),
    (time(11, 20), 25, _let_go),
)
