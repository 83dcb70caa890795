"""What the warehouse holds of the operations, read before wolkvox is asked anything.

The warehouse is the memory: dlt's state is committed at extract, so after an aborted package it would
remember a load that never happened.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from dlt.destinations.exceptions import DatabaseUndefinedRelation
from dlt.destinations.sql_client import SqlClientBase

from wolkvox_source.reports.snapshot import TIMESTAMP
from wolkvox_source.tables import SCHEMAS

TABLES = ("agents", "agent_history", "agent_connections", "observations", "rejected_records", "operations")

_TYPES = {
    "enabled": pa.bool_(),
    "present": pa.bool_(),
    "connection_held": pa.bool_(),
    "last_use": TIMESTAMP,
    "open_since": TIMESTAMP,
}
_EMPTY = pa.schema(
    [
        (name, _TYPES.get(name, pa.string()))
        for name in (
            *("agent_key", "operation", "agent_id", "last_use", "last_use_raw", "present", "row_version"),
            *("open_version", "connection_held"),
        )
    ]
)
_READ = _EMPTY.append(pa.field("open_since", TIMESTAMP))

_AGENTS = """
select
    agents.*,
    open_versions.row_version as open_version,
    open_versions.valid_from as open_since,
    agent_connections.agent_key is not null as connection_held
from {agents} as agents
left join (
    select agent_key, row_version, valid_from from {agent_history} where valid_to is null
) as open_versions on open_versions.agent_key = agents.agent_key
left join {agent_connections} as agent_connections
    on agent_connections.agent_key = agents.agent_key
    and agent_connections.last_use = agents.last_use
where agents.operation in ({names})
"""

# versions whose agents row never arrived, since tables of one package are loaded one after another
_ORPHANS = """
select agent_history.*, agent_history.row_version as open_version, agent_history.valid_from as open_since
from {agent_history} as agent_history
where agent_history.valid_to is null
    and agent_history.operation in ({names})
    and not exists (select 1 from {agents} as agents where agents.agent_key = agent_history.agent_key)
"""

_LAST_OBSERVED = """
select operation, max(observed_at) as observed_at
from {observations}
where operation in ({names}) and observed_at >= %s
group by operation
"""

_REJECTED = """
select rejected_records.operation, rejected_records.reason, rejected_records.record
from {rejected_records} as rejected_records
inner join (
    select operation, max(observed_at) as observed_at from {rejected_records} group by operation
) as latest
    on latest.operation = rejected_records.operation and latest.observed_at = rejected_records.observed_at
