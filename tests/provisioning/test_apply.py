"""Each agent once, whatever breaks; a password in one place only."""

import contextlib
import csv
import os
import signal
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from dlt.pipeline.exceptions import PipelineStepFailed

from wolkvox_source.errors import ConfigurationError, RefusedError, UnavailableError, UnreadableError
from wolkvox_source.language import restored
from wolkvox_source.provisioning.apply import apply, check_passwords
from wolkvox_source.provisioning.destination import create_agents
from wolkvox_source.provisioning.journal import Journal
from wolkvox_source.provisioning.moment import Moment, moment_now
from wolkvox_source.provisioning.outcomes import provisioning_pipeline
from wolkvox_source.provisioning.plan import Plan
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.planning import plan
from wolkvox_source.provisioning.policy import Policy
from wolkvox_source.provisioning.recording import load_record
from wolkvox_source.provisioning.result import Result
from wolkvox_source.provisioning.wanted import WantedError
from wolkvox_source.simulator import Answer, ContactCentre, Cut, Delay, Hang, HangUp, Simulator, Truncate
from wolkvox_source.source import wolkvox

TOKEN = "demo-token"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
PEOPLE = [{"documento": f"00{n}7001", "nombre": f"PEÑA INÉS {n}"} for n in range(1, 21)]


def moment(at: datetime | Moment) -> Moment:
    """That moment on a machine that started at eight."""
    return at if isinstance(at, Moment) else Moment(at, "a boot", (at - NOON + timedelta(hours=4)).total_seconds())


