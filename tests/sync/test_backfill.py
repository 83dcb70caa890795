"""The past of a dated report, read in windows that are never read twice."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.worlds import MONDAY, Clock, Warehouse, run_once
from wolkvox_source.cli.main import main
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.sync.backfill import backfill
from wolkvox_source.sync.run import Run

FIRST = date(2026, 2, 20)


class Later(Clock):
    """A clock that goes on by a second each time that it is read."""

    def __call__(self) -> datetime:
        return self.advance(seconds=1)


@pytest.fixture
def clock() -> Clock:
    return Later(MONDAY + timedelta(days=10))


@pytest.fixture
def past(centre: ContactCentre, simulator: Simulator, clock: Clock) -> ContactCentre:
    """An agent who worked for an hour on each of ten days from Monday 2 March on."""
    ana = centre.hire(name="ANA", dni="1")
    for _ in range(10):
        centre.set_status(ana, "Ready")
        centre.advance(timedelta(hours=1))
        centre.set_status(ana, "Logout")
        centre.advance(timedelta(hours=23))
    return centre


def filled(warehouse: Warehouse, clock: Clock, last: date | None = None, **options: Any) -> Run:
    return backfill(warehouse.place(), "status_events", FIRST, last, clock=clock, pause_seconds=0.0, **options)


def asked(simulator: Simulator) -> list[tuple[str, str]]:
    return [(request.query["date_ini"][:8], request.query["date_end"][:8]) for request in simulator.requests]


def test_the_days_to_yesterday_are_read_a_week_at_a_time_and_loaded(
    past: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    done = filled(warehouse, clock)

    assert (done.exit_code, done.error) == (0, None)
    assert asked(simulator) == [("20260220", "20260226"), ("20260227", "20260305"), ("20260306", "20260311")]
    begun = warehouse.rows("select began_at, seconds from agent_status_events order by began_at")
    assert begun == [(MONDAY + timedelta(days=day), 3600) for day in range(10)]
    lines = "select report, outcome, received_records, requests from observations order by observed_at"
    assert warehouse.rows(lines) == [
        ("status_events", "unchanged", 0, 1),
        ("status_events", "changed", 4, 1),
        ("status_events", "changed", 6, 1),
    ]
    assert warehouse.rows("select count(*), sum(observed_seconds) from agent_status_daily") == [(10, 36_000)]


@pytest.mark.long
def test_what_was_read_after_it_was_over_is_not_read_again(
    past: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    filled(warehouse, clock)
    simulator.requests.clear()
    again = filled(warehouse, clock)
    # yesterday may still move
    assert asked(simulator) == [("20260311", "20260311")]
    assert again.exit_code == 0

    clock.advance(days=2)
    simulator.requests.clear()
    filled(warehouse, clock)
    assert asked(simulator) == [("20260311", "20260313")]


@pytest.mark.long
def test_a_backfill_that_was_interrupted_goes_on_where_it_was(
    past: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    class Interrupted(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        filled(warehouse, clock, advance=stop)
    simulator.requests.clear()

    assert filled(warehouse, clock).exit_code == 0
    assert asked(simulator) == [("20260227", "20260305"), ("20260306", "20260311")]
    assert warehouse.rows("select count(*) from agent_status_events") == [(10,)]


@pytest.mark.long
def test_a_window_that_does_not_come_is_asked_for_by_the_next_backfill(
    past: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    simulator.misbehave(Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": "PLEASE VALIDATE TOKEN"}))
    late = filled(duckdb_warehouse, clock)
    assert (late.exit_code, len(simulator.requests)) == (77, 1)

    assert filled(duckdb_warehouse, clock).exit_code == 0
    assert duckdb_warehouse.rows("select count(*) from agent_status_events") == [(10,)]


@pytest.mark.long
def test_it_stays_within_the_requests_of_a_day(
    past: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is 07:00: the agents are asked for every hour, so that two of nineteen requests are left."""
    monkeypatch.setenv("SOURCES__WOLKVOX__INTERVAL_SECONDS", "3600")
    monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_PER_DAY", "18")

    spent = filled(duckdb_warehouse, clock)

    assert spent.exit_code == 75
    assert len(simulator.requests) == 2
    assert spent.observations[-1].reason == "requests_kept"
    clock.advance(days=1)
    assert filled(duckdb_warehouse, clock).exit_code == 0
    assert duckdb_warehouse.rows("select count(*) from agent_status_events") == [(10,)]


@pytest.mark.long
def test_a_sync_goes_on_beside_it_and_its_looks_are_counted_alone(
    past: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    run_once(warehouse, clock)
    filled(warehouse, clock, advance=lambda *_: run_once(warehouse, clock) and None)
    assert run_once(warehouse, clock).exit_code == 0

    looks = warehouse.rows("select count(*) from looks")
    assert looks == warehouse.rows("select count(*) from observations where report = 'agents'") == [(5,)]
    assert warehouse.rows("select count(*) from observations where report = 'status_events'") == [(3,)]


@pytest.mark.long
def test_the_command_tells_each_window_and_that_nothing_is_left(
    past: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["backfill", "--report", "sessions", "--from", "2026-03-02", "--to", "2026-03-09", "--lang", "en"]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        "demo sessions 2026-03-02 to 2026-03-08: changed, rows: 7, requests: 1",
        "demo sessions 2026-03-09 to 2026-03-09: changed, rows: 1, requests: 1",
        "The past of sessions is loaded. Rows: 8, requests: 2.",
    ]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("There is nothing left to read of sessions")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--report", "sessions", "--from", "march"], "--from is 'march', and must be a day such as"),
        (["--report", "sessions", "--from", "2026-03-09", "--to", "2026-03-02"], "The days end (2026-03-02) before"),
        (["--report", "agents", "--from", "2026-03-09"], "'agents' is not one of"),
    ],
    ids=["no day", "backwards", "no past"],
)
def test_what_cannot_be_asked_for_is_said_and_nothing_is_asked(
    options: list[str],
    said: str,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["backfill", *options, "--lang", "en"]) == 64
    assert said in capsys.readouterr().err
    assert simulator.requests == []


def test_a_report_without_a_past_is_refused(duckdb_warehouse: Warehouse, simulator: Simulator, clock: Clock) -> None:
    refused = backfill(duckdb_warehouse.place(), "live", FIRST, clock=clock)

    assert refused.exit_code == 78
    assert str(refused.error).startswith("The report live has no past to ask for")
