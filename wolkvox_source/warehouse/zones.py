"""Time zones that a warehouse does not know, on whose name its views would fail, for every operation."""

import re
from collections.abc import Collection
from typing import Any

import dlt
from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.warehouse.connection import duckdb_file

# names that Python finds among the zones of a machine, and that are others elsewhere or no zone at all
_MACHINES_OWN = re.compile(r"posix/|right/|(localtime|posixrules|Factory)$")


def machines_own(names: Collection[str]) -> frozenset[str]:
    """Those of `names` that no warehouse knows, whichever it is."""
    return frozenset(name for name in names if _MACHINES_OWN.match(name))


def unknown_zones(client: SqlClientBase[Any], names: Collection[str]) -> frozenset[str]:
    """Those of `names` that the warehouse does not know, as far as it can be asked."""
    own = machines_own(names)
    others = sorted({*names} - own)
    if not others:
        return own
    try:
        places = ", ".join(["%s"] * len(others))
        rows = client.execute_sql(f"select name from pg_timezone_names() where name in ({places})", *others)  # noqa: S608
    except DatabaseException:
        return own
    return own | ({*others} - {str(row[0]) for row in rows or ()})


def unknown_to(pipeline: dlt.Pipeline, names: Collection[str]) -> frozenset[str]:
    """Those of `names` that a pipeline's destination does not know; a DuckDB file that is not there is not made."""
    file = duckdb_file(pipeline)
    if file and not file.exists():
        import duckdb

        known = {str(name) for (name,) in duckdb.execute("select name from pg_timezone_names()").fetchall()}
        return machines_own(names) | ({*names} - known)
    with pipeline.sql_client() as client:
        return unknown_zones(client, names)
