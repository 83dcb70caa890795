"""The tables that views need before anything is loaded into them."""

import pyarrow as pa
from dlt.common.libs.pyarrow import py_arrow_to_table_schema_columns

from wolkvox_source.tables import BESIDE, FURTHER
from wolkvox_source.warehouse.catalogue import Client, Relation
from wolkvox_source.warehouse.comments import is_described


def make_empty_tables(client: Client, there: dict[str, Relation]) -> None:
    """Make those of `BESIDE` that are missing, as dlt would make them, and note that they are there.

    A table that an earlier version made gets the columns that it lacks, which the views need too.
    """
    for name, schema in BESIDE.items():
        table = client.make_qualified_table_name(name)
        if name not in there:
            client.execute_sql(f"CREATE TABLE {table} ({_columns(client, schema)})")
            there[name] = Relation("table")
            continue
        # a run that loads one of these finds out what it lacks, and few ever do
        if name in FURTHER and is_described(name, there[name]):
            continue
        with client.execute_query(f"SELECT * FROM {table} WHERE 1 = 0") as cursor:  # noqa: S608 - the name is dlt's own
            held = {column[0] for column in cursor.description}
        for column in schema:
            if column.name not in held:
                client.execute_sql(f"ALTER TABLE {table} ADD COLUMN {_columns(client, pa.schema([column]))}")


def _columns(client: Client, schema: pa.Schema) -> str:
    types = client.capabilities.get_type_mapper()
    columns = py_arrow_to_table_schema_columns(schema)
    return ", ".join(
        f"{client.escape_column_name(name)} {types.to_destination_type(column, {'name': name})}"
        + ("" if column.get("nullable", True) else " NOT NULL")
        for name, column in columns.items()
    )
