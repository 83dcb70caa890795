"""What a replay makes of the archive is what the runs had left, table for table."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.worlds import TOKEN, Clock, Warehouse, fill, run_once
from wolkvox_source.cli.main import main
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.settings import configured_operations
from wolkvox_source.simulator import Answer, ContactCentre, Simulator
from wolkvox_source.simulator.wire.misbehaviour import HangUp
from wolkvox_source.sync.replay import replay
from wolkvox_source.tables import EVERY_TABLE, SCHEMAS

COLUMNS = """
select table_name, column_name, is_nullable from information_schema.columns
where table_schema = '{}' and table_name not like '\\_dlt%' escape '\\' order by table_name, column_name
"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCES__WOLKVOX__ARCHIVE_URL", str(tmp_path / "archive"))
    return tmp_path / "archive"


@pytest.fixture
def again(warehouse: Warehouse) -> Warehouse:
    """Another dataset of the same warehouse, empty."""
    return Warehouse(warehouse.destination, f"{warehouse.dataset}_again", warehouse.pipelines_dir.with_name("again"))


def contents(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table in SCHEMAS:
        names = sorted(row[1] for row in warehouse.rows(COLUMNS.format(warehouse.dataset)) if row[0] == table)
        found[table] = [tuple(names), *sorted(warehouse.rows(f"select {', '.join(names)} from {table}"), key=repr)]
    return found


def report(*records: dict[str, object]) -> Answer:
    return Answer(200, {"code": "200", "msg": f"{len(records)} records were found", "data": [*records]})


def live(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of every kind: changes, none, refusals, silence, what the guard stops, a loss that is accepted."""
    ids = [centre.hire() for _ in range(12)]
    run_once(warehouse, clock)
    centre.set_status(ids[0], "Talk")
    centre.connect(ids[1])
    centre.leave(ids[2])
    run_once(warehouse, clock)
    run_once(warehouse, clock)
    simulator.misbehave(Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": "Maintenance, please wait"}))
    run_once(warehouse, clock)
    simulator.misbehave(Answer(200, "<html>no report</html>"))
    run_once(warehouse, clock)
    simulator.misbehave(HangUp())
    run_once(warehouse, clock)
    clock.advance(hours=3)
    for agent_id in ids[3:10]:
        centre.leave(agent_id)
    run_once(warehouse, clock)
    run_once(warehouse, clock, accept_loss=["demo"])
    new = {"agent_id": ids[0], "agent_name": "Marta Ñáñez", "agent_status": "Ready", "floor": "4"}
    simulator.misbehave(report(new, {"agent_name": "nobody"}, {"agent_id": ids[1], "agent_name": "Ana"}))
    run_once(warehouse, clock)
    monkeypatch.setenv("SOURCES__WOLKVOX__TIMEZONE", "America/Lima")
    monkeypatch.setenv("SOURCES__WOLKVOX__LICENCES", "7")
    centre.set_status(ids[0], "Ready")
    run_once(warehouse, clock)
    run_once(warehouse, clock)


@pytest.mark.long
def test_a_replay_gives_table_for_table_what_the_runs_had_left_and_the_next_run_goes_on(
    centre: ContactCentre,
    simulator: Simulator,
    warehouse: Warehouse,
    again: Warehouse,
    clock: Clock,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live(centre, simulator, warehouse, clock, monkeypatch)
    outcomes = {row[0] for row in warehouse.rows("select outcome from observations")}
    assert outcomes >= {"changed", "unchanged", "suspicious", "unavailable", "unreadable"}

    done = replay(str(archive), again.place())

    assert contents(again) == contents(warehouse)
    assert structure(again) == structure(warehouse)
    assert (done.observations, done.operations) == (11, ("demo",))
    assert again.rows("select count(*) from agents_now") == warehouse.rows("select count(*) from agents_now")
    monkeypatch.delenv("SOURCES__WOLKVOX__ARCHIVE_URL")
    assert [each.outcome for each in run_once(again, clock).observations] == ["unchanged"]


@pytest.mark.long
def test_every_report_is_replayed_with_its_windows_its_failures_and_what_asks_about_another(
    warehouse: Warehouse, again: Warehouse, clock: Clock, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = '["agents", "live", "skills", "sessions", "status_events"]'
    busy = ContactCentre(agents=12, licences=50, token=TOKEN, now=clock.now, lively=True)
    with Simulator(busy) as simulator:
        settings = {
            "SERVER": "demo",
            "TOKEN": TOKEN,
            "BASE_URL": simulator.url,
            "REPORTS": reports,
            "HOURS": "mon-fri 07:00-19:00",
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"SOURCES__WOLKVOX__{name}", value)
        monkeypatch.setenv("SOURCES__WOLKVOX__REQUESTS_AT_MOST", "1")
        for failure in (None, "agents_in_skill", "agent_14", "skills", None):
            if failure:
                simulator.misbehave(HangUp() if failure == "agent_14" else Answer(500, "no"), api=failure)
            busy.advance(timedelta(hours=3, minutes=5))
            clock.advance(hours=3)
            run_once(warehouse, clock)
        skill = next(iter(busy.agents.values()))
        for each in list(skill.skills):
            busy.remove_from_skill(skill.agent_id, each)
        busy.advance(timedelta(minutes=5))
        run_once(warehouse, clock)
        monkeypatch.delenv("SOURCES__WOLKVOX__ARCHIVE_URL")

        replay(str(archive), again.place())

        for table in EVERY_TABLE:
            columns = sorted(row[1] for row in warehouse.rows(COLUMNS.format(warehouse.dataset)) if row[0] == table)
            query = f"select {', '.join(columns)} from {table}"
            was = sorted(warehouse.rows(query), key=repr)
            assert sorted(again.rows(query), key=repr) == was, table
            assert was or table == "rejected_records"
        outcomes = set(warehouse.rows("select report, outcome from observations"))
        assert {
            ("agent_skills", "unavailable"),
            ("status_events", "unavailable"),
            ("skills", "unavailable"),
        } <= outcomes
        busy.advance(timedelta(minutes=5))
        assert run_once(again, clock).exit_code == 0


def structure(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return [row for row in warehouse.rows(COLUMNS.format(warehouse.dataset)) if row[0] in SCHEMAS]


@pytest.mark.long
def test_with_the_settings_of_today_a_wrong_time_zone_is_put_right(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent_id = centre.hire()
    centre.set_last_use(agent_id, "2026-03-02 06:00:00")
    run_once(duckdb_warehouse, clock)
    monkeypatch.setenv("SOURCES__WOLKVOX__TIMEZONE", "America/Santiago")
    corrected = Warehouse("duckdb", "corrected", duckdb_warehouse.pipelines_dir.with_name("corrected"))

    replay(str(archive), corrected.place(), configured_operations())

    used = "select last_use from agents"
    assert [row[0].hour for row in duckdb_warehouse.rows(used)] == [11]
    assert [row[0].hour for row in corrected.rows(used)] == [9]


@pytest.mark.long
def test_an_archive_that_was_cut_changes_nothing_and_is_said_in_one_sentence(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    archive: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)
    clock.advance(hours=2)
    run_once(duckdb_warehouse, clock)
    file = archive / "2026-03-02T12.tar.zst"
    file.write_bytes(file.read_bytes()[:-40])

    code = main(["replay", "--from", str(archive), "--dataset", "again", "--lang", "en"])

    told = capsys.readouterr()
    assert (code, told.out) == (65, "")
    assert told.err.startswith("The archive is not whole: ")
    assert told.err.count("\n") == 1
    assert not duckdb_warehouse.rows("select 1 from information_schema.schemata where schema_name = 'again'")


@pytest.mark.long
def test_a_replay_into_a_place_that_holds_data_is_refused(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock, archive: Path
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)
    before = contents(duckdb_warehouse)

    with pytest.raises(ConfigurationError, match="holds data already"):
        replay(str(archive), duckdb_warehouse.place())

    assert contents(duckdb_warehouse) == before


@pytest.mark.long
def test_no_token_is_needed_to_replay(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    centre.hire()
    run_once(duckdb_warehouse, clock)
    monkeypatch.delenv("SOURCES__WOLKVOX__TOKEN")

    assert main(["replay", "--from", str(archive), "--dataset", "again", "--lang", "en"]) == 0
    assert capsys.readouterr().out.endswith("; observations: 1, operations: 1.\n")
    assert not any(TOKEN.encode() in path.read_bytes() for path in archive.rglob("*") if path.is_file())


@pytest.mark.long
def test_a_full_disk_stops_no_sync_and_what_the_archive_had_by_then_is_whole(
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is full when an answer comes, and when the hour that is over wants to be packed."""
    archive = str(small_disk / "archive")
    monkeypatch.setenv("SOURCES__WOLKVOX__ARCHIVE_URL", archive)
    # nothing else is on that disk
    agent_id = centre.hire()
    assert run_once(duckdb_warehouse, clock).notes == ()
    filler = fill(small_disk)
    centre.set_status(agent_id, "Talk")
    full = [run_once(duckdb_warehouse, clock)]
    clock.advance(hours=2)
    centre.set_status(agent_id, "ACW")
    full.append(run_once(duckdb_warehouse, clock))

    assert [(run.exit_code, [note.reason for note in run.notes]) for run in full] == [(0, ["archive_failed"])] * 2
    assert "No space left on device" in str(full[0].notes[0].facts["problem"])
    statuses = "select agent_status from agent_history order by valid_from"
    assert duckdb_warehouse.rows(statuses) == [("Logout",), ("Talk",), ("ACW",)]

    filler.unlink()
    centre.set_status(agent_id, "Ready")
    assert run_once(duckdb_warehouse, clock).notes == ()
    again = Warehouse("duckdb", "again", duckdb_warehouse.pipelines_dir.with_name("again"))
    replay(archive, again.place())
    # the two runs that could not be kept are not there, and the others are
    assert again.rows(statuses) == [("Logout",), ("Ready",)]
    assert [path.suffix for path in (small_disk / "archive").rglob("*") if path.name.startswith(".")] == []
