"""Time zones that a warehouse does not know, on whose name its views would fail, for every operation."""

import re
from collections.abc import Collection
from typing import Any

from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.sql_client import SqlClientBase

# names that Python finds among the zones of a machine, and that are others elsewhere or no zone at all
_MACHINES_OWN = re.compile(r"posix/|right/|(localtime|posixrules|Factory)$")


def unknown_zones(client: SqlClientBase[Any], names: Collection[str]) -> frozenset[str]:
    """Those of `names` that the warehouse does not know, as far as it can be asked."""
    own = {name for name in names if _MACHINES_OWN.match(name)}
    others = sorted({*names} - own)
    if not others:
        return frozenset(own)
    try:
        places = ", ".join(["%s"] * len(others))
        rows = client.execute_sql(f"select name from pg_timezone_names() where name in ({places})", *others)  # noqa: S608
    except DatabaseException:
        return frozenset(own)
    return frozenset(own | ({*others} - {str(row[0]) for row in rows or ()}))
