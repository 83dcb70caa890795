"""The notebook runs from top to bottom over a demo's data, and is committed as it is before it ran."""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from tests.dashboard.centres import build
from tests.worlds import MONDAY
from wolkvox_source import Place
from wolkvox_source.warehouse.transfer import copy

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "explore.ipynb"


def test_it_is_valid_and_carries_no_output() -> None:
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert [cell.execution_count for cell in code] == [None] * len(code)


def test_it_asks_five_questions() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    titles = ["".join(cell["source"]).splitlines()[0] for cell in cells if cell["cell_type"] == "markdown"]
    assert [title[:5] for title in titles[1:]] == ["## 1.", "## 2.", "## 3.", "## 4.", "## 5."]


@pytest.mark.long
def test_it_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    for needed in ("ipykernel", "matplotlib", "pandas"):
        pytest.importorskip(needed)
    file = str(tmp_path / "wolkvox_demo_read.duckdb")
    environment = {**os.environ, "PYTHONPATH": str(NOTEBOOK.parents[1])}
    subprocess.run(
        [sys.executable, "-m", "wolkvox_source.cli.main", "demo", "--days", "3"],
        env=environment,
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("WOLKVOX_FILE", file)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in shown if output.output_type == "error"] == []
    assert len([output for output in shown if "image/png" in output.get("data", {})]) == 2
    (outcomes,) = [
        text for output in shown if "agents_changed" in (text := output.get("data", {}).get("text/plain", ""))
    ]
    assert outcomes.splitlines()[1].split()[:3] == ["0", "soporte", "changed"]


@pytest.mark.long
@pytest.mark.parametrize("destination", ["duckdb", "postgres", "ducklake"])
def test_the_marimo_notebook_answers_from_top_to_bottom(
    destination: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for needed in ("marimo", "matplotlib", "pandas"):
        pytest.importorskip(needed)
    build(tmp_path / "wolkvox_read.duckdb", MONDAY, agents=12, days=3)
    monkeypatch.setenv("MPLBACKEND", "agg")
    if destination != "duckdb":
        monkeypatch.setenv("WOLKVOX_DESTINATION", destination)
        monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "wolkvox_read.duckdb"))
        if destination == "postgres":
            server = request.getfixturevalue("postgres_url")
            with closing(psycopg2.connect(server)) as connection:
                connection.autocommit = True
                connection.cursor().execute("create database notebook")
            where = server.replace("/postgres?", "/notebook?")
            monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", where)
        copy(Place(), Place(destination))
        (tmp_path / "wolkvox_read.duckdb").unlink()
    spec = importlib.util.spec_from_file_location("dashboard_notebook", NOTEBOOK.with_name("dashboard.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    _, shown = module.app.run()

    assert shown["day"].value == "2026-03-02"
    assert list(module.ask("select count(*) as agents from agents_now")["agents"]) == [12]
