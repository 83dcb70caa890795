"""Each agent once, whatever breaks; a password in one place only."""

import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.provisioning.office import COUNTS, PEOPLE, Office, no, outcomes, recorded
from wolkvox_source.errors import ConfigurationError, RefusedError, UnavailableError
from wolkvox_source.provisioning.apply import apply, check_passwords
from wolkvox_source.provisioning.moment import moment_now
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.simulator import Answer, Delay


def test_agents_are_created_in_the_order_of_the_list_and_once(office: Office) -> None:
    result = office.run()
    assert outcomes(result) == {"created": 20}
    assert result.exit_code == 0
    names = [agent.name for agent in office.centre.agents.values()][3:]
    assert names == [person["nombre"] for person in PEOPLE]
    assert office.saved() == office.made()
    again = office.run()
    assert (outcomes(again), again.exit_code) == ({"exists": 20}, 0)
    assert office.creations() == 20


def test_nothing_that_shows_a_plan_or_a_result_shows_a_password(office: Office) -> None:
    people = [{**PEOPLE[0], "clave": "Clave#2026"}]
    shown = repr(office.plan(people)) + repr(office.run(people))
    assert office.saved() == {PEOPLE[0]["documento"]: "Clave#2026"}
    assert "Clave#2026" not in shown


def test_the_file_of_passwords_is_the_owners_only_and_never_overwritten(office: Office) -> None:
    office.run(PEOPLE[:1])
    assert stat.S_IMODE(office.passwords.stat().st_mode) == 0o600
    assert stat.S_IMODE(office.journal.stat().st_mode) == 0o600
    before = office.passwords.read_bytes()
    with pytest.raises(ConfigurationError) as caught:
        office.run()
    assert caught.value.reason == "passwords_exist"
    with pytest.raises(ConfigurationError):
        check_passwords(office.plan(), office.passwords)
    link = office.folder / "link.csv"
    link.symlink_to(office.folder / "elsewhere.csv")
    for wrong, key in ((link, "passwords_exist"), (office.folder / "none" / "p.csv", "passwords_no_folder")):
        with pytest.raises(ConfigurationError) as caught:
            office.run(passwords=wrong)
        assert caught.value.reason == key
    assert office.passwords.read_bytes() == before
    assert office.creations() == 1


def test_without_a_file_passwords_are_discarded_and_the_result_says_so(office: Office) -> None:
    result = office.run(PEOPLE[:1], passwords=None)
    assert [(row.reason, row.password_known) for row in result.rows] == [("message_discarded", False)]
    again = office.run(PEOPLE[:1], passwords=None)
    for each in (result, again):
        assert [agent.agent_dni for agent in each.unknown_passwords] == ["0017001"]
    assert office.places_of_passwords() == set()


