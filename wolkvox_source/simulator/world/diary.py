"""What truly happened: every status that an agent was in, and every session, to the second.

Only what a script or the turnover did is written down; what people do by themselves follows from who they are,
so weeks of a lively centre cost no memory. Times inside are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from . import life
from .clock import DAY, Calendar
from .people import Agent


class Note(NamedTuple):
    """What holds of an agent from `at` on, until the next note.

    The status holds until `until`; then, unless `luck` is None, they live their own life.
    """

    at: int
    name: str
    dni: str
    status: str
    until: int
    luck: int | None
    connects: bool
    gone: bool


# since, until, status, the note behind it, and whether they logged in as it began
Stretch = tuple[int, int, str, Note, bool]


class Spell(NamedTuple):
    """One status from its beginning to its end, or one session; `until` is None while it lasts."""

    since: int
    until: int | None
    status: str
    note: Note


class Diary:
    """The notes of everybody who ever was on the roster, from the founding day's midnight on."""

    def __init__(self, calendar: Calendar, founded: datetime) -> None:
        self.calendar = calendar
        self.founded = calendar.second(founded)
        self.begins = calendar.second(founded.replace(hour=0, minute=0, second=0, microsecond=0, fold=0))
        self.notes: dict[str, list[Note]] = {}

    def open(self, agent: Agent) -> None:
        """Begin with an agent who was there when the centre was founded."""
        if agent.luck is None:
            self._write(agent, self.begins, agent.luck)
        else:
            note = Note(self.begins, agent.name, agent.dni, life.LOGOUT, self.begins, agent.luck, False, False)
            self.notes[agent.agent_id] = [note]

    def write(self, agent: Agent, at: datetime, *, connects: bool = False, gone: bool = False) -> None:
        """Note what is true of an agent from a naive local time on."""
        luck = agent.luck if agent.enabled else None
        self._write(agent, self.calendar.second(at), luck, connects=connects, gone=gone)

    def spells(self, agent_id: str, since: int, now: int) -> Iterator[Spell]:
        """The statuses that an agent was in from about a time on, in their order.

        What began before `since` may seem to begin later, but not after it.
        """
        begun: tuple[int, str, Note] | None = None
        end = since
        for first, last, status, note, _connects in self._stretches(agent_id, since, now + 1):
            if first == last:
                continue
            if begun is None:
                begun = first, status, note
            elif begun[1] != status:
                yield Spell(begun[0], first, begun[1], begun[2])
                begun = first, status, note
            end = last
        if begun is not None:
            yield Spell(begun[0], None if end == now + 1 else end, begun[1], begun[2])

    def sessions(self, agent_id: str, since: int, now: int) -> Iterator[Spell]:
        """The sessions of an agent from about a time on, as `spells` has the statuses."""
        begun: tuple[int, str, Note] | None = None
        end = since
        for first, last, status, note, connects in self._stretches(agent_id, since, now + 1, whole_shifts=True):
            if begun is not None and connects and begun[0] < first:
                yield Spell(begun[0], first, begun[1], begun[2])
                begun = None
            there = status not in life.ABSENT
            if begun is None and (there or connects):
                begun = first, status, note
            # who connects without a status to show for it is gone again at once
            if begun is not None and not there and last > first:
                yield Spell(begun[0], first, begun[1], begun[2])
                begun = None
            end = last
        if begun is not None:
            yield Spell(begun[0], None if end == now + 1 else end, begun[1], begun[2])

    def present(self, agent_id: str, now: int) -> Spell:
        """The status that an agent is in, from its true beginning."""
        days = 1
        while True:
            since = now - days * DAY
            *_, spell = self.spells(agent_id, since, now)
            if spell.since > since or since <= self.begins:
                return spell
            days *= 4

    def _write(self, agent: Agent, at: int, luck: int | None, *, connects: bool = False, gone: bool = False) -> None:
        until = at if luck is None else max(at, self.calendar.utc(agent.until))
        note = Note(at, agent.name, agent.dni, agent.status, until, luck, connects, gone)
        self.notes.setdefault(agent.agent_id, []).append(note)

    def _stretches(self, agent_id: str, since: int, end: int, *, whole_shifts: bool = False) -> Iterator[Stretch]:
        notes = self.notes.get(agent_id, [])
        for number, note in enumerate(notes):
            until = notes[number + 1].at if number + 1 < len(notes) else end
            if not note.gone and until >= since:
                yield from self._lived(note, since, max(note.at, until), whole_shifts)

    def _lived(self, note: Note, since: int, end: int, whole_shifts: bool) -> Iterator[Stretch]:
        said = end if note.luck is None else min(note.until, end)
        if said >= since:
            yield note.at, said, note.status, note, note.connects
        if note.luck is None or said >= end:
            return
        first = self.calendar.time(max(said, since)).toordinal()
        at = max(said, self.calendar.utc(first * DAY))
        for day in range(first, self.calendar.time(end).toordinal() + 1):
            login = True
            for begins, ends, status in self._day(note.luck, day, whole_shifts):
                if ends > at and begins < end:
                    if begins > at:
                        yield at, begins, life.LOGOUT, note, False
                    yield max(begins, at), min(ends, end), status, note, login and begins >= at
                    at = min(ends, end)
                login = False
        if at < end:
            yield at, end, life.LOGOUT, note, False

    def _day(self, luck: int, day: int, whole_shifts: bool) -> Iterator[tuple[int, int, str]]:
        rows = life.whole_shift(luck, day) if whole_shifts else life.timetable(luck, day)
        midnight = self.calendar.midnight(day)
        for begin, finish, status in rows:
            if midnight is None:
                yield self.calendar.utc(day * DAY + begin), self.calendar.utc(day * DAY + finish), status
            else:
                yield midnight + begin, midnight + finish, status
