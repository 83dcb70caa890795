"""What a dataset has already, and who stands in the way: asked of each vendor's own catalogue."""

from dataclasses import dataclass
from typing import Any, Literal

from dlt.destinations.sql_client import SqlClientBase

Client = SqlClientBase[Any]


@dataclass(frozen=True)
class Relation:
    """A table or a view of the dataset, and the comment on it, where the destination keeps comments."""

    kind: Literal["table", "view"]
    comment: str | None = None


_ANYWHERE = """
select table_name, table_type, null from information_schema.tables where table_schema = %s
"""
_DUCKDB = """
select table_name, 'BASE TABLE', comment from duckdb_tables()
where schema_name = %s and database_name = current_database()
union all
select view_name, 'VIEW', comment from duckdb_views() where schema_name = %s and database_name = current_database()
"""
_POSTGRES = """
select
    c.relname, case when c.relkind in ('v', 'm') then 'VIEW' else 'BASE TABLE' end, obj_description(c.oid, 'pg_class')
from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_DEPENDENTS = """
with recursive dependents as (
    select %s::regclass::oid as oid
    union
    select r.ev_class
    from dependents as d
    inner join pg_depend as p on p.refobjid = d.oid and p.classid = 'pg_rewrite'::regclass
    inner join pg_rewrite as r on r.oid = p.objid
)
select n.nspname, c.relname
from dependents as d inner join pg_class as c on c.oid = d.oid inner join pg_namespace as n on n.oid = c.relnamespace
"""
_GRANTS = """
select a.privilege_type, case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
    a.is_grantable
from pg_class as c cross join aclexplode(c.relacl) as a
where c.oid = %s::regclass and a.grantee <> c.relowner
"""
_HOLDER = """
select a.pid, a.usename, nullif(a.application_name, ''), a.state
from pg_locks as l inner join pg_stat_activity as a on a.pid = l.pid
where l.relation = %s::regclass and l.granted and a.pid <> pg_backend_pid() order by a.xact_start limit 1
"""
_COLUMNS = "select column_name from information_schema.columns where table_schema = %s and table_name = %s"
_INDEXES = "select indexname from pg_indexes where schemaname = %s"


def is_postgres(client: Client) -> bool:
    """Whether the destination speaks PostgreSQL and has its catalogue."""
    return client.capabilities.sqlglot_dialect == "postgres"


def is_lake(client: Client) -> bool:
    """Whether the destination is a DuckLake, which speaks DuckDB's SQL and is not a file of DuckDB's."""
    return type(client).__module__ == "dlt.destinations.impl.ducklake.sql_client"


def keeps_comments(client: Client) -> bool:
    """Whether the destination has comments that can be read again."""
    return client.capabilities.sqlglot_dialect in {"duckdb", "postgres"}


def relations_of(client: Client) -> dict[str, Relation]:
    """The dataset's tables and views by name."""
    query = {"duckdb": _DUCKDB, "postgres": _POSTGRES}.get(str(client.capabilities.sqlglot_dialect), _ANYWHERE)
    rows = client.execute_sql(query, *[client.dataset_name] * query.count("%s"))
    return {
        str(name).lower(): Relation("view" if "VIEW" in kind else "table", comment)
        for name, kind, comment in rows or ()
    }


def columns_of(client: Client, relation: str) -> set[str]:
    """The names of a table's columns."""
    return {str(row[0]) for row in client.execute_sql(_COLUMNS, client.dataset_name, relation) or ()}


def dependents(client: Client, view: str) -> list[tuple[str, str]]:
    """The view itself and all that stand on it in PostgreSQL, each as its schema and name."""
    rows = client.execute_sql(_DEPENDENTS, client.make_qualified_table_name(view))
    return [(str(schema), str(name)) for schema, name in rows or ()]


def grants(client: Client, view: str) -> list[str]:
    """The statements that give a view's rights in PostgreSQL again."""
    table = client.make_qualified_table_name(view)
    return [
        f"GRANT {privilege} ON {table} TO {grantee}" + (" WITH GRANT OPTION" if grantable else "")
        for privilege, grantee, grantable in client.execute_sql(_GRANTS, table) or ()
    ]


def holder(client: Client, relation: str) -> str:
    """Who holds a lock on a table or view in PostgreSQL, as words: the oldest of them."""
    rows = client.execute_sql(_HOLDER, client.make_qualified_table_name(relation))
    if not rows:
        return "?"
    pid, user, application, state = rows[0]
    return ", ".join(str(word) for word in (application, f"PID {pid}", user, state) if word)


def indexes(client: Client) -> set[str]:
    """The names of the dataset's indexes in PostgreSQL."""
    return {str(row[0]) for row in client.execute_sql(_INDEXES, client.dataset_name) or ()}
