"""Of a year of observations the few rows that the guard can depend on, so that each run is asked about them alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa

from wolkvox_source.errors import ACCEPTED
from wolkvox_source.reports.guard import Past
from wolkvox_source.tables import BESIDE, SCHEMAS
from wolkvox_source.warehouse.past import REMEMBERED, Key, pasts

Row = dict[str, Any]

_JUDGED = (*ACCEPTED, "suspicious", "empty")


@dataclass
class Remembered:
    """The ledger as far as `warehouse.past` asks about it."""

    rows: dict[Key, list[Row]] = field(default_factory=dict)
    # each DuckDB of its own takes ten milliseconds, and a year has a hundred thousand runs
    connection: Any = field(default_factory=lambda: duckdb.connect(":memory:", config={"threads": 1}))

    def take(self, ledger: pa.Table) -> None:
        """Take in the lines of a run, later than all before it."""
        for row in ledger.to_pylist():
            if row["outcome"] in _JUDGED:
                key = row["report"], row["operation"]
                self.rows[key] = _kept([*self.rows.get(key, []), row])

    def pasts(self, operations: Sequence[str], at: datetime) -> dict[Key, tuple[Past, str | None]]:
        """What a warehouse would say to the guard at the time `at`."""
        found: dict[Key, tuple[Past, str | None]] = {}
        others: list[Row] = []
        for key, rows in self.rows.items():
            if key[1] not in operations:
                continue
            row = _plain(rows)
            if row is None:
                others += rows
            elif row["observed_at"] >= at - REMEMBERED:
                found[key] = Past(), row["privacy"]
        if others:
            names = sorted({row["operation"] for row in others})
            found.update(pasts(partial(self._answered, others), names, at))
        return found

    def _answered(self, rows: list[Row], query: str, operations: Sequence[str], *more: object) -> list[Row]:
        self.connection.register("observations", pa.Table.from_pylist(rows, SCHEMAS["observations"]))
        self.connection.register("created", BESIDE["provisioned_agents"].empty_table())
        sql = query.format(
            observations_table="observations",
            observations_report="report",
            provisioned_agents_table="created",
            names=", ".join(["?"] * len(operations)),
        )
        answer = self.connection.execute(sql.replace("%s", "?"), [*operations, *more])
        found: list[Row] = answer.to_arrow_table().to_pylist()
        return found


def _plain(rows: Sequence[Row]) -> Row | None:
    """The latest row where no other matters: it was accepted without a doubt, and none was ever doubted."""
    return rows[-1] if len(rows) == 1 and rows[-1]["outcome"] in ACCEPTED and rows[-1]["doubt"] is None else None


def _kept(rows: list[Row]) -> list[Row]:
    """The latest row of each kind, the unbroken row of equal doubts at the end, and what came before that."""
    kept = {_kind(row): row for row in rows}
    last = rows[-1]
    tail = len(rows)
    if last["outcome"] not in ACCEPTED and last["doubt"] is not None:
        while tail and rows[tail - 1]["outcome"] not in ACCEPTED and rows[tail - 1]["doubt"] == last["doubt"]:
            tail -= 1
        tail = max(0, tail - 1)
    return [row for place, row in enumerate(rows) if place >= tail or row is kept[_kind(row)]]


def _kind(row: Row) -> tuple[bool, bool]:
    return row["outcome"] in ACCEPTED, row["doubt"] is None
