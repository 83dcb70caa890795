"""The whole life of an agent under plan and apply: created, changed, passed on, disabled; and nobody else touched."""

import copy
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.provisioning.machines import Machine, outcomes, people
from wolkvox_source.errors import UsageError
from wolkvox_source.provisioning.plan_file import is_plan, read_plan, save_plan
from wolkvox_source.provisioning.wanted import WantedError
from wolkvox_source.simulator import Answer, Simulator

INES = {"documento": "0017001", "nombre": "PEÑA INÉS", "sso": "ines.pena"}
NO = Answer(400, {"code": "400", "error": "BAD REQUEST", "msg": "NO"})


@pytest.fixture
def ines(machine: Machine) -> str:
    """Somebody who is there, logged out, with skills."""
    agent_id = machine.centre.hire(INES["nombre"], INES["documento"], INES["sso"], password="Before#2026")
    machine.centre.add_to_skill(agent_id, "4001", 5)
    machine.centre.add_to_skill(agent_id, "4002", 3)
    return agent_id


def run(machine: Machine, *rows: dict[str, Any], **policy: Any) -> list[tuple[str, str]]:
    result = machine.run([*rows], only_creations=False, **policy)
    return [(row.action, row.outcome) for row in result.rows]


def apis(simulated: Simulator) -> list[str]:
    return [request.api for request in simulated.requests if request.method != "GET"]


def test_who_is_as_wanted_is_left_alone(machine: Machine, simulated: Simulator, ines: str) -> None:
    before = copy.deepcopy(machine.centre.agents[ines])
    assert run(machine, {**INES, "enabled": "yes", "skills": "ventas:5; 4002:3"}) == [("exists", "exists")]
    assert run(machine, {"documento": "0017001", "nombre": "", "sso": "", "enabled": ""}) == [("exists", "exists")]
    assert apis(simulated) == []
    assert machine.centre.agents[ines] == before
    assert not machine.plan([INES], only_creations=False).drift


def test_a_name_is_edited_only_with_a_new_password_that_is_known(
    machine: Machine, simulated: Simulator, ines: str
) -> None:
    renamed = {**INES, "nombre": "PEÑA DE ROA INÉS"}
    assert run(machine, renamed) == [("exists", "exists"), ("left", "left")]
    assert machine.centre.agents[ines].password == "Before#2026"
    assert run(machine, renamed, reset_passwords=True) == [("exists", "exists"), ("edit", "done")]
    agent = machine.centre.agents[ines]
    assert (agent.name, agent.dni, agent.sso) == ("PEÑA DE ROA INÉS", "0017001", "ines.pena")
    assert machine.saved() == {"0017001": agent.password}
    assert agent.password != "Before#2026"
    assert apis(simulated) == ["edit_agent"]


def test_a_network_user_is_cleared_by_a_dash(machine: Machine, ines: str) -> None:
    run(machine, {**INES, "sso": "-"}, reset_passwords=True)
    assert machine.centre.agents[ines].sso == ""


def test_disable_and_enable(machine: Machine, simulated: Simulator, ines: str) -> None:
    off, on = {**INES, "enabled": "no"}, {**INES, "enabled": "sí"}
    machine.centre.set_status(ines, "Talk")
    assert run(machine, off) == [("exists", "exists"), ("left", "left")]
    assert machine.centre.agents[ines].enabled
    machine.centre.set_status(ines, "Logout")
    assert run(machine, off) == [("exists", "exists"), ("disable", "done")]
    assert not machine.centre.agents[ines].enabled
    machine.centre.advance(timedelta(minutes=16))
    assert run(machine, off) == [("exists", "exists")]
    assert run(machine, on) == [("exists", "exists"), ("enable", "done")]
    assert machine.centre.agents[ines].enabled
    assert apis(simulated) == ["disable_agent", "enable_agent"]


def test_skills_are_added_and_with_exact_the_others_removed(machine: Machine, simulated: Simulator, ines: str) -> None:
    wanted = {**INES, "skills": "Soporte:7; cobranzas:2"}
    assert run(machine, wanted) == [("exists", "exists"), ("add_skill", "done"), ("add_skill", "done")]
    assert machine.centre.agents[ines].skills == {"4001": "5", "4002": "7", "4003": "2"}
    machine.centre.advance(timedelta(minutes=16))
    assert run(machine, wanted, exact_skills=True) == [("exists", "exists"), ("remove_skill", "done")]
    assert machine.centre.agents[ines].skills == {"4002": "7", "4003": "2"}
    machine.centre.advance(timedelta(minutes=16))
    run(machine, {**INES, "skills": "-"})
    assert machine.centre.agents[ines].skills == {}


