"""The oddities that a roster collects over the years, dealt out when a centre is founded."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from . import life
from .people import TEST_ACCOUNT, Agent

Oddity = Callable[[Agent, Random, datetime], None]


def make_odd(agents: Sequence[Agent], rng: Random, at: datetime) -> None:
    """Give every oddity to its share of the agents, at least to one, at most to a third of all."""
    chosen = iter(rng.sample(agents, len(agents) // 3))
    for share, oddity in ODDITIES:
        for agent in islice(chosen, max(1, round(share * len(agents)))):
            oddity(agent, rng, at)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and time so many months ago, or that month's last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def reads_as_date(text: str) -> bool:
    """Whether a `last_use` says a day, with a time or without."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _last_seen(agent: Agent, moment: datetime) -> None:
    agent.last_use = f"{moment:%Y-%m-%d %H:%M:%S}"
    agent.status = life.LOGOUT
    agent.luck = None


def _writes(last_use: str, status: str = life.LOGOUT) -> Oddity:
    def oddity(agent: Agent, _rng: Random, _at: datetime) -> None:
        agent.last_use, agent.status, agent.luck = last_use, status, None

    return oddity


def _is_a_test_account(agent: Agent, _rng: Random, _at: datetime) -> None:
    agent.name, agent.dni, agent.sso = TEST_ACCOUNT, "0000000001", ""


def _has_leading_zeros(agent: Agent, _rng: Random, _at: datetime) -> None:
    agent.dni = f"000{agent.agent_id}"


def _is_due_in_two_days(agent: Agent, rng: Random, at: datetime) -> None:
    # 5 months and 29 days ago
    _last_seen(agent, months_before(at, 6) + timedelta(days=1, minutes=rng.randrange(600)))


def _is_overdue(agent: Agent, rng: Random, at: datetime) -> None:
    _last_seen(agent, months_before(at, 6) - timedelta(minutes=rng.randrange(30, 600)))


def _has_a_bare_date(agent: Agent, rng: Random, at: datetime) -> None:
    agent.last_use, agent.luck = f"{at - timedelta(days=rng.randrange(3, 90)):%Y-%m-%d}", None


def _is_dormant(agent: Agent, rng: Random, at: datetime) -> None:
    morning = at.replace(hour=6, minute=50, second=0) + timedelta(seconds=rng.randrange(11_000))
    _last_seen(agent, morning - timedelta(days=rng.randrange(20, 175)))


def _is_disabled(agent: Agent, rng: Random, at: datetime) -> None:
    _is_dormant(agent, rng, at)
    agent.enabled = False


# share of the roster, oddity; the vendor does not document what last_use can hold, so these are guesses
ODDITIES: tuple[tuple[float, Oddity], ...] = (
    (0.0, _is_a_test_account),
    (0.0, _has_leading_zeros),
    (0.0, _has_a_bare_date),
    (0.0, _writes("0000-00-00 00:00:00")),
    (0.0, _writes("31/02/2026 8:05 a. m.")),
    (0.01, _writes("-")),
    (0.02, _writes("", status="")),
    (0.005, _is_due_in_two_days),
    (0.01, _is_overdue),
    (0.06, _is_dormant),
    (0.08, _is_disabled),
)