KILLED_RUN = """
import os, signal, sys, threading
from wolkvox_source.provisioning.apply import apply
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.planning import plan

step, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
seen = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def on_step(name, agent):
    global seen
    seen += name == step
    if name == step and seen == count:
        threading.Timer(seconds, die).start() if seconds else die()

wanted = plan("roster.csv", policy=Policy(only_creations=True), journal="journal.sqlite")
print(wanted, apply(wanted, passwords="passwords.csv", pace_seconds=0, on_step=on_step))
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("step", "seconds", "created", "confirmed", "unknown"),
    [
        ("wanted", 0, 6, 0, 0),
        ("intended", 0, 6, 0, 1),
        ("intended", 0.4, 7, 1, 0),
        ("answered", 0, 7, 1, 0),
        ("saved", 0, 7, 1, 0),
        ("settled", 0, 7, 0, 0),
    ],
    ids=[
        "before the intent",
        "before the request",
        "during it",
        "before the file",
        "before the journal",
        "between two",
    ],
)
def test_a_run_killed_at_any_step_is_gone_on_with_and_nobody_is_created_twice(
    office: Office, step: str, seconds: float, created: int, confirmed: int, unknown: int
) -> None:
    lines = ["documento,nombre", *(f"{person['documento']},{person['nombre']}" for person in PEOPLE)]
    (office.folder / "roster.csv").write_text("\n".join(lines), encoding="utf-8")
    if seconds:
        for wait in (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0):
            office.simulator.misbehave(Delay(wait), api="create_agent")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_RUN, step, "7", str(seconds)], cwd=office.folder, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert sum(office.holders().values()) == created
    office.simulator.clear()

    at = moment_now()
    first = office.run(at=at)
    # who may have been created, and is not in the report yet, is not asked for again so soon
    assert outcomes(first)["waiting"] == unknown
    assert first.exit_code == (75 if unknown else 0)
    later = replace(at, at=at.at + timedelta(minutes=16), uptime=at.uptime + 16 * 60)
    last = office.run(at=later, load=True)
    assert last.exit_code == 0
    assert set(office.holders().values()) == {1}
    assert office.creations() == 20
    assert outcomes(first)["confirmed"] == confirmed

    # whatever broke, every password is known
    assert len(office.made()) == 20
    assert office.saved() == office.made()
    assert (first.unknown_passwords, last.unknown_passwords) == ((), ())
    assert office.places_of_passwords(killed.stdout, killed.stderr) == {"passwords.csv"}
    made_known = {"confirmed": confirmed, "unconfirmed": unknown}
    created_known = {"created": 20 - confirmed, **{name: count for name, count in made_known.items() if count}}
    assert dict(recorded(COUNTS)) == created_known


def test_two_runs_at_once_are_refused_with_the_process_that_holds_the_operation(office: Office) -> None:
    seen: list[UnavailableError] = []

    def again(step: str, row: PlannedAgent) -> None:
        if step == "answered" and not seen:
            with pytest.raises(UnavailableError) as caught:
                office.run(passwords=office.folder / "second.csv")
            seen.append(caught.value)

    assert office.run(on_step=again).exit_code == 0
    assert seen[0].exit_code == 75
    assert f"PID {os.getpid()}" in str(seen[0])
    assert office.creations() == 20
    assert not (office.folder / "second.csv").exists()


def test_a_plan_that_has_grown_old_creates_nobody_who_exists_by_now(office: Office) -> None:
    yesterday = office.plan(PEOPLE[:3])
    office.centre.hire(PEOPLE[0]["nombre"], PEOPLE[0]["documento"], "")
    office.centre.hire("ROA IVÁN", PEOPLE[1]["documento"], "")
    result = apply(yesterday, pace_seconds=0, load=False)
    assert [row.outcome for row in result.rows] == ["exists", "conflict", "created"]
    assert result.exit_code == 65


def test_nobody_is_created_whom_the_plan_did_not_want_to_create(office: Office) -> None:
    agent_id = office.centre.hire("ROA IVÁN", PEOPLE[0]["documento"], "")
    wanted = office.plan(PEOPLE[:1])
    office.centre.leave(agent_id)
    (row,) = apply(wanted, pace_seconds=0, load=False).rows
    assert row.outcome == "not_sent"
    assert office.creations() == 0


def test_an_unfinished_run_adds_to_its_own_file_and_a_finished_one_does_not(office: Office) -> None:
    office.simulator.misbehave(no(403, "PLEASE VALIDATE TOKEN"), api="create_agent")
    office.run(PEOPLE[:2])
    begun = office.passwords.read_bytes()
    assert begun == b"agent_id,agent_dni,agent_name,password,state\n"
    # a power cut in the middle of a line
    office.passwords.write_bytes(begun + b"12004,1")
    assert check_passwords(office.plan(PEOPLE[:2]), office.passwords)
    assert office.run(PEOPLE[:2]).exit_code == 0
    assert office.saved() == office.made()
    with pytest.raises(ConfigurationError):
        office.run()


def test_a_file_that_only_has_the_name_of_an_unfinished_runs_is_left_alone(office: Office) -> None:
    office.simulator.misbehave(no(403, "PLEASE VALIDATE TOKEN"), api="create_agent")
    office.run(PEOPLE[:2])
    office.passwords.rename(office.folder / "kept.csv")
    office.passwords.write_text("mine")
    with pytest.raises(ConfigurationError):
        office.run(PEOPLE[:2])
    assert office.passwords.read_text() == "mine"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="takes a device that is always full")
def test_a_password_that_the_disk_does_not_take_stops_the_run(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from wolkvox_source.provisioning.password_file import PasswordFile

    file = PasswordFile(office.passwords, False, lambda *_: None)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, file._file)
    with pytest.raises(UnavailableError) as caught:
        file.ask("2", "ANA", "Clave#2026")
    assert caught.value.reason == "passwords_unwritable"


def test_a_journal_that_cannot_be_had_sends_nothing(office: Office) -> None:
    office.journal.write_text("not a journal, and long enough to be looked at")
    with pytest.raises(ConfigurationError) as caught:
        office.plan()
    assert caught.value.reason == "journal_unusable"
    assert office.simulator.requests == []


def test_a_client_error_that_python_callers_catch_has_no_password(office: Office) -> None:
    office.simulator.misbehave(Answer(401, {"msg": "NO Clave#2026"}), api="agents")
    with pytest.raises(RefusedError):
        office.run([{**PEOPLE[0], "clave": "Clave#2026"}])
