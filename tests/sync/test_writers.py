"""Several runs into one dataset leave what one after another would have left, killed or not."""

import os
import random
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import pytest
from dlt.common.runtime.collector import NullCollector

from tests.worlds import LONG, MONDAY, Clock, Lake, Runner, Warehouse, ledger, minutes, run_once
from wolkvox_source import wolkvox
from wolkvox_source.errors import HeldError
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.sync.run import sync
from wolkvox_source.warehouse.lock import dataset_lock

OPERATIONS = ("norte", "sur", "comun")
HISTORY = "select agent_status, valid_from, valid_to from agent_history order by valid_from"


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ContactCentre]]:
    """Three configured operations of six agents each."""
    centres = {
        name: ContactCentre(agents=0, licences=100, token=f"token-{name}", now=MONDAY, lively=False)
        for name in OPERATIONS
    }
    for centre in centres.values():
        for _ in range(6):
            centre.hire()
    with Simulator(centres.values()) as simulator:
        monkeypatch.setenv("SOURCES__WOLKVOX__OPERATIONS", str([*OPERATIONS]).replace("'", '"'))
        for name in OPERATIONS:
            for setting, value in {"server": name, "token": f"token-{name}", "base_url": simulator.url}.items():
                monkeypatch.setenv(f"SOURCES__WOLKVOX__{name.upper()}__{setting.upper()}", value)
        yield centres


def beside(warehouse: Warehouse, name: str) -> Warehouse:
    """The same dataset from a machine of its own: with a working folder that nobody shares."""
    folder = warehouse.pipelines_dir.with_name(name)
    return Lake(folder) if isinstance(warehouse, Lake) else Warehouse(warehouse.destination, warehouse.dataset, folder)


@pytest.mark.long
def test_an_answer_that_comes_late_ends_no_version_before_it_began(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    """One asks first and is answered late; another asks later, is answered at once, and is loaded."""
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")

    def another_run_is_quicker(_: object) -> None:
        centre.set_status(agent_id, "Ready")
        assert sync(beside(warehouse, "other").place(), clock=lambda: minutes(11)).exit_code == 0

    late = run_once(warehouse, clock, listener=another_run_is_quicker)

    assert (late.exit_code, late.observations[0].reason) == (75, "superseded")
    assert "Another run observed operation demo later, at 2026-03-02 12:11:00 UTC" in str(late.observations[0].error)
    assert warehouse.rows(HISTORY) == [("Logout", minutes(5), minutes(11)), ("Ready", minutes(11), None)]
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(10), "unavailable"), (minutes(11), "changed")]
    assert run_once(warehouse, clock).exit_code == 0
    assert ledger(warehouse)[-1] == (minutes(15), "unchanged")


@pytest.mark.long
def test_what_was_loaded_while_wolkvox_answered_is_what_is_decided_on(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")

    def another_run_was_earlier(_: object) -> None:
        assert sync(beside(warehouse, "other").place(), clock=lambda: minutes(9)).exit_code == 0

    both = run_once(warehouse, clock, listener=another_run_was_earlier)

    assert both.exit_code == 0
    assert [observation.outcome for observation in both.observations] == ["unchanged"]
    assert warehouse.rows(HISTORY) == [("Logout", minutes(5), minutes(9)), ("Talk", minutes(9), None)]
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(9), "changed"), (minutes(10), "unchanged")]


@pytest.mark.long
def test_who_waits_too_long_for_another_run_says_who_loads_and_nothing_is_lost(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")
    asked = len(simulator.requests)

    with dataset_lock(beside(warehouse, "other").pipeline(), 0.0):
        late = run_once(warehouse, clock, wait_seconds=0.3)

    # asking is not held up by who is loading
    assert len(simulator.requests) == asked + 1
    assert late.exit_code == 75
    assert "Another run has been loading into" in str(late.error) and "PID" in str(late.error)

    centre.set_status(agent_id, "Ready")
    recovered = run_once(warehouse, clock)

    assert recovered.exit_code == 0
    assert [note.reason for note in recovered.notes] == ["answers_finished"]
    assert ledger(warehouse) == [(minutes(number), "changed") for number in (5, 10, 15)]
    assert warehouse.rows(HISTORY) == [
        ("Logout", minutes(5), minutes(10)),
        ("Talk", minutes(10), minutes(15)),
        ("Ready", minutes(15), None),
    ]


@pytest.mark.long
def test_a_package_that_another_run_has_overtaken_is_not_loaded_any_more(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, runner: Runner
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")
    assert runner.run(clock, dies_before="started_jobs/agent") == -signal.SIGKILL
    centre.set_status(agent_id, "Ready")
    assert run_once(beside(warehouse, "other"), clock).exit_code == 0

    recovered = run_once(warehouse, clock)

    assert recovered.exit_code == 0
    assert [note.reason for note in recovered.notes] == ["pending_overtaken"]
    assert warehouse.rows(HISTORY) == [("Logout", minutes(5), minutes(15)), ("Ready", minutes(15), None)]
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(15), "changed"), (minutes(20), "unchanged")]


