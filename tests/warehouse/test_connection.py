"""Every failure of a destination as a sentence, with the real failure behind it."""

import subprocess
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest

from tests.worlds import Reader, Warehouse, fill
from wolkvox_source import Place, sync, wolkvox
from wolkvox_source.cli import main as cli
from wolkvox_source.errors import ConfigurationError, UnavailableError, WolkvoxError
from wolkvox_source.simulator import ContactCentre, Simulator
from wolkvox_source.warehouse.connection import check_reachable, duckdb_file
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.pipeline import pipeline_into


def said(pipeline: dlt.Pipeline) -> WolkvoxError:
    """What is wrong with the destination of a pipeline."""
    with pytest.raises(WolkvoxError) as failure:
        check_reachable(pipeline)
    return failure.value


def into(credentials: object, monkeypatch: pytest.MonkeyPatch, destination: str = "duckdb") -> dlt.Pipeline:
    monkeypatch.setenv(f"DESTINATION__{destination.upper()}__CREDENTIALS", str(credentials))
    return pipeline_into(destination, pipelines_dir="pipelines")


def test_a_destination_that_answers_is_reachable(warehouse: Warehouse) -> None:
    check_reachable(warehouse.pipeline())


def test_a_file_that_another_program_holds(duckdb_warehouse: Warehouse) -> None:
    check_reachable(duckdb_warehouse.pipeline())

    with Reader(Path("wolkvox.duckdb")) as reader:
        error = said(duckdb_warehouse.pipeline())

        assert (error.reason, error.exit_code) == ("destination_held", 75)
        assert error.facts["pid"] == str(reader.pid)
        assert f", PID {reader.pid}" in str(error)


@pytest.mark.long
@pytest.mark.parametrize(
    "command",
    [["status"], ["export", "agents_now", "--to", "now.csv"], ["dashboard", "--export", "page.html", "--no-browser"]],
    ids=lambda words: words[0],
)
def test_a_readers_copy_that_a_notebook_opened_for_writing_is_told_with_its_holder(
    command: list[str],
    centre: ContactCentre,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    capsys: pytest.CaptureFixture[str],
) -> None:
    centre.hire()
    sync(duckdb_warehouse.place())
    copy = Path("wolkvox_read.duckdb")
    copy.chmod(0o644)

    with Reader(copy, "writing") as notebook:
        assert cli.main(command) == 75
        told = capsys.readouterr().err
        assert f", PID {notebook.pid}" in told
        assert "wolkvox_read.duckdb is held open for writing" in told
        assert "read_only=True" in told
        # and no reader keeps a run from its end
        assert sync(duckdb_warehouse.place()).exit_code == 0


def test_a_file_that_is_not_duckdbs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "sales.xlsx"
    file.write_bytes(b"PK\x03\x04" + bytes(8192))

    error = said(into(file, monkeypatch))

    assert (error.reason, error.exit_code) == ("destination_not_duckdb", 78)
    assert file.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("place", ["missing/wolkvox.duckdb", "folder"])
def test_a_place_where_no_file_can_be(place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    error = said(into(tmp_path / place, monkeypatch))

    assert (error.reason, error.exit_code) == ("destination_unwritable", 78)


def test_a_disk_that_may_only_be_read(monkeypatch: pytest.MonkeyPatch, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    error = said(into(small_disk / "wolkvox.duckdb", monkeypatch))

    assert (error.reason, error.exit_code) == ("destination_unwritable", 78)


def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch, small_disk: Path) -> None:
    fill(small_disk)

    error = said(into(small_disk / "wolkvox.duckdb", monkeypatch))

    assert (error.reason, error.exit_code) == ("disk_full", 75)

    with pytest.raises(OSError) as python:
        (small_disk / "more").write_bytes(bytes(100_000))
    assert in_words(python.value).reason == "disk_full"


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = said(into(f"postgresql://someone:hidden@localhost/db?host={tmp_path}", monkeypatch, "postgres"))

    assert (error.reason, error.exit_code) == ("destination_unreachable", 75)
    assert "hidden" not in str(error)


def test_a_database_that_is_not_there(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    error = said(into(postgres_url.replace("/postgres?", "/elsewhere?"), monkeypatch, "postgres"))

    assert (error.reason, error.exit_code) == ("destination_not_let_in", 78)
    assert '(“database "elsewhere" does not exist”)' in str(error)


def test_settings_that_are_missing() -> None:
    error = said(pipeline_into("postgres", pipelines_dir="pipelines"))

    assert (error.reason, error.exit_code) == ("destination_setting", 78)
    assert "`" in str(error)


def test_a_destination_that_dlt_does_not_know() -> None:
    with pytest.raises(ConfigurationError) as refused:
        pipeline_into("punchcards", pipelines_dir="pipelines")

    assert (refused.value.reason, refused.value.exit_code) == ("destination_unknown", 78)
    assert "'punchcards'" in str(refused.value)


def test_a_destination_whose_package_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dlt.destinations.impl.snowflake.configuration")
    error = said(into("snowflake://someone:hidden@host/db", monkeypatch, "snowflake"))

    assert error.reason in {"destination_package", "destination_setting"}
    assert error.exit_code == 78
    assert "hidden" not in str(error)


def test_an_error_of_our_own_is_found_under_dlts() -> None:
    ours = UnavailableError("destination_held", holder="?", pid="?")
    wrapped = RuntimeError("dlt says")
    wrapped.__cause__ = ours

    assert in_words(wrapped) is ours


def test_whatever_else_happens_is_said_on_one_line() -> None:
    error = in_words(ZeroDivisionError("first line\nsecond line"))

    assert (error.reason, error.exit_code) == ("unexpected", 70)
    assert "“ZeroDivisionError: first line”" in str(error)


def test_only_duckdb_has_a_file(duckdb_warehouse: Warehouse, monkeypatch: Any, tmp_path: Path) -> None:
    assert duckdb_file(duckdb_warehouse.pipeline()) == tmp_path / "wolkvox.duckdb"
    # to ask where the file is does not make one
    assert not (tmp_path / "wolkvox.duckdb").exists()
    assert duckdb_file(into("postgresql://localhost/db", monkeypatch, "postgres")) is None
    in_memory = dlt.destinations.duckdb(duckdb.connect(":memory:"))
    assert duckdb_file(pipeline_into(in_memory, pipelines_dir="pipelines")) is None


@pytest.mark.parametrize("destination", ["filesystem", "sqlalchemy", "lancedb", "qdrant", "weaviate", "dummy"])
def test_a_destination_that_cannot_keep_a_history_is_refused_before_wolkvox_is_asked(
    destination: str, centre: ContactCentre, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "bucket"))
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__CREDENTIALS", f"sqlite:///{tmp_path}/wolkvox.db")

    refused = sync(Place(destination, pipelines_dir="pipelines"))

    assert refused.error
    assert (refused.error.reason, refused.exit_code) == ("destination_cannot", 78), refused.error
    assert "duckdb, postgres" in str(refused.error)
    assert simulator.requests == []


def test_a_plain_run_into_such_a_destination_is_refused_too(
    centre: ContactCentre, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "bucket"))

    with pytest.raises(Exception, match="history") as refused:
        dlt.pipeline("plain", destination="filesystem", pipelines_dir="pipelines").run(wolkvox())

    assert in_words(refused.value).reason == "destination_cannot"
    assert simulator.requests == []
