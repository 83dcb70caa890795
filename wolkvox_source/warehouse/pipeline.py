"""The dlt pipeline into a warehouse, made in one place."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlt
from dlt.common.destination.exceptions import DestinationException
from dlt.common.pipeline import get_dlt_pipelines_dir

from wolkvox_source.errors import ConfigurationError
from wolkvox_source.settings import wait_seconds
from wolkvox_source.warehouse import DATASET, PIPELINE
from wolkvox_source.warehouse.capabilities import asked_once
from wolkvox_source.warehouse.lake import LAKE_SETTINGS, is_lake, lake_in, prepare_lake

# the destinations that the tests load
TESTED = ("duckdb", "postgres", "ducklake")
# it becomes the name of a folder and of a file
_NAME = re.compile(r"[\w-][\w.-]*")


@dataclass(frozen=True)
class Place:
    """Where to load.

    Attributes:
        destination: a name that dlt knows, or a destination of dlt
        pipeline_name: the name of the dlt pipeline, and of DuckDB's file unless that is set
        dataset_name: the dataset, which is the schema in most warehouses
        pipelines_dir: the folder of dlt's working folders, dlt's own if left out
        wait_seconds: how long to wait for a warehouse that is held, the setting `wait_seconds` if left out
    """

    destination: Any = "duckdb"
    pipeline_name: str = PIPELINE
    dataset_name: str = DATASET
    pipelines_dir: str | None = None
    wait_seconds: float | None = None

    @property
    def folder(self) -> Path:
        """The folder of dlt's working folders."""
        return Path(self.pipelines_dir or dlt.config.get("pipelines_dir", str) or get_dlt_pipelines_dir())

    @property
    def patience(self) -> float:
        """How long to wait for a warehouse that is held, in seconds."""
        return wait_seconds() if self.wait_seconds is None else self.wait_seconds

    def pipeline(self) -> dlt.Pipeline:
        """The pipeline into this place; raises what `pipeline_into` does."""
        return pipeline_into(self.destination, self.pipeline_name, self.dataset_name, str(self.folder))


def pipeline_into(
    destination: Any = "duckdb",
    pipeline_name: str = PIPELINE,
    dataset_name: str = DATASET,
    pipelines_dir: str | None = None,
    *,
    file_name: str | None = None,
) -> dlt.Pipeline:
    """The dlt pipeline of a destination.

    DuckDB's file is `<file_name>.duckdb` in this folder unless set, and a DuckLake's are `<file_name>.sqlite` and
    `<file_name>.files`; named after the pipeline if left out. A relative path in a setting begins in this folder, where
    dlt's own begins in the one in which the pipeline first ran.

    Raises a ConfigurationError for a destination that dlt does not know, and for a name that cannot be one.
    """
    for name, what in ((pipeline_name, "pipeline"), (dataset_name, "dataset")):
        if not _NAME.fullmatch(name):
            raise ConfigurationError("bad_place_name", name=name, what=what)
    where: Any = destination
    if destination == "duckdb" and not is_set("destination.duckdb.credentials"):
        # dlt would remember the folder of the pipeline's first run for ever, whatever folder it runs in later
        where = asked_once(dlt.destinations.duckdb(str(Path(f"{file_name or pipeline_name}.duckdb").absolute())))
    elif destination == "ducklake" and not any(is_set(f"destination.ducklake.{setting}") for setting in LAKE_SETTINGS):
        where = lake_in(Path.cwd(), file_name or pipeline_name)
    try:
        pipeline = dlt.pipeline(
            pipeline_name,
            destination=where,
            dataset_name=dataset_name,
            pipelines_dir=pipelines_dir,  # type: ignore[arg-type]
        )
    except DestinationException as error:
        raise ConfigurationError("destination_unknown", name=destination) from error
    if pipeline.destination is not None:
        asked_once(pipeline.destination)
        if isinstance(destination, str) and hasattr(pipeline.destination.spec, "local_dir"):
            # what a setting names by a relative path is in this folder too
            pipeline.destination.config_params["local_dir"] = str(Path.cwd())
    check_can_hold(pipeline)
    # dlt asks the destination for a newer state before every run; we keep none, and the schema is needed only once
    pipeline.config.restore_from_destination = not pipeline.schema_names
    return pipeline


def check_can_hold(pipeline: dlt.Pipeline) -> None:
    """Raise a ConfigurationError where the destination of `pipeline` cannot keep a history in order."""
    destination = pipeline.destination
    if destination is None:
        return
    strategies = destination.capabilities().supported_merge_strategies or ()
    # times come back as text from its databases, and its SQL has no word for what the views say
    if "scd2" not in strategies or destination.destination_type.endswith(".sqlalchemy"):
        raise ConfigurationError("destination_cannot", name=destination.destination_name, known=[*TESTED])
    if is_lake(pipeline):
        prepare_lake(pipeline)


def is_set(setting: str) -> bool:
    """Whether dlt's configuration or its secrets hold a setting, named by its path."""
    return dlt.secrets.get(setting) is not None or dlt.config.get(setting) is not None
