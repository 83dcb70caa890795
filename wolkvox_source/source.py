"""wolkvox as a dlt source: the tables, their keys, how they grow.

`pipeline.run(wolkvox())` asks each operation once, whatever the number of tables, and loads what differs
from what the destination holds. Nothing here ever deletes or retires a row because it was missing.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.parquet  # dlt would import it between the answer and the load, when it counts
from dlt.common import pendulum
from dlt.common.configuration import configspec
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.pipeline import PipelineContext
from dlt.common.schema import Schema
from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
from dlt.extract import DltResource, DltSource
from dlt.extract.exceptions import CurrentSourceNotAvailable

from wolkvox_source.api.archive import configured_archive
from wolkvox_source.clock import utc_now
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.observation import Decided, Listener, Tables, ask, decide, known_before, wanted_before, wanted_for
from wolkvox_source.reports.catalogue import REPORTS, Report, chosen
from wolkvox_source.reports.garbage import collecting_later
from wolkvox_source.reports.memory import from_the_system
from wolkvox_source.settings import Operation, configured_operations, missing_setting, wait_seconds
from wolkvox_source.tables import EVERY_TABLE, TABLES
from wolkvox_source.warehouse.capabilities import asked_once
from wolkvox_source.warehouse.connection import keep_private
from wolkvox_source.warehouse.contents import check_whole
from wolkvox_source.warehouse.current import NOTHING, observed_since
from wolkvox_source.warehouse.meanwhile import read_meanwhile
from wolkvox_source.warehouse.one_transaction import merge_at_once
from wolkvox_source.warehouse.pipeline import check_can_hold
from wolkvox_source.warehouse.plain_run import hold_until_the_end
from wolkvox_source.warehouse.staging import own_staging

# where a load package says, in its state, which operations it is of
OPERATIONS = "wolkvox_operations"

Clock = Callable[[], datetime]


@configspec
class _NoSettings(BaseConfiguration):
    """dlt fills an argument from a setting of the same name, unless the source says which settings it has."""


@dlt.source(name="wolkvox", section="wolkvox", max_table_nesting=0, spec=_NoSettings)
def wolkvox(only: Sequence[str] = (), accept_loss: Sequence[str] = ()) -> Iterator[DltResource]:
    """The reports of the configured operations: of agents, and those that the setting `reports` names besides.

    Tables: agents, agent_history, agent_connections, observations, rejected_records, operations; and of further
    reports, each a resource that `with_resources` chooses too: agent_live, skills, agent_skills, agent_sessions,
    agent_status_events.

    Args:
        only: names of operations to observe, all of them if empty
        accept_loss: names of operations whose report is accepted this once, whatever the guard says

    Raises a ConfigurationError where a setting is missing or wrong.
    """
    yield from _resources(operations_to_observe(only, accept_loss, None), accept_loss, utc_now, None)


def observing(
    operations: Sequence[Operation],
    accept_loss: Sequence[str] = (),
    clock: Clock = utc_now,
    listener: Listener | None = None,
) -> DltSource:
    """The source `wolkvox` for given operations.

    `clock` returns the aware time of the run and is read once; `listener` is told each `Answer` as soon as it is
    there, from several threads. Raises a ConfigurationError for a name in `accept_loss` that no operation has.
    """
    observed = operations_to_observe((), accept_loss, operations)
    of = dlt.source(_resources, name="wolkvox", section="wolkvox", max_table_nesting=0, spec=_NoSettings)
    return of(observed, accept_loss, clock, listener)


def _resources(
    operations: Sequence[Operation], accept_loss: Sequence[str], clock: Clock, listener: Listener | None
) -> Iterator[DltResource]:
    # which merge strategies the destination has is known once the pipeline runs
    supported: list[str] = []
    asked_for = {name for operation in operations for report in chosen(operation.asks_for) for name in report.tables}
    usual = {*TABLES, *asked_for}

    @dlt.resource(name="reports", selected=False)
    def reports() -> Iterator[Tables]:
        with collecting_later(), from_the_system():
            _check_nothing_is_thrown_away()
            pipeline = _running_pipeline()
            supported.extend(_merge_strategies(pipeline))
            chosen_here = _reports_of(_selected(), usual)
            observed_at = clock().astimezone(timezone.utc)
            tables = _observed(pipeline, operations, accept_loss, observed_at, listener, chosen_here)
        yield tables

    for name in EVERY_TABLE:
        yield _table(reports, name, supported, selected=name in usual)


def _selected() -> set[str]:
    """The tables that the source that runs was told to load; none where one of its resources is read alone."""
    with contextlib.suppress(CurrentSourceNotAvailable):
        return {*dlt.current.source().selected_resources} & {*EVERY_TABLE}
    return set()


def _check_nothing_is_thrown_away() -> None:
    """Refuse dlt's `refresh`, and another write disposition: only what differs is sent, and the past is told once."""
    with contextlib.suppress(CurrentLoadPackageStateNotAvailable):
        if refresh := dlt.current.load_package_state()["state"].get("refresh"):
            raise ConfigurationError("refresh_refused", refresh=refresh)
    for name in sorted(_selected()):
        disposition = dlt.current.source().resources[name].write_disposition
        if disposition not in map(_disposition, EVERY_TABLE[name].strategies):
            raise ConfigurationError("disposition_refused", table=name, disposition=disposition)


def _reports_of(selected: set[str], usual: set[str]) -> list[Report] | None:
    """The reports behind the tables that a dlt user has chosen; None for those that are configured."""
    names = {EVERY_TABLE[name].report for name in selected} - {None}
    if selected == usual or not names:
        return None
    parents = {report.each[0] for report in REPORTS if report.each and report.name in names}
    return [report for report in REPORTS if report.name in names | parents]


