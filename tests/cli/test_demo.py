"""`wolkvox demo`, as somebody meets it who has no account."""

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from wolkvox_source.cli.demo import _last_working_morning

LONG = bool(os.environ.get("WOLKVOX_LONG"))
ROOT = Path(__file__).parents[2]


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}
    command = [sys.executable, "-m", "wolkvox_source.cli.main", "demo", "--agents", "20", *options]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


# in CI's hour both; a demo takes ten seconds
@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Who is here now, by status"), ("es", "Quién está ahora, por estado")][: 2 if LONG else 1],
)
def test_a_demo_shows_what_arrived_and_prints_a_command_that_works_whatever_an_earlier_one_left(
    language: str, title: str, tmp_path: Path
) -> None:
    # a configuration of real operations must not be touched by it, nor touch it
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources.wolkvox]\noperations = ["real"]\n', encoding="utf-8")
    # what is left of one that was killed
    (tmp_path / "wolkvox_demo.duckdb").write_bytes(b"half a database")
    (tmp_path / "wolkvox_demo.duckdb.wal").write_bytes(b"half a log")
    working = Path(os.environ["DLT_DATA_DIR"]) / "pipelines" / "wolkvox_demo"
    working.mkdir(parents=True)
    (working / "state.json").write_text("{", encoding="utf-8")

    shown = demo(tmp_path, "--lang", language)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert title in shown.stdout
    assert "19 observ" in shown.stdout
    assert sorted(path.name for path in tmp_path.glob("*.duckdb*") if path.suffix != ".lock") == [
        "wolkvox_demo.duckdb",
        "wolkvox_demo_read.duckdb",
    ]
    with duckdb.connect(str(tmp_path / "wolkvox_demo_read.duckdb"), read_only=True) as connection:
        outcomes = connection.execute("select distinct operation, http_status from contact_center.observations")
        assert outcomes.fetchall() == [("demo", 200)]

    command = shown.stdout.splitlines()[-1].strip().replace("python", sys.executable, 1)
    looked = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stderr
    assert "last_connection_at" in looked.stdout


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        pytest.param(datetime(2026, 3, 4, 23, tzinfo=timezone.utc), datetime(2026, 3, 4, 12), id="this evening"),
        pytest.param(datetime(2026, 3, 4, 14, tzinfo=timezone.utc), datetime(2026, 3, 3, 12), id="yesterday"),
        pytest.param(datetime(2026, 3, 8, 23, tzinfo=timezone.utc), datetime(2026, 3, 6, 12), id="Friday on Sunday"),
    ],
)
def test_the_simulated_morning_is_the_last_one_that_is_over(now: datetime, morning: datetime) -> None:
    assert _last_working_morning(now) == morning.replace(tzinfo=timezone.utc)