def test_an_unknown_skill_stops_before_anything_is_sent(machine: Machine, simulated: Simulator) -> None:
    with pytest.raises(WantedError) as caught:
        run(machine, {**INES, "skills": "bentas:5"}, {**people(1, 5)[0], "skills": ""})
    assert [(problem.line, problem.reason) for problem in caught.value.problems] == [(1, "row_skill_unknown")]
    assert apis(simulated) == []


def test_a_skill_that_is_named_twice_stops(machine: Machine) -> None:
    """By its name and by its number, with two levels: which of them is meant?"""
    with pytest.raises(WantedError) as caught:
        machine.plan([{**people(1)[0], "skills": "ventas:5; 4001:7"}], only_creations=False)
    assert [(problem.line, problem.reason) for problem in caught.value.problems] == [(1, "row_skill_twice")]


def test_somebody_new_gets_their_skills_and_may_begin_disabled(machine: Machine, simulated: Simulator) -> None:
    assert run(machine, {**INES, "skills": "ventas:5", "enabled": "no"}) == [
        ("create", "created"),
        ("disable", "done"),
        ("add_skill", "done"),
    ]
    assert apis(simulated) == ["create_agent", "add_agents_skill", "disable_agent"]
    agent = [*machine.centre.agents.values()][-1]
    assert (agent.dni, agent.skills, agent.enabled) == ("0017001", {"4001": "5"}, False)


def test_a_disabled_agent_is_passed_on_where_the_row_names_it(
    machine: Machine, simulated: Simulator, ines: str
) -> None:
    machine.centre.disable(ines)
    new = {"documento": "0099001", "nombre": "ROA IVÁN", "agent_id": ines, "skills": "cobranzas:4"}
    result = machine.run([new], only_creations=False)
    assert outcomes(result) == {"done": 5}
    agent = machine.centre.agents[ines]
    assert (agent.name, agent.dni, agent.sso, agent.enabled) == ("ROA IVÁN", "0099001", "", True)
    assert agent.skills == {"4003": "4"}
    assert machine.saved() == {"0099001": agent.password}
    # nobody comes in before the skills of the person before are gone
    assert apis(simulated) == [
        *("edit_agent", "remove_agents_skill", "remove_agents_skill", "enable_agent", "add_agents_skill")
    ]
    machine.centre.advance(timedelta(minutes=16))
    assert run(machine, new) == [("exists", "exists")]


def test_an_agent_half_passed_on_is_gone_on_with(machine: Machine, simulated: Simulator, ines: str) -> None:
    machine.centre.disable(ines)
    new = {"documento": "0099001", "nombre": "ROA IVÁN", "agent_id": ines}
    simulated.misbehave(NO, api="remove_agents_skill")
    first = run(machine, new)
    assert first == [
        ("reuse", "done"),
        ("enable", "not_sent"),
        ("remove_skill", "refused"),
        ("remove_skill", "not_sent"),
    ]
    assert not machine.centre.agents[ines].enabled
    assert sorted(run(machine, new)) == [
        ("enable", "done"),
        ("exists", "exists"),
        ("remove_skill", "done"),
        ("remove_skill", "done"),
    ]
    agent = machine.centre.agents[ines]
    assert (agent.enabled, agent.skills) == (True, {})


def test_nothing_is_taken_from_anybody_after_a_failure(machine: Machine, simulated: Simulator, ines: str) -> None:
    simulated.misbehave(NO, api="create_agent")
    rows = [people(1, 5)[0], {**INES, "enabled": "no", "skills": "ventas:5"}]
    assert run(machine, *rows, exact_skills=True) == [
        ("create", "refused"),
        ("exists", "exists"),
        ("disable", "not_sent"),
        ("remove_skill", "not_sent"),
    ]
    assert machine.centre.agents[ines].enabled
    assert run(machine, *rows, exact_skills=True) == [
        ("create", "created"),
        ("exists", "exists"),
        ("disable", "done"),
        ("remove_skill", "done"),
    ]


