"""`wolkvox demo`, as somebody meets it who has no account."""

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from wolkvox_source.demo import _last_working_morning

ROOT = Path(__file__).parents[1]


def demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}
    command = [sys.executable, "-m", "wolkvox_source.cli", "demo", "--agents", "20", *options]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_demo_shows_what_arrived_and_can_be_run_again_and_prints_a_command_that_works(tmp_path: Path) -> None:
    # a configuration of real operations must not be touched by it, nor touch it
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources.wolkvox]\noperations = ["real"]\n', encoding="utf-8")

    first, again = demo(tmp_path), demo(tmp_path, "--lang", "es")

    assert (first.returncode, first.stderr) == (0, "")
    assert "Who is here now, by status" in first.stdout
    assert "19 observations found" in first.stdout
    assert (again.returncode, again.stderr) == (0, "")
    assert "Quién está ahora, por estado" in again.stdout
    assert sorted(path.name for path in tmp_path.glob("*.duckdb")) == [
        "wolkvox_demo.duckdb",
        "wolkvox_demo_read.duckdb",
    ]
    with duckdb.connect(str(tmp_path / "wolkvox_demo_read.duckdb"), read_only=True) as connection:
        outcomes = connection.execute("select distinct operation, http_status from contact_center.observations")
        assert outcomes.fetchall() == [("demo", 200)]

    command = first.stdout.splitlines()[-1].strip().replace("python", sys.executable, 1)
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
