"""Runs into a DuckLake beside DuckDB's, and the same lake after 10 runs and after 1,000.

The bars: a run in which nothing changed takes at most 3 times DuckDB's CPU; after 1,000 runs neither the files nor the
CPU of a run are more than 1.5 times what they were after 100. Another number than 1,000: lake.py RUNS.
"""

import os
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import loading
from tests.benchmarks.serving import answering

RUNS, QUIET, BAR, GROWTH_BAR = 1_000, 15, 3.0, 1.5
NOW = datetime(2026, 3, 29, tzinfo=timezone.utc)


def cpu_of_runs(destination: str, runs: int, number_of_editions: int) -> tuple[list[float], list[int]]:
    """The CPU seconds of each run, the first left out, and how many files there are after each."""
    from wolkvox_source import Place, sync
    from wolkvox_source.settings import Operation

    seconds, files = [], []
    bodies = [loading.report(number % number_of_editions) for number in range(runs + 1)]
    with answering(bodies) as url, tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["DLT_DATA_DIR"] = folder
        operation = Operation(server="demo", token="benchmark", base_url=url).named("demo")
        for number in range(runs + 1):
            begun = time.process_time()
            run = sync(
                Place(destination), operations=[operation], clock=lambda n=number: NOW + timedelta(minutes=5 * n)
            )
            seconds.append(time.process_time() - begun)
            assert run.exit_code == 0, run
            files.append(sum(1 for _ in Path(folder).rglob("*.parquet")))
        os.chdir("/")
    return seconds[1:], files[1:]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    loading.AGENTS = 100
    quiet = {name: median(cpu_of_runs(name, QUIET, 1)[0]) for name in ("duckdb", "ducklake")}
    ratio = quiet["ducklake"] / quiet["duckdb"]
    print(f"nothing changed, 100 agents: {quiet['duckdb']:.3f} s of CPU into DuckDB, {quiet['ducklake']:.3f} s", end="")
    print(f" into a lake, {ratio:.1f} times as much (bar: {BAR}, {'kept' if ratio <= BAR else 'MISSED'})", flush=True)
    loading.AGENTS = 20
    seconds, files = cpu_of_runs("ducklake", runs, 4)
    tenth = max(10, runs // 10)
    early, late = median(seconds[:10]), median(seconds[-10:])
    before, after = max(files[:tenth]), max(files[-tenth:])
    grown = max(late / early, after / before)
    print(
        f"something changed, 20 agents: {early:.2f} s of CPU in the first 10 runs, {late:.2f} s in the last of {runs:,}"
    )
    print(f"  {before} files at most in the first {tenth} runs, {after} in the last", end="")
    print(f"   {grown:.2f} times (bar: {GROWTH_BAR}, {'kept' if grown <= GROWTH_BAR else 'MISSED'})")


if __name__ == "__main__":
    main()
