"""What truly happened and what was planned, as plain values for a reader who compares them with what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import NamedTuple

from . import shifts as plan
from .clock import DAY
from .diary import Diary, Note, Spell


class StatusEvent(NamedTuple):
    """An agent in one status, as the roster spells it; `until` is None while it lasts."""

    agent_id: str
    agent_name: str
    status: str
    since: datetime
    until: datetime | None


class Session(NamedTuple):
    """An agent logged in; `logout` is None while they are."""

    agent_id: str
    agent_name: str
    login: datetime
    logout: datetime | None


class Shift(NamedTuple):
    """When an agent should work on one day of the week (1 is Monday), local time, from one date to another.

    `valid_until` is the last day, None without an end.
    """

    agent_id: str
    agent_name: str
    agent_dni: str
    weekday: int
    start: time
    end: time
    break_start: time
    break_end: time
    valid_from: date
    valid_until: date | None


def status_events(diary: Diary, since: datetime | None, now: datetime) -> Iterator[StatusEvent]:
    """Every status that began at a time or later, agent by agent; Logout is one."""
    for agent_id in diary.notes:
        for spell in diary.spells(agent_id, _walk_from(diary, since), int(now.timestamp())):
            if since is None or spell.since >= since.timestamp():
                times = _times(diary, spell)
                yield StatusEvent(agent_id, spell.note.name, spell.status, *times)


def sessions(diary: Diary, since: datetime | None, now: datetime) -> Iterator[Session]:
    """Every session that began at a time or later, agent by agent."""
    for agent_id in diary.notes:
        for spell in diary.sessions(agent_id, _walk_from(diary, since), int(now.timestamp())):
            if since is None or spell.since >= since.timestamp():
                yield Session(agent_id, spell.note.name, *_times(diary, spell))


def shifts(diary: Diary) -> Iterator[Shift]:
    """Every planned shift of agents who live a life of their own, agent by agent."""
    for agent_id, notes in diary.notes.items():
        for note, until in _lives(notes):
            first = diary.calendar.time(note.until).date()
            last = None if until is None else diary.calendar.time(until).date()
            if last is None or last >= first:
                yield from _week(agent_id, note, first, last)


def days_off(diary: Diary, first: date, last: date) -> Iterator[tuple[str, date]]:
    """Every day between two, both included, on which an agent who lives a life of their own is on leave."""
    for agent_id, notes in diary.notes.items():
        for note, until in _lives(notes):
            begins = max(first, diary.calendar.time(note.until).date())
            ends = last if until is None else min(last, diary.calendar.time(until).date())
            for day in range(begins.toordinal(), ends.toordinal() + 1):
                if plan.is_on_leave(note.luck or 0, day):
                    yield agent_id, date.fromordinal(day)


def _walk_from(diary: Diary, since: datetime | None) -> int:
    # two days more, so that what began before is known to have begun before
    return diary.begins if since is None else int(since.timestamp()) - 2 * DAY


def _times(diary: Diary, spell: Spell) -> tuple[datetime, datetime | None]:
    return diary.calendar.time(spell.since), None if spell.until is None else diary.calendar.time(spell.until)


def _lives(notes: list[Note]) -> Iterator[tuple[Note, int | None]]:
    """The first note of each life of one agent_id, and when that life ended."""
    begun: Note | None = None
    for note in notes:
        luck = None if note.gone else note.luck
        if begun is not None and luck != begun.luck:
            yield begun, note.at
            begun = None
        if begun is None and luck is not None:
            begun = note
    if begun is not None:
        yield begun, None


def _week(agent_id: str, note: Note, first: date, last: date | None) -> Iterator[Shift]:
    luck = note.luck or 0
    lunch = plan.planned_lunch(luck)
    for weekday in range(1, 8):
        # the proleptic day 1 was a Monday
        start = plan.planned_start(luck, weekday)
        if start is not None:
            begins, ends = _time(start), _time(start + plan.SHIFT)
            pause = _time(start + lunch), _time(start + lunch + plan.LUNCH)
            yield Shift(agent_id, note.name, note.dni, weekday, begins, ends, *pause, first, last)


def _time(second: int) -> time:
    return time(second // 3600, second // 60 % 60, second % 60)
