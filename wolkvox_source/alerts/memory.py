"""Of which state of each operation people were told: a small table, where every machine that writes there finds it.

Beside a DuckDB file it is in a file of its own, since the other one may be held when there is most to tell.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb

from wolkvox_source.alerts.decision import Alert, Told
from wolkvox_source.private import owner_only
from wolkvox_source.warehouse.connection import duckdb_file, opened
from wolkvox_source.warehouse.lock import dataset_lock
from wolkvox_source.warehouse.pipeline import Place, pipeline_into

_WAIT_SECONDS = 5.0

Execute = Callable[..., Any]


class Memory:
    """The table `alerts` of a dataset, one row an operation of which people were told."""

    def __init__(self, table: str, execute: Execute) -> None:
        self._table, self._execute = table, execute
        execute(
            f"create table if not exists {table}"
            " (operation varchar(255), state varchar(20), told_at timestamp with time zone)"
        )

    def told(self) -> dict[str, Told]:
        """What people were told last of each operation."""
        rows = self._execute(f"select operation, state, told_at from {self._table}")  # noqa: S608
        return {name: Told(state, told_at.astimezone(timezone.utc)) for name, state, told_at in rows or ()}

    def remember(self, alerts: Sequence[Alert], now: datetime) -> None:
        """Note that people are told of `alerts` at `now`."""
        for alert in alerts:
            self._execute(f"delete from {self._table} where operation = %s", alert.operation)  # noqa: S608
            values = (alert.operation, alert.state, now)
            self._execute(f"insert into {self._table} values (%s, %s, %s)", *values)  # noqa: S608


@contextmanager
def memory(place: Place) -> Iterator[Memory]:
    """The memory of a place, which nobody else reads or changes meanwhile; raises a HeldError where others have it."""
    with tempfile.TemporaryDirectory(prefix="wolkvox-") as folder:
        pipeline = pipeline_into(place.destination, place.pipeline_name, place.dataset_name, folder)
        file = duckdb_file(pipeline)
        with dataset_lock(pipeline, _WAIT_SECONDS, part="alerts"):
            if file is not None:
                with closing(_connected(memory_file(file))) as connection:

                    def execute(sql: str, *values: object) -> list[Any]:
                        return connection.execute(sql.replace("%s", "?"), values).fetchall()

                    yield Memory("alerts", execute)
            else:
                with opened(pipeline) as client:
                    yield Memory(client.make_qualified_table_name("alerts"), client.execute_sql)


def memory_file(file: Path) -> Path:
    """Where the memory of a DuckDB file is: `wolkvox_alerts.duckdb` beside `wolkvox.duckdb`."""
    return file.with_name(f"{file.stem}_alerts{file.suffix}")


def _connected(file: Path) -> duckdb.DuckDBPyConnection:
    with owner_only():
        return duckdb.connect(str(file), config={"threads": 1})
