"""What only a DuckLake has: extensions of DuckDB, a catalogue that is locked, and files that pile up."""

import importlib.util
import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.errors import ConfigurationError, quote
from wolkvox_source.language import Phrase

_FILES, _SERVERS = ("sqlite",), ("postgres", "postgresql")
# a run adds a handful of snapshots, and each of them a file or two
SNAPSHOTS_KEPT, _SNAPSHOTS_AT_MOST = 100, 200
# a file of a million versions is not written again for a few that ended
_DELETED_AT_MOST = 0.005
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

log = logging.getLogger(__name__)


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

    Raises a ConfigurationError for a catalogue that only one connection at a time can have, and one that is gone.
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

    _check_catalogue(pipeline, credentials)
    connect_once(pipeline, credentials)


def _check_catalogue(pipeline: dlt.Pipeline, credentials: Any) -> None:
    """Raise a ConfigurationError where what was the catalogue is gone: a new one would hide what is held.

    The files tell; those that cannot be looked at are said by them who open the lake.
    """
    from wolkvox_source.warehouse.lake_connection import has_files

    if not _has_catalogue(credentials) and has_files(pipeline, credentials):
        place = credentials.catalog.to_url().render_as_string(hide_password=True)
        raise ConfigurationError("lake_catalogue_gone", catalogue=place, folder=credentials.storage_url)


def _has_catalogue(credentials: Any) -> bool:
    if credentials.catalog.drivername in _FILES:
        file = Path(str(credentials.catalog.database))
        return file.exists() and file.stat().st_size > 0
    import psycopg2

    table = f'"{credentials.metadata_schema or credentials.ducklake_name}".ducklake_metadata'
    try:
        with closing(psycopg2.connect(_url(credentials))) as connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass(%s) is not null", [table])
            return bool(cursor.fetchone()[0])
    except psycopg2.Error:
        return True


def catalogue_file(pipeline: dlt.Pipeline) -> Path | None:
    """The file of a lake's catalogue, None where a server has it."""
    catalogue = credentials_of(pipeline).catalog
    return Path(str(catalogue.database)) if catalogue.drivername in _FILES else None


def catalogue_url(pipeline: dlt.Pipeline) -> str:
    """The address of the PostgreSQL that has a lake's catalogue, for psycopg2, its password included."""
    return _url(credentials_of(pipeline))


def _url(credentials: Any) -> str:
    url = credentials.catalog.to_url()
    return str(url.set(drivername="postgresql").render_as_string(hide_password=False))


def keep_up(client: SqlClientBase[Any], lake: str) -> Phrase | None:
    """Merge small files, let old snapshots go and remove their files, where there are many; under the dataset's lock.

    Without it a year of runs leaves a million files, and each run takes longer than the one before. Returns what is to
    be said where it could not be done, since what was loaded is loaded all the same.
    """
    newest_first = f"select snapshot_id from ducklake_snapshots('{lake}') order by snapshot_id desc"  # noqa: S608
    try:
        snapshots = _rows(client, newest_first)
        if len(snapshots) > _SNAPSHOTS_AT_MOST:
            _make_few(client, lake, [row[0] for row in snapshots[SNAPSHOTS_KEPT:]])
    except DatabaseException as failure:
        log.warning("lake %s could not be kept up", lake, exc_info=failure)
        return Phrase("lake_not_kept_up", {"problem": quote(str(failure).splitlines()[0])})
    return None


def _make_few(client: SqlClientBase[Any], lake: str, gone: list[int]) -> None:
    _rows(client, f"call ducklake_flush_inlined_data('{lake}')")
    # a version that ends is a row deleted and one written, and files with deleted rows are not merged
    _rows(client, f"call ducklake_rewrite_data_files('{lake}', delete_threshold => {_DELETED_AT_MOST})")
    _rows(client, f"call ducklake_merge_adjacent_files('{lake}')")
    _rows(client, f"call ducklake_expire_snapshots('{lake}', versions => [{', '.join(map(str, gone))}])")
    _rows(client, f"call ducklake_cleanup_old_files('{lake}', cleanup_all => true)")


def _rows(client: SqlClientBase[Any], statement: str) -> Sequence[Any]:
    return client.execute_sql(statement) or ()
