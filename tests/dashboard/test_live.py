"""The page on PostgreSQL and on a DuckLake is, word for word, the page on a readers' copy of the same data."""

from pathlib import Path

import pytest

from tests.dashboard.conftest import NOW
from wolkvox_source.cli import main as cli
from wolkvox_source.dashboard.answers import Answers
from wolkvox_source.dashboard.copy import Copy
from wolkvox_source.dashboard.page import Choice, whole_page
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.warehouse.connection import opened
from wolkvox_source.warehouse.live import Live
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.transfer import copy


@pytest.mark.long
@pytest.mark.parametrize("destination", ["postgres", "ducklake"])
def test_the_page_is_the_same_whatever_holds_the_data(
    destination: str, file: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(file))
    if destination == "postgres":
        monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", request.getfixturevalue("postgres_url"))
    moved = Place(destination, dataset_name="page", pipelines_dir="pipelines")
    live = Live(destination, "wolkvox", "page")
    with pytest.raises(ConfigurationError, match=rf"There is no data in {destination} \(page\) yet"):
        live.now()
    copy(Place("duckdb", pipelines_dir="pipelines"), moved)

    for choice in (Choice(), Choice(operation="otra")):
        assert whole_page(Answers(live.now().query), "es", choice, NOW) == whole_page(
            Answers(Copy.at(file).query), "es", choice, NOW
        )

    before = live.now()
    assert live.now() == before
    with opened(moved.pipeline()) as client:
        ledger = client.make_qualified_table_name("observations")
        client.execute_sql(
            f"insert into {ledger} (operation, observed_at, outcome) values ('new', %s, 'changed')",
            NOW,
        )
    assert live.now() != before
    assert [row["operation"] for row in Answers(live.now().query).operations()] == ["demo", "new", "otra"]


@pytest.mark.long
def test_the_command_shows_a_lake(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(file))
    copy(Place("duckdb", pipelines_dir="pipelines"), Place("ducklake", pipelines_dir="pipelines"))

    assert cli.main(["dashboard", "--destination", "ducklake", "--export", "page.html"]) == 0
    assert cli.main(["dashboard", "--destination", "ducklake", "--demo", "--export", "page.html"]) == 64

    assert "ESPINOSA" in Path("page.html").read_text(encoding="utf-8")
    assert "--destination says where the data is, and so does --demo" in capsys.readouterr().err
