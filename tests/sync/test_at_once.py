"""Many runs loaded at once leave what as many syncs do, one after another."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.worlds import MONDAY, TOKEN, Warehouse, everything
from wolkvox_source.settings import Operation
from wolkvox_source.simulator import MAINTENANCE, ContactCentre, Simulator
from wolkvox_source.sync.history import observe_at_once
from wolkvox_source.sync.run import sync

LEDGER = (
    "select observed_at, outcome, reason, received_records, changed, appeared, vanished from observations order by 1"
)


def runs(centre: ContactCentre, simulator: Simulator) -> Iterator[tuple[datetime, Sequence[Operation]]]:
    """Six looks at a lively centre, of which wolkvox refuses the fourth."""
    operation = Operation(server="demo", token=TOKEN, base_url=simulator.url, requests_at_most=1).named("demo")
    for number in range(6):
        simulator.clear()
        if number == 3:
            simulator.misbehave(MAINTENANCE, times=None)
        yield centre.now, [operation]
        centre.advance(timedelta(minutes=20))


@pytest.mark.long
def test_many_runs_at_once_leave_what_one_after_another_do(duckdb_warehouse: Warehouse, tmp_path: Path) -> None:
    at_once = Warehouse(duckdb_warehouse.destination, "at_once", tmp_path / "at_once")
    one, other = (ContactCentre(agents=30, now=MONDAY) for _ in range(2))
    with Simulator(one) as simulator:
        for at, operations in runs(one, simulator):
            sync(duckdb_warehouse.place(), operations=operations, clock=lambda at=at: at)  # type: ignore[misc]
    with Simulator(other) as simulator:
        observe_at_once(runs(other, simulator), at_once.place(), "a test")

    assert at_once.rows(LEDGER) == duckdb_warehouse.rows(LEDGER)
    assert [row[1] for row in at_once.rows(LEDGER)].count("unavailable") == 1
    assert everything(at_once) == everything(duckdb_warehouse)
