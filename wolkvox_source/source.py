"""wolkvox as a dlt source: the tables, their keys, how they grow.

`pipeline.run(wolkvox())` asks each operation once, whatever the number of tables, and loads what differs
from what the destination holds. Nothing here ever deletes or retires a row because it was missing.
"""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.parquet  # dlt would import it between the answer and the load, when it counts
from dlt.common import pendulum
from dlt.common.configuration.container import Container
from dlt.common.pipeline import PipelineContext
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.extract import DltResource

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.observation import Tables, observe
from wolkvox_source.settings import Operation, configured_operations, missing_setting
from wolkvox_source.tables import TABLES
from wolkvox_source.warehouse.current import NOTHING, current


def utc_now() -> datetime:
    """This machine's clock."""
    return datetime.now(timezone.utc)


@dlt.source(name="wolkvox", section="wolkvox", max_table_nesting=0)
def wolkvox(
    only: Sequence[str] = (),
    accept_loss: Sequence[str] = (),
    operations: Any = None,
    clock: Any = utc_now,
    listener: Any = None,
) -> Iterator[DltResource]:
    """The agents reports of the configured operations.

    Tables: agents, agent_history, agent_connections, observations, rejected_records, operations.

    Args:
        only: names of operations to observe, all of them if empty
        accept_loss: names of operations whose report is believed this once, whatever the guard says
        operations: the `Operation`s themselves, in place of the configured ones
        clock: returns the time of the tick, aware; read once
        listener: told each `Observation` as soon as it is made, from several threads

    Raises a ConfigurationError where a setting is missing or wrong.
    """
    observed: Sequence[Operation] = configured_operations(only) if operations is None else operations
    if not observed:
        raise missing_setting("sources.wolkvox.operations")
    names = [operation.name for operation in observed]
    for name in accept_loss:
        if name not in names:
            raise ConfigurationError("unknown_operation", name=name, known=", ".join(names))

    # which merge strategies the destination has is known once the pipeline runs
    supported: list[str] = []

    @dlt.resource(name="reports", selected=False)
    def reports() -> Iterator[Tables]:
        observed_at = clock().astimezone(timezone.utc)
        _date_package(observed_at)
        pipeline = _running_pipeline()
        held = current(pipeline, names, observed_at) if pipeline else NOTHING
        supported.extend(_merge_strategies(pipeline))
        yield observe(observed, held, observed_at, accept_loss, listener)

    for name in TABLES:
        yield _table(reports, name, supported)


def _table(reports: DltResource, name: str, supported: Sequence[str]) -> DltResource:
    """The resource of one table; every table is fed by the same one look."""
    best, *others = TABLES[name].strategies
    # type 2 history has many rows a key
    keys: dict[str, Any] = {"merge_key" if best == "scd2" else "primary_key": TABLES[name].key}

    @dlt.transformer(data_from=reports, name=name, write_disposition=_disposition(best), **keys)
    def rows(tables: Tables) -> Iterator[Any]:
        if name not in tables:
            return
        table = _with_required(tables[name], [*TABLES[name].key, "row_version"])
        if best in supported or not others:
            yield table
        else:
            hints = dlt.mark.make_hints(write_disposition=_disposition(others[0]), **keys)
            yield dlt.mark.with_hints(table, hints)

    return rows


def _disposition(strategy: str) -> Any:
    if strategy == "scd2":
        return {
            "disposition": "merge",
            "strategy": "scd2",
            "row_version_column_name": "row_version",
            "validity_column_names": ["valid_from", "valid_to"],
        }
    return {"disposition": "merge", "strategy": strategy}


def _merge_strategies(pipeline: dlt.Pipeline | None) -> Sequence[str]:
    """What the pipeline's destination can do; everything where there is none."""
    if pipeline is None or pipeline.destination is None:
        return [strategy for table in TABLES.values() for strategy in table.strategies]
    return pipeline.destination.capabilities().supported_merge_strategies or ()


def _running_pipeline() -> dlt.Pipeline | None:
    context = Container()[PipelineContext]
    return context.pipeline() if context.is_active() else None  # type: ignore[return-value]


def _with_required(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The table with the key columns declared as never NULL, as dlt declares them."""
    schema = pa.schema([field.with_nullable(field.name not in names) for field in table.schema])
    return table.cast(schema)


def _date_package(observed_at: datetime) -> None:
    """Make dlt's type 2 history begin and end versions at the tick's own time.

    dlt takes the boundary from a hint or from the load package's date. The hint is part of the schema, so a
    new one each tick would add a copy of the whole schema to `_dlt_version` every five minutes.
    """
    # without a pipeline there is no package, and the source is only being read
    with contextlib.suppress(CurrentLoadPackageStateNotAvailable):
        dlt.current.load_package_state()["state"]["created_at"] = pendulum.instance(observed_at)
