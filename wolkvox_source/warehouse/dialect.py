"""A view's query, written once in DuckDB's SQL, in the words of another destination."""

import functools

import sqlglot
from sqlglot import exp


def in_dialect(query: str, dialect: str, dataset: str | None = None) -> str:
    """The query in sqlglot's `dialect`, its tables and views named with their `dataset` where there is one.

    Raises sqlglot's UnsupportedError where the dialect has no words for it.
    """
    tree = _parsed(query).copy()
    if dataset:
        for table in _relations(tree):
            table.set("db", exp.to_identifier(dataset))
    _leave_nulls_where_they_come(tree, dialect)
    if dialect == "postgres":
        _inline_steps(tree)
        tree = tree.transform(_floored_seconds)
    return tree.sql(dialect=dialect, comments=False, copy=False, unsupported_level=sqlglot.ErrorLevel.RAISE)


def created_view(name: str, query: str, dialect: str, dataset: str) -> str:
    """The statement that makes or replaces a view, whose `name` is qualified and quoted."""
    verb = "CREATE OR ALTER" if dialect in {"tsql", "fabric"} else "CREATE OR REPLACE"
    return f"{verb} VIEW {name} AS {in_dialect(query, dialect, dataset)}"


@functools.cache
def relations(query: str) -> frozenset[str]:
    """The names of the tables and views that a query reads, its own named steps left out."""
    return frozenset(table.name for table in _relations(_parsed(query)))


@functools.cache
def _parsed(query: str) -> exp.Expr:
    return sqlglot.parse_one(query, read="duckdb")


def _relations(tree: exp.Expr) -> list[exp.Table]:
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    return [table for table in tree.find_all(exp.Table) if table.name not in steps]


def _leave_nulls_where_they_come(tree: exp.Expr, dialect: str) -> None:
    """No view orders by what can be NULL, and some destinations cannot say where NULLs are to come in a window."""
    ordering = sqlglot.Dialect.get_or_raise(dialect).NULL_ORDERING
    for ordered in tree.find_all(exp.Ordered):
        descending = bool(ordered.args.get("desc"))
        ordered.set("nulls_first", ordering != "nulls_are_last" and descending == (ordering == "nulls_are_large"))


def _inline_steps(tree: exp.Expr) -> None:
    """Let filters into steps that are read twice, which PostgreSQL would work out whole and keep."""
    for step in tree.find_all(exp.CTE):
        step.set("materialized", False)


def _floored_seconds(node: exp.Expr) -> exp.Expr:
    """The seconds between two moments as DuckDB counts them, from the second of one to the second of the other.

    sqlglot would make them times of the session's zone, and PostgreSQL round what it is given.
    """
    if not (isinstance(node, exp.DateDiff) and str(node.args.get("unit")).upper() == "SECOND"):
        return node
    to, start = (
        f"floor(extract(epoch from {moment.sql(dialect='postgres')}))" for moment in (node.this, node.expression)
    )
    return sqlglot.parse_one(f"cast({to} - {start} as bigint)", read="postgres")
