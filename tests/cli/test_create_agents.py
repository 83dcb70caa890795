"""`wolkvox create-agents` as a person meets it: what it prints, what it asks, how it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wolkvox_source.cli.main import main
from wolkvox_source.language import say
from wolkvox_source.simulator import Answer, ContactCentre, Delay, Simulator

pty = pytest.importorskip("pty", reason="takes a POSIX terminal")

ROSTER = "documento,nombre,clave\n0017001,PEÑA INÉS,\n0027001,[red]ROA IVÁN,Clave#2026\n0037001,DÍAZ EVA,\n"
COMMAND = [sys.executable, "-m", "wolkvox_source.cli.main", "create-agents", "roster.csv", "--pace", "0.1"]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    centre = ContactCentre(agents=3, licences=8, token="demo-token", lively=False, duplicates="allowed")
    with Simulator(centre) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", "demo-token")
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
        yield simulator


def creations(simulator: Simulator) -> int:
    return sum(request.method == "POST" for request in simulator.requests)


def create(*options: str) -> int:
    return main(["create-agents", "roster.csv", "--pace", "0", *options])


def shown(printed: str) -> list[list[str]]:
    """The lines of a table without its spaces, by column."""
    lines = (line.strip() for line in printed.splitlines())
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines if line[:1].isdigit()]


def test_the_plan_shows_every_row_and_sends_nothing(
    office: Simulator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "8")
    disabled = next(iter(office.centres[0].agents.values()))
    office.centres[0].disable(disabled.agent_id)
    there = office.centres[0].hire("DIAZ  Eva", "0037001", "")
    assert create() == 0
    printed = capsys.readouterr()
    rows = shown(printed.out)
    assert rows[0][:4] == ["2", "0017001", "PEÑA INÉS", "create"]
    assert " ".join(rows[0][4:]).startswith(f"re-use? {disabled.agent_id},")
    assert rows[1] == ["3", "0027001", "[red]ROA IVÁN", "create"]
    assert rows[2] == ["4", "0037001", "DÍAZ EVA", "exists", there]
    assert printed.out.splitlines()[-4:] == [
        "Slots left: 76, wanted: 2",
        "Carrying it out makes 3 requests of the daily budget of 8000; at this pace about 0 seconds",
        say("plan_discarded"),
        "Nothing was sent. To create these agents, add --apply.",
    ]
    assert "Clave#2026" not in printed.out + printed.err
    assert creations(office) == 0


def test_the_plan_speaks_spanish(office: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert create("--lang", "es") == 0
    printed = capsys.readouterr().out
    assert "Operación demo: en la lista, 3; en el reporte, 3" in printed
    assert shown(printed)[0] == ["2", "0017001", "PEÑA INÉS", "crear"]
    assert printed.endswith("No se envió nada. Para crear estos agentes, agregue --apply.\n")


def test_a_conflict_is_shown_and_the_code_says_that_a_person_has_to_look(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    other = office.centres[0].hire("OTRA PERSONA", "0037001", "")
    assert create() == 65
    assert shown(capsys.readouterr().out)[2][3:] == [
        "conflict",
        other,
        f"the document is OTRA PERSONA's in wolkvox, agent {other}",
    ]


def test_apply_with_yes_creates_and_records_and_leaves_passwords_in_one_place(
    office: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert create("--apply", "--yes", "--passwords", "passwords.csv", "--verbose") == 0
    printed = capsys.readouterr()
    new = list(office.centres[0].agents)[3:]
    assert [row[3:] for row in shown(printed.out)[3:]] == [["created", agent_id] for agent_id in new]
    assert printed.out.endswith("Everything is as wanted.\n")
    assert printed.err == ""
    made = [agent.password.encode() for agent in list(office.centres[0].agents.values())[3:]]
    assert b"Clave#2026" in made
    files = {file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert "wolkvox.duckdb" in files
    files |= {"stdout": printed.out.encode(), "stderr": printed.err.encode()}
    assert {name for name, content in files.items() if made[0] in content or made[2] in content} == {"passwords.csv"}
    assert {name for name, content in files.items() if made[1] in content} == {"passwords.csv", "roster.csv"}
    # everybody exists, so the same command has nothing to do and nothing to complain about
    assert create("--apply", "--yes", "--passwords", "passwords.csv") == 0
    assert creations(office) == 3


def test_what_keeps_agents_from_existing_is_told_at_the_end(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    office.misbehave(
        Answer(400, {"code": "400", "error": "BAD REQUEST", "msg": "THE PASSWORD DOES NOT MEET THE POLICY"}),
        api="create_agent",
    )
    office.misbehave(Answer(500, ""), api="create_agent", after_effect=True)
    assert create("--apply", "--yes") == 77
    printed = capsys.readouterr()
    assert [row[3] for row in shown(printed.out)[3:]] == ["refused", "unconfirmed", "not sent"]
    assert printed.err.splitlines()[-1] == (
        "3 of 3 wanted are not as wanted yet: run the same command again; nobody is created twice."
    )
    assert create("--apply", "--yes") == 0
    assert [row[3] for row in shown(capsys.readouterr().out)[3:]] == ["created", "confirmed", "created"]
    assert len(office.centres[0].agents) == 6


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--apply"], 64, "Nothing was sent: nobody is at a terminal to be asked; add --yes."),
        (["--pace", "-1"], 64, "--pace must be a number of at least 0."),
        (["--resend-after", "nan"], 64, "--resend-after must be a number of at least 0."),
        (["--passwords", "roster.csv"], 64, "There is already a file roster.csv"),
        (["--passwords", "none/p.csv"], 64, "The folder of none/p.csv does not exist"),
        (["--operation", "none"], 78, "There is no operation 'none' in the configuration"),
        (["--journal", "/dev/null/journal"], 78, "The journal /dev/null/journal cannot be used"),
    ],
)
def test_a_command_that_makes_no_sense_is_one_sentence_and_sends_nothing(
    office: Simulator, capsys: pytest.CaptureFixture[str], options: list[str], code: int, sentence: str
) -> None:
    assert create(*options) == code
    assert capsys.readouterr().err.startswith(sentence)
    assert creations(office) == 0


def test_problems_of_the_list_are_65_and_ask_wolkvox_nothing(
    office: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "roster.csv").write_text("documento,nombre,clave\n1001,,x\n1001,ANA,\n")
    assert create() == 65
    assert capsys.readouterr().err.splitlines() == [
        "Nothing was sent. Correct roster.csv, 3 problems to go:",
        "line 2: there is no name",
        "line 2: the password needs an upper-case letter, a lower-case letter, a digit and one of ! # % & * @",
        "line 3: the document stands on line 2 too",
    ]
    assert office.requests == []


def test_a_long_plan_shows_the_first_rows_and_all_that_need_a_person(
    office: Simulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    people = "".join(f"{n},ANA RUIZ {n}\n" for n in range(1001, 1301))
    (tmp_path / "roster.csv").write_text(f"documento,nombre\n{people}")
    office.centres[0].hire("OTRA PERSONA", "1290", "")
    assert create() == 65
    printed = capsys.readouterr().out
    assert [row[1] for row in shown(printed)] == [*map(str, range(1001, 1101)), "1290"]
    assert "and 199 more like these" in printed


def at_a_terminal(*options: str, answer: bytes) -> tuple[int, str]:
    """The exit code and everything printed to an administrator who types `answer` at the question."""
    person, terminal = pty.openpty()
    with subprocess.Popen([*COMMAND, *options], stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        printed = b""
        while True:
            try:
                read = os.read(person, 65_536)
            except OSError:  # the other end is closed
                break
            if b"[y/N]" in read:
                os.write(person, answer)
            printed += read
        os.close(person)
        return process.wait(), printed.decode()


@pytest.mark.long
@pytest.mark.parametrize(("answer", "created"), [(b"y\n", 3), (b"\n", 0)], ids=["yes", "no"])
def test_at_a_terminal_apply_asks_once(office: Simulator, answer: bytes, created: int) -> None:
    code, printed = at_a_terminal("--apply", "--passwords", "passwords.csv", answer=answer)
    assert printed.count("Create 3 agents in demo? [y/N]") == 1
    assert (code, creations(office)) == (0, created)
    assert ("Everything is as wanted." if created else "Nothing was sent.") in printed
    assert not any(agent.password in printed for agent in office.centres[0].agents.values() if agent.password)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_stops_after_the_agent_under_way(office: Simulator, number: signal.Signals) -> None:
    office.misbehave(Delay(0.6), api="create_agent")
    command = [*COMMAND, "--apply", "--yes", "--passwords", "passwords.csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not creations(office):
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == 75
    assert [row[3] for row in shown(out)[3:]] == ["created", "not sent", "not sent"]
    assert err.startswith("Stopping after the agent under way")
    assert creations(office) == 1
    assert create("--apply", "--yes", "--passwords", "passwords.csv") == 0
    assert len(Path("passwords.csv").read_text().splitlines()) == 4
