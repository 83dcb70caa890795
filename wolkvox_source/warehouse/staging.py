"""A staging dataset of its own for every writer.

dlt's is shared by every pipeline into a dataset, and two that load at once would merge each other's rows.
"""

import contextlib
import hashlib
import re
import socket
from collections.abc import Iterable
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.warehouse.pipeline import is_set

_LAYOUT = "staging_dataset_name_layout"


def own_staging(pipeline: dlt.Pipeline, *, under_lock: bool) -> None:
    """Name the staging dataset of `pipeline` after this machine and its working folder, unless its destination does.

    `under_lock` says that it is in use only while the dataset's lock is held, so that any run which holds the lock
    may remove those of others.
    """
    destination = pipeline.destination
    if (
        destination is None
        or not hasattr(destination.spec, _LAYOUT)
        or is_set(f"destination.{destination.destination_name}.{_LAYOUT}")
    ):
        return
    writer = hashlib.sha256(f"{socket.gethostname()} {pipeline.working_dir}".encode()).hexdigest()[:8]
    destination.config_params.setdefault(_LAYOUT, f"%s_staging_{writer}" if under_lock else f"%s_staging_run_{writer}")


def remove_abandoned(client: SqlClientBase[Any]) -> None:
    """Remove the staging datasets that other runs left; the dataset's lock is held, so nobody uses them."""
    dataset, own = client.dataset_name, client.staging_dataset_name
    there = client.execute_sql(
        "select schema_name from information_schema.schemata where schema_name like %s", f"{dataset}%"
    )
    abandoned = re.compile(rf"{re.escape(dataset)}_staging_[0-9a-f]{{8}}")
    for name in sorted({str(row[0]) for row in there or ()}):
        if name != own and abandoned.fullmatch(name):
            client.execute_sql(f"drop schema {client.escape_column_name(name)} cascade")


def empty_own(client: SqlClientBase[Any], tables: Iterable[str]) -> None:
    """Empty the staging `tables` of this writer once what was in them is loaded.

    dlt empties them before it next loads into them; until then they would be a second copy of what is personal, which
    every checkpoint of DuckDB's writes out.
    """
    with client.with_staging_dataset():
        for name in tables:
            with contextlib.suppress(DatabaseUndefinedRelation):
                client.execute_sql(f"delete from {client.make_qualified_table_name(name)} where 1 = 1")  # noqa: S608
