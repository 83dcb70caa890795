"""The warehouse as a place that is opened, held open, and waited for."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import dlt
from dlt.destinations.exceptions import DatabaseException

from wolkvox_source.errors import HeldError
from wolkvox_source.private import owner_only, take_from_others
from wolkvox_source.warehouse.failures import in_words

_LOOK_AGAIN_SECONDS = 0.25

_Had = TypeVar("_Had")


def duckdb_file(pipeline: dlt.Pipeline) -> Path | None:
    """The file of a DuckDB destination, None for every other one."""
    destination = pipeline.destination
    if destination is None or destination.destination_type != "dlt.destinations.duckdb":
        return None
    named = destination.config_params.get("credentials")
    if isinstance(named, str) and Path(named).is_absolute():
        # to resolve dlt's configuration for what stands here takes ten milliseconds
        return Path(named)
    # not entered, which would open the file and make it where there is none
    database = getattr(pipeline.destination_client().config.credentials, "database", None)
    # dlt's name for a connection that was handed to it is ":external:"
    return Path(database) if isinstance(database, str) and not database.startswith(":") else None


@contextmanager
def opened(pipeline: dlt.Pipeline, wait_seconds: float = 0.0) -> Iterator[Any]:
    """Keep the destination open; yields dlt's SQL client of it.

    dlt opens and closes it many times on its own, and each time DuckDB's file is closed by the last that had it
    open, what was written since goes from its log into the file. A DuckDB file that another program holds is waited
    for. Raises an UnavailableError or ConfigurationError in words where the destination cannot be opened.
    """

    def entered() -> tuple[ExitStack, Any]:
        with ExitStack() as stack, _made_privately(pipeline):
            try:
                client: Any = stack.enter_context(cast(Any, pipeline.sql_client()))
                client.execute_sql("select 1")
            except Exception as error:
                raise in_words(error) from error
            return stack.pop_all(), client

    stack, client = patiently(entered, wait_seconds)
    with stack:
        yield client


@contextmanager
def _made_privately(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Where DuckDB's file is not there yet, it is made so that only its owner reads it."""
    file = duckdb_file(pipeline)
    with nullcontext() if file is None or file.exists() else owner_only():
        yield


def keep_private(pipeline: dlt.Pipeline, client: Any) -> None:
    """Let only its owner read a file and a working folder that dlt made for this run, before they hold people."""
    if pipeline.first_run:
        take_from_others(Path(pipeline.working_dir))
    file = duckdb_file(pipeline)
    if file is not None and file.exists() and not client.has_dataset():
        take_from_others(file)


def patiently(attempt: Callable[[], _Had], seconds: float) -> _Had:
    """What `attempt` returns, tried again for so many seconds while another program holds what it needs."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except HeldError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_LOOK_AGAIN_SECONDS)


@contextmanager
def opened_to_load(pipeline: dlt.Pipeline, wait_seconds: float = 0.0) -> Iterator[Any]:
    """Keep the destination open to read and load it; yields dlt's SQL client of it, and raises what `opened` does.

    DuckDB uses one thread a query: dlt loads the tables side by side, and more would only wait for each other.
    """
    with opened(pipeline, wait_seconds) as client, _one_thread(client) if duckdb_file(pipeline) else nullcontext():
        yield client


@contextmanager
def _one_thread(client: Any) -> Iterator[None]:
    """One thread a query; other connections of this process to the file have theirs again after."""
    before = client.execute_sql("select current_setting('threads')")[0][0]
    client.execute_sql("set threads = 1")
    try:
        yield
        # what was written goes from the log into the file now, which closing it would do with every thread
        with suppress(DatabaseException):
            client.execute_sql("checkpoint")
    finally:
        client.execute_sql(f"set threads = {int(before)}")


def check_reachable(pipeline: dlt.Pipeline) -> None:
    """Open and close the destination; raises what `opened` does."""
    with opened(pipeline):
        pass
