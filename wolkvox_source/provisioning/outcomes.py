"""What became of every request, as the table `provisioned_agents` of the warehouse; never a password."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.destination.exceptions import DestinationException

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.tables import BESIDE
from wolkvox_source.warehouse.pipeline import is_set

# a pipeline of its own, so that what it leaves pending is never loaded, or thrown away, by a sync
PIPELINE = "wolkvox_provisioning"
DATASET = "contact_center"
TABLE = "provisioned_agents"
_STRATEGIES = ("upsert", "delete-insert")
SCHEMA = BESIDE[TABLE]


def provisioning_pipeline(
    destination: str = "duckdb", dataset_name: str = DATASET, pipelines_dir: str | None = None
) -> dlt.Pipeline:
    """The dlt pipeline that loads the record; DuckDB's file is that of the sync unless set.

    Raises a ConfigurationError for a destination that dlt does not know.
    """
    where: Any = destination
    if destination == "duckdb" and not is_set("destination.duckdb.credentials"):
        where = dlt.destinations.duckdb(str(Path("wolkvox.duckdb").absolute()))
    try:
        return dlt.pipeline(
            PIPELINE,
            destination=where,
            dataset_name=dataset_name,
            pipelines_dir=pipelines_dir,  # type: ignore[arg-type]
        )
    except DestinationException as error:
        raise ConfigurationError("destination_unknown", name=destination) from error


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
    agent_id = request["agent_id"]
    return {
        **request,
        "agent_key": f"{request['operation']}:{agent_id}" if agent_id else None,
        "requested_at": datetime.fromisoformat(request["requested_at"]),
        "message": request["message"] or None,
    }
