"""60,000 agents, a fifth of them changed since the last sync, from the answer's bytes to the committed rows.

Each contender loads once in one process, then again in a fresh one, and only the second load counts, from the
moment the answer has been sent to the moment its rows are committed, as dlt notes it in `_dlt_loads`. The bars:
at most 1/15 of dlt's rest_api source as a user would write it, 1/2 of the same as parquet, 3 times DuckDB's own
read_json and insert; at most 400 MiB of memory. As many status events, a fifth of them new, take twice as long at most.
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
TURNS = 5
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
    """As many status events of two days; the second edition has a fifth more than the first."""
    began = [NOW - timedelta(seconds=2 * number) for number in range(AGENTS if edition else AGENTS * 4 // 5)]
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
        for number, at in enumerate(began)
    ]
    envelope = {"code": "200", "error": None, "msg": f"{len(rows)} records were found", "data": rows}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def committed_at(file: str) -> float:
    """When dlt noted that the last load is complete, which it does after the last of its tables is committed."""
    import duckdb

    with duckdb.connect(file, read_only=True) as connection:
        rows = connection.execute("select epoch(max(inserted_at)) from contact_center._dlt_loads").fetchall()
    return float(rows[0][0])


def ours(url: str, edition: int) -> float:
    """This package, all tables."""
    from wolkvox_source import Place, sync

    os.environ.update(
        SOURCES__WOLKVOX__SERVER="demo", SOURCES__WOLKVOX__TOKEN="benchmark", SOURCES__WOLKVOX__BASE_URL=url
    )
    tick = sync(Place(pipeline_name="ours"), clock=lambda: NOW + timedelta(minutes=5 * edition))
    assert tick.exit_code == 0, tick
    return committed_at("ours.duckdb")


def status_events(url: str, edition: int) -> float:
    """This package, asked for the status events alone."""
    os.environ["SOURCES__WOLKVOX__REPORTS"] = '["status_events"]'
    return ours(url, edition)


def rest_api(url: str, _: int, **options: str) -> float:
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
    return committed_at("stock.duckdb")


def duckdb_alone(url: str, edition: int) -> float:
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
    return time.time()


CONTENDERS = {
    "ours": ours,
    "rest_api": rest_api,
    "rest_api, parquet": lambda url, edition: rest_api(url, edition, loader_file_format="parquet"),
    "DuckDB read_json": duckdb_alone,
    "status events": status_events,
}
BARS = {"rest_api": 1 / 15, "rest_api, parquet": 1 / 2, "DuckDB read_json": 3.0}


def measured(name: str) -> tuple[float, float]:
    """Seconds from the answer to the committed rows, and the peak memory of that process in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DLT_DATA_DIR": folder, "RUNTIME__DLTHUB_TELEMETRY": "false"}
        for edition in (0, 1):
            body = events(edition) if name == "status events" else report(edition)
            with answering([body]) as url:
                command = [sys.executable, str(Path(__file__).absolute()), name, url, str(edition)]
                done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
                answered_at = url.answered_at[-1]
    committed, memory = done.stdout.split()[-2:]
    return float(committed) - answered_at, float(memory)


def main() -> None:
    if len(sys.argv) > 1:
        committed = CONTENDERS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
        print(committed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(f"{AGENTS:,} agents, a fifth changed, {len(report(1)) / 1e6:.1f} MB; the best of {TURNS} turns each")
    # in turns, since a machine that is shared is slow for minutes at a time
    turns = [{name: measured(name) for name in CONTENDERS} for _ in range(TURNS)]
    best = {name: min(turn[name] for turn in turns) for name in CONTENDERS}
    seconds, memory = best["ours"][0], max(turn["ours"][1] for turn in turns)
    print(f"  ours               {seconds:7.2f} s   peak {memory:.0f} MiB (bar: 400)")
    exact, _ = best["status events"]
    verdict = "kept" if exact <= 2 * seconds else "MISSED"
    print(f"  status events      {exact:7.2f} s   {exact / seconds:.2f} of the agents' (bar: 2.00, {verdict})")
    for name, bar in BARS.items():
        theirs, _ = best[name]
        verdict = "kept" if seconds <= bar * theirs else "MISSED"
        print(f"  {name:<18} {theirs:7.2f} s   ours takes {seconds / theirs:.3f} of it (bar: {bar:.3f}, {verdict})")


if __name__ == "__main__":
    main()
