"""The warehouse as it is asked: queries in which our tables stand in braces, on any destination."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dlt
import duckdb
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from wolkvox_source.errors import NothingObservedError
from wolkvox_source.tables import EVERY_TABLE
from wolkvox_source.warehouse.connection import duckdb_file
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.held import report_of, table_columns
from wolkvox_source.warehouse.pipeline import pipeline_into
from wolkvox_source.warehouse.readers_copy import readers_copy

Query = Callable[..., list[tuple[Any, ...]]]
_TABLES = (*EVERY_TABLE, "agents_now", "coverage_daily", "open_times")
_OF_REPORTS = ("observations", "rejected_records")


@contextmanager
def warehouse(destination: Any, pipeline_name: str, dataset_name: str, *, itself: bool = False) -> Iterator[Query]:
    """Ask the warehouse; a DuckDB file through its readers' copy, so that nobody blocks anybody, or `itself`.

    In a query, the names of our tables and of the view agents_now stand in braces, and {observations_report} and
    {rejected_records_report} for which report a row of these is of. Raises a ConfigurationError or an
    UnavailableError where it cannot be read.
    """
    # a pipeline of its own, since the real one's folder may be in use by a sync
    with tempfile.TemporaryDirectory(prefix="wolkvox-") as folder:
        try:
            pipeline = pipeline_into(destination, pipeline_name, dataset_name, folder)
            file = duckdb_file(pipeline)
            with _open_file(file, dataset_name, itself) if file else _open_client(pipeline) as query:
                yield query
        except Exception as failure:
            raise in_words(failure) from failure


@contextmanager
def _open_file(file: Path, dataset_name: str, itself: bool) -> Iterator[Query]:
    copy = readers_copy(file)
    readable = copy if copy.exists() and not itself else file
    if not readable.exists():
        raise NothingObservedError("status_nothing")
    tables = {name: f'"{dataset_name}"."{name}"' for name in _TABLES}
    with duckdb.connect(str(readable), read_only=True) as connection:

        def columns(table: str) -> list[str]:
            try:
                return [row[0] for row in connection.execute(f"describe {tables[table]}").fetchall()]
            except duckdb.CatalogException:
                return []

        def query(sql: str, *values: object) -> list[tuple[Any, ...]]:
            try:
                return connection.execute(sql.format(**tables, **reports).replace("%s", "?"), values).fetchall()
            except duckdb.CatalogException:
                return []

        reports = {f"{name}_report": report_of(columns(name)) for name in _OF_REPORTS}
        yield query


@contextmanager
def _open_client(pipeline: dlt.Pipeline) -> Iterator[Query]:
    with pipeline.sql_client() as client:
        tables = {name: client.make_qualified_table_name(name) for name in _TABLES}

        reports = {f"{name}_report": report_of(table_columns(client, name)) for name in _OF_REPORTS}

        def query(sql: str, *values: object) -> list[tuple[Any, ...]]:
            try:
                with client.execute_query(sql.format(**tables, **reports), *values) as cursor:
                    return list(cursor.fetchall())
            except DatabaseUndefinedRelation:
                return []

        yield query
