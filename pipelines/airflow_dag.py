"""Observe wolkvox every five minutes, as a DAG of Airflow 3 (3.2 or later).

Put this file into your DAGs folder, and `dlt-source-wolkvox` where tasks run. Then, once:

    airflow pools set wolkvox 1 "wolkvox wants one request at a time"
    airflow connections add wolkvox --conn-type generic --conn-login 0010 --conn-password "$TOKEN"
    airflow variables set wolkvox_destination postgres
    airflow connections add wolkvox_warehouse --conn-type postgres --conn-host db.example.com --conn-port 5432 \
        --conn-login loader --conn-password "$PASSWORD" --conn-schema analytics

The connection `wolkvox` holds the operation: its login is the setting `server`, its password the `token`, its
host the `base_url` if it needs one, and any other setting is a key of its extra. For several operations, name
them in the variable `wolkvox_operations`, such as ["ventas", "soporte"], and make a connection for each:
`wolkvox_ventas`, `wolkvox_soporte`. For DuckDB the schema of `wolkvox_warehouse` is the path of the file.

More than one machine: `airflow variables set wolkvox_shards 4` shares the operations among four tasks of each run, on
as many workers as Airflow has, and `airflow pools set wolkvox 4 ...` lets them run side by side. DuckDB's file is one
machine's: name postgres or ducklake then.

What stands in none of these comes from dlt's configuration: `SOURCES__WOLKVOX__TOKEN`, `.dlt/secrets.toml`,
the variable `dlt_secrets_toml`. The environment wins over a connection.

The warehouse is the memory, so a worker may forget its disk between two runs.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import dag, task

OPERATION = {"login": "server", "password": "token", "host": "base_url"}
WAREHOUSE = {"login": "username", "password": "password", "host": "host", "port": "port", "schema": "database"}


@dag(
    schedule="*/5 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    # what was not observed then cannot be observed now
    catchup=False,
    max_active_runs=1,
    # longer than all tries together: a run that cannot begin, for want of the pool, must fail where it is seen
    dagrun_timeout=timedelta(minutes=35),
    doc_md=__doc__,
    tags=["wolkvox"],
)
def wolkvox_agents() -> None:
    """Who is on the roster now, into the warehouse."""
    observe.expand(shard=shards())


@task(pool="wolkvox", retries=2, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(minutes=2))
def shards() -> list[str]:
    """The parts of the operations, such as 2/4, each of which is a task of its own."""
    from airflow.sdk import Variable

    parts = int(Variable.get("wolkvox_shards", default=1))
    return [f"{number}/{parts}" for number in range(1, parts + 1)]


# max_active_runs keeps this DAG's runs apart, and the pool whatever else uses the same token, on any worker
@task(pool="wolkvox", retries=2, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(minutes=10))
def observe(shard: str) -> None:
    """One run of the operations of a shard; what needs an administrator fails at once, what needs time is retried."""
    import os
    import tempfile

    # read when dlt is imported: what runs unattended reports to nobody, and of Airflow's variables dlt should
    # read dlt_secrets_toml alone, not ask for one by the name of every setting, which takes seconds
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    os.environ.setdefault("PROVIDERS__AIRFLOW_SECRETS__ONLY_TOML_FRAGMENTS", "true")
    import dlt
    from airflow.sdk import Variable
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    from wolkvox_source import Place, sync
    from wolkvox_source.cli.sync import tell
    from wolkvox_source.language import speak

    destination = Variable.get("wolkvox_destination", default="duckdb")
    with dlt.secrets.values(settings(destination)), tempfile.TemporaryDirectory() as folder:
        if destination == "duckdb" and not dlt.secrets.get("destination.duckdb.credentials"):
            raise AirflowFailException(
                "DuckDB's file would be lost with the worker: put its path in the schema of the connection "
                "wolkvox_warehouse, or name another destination in the variable wolkvox_destination."
            )
        run = sync(Place(destination, pipelines_dir=folder), shard=shard)
    speech = speak("en")
    tell(run, speech)
    reasons = [
        f"{seen.operation}: {speech.say(seen.reason, **seen.facts)}"
        for seen in run.observations
        if seen.exit_code and seen.reason
    ]
    if run.error:
        reasons.append(str(run.error))
    if run.exit_code == os.EX_TEMPFAIL:
        raise AirflowException(" ".join(reasons))
    if run.exit_code:
        raise AirflowFailException(" ".join(reasons))


def settings(destination: str) -> dict[str, Any]:
    """What Airflow's connections and variables say, by the names that dlt's configuration has for it."""
    import dlt
    from airflow.sdk import Variable

    found = settings_of("wolkvox_warehouse", f"destination.{destination}.credentials", WAREHOUSE)
    operations = Variable.get("wolkvox_operations", default=None, deserialize_json=True)
    if operations:
        found["sources.wolkvox.operations"] = operations
    found |= settings_of("wolkvox", "sources.wolkvox", OPERATION)
    for name in operations or dlt.config.get("sources.wolkvox.operations", list) or ():
        found |= settings_of(f"wolkvox_{name}", f"sources.wolkvox.{name}", OPERATION)
    return found


def settings_of(connection_id: str, section: str, names: dict[str, str]) -> dict[str, Any]:
    """The fields of a connection, empty ones left out, under the names of a section; nothing without one."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = Connection.get(connection_id)
    except AirflowNotFoundException:
        return {}
    fields = {name: getattr(connection, field) for field, name in names.items()} | connection.extra_dejson
    return {f"{section}.{name}": value for name, value in fields.items() if value not in (None, "")}


wolkvox_agents()
