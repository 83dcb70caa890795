"""The views beside a plain account of the same looks, made from what their headers say and not from their SQL.

A world is one operation that is looked at with holes, whose agents do as they please and whose settings change. The
account knows what each look found, one by one, and adds it up second by second of time.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.warehouse.handwritten import Agent, Operation, Warehouse, utc
from tests.worlds import LONG

SEEDS = range(200 if LONG else 3)
GOOD = ("changed", "unchanged")
# where clocks change at midnight, at other times, by half an hour, and never
ZONES = ["America/Havana", "America/Santiago", "America/Bogota", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/Madrid"]


@dataclass(frozen=True)
class Look:
    """What one successful observation found, and with what it was made."""

    at: datetime
    found: dict[str, Agent]
    zone: str
    interval: int
    privacy: str


class World:
    """A random operation, and every look at it as it happened."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        # worlds begin where the clocks are about to change
        self.at = utc(self.chance.choice(["2025-11-01 20:00:00", "2025-04-05 20:00:00", "2025-09-06 22:00:00"]))
        self.operation = Operation("mundo", self.chance.choice(ZONES), self.chance.choice([60, 300, 420, 1800]))
        self.looks: list[Look] = []
        self.people = {str(12001 + i): self._person(i) for i in range(3)}
        self.roster = dict(self.people)
        self._live(120 if LONG else 70)

    def _person(self, number: int | None = None) -> Agent:
        name = number if number is not None else self.chance.randrange(10**6)
        return Agent(self._status(), f"AGENTE {name}", f"{1000 + name}", enabled=True)

    def _status(self) -> str | None:
        return self.chance.choice(["Ready", "Talk", "Logout", None])

    def _live(self, looks: int) -> None:
        for _ in range(looks):
            missed = self.chance.choice([1] * 12 + [2, 3, 3, 4, 9, 40])
            late = self.chance.choice([0, 0.3, 0.9, 1.5, -0.4])
            self.at += timedelta(seconds=missed * self.operation.interval_seconds + late)
            self._change_settings()
            for agent_id in self.people:
                self._do_something(agent_id)
            if self.chance.random() < 0.1:
                self.operation.fail(f"{self.at:%Y-%m-%d %H:%M:%S.%f}", outcome="unavailable")
                continue
            shown = {agent_id: self._shown(agent) for agent_id, agent in self.roster.items()}
            self.operation.look(self.at, shown)
            settings = (self.operation.timezone, self.operation.interval_seconds, self.operation.privacy)
            self.looks.append(Look(self.at, shown, *settings))

    def _change_settings(self) -> None:
        if self.chance.random() < 0.02:
            self.operation.interval_seconds = self.chance.choice([60, 300, 1800])
        if self.chance.random() < 0.02:
            self.operation.timezone = self.chance.choice(ZONES)
        if self.chance.random() < 0.02:
            self.operation.privacy = self.chance.choice(["all: keep", "all: hash", "all: hash anew", "sso: hash"])

    def _do_something(self, agent_id: str) -> None:
        agent = self.people[agent_id]
        if self.chance.random() < 0.2:
            agent = replace(agent, agent_status=self._status())
        if self.chance.random() < 0.05:
            agent = replace(agent, agent_name=f"AGENTE {self.chance.randrange(10**6)}")
        if self.chance.random() < 0.05:
            agent = replace(agent, enabled=self.chance.choice([True, False, None]))
        if self.chance.random() < 0.05:
            agent = replace(agent, agent_sso=self.chance.choice(["ana", "luis", None]))
        if self.chance.random() < 0.05:
            agent = replace(agent, last_use=self.at.replace(microsecond=0) - timedelta(seconds=30))
        if self.chance.random() < 0.03:
            agent = self._person()
        self.people[agent_id] = agent
        if self.chance.random() < 0.04:
            self.roster.pop(agent_id, None)
        elif agent_id in self.roster or self.chance.random() < 0.3:
            self.roster[agent_id] = agent

    def _shown(self, agent: Agent) -> Agent:
        """The agent as the report and the privacy setting leave it; sometimes a column is missing."""
        if self.chance.random() < 0.05:
            agent = replace(agent, agent_dni=None)
        if self.operation.privacy == "all: keep":
            return agent
        hidden = [
            None if value is None else f"{self.operation.privacy}{value}".encode().hex()[-32:].rjust(32, "0")
            for value in (agent.agent_name, agent.agent_dni, agent.agent_sso)
        ]
        if self.operation.privacy == "sso: hash":
            # which changes nothing of who has none
            return replace(agent, agent_sso=hidden[2])
        return replace(agent, agent_name=str(hidden[0]), agent_dni=hidden[1], agent_sso=hidden[2])


