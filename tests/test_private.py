"""Files with people in them: only their owner reads what we make new, and a mode that a user set is kept."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import pytest

from tests.worlds import Clock, Lake, Warehouse, run_once
from wolkvox_source import wolkvox
from wolkvox_source.cli import main as cli
from wolkvox_source.private import owner_only, written_anew
from wolkvox_source.simulator import ContactCentre, Simulator

WAREHOUSE, COPY = Path("wolkvox.duckdb"), Path("wolkvox_read.duckdb")


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """A user whose new files everybody may read, and the group write."""
    before = os.umask(0o002)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_what_is_made_meanwhile_is_the_owners_and_what_was_there_is_as_it_was() -> None:
    Path("shared").write_text("x")
    with owner_only():
        Path("shared").write_text("y")
        Path("new").write_text("y")
    Path("after").write_text("y")

    assert (mode(Path("shared")), mode(Path("new")), mode(Path("after"))) == (0o664, 0o600, 0o664)


def test_a_file_that_is_written_anew_keeps_its_mode_and_a_new_one_is_the_owners() -> None:
    for _ in range(2):
        with written_anew(Path("page.html")) as fresh:
            fresh.write_text("Ana")
    assert mode(Path("page.html")) == 0o600
    Path("page.html").chmod(0o644)
    with written_anew(Path("page.html")) as fresh:
        fresh.write_text("Luis")

    assert (mode(Path("page.html")), Path("page.html").read_text()) == (0o644, "Luis")


def test_what_could_not_be_written_leaves_the_file_before_and_nothing_else() -> None:
    Path("page.html").write_text("before")

    def interrupted() -> None:
        with written_anew(Path("page.html")) as fresh:
            fresh.write_text("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        interrupted()

    assert Path("page.html").read_text() == "before"
    assert [path.name for path in Path().glob(".*") if path.is_file()] == []


@pytest.mark.long
def test_the_warehouse_is_its_owners_and_readers_may_only_read_the_copy(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    run_once(duckdb_warehouse, clock)

    assert (mode(WAREHOUSE), mode(COPY)) == (0o600, 0o444)
    # rows stand in the working folder until they are loaded
    assert mode(duckdb_warehouse.pipelines_dir / "wolkvox") == 0o700

    WAREHOUSE.chmod(0o660)
    COPY.chmod(0o640)
    run_once(duckdb_warehouse, clock)

    assert (mode(WAREHOUSE), mode(COPY)) == (0o660, 0o440)


def test_a_plain_dlt_run_makes_its_warehouse_its_owners(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    pipeline = dlt.pipeline("wolkvox", destination="duckdb", dataset_name="contact_center")
    pipeline.run(wolkvox())

    assert mode(WAREHOUSE) == 0o600
    # dlt leaves there what it loaded
    assert mode(Path(pipeline.working_dir)) == 0o700


@pytest.mark.long
def test_a_lake_is_its_owners_until_a_user_says_otherwise(
    centre: ContactCentre, simulator: Simulator, clock: Clock, tmp_path: Path
) -> None:
    """Few rows stand in the catalogue itself, and many in files of their own."""
    pytest.importorskip("duckdb_extension_ducklake")
    for _ in range(20):
        centre.hire()
    lake, catalogue, files = Lake(tmp_path / "pipelines"), Path("wolkvox.sqlite"), Path("wolkvox.files")
    assert run_once(lake, clock).exit_code == 0

    assert (mode(catalogue), mode(files)) == (0o600, 0o700)

    catalogue.chmod(0o660)
    files.chmod(0o750)
    assert run_once(lake, clock).exit_code == 0
    assert (mode(catalogue), mode(files)) == (0o660, 0o750)


@pytest.mark.long
@pytest.mark.parametrize(("setting", "wanted"), [("0400", 0o400), ("440", 0o440), ("0444", 0o444)])
def test_a_setting_says_who_may_read_the_copy(
    setting: str,
    wanted: int,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__COPY_MODE", setting)
    for _ in range(2):
        run_once(duckdb_warehouse, clock)

    assert mode(COPY) == wanted


@pytest.mark.long
@pytest.mark.parametrize("setting", ["0644", "rw-r--r--", "04000", "0"])
def test_a_copy_that_could_be_written_to_is_refused(
    setting: str,
    simulator: Simulator,
    duckdb_warehouse: Warehouse,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCES__WOLKVOX__COPY_MODE", setting)
    error: Any = run_once(duckdb_warehouse, clock).error

    assert error.exit_code == 78
    assert "must be one of 0444, 0440, 0400" in str(error)


@pytest.mark.long
def test_an_exported_page_is_its_owners(
    centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock
) -> None:
    centre.hire("PÉREZ  ANA", "1001")
    run_once(duckdb_warehouse, clock)

    assert cli.main(["dashboard", "--file", str(COPY), "--export", "today.html"]) == 0
    assert mode(Path("today.html")) == 0o600
