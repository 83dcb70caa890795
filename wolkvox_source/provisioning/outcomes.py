"""What became of every request, in the table `provisioned_agents` of the warehouse; never a password."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import dlt
import pyarrow as pa
from dlt.destinations.exceptions import DatabaseUndefinedRelation

from wolkvox_source.errors import WolkvoxError
from wolkvox_source.reports.catalogue import AGENTS
from wolkvox_source.tables import BESIDE
from wolkvox_source.warehouse import DATASET
from wolkvox_source.warehouse.connection import duckdb_file
from wolkvox_source.warehouse.current import NOTHING, current
from wolkvox_source.warehouse.failures import in_words
from wolkvox_source.warehouse.pipeline import pipeline_into

# a pipeline of its own, so that what it leaves pending is never loaded, or thrown away, by a sync
PIPELINE = "wolkvox_provisioning"
TABLE = "provisioned_agents"
_STRATEGIES = ("upsert", "delete-insert")
SCHEMA = BESIDE[TABLE]
# what the journal says of a password that nobody has
UNKNOWN = "unknown"

PipelineMaker = Callable[[], dlt.Pipeline]


@dataclass(frozen=True)
class Kept:
    """What a warehouse has of one operation: the rows of `provisioned_agents` of all, and its own of `agents`.

    `error` is what kept it from being read.
    """

    requests: tuple[dict[str, Any], ...] = ()
    agents: pa.Table = field(default_factory=lambda: NOTHING.of(AGENTS, ""))
    error: WolkvoxError | None = None


def provisioning_pipeline(
    destination: Any = "duckdb", dataset_name: str = DATASET, pipelines_dir: str | None = None
) -> dlt.Pipeline:
    """The dlt pipeline that loads the record; DuckDB's file is that of the sync unless set.

    Raises a ConfigurationError for a destination that dlt does not know.
    """
    return pipeline_into(destination, PIPELINE, dataset_name, pipelines_dir, file_name="wolkvox")


def kept(pipeline: PipelineMaker, operation: str, now: datetime) -> Kept:
    """What the warehouse has; never raises, and makes no DuckDB file where there is none."""
    try:
        made = pipeline()
        file = duckdb_file(made)
        if file is not None and not file.exists():
            return Kept()
        with made.sql_client() as client:
            try:
                with client.execute_query(f"select * from {client.make_qualified_table_name(TABLE)}") as cursor:  # noqa: S608
                    names = [column[0] for column in cursor.description]
                    requests = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            except DatabaseUndefinedRelation:
                requests = []
            agents = current(client, [operation], now).of(AGENTS, operation)
        return Kept(tuple(requests), agents)
    except Exception as error:  # noqa: BLE001 - whatever keeps it away, the journal is there
        return Kept(error=in_words(error))


def record(requests: Sequence[Mapping[str, Any]], pipeline: dlt.Pipeline) -> None:
    """Merge the journal's requests into `provisioned_agents`, one row each; the same again changes nothing."""
    # the journal has what a package that is pending has, and dlt would load that in place of this one
    if pipeline.has_pending_data:
        pipeline.abort_packages()
    supported = pipeline.destination.capabilities().supported_merge_strategies or ()
    strategy = next((strategy for strategy in _STRATEGIES if strategy in supported), _STRATEGIES[-1])
    disposition: Any = {"disposition": "merge", "strategy": strategy}
    table = pa.Table.from_pylist([_as_row(request) for request in requests], SCHEMA)
    pipeline.run([table], table_name=TABLE, primary_key="request_id", write_disposition=disposition)


def _as_row(request: Mapping[str, Any]) -> dict[str, Any]:
    agent_id, password = request["agent_id"], request.get("password")
    return {
        **request,
        "agent_key": f"{request['operation']}:{agent_id}" if agent_id else None,
        "requested_at": datetime.fromisoformat(request["requested_at"]),
        "message": request["message"] or None,
        "password_known": None if password is None else password != UNKNOWN,
    }