@pytest.mark.long
def test_a_run_that_is_killed_when_all_is_loaded_leaves_nothing_to_load_twice(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, runner: Runner
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")
    # dlt has loaded the package and puts it away
    assert runner.run(clock, dies_before="/load/loaded/") == -signal.SIGKILL
    versions = [("Logout", minutes(5), minutes(10)), ("Talk", minutes(10), None)]
    assert warehouse.rows(HISTORY) == versions
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(10), "changed")]

    assert run_once(warehouse, clock).exit_code == 0

    assert warehouse.rows(HISTORY) == versions
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(10), "changed"), (minutes(15), "unchanged")]


@pytest.mark.long
@pytest.mark.parametrize("plain", [False, True], ids=["sync", "plain run"])
def test_wherever_a_run_is_killed_while_it_loads_its_line_in_the_ledger_and_its_changes_are_there_or_neither(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, runner: Runner, plain: bool
) -> None:
    who = [centre.hire() for _ in range(3)]
    first, second = (f"agent_key = 'demo:{each}'" for each in who[:2])
    centre.set_last_use(who[1], "2026-03-01 06:00:00")
    assert runner.run(clock, plain=plain) == 0
    moment, killed, landed = 0, True, set()
    while killed:
        moment += 1 if LONG else 3
        status = f"Status {moment}"
        centre.set_status(who[0], status)
        centre.set_last_use(who[1], f"2026-03-01 07:{moment // 60:02}:{moment % 60:02}")
        # no working folder to recover from: what stands in the warehouse must be right by itself
        warehouse.lose_working_directory()
        code = runner.run(clock, plain=plain, dies_before="_jobs/", dies_at=moment)
        killed = code == -signal.SIGKILL
        assert killed or code == 0, runner.told()
        noted = (clock.now, "changed") in ledger(warehouse)
        loaded = [
            warehouse.rows(query)
            for query in (
                f"select agent_status = '{status}' from agent_history where valid_to is null and {first}",
                f"select agent_status = '{status}' from agents where {first}",
                f"select max(first_observed_at) = '{clock.now}' from agent_connections where {second}",
            )
        ]
        assert loaded == [[(noted,)]] * 3, moment
        landed.add(noted)
    assert landed == {False, True}


