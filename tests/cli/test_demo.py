"""`wolkvox demo`, as a person meets it who has no account."""

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dlt
import duckdb
import pytest

from wolkvox_source.cli.demo_weeks import moments, zone_at
from wolkvox_source.settings import Operation
from wolkvox_source.sync.run import sync
from wolkvox_source.warehouse.pipeline import Place

ROOT = Path(__file__).parents[2]


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}
    line = [sys.executable, "-m", "wolkvox_source.cli.main", *words]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.long
def test_a_demo_shows_what_arrived_whatever_an_earlier_one_left_and_its_commands_work(tmp_path: Path) -> None:
    # a configuration of real operations must not be touched by it, nor touch it
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "config.toml").write_text('[sources.wolkvox]\noperations = ["real"]\n', encoding="utf-8")
    # what is left of one that was killed
    (tmp_path / "wolkvox_demo.duckdb").write_bytes(b"half a database")
    (tmp_path / "wolkvox_demo.duckdb.wal").write_bytes(b"half a log")
    working = Path(os.environ["DLT_DATA_DIR"]) / "pipelines" / "wolkvox_demo"
    working.mkdir(parents=True)
    (working / "state.json").write_text("{", encoding="utf-8")
    begun = datetime.now(timezone.utc)

    shown = command(tmp_path, "demo", "--lang", "es", "--agents", "60", "--days", "3")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Quién vino a trabajar, por día" in shown.stdout
    assert sorted(path.name for path in tmp_path.glob("*.duckdb*") if path.suffix != ".lock") == [
        "wolkvox_demo.duckdb",
        "wolkvox_demo_read.duckdb",
    ]
    with duckdb.connect(str(tmp_path / "wolkvox_demo_read.duckdb"), read_only=True) as copy:
        copy.execute("set schema = 'contact_center'")
        last = copy.execute(
            "select operation, max(observed_at), arg_max(outcome, observed_at) from observations group by 1"
        )
        found = last.fetchall()
        assert sorted(name for name, _, _ in found) == ["soporte", "ventas"]
        assert all(at >= begun and outcome in {"changed", "unchanged"} for _, at, outcome in found)
        # the hour in which wolkvox was down
        outage = copy.execute(
            "select operation, count(*) from observations where http_status = 403 group by 1 order by 1"
        )
        assert outage.fetchall() == [("soporte", 6), ("ventas", 6)]
        gap = "select max(longest_gap_seconds) from coverage_daily"
        assert copy.execute(gap).fetchall() == [(70 * 60,)]
        came = copy.execute("select count(*) from attendance_daily where attendance = 'present'").fetchall()
        assert came[0][0] > 20
        purged = copy.execute("select count(*) from roster_changes where what = 'vanished'").fetchall()
        assert purged[0][0] > 0
        assert copy.execute("select bool_or(purge_soon) from agents_now").fetchall() == [(True,)]

    lines = shown.stdout.splitlines()
    asked = lines[-3].strip().replace("python", sys.executable, 1)
    looked = subprocess.run(asked, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stderr
    assert "last_connection_at" in looked.stdout
    assert lines[-1] == "  wolkvox dashboard --demo"
    page = command(tmp_path, *lines[-1].split()[1:], "--export", "page.html")
    assert page.returncode == 0, page.stderr
    assert "soporte" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.long
def test_a_sync_finds_nothing_that_is_to_come_in_a_simulator_that_was_sped_up(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC"}
    line = [sys.executable, "-u", "-m", "wolkvox_source.cli.main", "simulate", "--port", "0", "--speed", "1000000"]
    with subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        said = "".join(iter(running.stdout.readline, "Ctrl-C stops it.\n"))
        url = said.split("SOURCES__WOLKVOX__BASE_URL=")[1].split()[0]
        operation = Operation(server="demo", token="demo-token", base_url=url).named("demo")
        place = Place(dlt.destinations.duckdb(str(tmp_path / "fast.duckdb")), "fast")
        # a month in less than three seconds, and then the real time
        runs = [sync(place, operations=[operation]) for _ in range(2)]
        running.terminate()
    assert " times as fast until " in said
    assert [run.exit_code for run in runs] == [0, 0]


@pytest.mark.parametrize(
    ("now", "zone"),
    [
        (datetime(2026, 3, 4, 13, tzinfo=timezone.utc), "America/Bogota"),
        (datetime(2026, 3, 4, 8, tzinfo=timezone.utc), "Europe/Madrid"),
        (datetime(2026, 3, 4, 2, tzinfo=timezone.utc), "Asia/Manila"),
    ],
)
def test_the_centres_of_a_demo_are_where_it_is_day(now: datetime, zone: str) -> None:
    assert zone_at(now).key == zone
    assert 8 <= now.astimezone(zone_at(now)).hour < 20


def test_a_demo_looks_closely_at_the_last_two_working_days_and_not_while_the_centre_is_closed() -> None:
    # Monday 2 March, 13:05 in Bogotá; the Sunday before is closed
    found = moments(datetime(2026, 3, 2, 18, 5, tzinfo=timezone.utc), 3)
    zone = zone_at(found[-1][0])
    by_day: dict[int, list[tuple[str, int]]] = {}
    for at, step in found:
        by_day.setdefault(at.astimezone(zone).day, []).append(
            (f"{at.astimezone(zone):%H:%M}", step // timedelta(minutes=1))
        )
    assert [(day, looks[0], looks[-1], len(looks)) for day, looks in by_day.items()] == [
        (27, ("06:00", 40), ("22:00", 40), 25),
        (28, ("06:00", 10), ("22:00", 10), 97),
        (2, ("06:00", 10), ("13:00", 10), 43),
    ]


def test_a_demo_of_no_days_is_refused(tmp_path: Path) -> None:
    refused = command(tmp_path, "demo", "--days", "0")
    assert refused.returncode == 64
    assert "choose from 1 to 120 with --days" in refused.stderr
