"""The simulated contact centre by itself: its people, its days, its clock."""

from __future__ import annotations

import json
import time
import unicodedata
from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from wolkvox_source.simulator import ContactCentre

BOGOTA = ZoneInfo("America/Bogota")
MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=BOGOTA)
AUXILIARY = {"Almuerzo", "Baño", "Pausa activa", "Capacitación", "Reunión", "Retroalimentación", "Soporte técnico"}


def centre(**options: object) -> ContactCentre:
    return ContactCentre(**{"seed": 7, "agents": 80, "licences": 8, "now": MONDAY, **options})  # type: ignore[arg-type]


def scripted(**options: object) -> ContactCentre:
    return centre(**{"agents": 0, "lively": False, **options})


def written(world: ContactCentre) -> str:
    return json.dumps(world.report(), ensure_ascii=False)


def at_work(world: ContactCentre) -> int:
    return sum(agent.status not in ("Logout", "") for agent in world.agents.values())


def test_an_agent_is_a_record_of_seven_texts() -> None:
    world = scripted()

    world.hire("PEÑA NÚÑEZ  INÉS", "0010203", "ines.pena", "Clave#2026")

    assert world.report() == [
        {
            "agent_id": "12001",
            "agent_name": "PEÑA NÚÑEZ  INÉS",
            "agent_dni": "0010203",
            "agent_status": "Logout",
            "last_use": "",
            "agent_sso": "ines.pena",
            "enabled": "yes",
        }
    ]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        pytest.param(5, {"agent_sso", "enabled"}, id="first-edition"),
        pytest.param(6, {"enabled"}, id="second-edition"),
        pytest.param(7, set(), id="third-edition"),
    ],
)
def test_older_editions_of_the_report_have_fewer_fields(fields: int, missing: set[str]) -> None:
    record = centre(fields=fields).report()[0]

    assert set(centre().report()[0]) - set(record) == missing


def test_the_same_seed_and_steps_give_the_same_bytes() -> None:
    one, two = centre(), centre()
    for world in (one, two):
        world.hire()
        world.advance(timedelta(hours=5))
        world.pass_to(world.hire(), "OTRA  PERSONA", "99")

    assert written(one) == written(two)
    assert [a.password for a in one.agents.values()] == [a.password for a in two.agents.values()]


def test_another_seed_gives_other_people() -> None:
    assert {a.dni for a in centre().agents.values()} != {a.dni for a in centre(seed=8).agents.values()}


@pytest.mark.parametrize("seed", range(3))
def test_small_steps_and_one_big_one_arrive_at_the_same_roster(seed: int) -> None:
    small, big = centre(seed=seed), centre(seed=seed)

    for _ in range(12 * 30):
        small.advance(timedelta(minutes=5))
    big.advance(timedelta(hours=30))

    assert written(small) == written(big)


def test_names_are_spelled_as_on_a_real_roster() -> None:
    names = [agent.name for agent in centre(agents=400, licences=40).agents.values()]

    assert all("  " in name for name in names)
    assert any("Ñ" in name for name in names)
    assert any("Í" in name for name in names)
    assert any(name.startswith("COM-") for name in names)
    assert any(name.endswith(")") for name in names)
    assert any(name != unicodedata.normalize("NFC", name) for name in names)
    assert sum(name.isupper() for name in names) > 350
    assert "AGENTE  DE PRUEBAS" in names


def test_documents_are_unique_and_some_begin_with_zeros() -> None:
    documents = [agent.dni for agent in centre().agents.values()]

    assert len(set(documents)) == 80
    assert any(document.startswith("00") for document in documents)
    assert all(document.isdigit() for document in documents)


def test_ids_are_five_digits_in_ascending_order() -> None:
    ids = [str(record["agent_id"]) for record in centre().report()]

    assert all(len(agent_id) == 5 for agent_id in ids)
    assert ids == sorted(set(ids))


def test_a_roster_has_every_oddity_of_last_use() -> None:
    uses = [agent.last_use for agent in centre().agents.values()]

    assert {"", "-", "0000-00-00 00:00:00", "31/02/2026 8:05 a. m."} <= set(uses)
    assert any(len(use) == 10 and use.startswith("20") for use in uses), "a bare date"
    assert any(use.startswith("2026-03-02") for use in uses), "today"
    assert any("2025-09-03" <= use < "2025-09-04" for use in uses), "5 months and 29 days ago"
    assert any("2025" < use < "2025-09-02 07:00:00" for use in uses), "over 6 months ago"


