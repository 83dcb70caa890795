"""What a warehouse holds of one operation after the loads so far, as plainly as it can be said."""

from datetime import datetime
from typing import Any

import pyarrow as pa

from tests.worlds import MONDAY
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.reports.changes import Changes, changes
from wolkvox_source.reports.columns import TIMESTAMP
from wolkvox_source.reports.privacy import Privacy
from wolkvox_source.reports.snapshot import snapshot
from wolkvox_source.warehouse.current import NOTHING

Row = dict[str, Any]


def seen(*records: Row, privacy: Privacy | None = None) -> pa.Table:
    return snapshot(AGENTS, "ventas", records, "America/Bogota", privacy).table


class Warehouse:
    """What a warehouse holds after the loads so far, as plainly as it can be said."""

    def __init__(self) -> None:
        self.agents: dict[str, Row] = {}
        self.versions: dict[str, list[Row]] = {}
        self.connections: set[tuple[str, Any]] = set()

    def load(
        self,
        found: Changes,
        at: datetime = MONDAY,
        *,
        agents: bool = True,
        versions: bool = True,
        connections: bool = True,
    ) -> None:
        """Merge what was sent; a table that is left out is one whose load was lost."""
        for row in found.rows.to_pylist() if agents else ():
            self.agents[row["agent_key"]] = row
        for row in found.versions.to_pylist() if versions else ():
            history = self.versions.setdefault(row["agent_key"], [])
            if not history or history[-1]["row_version"] != row["row_version"]:
                history.append({**row, "valid_from": at})
        if connections:
            self.connections |= {(row["agent_key"], row["last_use"]) for row in found.moments.to_pylist()}

    def held(self) -> pa.Table:
        """As current.py reads it: what `agents` says, or else the open version of somebody it lacks."""
        rows = []
        for key in dict.fromkeys([*self.agents, *self.versions]):
            version = self.versions[key][-1] if key in self.versions else {}
            row = dict(self.agents.get(key) or {**version, "row_version": None})
            row["open_version"] = version.get("row_version")
            row["open_since"] = version.get("valid_from")
            row.pop("valid_from", None)
            row["connection_held"] = (key, row.get("last_use")) in self.connections
            rows.append(row)
        names = dict.fromkeys([*NOTHING.of(AGENTS, "").column_names, *(name for row in rows for name in row)])
        types = {"enabled": pa.bool_(), "present": pa.bool_(), "connection_held": pa.bool_()}
        types |= dict.fromkeys(["last_use", "open_since"], TIMESTAMP)
        schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
        return pa.Table.from_pylist(rows, schema)

    def observe(self, *records: Row, at: datetime = MONDAY, **lost: bool) -> Changes:
        """One accepted report and its load."""
        found = changes(AGENTS, seen(*records), self.held())
        self.load(found, at, **lost)
        return found
