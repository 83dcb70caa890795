"""500 agents, the whole process from a cold start: `wolkvox sync` beside a plain rest_api script.

A run like any other: the table is there, and a fifth of the agents changed. The bar: 1.1 times.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import loading
from tests.benchmarks.serving import answering

BAR = 1.1
RUNS = 11

SCRIPT = """
import sys
import dlt
from dlt.sources.rest_api import rest_api_source

source = rest_api_source({
    "client": {"base_url": sys.argv[1] + "/api/v2/", "headers": {"wolkvox-token": "benchmark"}},
    "resources": [{
        "name": "agents", "primary_key": "agent_id", "write_disposition": "merge",
        "endpoint": {"path": "information.php", "params": {"api": "agents"}, "data_selector": "data",
                     "paginator": "single_page"},
    }],
})
pipeline = dlt.pipeline("plain", destination="duckdb", dataset_name="contact_center")
print(pipeline.run(source))
"""


@contextmanager
def starter(command: list[str]) -> Iterator[Callable[[], float]]:
    """Yields what starts the command once, in a folder of its own, and gives the seconds that it took."""
    reports = [loading.report(edition % 4) for edition in range(RUNS + 1)]
    with answering(reports) as url, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DLT_DATA_DIR": folder,
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "SOURCES__WOLKVOX__SERVER": "demo",
            "SOURCES__WOLKVOX__TOKEN": "benchmark",
            "SOURCES__WOLKVOX__BASE_URL": url,
        }
        arguments = [url] if "-c" in command else []

        def seconds() -> float:
            begun = time.perf_counter()
            subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, check=True)
            return time.perf_counter() - begun

        yield seconds


def main() -> None:
    loading.AGENTS = 500
    with (
        starter([sys.executable, "-m", "wolkvox_source.cli.main", "sync"]) as wolkvox_sync,
        starter([sys.executable, "-c", SCRIPT]) as rest_api_script,
    ):
        # the first of each makes the tables; in turns, since a machine that is shared is slow for minutes at a time
        turns = [(wolkvox_sync(), rest_api_script()) for _ in range(RUNS + 1)][1:]
    ours, theirs = (sorted(seconds)[RUNS // 2] for seconds in zip(*turns, strict=True))
    ratio = ours / theirs
    verdict = "kept" if ratio <= BAR else "MISSED"
    print("500 agents, the whole process, cold, median of", RUNS)
    print(f"  wolkvox sync       {ours:7.2f} s")
    print(f"  rest_api script    {theirs:7.2f} s   ours takes {ratio:.2f} of it (bar: {BAR}, {verdict})")


if __name__ == "__main__":
    main()
