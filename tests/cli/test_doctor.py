import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.worlds import MONDAY, TOKEN, Clock, Warehouse, environment
from wolkvox_source.doctor.examination import Examination
from wolkvox_source.doctor.finding import Finding
from wolkvox_source.doctor.machine import required, unsuitable
from wolkvox_source.language import Speech, speak
from wolkvox_source.settings import configured_operations
from wolkvox_source.simulator import Answer, ContactCentre, Simulator, Truncate
from wolkvox_source.source import observing
from wolkvox_source.sync.run import sync
from wolkvox_source.warehouse.pipeline import pipeline_into

ENGLISH = speak("en")
ROOT = Path(__file__).parents[2]
# Python and its libraries, the files of settings, the operation's settings
BELOW = 3


def examined(destination: str = "duckdb", dataset: str = "contact_center", **options: Any) -> list[Finding]:
    """What the doctor finds on Monday at 07:00 in Bogotá."""
    return [*Examination(destination, dataset_name=dataset, now=MONDAY, wait_seconds=0.5, **options).findings()]


def sentence(finding: Finding, speech: Speech = ENGLISH) -> str:
    return speech.tell(finding.phrase)


def lines(findings: list[Finding], speech: Speech = ENGLISH) -> list[tuple[str, str]]:
    """State and sentence, without what differs from machine to machine."""
    said = [(finding.state, sentence(finding, speech)) for finding in findings]
    return [(state, re.sub(r"\d+(\.\d+)? (GB|MB|ms)", r"N \2", text)) for state, text in said]


def failure(findings: list[Finding]) -> tuple[int, str]:
    """The exit code and sentence of the one failure, which must come last."""
    assert [finding.state for finding in findings].count("fail") == 1
    assert findings[-1].state == "fail"
    return findings[-1].exit_code, sentence(findings[-1])


@pytest.fixture
def staffed(centre: ContactCentre) -> ContactCentre:
    """One agent, who connected ten minutes ago."""
    agent_id = centre.hire("PÉREZ  ANA", "1001")
    centre.set_last_use(agent_id, "2026-03-02 06:50:00")
    return centre


def test_where_all_is_well_every_line_is_ok_and_nothing_stays_behind(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, tmp_path: Path
) -> None:
    findings = examined()
    file = tmp_path / "wolkvox.duckdb"

    assert lines(findings)[BELOW:] == [
        ("ok", f"demo: 127.0.0.1 is 127.0.0.1, and port {simulator.url.rpartition(':')[2]} opens (N ms)."),
        ("ok", "demo: the token is accepted; of today's requests, 99999 are left of 100000."),
        ("ok", "demo: the report is readable: 1 record, as it announces."),
        (
            "ok",
            (
                "demo: in America/Bogota it is Mar 2, 2026 07:00:00, which the clock in wolkvox Manager must show too; "
                "the latest connection was on Mar 2, 2026 06:50:00. Where Manager's clock differs, put the right zone "
                "in the setting `timezone`."
            ),
        ),
        ("ok", f"The destination will be {file}: its folder can be written, and the disk has N GB free."),
        ("ok", "No load package is left from an earlier run."),
        ("note", "Nothing has been observed yet: run wolkvox sync."),
    ]
    assert [request.api for request in simulator.requests] == ["token_info", "agents"]
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


