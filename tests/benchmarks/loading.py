"""60,000 agents, a fifth of them changed since the run before, timed in two ways.

*The whole run* is what a user waits for: around `sync(...)`, and around `pipeline.run(wolkvox())`, beside the whole
`pipeline.run` of dlt's rest_api source. *From answer to commit* leaves out what comes before wolkvox has answered and
after the rows are committed, as dlt notes it in `_dlt_loads`. Each contender runs several times in one process, the
first time into an empty place, which does not count. The bars: at most 1/15 of rest_api as a user would write it,
1/4 of the same as parquet (1/2 from answer to commit), 3 times DuckDB's own read_json and insert; at most 400 MiB of
memory. As many status events, a fifth of them new, take twice as long as the agents at most.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.serving import answering

# one below the documented ceiling, at which a report is suspicious
AGENTS = 59_999
TURNS = 3
RUNS = 4
STATUSES = ("Ready", "Talk", "Almuerzo", "Logout")
NOW = datetime(2026, 3, 29, tzinfo=timezone.utc)


def report(edition: int) -> bytes:
    """The report's bytes; between two editions every fifth agent has another status and connection."""
    agents = []
    for number in range(AGENTS):
        moved = edition if number % 5 == 0 else 0
        agents.append(
            {
                "agent_id": str(10_000 + number),
                "agent_name": f"APELLIDO{number}  NOMBRE{number} DE LA CONCEPCIÓN",
                "agent_dni": str(10**9 + number),
                "agent_status": STATUSES[(number + moved) % 4],
                "last_use": f"2026-03-{(number + moved) % 28 + 1:02d} {number % 24:02d}:{number % 60:02d}:00",
                "agent_sso": f"usuario{number}@example.com",
                "enabled": "yes",
            }
        )
    envelope = {"code": "200", "error": None, "msg": f"{AGENTS} records were found", "data": agents}
    # without blanks between values, as PHP writes it
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def events(edition: int) -> bytes:
    """As many status events of the last day and a half; in each edition the oldest fifth has made way for new ones."""
    first = AGENTS // 5 * edition
    ended = [NOW - timedelta(hours=30) + timedelta(seconds=number) for number in range(first, first + AGENTS)]
    rows = [
        {
            "agent_id": str(10_000 + number % 500),
            "agent_name": f"APELLIDO{number % 500}  NOMBRE DE LA CONCEPCIÓN",
            "agent_dni": str(10**9 + number % 500),
            "agent_status": STATUSES[number % 4].upper(),
            "time": f"{number % 3:02d}:{number % 60:02d}:00",
            "date_ini": f"{at - timedelta(hours=6):%Y-%m-%d %H:%M:%S}",
            "date_end": f"{at - timedelta(hours=5):%Y-%m-%d %H:%M:%S}",
            "conn_id": f"{number}-1782402643",
            "type_interaction": "",
            "destinity": "",
            "telephone": "",
            "campaign_id": "",
        }
        for number, at in enumerate(ended, first)
    ]
    envelope = {"code": "200", "error": None, "msg": f"{len(rows)} records were found", "data": rows}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def committed_at(file: str) -> float:
    """When dlt noted that the last load is complete, which it does after the last of its tables is committed."""
    import duckdb

    with duckdb.connect(file, read_only=True) as connection:
        rows = connection.execute("select epoch(max(inserted_at)) from contact_center._dlt_loads").fetchall()
    return float(rows[0][0])


def configured(url: str) -> None:
    os.environ.update(
        SOURCES__WOLKVOX__SERVER="demo", SOURCES__WOLKVOX__TOKEN="benchmark", SOURCES__WOLKVOX__BASE_URL=url
    )


def ours(url: str, edition: int) -> None:
    """This package's `sync`, all tables."""
    from wolkvox_source import Place, sync

    configured(url)
    run = sync(Place(pipeline_name="ours"), clock=lambda: NOW + timedelta(minutes=5 * edition))
    assert run.exit_code == 0, run


def plain(url: str, _: int) -> None:
    """This package as a source of a plain dlt pipeline, all tables."""
    import dlt

    from wolkvox_source import wolkvox

    configured(url)
    dlt.pipeline("ours", destination="duckdb", dataset_name="contact_center").run(wolkvox())


def status_events(url: str, edition: int) -> None:
    """This package's `sync`, asked for the status events alone."""
    os.environ["SOURCES__WOLKVOX__REPORTS"] = '["status_events"]'
    ours(url, edition)


