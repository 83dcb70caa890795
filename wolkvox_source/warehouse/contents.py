"""What a dataset holds, in Arrow batches, and a fingerprint of it by which two datasets are compared."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc

from wolkvox_source.errors import UnavailableError
from wolkvox_source.tables import BESIDE, EVERY_TABLE
from wolkvox_source.warehouse.catalogue import is_postgres, relations_of

ROWS_AT_ONCE = 50_000
# stands in a dataset until everything is there, and says from where; what has it may be filled again
MARK = "wolkvox_arriving"
_SCHEMAS = {**{name: table.columns for name, table in EVERY_TABLE.items()}, **BESIDE}
_TYPES = {name: {field.name: field.type for field in schema} for name, schema in _SCHEMAS.items()}
_MODULUS = 2**64

# for each operation, or "" in a table that has none: how many rows, and the sum of their hashes
Fingerprint = dict[str, tuple[int, int]]


def tables_in(client: Any) -> list[str]:
    """The tables of a dataset but dlt's own, the ledger last: a row of it says that the others are there."""
    kinds = relations_of(client)
    names = [name for name in relations_in(client) if kinds[name].kind == "table"]
    return sorted(names, key=lambda name: (name == "observations", name))


def check_whole(client: Any) -> None:
    """Raise an UnavailableError where the dataset is half filled: what was loaded now would be written over."""
    # to ask for it where it is not would leave an exception that keeps alive whatever its callers hold
    if MARK in relations_of(client):
        rows = client.execute_sql(f"select origin from {client.make_qualified_table_name(MARK)}")  # noqa: S608
        origin = rows[0][0] if rows else "?"
        raise UnavailableError("transfer_unfinished", dataset=client.dataset_name, origin=origin, at_fault="place")


def relations_in(client: Any) -> list[str]:
    """The tables and views of a dataset but dlt's own."""
    return sorted(name for name in relations_of(client) if not name.startswith("_dlt_") and name != MARK)


def batches_of(pipeline: dlt.Pipeline, client: Any, table: str) -> Iterator[pa.Table]:
    """The rows of a table a batch at a time, one at least; keys are declared as never NULL, as in the table."""
    query = f"select * from {client.make_qualified_table_name(table)}"  # noqa: S608
    required = _required(client, table)
    none = True
    for batch in _read(pipeline, client, query):
        none = False
        yield _typed(batch, table, required)
    if none:
        with client.execute_query(query) as cursor:
            yield _typed(cursor.arrow(), table, required)


def fingerprint(batches: Iterable[pa.Table]) -> Fingerprint:
    """Of each operation how many rows there are and the sum of their hashes, in whatever order they come."""
    found: Fingerprint = {}
    for batch in batches:
        for operation, hashed in zip(_operations(batch), _hashes(batch), strict=True):
            rows, total = found.get(operation, (0, 0))
            found[operation] = (rows + 1, (total + hashed) % _MODULUS)
    return found


def _read(pipeline: dlt.Pipeline, client: Any, query: str) -> Iterator[pa.Table]:
    if not is_postgres(client):
        with client.execute_query(query) as cursor:
            yield from cursor.iter_arrow(ROWS_AT_ONCE)
        return
    # psycopg2 would take the whole answer into memory
    from adbc_driver_postgresql import dbapi

    credentials: Any = pipeline.destination_client().config.credentials
    address = credentials.to_native_representation()
    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        for batch in cursor.fetch_record_batch():
            if len(batch):
                yield pa.Table.from_batches([batch])


def _typed(batch: pa.Table, table: str, required: set[str]) -> pa.Table:
    """The batch in our own types, whichever the destination made of them."""
    known = _TYPES.get(table, {})
    fields = [
        pa.field(field.name, known.get(field.name, _plain(field.type)), nullable=field.name not in required)
        for field in batch.schema
    ]
    return batch.cast(pa.schema(fields))


def _plain(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(type_):
        return pa.timestamp("us", tz="UTC" if type_.tz else None)
    return pa.string() if pa.types.is_large_string(type_) or pa.types.is_string_view(type_) else type_


def _required(client: Any, table: str) -> set[str]:
    rows = client.execute_sql(
        "select column_name from information_schema.columns"
        " where table_schema = %s and table_name = %s and is_nullable = 'NO'",
        client.dataset_name,
        table,
    )
    return {str(row[0]) for row in rows or ()}


def _operations(batch: pa.Table) -> list[str]:
    if "operation" not in batch.column_names:
        return [""] * len(batch)
    return [name or "" for name in batch["operation"].to_pylist()]


def _hashes(batch: pa.Table) -> Iterator[int]:
    """A hash of each row's values by their columns' names; NULL leaves no trace, and lengths keep values apart."""
    parts = [pa.chunked_array([pa.array([""] * len(batch), pa.string())])]
    for name in sorted(batch.column_names):
        column = batch[name]
        text = (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).cast(pa.string())
        length = pc.cast(pc.binary_length(text), pa.string())
        parts.append(pc.fill_null(pc.binary_join_element_wise(name, length, text, "\x1f"), ""))
    for row in pc.binary_join_element_wise(*parts, "").cast(pa.binary()).to_pylist():
        yield int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "big")
