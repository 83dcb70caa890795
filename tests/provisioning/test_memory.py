"""Whom an operation has had is known, whatever happens to a report, a journal, a machine or a clock."""

from datetime import timedelta
from pathlib import Path

import dlt
import pytest

from tests.provisioning.machines import Machine, holders, outcomes, people
from wolkvox_source.errors import ConfigurationError, HeldError, UnavailableError, UnreadableError
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.planning import plan
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.result import Result
from wolkvox_source.simulator import Answer, ContactCentre, Simulator, Truncate
from wolkvox_source.source import wolkvox


def test_a_silently_short_report_creates_nobody_who_exists(machine: Machine, simulated: Simulator) -> None:
    wanted = people(30)
    assert outcomes(machine.run(wanted)) == {"created": 30}
    machine.centre.advance(timedelta(hours=1))
    simulated.misbehave(Truncate(18, silently=True), times=None, api="agents")
    with pytest.raises(UnreadableError) as caught:
        machine.run(wanted)
    assert caught.value.reason == "report_doubtful"
    assert "15 of 30" in str(caught.value)
    assert holders(machine.centre, wanted) == {1}


def test_a_report_that_is_short_by_a_few_is_a_conflict_for_each(machine: Machine, simulated: Simulator) -> None:
    wanted = people(30)
    machine.run(wanted)
    machine.centre.advance(timedelta(hours=1))
    simulated.misbehave(Truncate(29, silently=True), times=None, api="agents")
    short = machine.run(wanted)
    assert outcomes(short) == {"exists": 26, "conflict": 4}
    assert {row.reason for row in short.rows if row.outcome == "conflict"} == {"note_gone"}
    assert holders(machine.centre, wanted) == {1}


def test_tokens_that_are_exchanged_create_nobody(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    centres = [
        ContactCentre(agents=3, licences=20, token=f"t-{name}", now=machine.centre.now, lively=False)
        for name in ("norte", "sur")
    ]
    lists = {"norte": people(3), "sur": people(3, 50)}

    def made(name: str) -> Result:
        machine.passwords = tmp_path / f"{name}.csv"
        policy = Policy(only_creations=True)
        wanted = plan(
            lists[name], name, policy=policy, journal=machine.journal, pipeline=machine.pipeline, clock=machine.moment
        )
        return machine.apply(wanted)

    with Simulator(centres) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["norte", "sur"]')
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
        for name in lists:
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}__TOKEN", f"t-{name}")
        assert [outcomes(made(name)) for name in lists] == [{"created": 3}] * 2
        monkeypatch.setenv("SOURCES__WOLKVOX__NORTE__TOKEN", "t-sur")
        monkeypatch.setenv("SOURCES__WOLKVOX__SUR__TOKEN", "t-norte")
        for name in lists:
            with pytest.raises(ConfigurationError) as caught:
                made(name)
            assert caught.value.reason == "tokens_swapped"
        # an operation that is called what another was called before is no exchange
        monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["norte", "centro"]')
        monkeypatch.setenv("SOURCES__WOLKVOX__CENTRO__TOKEN", "t-norte")
        lists["centro"] = lists["norte"]
        assert outcomes(made("centro")) == {"exists": 3}
    assert [len(centre.agents) for centre in centres] == [6, 6]


def test_who_is_really_gone_is_created_again_where_the_policy_says_so(machine: Machine) -> None:
    wanted = people(3)
    machine.run(wanted)
    machine.centre.advance(timedelta(hours=1))
    machine.centre.leave([*machine.centre.agents][-1])
    assert outcomes(machine.run(wanted)) == {"exists": 2, "conflict": 1}
    machine.passwords = machine.folder / "again.csv"
    assert outcomes(machine.run(wanted, recreate_gone=True)) == {"exists": 2, "created": 1}


def test_a_sync_knows_people_too(machine: Machine, simulated: Simulator, tmp_path: Path) -> None:
    wanted = people(20)
    for person in wanted:
        machine.centre.hire(person["nombre"], person["documento"], "")
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    where = dlt.destinations.duckdb(str(machine.warehouse))
    dlt.pipeline("wolkvox", destination=where, dataset_name="contact_center").run(wolkvox())
    simulated.misbehave(Truncate(20, silently=True), times=1, api="agents")
    assert outcomes_of_plan(machine, wanted) == {"exists": 17, "conflict": 3}
    simulated.misbehave(Truncate(12, silently=True), times=1, api="agents")
    with pytest.raises(UnreadableError):
        machine.plan(wanted)


