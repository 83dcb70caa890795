"""Many runs loaded at once: each is asked and decided on in its turn, in memory, and the place is filled at the end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from wolkvox_source.observation import ask, decide
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.settings import Operation
from wolkvox_source.sync.replayed import Replayed
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.transfer import arriving

Advance = Callable[[datetime], None]


def observe_at_once(
    runs: Iterable[tuple[datetime, Sequence[Operation]]], place: Place, origin: str, advance: Advance = lambda _: None
) -> None:
    """Observe operations at each of some times, in their order, and load what syncs would have left by then.

    `place` must be empty, or a ConfigurationError is raised; `origin` says where the rows come from, without a secret;
    `advance` is told each run once it is decided on.
    """
    replayed = Replayed()
    with collecting_later():
        for at, operations in runs:
            answers = ask(operations, at)
            held = replayed.current([operation.name for operation in operations], at)
            replayed.take(decide(operations, answers, held), at)
            advance(at)
    fill(replayed.tables(), place, origin)


def fill(tables: Mapping[str, pa.Table], place: Place, origin: str) -> None:
    """Put tables into an empty place in their order, of which the ledger is the last."""
    with arriving(place, origin) as arrival:
        for name, rows in tables.items():
            arrival.fill(name, [rows])
