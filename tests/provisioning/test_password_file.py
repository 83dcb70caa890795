"""Passwords are made here, are in one file, and are known whatever breaks."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.provisioning.machines import Machine, outcomes, people
from wolkvox_source.errors import UnavailableError
from wolkvox_source.provisioning.password_file import PasswordFile
from wolkvox_source.simulator import Answer, Simulator


def opened(path: Path, begun: bool = False) -> PasswordFile:
    return PasswordFile(path, begun, lambda *_: None)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_every_password_is_asked_before_it_is_set(tmp_path: Path) -> None:
    path = tmp_path / "passwords.csv"
    with opened(path) as file:
        file.ask("7001", "ANA", "Aaaa#2026")
        assert rows(path)[-1]["state"] == "asked"
        file.set("12001", "7001", "ANA", "Aaaa#2026")
        file.ask("7002", "EVA", "Eeee#2026")
        file.ask("7003", "LUZ", "Llll#2026")
        file.take_back("7003")
    assert rows(path) == [
        {"agent_id": "12001", "agent_dni": "7001", "agent_name": "ANA", "password": "Aaaa#2026", "state": "set"},
        {"agent_id": "", "agent_dni": "7002", "agent_name": "EVA", "password": "Eeee#2026", "state": "asked"},
    ]
    with opened(path, begun=True) as file:
        assert (file.password_of("7002"), file.password_of("7003")) == ("Eeee#2026", None)


def test_a_password_that_is_refused_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "passwords.csv"
    with opened(path) as file:
        file.set("12001", "7001", "ANA", "Before#2026")
        file.ask("7001", "ANA", "After#2026", "12001")
        file.take_back("7001")
    assert [(row["password"], row["state"]) for row in rows(path)] == [("Before#2026", "set")]


FILLING = """
import resource, signal, sys
from pathlib import Path
from wolkvox_source.provisioning.password_file import PasswordFile

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path("passwords.csv")
file = PasswordFile(path, False, lambda *_: None)
file.ask("7001", "ANA", "Aaaa#2026")
full = path.stat().st_size + 12
resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
try:
    file.ask("7002", "EVA", "Eeee#2026")
except Exception as error:
    print(type(error).__name__)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
file.ask("7003", "LUZ", "Llll#2026")
"""


@pytest.mark.skipif(os.name != "posix", reason="takes a limit on the size of files")
def test_a_disk_that_is_full_in_the_middle_of_a_row_mixes_nobody_up(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILLING], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{UnavailableError.__name__}\n"
    assert [(row["agent_name"], row["password"]) for row in rows(tmp_path / "passwords.csv")] == [
        ("ANA", "Aaaa#2026"),
        ("LUZ", "Llll#2026"),
    ]


def test_a_file_that_no_journal_could_remember_stands_in_nobodys_way(tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise UnavailableError("journal_unwritable", path=tmp_path, problem="database or disk is full")

    path = tmp_path / "passwords.csv"
    with pytest.raises(UnavailableError):
        PasswordFile(path, False, full)
    assert not path.exists()
    # one that was begun before holds passwords
    with opened(path) as file:
        file.set("12001", "7001", "ANA", "Aaaa#2026")
    with pytest.raises(UnavailableError):
        PasswordFile(path, True, full)
    assert [row["password"] for row in rows(path)] == ["Aaaa#2026"]


def test_what_a_power_cut_left_half_written_is_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "passwords.csv"
    with opened(path) as file:
        file.ask("7001", "ANA", "Aaaa#2026")
    with path.open("ab") as half:
        half.write(b"12002,7002,EV")
    with opened(path, begun=True) as file:
        file.ask("7003", "LUZ", "Llll#2026")
        assert [row["agent_dni"] for row in rows(path)] == ["7001", "7003"]


def test_a_file_of_an_earlier_version_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "passwords.csv"
    path.write_text("agent_id,agent_dni,agent_name,password\n12001,7001,ANA,Aaaa#2026\n", encoding="utf-8")
    with opened(path, begun=True) as file:
        file.ask("7002", "EVA", "Eeee#2026")
    assert [(row["agent_dni"], row["state"]) for row in rows(path)] == [("7001", "set"), ("7002", "asked")]


def test_what_wolkvox_answers_wins_where_it_differs(machine: Machine, simulated: Simulator) -> None:
    answer = {"code": 201, "error": None, "msg": "Agent has been created"}
    data = [{"agent_id": "12004", "password": "Theirs#2026"}]
    simulated.misbehave(Answer(201, {**answer, "data": data}), api="create_agent", after_effect=True)
    machine.run(people(1))
    assert machine.saved() == {"0017001": "Theirs#2026"}


def test_an_answer_that_is_lost_takes_no_password_along(machine: Machine, simulated: Simulator) -> None:
    for _ in range(3):
        simulated.misbehave(Answer(502, "<html>"), api="create_agent", after_effect=True)
        machine.run(people(6))
    result = machine.run(people(6))
    assert result.unknown_passwords == ()
    made = {agent.dni: agent.password for agent in machine.centre.agents.values() if agent.dni.startswith("00")}
    assert {row["documento"]: made[row["documento"]] for row in people(6)} == machine.saved()
    assert {row["state"] for row in rows(machine.passwords)} == {"set"}


def test_every_run_says_whose_password_nobody_knows(machine: Machine) -> None:
    first = machine.apply(machine.plan(people(3)), passwords=None)
    assert outcomes(first) == {"created": 3}
    again = machine.run(people(4))
    assert outcomes(again) == {"exists": 3, "created": 1}
    for result in (first, again):
        assert [agent.agent_dni for agent in result.unknown_passwords] == ["0017001", "0027001", "0037001"]


def test_an_agent_id_that_is_no_number_is_no_yes(machine: Machine, simulated: Simulator) -> None:
    answer = {"code": 201, "error": None, "msg": "Agent has been created"}
    data = [{"agent_id": "12004 Clave#2026", "password": "x"}]
    simulated.misbehave(Answer(201, {**answer, "data": data}), api="create_agent", after_effect=True)
    result = machine.run(people(1))
    assert outcomes(result) == {"unconfirmed": 1}
    assert "Clave#2026" not in repr(result) + str(result.stopped)


@pytest.mark.parametrize("echo", ["Clave&2026x", "Clave&amp;2026x", "Clave%262026x", "lave&2026x"])
def test_a_refusal_that_echoes_the_password_is_quoted_nowhere(
    machine: Machine, simulated: Simulator, echo: str
) -> None:
    no = Answer(400, {"code": "400", "error": "BAD REQUEST", "msg": f"THE PASSWORD {echo} IS WEAK"})
    simulated.misbehave(no, api="create_agent")
    result = machine.run([{**people(1)[0], "clave": "Clave&2026x"}])
    assert outcomes(result) == {"refused": 1}
    (row,) = result.rows
    assert echo not in str(row.error) + repr(row) + str(row.facts)
    files = b"".join(file.read_bytes() for file in machine.folder.rglob("*") if file.is_file())
    assert echo.encode() not in files
