"""Words about tables, views and columns, where a reader of the warehouse finds them."""

import hashlib
from collections.abc import Mapping
from typing import Literal

from wolkvox_source.warehouse.catalogue import Client, Relation, columns_of, is_lake, keeps_comments
from wolkvox_source.warehouse.descriptions import DESCRIPTIONS


def describe_tables(client: Client, there: dict[str, Relation]) -> None:
    """Comment on our tables and their columns, where the comments that are there are others."""
    for name, (words, columns) in DESCRIPTIONS.items():
        digest = hashlib.sha256(repr((words, columns)).encode()).hexdigest()[:12]
        if name in there and digest not in (there[name].comment or "") and keeps_comments(client):
            held = columns_of(client, name)
            said = {column: text for column, text in columns.items() if column in held}
            describe(client, "TABLE", name, words, said, digest)


def describe(
    client: Client,
    kind: Literal["TABLE", "VIEW"],
    name: str,
    words: str,
    columns: Mapping[str, str],
    digest: str,
) -> None:
    """Comment on a table or view and its columns, where the destination keeps comments.

    The `digest` stands after the words, so that the next run knows what is there without comparing it.
    """
    if not keeps_comments(client):
        return
    relation = client.make_qualified_table_name(name)
    # a lake has no room for words about the columns of a view
    commented = {} if kind == "VIEW" and is_lake(client) else columns
    statements = [
        f"COMMENT ON COLUMN {relation}.{client.escape_column_name(column)} IS {_quoted(said)}"
        for column, said in commented.items()
    ]
    # the last, since who reads the digest takes the others to be there
    statements.append(f"COMMENT ON {kind} {relation} IS {_quoted(f'{words} ({digest})')}")
    with client.begin_transaction():
        client.execute_sql("; ".join(statements))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
