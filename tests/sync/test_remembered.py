"""What a replay remembers of the ledger says to the guard what the whole of it would have said."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.worlds import LONG, MONDAY
from wolkvox_source.sync.remembered import Remembered
from wolkvox_source.tables import BESIDE, SCHEMAS
from wolkvox_source.warehouse.past import pasts

OUTCOMES = ["changed", "unchanged", "suspicious", "empty", "refused"]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.long
@pytest.mark.parametrize("seed", range(200 if LONG else 20))
def test_the_rows_that_are_kept_answer_as_all_of_them_would(seed: int, connection: duckdb.DuckDBPyConnection) -> None:
    """Doubts begin, repeat, give way to others and are settled, with pauses longer than they are remembered."""
    chance = random.Random(seed)
    remembered, ledger, at = Remembered(), [], MONDAY
    connection.register("created", BESIDE["provisioned_agents"].empty_table())
    for _ in range(40):
        at += timedelta(minutes=5) if chance.random() < 0.95 else timedelta(days=chance.choice([20, 31, 40]))
        rows = [
            {
                "operation": name,
                "report": report,
                "observed_at": at,
                "outcome": chance.choices(OUTCOMES, [3, 3, 4, 1, 1])[0],
                "doubt": chance.choices([None, "a", "b"], [2, 5, 1])[0],
                "privacy": chance.choice(["{}", "hashed"]),
            }
            for name, report in (("norte", "agents"), ("norte", "skills"), ("sur", "agents"))
            if chance.random() < 0.9
        ]
        ledger.extend(rows)
        remembered.take(pa.Table.from_pylist(rows, SCHEMAS["observations"]))
        connection.register("ledger", pa.Table.from_pylist(ledger, SCHEMAS["observations"]))
        asked_at = at + timedelta(minutes=5)

        def answered(query: str, operations: list[str], *more: object) -> list[dict[str, Any]]:
            """The same questions, put to the whole ledger."""
            sql = query.format(
                observations_table="ledger",
                observations_report="report",
                provisioned_agents_table="created",
                names=", ".join(["?"] * len(operations)),
            )
            found = connection.execute(sql.replace("%s", "?"), [*operations, *more]).to_arrow_table().to_pylist()
            return [dict(row) for row in found]

        assert remembered.pasts(["norte", "sur"], asked_at) == pasts(answered, ["norte", "sur"], asked_at)
    assert max(map(len, remembered.rows.values())) < 30
