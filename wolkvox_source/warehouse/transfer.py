"""A whole dataset brought into a place that is empty, table by table, the ledger last, and compared at the end."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.schema import Schema
from dlt.extract import DltSource

from wolkvox_source.errors import ConfigurationError, UnreadableError
from wolkvox_source.warehouse.catalogue import relations_of
from wolkvox_source.warehouse.connection import duckdb_file, opened
from wolkvox_source.warehouse.contents import MARK, Fingerprint, batches_of, fingerprint, tables_in
from wolkvox_source.warehouse.lake import is_lake
from wolkvox_source.warehouse.lock import dataset_lock
from wolkvox_source.warehouse.pipeline import Place
from wolkvox_source.warehouse.readers_copy import publish_copy
from wolkvox_source.warehouse.views import publish_views

_SCHEMA = "wolkvox_transfer"
# a sync puts this there by itself
_OURS_ANYWAY = "status_categories"

Advance = Callable[[str], None]


@dataclass
class Arrival:
    """A dataset while it is filled.

    Attributes:
        pipeline: the pipeline of its own that fills it
        client: dlt's SQL client of it
        resumed: whether an earlier attempt was cut off
        held: what each table that was filled must hold
    """

    pipeline: dlt.Pipeline
    client: Any
    resumed: bool
    held: dict[str, Fingerprint] = field(default_factory=dict)

    def holds(self, table: str, expected: Fingerprint) -> bool:
        """Whether a table is there and is as expected."""
        there = table in tables_in(self.client)
        return there and fingerprint(batches_of(self.pipeline, self.client, table)) == expected

    def fill(self, table: str, batches: Iterable[pa.Table]) -> None:
        """Put the rows into a table in place of what is there."""

        def rows() -> Iterator[pa.Table]:
            for batch in chain([first], rest):
                for operation, (count, total) in fingerprint([batch]).items():
                    before = found.get(operation, (0, 0))
                    found[operation] = (before[0] + count, (before[1] + total) % 2**64)
                yield batch

        rest, found = iter(batches), Fingerprint()
        first = next(rest)
        # dlt has no way to load a parquet file without rows into PostgreSQL, and no quicker one for a file with rows
        file_format: Any = "parquet" if len(first) else None
        resource = dlt.resource(rows, name=table, write_disposition="replace")
        self.pipeline.run(DltSource(Schema(_SCHEMA), "wolkvox", [resource]), loader_file_format=file_format)
        self.held[table] = found

    def check(self) -> None:
        """Compare what is there with what was sent; raises an UnreadableError that names the table that differs."""
        for table, expected in self.held.items():
            there = fingerprint(batches_of(self.pipeline, self.client, table))
            differing = sorted(name for name in {*there, *expected} if there.get(name) != expected.get(name))
            if differing:
                raise UnreadableError("transfer_differs", table=table, operations=differing)


@contextmanager
def arriving(place: Place, origin: str) -> Iterator[Arrival]:
    """Fill the dataset of `place`, under its lock; what was put there is compared, and the views are made at the end.

    `origin` says where the rows come from, without a secret: only what was cut off of the same may be gone on with.
    Raises a ConfigurationError, before anything is changed, where the place holds anything else.
    """
    pipeline = place.pipeline()
    working = place.folder / _SCHEMA
    with dataset_lock(pipeline, place.patience), opened(pipeline, place.patience) as client:
        resumed = _begun(client, origin, place.dataset_name)
        shutil.rmtree(working, ignore_errors=True)
        try:
            filling = dlt.pipeline(
                _SCHEMA,
                destination=pipeline.destination,
                dataset_name=place.dataset_name,
                pipelines_dir=str(place.folder),
            )
            filling.config.restore_from_destination = False
            arrival = Arrival(filling, client, resumed)
            yield arrival
            arrival.check()
        finally:
            # people's names are in what dlt leaves there
            shutil.rmtree(working, ignore_errors=True)
        publish_views(pipeline)
        client.execute_sql(f"drop table {client.make_qualified_table_name(MARK)}")
        if file := duckdb_file(pipeline):
            publish_copy(file, place.dataset_name)


def copy(source: Place, target: Place, advance: Advance = lambda _: None) -> dict[str, Fingerprint]:
    """Copy every table of one place into another, and return what each holds; `advance` is told each table.

    The source is held against writers meanwhile. Raises a ConfigurationError for a copy onto itself, for a source
    that is empty and for a target that holds anything but what a copy of this source had begun.
    """
    leaving, coming = source.pipeline(), target.pipeline()
    origin, there = _address(leaving), _address(coming)
    if origin == there:
        raise ConfigurationError("copy_onto_itself", place=origin)
    with ExitStack() as stack:
        file = duckdb_file(leaving)
        if file is not None and not file.exists():
            raise ConfigurationError("copy_empty", place=origin)
        # the lock is of a file, and both may be datasets of one
        if file is None or file != duckdb_file(coming):
            stack.enter_context(dataset_lock(leaving, source.patience))
        client = stack.enter_context(opened(leaving, source.patience))
        names = tables_in(client)
        if "observations" not in names:
            raise ConfigurationError("copy_empty", place=origin)
        arrival = stack.enter_context(arriving(target, origin))
        for name in names:
            expected = fingerprint(batches_of(leaving, client, name)) if arrival.resumed else None
            if expected is not None and arrival.holds(name, expected):
                arrival.held[name] = expected
            else:
                arrival.fill(name, batches_of(leaving, client, name))
            advance(name)
    return arrival.held


def _begun(client: Any, origin: str, dataset: str) -> bool:
    """Mark the dataset as one that is being filled; returns whether it was already, from the same origin."""
    if not client.has_dataset():
        client.create_dataset()
    mark = client.make_qualified_table_name(MARK)
    names = tables_in(client)
    if MARK in relations_of(client):
        (before,) = client.execute_sql(f"select origin from {mark}")[0]  # noqa: S608
        if before != origin:
            raise ConfigurationError("transfer_other", dataset=dataset, origin=before)
        return True
    for name in names:
        if name == _OURS_ANYWAY:
            continue
        if client.execute_sql(f"select 1 from {client.make_qualified_table_name(name)} limit 1"):  # noqa: S608
            raise ConfigurationError("transfer_holds", dataset=dataset, table=name)
    with client.begin_transaction():
        client.execute_sql(f"create table {mark} (origin varchar(1000))")
        client.execute_sql(f"insert into {mark} values (%s)", origin)  # noqa: S608
    return False


def _address(pipeline: dlt.Pipeline) -> str:
    """A place in words, without its secrets."""
    file = duckdb_file(pipeline)
    if file is not None:
        return f"{file.resolve()} {pipeline.dataset_name}"
    credentials: Any = pipeline.destination_client().config.credentials
    if is_lake(pipeline):
        catalogue = credentials.catalog.to_url().render_as_string(hide_password=True)
        return f"{credentials.ducklake_name} {catalogue} {pipeline.dataset_name}"
    host, database = getattr(credentials, "host", None), getattr(credentials, "database", None)
    query = getattr(credentials, "query", None) or {}
    return f"{query.get('host', host)} {getattr(credentials, 'port', '')} {database} {pipeline.dataset_name}"
