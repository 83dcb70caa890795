"""The views, and the copy that readers open."""

import csv
import functools
import graphlib
import hashlib
import os
import shutil
import subprocess
import unicodedata
from importlib.resources import files
from pathlib import Path
from typing import Any

import dlt
import duckdb
import sqlglot
from dlt.destinations.sql_client import SqlClientBase
from sqlglot import exp

from wolkvox_source.errors import ConfigurationError, quote

CATEGORY_COLUMNS = ("agent_status", "operation", "category", "productive", "paid")
_COPIES_AT_MOST = 3
_STATE = "wolkvox_views"


def refresh_views(pipeline: dlt.Pipeline, categories_file: str | None = None) -> bool:
    """Put the views and the table `status_categories` in place, where they are not; returns whether it did.

    A view whose tables do not exist yet waits for them. `categories_file` is a CSV of the user's own with
    the columns of the shipped one.
    """
    categories = status_categories(categories_file)
    queries = _queries()
    with pipeline.sql_client() as client:
        there = _relations(client)
        wanted = _digest(queries, categories, there)
        if _remembered(pipeline) == [wanted, *sorted(there & queries.keys())]:
            return False
        possible = _possible(queries, there | {"status_categories"})
        with client.begin_transaction():
            for name in reversed(view_order(queries)):
                if name in there:
                    client.execute_sql(f"DROP VIEW {client.make_qualified_table_name(name)}")
            _replace_categories(client, categories)
            for name in possible:
                client.execute_sql(_create_view(client, name, queries[name]))
        # read again, since the first time made a table
        there = _relations(client)
    wanted = _digest(queries, categories, there)
    pipeline.set_local_state_val(_STATE, [wanted, *sorted(possible)])
    return True


def _digest(queries: dict[str, str], categories: object, relations: set[str]) -> str:
    """Changes when a view, a category or the set of tables does."""
    return hashlib.sha256(
        repr((sorted(queries.items()), categories, sorted(relations - queries.keys()))).encode()
    ).hexdigest()


def _queries() -> dict[str, str]:
    return {
        file.name.removesuffix(".sql"): file.read_text(encoding="utf-8")
        for file in files("wolkvox_source").joinpath("views").iterdir()
        if file.name.endswith(".sql")
    }


def view_order(queries: dict[str, str]) -> list[str]:
    """The views' names in an order in which each comes after the views that it reads."""
    reads = {name: _reads(query) & queries.keys() for name, query in queries.items()}
    return list(graphlib.TopologicalSorter(reads).static_order())


def _possible(queries: dict[str, str], relations: set[str]) -> list[str]:
    """The views, in order, all of whose tables exist."""
    possible: list[str] = []
    for name in view_order(queries):
        if _reads(queries[name]) <= (relations - queries.keys()) | set(possible):
            possible.append(name)
    return possible


@functools.cache
def _reads(query: str) -> set[str]:
    """The tables and views that a query reads, its own named steps left out."""
    tree = sqlglot.parse_one(query, read="duckdb")
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} - steps


def _create_view(client: SqlClientBase[Any], name: str, query: str) -> str:
    """The statement that makes a view in the destination's own SQL, its tables named with their dataset."""
    tree = sqlglot.parse_one(query, read="duckdb")
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name not in steps:
            table.set("db", exp.to_identifier(client.dataset_name))
    dialect = client.capabilities.sqlglot_dialect
    # column descriptions stand in the file as comments, and views keep them where comments survive
    return f"CREATE VIEW {client.make_qualified_table_name(name)} AS {tree.sql(dialect=dialect, comments=False)}"


def _relations(client: SqlClientBase[Any]) -> set[str]:
    rows = client.execute_sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", client.dataset_name
    )
    return {str(row[0]).lower() for row in rows or ()}


def _remembered(pipeline: dlt.Pipeline) -> list[str] | None:
    try:
        return list(pipeline.get_local_state_val(_STATE))
    except KeyError:
        return None


