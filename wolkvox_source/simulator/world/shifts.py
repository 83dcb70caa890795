"""When people are planned to work, and when they really come: a function of the person and the day alone.

A person is their `luck`, a number; days are proleptic ordinals, times of day are seconds since local midnight.
"""

from __future__ import annotations

from typing import NamedTuple

from .clock import DAY

# when shifts begin, and how long they are; how many in a hundred have one on Saturdays and Sundays too
FIRST_HOURS = (6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 13)
SHIFT = 8 * 3600 + 1800
SATURDAYS, SUNDAYS = 48, 9
LUNCH = 3600
# how many in a hundred come on a planned day, come much too late, leave much too early
PRESENT, LATE, EARLY = 95, 4, 3
# once in so many days everybody is away for a while
LEAVE_EVERY = 182


class Hours(NamedTuple):
    """The seconds of a day at which an agent logs in and out, and at which they should have begun."""

    login: int
    logout: int
    planned: int


def shift(luck: int, day: int) -> Hours | None:
    """When an agent really comes and goes that day; None when they stay at home."""
    planned = planned_start(luck, day)
    dice = roll(luck, day)
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
    """The second at which an agent's shift should begin that day; None when none is planned."""
    weekday = (day + 6) % 7
    if weekday == 5 and (luck >> 12) % 100 >= SATURDAYS:
        return None
    if weekday == 6 and (luck >> 20) % 100 >= SUNDAYS:
        return None
    return FIRST_HOURS[luck % len(FIRST_HOURS)] * 3600


def planned_lunch(luck: int) -> int:
    """How many seconds after the planned start an agent's hour for lunch should begin."""
    return (15 + (luck >> 28) % 4) * 900


def is_on_leave(luck: int, day: int) -> bool:
    """Whether that is one of the six to fourteen days that an agent is away, twice a year."""
    return (day + luck) % LEAVE_EVERY < 6 + (luck >> 32) % 9


def last_login(luck: int, now: int) -> int:
    """The latest login up to a moment, both in local seconds; 0 when there was none in a month."""
    today = now // DAY
    for day in range(today, today - 31, -1):
        hours = shift(luck, day)
        if hours is not None and day * DAY + hours.login <= now:
            return day * DAY + hours.login
    return 0


def roll(*numbers: int) -> int:
    """A number of 64 bits that looks like chance and always goes with these."""
    mixed = 0x9E3779B97F4A7C15
    for number in numbers:
        mixed = ((mixed ^ number) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        mixed ^= mixed >> 29
    return mixed
