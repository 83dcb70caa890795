"""`wolkvox export`: the rows of a view, in the three kinds of file that people ask for."""

import csv
import json
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from tests.worlds import Clock, Warehouse, run_once
from wolkvox_source import Place, sync
from wolkvox_source.cli import main as cli
from wolkvox_source.simulator import ContactCentre, Simulator


@pytest.fixture
def loaded(centre: ContactCentre, simulator: Simulator, duckdb_warehouse: Warehouse, clock: Clock) -> Warehouse:
    """Two agents; the name of one looks like a formula, and the other connected at 06:50 in Bogotá."""
    centre.hire('=HYPERLINK("http://x")', "0017001")
    centre.set_last_use(centre.hire("PEÑA INÉS", "0027001"), "2026-03-02 06:50:00")
    run_once(duckdb_warehouse, clock)
    return duckdb_warehouse


@pytest.mark.long
def test_a_csv_has_headings_times_in_utc_and_zeros_that_stay(
    loaded: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", "agents_now", "--to", "now.csv"]) == 0
    assert capsys.readouterr().out == "Written to now.csv: 2 rows of agents_now. It may hold people's names.\n"
    with Path("now.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["agent_name"]: row for row in csv.DictReader(file)}

    assert rows["PEÑA INÉS"]["agent_dni"] == "0027001"
    assert rows["PEÑA INÉS"]["last_connection_at"] == "2026-03-02 11:50:00+00"
    assert rows['=HYPERLINK("http://x")']["last_connection_at"] == ""


def test_parquet_keeps_the_types(loaded: Warehouse) -> None:
    assert cli.main(["export", "agents", "--to", "agents.parquet"]) == 0

    types = duckdb.sql("describe select agent_name, last_use, present from 'agents.parquet'").fetchall()
    assert [row[1] for row in types] == ["VARCHAR", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"]


@pytest.mark.long
def test_a_sheet_has_times_and_no_formulas(loaded: Warehouse) -> None:
    assert cli.main(["export", "agents_now", "--to", "now.XLSX", "--lang", "es"]) == 0

    headings, *rows = CalamineWorkbook.from_path("now.XLSX").get_sheet_by_name("agents_now").to_python()
    named = {row[headings.index("agent_name")]: dict(zip(headings, row, strict=True)) for row in rows}
    assert f"{named['PEÑA INÉS']['last_connection_at']:%Y-%m-%d %H:%M:%S}" == "2026-03-02 11:50:00"
    assert named["PEÑA INÉS"]["agent_dni"] == "0027001"
    assert '=HYPERLINK("http://x")' in named


@pytest.mark.long
def test_every_table_and_view_of_the_copy_can_be_taken_away_in_every_kind(loaded: Warehouse) -> None:
    with duckdb.connect("wolkvox_read.duckdb", read_only=True) as connection:
        query = "select table_name from information_schema.tables where table_schema = 'contact_center'"
        names = [name for (name,) in connection.execute(query).fetchall()]
    assert len(names) > 15
    for name in names:
        for kind in ("csv", "parquet", "xlsx"):
            assert cli.main(["export", name, "--to", f"{name}.{kind}"]) == 0, (name, kind)


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["agents", "--to", "agents.ods"], 64, "agents.ods would be of no known kind: name it with one of .csv,"),
        (["nobody", "--to", "x.csv"], 64, "No view and no table is called 'nobody': there are "),
        (["agents; drop table agents", "--to", "x.csv"], 64, "No view and no table is called 'agents; drop"),
        (["agents", "--to", "nowhere/x.csv"], 64, "nowhere/x.csv cannot be written (“"),
        (["agents", "--to", "x.csv", "--file", "none.duckdb"], 78, "There is no readers' copy none.duckdb"),
        (["agents", "--to", "x.csv", "--file", "notes.txt"], 78, "The readers' copy notes.txt cannot be read (“"),
        (["agents", "--to", "x.csv", "--dataset", "other"], 64, "No view and no table is called 'agents': there are ."),
        (["agents"], 64, "Usage: wolkvox export"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence_and_leaves_no_file(
    words: list[str], code: int, sentence: str, loaded: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("notes.txt").write_text("call the vendor " * 1000)
    assert cli.main(["export", *words]) == code
    assert capsys.readouterr().err.startswith(sentence)
    assert [path.name for path in Path().glob("*x.csv*")] == []


def test_a_failure_is_an_object_for_a_program_that_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    """What stands before the option is not of this command, and the error of the command line is click's."""
    assert cli.main(["export", "agents", "--to", "x.csv", "--json"]) == 64
    assert capsys.readouterr().err.startswith("Usage: wolkvox export")
    assert cli.main(["status", "--json", "--max-age", "old"]) == 64
    assert json.loads(capsys.readouterr().out)["exit_code"] == 64


@pytest.mark.long
@pytest.mark.parametrize("destination", ["postgres", "ducklake"])
def test_a_warehouse_that_is_no_file_is_taken_away_itself(
    destination: str,
    request: pytest.FixtureRequest,
    centre: ContactCentre,
    simulator: Simulator,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if destination == "postgres":
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", request.getfixturevalue("postgres_url"))
    dataset = f"taken_{destination}"
    there = ["--destination", destination, "--dataset", dataset]
    assert cli.main(["export", "agents", "--to", "before.csv", *there]) == 75
    centre.set_last_use(centre.hire("PEÑA INÉS", "0027001"), "2026-03-02 06:50:00")
    assert sync(Place(destination, dataset_name=dataset, pipelines_dir="pipelines"), clock=clock).error is None
    capsys.readouterr()

    assert cli.main(["export", "agents_now", "--to", "now.csv", *there]) == 0
    assert cli.main(["export", "rejected_records", "--to", "none.parquet", *there]) == 0
    assert cli.main(["export", "nobody", "--to", "x.csv", *there]) == 64
    assert cli.main(["export", "agents", "--to", "x.csv", "--file", "x.duckdb", *there]) == 64

    told = capsys.readouterr()
    assert told.out.startswith("Written to now.csv: 1 row of agents_now.")
    assert told.err.endswith("--destination says where the data is, and so does --file: leave one of them out.\n")
    with Path("now.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["agent_name"], row["agent_dni"]) == ("PEÑA INÉS", "0027001")
    assert row["last_connection_at"] == "2026-03-02 11:50:00+00"
    assert duckdb.sql("select * from 'none.parquet'").fetchall() == []
    assert not Path("x.csv").exists()
