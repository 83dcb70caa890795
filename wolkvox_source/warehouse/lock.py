"""One writer at a time a dataset, by a lock that the warehouse itself holds and that ends with its holder."""

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
import filelock

from wolkvox_source.clock import utc_now
from wolkvox_source.errors import ConfigurationError, HeldError, quote
from wolkvox_source.warehouse.connection import duckdb_file, opened
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.lake import catalogue_file, catalogue_url, credentials_of, is_lake
from wolkvox_source.warehouse.postgres import is_postgres

# PostgreSQL is asked this long at a time, so that Ctrl-C is heard while it waits
_TURN_SECONDS = 1.0
_HOLDER = """
select string_agg(
    'PID ' || activity.pid || coalesce(', ' || nullif(activity.application_name, ''), '')
        || coalesce(', ' || host(activity.client_addr), ''), '; ')
from pg_locks as locks
inner join pg_stat_activity as activity on activity.pid = locks.pid
where locks.locktype = 'advisory' and locks.granted and locks.objsubid = 1
    and ((locks.classid::bigint << 32) | locks.objid::bigint) = %s
    and locks.database = (select oid from pg_database where datname = current_database())
"""


@contextmanager
def dataset_lock(pipeline: dlt.Pipeline, wait_seconds: float, part: str = "") -> Iterator[None]:
    """Hold the dataset of `pipeline` against every other writer, on any machine, that asks for this lock.

    `part` names a part of it that has a lock to itself.

    DuckDB: a lock on a file beside its own. PostgreSQL: an advisory lock of a connection of our own. DuckLake: one or
    the other, of its catalogue. A destination that has no lock to give is not held. Raises a HeldError that names the
    holder after `wait_seconds`.
    """
    file = _lockable(pipeline)
    if file is not None:
        with file_lock(lock_file(file, part), wait_seconds, "dataset_held", dataset=file.name):
            yield
    elif is_postgres(pipeline):
        name = f"{pipeline.dataset_name} {part}".strip()
        with opened(pipeline) as client, _advisory_lock(client.native_connection, name, wait_seconds):
            yield
    elif is_lake(pipeline):
        with _connected(catalogue_url(pipeline)) as connection:
            name = f"{credentials_of(pipeline).ducklake_name} {pipeline.dataset_name} {part}".strip()
            with _advisory_lock(connection, name, wait_seconds):
                yield
    else:
        yield


def _lockable(pipeline: dlt.Pipeline) -> Path | None:
    """The file that stands for the dataset: DuckDB's own, or the catalogue of a lake."""
    return catalogue_file(pipeline) if is_lake(pipeline) else duckdb_file(pipeline)


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    import psycopg2

    try:
        connection = psycopg2.connect(url)
    except psycopg2.Error as error:
        raise in_words(error) from error
    with contextlib.closing(connection):
        yield connection


def is_locked(pipeline: dlt.Pipeline) -> bool:
    """Whether another writer holds the dataset now, where that is a DuckDB file; it keeps others from even reading."""
    file = _lockable(pipeline)
    try:
        with file_lock(lock_file(file), 0.0, "dataset_held", dataset=file.name) if file else contextlib.nullcontext():
            return False
    except HeldError:
        return True


def lock_file(file: Path, part: str = "") -> Path:
    """The file whose lock stands for a DuckDB file, or a part of it: `wolkvox.duckdb.lock` beside `wolkvox.duckdb`."""
    return file.with_name(f"{file.name}.{part}.lock" if part else f"{file.name}.lock")


@contextmanager
def file_lock(file: Path, wait_seconds: float, reason: str, **facts: Any) -> Iterator[None]:
    """Hold a file, which then says who does; raises a HeldError of `reason` that names the holder."""
    if not file.parent.is_dir():
        # a folder that is not there may be a mistyped one, which must not be made
        raise ConfigurationError(
            "destination_unwritable", problem=quote(f"No such folder: {file.parent}", 300), at_fault="place"
        )
    # a plain run of dlt may let go in another thread than it took it in
    lock = filelock.FileLock(file, timeout=wait_seconds, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise HeldError(reason, **{"holder": _named(file), "seconds": f"{wait_seconds:g}", **facts}) from None
    try:
        # where the system keeps others from reading a locked file, it keeps us from writing it too
        with contextlib.suppress(OSError):
            file.write_text(f"PID {os.getpid()}, {utc_now():%Y-%m-%d %H:%M:%S} UTC", encoding="utf-8")
        yield
    finally:
        lock.release()


def _named(file: Path) -> str:
    """Who holds a file, as it says; one who has just taken it may not have written it yet."""
    with contextlib.suppress(OSError):
        for _ in range(10):
            if holder := file.read_text(encoding="utf-8").strip():
                return holder
            time.sleep(0.1)
    return "?"


@contextmanager
def _advisory_lock(connection: Any, dataset: str, wait_seconds: float) -> Iterator[None]:
    """Hold PostgreSQL's lock of a dataset by an open transaction, which poolers of connections keep together."""
    key = int.from_bytes(hashlib.sha256(f"wolkvox {dataset}".encode()).digest()[:8], "big", signed=True)
    deadline = time.monotonic() + wait_seconds
    while not _acquired(connection, key, min(_TURN_SECONDS, max(deadline - time.monotonic(), 0.001))):
        if time.monotonic() >= deadline:
            raise HeldError(
                "dataset_held", dataset=dataset, holder=_holder(connection, key), seconds=f"{wait_seconds:g}"
            )
    try:
        yield
    finally:
        # a connection that is lost has let go by itself
        with contextlib.suppress(Exception):
            connection.rollback()


def _holder(connection: Any, key: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER, [key])
        return str(cursor.fetchone()[0] or "?")


def _acquired(connection: Any, key: int, seconds: float) -> bool:
    """Wait so long for the lock, in the queue of them who want it; the transaction is open where it is had."""
    import psycopg2

    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            # a name for them who wait, a holder who vanished is noticed, and nobody ends what only waits for its end
            cursor.execute("set application_name = %s", [f"wolkvox sync on {socket.gethostname()}, PID {os.getpid()}"])
            cursor.execute("set local idle_in_transaction_session_timeout = 0")
            if connection.server_version >= 170000:
                cursor.execute("set local transaction_timeout = 0")
            cursor.execute("set local tcp_keepalives_idle = 30")
            cursor.execute("set local tcp_keepalives_interval = 10")
            cursor.execute("set local tcp_keepalives_count = 3")
            cursor.execute("set local lock_timeout = %s", [f"{max(1, int(seconds * 1000))}ms"])
            cursor.execute("select pg_advisory_xact_lock(%s)", [key])
    except psycopg2.errors.LockNotAvailable:
        connection.rollback()
        return False
    return True
