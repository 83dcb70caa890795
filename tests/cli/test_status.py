import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.worlds import MONDAY, TOKEN, Clock, Warehouse
from wolkvox_source.cli import main as cli
from wolkvox_source.cli import status
from wolkvox_source.errors import WolkvoxError
from wolkvox_source.language import Speech, say, speak
from wolkvox_source.settings import Operation
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.sync.run import sync
from wolkvox_source.warehouse.asking import warehouse as opened
from wolkvox_source.warehouse.freshness import Freshness, freshness
from wolkvox_source.warehouse.unmapped import Unmapped, unmapped_statuses

ENGLISH = speak("en")


def observe(warehouse: Warehouse, clock: Clock, operations: Sequence[Operation] | None = None) -> int:
    """One run at the clock's time, five minutes after the one before; returns its exit code."""
    clock.advance(minutes=5)
    run = sync(warehouse.place(), operations=operations, clock=clock)
    assert run.error is None, run.error
    return run.exit_code


def told(
    capsys: pytest.CaptureFixture[str], now: datetime, warehouse: Warehouse, *options: str, speech: Speech = ENGLISH
) -> tuple[int, list[str], str]:
    """The exit code of `wolkvox status` at `now`, its lines, and what went to stderr."""
    words = ["--destination", warehouse.destination, "--dataset", warehouse.dataset, *options]
    capsys.readouterr()
    try:
        context = status.command(speech).make_context("status", words)
        code = status.run(speech, **context.params, now=now)
    except WolkvoxError as error:
        code = error.exit_code
        print(speech.tell(error), file=sys.stderr)
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, second, tzinfo=timezone.utc)


