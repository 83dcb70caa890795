"""A person's working days, as a function of the person and the time alone.

Nothing is stepped: where an agent is at 10:42 follows from who they are and the date, so an hour
costs the same as a month, and two ways of getting to one moment find the same people there.
Days are proleptic ordinals, times of day are seconds since local midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache

from .clock import DAY
from .people import Agent
from .shifts import Hours, last_login, planned_lunch, roll, shift

LOGOUT = "Logout"
# what a roster says of an agent who is not there
ABSENT = (LOGOUT, "")

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


def live(agents: Iterable[Agent], at: datetime) -> None:
    """Bring each agent to where their own life has them at that local time.

    What a script said of an agent stays said until their own next move.
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
    """An agent's status, and the second of the day until which they keep it."""
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
    """Everything that an agent does from login to logout that day: seconds from and to, status."""
    hours = shift(luck, day)
    if hours is None:
        return ()
    rows, second, breaks = [], hours.login, tuple(_breaks(luck, day, hours))
    while second < hours.logout:
        status, until = _at_work(luck, day, second, hours, breaks)
        rows.append((second, until, status))
        second = until
    return tuple(rows)


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
        dice = roll(luck, day, -number - 1)
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
    dice = roll(luck, day, turn)
    if (dice >> 40) % 8 == 0:
        return "Ready", (turn + 1) * length
    ring = 10 + dice % (length // 2)
    talk = ring + 4 + (dice >> 16) % 12
    wrap_up = length - 15 - (dice >> 24) % 60
    for status, end in (("Ready", ring), ("Ring", talk), ("Talk", wrap_up)):
        if second < end:
            return status, turn * length + end
    return "ACW", (turn + 1) * length
