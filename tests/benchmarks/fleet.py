"""1,000 operations of 100 agents, each answered after 1 s, in one sync. The bars: 60 s and 1 GiB.

The baseline is the same thousand requests with nothing done to their answers, one after another.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import loading
from tests.benchmarks.serving import answering

OPERATIONS = 1_000


def main() -> None:
    from wolkvox_source.settings import Operation
    from wolkvox_source.sync.run import sync

    loading.AGENTS = 100
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    with answering([loading.report(0)], seconds=1.0) as url, tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["DLT_DATA_DIR"] = folder
        operations = [
            Operation(server="demo", token=f"benchmark-{number}", base_url=url).named(f"operation_{number}")
            for number in range(OPERATIONS)
        ]
        begun = time.perf_counter()
        run = sync(operations=operations)
        seconds = time.perf_counter() - begun
        assert run.exit_code == 0, run
        assert len(run.observations) == OPERATIONS
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdict = "kept" if seconds <= 60 and memory <= 1024 else "MISSED"
    print(f"{OPERATIONS:,} operations of 100 agents, each answered after 1 s")
    print(f"  one after another  {OPERATIONS * 1.0:7.1f} s   (at least)")
    measured = f"{OPERATIONS / seconds:.0f} times as fast   peak {memory:.0f} MiB"
    print(f"  one sync           {seconds:7.1f} s   {measured} ({verdict})")


if __name__ == "__main__":
    main()
