"""A person's working days, as a function of the person and the time alone.

Nothing is stepped: where somebody is at 10:42 follows from who they are and the date, so an hour
costs the same as a month, and two ways of getting to one moment find the same people there.
Days are proleptic ordinals, times of day are seconds since local midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from .clock import DAY
from .people import Agent

LOGOUT = "Logout"
# what a roster says of somebody who is not there
ABSENT = (LOGOUT, "")

# when shifts begin, and how long they are; how many in a hundred have one on Saturdays and Sundays too
FIRST_HOURS = (6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 13)
SHIFT = 8 * 3600 + 1800
SATURDAYS, SUNDAYS = 48, 9
LUNCH = 3600
# how many in a hundred come on a planned day, come much too late, leave much too early
PRESENT, LATE, EARLY = 95, 4, 3
# once in so many days everybody is away for a while
LEAVE_EVERY = 182
# minutes after the planned start, spread, shortest, longest, how many in a hundred take it, what it is called
BREAKS = (
    (70, 45, 20, 45, 30, ("Capacitación", "Reunión", "Retroalimentación")),
    (130, 30, 8, 15, 90, ("Pausa activa",)),
    (190, 20, 3, 9, 80, ("Baño",)),
    (0, 20, 50, 70, 97, ("Almuerzo",)),
    (385, 40, 8, 15, 85, ("Pausa activa", "Baño", "Soporte técnico")),
)


# seconds of the day from and to, and the status in between
Row = tuple[int, int, str]


class Hours(NamedTuple):
    """The seconds of a day at which somebody logs in and out, and at which they should have begun."""

    login: int
    logout: int
    planned: int


def live(agents: Iterable[Agent], at: datetime) -> None:
    """Bring each agent to where their own life has them at that local time.

    What a script said of somebody stays said until their own next move.
    """
    day, second = at.toordinal(), (at.hour * 60 + at.minute) * 60 + at.second
    now = day * DAY + second
    for agent in agents:
        if agent.luck is None or now < agent.until or not agent.enabled:
            continue
        before = agent.status
        agent.status, until = moment(agent.luck, day, second)
        login = last_login(agent.luck, now)
        if login >= agent.until:
            agent.last_use = written(login)
        elif before in ABSENT and moment(agent.luck, *divmod(agent.until, DAY))[0] != LOGOUT:
            # a script had sent them home in the middle of their day
            agent.last_use = written(agent.until)
        agent.until = day * DAY + until


def moment(luck: int, day: int, second: int) -> tuple[str, int]:
    """Somebody's status, and the second of the day until which they keep it."""
    hours = shift(luck, day)
    if hours is None or second >= hours.logout:
        return LOGOUT, DAY
    if second < hours.login:
        return LOGOUT, hours.login
    return _at_work(luck, day, second, hours, _breaks(luck, day, hours))


def whole_shift(luck: int, day: int) -> tuple[Row, ...]:
    """The same shift as `timetable` has, as one row."""
    hours = shift(luck, day)
    return () if hours is None else ((hours.login, hours.logout, "Ready"),)


@lru_cache(maxsize=1024)
def timetable(luck: int, day: int) -> tuple[Row, ...]:
    """Everything that somebody does from login to logout that day: seconds from and to, status."""
    hours = shift(luck, day)
    if hours is None:
        return ()
    rows, second, breaks = [], hours.login, tuple(_breaks(luck, day, hours))
    while second < hours.logout:
        status, until = _at_work(luck, day, second, hours, breaks)
        rows.append((second, until, status))
        second = until
    return tuple(rows)


def shift(luck: int, day: int) -> Hours | None:
    """When somebody really comes and goes that day; None when they stay at home."""
    planned = planned_start(luck, day)
    dice = _roll(luck, day)
    if planned is None or is_on_leave(luck, day) or dice % 100 >= PRESENT:
        return None
    # from ten minutes early to a quarter of an hour late, and seldom up to an hour and a half
    login = planned - 600 + (dice >> 8) % 1500
    if (dice >> 20) % 100 < LATE:
        login += 1800 + (dice >> 28) % 3600
    logout = planned + SHIFT - 480 + (dice >> 36) % 1500
    if (dice >> 48) % 100 < EARLY:
        logout -= 3600 + (dice >> 52) % 3600
    return Hours(login, logout, planned)


def planned_start(luck: int, day: int) -> int | None:
    """The second at which somebody's shift should begin that day; None when none is planned."""
    weekday = (day + 6) % 7
    if weekday == 5 and (luck >> 12) % 100 >= SATURDAYS:
        return None
    if weekday == 6 and (luck >> 20) % 100 >= SUNDAYS:
        return None
    return FIRST_HOURS[luck % len(FIRST_HOURS)] * 3600


def planned_lunch(luck: int) -> int:
    """How many seconds after the planned start somebody's hour for lunch should begin."""
    return (15 + (luck >> 28) % 4) * 900


def is_on_leave(luck: int, day: int) -> bool:
    """Whether that is one of the six to fourteen days that somebody is away, twice a year."""
    return (day + luck) % LEAVE_EVERY < 6 + (luck >> 32) % 9


def last_login(luck: int, now: int) -> int:
    """The latest login up to a moment, both in local seconds; 0 when there was none in a month."""
    today = now // DAY
    for day in range(today, today - 31, -1):
        hours = shift(luck, day)
        if hours is not None and day * DAY + hours.login <= now:
            return day * DAY + hours.login
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


def _at_work(luck: int, day: int, second: int, hours: Hours, breaks: Iterable[Row]) -> tuple[str, int]:
    until = hours.logout
    for start, end, name in breaks:
        if start <= second < end:
            return name, min(end, until)
        if second < start < until:
            until = start
    status, end = _at_the_phone(luck, day, second - hours.login)
    return status, min(until, hours.login + end)


def _breaks(luck: int, day: int, hours: Hours) -> Iterator[Row]:
    for number, (after, spread, shortest, longest, takers, names) in enumerate(BREAKS):
        dice = _roll(luck, day, -number - 1)
        if dice % 100 >= takers:
            continue
        # lunch has its planned time: it begins up to five minutes early or a quarter of an hour late
        begin = after * 60 if after else planned_lunch(luck) - 300
        start = hours.planned + begin + (dice >> 8) % (spread * 60)
        end = start + shortest * 60 + (dice >> 24) % ((longest - shortest) * 60)
        if hours.login + 300 < start and end < hours.logout - 300:
            yield start, end, names[(dice >> 40) % len(names)]


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