def status_categories(file: str | None = None) -> list[tuple[str, str, str, bool, bool]]:
    """The rows of a CSV of status categories, the shipped one if left out.

    Raises a ConfigurationError where the file is missing or lacks a column.
    """
    shipped = files("wolkvox_source").joinpath("views").joinpath("status_categories.csv")
    try:
        text = Path(file).read_text(encoding="utf-8-sig") if file else shipped.read_text(encoding="utf-8")
        rows = csv.DictReader(text.splitlines())
        for column in CATEGORY_COLUMNS:
            if column not in (rows.fieldnames or ()):
                raise ValueError(f"no column {column}")
        return [
            (
                unicodedata.normalize("NFC", row["agent_status"].strip()),
                row["operation"].strip() or "*",
                row["category"].strip(),
                _yes(row["productive"]),
                _yes(row["paid"]),
            )
            for row in rows
        ]
    except AttributeError:
        problem = f"line {rows.line_num} is too short"
        raise ConfigurationError("bad_categories", path=file, problem=quote(problem)) from None
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigurationError("bad_categories", path=file, problem=quote(str(error))) from None


def _yes(word: str) -> bool:
    word = word.strip().lower()
    if word in {"true", "yes", "si", "sí", "1"}:
        return True
    if word in {"false", "no", "0"}:
        return False
    raise ValueError(f"{word!r} is neither true nor false")


def _replace_categories(client: SqlClientBase[Any], rows: list[tuple[str, str, str, bool, bool]]) -> None:
    table = client.make_qualified_table_name("status_categories")
    client.execute_sql(
        f"CREATE TABLE IF NOT EXISTS {table} (agent_status varchar(200), operation varchar(200), "
        "category varchar(200), productive boolean, paid boolean)"
    )
    client.execute_sql(f"DELETE FROM {table} WHERE 1 = 1")  # noqa: S608 - the name is dlt's own
    if not rows:
        return
    places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    values = [value for row in rows for value in row]
    client.execute_sql(f"INSERT INTO {table} VALUES {places}", *values)  # noqa: S608


def readers_copy(writer: Path) -> Path:
    """Where the copy of a DuckDB file is that readers open: `wolkvox_read.duckdb` beside `wolkvox.duckdb`."""
    return writer.with_name(f"{writer.stem}_read{writer.suffix}")


def publish_copy(writer: Path) -> Path:
    """Put a consistent copy of the closed DuckDB file `writer` in the readers' place, atomically.

    A crash at any moment leaves the copy before whole. Raises an OSError where the copy cannot be written,
    and a duckdb.Error where the file cannot be checkpointed.
    """
    target = readers_copy(writer)
    for leftover in target.parent.glob(f".{target.name}.*"):
        leftover.unlink(missing_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        for _ in range(_COPIES_AT_MOST):
            if writer.with_name(f"{writer.name}.wal").exists():
                # what a killed process left in the log belongs to the file
                with duckdb.connect(str(writer)) as connection:
                    connection.execute("checkpoint")
            before = _stamp(writer)
            _copy(writer, fresh)
            if _stamp(writer) == before:
                with fresh.open("rb+") as copied:
                    os.fsync(copied.fileno())
                fresh.replace(target)
                return target
        raise OSError(f"{writer.name} kept changing while it was copied")
    finally:
        fresh.unlink(missing_ok=True)


def _stamp(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


def _copy(source: Path, target: Path) -> None:
    """Copy a file in another process: closing it in this one would let go of a lock that DuckDB holds on it."""
    cp = shutil.which("cp")
    if cp is None:
        shutil.copyfile(source, target)
        return
    done = subprocess.run([cp, "--", str(source), str(target)], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        # cp names both files before it says why, and the reason is what a person needs
        raise OSError(done.stderr.strip().rpartition("': ")[2] or "cp failed")