def test_some_agents_are_disabled_and_some_have_no_network_user() -> None:
    agents = centre().agents.values()

    assert 3 <= sum(not agent.enabled for agent in agents) <= 12
    assert 15 <= sum(agent.sso == "" for agent in agents) <= 50


def test_people_come_to_work_little_by_little_and_go_home_in_the_evening() -> None:
    world = centre()
    crowd = []
    for _ in range(7):
        crowd.append(at_work(world))
        world.advance(timedelta(hours=1))

    assert crowd == sorted(crowd) or max(crowd) - crowd[-1] <= 5
    assert crowd[0] < 20
    assert crowd[3] > 35
    world.advance(timedelta(hours=9))
    assert at_work(world) == 0


def test_a_morning_shows_calls_and_breaks() -> None:
    world = centre()
    seen: Counter[str] = Counter()
    for _ in range(72):
        world.advance(timedelta(minutes=5))
        seen.update(agent.status for agent in world.agents.values())

    assert {"Ready", "Talk", "ACW", "Ring", "Logout", "Almuerzo", "Baño", "Pausa activa"} <= set(seen)
    assert set(seen) <= {"Ready", "Talk", "ACW", "Ring", "Logout", ""} | AUXILIARY


def test_few_work_on_a_sunday() -> None:
    assert at_work(centre(now=datetime(2026, 3, 1, 11, 0, tzinfo=BOGOTA))) < 12


def test_logging_in_moves_the_last_connection() -> None:
    world = centre()
    before = {agent.agent_id: agent.last_use for agent in world.agents.values()}

    world.advance(timedelta(hours=3))

    moved = [a.last_use for a in world.agents.values() if a.last_use != before.get(a.agent_id, a.last_use)]
    assert len(moved) > 30
    assert all("2026-03-02 07:00:00" < use <= "2026-03-02 10:00:00" for use in moved)


@pytest.mark.parametrize("seed", range(5))
def test_in_one_morning_somebody_vanishes_is_disabled_replaced_renamed_and_hired(seed: int) -> None:
    world = centre(seed=seed, licences=9)
    before = {a.agent_id: (a.name, a.dni, a.enabled) for a in world.agents.values()}

    world.advance(timedelta(hours=6))

    after = {a.agent_id: (a.name, a.dni, a.enabled) for a in world.agents.values()}
    both = before.keys() & after.keys()
    assert before.keys() - after.keys()
    assert after.keys() - before.keys()
    assert any(before[key][1] != after[key][1] for key in both), "an id that passed to somebody else"
    assert any(before[key][0] != after[key][0] and before[key][1] == after[key][1] for key in both)
    assert any(before[key][2] and not after[key][2] for key in both)


def test_a_week_goes_by_without_emptying_the_centre() -> None:
    world = centre()

    world.advance(timedelta(days=7))

    assert 60 <= len(world.agents) <= 80


def test_agents_unused_for_six_months_are_purged_and_no_others() -> None:
    world = scripted()
    kept = [world.hire() for _ in range(5)]
    for agent_id, last_use in zip(kept, ["2025-09-02 07:00:01", "-", "", "0000-00-00 00:00:00", "ayer"], strict=True):
        world.set_last_use(agent_id, last_use)
    gone = world.hire()
    world.set_last_use(gone, "2025-09-02 06:59:59")

    assert world.purge() == [gone]
    assert list(world.agents) == kept


def test_a_centre_that_is_not_lively_stands_still() -> None:
    world = centre(lively=False)
    before = written(world)

    world.advance(timedelta(days=30))

    assert written(world) == before
    assert world.now == datetime(2026, 4, 1, 7, 0, tzinfo=BOGOTA)


def test_an_empty_world_stays_empty() -> None:
    world = centre(agents=0)

    world.advance(timedelta(days=30))

    assert world.report() == []


def test_verbs_change_one_agent() -> None:
    world = scripted()
    agent_id = world.hire("UNA  PERSONA", "1", "una")

    world.rename(agent_id, "UNA  OTRA")
    world.connect(agent_id)
    world.set_status(agent_id, "Capacitación")
    world.set_sso(agent_id, "otra")
    world.disable(agent_id)
    assert world.report() == [
        {
            "agent_id": "12001",
            "agent_name": "UNA  OTRA",
            "agent_dni": "1",
            "agent_status": "Logout",
            "last_use": "2026-03-02 07:00:00",
            "agent_sso": "otra",
            "enabled": "no",
        }
    ]
    world.enable(agent_id)
    assert world.agents[agent_id].enabled


