"""`wolkvox agents` as a person meets it: a plan, a file of it, the one question, and the end."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wolkvox_source.cli.main import main
from wolkvox_source.simulator import ContactCentre, Delay, Simulator

LIST = "documento;nombre;enabled;skills\n0017001;PEÑA INÉS;;ventas:5\n0027001;ROA IVÁN;no;\n"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    centre = ContactCentre(agents=3, licences=8, token="demo-token", lively=False, duplicates="allowed")
    centre.hire("ROA IVÁN", "0027001", "")
    with Simulator(centre) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
        monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", "demo-token")
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        (tmp_path / "people.csv").write_text(LIST, encoding="utf-8")
        yield simulator


def changes(simulator: Simulator) -> list[str]:
    return [request.api for request in simulator.requests if request.method != "GET"]


def agents(*words: str) -> int:
    return main(["agents", *words])


def test_plan_changes_nothing_and_says_what_it_would_take(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agents("plan", "people.csv", "--pace", "60", "--lang", "en") == 0
    printed = capsys.readouterr().out
    assert "Operation demo: 2 wanted, 4 in the report" in printed
    assert "VENTAS: 5" in printed
    assert "Carrying it out makes 6 requests of the daily budget; at this pace about 2 minutes" in printed
    assert "wolkvox_create_agents.sqlite" in printed
    assert changes(office) == []
    assert agents("plan", "people.csv", "--detailed-exitcode") == 2


def test_a_plan_is_kept_read_and_applied_and_then_nothing_differs(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agents("plan", "people.csv", "--out", "plan.json") == 0
    assert agents("apply", "plan.json", "--yes", "--pace", "0", "--passwords", "new.csv") == 0
    printed = capsys.readouterr()
    _, outcome = printed.out.split("Operation demo: what became of it")
    ends = [" ".join(line.split()) for line in outcome.splitlines()]
    assert [line.partition(" 1200")[2] for line in ends if " done " in line] == [
        "5 add to skill: VENTAS: 5",
        "4 disable",
    ]
    assert printed.out.endswith("Nobody's password is unknown.\nEverything is as wanted.\n")
    assert printed.err == ""
    assert changes(office) == ["create_agent", "add_agents_skill", "disable_agent"]
    made = [agent.password for agent in office.centres[0].agents.values() if agent.dni == "0017001"]
    with Path("new.csv").open(encoding="utf-8", newline="") as file:
        assert [row["password"] for row in csv.DictReader(file)] == made
    assert made[0] not in printed.out + Path("plan.json").read_text()
    assert agents("plan", "people.csv", "--detailed-exitcode") == 0
    assert agents("apply", "people.csv") == 0
    assert "Nothing differs from the list that is to be changed." in capsys.readouterr().out
    assert len(changes(office)) == 3


def test_the_plan_and_its_outcomes_speak_spanish(office: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert agents("apply", "people.csv", "--yes", "--pace", "0", "--lang", "es") == 0
    printed = capsys.readouterr()
    for words in ("agregar a habilidad", "deshabilitar", "a este ritmo, unos 0 segundos", "Todo está como se pidió."):
        assert words in printed.out
    assert "1 agente creado o cambiado desde aquí tiene una clave que nadie conoce" in printed.err


def test_who_is_in_conflict_is_not_told_to_run_the_same_again(
    office: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("people.csv").write_text("documento;nombre\n0017001;PEÑA INÉS\n0037001;\n", encoding="utf-8")
    assert agents("apply", "people.csv", "--yes", "--pace", "0", "--lang", "en") == 65
    assert capsys.readouterr().err.endswith(
        "1 of 2 wanted is in conflict, which a person has to settle: the note says what to do.\n"
    )


def test_template_is_a_list_that_can_be_planned(office: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert agents("template", "lista.csv") == 0
    assert agents("plan", "lista.csv") == 65
    assert "and not disabled, so it cannot be re-used" in capsys.readouterr().out
    assert agents("template", "lista.csv") == 64


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["plan", "people.csv", "--pace", "inf"], 64, "--pace must be a number of at least 0."),
        (["plan", "people.csv", "--resend-after", "nan"], 64, "--resend-after must be a number of at least 0."),
        (["plan", "none.csv"], 65, "There is no file none.csv"),
        (["apply", "people.csv"], 64, "Nothing was sent: nobody is at a terminal to be asked; add --yes"),
        (["plan", "people.csv", "--out", "people.csv"], 64, "There is already a file people.csv"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    office: Simulator, capsys: pytest.CaptureFixture[str], words: list[str], code: int, sentence: str
) -> None:
    assert agents(*words) == code
    assert capsys.readouterr().err.startswith(sentence)
    assert changes(office) == []


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_while_planning_ends_in_a_sentence(office: Simulator, number: signal.Signals) -> None:
    office.misbehave(Delay(20), api="agents")
    command = [sys.executable, "-m", "wolkvox_source.cli.main", "agents", "plan", "people.csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not office.requests:
            os.sched_yield()
        process.send_signal(number)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err == "Stopped. What was left half done, the next run finishes.\n"
