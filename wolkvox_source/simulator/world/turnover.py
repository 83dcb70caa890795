"""What happens to a roster on a working day: people come, go, return, and are misspelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from . import life
from .people import TEAMS, Agent
from .staff import Staff


class Moment(NamedTuple):
    """When something happens, to whom, in how many slots, and the dice for it."""

    at: datetime
    staff: Staff
    slots: int
    rng: Random


Event = Callable[[Moment], None]


def happen(staff: Staff, slots: int, since: datetime, until: datetime) -> None:
    """Let the days go by from one local time to another, in a roster with so many slots."""
    for at, event in _due(since, until):
        event(Moment(at, staff, slots, Random(f"{staff.seed} {at}")))


def _due(since: datetime, until: datetime) -> Iterator[tuple[datetime, Event]]:
    day: date = since.date()
    while day <= until.date():
        for hour, event in DAY_BOOK:
            at = datetime.combine(day, hour)
            if since < at <= until and day.weekday() < 6:
                yield at, event
        day += timedelta(days=1)


def _few(moment: Moment) -> int:
    size = len(moment.staff.agents)
    return size // 250 or int(moment.rng.random() < size / 25)


def _some(moment: Moment, *, enabled: bool) -> list[Agent]:
    candidates = [agent for agent in moment.staff.agents.values() if agent.enabled is enabled]
    return moment.rng.sample(candidates, min(_few(moment), len(candidates)))


def _correct(moment: Moment) -> None:
    for agent in _some(moment, enabled=True):
        prefix = agent.name.partition("-")[0] + "-"
        bare = agent.name.removeprefix(prefix) if prefix in TEAMS else agent.name
        agent.name = moment.rng.choice([team for team in TEAMS if team != prefix]) + bare


def _hire(moment: Moment) -> None:
    for _ in range(min(_few(moment), moment.slots - len(moment.staff.agents))):
        moment.staff.hire(moment.staff.stranger(), None, moment.at)


def _purge(moment: Moment) -> None:
    moment.staff.purge(moment.at)


def _let_go(moment: Moment) -> None:
    for agent in _some(moment, enabled=True):
        life.live([agent], moment.at)
        moment.staff.disable(agent)


def _reuse(moment: Moment) -> None:
    # the vendor's help asks to give a disabled agent to somebody new instead of creating another
    for agent in _some(moment, enabled=False):
        moment.staff.pass_on(agent, moment.staff.stranger(), moment.at)


def _welcome_back(moment: Moment) -> None:
    for agent in _some(moment, enabled=False):
        moment.staff.enable(agent, moment.at)


# all in the morning, so that half a day shows one of each; the hours are invented
DAY_BOOK: tuple[tuple[time, Event], ...] = (
    (time(7, 50), _welcome_back),
    (time(8, 30), _correct),
    (time(9, 10), _hire),
    (time(9, 40), _reuse),
    (time(10, 15), _purge),
    (time(11, 20), _let_go),
)
