"""The dlt pipeline into a warehouse."""

from pathlib import Path
from typing import Any

import dlt
from dlt.common.destination.exceptions import DestinationException

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.warehouse.connection import is_set

PIPELINE = "wolkvox"
DATASET = "contact_center"


def pipeline_into(
    destination: Any = "duckdb",
    pipeline_name: str = PIPELINE,
    dataset_name: str = DATASET,
    pipelines_dir: str | None = None,
    *,
    file_name: str | None = None,
) -> dlt.Pipeline:
    """The dlt pipeline of a destination.

    DuckDB's file is `<file_name>.duckdb` in this folder unless set, and named after the pipeline if left out.

    Raises a ConfigurationError for a destination that dlt does not know.
    """
    where: Any = destination
    if destination == "duckdb" and not is_set("destination.duckdb.credentials"):
        # dlt would remember the folder of the pipeline's first run for ever, whatever folder it runs in later
        where = dlt.destinations.duckdb(str(Path(f"{file_name or pipeline_name}.duckdb").absolute()))
    try:
        pipeline = dlt.pipeline(
            pipeline_name,
            destination=where,
            dataset_name=dataset_name,
            pipelines_dir=pipelines_dir,  # type: ignore[arg-type]
        )
    except DestinationException as error:
        raise ConfigurationError("destination_unknown", name=destination) from error
    # dlt asks the destination for a newer state before every run; we keep none, and the schema is needed only once
    pipeline.config.restore_from_destination = not pipeline.schema_names
    return pipeline
