"""Of a year of observations the few rows that the guard can depend on, so that each run is asked about them alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from wolkvox_source.reports.guard import Past
from wolkvox_source.tables import BESIDE, SCHEMAS
from wolkvox_source.warehouse.past import REMEMBERED, pasts

Row = dict[str, Any]

_ACCEPTED = ("changed", "unchanged")
_JUDGED = (*_ACCEPTED, "suspicious", "empty")


@dataclass
class Remembered:
    """The ledger as far as `warehouse.past` asks about it."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    # each DuckDB of its own takes ten milliseconds, and a year has a hundred thousand runs
    connection: Any = field(default_factory=lambda: duckdb.connect(":memory:", config={"threads": 1}))

    def take(self, ledger: pa.Table) -> None:
        """Take in the lines of a run, later than all before it."""
        for row in ledger.to_pylist():
            if row["outcome"] in _JUDGED:
                self.rows[row["operation"]] = _kept([*self.rows.get(row["operation"], []), row])

    def pasts(self, operations: Sequence[str], at: datetime) -> dict[str, tuple[Past, str | None]]:
        """What a warehouse would say to the guard at the time `at`."""
        plain = {name: row for name in operations if (row := _plain(self.rows.get(name, [])))}
        return {
            **pasts(self._answered, [name for name in operations if name not in plain], at),
            **{
                name: (Past(expected=frozenset()), row["privacy"] if row["observed_at"] >= at - REMEMBERED else None)
                for name, row in plain.items()
            },
        }

    def _answered(self, query: str, operations: Sequence[str], *more: object) -> list[Row]:
        if not operations:
            return []
        rows = [row for name in operations for row in self.rows.get(name, [])]
        self.connection.register("observations", pa.Table.from_pylist(rows, SCHEMAS["observations"]))
        self.connection.register("created", BESIDE["provisioned_agents"].empty_table())
        names = ", ".join(["?"] * len(operations))
        sql = query.format(observations_table="observations", provisioned_agents_table="created", names=names)
        answer = self.connection.execute(sql.replace("%s", "?"), [*operations, *more])
        found: list[Row] = answer.to_arrow_table().to_pylist()
        return found


def _plain(rows: Sequence[Row]) -> Row | None:
    """The latest row where no other matters: it was accepted without a doubt, and none was ever doubted."""
    return rows[-1] if len(rows) == 1 and rows[-1]["outcome"] in _ACCEPTED and rows[-1]["doubt"] is None else None


def _kept(rows: list[Row]) -> list[Row]:
    """The latest row of each kind, the unbroken row of equal doubts at the end, and what came before that."""
    kept = {_kind(row): row for row in rows}
    last = rows[-1]
    tail = len(rows)
    if last["outcome"] not in _ACCEPTED and last["doubt"] is not None:
        while tail and rows[tail - 1]["outcome"] not in _ACCEPTED and rows[tail - 1]["doubt"] == last["doubt"]:
            tail -= 1
        tail = max(0, tail - 1)
    return [row for place, row in enumerate(rows) if place >= tail or row is kept[_kind(row)]]


def _kind(row: Row) -> tuple[bool, bool]:
    return row["outcome"] in _ACCEPTED, row["doubt"] is None