where rejected_records.operation in ({names})
"""

_SETTINGS = """
select operation, timezone, licences, agents_per_licence, interval_seconds from {operations_table}
where operation in ({names})
"""


@dataclass(frozen=True)
class Current:
    """What the warehouse holds of several operations.

    Attributes:
        agents: for each operation its rows of `agents`, with `open_version` and `connection_held` as `changes.py`
            wants them
        observed_since: for each operation of which the ledger or the history knows something at or after the
            run's own time, when
        rejected: for each operation the (reason, record) pairs of its latest rejected records
        settings: for each operation its row of `operations`
        missing: the tables that do not exist yet
    """

    agents: dict[str, pa.Table]
    observed_since: dict[str, datetime]
    rejected: dict[str, list[tuple[str, str]]]
    settings: dict[str, dict[str, Any]]
    missing: frozenset[str]

    def of(self, operation: str) -> pa.Table:
        """The agents of one operation."""
        return self.agents.get(operation, _EMPTY.empty_table())


NOTHING = Current({}, {}, {}, {}, frozenset(TABLES))


def current(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> Current:
    """What the warehouse holds of `operations`; tables that do not exist yet hold nothing.

    Raises what the destination raises where it cannot be read.
    """
    missing = frozenset(missing_tables(client))
    agents = _table(client, _AGENTS, operations)
    orphans = _table(client, _ORPHANS, operations)
    if len(orphans):
        # without its row_version the agents row counts as different, and is sent again
        orphans = orphans.drop_columns(["row_version", "valid_from", "valid_to"])
        agents = pa.concat_tables([agents, orphans], promote_options="default")
    rejected: dict[str, list[tuple[str, str]]] = {}
    for row in _rows(client, _REJECTED, operations):
        rejected.setdefault(row["operation"], []).append((row["reason"], row["record"]))
    settings = _rows(client, _SETTINGS, operations)
    return Current(
        agents=_by_operation(agents.drop_columns(["open_since"])),
        observed_since=_latest([*_versions_since(agents, now), *_observed(client, operations, now)]),
        rejected=rejected,
        settings={row["operation"]: row for row in settings},
        missing=missing,
    )


def observed_since(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> dict[str, datetime]:
    """For each of `operations` that the ledger knows to have been observed at `now` or later, when it was last."""
    return _latest(_observed(client, operations, now))


def missing_tables(client: SqlClientBase[Any]) -> list[str]:
    """The tables that are not there, or that lack a column which every load fills."""
    return [name for name in TABLES if not _columns(client, name) >= set(SCHEMAS[name].names)]


def _observed(client: SqlClientBase[Any], operations: Sequence[str], now: datetime) -> list[tuple[str, datetime]]:
    return [(row["operation"], row["observed_at"]) for row in _rows(client, _LAST_OBSERVED, operations, now)]


def _versions_since(agents: pa.Table, now: datetime) -> list[tuple[str, datetime]]:
    """Versions that began at `now` or later, of which the ledger may not know: its row is the last to be loaded."""
    late = agents.filter(pc.greater_equal(agents["open_since"], pa.scalar(now, TIMESTAMP)))
    return list(zip(late["operation"].to_pylist(), late["open_since"].to_pylist(), strict=True))


def _latest(moments: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for operation, moment in moments:
        latest[operation] = max(moment, latest.get(operation, moment))
    return latest


def _table(client: SqlClientBase[Any], query: str, operations: Sequence[str]) -> pa.Table:
    """The answer as Arrow in our own types; no rows where a table does not exist yet."""
    try:
        with client.execute_query(_qualified(client, query, operations), *operations) as cursor:
            answer = cast(pa.Table, cursor.arrow())
    except DatabaseUndefinedRelation:
        return _READ.empty_table()
    fields = [(name, _TYPES.get(name, pa.string())) for name in answer.column_names if not name.startswith("_dlt")]
    return answer.select([name for name, _ in fields]).cast(pa.schema(fields))


def _by_operation(agents: pa.Table) -> dict[str, pa.Table]:
    """The rows of each operation; sorted once, since there may be a thousand of them."""
    counts = pc.value_counts(agents["operation"])
    if len(counts) > 1:
        agents = agents.take(pc.sort_indices(agents["operation"]))
        counts = pc.value_counts(agents["operation"])
    begin, tables = 0, {}
    for name, length in zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True):
        tables[name] = agents.slice(begin, length)
        begin += length
    return tables


def _rows(client: SqlClientBase[Any], query: str, operations: Sequence[str], *more: object) -> list[dict[str, Any]]:
    try:
        with client.execute_query(_qualified(client, query, operations), *operations, *more) as cursor:
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except DatabaseUndefinedRelation:
        return []


def _qualified(client: SqlClientBase[Any], query: str, operations: Sequence[str]) -> str:
    tables = {name: client.make_qualified_table_name(name) for name in TABLES if name != "operations"}
    names = ", ".join(["%s"] * len(operations))
    return query.format(**tables, operations_table=client.make_qualified_table_name("operations"), names=names)


def _columns(client: SqlClientBase[Any], table: str) -> set[str]:
    try:
        with client.execute_query(f"select * from {client.make_qualified_table_name(table)} where 1 = 0") as cursor:  # noqa: S608
            return {str(column[0]).lower() for column in cursor.description or ()}
    except DatabaseUndefinedRelation:
        return set()