def rest_api(url: str, _: int, **options: str) -> None:
    """dlt's rest_api source, merged on agent_id."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    def source() -> object:
        return rest_api_source(
            {
                "client": {"base_url": f"{url}/api/v2/", "headers": {"wolkvox-token": "benchmark"}},
                "resources": [
                    {
                        "name": "agents",
                        "primary_key": "agent_id",
                        "write_disposition": "merge",
                        "endpoint": {
                            "path": "information.php",
                            "params": {"api": "agents"},
                            "data_selector": "data",
                            "paginator": "single_page",
                        },
                    }
                ],
            }
        )

    pipeline = dlt.pipeline("stock", destination="duckdb", dataset_name="contact_center")
    pipeline.run(source(), **options)


def duckdb_alone(url: str, edition: int) -> None:
    """DuckDB's read_json and insert of the same bytes, into a table with a key."""
    import duckdb
    import httpx

    connection = duckdb.connect("alone.duckdb")
    Path("answer.json").write_bytes(httpx.get(url).content)
    query = "select unnest(data, recursive := true) from read_json('answer.json', maximum_object_size = 100000000)"
    if edition == 0:
        connection.execute(f"create table agents as {query}")
        connection.execute("create unique index one on agents (agent_id)")
    else:
        connection.execute(f"insert or replace into agents {query}")
    connection.close()


CONTENDERS = {
    "wolkvox sync": ours,
    "pipeline.run(wolkvox())": plain,
    "rest_api": rest_api,
    "rest_api, parquet": lambda url, edition: rest_api(url, edition, loader_file_format="parquet"),
    "DuckDB read_json": duckdb_alone,
    "status events": status_events,
}
DOORS = ("wolkvox sync", "pipeline.run(wolkvox())")
BARS = {
    "the whole run": {"rest_api": 1 / 15, "rest_api, parquet": 1 / 4, "DuckDB read_json": 3.0},
    "from answer to commit": {"rest_api": 1 / 15, "rest_api, parquet": 1 / 2, "DuckDB read_json": 3.0},
}


def run_all(name: str, url: str) -> None:
    """Run a contender several times in this process; says when each began, was committed and ended, and the memory."""
    times = []
    for edition in range(RUNS):
        began = time.time()
        CONTENDERS[name](url, edition)
        ended = time.time()
        file = {"rest_api": "stock.duckdb", "DuckDB read_json": None}.get(name.partition(",")[0], "ours.duckdb")
        times.append((began, committed_at(file) if file else ended, ended))
    print(json.dumps({"times": times, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measured(name: str) -> dict[str, float]:
    """Seconds of the quickest warm run in both ways of timing, and the peak memory of that process in MiB."""
    make = events if name == "status events" else report
    environment = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false"}
    with tempfile.TemporaryDirectory() as folder, answering([make(edition) for edition in range(RUNS)]) as url:
        command = [sys.executable, str(Path(__file__).absolute()), name, url]
        environment["DLT_DATA_DIR"] = folder
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        answered_at = url.answered_at
    said = json.loads(done.stdout.splitlines()[-1])
    warm = list(zip(said["times"], answered_at, strict=True))[1:]
    return {
        "the whole run": min(ended - began for (began, _, ended), _ in warm),
        "from answer to commit": min(committed - answered for (_, committed, _), answered in warm),
        "memory": said["memory"],
    }


def main() -> None:
    if len(sys.argv) > 1:
        run_all(*sys.argv[1:])
        return
    print(
        f"{AGENTS:,} agents, a fifth changed, {len(report(1)) / 1e6:.1f} MB; the best of {TURNS * (RUNS - 1)} runs each"
    )
    # in turns, since a machine that is shared is slow for minutes at a time
    turns = [{name: measured(name) for name in CONTENDERS} for _ in range(TURNS)]
    memory = max(turn[door]["memory"] for turn in turns for door in DOORS)
    print(f"peak memory {memory:.0f} MiB (bar: 400, {verdict(memory, 400)})")
    for timed, bars in BARS.items():
        best = {name: min(turn[name][timed] for turn in turns) for name in CONTENDERS}
        print(f"{timed}:")
        for name, seconds in best.items():
            print(f"  {name:<24} {seconds:6.2f} s")
        for door in DOORS:
            for name, bar in bars.items():
                ratio = best[door] / best[name]
                print(f"  {door:<24} takes {ratio:.3f} of {name} (bar: {bar:.3f}, {verdict(ratio, bar)})")
        ratio = best["status events"] / best["wolkvox sync"]
        print(f"  {'status events':<24} take {ratio:.2f} of the agents' (bar: 2.00, {verdict(ratio, 2)})")


def verdict(figure: float, bar: float) -> str:
    return "kept" if figure <= bar else "MISSED"


if __name__ == "__main__":
    main()
