"""The indexes that PostgreSQL needs, so that neither a run nor a view reads whole tables; DuckDB needs none."""

from wolkvox_source.warehouse.catalogue import Client, Relation, indexes, is_postgres

# a table, its columns, and which of its rows
INDEXES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("agents", ("agent_key",), ""),
    ("agent_history", ("agent_key", "valid_from"), ""),
    ("agent_history", ("operation", "valid_from", "valid_to"), ""),
    ("agent_history", ("operation", "agent_key"), "valid_to IS NULL"),
    ("agent_history", ("operation", "agent_key"), "valid_to <= valid_from"),
    ("agent_connections", ("agent_key", "last_use"), ""),
    ("observations", ("operation", "observed_at"), ""),
    ("agent_live", ("agent_key", "valid_from"), ""),
    ("agent_status_events", ("event_key",), ""),
    ("agent_status_events", ("agent_key", "began_at"), ""),
    ("agent_status_events", ("operation", "began_at"), ""),
    ("agent_sessions", ("session_key",), ""),
)
# what each condition is called in an index's name; the last finds what an older fault left, and is empty else
_WHICH: dict[str, list[str]] = {"": [], "valid_to IS NULL": ["current"], "valid_to <= valid_from": ["inverted"]}


def put_indexes(client: Client, there: dict[str, Relation]) -> None:
    """Make the indexes that are missing on tables that are there."""
    if not is_postgres(client):
        return
    held = indexes(client)
    for table, columns, condition in INDEXES:
        name = "_".join(["wolkvox", table, *columns, *_WHICH[condition]])
        if name in held or table not in there:
            continue
        where = f" WHERE {condition}" if condition else ""
        client.execute_sql(
            f'CREATE INDEX "{name}" ON {client.make_qualified_table_name(table)} ({", ".join(columns)}){where}'
        )
