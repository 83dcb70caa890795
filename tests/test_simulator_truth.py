"""What truly happened in the simulated centre, beside what its roster shows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.simulated import MONDAY, scripted
from wolkvox_source.simulator import ContactCentre, Session, Shift, StatusEvent

BOGOTA = ZoneInfo("America/Bogota")
ABSENT = ("Logout", "")


def at(hour: int, minute: int = 0, second: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=BOGOTA)


def lively(seed: int, **options: object) -> ContactCentre:
    return ContactCentre(**{"seed": seed, "agents": 20, "licences": 3, "now": MONDAY, **options})  # type: ignore[arg-type]


def test_statuses_that_a_script_gives_are_remembered() -> None:
    world = scripted()
    agent_id = world.hire("UNA  PERSONA", "1", "")
    world.advance(timedelta(minutes=30))
    world.connect(agent_id)
    world.set_status(agent_id, "Ready")
    world.advance(timedelta(seconds=90))
    world.set_status(agent_id, "Talk")
    world.advance(timedelta(minutes=5))
    world.set_status(agent_id, "Logout")

    assert world.status_events() == [
        StatusEvent(agent_id, "UNA  PERSONA", "Logout", at(7), at(7, 30)),
        StatusEvent(agent_id, "UNA  PERSONA", "Ready", at(7, 30), at(7, 31, 30)),
        StatusEvent(agent_id, "UNA  PERSONA", "Talk", at(7, 31, 30), at(7, 36, 30)),
        StatusEvent(agent_id, "UNA  PERSONA", "Logout", at(7, 36, 30), None),
    ]
    assert world.sessions() == [Session(agent_id, "UNA  PERSONA", at(7, 30), at(7, 36, 30))]


def test_who_connects_twice_has_two_sessions() -> None:
    world = scripted()
    agent_id = world.hire("UNA  PERSONA", "1", "")
    for _ in range(2):
        world.connect(agent_id)
        world.set_status(agent_id, "Ready")
        world.advance(timedelta(hours=1))

    assert [(session.login, session.logout) for session in world.sessions()] == [(at(7), at(8)), (at(8), None)]


def test_who_connects_and_has_no_status_is_gone_again_at_once() -> None:
    world = scripted()
    agent_id = world.hire("UNA  PERSONA", "1", "")
    world.connect(agent_id)
    world.advance(timedelta(hours=1))
    world.set_status(agent_id, "Ready")

    assert [(session.login, session.logout) for session in world.sessions()] == [(at(7), at(7)), (at(8), None)]


def test_disabling_and_leaving_end_a_session() -> None:
    world = scripted()
    disabled, gone = world.hire(), world.hire()
    for agent_id in (disabled, gone):
        world.connect(agent_id)
        world.set_status(agent_id, "Ready")
    world.advance(timedelta(hours=1))
    world.disable(disabled)
    world.leave(gone)
    world.advance(timedelta(hours=1))

    assert [(session.agent_id, session.logout) for session in world.sessions()] == [(disabled, at(8)), (gone, at(8))]
    assert [event.until for event in world.status_events() if event.agent_id == gone] == [at(8)]


def test_a_status_keeps_the_name_of_the_person_who_had_it() -> None:
    world = scripted()
    agent_id = world.hire("UNA  PERSONA", "1", "")
    world.set_status(agent_id, "Ready")
    world.advance(timedelta(hours=1))
    world.pass_to(agent_id, "OTRA  PERSONA", "2")
    world.set_status(agent_id, "Talk")

    assert [(event.agent_name, event.status) for event in world.status_events()] == [
        ("UNA  PERSONA", "Ready"),
        ("OTRA  PERSONA", "Talk"),
    ]


def test_statuses_are_told_from_any_time_on() -> None:
    world = lively(seed=3)
    world.advance(timedelta(days=3))
    everything = world.status_events()
    since = at(11, 17, day=4)

    assert sorted(world.status_events(since)) == sorted(event for event in everything if event.since >= since)
    assert sorted(map(str, world.sessions(since))) == sorted(str(one) for one in world.sessions() if one.login >= since)


@pytest.mark.parametrize("zone", ["America/Bogota", "America/Santiago"])
def test_nobody_is_in_two_statuses_or_in_none(zone: str) -> None:
    # Chile puts its clocks back in the night to 5 April 2026
    world = lively(seed=5, timezone=zone, now=datetime(2026, 4, 3, 10, 20, tzinfo=ZoneInfo(zone)))
    world.advance(timedelta(days=4))
    everybody: dict[str, list[StatusEvent]] = {}
    for event in world.status_events():
        everybody.setdefault(event.agent_id, []).append(event)

    for events in everybody.values():
        for one, following in pairwise(events):
            assert one.until == following.since
            assert one.since.timestamp() < following.since.timestamp()
            assert one.status != following.status or one.agent_name != following.agent_name


def meddle(world: ContactCentre, rng: Random) -> None:
    """Do something to somebody that a script might do."""
    agent = rng.choice(list(world.agents.values()))
    deeds = [
        lambda: world.set_status(agent.agent_id, rng.choice(["Ready", "Logout", "Dictando clase"])),
        lambda: world.connect(agent.agent_id),
        lambda: world.disable(agent.agent_id),
        lambda: world.enable(agent.agent_id),
        lambda: world.rename(agent.agent_id, agent.name + " X"),
        lambda: world.leave(agent.agent_id),
        lambda: world.pass_to(agent.agent_id, "OTRA  PERSONA", "99"),
        lambda: world.hire(),
    ]
    rng.choice(deeds)()


@pytest.mark.parametrize("seed", range(4))
def test_the_roster_always_shows_what_is_true(seed: int) -> None:
    world, rng = lively(seed), Random(seed)
    seen: list[tuple[datetime, dict[str, str]]] = []
    for _ in range(80):
        world.advance(timedelta(seconds=rng.choice([1, 299, 300, 1800, 20_000])))
        if rng.random() < 0.3:
            meddle(world, rng)
        seen.append((world.now, {agent.agent_id: agent.status for agent in world.agents.values()}))

    truth: dict[str, list[StatusEvent]] = {}
    for event in world.status_events():
        truth.setdefault(event.agent_id, []).append(event)
    for moment, roster in seen:
        for agent_id, status in roster.items():
            (true,) = (e for e in truth[agent_id] if e.since <= moment and (e.until is None or moment < e.until))
            assert true.status == status


@pytest.mark.parametrize("seed", range(4))
def test_the_last_connection_is_the_beginning_of_the_last_session(seed: int) -> None:
    world, rng = lively(seed), Random(seed)
    for _ in range(60):
        world.advance(timedelta(seconds=rng.choice([1, 299, 300, 1800, 20_000])))
        if rng.random() < 0.3:
            agent = rng.choice(list(world.agents.values()))
            # who comes without connecting is the one case in which a roster does not say so
            rng.choice([world.connect, world.disable, world.enable, lambda one: world.set_status(one, "Logout")])(
                agent.agent_id
            )
        logins: dict[str, str] = {}
        for session in world.sessions():
            logins[session.agent_id] = f"{session.login:%Y-%m-%d %H:%M:%S}"
        for agent_id, login in logins.items():
            if agent_id in world.agents:
                assert world.agents[agent_id].last_use == login


def test_who_was_there_before_their_day_began_has_a_new_session_then() -> None:
    world = lively(seed=3, now=at(3))
    agent_id = next(shift.agent_id for shift in world.shifts() if shift.weekday == 1)
    world.set_status(agent_id, "Inventario")

    world.advance(timedelta(hours=9))

    early, usual = (session for session in world.sessions() if session.agent_id == agent_id)
    assert (early.login, early.logout) == (at(3), usual.login)
    assert world.agents[agent_id].last_use == f"{usual.login:%Y-%m-%d %H:%M:%S}"


def test_shifts_are_planned_for_every_day_of_the_week_that_somebody_works() -> None:
    world = lively(seed=3)

    monday = next(shift for shift in world.shifts() if shift.agent_id == "12001")

    agent = world.agents["12001"]
    assert monday == Shift(
        "12001", agent.name, agent.dni, 1, time(7), time(15, 30), time(11, 15), time(12, 15), date(2026, 3, 2), None
    )
    assert {shift.weekday for shift in world.shifts()} >= {1, 2, 3, 4, 5, 6}


def test_people_mostly_come_when_they_are_planned_and_never_otherwise() -> None:
    world = lively(seed=4, agents=60, licences=8)
    world.advance(timedelta(weeks=5))
    planned: dict[tuple[str, date], Shift] = {}
    for shift in world.shifts():
        for ahead in range(36):
            day = MONDAY.date() + timedelta(days=ahead)
            if day.isoweekday() == shift.weekday and shift.valid_from <= day <= (shift.valid_until or day):
                planned[shift.agent_id, day] = shift

    came = {(session.agent_id, session.login.date()): session for session in world.sessions()}
    late = 0
    for key, session in came.items():
        start = datetime.combine(key[1], planned[key].start, BOGOTA)
        assert timedelta(minutes=-10) <= session.login - start <= timedelta(minutes=105)
        late += session.login - start > timedelta(minutes=15)
    missing = planned.keys() - came.keys()
    assert 0.03 < len(missing) / len(planned) < 0.25
    assert 0.01 < late / len(came) < 0.10
    on_leave = [key for key in missing if (key[0], key[1] + timedelta(days=1)) in missing]
    assert len(on_leave) > 5


def test_weeks_bring_hires_purges_and_new_people_under_old_numbers() -> None:
    world = lively(seed=6, agents=60, licences=8)
    before = {agent.agent_id: agent.dni for agent in world.agents.values()}

    world.advance(timedelta(weeks=6))

    after = {agent.agent_id: agent.dni for agent in world.agents.values()}
    assert after.keys() - before.keys()
    assert before.keys() - after.keys()
    assert any(after[agent_id] != before[agent_id] for agent_id in before.keys() & after.keys())
    ended = [shift for shift in world.shifts() if shift.valid_until is not None]
    assert ended
    assert all(shift.valid_until >= shift.valid_from for shift in ended if shift.valid_until)


def test_a_year_of_a_lively_centre_writes_down_only_what_did_not_go_by_itself() -> None:
    world = lively(seed=7)

    world.advance(timedelta(days=365))

    with world.open() as staff:
        assert sum(len(notes) for notes in staff.diary.notes.values()) < 600
