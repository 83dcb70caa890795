"""What only a DuckLake has: extensions of DuckDB, a catalogue that is locked, and files that pile up."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dlt
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.errors import ConfigurationError

_FILES, _SERVERS = ("sqlite",), ("postgres", "postgresql")
# a run adds a handful of snapshots, and each of them a file or two
SNAPSHOTS_KEPT, _SNAPSHOTS_AT_MOST = 100, 200
# where any of these is set, the lake is the user's own
LAKE_SETTINGS = (
    "credentials",
    "credentials.ducklake_name",
    "credentials.catalog",
    "credentials.catalog.drivername",
    "credentials.storage",
    "credentials.storage.bucket_url",
)
_EXTENSIONS = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner", "postgresql": "postgres_scanner"}


def is_lake(pipeline: dlt.Pipeline) -> bool:
    """Whether the destination is a DuckLake."""
    return pipeline.destination is not None and pipeline.destination.destination_type == "dlt.destinations.ducklake"


def lake_in(folder: Path, name: str) -> Any:
    """The destination of a lake in a folder: its catalogue in `<name>.sqlite`, its files under `<name>.files`."""
    from dlt.destinations.impl.ducklake.configuration import DuckLakeCredentials

    credentials = DuckLakeCredentials(
        ducklake_name=name, catalog=f"sqlite:///{folder / name}.sqlite", storage=str(folder / f"{name}.files")
    )
    return dlt.destinations.ducklake(credentials=credentials)


def credentials_of(pipeline: dlt.Pipeline) -> Any:
    """The lake's credentials; raises what dlt raises where a setting is missing."""
    return pipeline.destination_client().config.credentials


def prepare_lake(pipeline: dlt.Pipeline) -> None:
    """Make DuckDB's extensions ready that are installed as packages, so that nothing is downloaded, and loaded once.

    Raises a ConfigurationError for a catalogue that only one connection at a time can have.
    """
    destination: Any = pipeline.destination
    if "client" in vars(destination):
        return
    credentials = credentials_of(pipeline)
    driver = str(credentials.catalog.drivername)
    if driver not in (*_FILES, *_SERVERS):
        raise ConfigurationError("lake_catalogue", driver=driver)
    wanted = ["ducklake", _EXTENSIONS[driver]]
    if str(credentials.storage_url).startswith(("s3:", "gs:", "https:")):
        wanted.append("httpfs")
    if importlib.util.find_spec("duckdb_extensions"):
        from duckdb_extensions import import_extension

        for name in wanted:
            if importlib.util.find_spec(f"duckdb_extension_{name}"):
                import_extension(name)
    # to import it costs what no other destination needs
    from wolkvox_source.warehouse.lake_connection import connect_once

    connect_once(pipeline, credentials)


def catalogue_file(pipeline: dlt.Pipeline) -> Path | None:
    """The file of a lake's catalogue, None where a server has it."""
    catalogue = credentials_of(pipeline).catalog
    return Path(str(catalogue.database)) if catalogue.drivername in _FILES else None


def catalogue_url(pipeline: dlt.Pipeline) -> str:
    """The address of the PostgreSQL that has a lake's catalogue, for psycopg2, its password included."""
    url = credentials_of(pipeline).catalog.to_url()
    return str(url.set(drivername="postgresql").render_as_string(hide_password=False))


def keep_up(client: SqlClientBase[Any], lake: str) -> None:
    """Merge small files, let old snapshots go and remove their files, where there are many; under the dataset's lock.

    Without it a year of runs leaves a million files, and each run takes longer than the one before.
    """
    newest_first = f"select snapshot_id from ducklake_snapshots('{lake}') order by snapshot_id desc"  # noqa: S608
    snapshots = _rows(client, newest_first)
    if len(snapshots) <= _SNAPSHOTS_AT_MOST:
        return
    for statement in ("ducklake_flush_inlined_data", "ducklake_rewrite_data_files", "ducklake_merge_adjacent_files"):
        _rows(client, f"call {statement}('{lake}')")
    gone = ", ".join(str(row[0]) for row in snapshots[SNAPSHOTS_KEPT:])
    _rows(client, f"call ducklake_expire_snapshots('{lake}', versions => [{gone}])")
    _rows(client, f"call ducklake_cleanup_old_files('{lake}', cleanup_all => true)")


def _rows(client: SqlClientBase[Any], statement: str) -> Sequence[Any]:
    return client.execute_sql(statement) or ()