class Office:
    """A contact centre of three people that lets anybody in twice, and where this test keeps its files."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.centre = simulator.centres[0]
        self.folder = folder
        self.journal = folder / "journal.sqlite"
        self.passwords = folder / "passwords.csv"

    def plan(
        self, people: Any = None, at: datetime | Moment = NOON, operation: str | None = None, **policy: Any
    ) -> Plan:
        rows = PEOPLE if people is None else people
        wanted = Policy(only_creations=True, **policy)
        return plan(rows, operation, policy=wanted, journal=self.journal, clock=lambda: moment(at))

    def run(self, people: Any = None, at: datetime | Moment = NOON, policy: Any = None, **options: Any) -> Result:
        usual = {"pace_seconds": 0, "load": False, "passwords": self.passwords, "clock": lambda: moment(at)}
        return apply(self.plan(people, at, **(policy or {})), **{**usual, **options})

    def holders(self) -> dict[str, int]:
        """How many agents have each wanted document."""
        counts = Counter(agent.dni for agent in self.centre.agents.values())
        return {person["documento"]: counts[person["documento"]] for person in PEOPLE}

    def creations(self) -> int:
        return sum(request.method == "POST" for request in self.simulator.requests)

    def saved(self) -> dict[str, str]:
        """The passwords in the file, by document."""
        with self.passwords.open(encoding="utf-8", newline="") as file:
            return {row["agent_dni"]: row["password"] for row in csv.DictReader(file)}

    def made(self) -> dict[str, str]:
        """The passwords that wolkvox made for the wanted, by document."""
        wanted = {person["documento"] for person in PEOPLE}
        return {agent.dni: agent.password for agent in self.centre.agents.values() if agent.dni in wanted}

    def places_of_passwords(self, *streams: bytes) -> set[str]:
        """Every file of the test, and every stream, that holds any password."""
        secrets = [password.encode() for password in self.made().values()]
        files = {
            str(file.relative_to(self.folder)): file.read_bytes() for file in self.folder.rglob("*") if file.is_file()
        }
        everything = {**files, **{f"stream {number}": stream for number, stream in enumerate(streams)}}
        return {name for name, content in everything.items() if any(secret in content for secret in secrets)}

    def entries(self) -> list[tuple[Any, ...]]:
        with Journal(self.journal) as journal:
            return [(row["agent_dni"], row["outcome"], row["agent_id"]) for row in journal.requests.every()]


@pytest.fixture
def open_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Office]]:
    with contextlib.ExitStack() as stack:

        def opener(**options: Any) -> Office:
            usual = {"agents": 3, "licences": 8, "token": TOKEN, "now": NOON, "lively": False, "duplicates": "allowed"}
            simulator = stack.enter_context(Simulator(ContactCentre(**{**usual, **options})))
            monkeypatch.setenv("SOURCES__WOLKVOX__SERVER", "demo")
            monkeypatch.setenv("SOURCES__WOLKVOX__TOKEN", TOKEN)
            monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", simulator.url)
            monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
            return Office(simulator, tmp_path)

        yield opener


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    return open_office()


def outcomes(result: Result) -> Counter[str]:
    return Counter(row.outcome for row in result.rows)


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


def test_a_plan_sends_nothing_and_says_what_it_costs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "8")
    wanted = office.plan()
    assert (wanted.requests, wanted.daily_budget, wanted.slots_left, wanted.listed) == (21, 8000, 77, 3)
    assert [request.method for request in office.simulator.requests] == ["GET"]


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
    assert dict(_warehouse(COUNTS)) == created_known


COUNTS = "select outcome, count(*) from provisioned_agents group by all order by 1"


def _warehouse(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect("wolkvox.duckdb") as connection:
        connection.sql("set timezone = 'UTC'; use contact_center")
        return connection.sql(query).fetchall()


def hang(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Hang(), api="create_agent", after_effect=did_create)


def cut(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Cut(5), api="create_agent", after_effect=did_create)


def refuse(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(HangUp(), api="create_agent", after_effect=did_create)


def fail(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(500, "<html>"), api="create_agent", after_effect=did_create)


def say_nothing(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(403, "<html>"), api="create_agent", after_effect=did_create)


def not_there(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(404, "<html>"), api="create_agent", after_effect=did_create)


def clash(office: Office, did_create: bool) -> None:
    no = {"code": 409, "error": "CONFLICT", "msg": "DUPLICATE"}
    office.simulator.misbehave(Answer(409, no), api="create_agent", after_effect=did_create)


def ask_for_patience(office: Office, did_create: bool) -> None:
    office.simulator.misbehave(Answer(429, ""), api="create_agent", after_effect=did_create)


@pytest.mark.long
@pytest.mark.parametrize("did_create", [True, False], ids=["did create", "did not"])
@pytest.mark.parametrize(
    "misbehave",
    [hang, cut, refuse, fail, say_nothing, not_there, clash, ask_for_patience],
    ids=["timeout", "cut", "closed", "500", "403", "404", "409", "429"],
)
def test_an_answer_that_is_not_clear_stops_the_run_and_is_asked_for_once(
    office: Office, misbehave: Callable[[Office, bool], None], did_create: bool
) -> None:
    misbehave(office, did_create)
    first = office.run(PEOPLE[:3], answer_seconds=0.5)
    assert [row.outcome for row in first.rows] == ["unconfirmed", "not_sent", "not_sent"]
    assert first.exit_code == 75
    assert office.creations() == 1

    second = office.run(PEOPLE[:3], at=NOON + timedelta(minutes=1))
    expected = "confirmed" if did_create else "waiting"
    assert [row.outcome for row in second.rows] == [expected, "created", "created"]
    assert second.exit_code == (0 if did_create else 75)

    third = office.run(PEOPLE[:3], at=NOON + timedelta(minutes=16))
    assert [row.outcome for row in third.rows] == ["exists" if did_create else "created", "exists", "exists"]
    assert third.exit_code == 0
    assert list(office.holders().values())[:3] == [1, 1, 1]


def test_a_refused_row_goes_on_to_the_next_and_its_password_is_not_quoted(office: Office) -> None:
    people = [PEOPLE[0], {**PEOPLE[1], "clave": "Clave#2026"}, PEOPLE[2]]
    office.simulator.misbehave(Delay(0), api="create_agent")
    office.simulator.misbehave(
        no(400, "CLAVE Clave#2026 IS NOT STRONG"),
        api="create_agent",
    )
    result = office.run(people)
    assert [row.outcome for row in result.rows] == ["created", "refused", "created"]
    assert result.exit_code == 77
    assert "Clave#2026" not in repr(result.rows[1]) + str(result.rows[1].error)
    # a clear no is safe to send again at once
    assert [row.outcome for row in office.run(people).rows] == ["exists", "created", "exists"]


def test_a_full_contact_centre_refuses_each_of_the_rest(open_office: Callable[..., Office]) -> None:
    office = open_office(licences=1, agents=8)
    result = office.run(PEOPLE[:4])
    assert [row.outcome for row in result.rows] == ["created", "created", "refused", "refused"]


def test_a_budget_spent_half_way_stops_the_run_and_the_next_day_goes_on(office: Office) -> None:
    office.centre.spend(8_000 - 12)
    first = office.run()
    assert outcomes(first) == {"created": 10, "refused": 1, "not_sent": 9}
    assert first.stopped is not None
    assert (first.stopped.reason, first.exit_code) == ("budget_spent", 75)
    office.centre.spend(-8_000)
    second = office.run()
    assert (outcomes(second), second.exit_code) == ({"exists": 10, "created": 10}, 0)
    assert office.saved() == office.made()


def no(status: int, message: str) -> Answer:
    """An answer that says no in the documented shape."""
    error = {400: "BAD REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN"}[status]
    return Answer(status, {"code": str(status), "error": error, "msg": message})


@pytest.mark.long
@pytest.mark.parametrize(
    ("answer", "reason", "exit_code"),
    [
        (no(403, "PLEASE VALIDATE TOKEN"), "bad_token", 77),
        (no(403, "TOKEN LIMIT EXCEEDED"), "budget_spent", 75),
        (no(403, "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)"), "too_many_at_once", 75),
    ],
    ids=["bad token", "budget", "too many at once"],
)
def test_a_documented_no_that_every_other_row_would_meet_too_stops_the_run(
    office: Office, answer: Answer, reason: str, exit_code: int
) -> None:
    office.simulator.misbehave(answer, api="create_agent")
    result = office.run(PEOPLE[:3])
    assert result.stopped is not None
    assert (result.stopped.reason, result.exit_code) == (reason, exit_code)
    assert office.creations() == 1
    # nothing happened, so it is safe to send again at once
    assert office.run(PEOPLE[:3]).exit_code == 0


@pytest.mark.long
@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, "<html><h1>Forbidden</h1></html>"),
        Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": ""}),
        Answer(404, {"code": "404", "error": "NOT FOUND", "msg": "Validate dates entered"}),
        Answer(404, "<html>"),
        Answer(405, {"code": "405", "error": "METHOD NOT ALLOWED", "msg": "METHOD NOT ALLOWED"}),
        Answer(409, {"code": "409", "error": "CONFLICT", "msg": "CONFLICT"}),
        Answer(429, ""),
        Answer(400, "<html>"),
    ],
    ids=["403 page", "403 without words", "404", "404 page", "405", "409", "429", "400 page"],
)
def test_a_4xx_that_nobody_documents_may_come_after_the_commit(
    open_office: Callable[..., Office], answer: Answer
) -> None:
    office = open_office(lag=timedelta(minutes=10))
    office.simulator.misbehave(answer, api="create_agent", after_effect=True)
    first = office.run(PEOPLE[:4])
    assert [row.outcome for row in first.rows] == ["unconfirmed", "not_sent", "not_sent", "not_sent"]
    # the report does not list the first yet, and nobody is asked for twice
    second = office.run(PEOPLE[:4], at=NOON + timedelta(minutes=1))
    assert [row.outcome for row in second.rows] == ["waiting", "created", "created", "created"]
    office.centre.advance(timedelta(minutes=16))
    last = office.run(PEOPLE[:4], at=NOON + timedelta(minutes=16))
    assert [row.outcome for row in last.rows] == ["confirmed", "exists", "exists", "exists"]
    assert [*office.holders().values()][:4] == [1, 1, 1, 1]
    assert office.saved() == office.made()


def test_a_server_that_goes_away_between_two_leaves_nothing_in_doubt(office: Office) -> None:
    def close(step: str, row: PlannedAgent) -> None:
        if step == "wanted" and row.agent.line == 3:
            office.simulator.__exit__(None, None, None)

    result = office.run(PEOPLE[:4], on_step=close)
    assert [row.outcome for row in result.rows] == ["created", "created", "refused", "not_sent"]
    assert result.stopped is not None
    assert (result.stopped.reason, result.stopped.exit_code) == ("unreachable", 75)
    with office.simulator:
        assert office.run(PEOPLE[:4]).exit_code == 0


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


def test_a_report_that_is_cut_is_not_planned_on(office: Office) -> None:
    office.simulator.misbehave(Truncate(2))
    with pytest.raises(UnreadableError, match="The report announced 3 and brought 2"):
        office.plan()


@pytest.mark.parametrize("empty_status", [404, 200])
def test_an_empty_report_is_accepted_only_when_the_administrator_says_so(
    open_office: Callable[..., Office], empty_status: int
) -> None:
    office = open_office(agents=0, empty_status=empty_status)
    with pytest.raises(UnreadableError) as caught:
        office.run(PEOPLE[:2])
    assert (caught.value.reason, office.creations()) == ("report_empty", 0)
    assert office.run(PEOPLE[:2], policy={"accept_empty": True}).exit_code == 0
    # and not at all once somebody was there
    for agent_id in list(office.centre.agents):
        office.centre.leave(agent_id)
    with pytest.raises(UnreadableError) as caught:
        office.run(PEOPLE[:2], policy={"accept_empty": True})
    assert caught.value.reason == "report_doubtful"
    assert "The report has no agents, and before it had 2" in str(caught.value)


def test_creations_keep_their_pace_and_stop_between_two_agents(office: Office) -> None:
    stop = threading.Event()

    def on_step(step: str, row: PlannedAgent) -> None:
        if step == "settled" and row.agent.line == 2:
            threading.Timer(0.1, stop.set).start()

    result = office.run(PEOPLE[:4], pace_seconds=0.4, stop=stop, on_step=on_step)
    assert [row.outcome for row in result.rows] == ["created", "created", "not_sent", "not_sent"]
    times = [request.seconds for request in office.simulator.requests if request.method == "POST"]
    assert times[1] - times[0] >= 0.4
    assert result.exit_code == 75


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


def test_several_operations_want_one_to_be_named(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["ventas", "soporte"]')
    with pytest.raises(ConfigurationError) as caught:
        office.plan()
    assert str(caught.value) == (
        "There are several operations: say in which one to create with --operation, one of ventas, soporte."
    )
    assert office.plan(operation="soporte").operation == "soporte"


def test_a_list_with_problems_asks_wolkvox_for_nothing(office: Office) -> None:
    with pytest.raises(WantedError):
        office.plan([{"documento": "1001", "nombre": ""}])
    assert office.simulator.requests == []


@pytest.mark.long
def test_the_record_loads_what_became_of_each_and_is_the_same_when_loaded_again(office: Office) -> None:
    known = office.centre.hire("ROA IVÁN", "9001", "")
    ids = [str(int(known) + n) for n in (1, 2, 3)]
    office.simulator.misbehave(Delay(0), api="create_agent")
    office.simulator.misbehave(no(400, "NO"), api="create_agent")
    office.simulator.misbehave(Answer(500, ""), api="create_agent", after_effect=True)
    people = [{"documento": "9001", "nombre": "ROA IVÁN"}, *PEOPLE[:3]]
    office.run(people, load=True)
    query = "select agent_key, agent_dni, agent_id, requested_at, outcome, reason from provisioned_agents"
    first = [
        (f"demo:{known}", "9001", known, NOON, "exists", None),
        (f"demo:{ids[0]}", "0017001", ids[0], NOON, "created", None),
        (None, "0027001", None, NOON, "refused", "creation_refused"),
        (None, "0037001", None, NOON, "unconfirmed", "unconfirmed"),
    ]
    assert sorted(_warehouse(query), key=lambda row: row[1]) == sorted(first, key=lambda row: row[1])
    load_record(office.journal)
    assert len(_warehouse(query)) == 4
    later = NOON + timedelta(minutes=16)
    assert office.run(people, at=later, load=True).exit_code == 0
    last = [*first[:3], (f"demo:{ids[1]}", "0037001", ids[1], NOON, "confirmed", "message_confirmed_saved")]
    last.append((f"demo:{ids[2]}", "0027001", ids[2], later, "created", None))
    assert sorted(_warehouse(query), key=str) == sorted(last, key=str)
    (facts,) = _warehouse("select facts from provisioned_agents where outcome = 'confirmed'")[0]
    assert restored(facts) == {"file": str(office.passwords)}


@pytest.mark.long
def test_the_record_stands_beside_the_tables_of_the_sync(office: Office) -> None:
    def sync() -> None:
        dlt.pipeline(
            "wolkvox", destination=dlt.destinations.duckdb("wolkvox.duckdb"), dataset_name="contact_center"
        ).run(wolkvox())

    sync()
    office.run(PEOPLE[:2], load=True)
    sync()
    joined = """
        select agents.agent_name from provisioned_agents join agents using (agent_key)
        where agents.present and outcome = 'created' order by 1
    """
    assert _warehouse(joined) == [("PEÑA INÉS 1",), ("PEÑA INÉS 2",)]
    assert office.run(load=True, passwords=None).exit_code == 0
    assert _warehouse("select count(*) from agents") == [(5,)]
    assert _warehouse(COUNTS) == [("created", 20)]


def test_a_warehouse_that_is_away_leaves_the_creations_and_gets_the_record_later(office: Office) -> None:
    def away() -> dlt.Pipeline:
        return provisioning_pipeline("postgres")

    office.run(PEOPLE[:1])
    os.environ["DESTINATION__POSTGRES__CREDENTIALS"] = "postgresql://nobody:x@127.0.0.1:1/none"
    try:
        result = office.run(PEOPLE[:2], load=True, pipeline=away, passwords=office.folder / "others.csv")
    finally:
        del os.environ["DESTINATION__POSTGRES__CREDENTIALS"]
    assert result.record_error is not None
    # somebody was asked, and nobody says otherwise
    assert result.record_error.reason == "record_away"
    assert result.exit_code == 0
    assert load_record(office.journal) == 2
    assert _warehouse(COUNTS) == [("created", 2)]


@pytest.mark.long
@pytest.mark.parametrize("protection", ["hash", "drop"])
def test_a_document_that_may_not_be_kept_is_neither_in_the_journal_nor_in_the_warehouse(
    office: Office, monkeypatch: pytest.MonkeyPatch, protection: str
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_AGENT_DNI", protection)
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_KEY", "a long and random text")
    document = PEOPLE[0]["documento"]
    office.simulator.misbehave(no(400, f"{document} IS KNOWN"), api="create_agent")
    office.run(PEOPLE[:1], passwords=None, load=True)
    assert office.run(PEOPLE[:1], passwords=None, load=True).exit_code == 0
    written = b"".join(file.read_bytes() for file in office.folder.rglob("*") if file.is_file())
    assert document.encode() not in written
    dlt.pipeline("wolkvox", destination=dlt.destinations.duckdb("wolkvox.duckdb"), dataset_name="contact_center").run(
        wolkvox()
    )
    joined = (
        _warehouse("select count(*) from provisioned_agents join agents using (agent_dni)")
        if protection == "hash"
        else [(2,)]
    )
    assert joined == [(2,)]


def sink(office: Office, rows: list[dict[str, Any]], name: str = "hr", **options: Any) -> None:
    destination = create_agents(
        journal=str(office.journal), passwords=str(office.passwords), pace_seconds=0.0, **options
    )
    dlt.pipeline(name, destination=destination).run(rows, table_name="people")


@pytest.mark.long
def test_a_dlt_pipeline_creates_the_agents_of_its_rows_once(office: Office) -> None:
    sink(office, PEOPLE)
    sink(office, PEOPLE)
    assert set(office.holders().values()) == {1}
    assert office.creations() == 20
    assert office.saved() == office.made()
    assert office.places_of_passwords() == {"passwords.csv"}
    assert load_record(office.journal) == 20


@pytest.mark.long
def test_a_dlt_pipeline_fails_once_when_wolkvox_is_not_clear_and_goes_on_when_run_again(office: Office) -> None:
    office.simulator.misbehave(Answer(500, ""), api="create_agent", after_effect=True)
    with pytest.raises(PipelineStepFailed, match="3 of 3 do not; the first is unconfirmed"):
        sink(office, PEOPLE[:3])
    assert office.creations() == 1
    sink(office, PEOPLE[:3])
    assert office.creations() == 3
    assert list(office.holders().values())[:3] == [1, 1, 1]


def test_a_dlt_pipeline_that_brings_passwords_is_refused_with_a_sentence(office: Office) -> None:
    with pytest.raises(PipelineStepFailed, match="has a column 'Contraseña', and dlt has written it to its files"):
        sink(office, [{**PEOPLE[0], "Contraseña": "Clave#2026"}])
    assert office.creations() == 0


def test_a_client_error_that_python_callers_catch_has_no_password(office: Office) -> None:
    office.simulator.misbehave(Answer(401, {"msg": "NO Clave#2026"}), api="agents")
    with pytest.raises(RefusedError):
        office.run([{**PEOPLE[0], "clave": "Clave#2026"}])
