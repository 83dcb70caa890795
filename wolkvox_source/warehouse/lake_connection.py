"""One DuckDB in the process for all that is asked of a lake, whose extensions are loaded, and checked, only once.

dlt opens a DuckDB of its own for each of the dozen clients of a run, and loads 80 MB of extensions into each.
"""

import contextlib
import os
from contextlib import closing
from pathlib import Path
from types import MethodType
from typing import Any

import dlt
import duckdb
from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.impl.duckdb.configuration import DuckDbConnectionPool

# what tells one lake from another, and the process: a DuckDB does not live on in a child of it
_pools: dict[tuple[int, str], DuckDbConnectionPool] = {}


def connect_once(pipeline: dlt.Pipeline, credentials: Any) -> None:
    """Let every client of the destination share one DuckDB, to which the lake is attached while any of them is open."""
    destination: Any = pipeline.destination
    pool = _pool(credentials)
    credentials.conn_pool = pool
    # resolved once, they are the same for every client of the run
    destination.config_params["credentials"] = credentials
    made_by_dlt = destination.client

    def client(*arguments: Any, **named: Any) -> Any:
        made = made_by_dlt(*arguments, **named)
        open_it, let_go = made.sql_client.open_connection, made.sql_client.close_connection

        def open_connection(_: Any) -> Any:
            _begin_private(credentials)
            return open_it()

        def close_connection(sql_client: Any) -> None:
            if sql_client._conn:
                with contextlib.suppress(duckdb.Error):
                    sql_client._conn.execute("rollback")
                # dlt would detach the lake for all of them
                sql_client._conn.execute("use memory")
            let_go()
            if not pool._conn_borrows:
                _detach(pool, credentials.ducklake_name)

        made.sql_client.open_connection = MethodType(open_connection, made.sql_client)
        made.sql_client.close_connection = MethodType(close_connection, made.sql_client)
        return made

    destination.client = client


def has_files(pipeline: dlt.Pipeline, credentials: Any) -> bool:
    """Whether files of a lake are where it puts them; False of a store that cannot be looked at."""
    if credentials.storage.is_local_filesystem:
        return any(Path(credentials.storage_url).rglob("*.parquet"))
    client: Any = pipeline.sql_client()
    # opened by dlt, it would make the catalogue
    with closing(duckdb.connect(":memory:")) as connection, contextlib.suppress(duckdb.Error, DatabaseException):
        client._conn = connection
        try:
            client.create_secret(credentials.storage.bucket_url, credentials.storage.credentials)
            found = connection.execute("select 1 from glob(?) limit 1", [f"{credentials.storage_url}/**/*.parquet"])
            return found.fetchone() is not None
        finally:
            client._conn = None
    return False


def _begin_private(credentials: Any) -> None:
    """Make what a new lake begins with, for its owner alone: the file of its catalogue, and the folder of its files."""
    catalogue = credentials.catalog
    with contextlib.suppress(OSError):
        if catalogue.drivername == "sqlite" and not Path(str(catalogue.database)).exists():
            Path(str(catalogue.database)).touch(0o600)
        if credentials.storage.is_local_filesystem:
            Path(credentials.storage_url).mkdir(0o700, parents=True, exist_ok=True)


def _pool(credentials: Any) -> DuckDbConnectionPool:
    where = credentials.catalog.to_url().render_as_string(hide_password=False)
    key = os.getpid(), f"{credentials.ducklake_name} {credentials.metadata_schema} {where} {credentials.storage_url}"
    if key not in _pools:
        pool = DuckDbConnectionPool(credentials)
        # what dlt does not own it does not close; for what a run reads and writes more threads are in each other's way
        pool._conn, pool._conn_owner = duckdb.connect(":memory:", config={"threads": 1}), False
        _pools[key] = pool
    return _pools[key]


def _detach(pool: DuckDbConnectionPool, lake: str) -> None:
    """Let go of the lake; the extensions stay, for the next run of this process."""
    with contextlib.suppress(duckdb.Error):
        pool._conn.execute(f'detach database if exists "{lake}"')
