"""`wolkvox copy` of 10 million versions, and a replay, beside DuckDB's own COPY of the same rows. The bar: 2 GiB.

DuckDB writes the tables as Parquet and reads them again, and compares nothing. Other sizes: moving.py VERSIONS RUNS.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import loading
from tests.benchmarks.growth import CLOSED
from tests.benchmarks.serving import answering

VERSIONS, RUNS, BAR = 10_000_000, 2_000, 2048
NOW = datetime(2026, 3, 29, tzinfo=timezone.utc)
OF_OURS = (
    "select table_name from duckdb_tables() where schema_name = 'contact_center' and table_name not like '\\_dlt%' "
)
OF_OURS += "escape '\\'"


def live(runs: int, folder: str) -> None:
    """So many runs of 500 agents, of whom a fifth changes each time, into an archive."""
    from wolkvox_source.api.archive import configured_archive
    from wolkvox_source.observation import ask
    from wolkvox_source.settings import Operation

    os.environ["SOURCES__WOLKVOX__ARCHIVE_URL"] = f"{folder}/archive"
    with answering([loading.report(number % 4) for number in range(runs)]) as url:
        operation = Operation(server="demo", token="benchmark", base_url=url).named("demo")
        for number in range(runs):
            at = NOW + timedelta(minutes=5 * number)
            (answer,) = ask([operation], at, {}, None, configured_archive([operation], (), at))
            assert answer.error is None, answer.error


def grown(versions: int) -> None:
    """A warehouse of 500 agents with so many closed versions."""
    import duckdb

    from wolkvox_source import sync
    from wolkvox_source.settings import Operation

    with answering([loading.report(0)]) as url:
        operation = Operation(server="demo", token="benchmark", base_url=url).named("demo")
        run = sync(operations=[operation], clock=lambda: NOW)
        assert run.exit_code == 0, run
    with duckdb.connect("wolkvox.duckdb") as connection:
        connection.execute(CLOSED.format(versions=versions))


def copied() -> None:
    from wolkvox_source import Place
    from wolkvox_source.warehouse.transfer import copy

    copy(Place(), Place(pipeline_name="copied"))


def replayed() -> None:
    from wolkvox_source import Place
    from wolkvox_source.sync.replay import replay

    replay(str(Path("archive").absolute()), Place(pipeline_name="replayed"))


def by_duckdb(source: str) -> None:
    """The tables of a file written as Parquet and read into another file."""
    import duckdb

    with duckdb.connect(f"{source}.duckdb", read_only=True) as connection:
        names = [name for (name,) in connection.execute(OF_OURS).fetchall()]
        for name in names:
            connection.execute(f"copy contact_center.{name} to '{source}.{name}.parquet'")
    with duckdb.connect(f"{source}.beside.duckdb") as connection:
        for name in names:
            connection.execute(f"create table {name} as from '{source}.{name}.parquet'")


def measured(work: Callable[..., None], *arguments: Any) -> tuple[float, float, int]:
    """Seconds, CPU seconds and the peak in MiB of some work in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, arguments))


def _measured(work: Callable[..., None], arguments: tuple[Any, ...]) -> tuple[float, float, int]:
    begun, spent = time.perf_counter(), time.process_time()
    work(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return time.perf_counter() - begun, time.process_time() - spent, peak


def main() -> None:
    versions, runs = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else (VERSIONS, RUNS)
    loading.AGENTS = 500
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["DLT_DATA_DIR"] = folder
        grown(versions)
        live(runs, folder)
        ours, theirs = measured(copied), measured(by_duckdb, "wolkvox")
        verdict = "kept" if ours[2] <= BAR else "MISSED"
        print(f"copy of {versions:,} versions, compared at the end")
        print(f"  COPY   {theirs[0]:6.1f} s   {theirs[1]:6.1f} s of CPU   peak {theirs[2]} MiB")
        print(f"  ours   {ours[0]:6.1f} s   {ours[1]:6.1f} s of CPU   peak {ours[2]} MiB ({verdict})", end="")
        print(f"   {ours[1] / theirs[1]:.0f} times the CPU")
        ours, theirs = measured(replayed), measured(by_duckdb, "replayed")
        print(f"replay of {runs:,} runs of 500 agents, a fifth of whom changed")
        print(f"  COPY   {theirs[0]:6.1f} s   {theirs[1]:6.1f} s of CPU   of what came of it")
        print(f"  ours   {ours[0]:6.1f} s   {ours[1]:6.1f} s of CPU   peak {ours[2]} MiB", end="")
        print(f"   a year of runs every 5 minutes: {ours[1] / runs * 105_120 / 60:.0f} minutes of CPU")
        os.chdir("/")


if __name__ == "__main__":
    main()
