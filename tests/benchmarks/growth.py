"""A sync of 500 agents with 10 million closed versions in DuckDB beside one with none. The bar: 1.5 times.

The readers' copy is of the whole file and has a benchmark of its own, so it is timed apart.
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

VERSIONS = 10_000_000
RUNS = 9
BAR = 1.5
NOW = datetime(2026, 3, 29, tzinfo=timezone.utc)

CLOSED = """
insert into contact_center.agent_history
    (agent_key, operation, agent_id, agent_name, agent_dni, agent_status, enabled, present, row_version,
     valid_from, valid_to)
select
    'demo:' || (10000 + number % 500), 'demo', (10000 + number % 500)::varchar, 'APELLIDO  NOMBRE', '1000', 'Talk',
    true, true, md5(number::varchar),
    timestamptz '2020-01-01' + to_minutes((number // 500) * 5),
    timestamptz '2020-01-01' + to_minutes((number // 500) * 5 + 5)
from range({versions}) as numbers (number)
"""


def seconds_of_a_run(url: str, versions: int) -> tuple[float, float]:
    """The median run once that many closed versions are there, and the median copy."""
    import duckdb

    from wolkvox_source.settings import Operation
    from wolkvox_source.sync.run import sync
    from wolkvox_source.warehouse.readers_copy import publish_copy

    operation = Operation(server="demo", token="benchmark", base_url=url).named("demo")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["DLT_DATA_DIR"] = folder
        file = Path(folder) / "wolkvox.duckdb"
        os.environ["DESTINATION__DUCKDB__CREDENTIALS"] = str(file)
        runs, copies = [], []
        for number in range(RUNS + 1):
            begun = time.perf_counter()
            run = sync(operations=[operation], clock=lambda n=number: NOW + timedelta(minutes=5 * n))
            ended = time.perf_counter()
            assert run.exit_code == 0, run
            # the same once more, to know what part of the run it was
            publish_copy(file, "contact_center")
            copies.append(time.perf_counter() - ended)
            runs.append(ended - begun)
            if number == 0 and versions:
                with duckdb.connect("wolkvox.duckdb") as connection:
                    connection.execute(CLOSED.format(versions=versions))
        os.chdir("/")
    return median(runs[1:]), median(copies[1:])


def main() -> None:
    loading.AGENTS = 500
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    with answering([loading.report(edition % 4) for edition in range(10 * RUNS)]) as url:
        few, little = seconds_of_a_run(url, 0)
        many, much = seconds_of_a_run(url, VERSIONS)
    ratio = (many - much) / (few - little)
    print(f"a sync of 500 agents, median of {RUNS}")
    print(f"  no closed versions {few - little:7.2f} s   and {little:.2f} s for the readers' copy")
    print(f"  {VERSIONS:,} of them {many - much:7.2f} s   and {much:.2f} s for the readers' copy")
    print(f"  {ratio:.2f} times as long without the copy (bar: {BAR}, {'kept' if ratio <= BAR else 'MISSED'})", end="")
    print(f", {many / few:.2f} with it")


if __name__ == "__main__":
    main()