def test_an_id_passes_to_another_person_who_has_not_connected_yet() -> None:
    world = scripted()
    agent_id = world.hire("UNA  PERSONA", "1", "una")
    world.connect(agent_id)
    world.disable(agent_id)

    world.pass_to(agent_id, "OTRA  PERSONA", "2")

    agent = world.agents[agent_id]
    assert (agent.name, agent.dni, agent.sso, agent.enabled) == ("OTRA  PERSONA", "2", "", True)
    assert agent.last_use == "2026-03-02 07:00:00"


def test_who_leaves_is_not_mentioned_and_the_id_is_not_given_again() -> None:
    world = scripted()
    gone, stays = world.hire(), world.hire()

    world.leave(stays)
    world.leave(gone)

    assert world.report() == []
    assert world.hire() == "12003"


def test_any_field_of_one_record_can_hold_any_value() -> None:
    world = scripted()
    agent_id, other = world.hire(), world.hire()

    world.set_field(agent_id, "agent_id", 12001)
    world.set_field(agent_id, "last_use", None)
    world.set_field(agent_id, "team", {"name": "Ventas"})

    odd, ordinary = world.report()
    assert (odd["agent_id"], odd["last_use"], odd["team"]) == (12001, None, {"name": "Ventas"})
    assert ordinary["agent_id"] == other
    assert "team" not in ordinary


def test_what_a_script_says_of_a_status_holds_until_the_agents_own_next_move() -> None:
    world = centre(now=datetime(2026, 3, 2, 10, 0, tzinfo=BOGOTA))
    agent_id = next(agent.agent_id for agent in world.agents.values() if agent.status == "Talk")

    world.set_status(agent_id, "Dictando clase")

    assert world.agents[agent_id].status == "Dictando clase"
    world.advance(timedelta(minutes=30))
    assert world.agents[agent_id].status != "Dictando clase"


def test_the_clock_can_run_faster_than_real_time() -> None:
    world = scripted(speed=3600.0)

    time.sleep(0.05)

    assert MONDAY + timedelta(minutes=2) < world.now < MONDAY + timedelta(hours=1)


def test_a_clock_that_may_not_run_ahead_is_the_real_one_once_it_has_caught_up() -> None:
    long_ago = datetime.now(timezone.utc) - timedelta(days=3)
    slow, quick = (ContactCentre(agents=1, now=long_ago, speed=speed, real_at_most=True) for speed in (1.0, 1e9))

    time.sleep(0.01)

    caught_up = quick.now
    assert slow.now < long_ago + timedelta(hours=1)
    assert timedelta() <= datetime.now(timezone.utc) - caught_up < timedelta(seconds=5)


def test_the_clock_starts_at_the_real_time_when_none_is_given() -> None:
    assert abs(ContactCentre(agents=1).now - datetime.now(timezone.utc)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(lambda: scripted(now=datetime(2026, 3, 2)), id="naive-start"),
        pytest.param(lambda: scripted(speed=-1.0), id="negative-speed"),
        pytest.param(lambda: scripted().advance(timedelta(seconds=-1)), id="step-back"),
    ],
)
def test_a_clock_that_cannot_be_is_refused(mistake: object) -> None:
    with pytest.raises(ValueError, match="clock"):
        mistake()  # type: ignore[operator]


def test_local_time_follows_the_time_zone_across_a_change_of_summer_time() -> None:
    # Chile puts its clocks back on 5 April 2026 at 00:00 local
    world = scripted(timezone="America/Santiago", now=datetime(2026, 4, 4, 12, 0, tzinfo=ZoneInfo("America/Santiago")))
    agent_id = world.hire()

    world.advance(timedelta(hours=24))
    world.connect(agent_id)

    assert world.agents[agent_id].last_use == "2026-04-05 11:00:00"


def test_a_password_stays_out_of_the_repr() -> None:
    world = scripted()
    agent = world.agents[world.hire(password="Secreta#1")]

    assert agent.password == "Secreta#1"
    assert "Secreta#1" not in repr(agent)