@pytest.mark.long
def test_a_destination_is_written_to_and_left_as_it_was(
    staffed: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    destination, dataset = warehouse.destination, warehouse.dataset
    before = examined(destination, dataset)
    sync(warehouse.place(), clock=clock)
    after = examined(destination, dataset)

    assert [state for state, _ in lines(before)][-3:] == ["ok", "ok", "note"]
    assert [state for state, _ in lines(after)][-3:] == ["ok"] * 3
    # one observation covers no time yet, so there is no coverage to tell
    assert lines(after)[-1][1] == "demo: last success 0 seconds ago (Mar 2, 2026 12:00:00 UTC)."
    place = lines(after)[-3][1]
    assert "can be written" in place
    assert warehouse.rows("select table_name from information_schema.tables where table_name = 'wolkvox_doctor'") == []


def test_each_setting_is_told_with_the_file_that_it_came_from_and_no_secret(
    staffed: ContactCentre, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SERVER", "TOKEN", "BASE_URL", "REQUESTS_AT_MOST"):
        monkeypatch.delenv(f"SOURCES__WOLKVOX__{name}")
    settings = tmp_path / ".dlt"
    settings.mkdir()
    (settings / "config.toml").write_text(
        '[sources.wolkvox]\noperations = ["ventas"]\ntimezone = "America/Lima"\n'
        '[sources.wolkvox.ventas]\nserver = "0010"\n'
    )
    (settings / "secrets.toml").write_text(f'[sources.wolkvox.ventas]\ntoken = "{TOKEN}"\n')
    monkeypatch.setenv("SOURCES__WOLKVOX__VENTAS__BASE_URL", simulator.url)
    done = doctor("--json")
    answer = json.loads(done.stdout)
    files, operation = answer["findings"][1:3]

    assert files["sentence"].endswith(f"seen from the folder {tmp_path}.")
    assert {f"{settings}/secrets.toml", f"{settings}/config.toml"} <= {*files["details"]}
    assert operation["sentence"] == f"ventas: its settings are complete; it is asked at {simulator.url}."
    assert operation["details"] == [
        f"server = 0010 ({settings}/config.toml [sources.wolkvox.ventas])",
        f"token = (secret) ({settings}/secrets.toml [sources.wolkvox.ventas])",
        f"timezone = America/Lima ({settings}/config.toml [sources.wolkvox])",
        f"base_url = {simulator.url} (SOURCES__WOLKVOX__VENTAS__BASE_URL)",
    ]
    assert (answer["exit_code"], answer["requests"]) == (0, 2)
    assert TOKEN not in done.stdout + done.stderr


def doctor(*options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """`wolkvox doctor` in a process of its own."""
    command = [sys.executable, "-m", "wolkvox_source.cli.main", "doctor", *options]
    env = {**environment(), **variables}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)


def test_a_setting_that_is_missing_is_where_it_stops(tmp_path: Path) -> None:
    done = doctor("--lang", "es")

    assert done.returncode == 78
    assert done.stderr == ""
    first, *_, failed, last = done.stdout.splitlines()
    assert first == "Esto consulta a wolkvox a lo sumo 2 veces por operación, de su cupo diario, y no cambia nada."
    assert f"        {tmp_path}/.dlt/config.toml (no existe)" in done.stdout.splitlines()
    assert failed == (
        "FALLA Falta el ajuste `sources.wolkvox.server`: póngalo en .dlt/config.toml, o en el entorno como "
        "SOURCES__WOLKVOX__SERVER."
    )
    assert last == "Corrija lo que falló y ejecute wolkvox doctor de nuevo. Solicitudes hechas a wolkvox: 0."


def test_a_library_that_does_not_work_here_is_named_before_anything_is_loaded(tmp_path: Path) -> None:
    """What counts is what is installed, so it is installed: as far as Python knows."""
    for name, version in (("sqlglot", "30.30.0"), ("duckdb", "2.0.0")):
        metadata = tmp_path / "site" / f"{name}-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    done = doctor(PYTHONPATH=f"{tmp_path / 'site'}:{environment()['PYTHONPATH']}")

    assert done.returncode == 78
    assert done.stdout.splitlines()[1] == (
        "FAIL  This does not work here: duckdb 2.0.0, sqlglot 30.30.0. Run: pip install 'duckdb<2,>=1.5.5' "
        "'sqlglot<30.22,>=26.32'"
    )


@pytest.mark.parametrize(
    ("installed", "wrong"),
    [
        ({"duckdb": "1.5.5", "sqlglot": "30.21.0", "dlt": "1.31.0"}, {}),
        ({"sqlglot": "30.22.0"}, {"sqlglot 30.22.0": "'sqlglot<30.22,>=26.32'"}),
        ({"dlt": "1.32.0a1"}, {}),
        ({"httpcore": None}, {"httpcore ?": "'httpcore<2,>=1'"}),
    ],
    ids=["good", "too new", "pre-release", "missing"],
)
def test_versions_are_held_against_those_that_work(installed: dict[str, str | None], wrong: dict[str, str]) -> None:
    bounds = {"duckdb": "<2,>=1.5.5", "sqlglot": "<30.22,>=26.32", "dlt": "<2,>=1.31", "httpcore": "<2,>=1"}
    wanted = [Requirement(f"{name}{bounds[name]}") for name in installed]

    assert unsuitable(wanted, installed) == wrong


def test_the_versions_that_work_are_those_of_the_installed_package() -> None:
    assert {"dlt", "duckdb", "sqlglot", "filelock"} <= {each.name for each in required()}
    assert "adbc-driver-postgresql" not in {each.name for each in required()}
    assert {"adbc-driver-postgresql", "adbc-driver-manager"} <= {each.name for each in required("postgres")}


def test_a_server_that_does_not_exist_is_where_it_stops(
    simulator: Simulator, duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", "https://wv0010.invalid")
    code, sentence = failure(examined())

    assert code == 75
    assert sentence.startswith("demo: There is no server named wv0010.invalid")


def test_a_port_that_does_not_open_brings_up_the_allow_list_and_this_machines_address(
    simulator: Simulator, duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", "http://127.0.0.1:9")
    code, sentence = failure(examined())

    assert code == 75
    assert sentence.startswith(
        "demo: 127.0.0.1 exists, but its port 9 does not open (“[Errno 111] Connection refused”)"
    )
    assert "allow-list" in sentence
    assert "It goes out with 127.0.0.1, which is private" in sentence


def test_a_proxy_on_the_way_is_what_must_answer(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", "http://wv0010.invalid")
    monkeypatch.setenv("http_proxy", simulator.url)
    findings = examined()

    assert sentence(findings[BELOW]).endswith("it is the proxy on the way to wv0010.invalid (HTTPS_PROXY, HTTP_PROXY).")


@contextmanager
def stranger(folder: Path) -> Iterator[str]:
    """A server whose certificate nobody signed; yields its address."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout key.pem -out cert.pem"
    subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            connection, _ = listener.accept()
            try:
                context.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()

        thread = threading.Thread(target=shake_hands)
        thread.start()
        yield f"https://localhost:{listener.getsockname()[1]}"
        thread.join(5)


def test_a_certificate_that_is_not_trusted_is_no_matter_of_the_allow_list(
    simulator: Simulator, duckdb_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stranger(tmp_path) as address:
        monkeypatch.setenv("SOURCES__WOLKVOX__BASE_URL", address)
        code, sentence = failure(examined())

    assert code == 75
    assert sentence.startswith("demo: localhost answers, but its certificate is not accepted")
    assert "SSL_CERT_FILE" in sentence


FORBIDDEN = {"code": "403", "error": "FORBIDDEN"}


@pytest.mark.parametrize(
    ("message", "code", "sentence"),
    [
        ("PLEASE VALIDATE TOKEN", 77, "demo: wolkvox did not accept the token"),
        ("TOKEN LIMIT EXCEEDED", 75, "demo: The operation's daily budget of requests is spent"),
        (
            "EXCEEDS THE LIMIT OF SIMULTANEOUS REQUESTS PER TOKEN (2)",
            75,
            "demo: Other programs are using this token right now",
        ),
        ("BACKUP", 75, "demo: wolkvox is closed for maintenance"),
    ],
    ids=["token", "budget", "at once", "maintenance"],
)
def test_each_meaning_of_a_403_has_its_own_sentence_and_costs_one_request(
    message: str, code: int, sentence: str, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    simulator.misbehave(Answer(403, {**FORBIDDEN, "msg": message}), times=None)
    found, said = failure(examined())

    assert found == code
    assert said.startswith(sentence)
    assert len(simulator.requests) == 1


def test_a_server_without_token_info_is_asked_for_the_report_all_the_same(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    simulator.misbehave(Answer(400, {"code": "400", "error": "BAD REQUEST", "msg": "DOES NOT EXIST"}), api="token_info")
    findings = examined()

    assert lines(findings)[BELOW + 1] == (
        "note",
        "demo: wolkvox does not say how many requests are left today (report token_info).",
    )
    assert "fail" not in [finding.state for finding in findings]


def test_a_budget_that_will_not_last_the_day_is_told(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    staffed.spend(staffed.licences * 1000 - 101)
    assert lines(examined())[BELOW + 1] == (
        "note",
        (
            "demo: the token is accepted, but of today's requests only 100 are left of 100000, and its interval asks "
            "for 204 more: ask less often, here and in every other program that uses this operation's tokens."
        ),
    )


def test_a_report_that_is_cut_is_not_accepted(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    staffed.hire("GÓMEZ  LUIS", "1002")
    simulator.misbehave(Truncate(1), api="agents")
    code, sentence = failure(examined())

    assert code == 65
    assert sentence.startswith("demo: The report announced 2 and brought 1 record")


def test_a_report_without_agents_and_one_without_ids_are_told(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    empty = lines(examined())
    agent_id = centre.hire("PÉREZ  ANA", "1001")
    centre.hire("GÓMEZ  LUIS", "1002")
    centre.set_field(agent_id, "agent_id", "")
    partly = lines(examined())

    assert empty[BELOW + 2] == (
        "note",
        "demo: the report has no agents: check that `server` and the token belong to this operation.",
    )
    assert partly[BELOW + 3] == (
        "note",
        "demo: 1 record has no usable agent_id; it will be in the table rejected_records.",
    )


def test_a_connection_in_the_future_says_that_the_time_zone_is_wrong(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__TIMEZONE", "America/Mexico_City")

    assert failure(examined()) == (
        78,
        (
            "demo: The time zone is wrong: the report has a connection on Mar 2, 2026 06:50:00, and in "
            "America/Mexico_City it is only Mar 2, 2026 06:00:00. Put the zone of the operation in the setting "
            "`timezone`; if it is right, this machine's clock is wrong."
        ),
    )


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(days=400)], ids=["clocks differ", "a typing error"])
def test_a_little_ahead_or_much_too_far_is_no_matter_of_the_time_zone(
    ahead: timedelta, staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    agent_id = staffed.hire("GÓMEZ  LUIS", "1002")
    staffed.set_last_use(agent_id, f"{staffed.now + ahead:%Y-%m-%d %H:%M:%S}")

    assert "fail" not in [finding.state for finding in examined()]


def test_one_operation_that_is_refused_does_not_hide_the_others(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["soporte", "ventas"]')
    monkeypatch.setenv("SOURCES__WOLKVOX__SOPORTE__TOKEN", "no-longer-good")
    examination = Examination(now=MONDAY)
    findings = [*examination.findings()]

    assert [finding.exit_code for finding in findings if finding.state == "fail"] == [77]
    assert sentence(findings[-3]).startswith("The destination will be")
    assert examination.requests == len(simulator.requests) == 3
    assert [finding.state for finding in Examination(only=["ventas"], now=MONDAY).findings()].count("fail") == 0


HOLDER = (
    "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); sys.stdin.read()"
)


@pytest.mark.long
def test_who_holds_the_destinations_file_is_named(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, tmp_path: Path
) -> None:
    sync(clock=clock)
    file = str(tmp_path / "wolkvox.duckdb")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "open\n"
    try:
        code, sentence = failure(examined())
    finally:
        holder.communicate("")

    assert code == 75
    assert f"PID {holder.pid}" in sentence


@pytest.mark.parametrize("place", ["nowhere/wolkvox.duckdb", "notes.txt/wolkvox.duckdb", "notes.txt"])
def test_a_destination_that_cannot_be_one_is_78(
    place: str, staffed: ContactCentre, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.txt").write_text("call the vendor " * 1000)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / place))

    assert failure(examined())[0] == 78
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "tmp"}


def test_a_destination_that_nobody_knows_or_that_does_not_answer_is_told(
    staffed: ContactCentre, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://ana:t0p-s3cret@127.0.0.1:9/none")
    away, unknown = failure(examined("postgres")), failure(examined("paper"))

    assert away[0] == 75
    assert "t0p-s3cret" not in away[1]
    assert unknown == (78, "There is no destination 'paper': use duckdb, postgres or another one that dlt knows.")


def test_a_package_that_an_earlier_run_left_is_told_and_left_alone(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    pipeline = pipeline_into("duckdb")
    pipeline.extract(observing(configured_operations(), clock=clock))
    (package,) = pipeline.list_extracted_load_packages()
    notes = [sentence(finding) for finding in examined() if finding.state == "note"]

    assert notes[0] == (
        f"An earlier run left load packages: {package}. The next sync finishes them, or sets them aside and says so."
    )
    assert pipeline_into("duckdb").list_extracted_load_packages() == [package]


@pytest.mark.long
def test_a_working_folder_that_is_broken_is_told_and_left_alone(
    staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, tmp_path: Path
) -> None:
    sync(clock=clock)
    state = tmp_path / "dlt" / "pipelines" / "wolkvox" / "state.json"
    state.write_text("{half a stat")
    notes = [sentence(finding) for finding in examined() if finding.state == "note"]

    assert notes[0].startswith(f"The working folder {state.parent} cannot be read")
    assert state.read_text() == "{half a stat"


def test_it_speaks_spanish(staffed: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse) -> None:
    assert lines(examined(), speak("es"))[BELOW + 1 : BELOW + 3] == [
        ("ok", "demo: el token es aceptado; de los consumos de hoy quedan 99999 de 100000."),
        ("ok", "demo: el reporte se puede leer: 1 registro, como anuncia."),
    ]
