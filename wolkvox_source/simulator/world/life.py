"""A person's working days, as a function of the person and the time alone.

Nothing is stepped: where somebody is at 10:42 follows from who they are and the date, so an hour
costs the same as a month, and two ways of getting to one moment find the same people there.
Days are proleptic ordinals, times of day are seconds since local midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from .people import Agent

DAY = 24 * 60 * 60
LOGOUT = "Logout"

# how many in a hundred come to work, Monday to Sunday
ATTENDANCE = (94, 94, 94, 93, 92, 45, 8)
FIRST_HOURS = (6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 13)
SHIFT = 8 * 3600 + 1800
# minutes after login, spread, shortest, longest, how many in a hundred take it, what it is called
BREAKS = (
    (70, 45, 20, 45, 30, ("Capacitación", "Reunión", "Retroalimentación")),
    (130, 30, 8, 15, 90, ("Pausa activa",)),
    (195, 30, 3, 9, 80, ("Baño",)),
    (245, 50, 45, 60, 97, ("Almuerzo",)),
    (375, 40, 8, 15, 85, ("Pausa activa", "Baño", "Soporte técnico")),
)


def live(agents: Iterable[Agent], at: datetime) -> None:
    """Bring each agent to where their own life has them at that local time.

    What a script said of somebody stays said until their own next move.
    """
    day, second = at.toordinal(), (at.hour * 60 + at.minute) * 60 + at.second
    now = day * DAY + second
    for agent in agents:
        if agent.luck is None or now < agent.until or not agent.enabled:
            continue
        agent.status, until = moment(agent.luck, day, second)
        login = last_login(agent.luck, now)
        if login >= agent.until:
            agent.last_use = written(login)
        agent.until = day * DAY + until


def moment(luck: int, day: int, second: int) -> tuple[str, int]:
    """Somebody's status, and the second of the day until which they keep it."""
    hours = shift(luck, day)
    if hours is None or second >= hours[1]:
        return LOGOUT, DAY
    login, until = hours
    if second < login:
        return LOGOUT, login
    for start, end, name in _breaks(luck, day, login):
        if start <= second < end:
            return name, min(end, until)
        if second < start < until:
            until = start
    status, end = _at_the_phone(luck, day, second - login)
    return status, min(until, login + end)


def shift(luck: int, day: int) -> tuple[int, int] | None:
    """The seconds at which somebody logs in and out that day; None when they stay at home."""
    dice = _roll(luck, day)
    if dice % 100 >= ATTENDANCE[(day + 6) % 7]:
        return None
    # from ten minutes early to a quarter of an hour late
    login = FIRST_HOURS[luck % len(FIRST_HOURS)] * 3600 - 600 + (dice >> 8) % 1500
    return login, login + SHIFT


def last_login(luck: int, now: int) -> int:
    """The latest login up to a moment, both in seconds; 0 when there was none in a month."""
    today = now // DAY
    for day in range(today, today - 31, -1):
        hours = shift(luck, day)
        if hours is not None and day * DAY + hours[0] <= now:
            return day * DAY + hours[0]
    return 0


def tomorrow(at: datetime) -> int:
    """The first second of the next day, which is when newcomers begin."""
    return (at.toordinal() + 1) * DAY


def written(moment: int) -> str:
    """A moment as wolkvox writes it: YYYY-MM-DD HH:MM:SS."""
    day, second = divmod(moment, DAY)
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{date.fromordinal(day).isoformat()} {hour:02}:{minute:02}:{second:02}"


def _breaks(luck: int, day: int, login: int) -> Iterator[tuple[int, int, str]]:
    for number, (after, spread, shortest, longest, takers, names) in enumerate(BREAKS):
        dice = _roll(luck, day, -number - 1)
        if dice % 100 < takers:
            start = login + after * 60 + (dice >> 8) % (spread * 60)
            length = shortest * 60 + (dice >> 24) % ((longest - shortest) * 60)
            yield start, start + length, names[(dice >> 40) % len(names)]


def _at_the_phone(luck: int, day: int, elapsed: int) -> tuple[str, int]:
    # everybody has a rhythm of their own, from four to eleven minutes a turn
    length = 240 + luck % 421
    turn, second = divmod(elapsed, length)
    dice = _roll(luck, day, turn)
    if (dice >> 40) % 8 == 0:
        return "Ready", (turn + 1) * length
    ring = 10 + dice % (length // 2)
    talk = ring + 4 + (dice >> 16) % 12
    wrap_up = length - 15 - (dice >> 24) % 60
    for status, end in (("Ready", ring), ("Ring", talk), ("Talk", wrap_up)):
        if second < end:
            return status, turn * length + end
    return "ACW", (turn + 1) * length


def _roll(*numbers: int) -> int:
    mixed = 0x9E3779B97F4A7C15
    for number in numbers:
        mixed = ((mixed ^ number) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        mixed ^= mixed >> 29
    return mixed