@pytest.mark.long
def test_every_writer_stages_for_itself_and_what_others_left_is_removed(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    def staged() -> set[str]:
        query = "select schema_name from information_schema.schemata where schema_name like '%staging%'"
        return {name for (name,) in warehouse.rows(query) if name.startswith(warehouse.dataset)}

    agent_id = centre.hire()
    run_once(warehouse, clock)
    (first,) = staged()
    centre.set_status(agent_id, "Talk")

    run_once(beside(warehouse, "other"), clock)

    (second,) = staged()
    assert first != second
    centre.set_status(agent_id, "Ready")
    assert run_once(warehouse, clock).exit_code == 0
    assert staged() == {first}


class Onlooker(NullCollector):
    """Tries to have the dataset's lock whenever dlt begins a step."""

    def __init__(self, warehouse: Warehouse) -> None:
        super().__init__()
        self.warehouse = warehouse
        self.held: dict[str, bool] = {}

    def on_start_trace_step(self, _trace: Any, step: Any, *_: Any) -> None:
        self.held[step] = self.is_held()

    def is_held(self) -> bool:
        try:
            with dataset_lock(beside(self.warehouse, "other").pipeline("onlooker"), 0.0):
                return False
        except HeldError:
            return True


def test_a_plain_run_holds_the_lock_while_it_loads_and_lets_go_when_it_is_over(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse
) -> None:
    centre.hire()
    onlooker = Onlooker(warehouse)
    pipeline = dlt.pipeline(
        "plain",
        destination=warehouse.destination,
        dataset_name=warehouse.dataset,
        pipelines_dir=str(warehouse.pipelines_dir),
        progress=onlooker,
    )

    pipeline.run(wolkvox())

    assert onlooker.held["extract"] is False
    assert (onlooker.held["normalize"], onlooker.held["load"]) == (True, True)
    assert onlooker.is_held() is False

    # and one that fails lets go too
    with pytest.raises(Exception, match="nobody"):
        pipeline.run(wolkvox(only=["nobody"]))
    assert onlooker.is_held() is False


@pytest.mark.long
def test_writers_at_once_and_killed_anywhere_leave_what_one_after_another_would_have_left(
    company: dict[str, ContactCentre], warehouse: Warehouse, clock: Clock
) -> None:
    write_and_compare(company, warehouse, clock)


@pytest.mark.long
@pytest.mark.parametrize("catalogue", ["sqlite", "postgres"])
def test_writers_into_a_lake_at_once_and_killed_anywhere_leave_what_one_after_another_would_have_left(
    catalogue: str,
    company: dict[str, ContactCentre],
    clock: Clock,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    pytest.importorskip("duckdb_extension_ducklake")
    if catalogue == "postgres":
        settings = {
            "DUCKLAKE_NAME": f"lake_{os.urandom(4).hex()}",
            "CATALOG": request.getfixturevalue("postgres_url"),
            "STORAGE__BUCKET_URL": str(tmp_path / "files"),
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"DESTINATION__DUCKLAKE__CREDENTIALS__{name}", value)
    write_and_compare(company, Lake(tmp_path / "pipelines"), clock)


def write_and_compare(company: dict[str, ContactCentre], warehouse: Warehouse, clock: Clock) -> None:
    """The first round is into an empty place; one operation is observed by all of them, and each has one of its own."""
    chance = random.Random(7)
    runners = {name: Runner(beside(warehouse, name)) for name in ("norte", "sur")}
    reports: dict[tuple[str, datetime], dict[str, str]] = {}
    done: set[tuple[str, datetime]] = set()
    try:
        for round_number in range(12 if LONG else 2 if isinstance(warehouse, Lake) else 3):
            for centre in company.values():
                centre.set_status(chance.choice(sorted(centre.agents)), f"Status {round_number}")
            running: dict[str, datetime] = {}
            clock.advance(minutes=5)
            for name, runner in runners.items():
                fatal = chance.randrange(2, 120) if round_number and chance.random() < 0.5 else 0
                runner.start(clock, only=[name, "comun"], dies_at=fatal, minutes=0.1)
                running[name] = clock.now
                for operation in (name, "comun"):
                    reports[operation, clock.now] = statuses(company[operation])
            for name, runner in runners.items():
                code = runner.finish()
                assert code in {0, 75, -signal.SIGKILL}, runner.told()
                done.update({(name, running[name])} if code == 0 else ())
        # whole once more, one after another
        for name, runner in runners.items():
            code = runner.run(clock, only=[name, "comun"])
            assert code == 0, runner.told()
            reports.update({(each, clock.now): statuses(company[each]) for each in (name, "comun")})
    finally:
        for runner in runners.values():
            runner.close()

    looks = warehouse.rows("select operation, observed_at, outcome, reason from observations")
    assert len({(operation, at) for operation, at, _, _ in looks}) == len(looks)
    assert done <= {(operation, at) for operation, at, _, _ in looks}
    assert {reason for _, _, outcome, reason in looks if outcome not in {"changed", "unchanged"}} <= {"superseded"}
    spans: dict[str, list[tuple[Any, ...]]] = {}
    for key, *span in warehouse.rows(
        "select agent_key, agent_status, valid_from, valid_to from agent_history order by agent_key, valid_from"
    ):
        spans.setdefault(key, []).append(tuple(span))
    for versions in spans.values():
        assert [end for _, _, end in versions[:-1]] == [begin for _, begin, _ in versions[1:]]
        assert versions[-1][2] is None
        assert all(begin < end for _, begin, end in versions[:-1])
    for operation, at, outcome, _ in looks:
        if outcome in {"changed", "unchanged"}:
            assert held_at(spans, operation, at) == reports[operation, at], (operation, at)
    now = dict(warehouse.rows("select agent_key, agent_status from agents"))
    assert now == {f"{name}:{who}": status for name in OPERATIONS for who, status in statuses(company[name]).items()}


def statuses(centre: ContactCentre) -> dict[str, str]:
    return {str(record["agent_id"]): str(record["agent_status"]) for record in centre.report()}


def held_at(spans: dict[str, list[tuple[Any, ...]]], operation: str, at: datetime) -> dict[str, str]:
    """What the history says of an operation at a moment."""
    return {
        key.partition(":")[2]: status
        for key, versions in spans.items()
        for status, begin, end in versions
        if key.startswith(f"{operation}:") and begin <= at and (end is None or at < end)
    }
