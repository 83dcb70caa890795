"""A plain `pipeline.run(wolkvox())`, which holds its dataset from when its source decides until dlt's run is over."""

from contextlib import ExitStack
from typing import Any

import dlt
from dlt.pipeline import trace as tracing

from wolkvox_source.tables import EVERY_TABLE
from wolkvox_source.warehouse.connection import duckdb_file, opened_to_load
from wolkvox_source.warehouse.lock import dataset_lock
from wolkvox_source.warehouse.staging import empty_own

# what is held for a working folder, and the client of a file that is kept open
_held: dict[str, tuple[ExitStack, Any]] = {}


class _Ends:
    """What dlt tells of its runs, of which only the end matters."""

    def on_start_trace(self, *_: Any) -> None:
        """Nothing is held yet."""

    def on_start_trace_step(self, *_: Any) -> None:
        """What is held stays held."""

    def on_end_trace_step(self, *_: Any) -> None:
        """What is held stays held."""

    def on_end_trace(self, _trace: Any, pipeline: Any, *_: Any) -> None:
        """Let go, whether the run came to its end or failed."""
        let_go(pipeline)


def hold_until_the_end(pipeline: dlt.Pipeline, wait_seconds: float) -> None:
    """Hold the dataset of `pipeline` until the run of dlt that is under way is over.

    The dataset is locked, and DuckDB's file kept open, which dlt would open and close a dozen times. Of steps that are
    called one by one, `extract`, `normalize` and `load`, each is a run of its own. Nothing is held where no run is
    under way, or dlt keeps no trace of it, since it tells of no end then. Raises a HeldError after `wait_seconds`.
    """
    if getattr(pipeline, "_trace", None) is None:
        return
    if not any(isinstance(module, _Ends) for module in tracing.TRACKING_MODULES):
        tracing.TRACKING_MODULES.append(_Ends())
    let_go(pipeline)
    with ExitStack() as stack:
        stack.enter_context(dataset_lock(pipeline, wait_seconds))
        client = stack.enter_context(opened_to_load(pipeline, wait_seconds)) if duckdb_file(pipeline) else None
        _held[pipeline.working_dir] = stack.pop_all(), client


def let_go(pipeline: Any) -> None:
    """Free what is held for `pipeline`."""
    stack, client = _held.pop(pipeline.working_dir, (ExitStack(), None))
    with stack:
        # of a package that is not loaded yet dlt would merge what is staged, and not stage it again
        if client is not None and not pipeline.has_pending_data:
            empty_own(client, [name for name in pipeline.default_schema.tables if name in EVERY_TABLE])
