"""What a newly loaded file makes of the plan that is there: the past stays what it was."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from wolkvox_source.shifts.planned import Shift

_NEXT = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """A stretch of planned work that comes again, as the table has it; see its columns' descriptions."""

    operation: str
    agent_id: str | None
    agent_dni: str | None
    weekday: int | None
    starts_minute: int
    ends_minute: int
    valid_from: date
    valid_to: date | None

    @property
    def agent(self) -> tuple[str | None, str | None]:
        return self.agent_id, self.agent_dni

    def without(self, first: date, last: date | None) -> list["Rule"]:
        """What is left of it before `first` and after `last`; None is no end."""
        left = []
        if self.valid_from < first:
            left.append(replace(self, valid_to=_earlier(self.valid_to, first - _NEXT)))
        if last is not None and (self.valid_to is None or self.valid_to > last):
            left.append(replace(self, valid_from=max(self.valid_from, last + _NEXT)))
        return left


def _earlier(one: date | None, other: date) -> date:
    return other if one is None else min(one, other)


@dataclass(frozen=True)
class Plan:
    """One agent's rules in a file, and the days that they speak of, the free ones too."""

    agent: tuple[str | None, str | None]
    rules: tuple[Rule, ...]
    first: date
    last: date | None


def plans(shifts: Iterable[Shift], operation: str, today: date) -> list[Plan]:
    """Each agent's plan; a single day goes before the weekdays, and weekdays begin today where they do not say when."""
    of_agent: dict[tuple[str, str], list[Shift]] = {}
    for shift in shifts:
        of_agent.setdefault(shift.agent, []).append(shift)
    return [_plan(each, operation, today) for each in of_agent.values()]


def _plan(shifts: Sequence[Shift], operation: str, today: date) -> Plan:
    rules: list[Rule] = []
    column, name = shifts[0].agent
    agent_id, agent_dni = (name, None) if column == "agent_id" else (None, name)
    for shift in shifts:
        for weekday in shift.weekdays or (None,):
            for start, end in shift.stretches:
                valid = shift.valid_from or today, shift.valid_to
                rule = Rule(operation, agent_id, agent_dni, weekday, start, end, *valid)
                rules.append(rule)
    for day in {shift.valid_from for shift in shifts if not shift.weekdays}:
        if day is not None:
            weekly = [rule for rule in rules if rule.weekday is not None]
            single = [rule for rule in rules if rule.weekday is None]
            rules = [*single, *(part for rule in weekly for part in rule.without(day, day))]
    lasts = [shift.valid_to for shift in shifts]
    last = None if None in lasts else max(each for each in lasts if each is not None)
    # a rule whose end is over before it begins was never in force
    real = tuple(rule for rule in rules if rule.valid_to is None or rule.valid_from <= rule.valid_to)
    return Plan((agent_id, agent_dni), real, min(shift.valid_from or today for shift in shifts), last)


def differences(
    held: Sequence[dict[str, Any]], wanted: Iterable[Plan], today: date, now: datetime
) -> list[dict[str, Any]]:
    """The rows of the table that a file adds or replaces, given those of its operation that are in force.

    An agent's plan replaces the days that it speaks of, from today on where the agent has a plan already.
    """
    rows: list[dict[str, Any]] = []
    in_force: dict[tuple[str | None, str | None], list[tuple[Rule, dict[str, Any]]]] = {}
    for row in held:
        rule = Rule(**{name: row[name] for name in Rule.__dataclass_fields__})
        in_force.setdefault(rule.agent, []).append((rule, row))
    for plan in wanted:
        before = in_force.get(plan.agent, [])
        first = max(plan.first, today) if before else plan.first
        if plan.last is not None and plan.last < first:
            continue
        fresh = [part for rule in plan.rules for part in (_from(rule, first) if before else [rule])]
        parts = {part: row["loaded_at"] for rule, row in before for part in rule.without(first, plan.last)}
        after = {**parts, **dict.fromkeys(fresh, now)}
        rows += [{**row, "replaced_at": now} for rule, row in before if rule not in after]
        known = {rule for rule, _ in before}
        rows += [_as_row(rule, loaded_at, now) for rule, loaded_at in after.items() if rule not in known]
    return rows


def _from(rule: Rule, first: date) -> list[Rule]:
    if rule.valid_to is not None and rule.valid_to < first:
        return []
    return [replace(rule, valid_from=max(rule.valid_from, first))]


def _as_row(rule: Rule, loaded_at: datetime, now: datetime) -> dict[str, Any]:
    columns = {name: getattr(rule, name) for name in Rule.__dataclass_fields__}
    # of the same content there can be one in force, and others before it
    identity = hashlib.sha256(repr((*columns.values(), loaded_at.isoformat(), now.isoformat())).encode())
    return {"shift_id": identity.hexdigest()[:24], **columns, "loaded_at": loaded_at, "replaced_at": None}