def outcomes_of_plan(machine: Machine, wanted: list[dict[str, str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in machine.plan(wanted).rows:
        found[row.action] = found.get(row.action, 0) + 1
    return found


@pytest.mark.long
def test_a_second_machine_knows_by_the_warehouse_while_the_report_lags(
    machine: Machine, simulated: Simulator, tmp_path: Path
) -> None:
    machine.centre.lag = timedelta(minutes=10)
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    second = Machine(tmp_path / "second", machine.centre, "another boot", machine.warehouse)
    wanted = people(30)
    simulated.misbehave(Answer(200, ""), times=1, api="create_agent", after_effect=True)
    first = machine.run(wanted)
    assert outcomes(first) == {"unconfirmed": 1, "not_sent": 29}
    assert outcomes(machine.run(wanted)) == {"waiting": 1, "created": 29}
    found = second.plan(wanted)
    assert {row.action for row in found.rows} == {"waiting", "exists"}
    assert found.elsewhere == 30
    machine.centre.advance(timedelta(minutes=5))
    assert outcomes(second.run(wanted)) == {"waiting": 1, "exists": 29}
    machine.centre.advance(timedelta(minutes=20))
    assert outcomes(second.run(wanted)) == {"confirmed": 1, "exists": 29}
    assert holders(machine.centre, wanted) == {1}


class Killed(BaseException):
    """What a power cut is to a process."""


@pytest.mark.long
@pytest.mark.parametrize("dies_at", ["intended", "answered"])
def test_a_second_machine_knows_whom_one_that_was_killed_was_asking_for(
    machine: Machine, tmp_path: Path, dies_at: str
) -> None:
    machine.centre.lag = timedelta(minutes=10)
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    second = Machine(tmp_path / "second", machine.centre, "another boot", machine.warehouse)
    wanted = people(4)

    def die(step: str, row: PlannedAgent) -> None:
        if step == dies_at and row.agent.line == 2:
            raise Killed

    with pytest.raises(Killed):
        machine.apply(machine.plan(wanted), on_step=die)
    # it does not know how far the other came
    assert outcomes(second.run(wanted)) == {"waiting": 4}
    # which does
    assert outcomes(machine.run(wanted)) == {"exists": 1, "waiting": 1, "created": 2}
    machine.centre.advance(timedelta(minutes=16))
    for each in (second, machine):
        assert set(outcomes(each.run(wanted))) <= {"exists", "confirmed", "created"}
    assert holders(machine.centre, wanted) == {1}


def test_of_two_machines_that_ask_at_once_one_lets_the_person_be(machine: Machine, tmp_path: Path) -> None:
    machine.centre.lag = timedelta(minutes=10)
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    second = Machine(tmp_path / "second", machine.centre, "another boot", machine.warehouse)
    wanted = people(3)
    late = second.plan(wanted)
    assert {row.action for row in late.rows} == {"create"}
    assert outcomes(machine.run(wanted)) == {"created": 3}
    assert {row.outcome for row in second.apply(late).rows} == {"exists"}
    assert holders(machine.centre, wanted) == {1}


def test_the_operation_by_another_name_is_the_same_people(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.centre.lag = timedelta(minutes=10)
    wanted = people(5)
    machine.run(wanted)
    monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "renamed")
    assert outcomes(machine.run(wanted)) == {"exists": 5}
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["ventas"]')
    assert outcomes(machine.run(wanted)) == {"exists": 5}
    assert holders(machine.centre, wanted) == {1}


def test_two_journals_at_once_are_one_operation(machine: Machine, tmp_path: Path) -> None:
    second = Machine(tmp_path / "second", machine.centre)
    seen: list[HeldError] = []

    def again(step: str, _: object) -> None:
        if step == "answered" and not seen:
            with pytest.raises(HeldError) as caught:
                second.run(people(3))
            seen.append(caught.value)

    machine.apply(machine.plan(people(3)), on_step=again)
    assert seen[0].exit_code == 75
    assert holders(machine.centre, people(3)) == {1}


def test_a_warehouse_that_cannot_be_read_leaves_a_new_journal_blind_and_an_old_one_not(
    machine: Machine, tmp_path: Path
) -> None:
    machine.run(people(1))
    machine.warehouse = tmp_path / "wolkvox.duckdb"
    machine.warehouse.write_text("not a warehouse")
    told = machine.plan(people(2))
    assert told.memory_error is not None
    fresh = Machine(tmp_path / "fresh", machine.centre, warehouse=machine.warehouse)
    with pytest.raises(UnavailableError) as caught:
        fresh.plan(people(2))
    assert caught.value.reason == "memory_away"


@pytest.mark.parametrize("jump", [timedelta(days=30), timedelta(days=-30)], ids=["forward", "back"])
def test_a_clock_that_is_set_sends_nothing_again(machine: Machine, simulated: Simulator, jump: timedelta) -> None:
    machine.centre.lag = timedelta(minutes=10)
    simulated.misbehave(Answer(500, ""), times=1, api="create_agent", after_effect=True)
    assert outcomes(machine.run(people(1))) == {"unconfirmed": 1}
    machine.wrong_by = jump
    machine.centre.advance(timedelta(minutes=5))
    assert outcomes(machine.run(people(1))) == {"waiting": 1}
    # nor does a machine that was started anew, whose clock nobody knows to be right
    machine.boot, machine.started = "a later boot", machine.centre.now
    assert outcomes(machine.run(people(1))) == {"waiting": 1}
    machine.centre.advance(timedelta(minutes=16))
    assert outcomes(machine.run(people(1))) == {"confirmed": 1}
    assert holders(machine.centre, people(1)) == {1}
