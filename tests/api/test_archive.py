"""The archive keeps every answer as it came, costs little, holds no secret, and never stops a load."""

import hashlib
from pathlib import Path

import pytest

from tests.worlds import TOKEN, Clock, Warehouse, minutes, run_once
from wolkvox_source.api.archive_hours import hours
from wolkvox_source.errors import ConfigurationError, UnreadableError
from wolkvox_source.simulator import Answer, ContactCentre, Simulator


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "wolkvox.duckdb"))
    return Warehouse("duckdb", "contact_center", tmp_path / "pipelines")


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "archive"
    monkeypatch.setenv("SOURCES__WOLKVOX__ARCHIVE_URL", str(folder))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.long
def test_every_answer_is_kept_as_it_came_with_its_time_its_status_and_the_settings_in_force(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, archive: Path
) -> None:
    centre.hire()
    run_once(warehouse, clock)
    simulator.misbehave(Answer(503, "no"))
    run_once(warehouse, clock, accept_loss=["demo"])

    (hour,) = hours(str(archive))
    first, second = hour.lines()

    (answer,) = first["answers"]
    assert hashlib.sha256(hour.bodies[answer["body"]]).hexdigest() == answer["body"]
    assert b"1 records were found" in hour.bodies[answer["body"]]
    assert (answer["status"], first["observed_at"], first["accept_loss"]) == (200, minutes(5).isoformat(), False)
    assert (second["answers"][0]["status"], second["error"], second["accept_loss"]) == (503, None, True)
    settings = {
        name: value
        for name, value in first["settings"].items()
        if not name.startswith("guard_") or name.startswith(("guard_vanished", "guard_rejected"))
    }
    assert settings == {
        "server": "demo",
        "timezone": "America/Bogota",
        "licences": None,
        "agents_per_licence": 10,
        "interval_seconds": 300,
        "opening": None,
        "document_pattern": None,
        "guard_vanished_agents": 5,
        "guard_vanished_share": 0.2,
        "guard_rejected_records": 5,
        "guard_rejected_share": 0.05,
        "privacy_agent_name": "keep",
        "privacy_agent_dni": "keep",
        "privacy_agent_sso": "keep",
        "privacy_destination": "keep",
        "privacy_telephone": "keep",
        "reports": None,
        "requests_per_day": None,
        "reread_days": 2,
    }


@pytest.mark.long
def test_an_answer_equal_to_the_last_costs_a_line(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, archive: Path
) -> None:
    centre.hire()
    for _ in range(3):
        run_once(warehouse, clock)

    assert sorted(name.rpartition(".")[2] for name in names(archive)) == ["jsonl", "jsonl", "jsonl", "zst"]
    assert {path.stat().st_mode & 0o777 for path in archive.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.long
def test_an_hour_that_is_over_is_one_file_that_holds_the_same(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, archive: Path
) -> None:
    agent_id = centre.hire()
    for status in ("Ready", "Talk", "Ready"):
        centre.set_status(agent_id, status)
        run_once(warehouse, clock)
    (before,) = hours(str(archive))
    clock.advance(hours=2)
    run_once(warehouse, clock)

    packed, now = hours(str(archive))

    assert [name for name in names(archive) if name.startswith("2026-03-02T12")] == ["2026-03-02T12.tar.zst"]
    assert (archive / "2026-03-02T12.tar.zst").stat().st_mode & 0o777 == 0o600
    assert packed == before
    assert len(packed.bodies) == 2
    assert len(now.runs) == 1


@pytest.mark.long
def test_an_hour_whose_packing_was_cut_off_holds_nothing_twice_and_loses_nothing(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, archive: Path
) -> None:
    """The file was made, and the folder was removed in part."""
    centre.hire()
    for _ in range(3):
        run_once(warehouse, clock)
    (archive / "notes").mkdir()
    (archive / "notes" / "mine.txt").write_text("not the archive's")
    kept = {path: path.read_bytes() for path in (archive / "2026-03-02T12").iterdir()}
    before = [*hours(str(archive))]
    clock.advance(hours=2)
    run_once(warehouse, clock)
    (archive / "2026-03-02T12").mkdir()
    last = max(kept)
    last.write_bytes(kept[last])

    assert [*hours(str(archive))][:1] == before
    run_once(warehouse, clock)

    assert [*hours(str(archive))][:1] == before
    assert not (archive / "2026-03-02T12").exists()
    assert (archive / "notes" / "mine.txt").exists()


def test_the_token_is_nowhere_in_the_archive_not_even_where_wolkvox_says_it(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, archive: Path
) -> None:
    simulator.misbehave(Answer(403, {"code": "403", "error": "FORBIDDEN", "msg": f"token {TOKEN} is wrong"}))
    run_once(warehouse, clock)

    (hour,) = hours(str(archive))

    assert hour.bodies
    assert not any(TOKEN.encode() in content for content in [*hour.runs.values(), *hour.bodies.values()])


@pytest.mark.parametrize("protection", ["hash", "drop"])
def test_an_archive_is_refused_where_personal_columns_are_not_kept(
    simulator: Simulator,
    warehouse: Warehouse,
    clock: Clock,
    archive: Path,
    protection: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_AGENT_DNI", protection)
    monkeypatch.setenv("SOURCES__WOLKVOX__PRIVACY_KEY", "a-key")

    run = run_once(warehouse, clock)

    assert isinstance(run.error, ConfigurationError)
    assert str(run.error).startswith("Operation demo hashes or drops personal columns")
    assert not simulator.requests
    assert not archive.exists()


def test_an_address_that_no_store_has_is_refused_without_its_password(
    simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__ARCHIVE_URL", "nosuch://user:s3cret@host/archive")

    run = run_once(warehouse, clock)

    assert run.exit_code == 78
    assert "nosuch://user:<secret>@host/archive" in str(run.error)
    assert "s3cret" not in str(run.error)


@pytest.mark.long
def test_an_archive_that_cannot_be_written_is_said_and_the_load_goes_on(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, archive: Path
) -> None:
    centre.hire()
    archive.write_text("where the archive's folder should be")

    run = run_once(warehouse, clock)

    assert run.exit_code == 0
    assert [note.reason for note in run.notes] == ["archive_failed"]
    assert warehouse.rows("select count(*) from agents") == [(1,)]


@pytest.mark.long
def test_an_archive_may_be_in_an_object_store(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fsspec's own store in memory stands for it: it has no folders and no names of this machine."""
    monkeypatch.setenv("SOURCES__WOLKVOX__ARCHIVE_URL", f"memory://{warehouse.pipelines_dir}")
    centre.hire()
    run_once(warehouse, clock)
    (before,) = hours(f"memory://{warehouse.pipelines_dir}")
    clock.advance(hours=3)
    run_once(warehouse, clock)

    assert next(iter(hours(f"memory://{warehouse.pipelines_dir}"))) == before


@pytest.mark.long
@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_file_of_the_archive_that_was_cut_is_named(
    centre: ContactCentre, simulator: Simulator, warehouse: Warehouse, clock: Clock, archive: Path, share: float
) -> None:
    centre.hire()
    run_once(warehouse, clock)
    clock.advance(hours=2)
    run_once(warehouse, clock)
    file = archive / "2026-03-02T12.tar.zst"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(UnreadableError, match=r"The archive is not whole: .*2026-03-02T12\.tar\.zst cannot be read"):
        [*hours(str(archive))]


def test_where_there_is_no_archive_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no archive in"):
        [*hours(str(tmp_path / "nowhere"))]
