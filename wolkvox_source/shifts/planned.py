"""Rows of a file of shifts, checked: who is to work when, or every problem with its line."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wolkvox_source.clock import DAY, day_of, minute_of, stretches_of, weekdays_of
from wolkvox_source.language import Phrase
from wolkvox_source.shifts.headings import HEADINGS, column_of
from wolkvox_source.shifts.reading import Line, problems


@dataclass(frozen=True)
class Shift:
    """One checked row.

    Attributes:
        line: where it stands in the file
        agent: the column that names the agent, agent_id or agent_dni, and its value
        weekdays: 1 for Monday to 7 for Sunday; none for a single day
        valid_from: the first day on which it is so, the single day itself; None from the day of loading on
        valid_to: the last such day; None where no end is known
        stretches: work between breaks, in minutes after the midnight of the day on which the shift begins, past
            1440 after the next one; none on a day that is free
    """

    line: int
    agent: tuple[str, str]
    weekdays: tuple[int, ...]
    valid_from: date | None
    valid_to: date | None
    stretches: tuple[tuple[int, int], ...]


def checked(lines: Sequence[Line], path: object) -> list[Shift]:
    """The shifts that the lines of a file tell; raises a ShiftsError that names every problem with its line."""
    headings = list(dict.fromkeys(heading for _, row in lines for heading in row))
    known = {heading: column_of(heading) for heading in headings}
    found = [(1, phrase) for phrase in (_wrong_headings(known) if lines else [Phrase("shift_no_rows")])]
    shifts: list[Shift] = []
    if not found:
        for number, row in lines:
            values = {str(known[heading]): value for heading, value in row.items() if value not in (None, "")}
            try:
                shifts.append(_shift(number, values))
            except _WrongError as wrong:
                found.append((number, wrong.phrase))
        found += _overlaps(shifts)
    if found:
        raise problems(path, sorted(found, key=_line_of))
    return shifts


def _wrong_headings(known: Mapping[str, str | None]) -> list[Phrase]:
    """What is wrong with headings, given what each of them means."""
    columns = [*known.values()]
    missing = [each for each in ("start", "end") if each not in columns]
    twice = [heading for heading, column in known.items() if column and columns.count(column) > 1]
    return [
        *(Phrase("shift_no_heading", {"heading": each, "others": [*HEADINGS[each]]}) for each in missing),
        *([Phrase("shift_headings_twice", {"headings": twice})] if twice else []),
        *(Phrase("shift_heading_unknown", {"heading": each}) for each, column in known.items() if column is None),
    ]


class _WrongError(Exception):
    """A row that cannot be used, with the sentence that says why."""

    def __init__(self, phrase: Phrase) -> None:
        self.phrase = phrase
        super().__init__(phrase.reason)


def _line_of(problem: tuple[int, Phrase]) -> int:
    return problem[0]


def _shift(line: int, values: Mapping[str, Any]) -> Shift:
    named = [(column, _text(values[column])) for column in ("agent_id", "agent_dni") if column in values]
    if len(named) != 1:
        raise _WrongError(Phrase("shift_no_agent"))
    if ("day" in values) == ("weekdays" in values):
        raise _WrongError(Phrase("shift_no_day"))
    if "day" in values:
        if "valid_from" in values or "valid_to" in values:
            raise _WrongError(Phrase("shift_day_valid"))
        day = _read(values, "day", day_of, Phrase("shift_wants_day"))
        return Shift(line, named[0], (), day, day, _stretches(values, may_be_free=True))
    weekdays = _read(values, "weekdays", weekdays_of, Phrase("shift_wants_weekdays"))
    valid_from = _read(values, "valid_from", day_of, Phrase("shift_wants_day"))
    valid_to = _read(values, "valid_to", day_of, Phrase("shift_wants_day"))
    if valid_from and valid_to and valid_to < valid_from:
        raise _WrongError(Phrase("shift_ends_before", {"first": f"{valid_from}", "last": f"{valid_to}"}))
    return Shift(line, named[0], weekdays, valid_from, valid_to, _stretches(values, may_be_free=False))


def _stretches(values: Mapping[str, Any], *, may_be_free: bool) -> tuple[tuple[int, int], ...]:
    if may_be_free and not {"start", "end", "breaks"} & values.keys():
        return ()
    if "start" not in values or "end" not in values:
        raise _WrongError(Phrase("shift_no_times"))
    start = _read(values, "start", minute_of, Phrase("shift_wants_time"))
    end = _read(values, "end", minute_of, Phrase("shift_wants_time"))
    if start in {end, DAY}:
        raise _WrongError(Phrase("shift_no_length"))
    breaks = values.get("breaks", "")
    try:
        return stretches_of(start, end, str(breaks))
    except ValueError:
        raise _WrongError(Phrase("shift_wants_breaks", {"value": _text(breaks)})) from None


def _read(values: Mapping[str, Any], column: str, read: Callable[[Any], Any], wanted: Phrase) -> Any:
    """The value of a column, None where there is none."""
    if column not in values:
        return None
    try:
        return read(values[column])
    except ValueError:
        raise _WrongError(
            Phrase("shift_value", {"heading": column, "value": _text(values[column]), "wanted": wanted})
        ) from None


def _text(value: object) -> str:
    # a spreadsheet's ids are numbers, and 12001.0 is none
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return unicodedata.normalize("NFC", text.strip())[:80]


def _overlaps(shifts: Iterable[Shift]) -> list[tuple[int, Phrase]]:
    """The shifts of one agent that lie one over the other, each told at the later line."""
    problems = []
    before: dict[tuple[str, str], list[Shift]] = {}
    for shift in shifts:
        others = before.setdefault(shift.agent, [])
        other = next((each for each in others if _overlap(each, shift)), None)
        if other:
            problems.append((shift.line, Phrase("shift_overlaps", {"other": other.line})))
        others.append(shift)
    return problems


def _overlap(one: Shift, other: Shift) -> bool:
    if not one.weekdays or not other.weekdays:
        # a single day goes before the weekdays of its file
        same_day = not one.weekdays and not other.weekdays and one.valid_from == other.valid_from
    else:
        same_day = bool({*one.weekdays} & {*other.weekdays}) and not (
            (one.valid_to or date.max) < (other.valid_from or date.min)
            or (other.valid_to or date.max) < (one.valid_from or date.min)
        )
    if not same_day:
        return False
    if not one.stretches or not other.stretches:
        return True
    return one.stretches[0][0] < other.stretches[-1][1] and other.stretches[0][0] < one.stretches[-1][1]