@pytest.mark.parametrize("after_effect", [True, False], ids=["was done", "was not"])
def test_a_change_without_a_clear_answer_is_seen_in_the_report(
    machine: Machine, simulated: Simulator, ines: str, after_effect: bool
) -> None:
    simulated.misbehave(Answer(502, ""), api="edit_agent", after_effect=after_effect)
    renamed = {**INES, "nombre": "PEÑA DE ROA INÉS"}
    assert run(machine, renamed, reset_passwords=True) == [("exists", "exists"), ("edit", "unconfirmed")]
    second = run(machine, renamed, reset_passwords=True)
    if after_effect:
        assert second == [("exists", "exists")]
    else:
        assert second == [("exists", "exists"), ("waiting", "waiting")]
        machine.centre.advance(timedelta(minutes=16))
        assert run(machine, renamed, reset_passwords=True) == [("exists", "exists"), ("edit", "done")]
    assert machine.centre.agents[ines].name == "PEÑA DE ROA INÉS"
    assert machine.saved() == {"0017001": machine.centre.agents[ines].password}


def test_a_change_that_the_report_does_not_show_yet_is_not_sent_twice(
    machine: Machine, simulated: Simulator, ines: str
) -> None:
    stale = Answer(
        200, {"code": "200", "error": None, "msg": f"{len(machine.centre.report())} records were found",
              "data": machine.centre.report()}
    )  # fmt: skip
    run(machine, {**INES, "enabled": "no"})
    simulated.misbehave(stale, times=None, api="agents")
    assert run(machine, {**INES, "enabled": "no"}) == [("exists", "exists"), ("exists", "exists")]
    assert apis(simulated) == ["disable_agent"]


def adopted(machine: Machine, number: int) -> list[dict[str, Any]]:
    wanted = people(number)
    for person in wanted:
        machine.centre.hire(person["nombre"], person["documento"], "")
    machine.run(wanted, only_creations=False)
    return wanted


def test_who_is_missing_from_two_complete_lists_a_day_apart_is_disabled(machine: Machine) -> None:
    stranger = machine.centre.hire("NADIE DE AQUÍ", "9999001", "")
    wanted = adopted(machine, 4)
    first = machine.run(wanted[:3], only_creations=False, complete=True)
    assert outcomes(first) == {"exists": 3, "left": 1}
    machine.centre.advance(timedelta(hours=2))
    assert outcomes(machine.run(wanted[:3], only_creations=False, complete=True)) == {"exists": 3, "left": 1}
    machine.centre.advance(timedelta(hours=22))
    # a list that is not said to be complete says nothing of who is not in it
    assert outcomes(machine.run(wanted[:3], only_creations=False)) == {"exists": 3}
    assert outcomes(machine.run(wanted[:3], only_creations=False, complete=True)) == {"exists": 3, "done": 1}
    there = {agent.dni: agent.enabled for agent in machine.centre.agents.values()}
    assert [there[person["documento"]] for person in wanted] == [True, True, True, False]
    # nobody made or adopted this one here
    assert machine.centre.agents[stranger].enabled


def test_a_clock_that_jumps_a_day_ahead_disables_nobody(machine: Machine) -> None:
    wanted = adopted(machine, 2)
    machine.run(wanted[:1], only_creations=False, complete=True)
    machine.centre.advance(timedelta(minutes=5))
    machine.wrong_by = timedelta(days=2)
    assert outcomes(machine.run(wanted[:1], only_creations=False, complete=True)) == {"exists": 1, "left": 1}
    # what was started anew since then has only its clock to go by
    machine.boot = "another boot"
    assert outcomes(machine.run(wanted[:1], only_creations=False, complete=True)) == {"exists": 1, "done": 1}


def test_a_journal_of_an_earlier_version_goes_by_the_clock(machine: Machine) -> None:
    wanted = adopted(machine, 2)
    machine.run(wanted[:1], only_creations=False, complete=True)
    with closing(sqlite3.connect(machine.journal)) as base:
        base.executescript("alter table absences drop column boot; alter table absences drop column uptime")
    machine.centre.advance(timedelta(minutes=5))
    assert outcomes(machine.run(wanted[:1], only_creations=False, complete=True)) == {"exists": 1, "left": 1}
    machine.centre.advance(timedelta(days=1))
    assert outcomes(machine.run(wanted[:1], only_creations=False, complete=True)) == {"exists": 1, "done": 1}