# the account


def second(moment: datetime) -> int:
    """Every moment counts as the second that it falls in."""
    return int(moment.timestamp() // 1)


def close(one: Look, other: Look) -> bool:
    """Whether there is no gap between a look and the next: 3.5 of the shorter interval at most."""
    return second(other.at) - second(one.at) <= 3.5 * min(one.interval, other.interval)


def persons(world: World) -> dict[str, list[tuple[datetime, int]]]:
    """For each agent_id the looks at which a person was first known to hold it."""
    began: dict[str, list[tuple[datetime, int]]] = {}
    known: dict[str, str | None] = {}
    privacy = ""
    for look in world.looks:
        if look.privacy != privacy:
            known, privacy = {}, look.privacy
        for agent_id, agent in look.found.items():
            people = began.setdefault(agent_id, [(look.at, 1)])
            if agent.agent_dni is not None:
                if known.get(agent_id, agent.agent_dni) != agent.agent_dni:
                    people.append((look.at, len(people) + 1))
                known[agent_id] = agent.agent_dni
    return began


def person(began: dict[str, list[tuple[datetime, int]]], agent_id: str, at: datetime) -> int:
    return max(number for since, number in began[agent_id] if since <= at)


def local(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def pieces(one: datetime, other: datetime, zone: str) -> Iterator[tuple[date, int]]:
    """The time from one look to the next, cut where the date changes on the calendar of the time's own zone."""
    cut = one
    while cut < other:
        day, until = local(cut, zone), cut
        while until < other and local(until, zone) == day:
            # no zone changes its date at anything but a quarter of an hour
            until += timedelta(seconds=900 - until.timestamp() % 900)
        until = min(until, other)
        yield day, second(until) - second(cut)
        cut = until


def zone_between(world: World, one: datetime, other: datetime) -> list[tuple[datetime, datetime, str]]:
    """The time between two looks by the zone in force, which failed observations may have changed as well."""
    made = [row for row in world.operation.observations if one <= row["observed_at"] < other]
    ends = [row["observed_at"] for row in made[1:]] + [other]
    return [(row["observed_at"], end, row["timezone"]) for row, end in zip(made, ends, strict=True)]


def seconds_by_day(world: World) -> dict[tuple[Any, ...], int]:
    began, found = persons(world), Counter[tuple[Any, ...]]()
    for one, other in pairwise(world.looks):
        if not close(one, other):
            continue
        for start, end, zone in zone_between(world, one.at, other.at):
            for day, seconds in pieces(start, end, zone):
                for agent_id, agent in one.found.items():
                    found[day.isoformat(), agent_id, person(began, agent_id, one.at), agent.agent_status] += seconds
    return {key: seconds for key, seconds in found.items() if seconds}


def intervals(world: World) -> list[tuple[Any, ...]]:
    """Agent, person, status, name, from, to, seconds, began by, ended by: followed from look to look."""
    began = persons(world)
    open_: dict[str, dict[str, Any]] = {}
    told: list[dict[str, Any]] = []
    for number, look in enumerate(world.looks):
        before = world.looks[number - 1] if number else None
        gap = before is not None and not close(before, look)
        for agent_id, current in list(open_.items()):
            agent = look.found.get(agent_id)
            if gap:
                current["ended_by"] = "gap"
            elif (
                agent is None
                or agent.agent_status != current["status"]
                or person(began, agent_id, look.at) != current["person"]
            ):
                current |= {"to": look.at, "ended_by": "change"}
            else:
                current["to"] = look.at
                continue
            told.append(open_.pop(agent_id))
        for agent_id, agent in look.found.items():
            if agent_id not in open_:
                by = "start" if before is None else "gap" if gap else "change"
                open_[agent_id] = {
                    "agent": agent_id,
                    "person": person(began, agent_id, look.at),
                    "status": agent.agent_status,
                    "name": agent.agent_name,
                    "from": look.at,
                    "to": look.at,
                    "began_by": by,
                    "ended_by": "open",
                }
    told += open_.values()
    return sorted(
        [
            (
                *(row["agent"], row["person"], row["status"], row["name"], f"{row['from']:%Y-%m-%d %H:%M}"),
                *(second(row["to"]) - second(row["from"]), row["began_by"], row["ended_by"]),
            )
            for row in told
        ],
        key=str,
    )


def changes(world: World) -> list[tuple[Any, ...]]:
    """Agent, when, what, from, to: each value beside the last known one of the same person and privacy setting."""
    began, told = persons(world), []
    known: dict[tuple[str, str, int], str] = {}
    documents: dict[str, str] = {}
    privacy = ""
    for number, look in enumerate(world.looks):
        at = f"{look.at:%Y-%m-%d %H:%M}"
        if look.privacy != privacy:
            known = {key: value for key, value in known.items() if key[1] in ("present", "enabled")}
            documents, privacy = {}, look.privacy
        for agent_id in sorted(set(began) & {*look.found, *(key[0] for key in known)}):
            agent, first = look.found.get(agent_id), (agent_id, "present", 0) not in known
            present = str(agent is not None).lower()
            if first and number and agent:
                told.append((agent_id, at, "appeared", None, None))
            elif not first and known[agent_id, "present", 0] != present:
                told.append((agent_id, at, "came back" if agent else "vanished", None, None))
            known[agent_id, "present", 0] = present
            if agent is None:
                continue
            who = person(began, agent_id, look.at)
            new_person = who > 1 and (look.at, who) in began[agent_id]
            if new_person:
                told.append((agent_id, at, "passed to another person", documents[agent_id], agent.agent_dni))
            if agent.agent_dni is not None:
                documents[agent_id] = agent.agent_dni
            flag = None if agent.enabled is None else str(agent.enabled).lower()
            for kind, part, value in (
                ("enabled", 0, flag),
                ("name", who, agent.agent_name),
                ("SSO", 0, agent.agent_sso or ""),
            ):
                if value is None:
                    continue
                before = known.get((agent_id, kind, part), value)
                if before != value:
                    switched = "enabled" if value == "true" else "disabled"
                    what = {"name": "renamed", "SSO": "SSO changed"}.get(kind, switched)
                    told.append((agent_id, at, what, before or None, value or None))
                known[agent_id, kind, part] = value
    return sorted(told, key=str)


def coverage(world: World) -> list[tuple[Any, ...]]:
    """Day, seconds covered, seconds that count, looks, observations."""
    made = world.operation.observations
    covered, counted = Counter[date](), Counter[date]()
    for one, other in pairwise(made):
        for day, seconds in pieces(one["observed_at"], other["observed_at"], one["timezone"]):
            counted[day] += seconds
    for one, other in pairwise(world.looks):
        if close(one, other):
            for start, end, zone in zone_between(world, one.at, other.at):
                for day, seconds in pieces(start, end, zone):
                    covered[day] += seconds
    tried = Counter(local(row["observed_at"], row["timezone"]) for row in made)
    looked = Counter(local(look.at, look.zone) for look in world.looks)
    days = {*counted, *tried}
    return [
        (
            *(day.isoformat(), covered[day], looked[day], tried[day]),
            round(100 * covered[day] / counted[day], 2) if counted[day] else None,
        )
        for day in sorted(days)
    ]


def never_connected(world: World) -> dict[str, bool]:
    """Whether no connection is known of who holds each id now, among those on the roster."""
    began = persons(world)
    seen: dict[str, set[datetime]] = defaultdict(set)
    connected: set[tuple[str, int]] = set()
    for look in world.looks:
        for agent_id, agent in look.found.items():
            if agent.last_use and agent.last_use not in seen[agent_id]:
                seen[agent_id].add(agent.last_use)
                connected.add((agent_id, person(began, agent_id, look.at)))
    last = world.looks[-1]
    return {
        agent_id: (agent_id, person(began, agent_id, last.at)) not in connected and agent.last_use is None
        for agent_id, agent in last.found.items()
    }


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_the_views_say_what_the_looks_found(handwritten: Warehouse, seed: int) -> None:
    world, warehouse = World(seed), handwritten
    world.operation.load(warehouse)

    assert warehouse.rows(
        "select agent_id, person, agent_status, agent_name, interval_from, observed_seconds, began_by, ended_by"
        " from agent_status_intervals"
    ) == intervals(world)
    assert warehouse.rows(
        "select local_day, agent_id, person, agent_status, observed_seconds from agent_status_daily"
    ) == sorted(((*key, seconds) for key, seconds in seconds_by_day(world).items()), key=str)
    assert warehouse.rows(
        "select local_day, covered_seconds, successful_observations, observations, coverage_percent from coverage_daily"
    ) == coverage(world)
    told = warehouse.rows("select agent_id, changed_at, what, value_from, value_to from roster_changes")
    assert told == changes(world)
    never = never_connected(world)
    assert dict(warehouse.rows("select agent_id, never_connected from agents_now")) == never
    # which need not be the latest date, where the time zone changed
    last = local(world.looks[-1].at, world.looks[-1].zone)
    assert warehouse.rows(
        f"select agents, never_connected_agents from licence_usage_daily where local_day = '{last}'"
    ) == [(len(never), sum(never.values()))]
