"""What only PostgreSQL has: locks with a time limit, rights to look up, sessions with names."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dlt
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.errors import ConfigurationError, RefusedError

# longer than any statement of others that is in order, and shorter than a run's interval
LOAD_LOCK_SECONDS = 30.0

_RIGHTS = """
select
    pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only,
    has_database_privilege(current_database(), 'create') as may_create,
    (select has_schema_privilege(oid, 'create, usage') from pg_namespace where nspname = %s) as may_write,
    current_user, current_database()
"""
_HOLDERS = """
select string_agg(distinct
    'PID ' || activity.pid || ', ' || activity.usename || coalesce(', ' || nullif(activity.application_name, ''), '')
        || coalesce(', ' || host(activity.client_addr), '') || ', ' || activity.state, '; ')
from pg_locks as locks
inner join pg_stat_activity as activity on activity.pid = locks.pid
inner join pg_class as relation on relation.oid = locks.relation
inner join pg_namespace as namespace on namespace.oid = relation.relnamespace
where locks.granted and locks.pid <> pg_backend_pid() and namespace.nspname like %s
    and activity.application_name not like 'wolkvox sync%%'
"""


def is_postgres(pipeline: dlt.Pipeline) -> bool:
    """Whether the destination is PostgreSQL."""
    return pipeline.destination is not None and pipeline.destination.destination_type == "dlt.destinations.postgres"


def limit_locks(pipeline: dlt.Pipeline, wait_seconds: float) -> None:
    """Let no statement of this pipeline wait for a lock of others for longer than `LOAD_LOCK_SECONDS`.

    A reader with an open transaction would hold it for ever, and everybody else would queue behind it.
    """
    if pipeline.destination is None or not is_postgres(pipeline):
        return
    credentials: Any = pipeline.destination_client().config.credentials
    query = dict(credentials.query or {})
    if "lock_timeout" in query.get("options", ""):
        return
    limit = f"-clock_timeout={max(1, int(1000 * min(LOAD_LOCK_SECONDS, wait_seconds)))}ms"
    credentials.query = {**query, "options": f"{query.get('options', '')} {limit}".strip()}
    # resolved once, it is the same for every connection of the run
    pipeline.destination.config_params["credentials"] = credentials


@contextmanager
def tried_once(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Let a load that waited for a lock in vain end, where dlt would wait four times more."""
    if not is_postgres(pipeline):
        yield
        return
    with dlt.config.values({"load.raise_on_max_retries": 1}):
        yield


def check_rights(client: SqlClientBase[Any]) -> None:
    """Raise an error that says which right is missing, or what the database cannot hold, before wolkvox is asked."""
    encoding = client.native_connection.get_parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigurationError("destination_encoding", problem=f"server_encoding {encoding}", at_fault="place")
    rights = client.execute_sql(_RIGHTS, client.dataset_name)
    read_only, may_create, may_write, user, database = (rights or [(False, True, True, "", "")])[0]
    if read_only:
        raise RefusedError("destination_read_only", database=database, user=user, at_fault="place")
    staging = client.execute_sql(
        "select 1 from information_schema.schemata where schema_name = %s", client.staging_dataset_name
    )
    if may_write is False:
        raise RefusedError("destination_no_schema", schema=client.dataset_name, user=user, at_fault="place")
    if not may_create and (may_write is None or not staging):
        raise RefusedError("destination_no_create", database=database, user=user, at_fault="place")


def holders(client: SqlClientBase[Any]) -> str:
    """The sessions of others that hold anything in the dataset: PID, role, program, address, state."""
    rows = client.execute_sql(_HOLDERS, f"{client.dataset_name}%")
    return str(rows[0][0]) if rows and rows[0][0] else "?"