def _observed(
    pipeline: dlt.Pipeline | None,
    operations: Sequence[Operation],
    accept_loss: Sequence[str],
    observed_at: datetime,
    listener: Listener | None,
    reports: Sequence[Report] | None,
) -> Tables:
    """The operations asked, and what that means beside what the destination of `pipeline` holds.

    dlt keeps the frames of its callers until Python looks for circles, so none of them may hold a report at its end.
    """
    _date_package(observed_at)
    names = [operation.name for operation in operations]
    archive = configured_archive(operations, accept_loss, observed_at)
    if pipeline is None:
        answers = ask(operations, observed_at, {}, listener, archive, reports=reports)
        return decide(operations, answers, NOTHING, accept_loss).every_table
    check_can_hold(pipeline)
    asked_once(pipeline.destination)
    own_staging(pipeline, under_lock=False)
    merge_at_once(pipeline)
    with pipeline.sql_client() as client:
        keep_private(pipeline, client)
        check_whole(client)
        ahead = observed_since(client, names, observed_at)
        known = known_before(client, operations, observed_at, reports)
    zones = {operation.name: operation.timezone for operation in operations}
    with read_meanwhile(pipeline, names, observed_at, wanted_before(operations, reports), zones) as read:
        answers = ask(operations, observed_at, ahead, listener, archive, known, reports)
    hold_until_the_end(pipeline, wait_seconds())
    with pipeline.sql_client() as client:
        # as it is now, since another run may have loaded meanwhile
        tables = decide(operations, answers, read(client, wanted_for(answers)), accept_loss).every_table
    answers.clear()
    return tables


def operations_to_observe(
    only: Sequence[str], accept_loss: Sequence[str], operations: Sequence[Operation] | None
) -> Sequence[Operation]:
    """The operations to observe: `operations`, or the configured ones that are in `only`.

    Raises a ConfigurationError where there is none, or `accept_loss` names another one.
    """
    observed = configured_operations(only) if operations is None else operations
    if not observed:
        raise missing_setting("sources.wolkvox.operations")
    names = [operation.name for operation in observed]
    for name in accept_loss:
        if name not in names:
            raise ConfigurationError("unknown_operation", name=name, known=", ".join(names))
    return observed


def decided_source(pipeline: dlt.Pipeline, decided: Decided, observed_at: datetime) -> DltSource:
    """What was decided at `observed_at` as a source for `pipeline`; the load package names its operations."""
    supported, tables = _merge_strategies(pipeline), decided.every_table

    def rows(name: str) -> Iterator[Any]:
        _date_package(observed_at)
        operations = decided.ledger["operation"].unique().to_pylist()
        dlt.current.load_package_state()["state"][OPERATIONS] = operations  # type: ignore[literal-required]
        yield from _hinted(name, tables[name], supported)

    resources = [
        dlt.resource(rows, name=name, write_disposition=_disposition(EVERY_TABLE[name].strategies[0]), **_keys(name))(
            name
        )
        for name in EVERY_TABLE
        if name in tables
    ]
    return DltSource(Schema("wolkvox"), "wolkvox", resources)


def _table(reports: DltResource, name: str, supported: Sequence[str], *, selected: bool) -> DltResource:
    """The resource of one table; every table is fed by the same one observation."""

    @dlt.transformer(
        data_from=reports,
        name=name,
        selected=selected,
        write_disposition=_disposition(EVERY_TABLE[name].strategies[0]),
        **_keys(name),
    )
    def rows(tables: Tables) -> Iterator[Any]:
        if name in tables:
            # nothing of it stays in memory while the rest is loaded
            yield from _hinted(name, tables.pop(name), supported)

    return rows


def _keys(name: str) -> dict[str, Any]:
    table = EVERY_TABLE[name]
    # type 2 history has many rows a key
    keys: dict[str, Any] = {"merge_key" if table.strategies[0] == "scd2" else "primary_key": table.key}
    loose = {each: {"nullable": True} for each in table.key if each not in table.required}
    return {**keys, "columns": loose} if loose else keys


def _hinted(name: str, rows: pa.Table, supported: Sequence[str]) -> Iterator[Any]:
    """The rows of a table, with the merge strategy that the destination has."""
    best, *others = EVERY_TABLE[name].strategies
    table = _with_required(rows, EVERY_TABLE[name].required)
    if best in supported or not others:
        yield table
    else:
        yield dlt.mark.with_hints(table, dlt.mark.make_hints(write_disposition=_disposition(others[0]), **_keys(name)))


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
        return [strategy for table in EVERY_TABLE.values() for strategy in table.strategies]
    return pipeline.destination.capabilities().supported_merge_strategies or ()


def _running_pipeline() -> dlt.Pipeline | None:
    context = Container()[PipelineContext]
    return context.pipeline() if context.is_active() else None  # type: ignore[return-value]


def _with_required(table: pa.Table, names: Collection[str]) -> pa.Table:
    """The table with the key columns declared as never NULL, as dlt declares them."""
    schema = pa.schema([field.with_nullable(field.name not in names) for field in table.schema])
    return table.cast(schema)


def _date_package(observed_at: datetime) -> None:
    """Make dlt's type 2 history begin and end versions at the run's own time.

    dlt takes the boundary from a hint or from the load package's date. The hint is part of the schema, so a
    new one each run would add a copy of the whole schema to `_dlt_version` every five minutes.
    """
    # without a pipeline there is no package, and the source is only being read
    with contextlib.suppress(CurrentLoadPackageStateNotAvailable):
        dlt.current.load_package_state()["state"]["created_at"] = pendulum.instance(observed_at)