def test_who_comes_back_into_the_complete_list_begins_anew(machine: Machine) -> None:
    wanted = adopted(machine, 2)
    machine.run(wanted[:1], only_creations=False, complete=True)
    machine.centre.advance(timedelta(hours=24))
    machine.run(wanted, only_creations=False, complete=True)
    machine.centre.advance(timedelta(hours=24))
    assert outcomes(machine.run(wanted[:1], only_creations=False, complete=True)) == {"exists": 1, "left": 1}


def test_many_at_once_take_the_exact_number(machine: Machine, simulated: Simulator) -> None:
    off = [{**person, "enabled": "no"} for person in adopted(machine, 6)]
    for accepted in (None, 5, 7):
        with pytest.raises(UsageError) as caught:
            machine.run(off, only_creations=False, accept_disable=accepted)
        assert caught.value.reason == "too_many_changes"
        assert "--accept-disable 6" in str(caught.value)
    assert apis(simulated) == []
    assert outcomes(machine.run(off, only_creations=False, accept_disable=6)) == {"exists": 6, "done": 6}


def test_a_plan_in_a_file_has_no_password_and_is_carried_out_as_it_was_read(
    machine: Machine, simulated: Simulator, tmp_path: Path, ines: str
) -> None:
    rows = [{**INES, "enabled": "no", "clave": "Clave#2026", "skills": "ventas:7"}, *people(2, 5)]
    made = machine.plan(rows, only_creations=False)
    file = tmp_path / "plan.json"
    save_plan(made, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Clave#2026" not in file.read_text()
    assert is_plan(file)
    read = read_plan(file)
    assert [row.key for row in read.rows] == [row.key for row in made.rows]
    assert (read.policy, read.operation, read.listed) == (made.policy, made.operation, made.listed)
    with pytest.raises(UsageError):
        save_plan(made, file)
    # by now one is there, and something else has changed that nobody has read
    machine.centre.hire(rows[1]["nombre"], rows[1]["documento"], "")
    machine.centre.remove_from_skill(ines, "4001")
    result = machine.apply(read)
    assert [(row.action, row.outcome) for row in result.rows] == [
        ("exists", "exists"),
        ("disable", "done"),
        ("add_skill", "not_sent"),
        ("exists", "exists"),
        ("create", "created"),
    ]
    assert [row.reason for row in result.rows if row.outcome == "not_sent"] == ["message_not_in_plan"]


def test_a_file_that_was_changed_is_no_plan(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save_plan(machine.plan(people(1)), file)
    file.write_text(file.read_text().replace('"action"', '"acción"'))
    with pytest.raises(UsageError) as caught:
        read_plan(file)
    assert caught.value.reason == "plan_unreadable"


def test_a_plan_counts_requests_and_time(machine: Machine, monkeypatch: pytest.MonkeyPatch, ines: str) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "20")
    made = machine.plan([{**INES, "skills": "ventas:9"}, *people(10, 5)], only_creations=False)
    assert (made.reads, made.requests, made.slots_left, made.daily_budget) == (3, 14, 196, 20_000)
    assert made.span(60) == timedelta(minutes=10)


def test_the_licence_limit_stops_the_run(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, simulated: Simulator
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "1")
    result = machine.run(people(9))
    assert outcomes(result) == {"created": 7, "not_sent": 2}
    assert result.stopped is not None
    assert (result.stopped.reason, result.exit_code) == ("no_slots", 77)
    assert len(apis(simulated)) == 7


def test_three_refusals_in_a_row_stop_the_run(machine: Machine, simulated: Simulator) -> None:
    simulated.misbehave(NO, times=None, api="create_agent")
    result = machine.run(people(9))
    assert outcomes(result) == {"refused": 3, "not_sent": 6}
    assert result.stopped is not None
    assert result.stopped.reason == "refused_in_a_row"


def test_a_list_that_brings_passwords_is_no_plan_to_be_kept(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    rows = [{**people(1)[0], "clave": "Clave#2026"}]
    with pytest.raises(UsageError) as caught:
        save_plan(machine.plan(rows, only_creations=False), file)
    assert caught.value.reason == "plan_no_passwords"
    assert not file.exists()
    # who is there keeps the password that they have
    machine.run(rows, only_creations=False)
    save_plan(machine.plan(rows, only_creations=False), file)
    assert "Clave#2026" not in file.read_text(encoding="utf-8")