def test_before_the_first_sync_it_says_what_to_run_and_makes_nothing(
    simulator: Simulator, warehouse: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {*tmp_path.iterdir()}

    assert told(capsys, MONDAY, warehouse) == (75, [], "Nothing has been observed yet: run wolkvox sync.\n")
    assert {*tmp_path.iterdir()} == before
    assert simulator.requests == []


@pytest.mark.long
def test_an_operation_is_as_fresh_as_its_last_success(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    ana, luis = centre.hire("PÉREZ  ANA", "1001"), centre.hire("GÓMEZ  LUIS", "1002")
    centre.set_status(ana, "Ready")
    centre.set_status(luis, "Meditación")
    observe(warehouse, clock)
    simulator.misbehave(Answer(503, "busy"))
    assert observe(warehouse, clock) == 75
    observe(warehouse, clock)
    simulator.misbehave(Answer(503, "busy"))
    observe(warehouse, clock)
    now = at(12, 26)

    with opened(warehouse.destination, "wolkvox", warehouse.dataset) as query:
        found, unmapped = freshness(query, now, 900), unmapped_statuses(query)
    assert found == [
        Freshness(
            operation="demo",
            last_success_at=at(12, 15),
            age_seconds=660.0,
            last_observed_at=at(12, 20),
            outcome="unavailable",
            reason="server_error",
            facts={"quoted": "“busy”", "status": 503},
            open_age_seconds=660.0,
            # from 12:05 to 12:15, while the latest observation is not long ago
            coverage_percent=66.7,
            fresh=True,
        )
    ]
    assert unmapped == [Unmapped("demo", "Meditación", 1)]

    failed = (
        f"demo: the last attempt, 6 minutes ago, was unavailable. {say('server_error', quoted='“busy”', status=503)}"
    )
    coverage = "demo: 67 % of today's operating hours until now were observed."
    unknown = (
        "demo: 1 agent is in 'Meditación', a status without a category. Add it to a CSV of your own and name that in "
        "the setting `status_categories`."
    )
    fresh = "demo: last success 11 minutes ago (Mar 2, 2026 12:15:00 UTC)."
    assert told(capsys, now, warehouse) == (0, [fresh, failed, coverage, unknown], "")
    stale = (
        "demo: stale: the last success was 11 minutes ago (Mar 2, 2026 12:15:00 UTC; the limit is 10 minutes), and "
        "attempts since then failed."
    )
    assert told(capsys, now, warehouse, "--max-age", "10m") == (75, [stale, failed, coverage, unknown], "")


@pytest.mark.long
def test_where_nobody_looks_any_more_the_schedule_is_named(
    simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    observe(duckdb_warehouse, clock)
    code, lines, _ = told(capsys, at(15, 17), duckdb_warehouse, speech=speak("es"))

    assert code == 75
    assert lines == [
        (
            "demo: desactualizada: nadie ha consultado desde el último éxito, hace 3 horas y 12 minutos (2 mar 2026 "
            "12:05:00 UTC; el límite es 15 minutos): revise que la programación corra (crontab -l, systemctl "
            "list-timers), o ejecute wolkvox doctor."
        ),
        "demo: se observó el 0 % del horario de operación de hoy hasta ahora.",
    ]


@pytest.mark.long
def test_today_begins_at_the_operations_own_midnight(
    simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    """In Bogotá it is midnight at 05:00 UTC."""
    clock.now = at(4, 45)
    for _ in range(4):
        observe(duckdb_warehouse, clock)

    with opened("duckdb", "wolkvox", "contact_center") as query:
        (found,) = freshness(query, at(5, 6), 900)
    assert found.coverage_percent == 100.0


@pytest.mark.long
def test_a_program_gets_one_json_object(
    simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["status", "--json"]) == 75
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {"exit_code": 75, "error": "Nothing has been observed yet: run wolkvox sync."}

    observe(duckdb_warehouse, clock)
    code, lines, err = told(capsys, at(12, 6), duckdb_warehouse, "--json")
    assert (code, err) == (0, "")
    assert json.loads(lines[0]) == {
        "exit_code": 0,
        "checked_at": "2026-03-02T12:06:00+00:00",
        "max_age_seconds": 900,
        "operations": [
            {
                "operation": "demo",
                "last_success_at": "2026-03-02T12:05:00+00:00",
                "age_seconds": 60.0,
                "last_observed_at": "2026-03-02T12:05:00+00:00",
                "outcome": "unchanged",
                "message": "NO RECORDS WERE FOUND",
                "reason": None,
                "facts": {},
                "open_age_seconds": 60.0,
                "coverage_percent": None,
                "fresh": True,
                "configured": True,
            }
        ],
        "unmapped_statuses": [],
    }


@pytest.mark.long
def test_the_configuration_says_which_operations_count(
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = {"server": "0010", "token": TOKEN, "base_url": simulator.url}
    observe(duckdb_warehouse, clock, [Operation(**settings).named(name) for name in ("cobranzas", "ventas")])
    monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", '["soporte", "ventas"]')
    clock.advance(hours=1)
    observe(duckdb_warehouse, clock, [Operation(**settings).named("ventas")])
    code, lines, _ = told(capsys, at(13, 11), duckdb_warehouse)

    assert code == 75
    assert [line for line in lines if "operating hours" not in line] == [
        "ventas: last success 1 minute ago (Mar 2, 2026 13:10:00 UTC).",
        "soporte: never observed: run wolkvox sync.",
        "1 operation is no longer in the configuration and not shown: cobranzas (--all shows it).",
    ]
    assert told(capsys, at(13, 11), duckdb_warehouse, "--all")[1][0] == (
        "cobranzas: no longer in the configuration; last success 1 hour and 6 minutes ago (Mar 2, 2026 12:05:00 UTC)."
    )
    assert told(capsys, at(13, 11), duckdb_warehouse, "--operation", "ventas")[0] == 0
    assert told(capsys, at(13, 11), duckdb_warehouse, "--operation", "cobranzas")[0] == 75
    assert told(capsys, at(13, 11), duckdb_warehouse, "--operation", "nadie") == (
        78,
        [],
        "There is no operation 'nadie' in the configuration: it names cobranzas, ventas, soporte.\n",
    )


def test_an_age_that_makes_no_sense_is_64(duckdb_warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = told(capsys, MONDAY, duckdb_warehouse, "--max-age", "old")

    assert (code, lines) == (64, [])
    assert err == "'old' is no interval: use a number and a unit, such as 30s, 5m or 1h.\n"


WRITER = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


@pytest.mark.long
def test_a_sync_that_has_the_file_open_keeps_nobody_from_asking(
    simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    observe(duckdb_warehouse, clock)
    now = clock.now + timedelta(minutes=1)
    file = str(tmp_path / "wolkvox.duckdb")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None and writer.stdout.readline() == "open\n"
    try:
        assert told(capsys, now, duckdb_warehouse)[0] == 0
        # without the readers' copy there is only the file itself
        (tmp_path / "wolkvox_read.duckdb").unlink()
        code, _, err = told(capsys, now, duckdb_warehouse)
        assert code == 75
        assert f"PID {writer.pid}" in err
    finally:
        writer.communicate("")
    assert told(capsys, now, duckdb_warehouse)[0] == 0


@pytest.mark.long
def test_a_server_that_was_mistyped_once_is_told_without_question_marks(
    simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    mistyped = Operation(server="0100", token="no-longer-good", base_url=simulator.url).named("0100")
    observe(duckdb_warehouse, clock, [mistyped])
    observe(duckdb_warehouse, clock)

    assert told(capsys, at(12, 11), duckdb_warehouse)[1][-1] == (
        "1 operation is no longer in the configuration and not shown: 0100 (--all shows it)."
    )
    assert told(capsys, at(12, 11), duckdb_warehouse, "--all")[1][0] == (
        "0100: no longer in the configuration, and no attempt ever succeeded."
    )
